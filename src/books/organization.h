/*
 * Clerk's organizations, their members, and sessions.  Older words never
 * overwrite newer ones (HK_SKIP "stale: ..."); the deleted stay dead (HK_SKIP),
 * also those never seen alive.
 */
#ifndef BOOKS_ORGANIZATION_H
#define BOOKS_ORGANIZATION_H

#include "books/books.h"

struct organization {
	struct span	id, name, slug, created_by;
	int64_t		version_us;
};
enum hk_err	 organization_put(const struct cause *, const struct organization *) HK_MUST_USE;
enum hk_err	 organization_delete(const struct cause *, struct span id) HK_MUST_USE;

struct membership {
	struct span	id, organization, clerk_user, role;
	int64_t		version_us;
	bool		deleted;
};
enum hk_err	 membership_put(const struct cause *, const struct membership *) HK_MUST_USE;

struct clerk_session {
	struct span	id, clerk_user, status;
	int64_t		version_us;
};
/*
 * ended, removed, revoked, expired, abandoned and replaced are final: nothing
 * else comes after them.  Of two words as new the later in this list stays.
 */
enum hk_err	 clerk_session_put(const struct cause *, const struct clerk_session *) HK_MUST_USE;

#endif
