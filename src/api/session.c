/* Is this a session token that Clerk made for our site, and is it its time? */
#include "api/session.h"

#include "api/session_keys.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/scan.h"

#define JWT_MOST	16384		/* bytes; Clerk's stay under 4 KB, for they are cookies */
#define LEEWAY_US	(5 * US_PER_S)
#define TIME_MOST	INT64_C(253402300799)	/* the last second of the year 9999 */
#define SUB_MOST	128

/* The three parts, each base64url. */
struct parts {
	struct span	head, claims, signature;
	struct span	whole;		/* what is signed: head "." claims */
};

static enum hk_err
no_token(const char *why)
{
	return err_tell(HK_BADSIG, "no session token: %s", why);
}

static bool
cut(struct span jwt, struct parts *p)
{
	struct span	rest = jwt;

	if (jwt.len == 0 || jwt.len > JWT_MOST)
		return false;
	p->head = span_cut(&rest, '.');
	if (rest.p == NULL)
		return false;
	p->claims = span_cut(&rest, '.');
	p->signature = rest;
	p->whole = span_of(jwt.p, p->head.len + 1 + p->claims.len);
	return rest.p != NULL && memchr(rest.p, '.', rest.len) == NULL &&
	    p->head.len > 0 && p->claims.len > 0 && p->signature.len > 0;
}

/*
 * RFC 7515, section 2: the other alphabet, and no padding.  False: something else,
 * or no memory.
 */
static bool
decode(struct span in, struct arena *arena, struct span *out)
{
	char	*text = arena_str(arena, in), *bytes = arena_get(arena, in.len);
	size_t	 len;

	if (text == NULL || bytes == NULL)
		return false;
	for (size_t i = 0; i < in.len; i++)
		switch (text[i]) {
		case '-':
			text[i] = '+';
			break;
		case '_':
			text[i] = '/';
			break;
		case '+':
		case '/':
		case '=':
			return false;
		}
	if (!base64_decode(bytes, in.len, &len, span_of(text, in.len)))
		return false;
	*out = span_of(bytes, len);
	return true;
}

/* A text; SPAN_NULL: absent.  False: there is something that is none. */
static bool
text_of(const struct scan_found *f, struct arena *arena, struct span *out)
{
	*out = scan_text(f, arena);
	return out->p != NULL || f->type == SCAN_ABSENT;
}

/* The key that the header names. */
static enum hk_err
find_key(const struct sessions *s, struct span head, struct arena *arena,
    const struct rs256 **key)
{
	static const struct scan_want	 want[] = {
		{ -1, "alg" }, { -1, "kid" }, { -1, "typ" }, { -1, "crit" }
	};
	struct scan_found		 found[4];
	struct span			 json, alg, kid, typ;

	if (!decode(head, arena, &json) || scan_json(json, want, 4, found, arena) != HK_OK)
		return no_token("its header is no JSON object in base64url");
	/* Who lets the token choose how it is checked lets it choose not to be. */
	if (!text_of(&found[0], arena, &alg) || !span_is(alg, "RS256"))
		return no_token("its alg is not RS256");
	if (!text_of(&found[2], arena, &typ) || (typ.p != NULL && !span_is(typ, "JWT")))
		return no_token("its typ is not JWT");
	if (found[3].type != SCAN_ABSENT)
		return no_token("it has a crit, which nobody here understands");
	if (!text_of(&found[1], arena, &kid) || !span_graph(kid, SESSION_KID_MOST))
		return no_token("it has no kid");
	if ((*key = sessions_key(s, kid)) == NULL)
		return err_tell(HK_BADSIG, "no key for the kid \"%.*s\" is among "
		    "clerk.session_keys", SPAN_ARG(kid));
	return HK_OK;
}

static bool
is_party(const char *list, struct span party)
{
	struct span	item;

	while (session_item(&list, &item))
		if (span_eq(item, party))
			return true;
	return false;
}

/* A second since 1970 that there is. */
static bool
time_of(const struct scan_found *f, int64_t *us)
{
	int64_t	s;

	if (!scan_int(f, &s) || s <= 0 || s > TIME_MOST)
		return false;
	*us = s * US_PER_S;
	return true;
}

static enum hk_err
check_claims(const struct sessions *s, struct span json, int64_t now, struct arena *arena,
    struct session *out)
{
	static const struct scan_want	 want[] = {
		{ -1, "exp" }, { -1, "nbf" }, { -1, "azp" }, { -1, "sts" }, { -1, "sub" }, { -1, "aud" }
	};
	struct scan_found		 found[6];
	struct span			 status;
	int64_t				 from_us;
	const char			*parties = sessions_parties(s);

	if (scan_json(json, want, 6, found, arena) != HK_OK)
		return no_token("its claims are no JSON object");
	if (!time_of(&found[0], &out->expires_us) || !time_of(&found[1], &from_us))
		return no_token("its exp or nbf is missing or no time");
	if (!text_of(&found[4], arena, &out->clerk_user) ||
	    !span_graph(out->clerk_user, SUB_MOST) || !span_starts(out->clerk_user, "user_"))
		return no_token("its sub is no user");
	if (!text_of(&found[2], arena, &out->party) ||
	    (out->party.p != NULL && parties != NULL && !is_party(parties, out->party)))
		return no_token("its azp is not among clerk.authorized_parties");
	/* RFC 7519, section 4.1.3: whom it does not name must refuse it. */
	if (found[5].type != SCAN_ABSENT)
		return no_token("it has an aud, so it was made for another service");
	if (!text_of(&found[3], arena, &status) ||
	    (status.p != NULL && !span_is(status, "active")))
		return no_token("its sts is not active");
	if (now - LEEWAY_US >= out->expires_us)
		return err_tell(HK_STALE, "the session token is over since %lld s",
		    (long long)((now - out->expires_us) / US_PER_S));
	if (now + LEEWAY_US < from_us)
		return err_tell(HK_STALE, "the session token begins in %lld s; is the clock right?",
		    (long long)((from_us - now) / US_PER_S));
	return HK_OK;
}

enum hk_err
session_check(const struct sessions *s, struct span jwt, int64_t now, struct arena *arena,
    struct session *out)
{
	const struct rs256	*key;
	struct session		 made = { .expires_us = 0 };
	struct parts		 p;
	struct span		 signature, claims;
	enum hk_err		 e;

	if (!sessions_have_keys(s))
		return err_tell(HK_CONF, "clerk.session_keys is not set, so no session can be "
		    "checked");
	if (!cut(jwt, &p))
		return no_token("it is not three parts joined by dots");
	if ((e = find_key(s, p.head, arena, &key)) != HK_OK)
		return e;
	if (!decode(p.signature, arena, &signature) || !decode(p.claims, arena, &claims))
		return no_token("a part of it is no base64url");
	if ((e = rs256_verify(key, p.whole, signature)) == HK_BADSIG)
		return no_token("its key did not sign it");
	if (e == HK_OK && (e = check_claims(s, claims, now, arena, &made)) == HK_OK)
		*out = made;
	return e;
}
