/*
 * Secrets and further fields of an endpoint, in clear: for who signs and sends.
 */
#ifndef OUTBOX_SECRET_H
#define OUTBOX_SECRET_H

#include "outbox/endpoint.h"

struct endpoint_secret {
	enum secret_kind kind;
	struct span	 text;		/* "whsec_...", "whsk_..."; seal_wipe() it after use */
	int64_t		 ends_us;	/* 0: the present one */
};

/*
 * Those that sign now, each kind's present one first.  HK_BADSIG, HK_CONF: no key
 * of the settings opens them.
 */
enum hk_err	 endpoint_secrets(struct db *, const struct conf *, int64_t id, int64_t now,
		    struct arena *, struct endpoint_secret *, size_t room, size_t *n) HK_MUST_USE;
/* A JSON object of texts; SPAN_NULL: none. */
enum hk_err	 endpoint_headers(struct db *, const struct conf *, int64_t id, struct arena *,
		    struct span *) HK_MUST_USE;

#endif
