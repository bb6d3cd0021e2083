/*
 * What the pages of users share: who is meant, how they are called, and how a
 * subscription stands.
 */
#ifndef ADMIN_USER_FACTS_H
#define ADMIN_USER_FACTS_H

#include "admin/admin.h"
#include "books/books.h"

/* "active" -> the word of DESIGN.md for a shape: "done". */
struct span	 user_billing_state(struct span status);
/*
 * Is it an id of a user: a UUID, "user_...", "cus_..."?  (Their e-mail address
 * is what books.h's user_find() takes beside these.)
 */
bool		 user_id_like(struct span);
/*
 * "name": first and last, else the username, else null; "title": what to call
 * them: the name, the e-mail address, else an id.  Of columns as USERS_ROW has
 * them: id, clerk_id, email, first_name, last_name, username.
 */
void		 user_name_put(struct jw *, struct stmt *);
/* "subscription": {"id","status","state","plan","more"} or null: the one that matters. */
enum hk_err	 user_subscription_put(struct visit *, struct span id) HK_MUST_USE;
/* A member: our id of the user of that name, or null. */
enum hk_err	 user_known_put(struct visit *, const char *key, struct span name) HK_MUST_USE;
/* Whom ":id" names; HK_NOTFOUND (told). */
enum hk_err	 user_of_route(struct visit *, struct user *) HK_MUST_USE;

#endif
