/*
 * Events: a verified request becomes a row, once.
 */
#ifndef INBOX_EVENT_H
#define INBOX_EVENT_H

#include "provider/provider.h"

struct event {
	const char		*provider;
	struct envelope		 env;
	struct disposition	 disposition;	/* PROCESS, SKIP or IGNORE */
	struct span		 headers;	/* JSON object */
	struct span		 body;
	struct span		 signature;
	const char		*secret_label;
	bool			 verified;
	int64_t			 received_us;
};

/*
 * Insert inside the caller's transaction.  *fresh false: it was there, and
 * *id is the first one's; nothing changed.
 */
enum hk_err	 event_store(struct db *, const struct event *, int64_t *id,
		    bool *fresh) HK_MUST_USE;

/*
 * The request's fields as a JSON object, for keeping: without authorization,
 * cookies and proxy-authorization.
 */
void		 event_headers(struct buf *, const struct fields *);

/* A refused request, kept for the owner. */
struct refusal {
	const char	*provider;
	const char	*reason;	/* "unknown_type" */
	struct span	 detail;	/* a sentence */
	bool		 verified;
	const char	*secret_label;	/* or NULL */
	struct span	 event_id, event_type, remote_addr, headers, body;
	int64_t		 received_us;
};
/* The same request again only counts up.  Inside the caller's transaction. */
enum hk_err	 refusal_store(struct db *, const struct refusal *) HK_MUST_USE;

#endif
