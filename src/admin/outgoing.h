/*
 * What the pages about endpoints, messages and deliveries have in common.
 */
#ifndef ADMIN_OUTGOING_H
#define ADMIN_OUTGOING_H

#include "admin/admin.h"

/* How an endpoint stands as a state of DESIGN.md. */
const char	*endpoint_look(struct span state, bool failing);

/*
 * {"id","name","title","own"}: our number, "ep_12", and what people know it by: the
 * configuration's name or the address.
 */
void		 endpoint_put(struct jw *, const char *key, int64_t id, struct span name,
		    struct span url);

/*
 * The columns all statements of deliveries begin with (DELIVERY_MEMBERS of
 * store/admin_outbox.def), and the members they become.
 */
enum { D_ID, D_STATUS, D_ATTEMPTS, D_DUE, D_WHY, D_CREATED, D_DONE, D_MESSAGE, D_TYPE,
       D_MESSAGE_AT, D_ENDPOINT, D_ENDPOINT_NAME, D_ENDPOINT_URL, D_COLUMNS };
void		 delivery_put(struct jw *, struct stmt *);

/* "12", "ep_12" of an address.  HK_NOTFOUND. */
enum hk_err	 endpoint_id(const struct visit *, int64_t *id) HK_MUST_USE;

/* A key of a keyset list, "before"; INT64_MAX: the newest.  HK_SYNTAX. */
enum hk_err	 before_read(const struct visit *, int64_t *at) HK_MUST_USE;
/* In the arena. */
struct span	 number_text(struct visit *, int64_t n);

/* Is a type asked for?  A '*' at the end takes all that begin so. */
bool		 type_fits(struct span wanted, struct span type);

/* "12" or "msg_...": messages by either name.  False: it is none. */
bool		 message_id(struct span, int64_t *id);

/* Holds a message of this type one-time codes, and is the visitor not to see them? */
bool		 message_hidden(const struct visit *, struct span type);

/* Something is due: the worker, if there is one, hears of it. */
void		 outgoing_wake(const struct visit *);

#endif
