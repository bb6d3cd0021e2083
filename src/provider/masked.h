/*
 * Bodies that hold one-time codes: Clerk's email.created and sms.created carry
 * what somebody logs in with, until it is used.  Who may only look sees such a
 * body without it, and no search index holds it.
 *
 * What is known to be harmless is shown, everything else is masked: a member
 * that Clerk adds some day is masked until somebody has looked at it.
 *
 * Source: https://clerk.com/docs/webhooks (providers: e-mail and SMS bodies)
 */
#ifndef PROVIDER_MASKED_H
#define PROVIDER_MASKED_H

#include "base/arena.h"

#define MASKED	"masked: needs the operator role"

/* provider and type as in the event table. */
bool		 provider_has_codes(struct span provider, struct span type);
/*
 * The body as a viewer may see it: *out is the body itself when its type has no
 * codes; else a text in the arena, its values masked in place.  What is no JSON
 * object is masked as a whole.  HK_NOMEM.
 */
enum hk_err	 provider_mask(struct span provider, struct span type, struct span body,
		    struct arena *, struct span *out) HK_MUST_USE;

#endif
