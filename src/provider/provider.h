/*
 * A provider is one sender of webhooks: one file that ends in one table of
 * handlers and one descriptor.  A new event is a function and a row.
 */
#ifndef PROVIDER_PROVIDER_H
#define PROVIDER_PROVIDER_H

#include "base/json.h"
#include "books/books.h"
#include "sign/scheme.h"

/* What an event says about itself, before anybody asks what it means. */
struct envelope {
	struct span	 event_id;	/* 1..256 printable characters */
	/* As sent, 1..128 printable characters; custom: SPAN_NULL when it is not said. */
	struct span	 type;
	struct span	 lane;		/* what it is about, or SPAN_NULL */
	struct span	 api_version;	/* or SPAN_NULL */
	struct span	 instance;	/* Clerk instance_id, Stripe account; or SPAN_NULL */
	int64_t		 occurred_us;	/* 0: not said */
	int		 livemode;	/* 1, 0; -1: not said */
	bool		 thin;		/* Stripe v2: names a thing, carries no data */
	struct span	 challenge;	/* custom: to be said in the answer; or SPAN_NULL */
};

/* One event at work: what a handler gets. */
struct task {
	const struct cause	*cause;		/* open transaction, event id, time */
	const struct conf	*conf;
	struct arena		*arena;		/* gone when the event is settled */
	struct json		*json;		/* the body */
	struct span		 type, event_id;	/* type as in the catalogue: no alias */
	int64_t			 occurred_us;
	/* Set by the handler: */
	char			 reason[256];	/* SKIP, LATER, NEVER: a sentence */
	char			 waits_for[160];	/* WAIT: "user:user_2abc" */
	/* Set by who called it: what it did to the books (store/changes.h), or SPAN_NULL. */
	struct span		 changes;
};

/*
 * HK_OK handled; HK_SKIP nothing to do (stale, tombstone: reason); HK_LATER
 * by the schedule; HK_WAIT until waits_for arrives; HK_NEVER no use trying.
 * Any other error is the database's: the transaction is taken back, and it
 * counts as LATER.  Opens, commits and sends nothing itself.
 */
typedef enum hk_err handler_fn(struct task *);

struct handler {
	const char	*type;
	handler_fn	*run;
	const char	*about;		/* what it does, as a sentence for people */
};

struct alias {
	const char	*sent, *means;
};

struct provider {
	const char		*name;		/* column value, section, log field */
	const char		*title;		/* "Stripe" */
	const char		*spec;
	const struct scheme	*scheme;
	int			 refused;	/* HTTP status for a bad signature */
	bool			 reject_unknown;	/* default of unknown_events */
	/*
	 * Read the envelope out of a verified body.  message_id: the signed id
	 * header, or SPAN_NULL.  Spans point into body or arena.
	 * HK_SYNTAX: err_last() names what is missing or wrong.
	 */
	enum hk_err		(*envelope)(struct span body, struct span message_id,
				    struct arena *, struct envelope *);
	const char *const	*catalogue;	/* sorted by strcmp, NULL-terminated */
	const struct alias	*aliases;	/* ends with { NULL, NULL }; or NULL */
	const struct handler	*handlers;	/* ends with { NULL, NULL, NULL } */
	/* For "v1.X", the thin kind of a handled type X; or NULL. */
	handler_fn		*thin;
};

extern const struct provider provider_stripe, provider_clerk, provider_resend;
/* All of these, NULL-terminated, in the order of the design. */
extern const struct provider *const providers[];

/*
 * What all [custom NAME] senders have in common; the rest is in struct custom
 * (provider/custom.h).  Not among providers[]; scheme and envelope are NULL.
 */
extern const struct provider provider_custom;

const struct provider *provider_find(struct span name);	/* NULL: none */
/* The catalogue's spelling of a type (aliases resolved), or NULL: unknown. */
const char	*provider_type(const struct provider *, struct span type);
/* NULL: the type is known or not, but nothing is done for it. */
handler_fn	*provider_handler(const struct provider *, const char *type);
const char	*provider_about(const struct provider *, const char *type);

/* What to do with an event, as far as its envelope tells. */
struct disposition {
	enum { DO_PROCESS, DO_SKIP, DO_IGNORE, DO_REJECT } what;
	const char	*reason;	/* static text; NULL for DO_PROCESS */
};
/*
 * DO_REJECT: not in the catalogue and unknown_events says so.  DO_IGNORE:
 * the wrong mode or instance.  DO_SKIP: filtered by `events`, no handler,
 * unknown but stored, thin (unless its snapshot would be handled: then it is
 * looked for).
 */
struct disposition provider_dispose(const struct provider *, const struct conf *,
		    const struct envelope *);

/*
 * Is a stored event none of ours, by the settings as they are now?  It may be worked
 * again long after it came.  The reason: wrong mode or instance; NULL: it is ours.
 */
const char	*provider_foreign(const struct provider *, const struct conf *,
		    struct json *event);

/*
 * The sample that the project ships for a type (samples/<provider>/<type>.json,
 * embedded), after the documented shape.  SPAN_NULL: none.
 */
struct span	 provider_sample(const struct provider *, struct span type);

#endif
