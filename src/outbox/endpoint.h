/*
 * Endpoints: where messages are sent to.  Webhooks are made by the interface, the
 * pages and the command; the other channels only by hookkeeper.conf, and here
 * they can be paused and looked at, never defined.
 *
 * All verbs work inside the caller's transaction.
 */
#ifndef OUTBOX_ENDPOINT_H
#define OUTBOX_ENDPOINT_H

#include "base/conf.h"
#include "store/store.h"

#define ENDPOINT_NAME	32	/* "ep_" and digits, with the NUL */
#define SECRET_TEXT	128	/* "whsec_..." or "whsk_...", with the NUL */
#define TYPES_MOST	4096	/* bytes of a list of types */
#define ROTATION_US	(24 * 3600 * (int64_t)1000000)	/* both secrets sign so long */

enum endpoint_state { ENDPOINT_ENABLED, ENDPOINT_PAUSED, ENDPOINT_DISABLED };
const char	*endpoint_state_name(enum endpoint_state);

/* What a person or program says of one; SPAN_NULL: none. */
struct endpoint_word {
	struct span	 url, description, types, owner_kind, owner, filter;
	struct span	 headers;	/* JSON object of texts; never shown again */
	bool		 thin;		/* id, type and time instead of the payload */
	bool		 ordered;
	int64_t		 rate;		/* 0: no limit */
};

struct endpoint {
	int64_t			 id;
	struct endpoint_word	 word;		/* headers: SPAN_NULL; spans in the arena */
	struct span		 channel, name;
	enum endpoint_state	 state;
	struct span		 state_why;
	int64_t			 state_us, failing_us, failures, created_us, updated_us, deleted_us;
	bool			 has_headers;
};

/* "ep_12". */
void		 endpoint_name(char out[ENDPOINT_NAME], int64_t id);
bool		 endpoint_named(struct span, int64_t *id);

/*
 * Is it one that can be?  HK_SYNTAX: err_last() names the member, its rule and
 * what to do.  Fields that are never allowed: host, content-length, content-type,
 * connection and others of the connection, webhook-*, svix-*; at most 20, 8 KB.
 */
enum hk_err	 endpoint_good(const struct conf *, const struct endpoint_word *) HK_MUST_USE;
/*
 * A new webhook, enabled; secret gets the text of its v1 secret, for once.
 * given: the secret to take instead of a new one; SPAN_NULL: none.
 * HK_SYNTAX; HK_CONF: no `key` to seal with.
 */
enum hk_err	 endpoint_make(struct db *, const struct conf *, const struct endpoint_word *,
		    struct span given, int64_t now, int64_t *id, char secret[SECRET_TEXT]) HK_MUST_USE;
/*
 * All of word replaces what is stored; headers SPAN_NULL: as they are, "{}": none.
 * HK_NOTFOUND; HK_NEVER: it is the configuration's.
 */
enum hk_err	 endpoint_change(struct db *, const struct conf *, int64_t id,
		    const struct endpoint_word *, int64_t now) HK_MUST_USE;
/*
 * Pause, disable, enable.  Enabling forgets the failures; what is held stays so
 * until delivery_release() or delivery_recover().  HK_SKIP: it is so already.
 */
enum hk_err	 endpoint_set_state(struct db *, int64_t id, enum endpoint_state, struct span why,
		    int64_t now) HK_MUST_USE;
/* What is open is canceled.  HK_NOTFOUND; HK_NEVER: it is the configuration's. */
enum hk_err	 endpoint_delete(struct db *, int64_t id, int64_t now) HK_MUST_USE;
/* HK_NOTFOUND: no such, or deleted. */
enum hk_err	 endpoint_find(struct db *, int64_t id, struct arena *, struct endpoint *) HK_MUST_USE;

/* ---- secrets ------------------------------------------------------------------- */

enum secret_kind { SECRET_V1, SECRET_V1A };

/*
 * A new secret of this kind; the present one goes on signing for ROTATION_US.
 * given: SPAN_NULL: make one.  For v1a `public` gets "whpk_...".
 */
enum hk_err	 endpoint_rotate(struct db *, const struct conf *, int64_t id, enum secret_kind,
		    struct span given, int64_t now, char secret[SECRET_TEXT],
		    char public[SECRET_TEXT]) HK_MUST_USE;
/* Stop signing by v1a at once (v1 stays always). */
enum hk_err	 endpoint_drop_v1a(struct db *, int64_t id) HK_MUST_USE;
/* The present v1 secret, to show it again; the caller notes it in the audit log. */
enum hk_err	 endpoint_reveal(struct db *, const struct conf *, int64_t id,
		    char secret[SECRET_TEXT]) HK_MUST_USE;
/*
 * Every secret and all headers are sealed anew by the newest key of the settings:
 * `hookkeeper key rotate`.  *n counts them.  HK_BADSIG names what no key opens.
 */
enum hk_err	 endpoints_reseal(struct db *, const struct conf *, int64_t *n) HK_MUST_USE;

/* ---- the configuration's --------------------------------------------------------- */

/*
 * Rows for the channels of hookkeeper.conf ([command NAME], [mail NAME], [unkey]):
 * made, changed, and disabled when they are no longer there.
 */
enum hk_err	 endpoints_configure(struct db *, const struct conf *, int64_t now) HK_MUST_USE;

#endif
