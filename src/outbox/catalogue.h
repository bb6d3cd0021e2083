/*
 * All types of message: ours (outbox/types.h), the site's own (event_type), and
 * each received type as "stripe.invoice.paid" (relay; the tables of provider are
 * to the right of this room, so a relayed type is any "<sender>.<type>").
 *
 * Patterns of endpoints: a type, "user.*" (user.created, user.a.b), "*"
 * (everything but relayed types, which are asked for by name or "stripe.*").
 */
#ifndef OUTBOX_CATALOGUE_H
#define OUTBOX_CATALOGUE_H

#include "base/conf.h"
#include "store/store.h"

#define TYPE_MOST	128	/* bytes of a type: letters, digits and . _ - */

bool		 type_name_good(struct span);
/* Do these patterns take this type?  relayed: it is a received one. */
bool		 types_take(struct span patterns, struct span type, bool relayed);
/* Is the type among them by its full name? */
bool		 types_name(struct span patterns, struct span type);
/* HK_SYNTAX names the pattern that cannot be. */
enum hk_err	 types_good(struct span patterns) HK_MUST_USE;

struct type_word {
	struct span	 name, about, schema, sample;	/* JSON texts; SPAN_NULL: none */
};
/*
 * HK_SYNTAX; HK_NEVER: it is one of ours.  schema: a JSON Schema of which type,
 * properties, required, items, enum, const, minimum, maximum, minLength, maxLength
 * and additionalProperties are checked of messages that are put by the interface.
 */
enum hk_err	 event_type_put(struct db *, const struct type_word *, int64_t now) HK_MUST_USE;
enum hk_err	 event_type_archive(struct db *, struct span name, int64_t now) HK_MUST_USE;	/* HK_NOTFOUND */
/* Does the payload fit the type's schema?  HK_SYNTAX says where it does not. */
enum hk_err	 event_type_check(struct db *, struct span name, struct span payload) HK_MUST_USE;

#endif
