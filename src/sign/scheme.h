/*
 * Signature schemes: one struct verifies *and* signs.
 *
 * Verification works on raw bytes, before anything is parsed, in constant
 * time where a digest is compared, allocates nothing and keeps no pointer.
 * Where the official libraries disagree it takes the strict side.
 */
#ifndef SIGN_SCHEME_H
#define SIGN_SCHEME_H

#include "base/err.h"
#include "base/fields.h"

#define SIGN_KEY_MAX	128	/* bytes of a derived key */
#define SIGN_ID_MAX	256	/* Standard Webhooks message id */
#define SIGN_HEADER_MAX	8192	/* a longer signature header is refused */

enum sign_kind {
	SIGN_HMAC,	/* makes and verifies */
	SIGN_PUBLIC,	/* Ed25519: verifies */
	SIGN_SEED	/* Ed25519: makes and verifies */
};

enum sign_encoding { SIGN_HEX, SIGN_BASE64 };

/*
 * How a sender signs that follows no standard, as its owner has set it.  A text
 * may be NULL or "" when it is not needed.
 *
 *	GitHub	x-hub-signature-256: sha256=<hex>			over {body}
 *	Slack	x-slack-signature: v0=<hex>, x-slack-request-timestamp: <s>
 *		over v0:{timestamp}:{body}
 *	Paddle	paddle-signature: ts=<s>;h1=<hex>[;h1=<hex>...]
 *		over {timestamp}:{body}
 *
 * A template without {timestamp} has no replay window: who has seen one good
 * request can send it again for ever, and only the event's id tells.  A time
 * or id that is not in the template is not signed, so it is not asked for.
 */
struct sign_how {
	const char		*header;	/* of the digest, or of the list of items */
	const char		*prefix;	/* before the digest: "sha256=" */
	enum sign_encoding	 encoding;
	const char		*template;	/* with {timestamp} {id} {body}; NULL: "{body}" */
	const char		*timestamp_header;
	const char		*id_header;
	char			 item_separator;	/* '\0': the header is no list */
	const char		*digest_item, *timestamp_item;
};
/*
 * HK_CONF: err_last() names the field and its rule.  What is needed: header;
 * {body} once, {timestamp} and {id} at most once and each with its source;
 * with an item_separator (one of ; , & | or a blank) digest_item.  Nothing is
 * given that is not used.  Field names have 1..64 of a-z 0-9 -.
 */
enum hk_err	 sign_how_check(const struct sign_how *) HK_MUST_USE;

/* A secret made ready for one scheme. */
struct sign_key {
	enum sign_kind	 kind;
	char		 key[SIGN_KEY_MAX];
	size_t		 len;
	const char	*label;		/* shown and stored; not the secret */
	/*
	 * Set by the caller, as the label, and checked; the same for all keys of
	 * a call.  Stripe and Svix: NULL.
	 */
	const struct sign_how *how;
};

/* Why a signature was refused; names as in the test vectors. */
enum sign_reason {
	SIGN_OK,
	SIGN_MISSING_HEADER,	/* all but Svix: no signature header, or an empty one */
	SIGN_MISSING_HEADERS,	/* Svix, plain: one of several is missing */
	SIGN_BAD_HEADER,	/* header of another grammar, or too long */
	SIGN_BAD_TIMESTAMP,
	SIGN_NO_SCHEME,		/* Stripe: no signature of a version we take */
	SIGN_NO_MATCH,
	SIGN_TOO_OLD,
	SIGN_TOO_NEW,
	SIGN_NO_SECRET,		/* nothing configured: not the sender's fault */
	SIGN_REASONS
};
const char	*sign_reason_name(enum sign_reason);	/* "no_match" */

struct sign_verdict {
	enum sign_reason reason;
	const char	*label;		/* of the secret that matched, else NULL */
	struct span	 id;		/* webhook-id, svix-id; else SPAN_NULL */
	int64_t		 signed_s;	/* the header's time; 0: none readable */
	struct span	 header;	/* the signature header as received; bearer, basic: SPAN_NULL */
};

/* A request to send: what sign() made. */
#define SIGN_FIELDS	3
#define SIGN_VALUE_MAX	1023	/* 14 of Stripe's signatures, 21 of Svix's */
struct signed_fields {
	size_t		 n;
	const char	*name[SIGN_FIELDS];
	char		 value[SIGN_FIELDS][SIGN_VALUE_MAX + 1];
};

struct scheme {
	const char	*name;		/* "stripe", "svix", "plain", "bearer", "basic" */
	const char	*spec;		/* where it is described */
	/*
	 * Derive kind, key and len from the secret's text; the label is the caller's.
	 * HK_CONF: not a secret of this scheme; err_last() says why without
	 * showing it (err_tell: the caller knows which setting it was).
	 */
	enum hk_err	(*key)(struct sign_key *, struct span secret);
	/*
	 * HK_OK; HK_BADSIG (all reasons but the next); HK_STALE too old or
	 * too new: further than tolerance_s from now_s; HK_CONF no key given.
	 * *v is filled in every case, err_last() is the reason as a sentence.
	 */
	enum hk_err	(*verify)(const struct fields *, struct span body,
			    const struct sign_key *, size_t nkey, int64_t now_s,
			    int64_t tolerance_s, struct sign_verdict *v);
	/*
	 * id: the message's id (Standard Webhooks, plain with {id}); else unused.
	 * Several keys give several signatures, as during a rotation; as many
	 * as fit a value.  Names are in lower case, as in struct fields.
	 * HK_SYNTAX: id not 1..SIGN_ID_MAX printable characters; HK_CONF: no key.
	 */
	enum hk_err	(*sign)(struct span body, struct span id,
			    const struct sign_key *, size_t nkey, int64_t now_s,
			    struct signed_fields *);
};

/*
 * Stripe-Signature: t=<unix s>,v1=<hex>[,v1=...]; other keys are ignored.
 * Key: the whole text of the secret.  https://docs.stripe.com/webhooks/signature
 * One t of 1..12 digits, lower-case hex; the time is judged after the digest,
 * both ways (Stripe's own libraries differ on times ahead of ours).
 */
extern const struct scheme scheme_stripe;

/*
 * Standard Webhooks v1 and v1a (Svix): webhook-id, -timestamp, -signature or the
 * same with svix-; a full svix- set wins, and the sets are never mixed.
 * Key: base64 after "whsec_" (which may be missing), 16..75 bytes: the
 * standard says 24..64, Svix makes up to 75, and its own example has 18.
 * v1a is Ed25519: "whpk_" and base64 of the public key's 32 bytes, to verify;
 * "whsk_" and base64 of 64 bytes, seed then public key, to sign.
 * The time is judged before the digest.
 * Signs with the svix- names, as Clerk's and Resend's sender does.
 * https://github.com/standard-webhooks/standard-webhooks
 */
extern const struct scheme scheme_svix;

/*
 * HMAC-SHA256 as the key's sign_how tells (never NULL here).  Key: the whole
 * text of the secret.  Hex in either case, base64 with its padding.
 * The time is of 1..12 digits in seconds, or of 13 in milliseconds, which
 * some senders use; it is judged after the digest, both ways.
 * Outside of a list one signature is all there is, so sign() uses the first key.
 */
extern const struct scheme scheme_plain;

/*
 * A shared secret shown as it is: "Authorization: Bearer SECRET", or "Basic"
 * with base64 of "user:password" (the secret's text).  Nothing is signed: body
 * and time are whatever came, so whoever sees one request can make others.
 * For senders that can do nothing better, over TLS only.
 *
 * Apache gives no Authorization to CGI unless it is told to (CGIPassAuth On), so
 * how->header may name another field (how may be NULL; the rest of it is not
 * used): there the value may also stand without "Bearer" or "Basic".  When that
 * field is there, Authorization is not looked at.
 *
 * Bearer: 16..SIGN_KEY_MAX printable characters; a password has at least 8.
 * The verdict holds no header, for that would be the secret; who stores the
 * request's fields must leave this one out.
 */
#define BEARER_LEAST	16
#define PASSWORD_LEAST	8
extern const struct scheme scheme_bearer, scheme_basic;

#endif
