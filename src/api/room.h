/*
 * Room tokens: the key to one user's stream, for a browser.
 *
 * "user UUID, expiry" sealed with the settings' key (crypto/seal.h): it stands
 * in an address, so it is short-lived and good for nothing else.
 */
#ifndef API_ROOM_H
#define API_ROOM_H

#include "base/arena.h"
#include "base/conf.h"
#include "base/id.h"

#define ROOM_LIFE_S	900

/* *text in the arena, URL-safe.  HK_CONF: no `key` is set. */
enum hk_err	 room_token(const struct conf *, const char *user, int64_t now, struct arena *,
		    struct span *text, int64_t *expires_us) HK_MUST_USE;
/* HK_BADSIG: none of ours; HK_STALE: over. */
enum hk_err	 room_check(const struct conf *, struct span text, int64_t now, struct arena *,
		    char user[UUID_LEN + 1], int64_t *expires_us) HK_MUST_USE;

#endif
