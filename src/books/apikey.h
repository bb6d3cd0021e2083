/*
 * API keys of users: made by user.created, by the interface or the command.
 * The text ("hk_" and 43 characters) is kept sealed until it is revealed once,
 * then only its SHA-256.
 */
#ifndef BOOKS_APIKEY_H
#define BOOKS_APIKEY_H

#include "books/books.h"

#define APIKEY_TEXT	48	/* bytes with the NUL */

struct apikey {
	char		 id[40];	/* "key_..." */
	char		 user[UUID_LEN + 1];
	char		 prefix[12];
	int64_t		 created_us, revoked_us, used_us;
	bool		 revealed;
};

/*
 * A new key.  text (may be NULL) gets it, and then it counts as revealed; else
 * it is kept sealed with the configuration's key.  HK_CONF: there is no key to
 * seal with (handlers go on without).  HK_NOTFOUND: no such user, or deleted.
 */
enum hk_err	 apikey_make(const struct cause *, const struct conf *, const char *user_id,
		    struct span name, struct apikey *, char text[APIKEY_TEXT]) HK_MUST_USE;
/* The first one of a user, "default"; HK_SKIP: has had one. */
enum hk_err	 apikey_first(const struct cause *, const struct conf *, const char *user_id)
		    HK_MUST_USE;
/*
 * Once.  Wipes the sealed text.  HK_NOTFOUND: no such key, or revoked;
 * HK_EXISTS: revealed before.  HK_CONF, HK_BADSIG: sealed with a key that the
 * settings no longer have.
 */
enum hk_err	 apikey_reveal(const struct cause *, const struct conf *, struct span id,
		    char text[APIKEY_TEXT]) HK_MUST_USE;
/* Whose is it?  HK_BADSIG: nobody's, or revoked, or its user is deleted. */
enum hk_err	 apikey_check(struct db *, struct span text, struct apikey *) HK_MUST_USE;
/* Note that it was used, to the minute: hardly ever writes. */
enum hk_err	 apikey_used(const struct cause *, const struct apikey *) HK_MUST_USE;
/* HK_NOTFOUND; HK_SKIP: was revoked.  Wipes the sealed text. */
enum hk_err	 apikey_revoke(const struct cause *, struct span id) HK_MUST_USE;
enum hk_err	 apikeys_revoke_all(const struct cause *, const char *user_id) HK_MUST_USE;

#endif
