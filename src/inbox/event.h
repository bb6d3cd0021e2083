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
	struct span		 packed;	/* in its place, by body_pack(); or SPAN_NULL */
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
 * cookies and proxy-authorization; nor, if not NULL, another field of a secret.
 */
void		 event_headers_but(struct buf *, const struct fields *, const char *secret);
void		 event_headers(struct buf *, const struct fields *);

#endif
