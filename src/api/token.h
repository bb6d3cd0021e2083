/*
 * Bearer tokens: "hkt_", the id in hexadecimal digits, "_" and 43 characters.
 * Shown once, then known by their SHA-256.
 */
#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "base/arena.h"
#include "base/fields.h"
#include "store/store.h"

#define TOKEN_TEXT	80	/* bytes with the NUL */

/* Every scope there is, ends with name NULL. */
struct token_scope {
	const char	*name;		/* "credits:burn" */
	const char	*about;		/* a sentence for people */
};
extern const struct token_scope token_scopes[];

/* "a:b c:d", each of them one of token_scopes, or "*".  HK_SYNTAX names the wrong one. */
enum hk_err	 token_scopes_good(struct span) HK_MUST_USE;
/* Is that scope among them?  "*" has all. */
bool		 token_may(struct span scopes, const char *scope);

struct token {
	int64_t		 id;
	struct span	 name, prefix, scopes;
	int64_t		 rate;		/* requests a second; 0: as the settings say */
	int64_t		 created_us, expires_us, used_us, revoked_us;
};

/*
 * What a request shows: X-Hookkeeper-Token, for under Apache's CGI the other is
 * dropped, or Authorization: Bearer.  It may be a session's.  SPAN_NULL: nothing.
 */
struct span	 token_shown(const struct fields *);

/* Inside the caller's transaction.  HK_SYNTAX: a name or scope that cannot be. */
enum hk_err	 token_make(struct db *, const struct token *, int64_t now, int64_t *id,
		    char text[TOKEN_TEXT]) HK_MUST_USE;
/*
 * Whose is it?  Spans live in the arena.  HK_BADSIG: nobody's, revoked, or over;
 * it takes as long whatever is wrong with the text.
 */
enum hk_err	 token_check(struct db *, struct span text, int64_t now, struct arena *,
		    struct token *) HK_MUST_USE;
/* Note that it was used, to the minute: hardly ever writes. */
enum hk_err	 token_used(struct db *, const struct token *, int64_t now) HK_MUST_USE;
/* HK_NOTFOUND; HK_SKIP: was revoked. */
enum hk_err	 token_revoke(struct db *, int64_t id, int64_t now) HK_MUST_USE;

#endif
