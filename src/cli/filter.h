/*
 * Which events are meant: the options of events list and events retry, and
 * how they are bound to a statement made with EVENT_FILTER (store/cli.def).
 */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include "cli/cli.h"
#include "provider/provider.h"

struct filter {
	const char	*provider;
	const char	*type;		/* with '*' at its end: all that start so */
	const char	*status, *outcome, *lane;
	int64_t		 since, until;	/* us; 0: no limit */
};

/* Rows of an option table; s is the command's struct, m its struct filter. */
#define FILTER_OPTS(s, m)						\
	{ "provider", OPT_SENDER, offsetof(s, m.provider), "P",		\
	    "only from stripe, clerk, resend or custom:NAME", 0, 0, 0, NULL },	\
	{ "type", OPT_TEXT, offsetof(s, m.type), "T",			\
	    "only this type; invoice.* means all that start so", 0, 0, 0, NULL }, \
	{ "status", OPT_PICK, offsetof(s, m.status), "S", "only in this state", \
	    0, 0, 0, "pending|processing|completed|failed" },		\
	{ "outcome", OPT_PICK, offsetof(s, m.outcome), "O",		\
	    "only completed with this outcome",				\
	    0, 0, 0, "handled|skipped|ignored|resolved" },		\
	{ "lane", OPT_TEXT, offsetof(s, m.lane), "L",			\
	    "only about this: cus_..., user_..., an e-mail's id", 0, 0, 0, NULL }, \
	{ "since", OPT_TIME, offsetof(s, m.since), "T",			\
	    "only received at this time or later", 0, 0, 0, NULL },	\
	{ "until", OPT_TIME, offsetof(s, m.until), "T",			\
	    "only received before this time", 0, 0, 0, NULL }

bool	 filter_empty(const struct filter *);
/* before: only ids below it. */
void	 filter_bind(struct stmt *, const struct filter *, int64_t before);

/*
 * An event's own id, or its sender's ("evt_...", "msg_..."), of several senders
 * the oldest.  HK_NOTFOUND:
 * err_last() says which; a number is taken as it is, found or not.
 */
enum hk_err	 event_id_of(struct db *, const char *text, int64_t *id) HK_MUST_USE;

#endif
