/*
 * What the schemes of this room share; nobody outside includes it.
 */
#ifndef SIGN_SHARED_H
#define SIGN_SHARED_H

#include "sign/scheme.h"
#include "crypto/hmac.h"

#define SIGN_SEEN_MAX	32	/* signatures of one header; further ones are not read */
#define SIGN_TEXT_MAX	64	/* a digest in hex; in base64 it is shorter */
#define SIGN_TIME_MAX	12	/* digits of a header's time: up to the year 33658 */

/* The signatures of a header, as text of any length. */
struct sign_seen {
	struct span	text[SIGN_SEEN_MAX];
	size_t		n;
};
void	 sign_see(struct sign_seen *, struct span text);

/* hex_encode or base64_encode: how a scheme writes its digest. */
typedef void	 sign_encode(char *out, const void *in, size_t len);

/* out: the signature over the pieces as text, NUL-terminated; its length. */
size_t	 sign_text(char out[SIGN_TEXT_MAX + 1], const struct sign_key *,
	    const struct span *piece, size_t n, sign_encode *);

/* The first key that made one of the signatures seen; NULL: none did. */
const struct sign_key *sign_match(const struct sign_seen *, const struct sign_key *,
	    size_t nkey, const struct span *piece, size_t n, sign_encode *);

/* 1..SIGN_TIME_MAX digits and nothing else. */
bool	 sign_time(struct span, int64_t *out);

/* SIGN_OK, SIGN_TOO_OLD or SIGN_TOO_NEW; exactly the tolerance is still fine. */
enum sign_reason sign_age(int64_t signed_s, int64_t now_s, int64_t tolerance_s);

/* Set the verdict's reason, tell it, and return the code that goes with it. */
enum hk_err	 sign_verdict(struct sign_verdict *, enum sign_reason) HK_MUST_USE;

/* One part of a template: text, or a piece in braces. */
enum how_part { HOW_TEXT, HOW_TIMESTAMP, HOW_ID, HOW_BODY, HOW_PARTS };
#define HOW_PIECES_MAX	(2 * (HOW_PARTS - 1) + 1)	/* each piece once, text around */

/* Cut it off *rest, which is not empty.  False: a brace without a known piece. */
bool		 how_cut(struct span *rest, struct span *text, enum how_part *);
struct span	 how_template(const struct sign_how *);
bool		 how_uses(const struct sign_how *, enum how_part);
/* Is a text of a sign_how given? */
static inline bool
how_has(const char *s)
{
	return s != NULL && s[0] != '\0';
}
/* Fill piece[] with what is signed; how has been checked.  How many. */
size_t		 how_pieces(struct span piece[HOW_PIECES_MAX], const struct sign_how *,
		    struct span timestamp, struct span id, struct span body);

/*
 * What a request of scheme_plain says.  SPAN_NULL: not there, or not used.
 * Several items of one name: time_twice, or further digests.
 */
struct plain_said {
	struct span		header, timestamp, id;
	bool			time_twice;
	struct sign_seen	digest;	/* behind the prefix; one without is not here */
};
void		 plain_read(struct plain_said *, const struct sign_how *, const struct fields *);
/* The digest that the text stands for; false: it is of another shape. */
bool		 plain_digest(uint8_t out[SHA256_LEN], struct span text, enum sign_encoding);
/* Seconds, or of 13 digits milliseconds. */
bool		 plain_time(struct span, int64_t *out);

/* The value that scheme_bearer or scheme_basic looks at; SPAN_NULL: none. */
struct span	 bearer_value(const struct scheme *, const struct sign_how *,
		    const struct fields *);

#endif
