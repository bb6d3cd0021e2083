/*
 * The doctor: one look after the other, the surest first.  All of them ask the
 * schemes themselves, with another key, body or idea of time.
 */
#include "sign/doctor_part.h"
#include "base/codec.h"
#include "base/conf.h"
#include "base/scan.h"
#include "crypto/hmac.h"

#include <inttypes.h>

#define ANY_TIME	INT64_MAX	/* a tolerance */
#define BOM		"\xef\xbb\xbf"

/* What may be spent: a digest over a body is one try; Ed25519 is far slower. */
#define OTHERS_TRIES	64
#define OTHERS_BYTES	(8 << 20)
#define BODY_TRIES	96
#define BODY_BYTES	(4 << 20)
#define TEXT_TRIES	64
#define TEXT_BYTES	(4 << 20)
#define ED25519_TRIES	16

struct look {
	const struct doctor_case *c;
	struct diagnosis	*d;
	struct arena		*arena;
	struct sign_key		 own[DOCTOR_OWN_MAX];
	size_t			 nown;
	bool			 object;	/* the body is a JSON object */
	int			 livemode;	/* as the body says; -1: it does not */
	int			 tries;		/* left */
	size_t			 bytes;		/* left */
};

static bool
is_own(const struct look *l, const struct doctor_secret *s)
{
	return strcmp(s->owner, l->c->owner) == 0;
}

static bool
same_how(const struct look *l, const struct doctor_secret *s)
{
	return s->scheme == l->c->scheme && s->how == l->c->how;
}

static void
budget(struct look *l, int tries, size_t bytes)
{
	l->tries = tries;
	l->bytes = bytes;
}

/* Does the key sign that body?  HK_NOMEM once the budget is used up. */
static enum hk_err
ask(struct look *l, const struct scheme *scheme, const struct sign_key *k, struct span body,
    int64_t tolerance_s, struct sign_verdict *v)
{
	enum hk_err	e;

	if (l->tries <= 0 || l->bytes < body.len)
		return HK_NOMEM;
	e = scheme->verify(l->c->fields, body, k, 1, l->c->now_s, tolerance_s, v);
	if (v->reason == SIGN_OK || v->reason == SIGN_NO_MATCH) {
		l->tries -= k->kind == SIGN_HMAC ? 1 : ED25519_TRIES;
		l->bytes -= body.len;
	}
	return e;
}

static bool
make_key(struct sign_key *k, const struct scheme *scheme, const struct sign_how *how,
    const struct doctor_secret *s)
{
	*k = (struct sign_key){ .label = s->label, .how = how };
	return scheme->key(k, s->secret) == HK_OK;
}

/* Own secrets that are none for their scheme are left to their text's cure. */
static void
make_own(struct look *l)
{
	for (size_t i = 0; i < l->c->nsecret && l->nown < DOCTOR_OWN_MAX; i++)
		if (is_own(l, &l->c->secret[i]) &&
		    make_key(&l->own[l->nown], l->c->scheme, l->c->how, &l->c->secret[i]))
			l->nown++;
}

static void
read_body(struct look *l)
{
	static const struct scan_want	want[] = { { -1, "livemode" } };
	struct scan_found		found[1];
	struct span			body = l->c->body;

	l->livemode = -1;
	if (span_starts(body, BOM))
		body = span_of(body.p + strlen(BOM), body.len - strlen(BOM));
	if (l->arena == NULL || scan_json(body, want, 1, found, l->arena) != HK_OK)
		return;
	l->object = true;
	if (found[0].type == SCAN_TRUE || found[0].type == SCAN_FALSE)
		l->livemode = found[0].type == SCAN_TRUE ? MODE_LIVE : MODE_TEST;
}

/* ---- one look after the other: is it this? ------------------------------ */

/* ok or clock: a secret of the owner signs what came. */
static bool
look_own(struct look *l)
{
	struct sign_verdict	 v;
	const struct sign_key	*k = l->own;
	int64_t			 age;
	enum hk_err		 e = HK_BADSIG;

	for (; k < l->own + l->nown; k++) {
		budget(l, 2 * ED25519_TRIES, SIZE_MAX);
		if ((e = ask(l, l->c->scheme, k, l->c->body, ANY_TIME, &v)) == HK_OK)
			break;
	}
	if (e != HK_OK)
		return false;
	if (ask(l, l->c->scheme, k, l->c->body, l->c->tolerance_s, &v) == HK_OK) {
		l->d->reason = "ok";
		say(l->d, "Nothing is wrong: the secret \"%s\" signs this request.", k->label);
		return true;
	}
	age = l->c->now_s - v.signed_s;
	l->d->reason = "clock";
	say(l->d, "The secret \"%s\" made this signature, ", k->label);
	say_duration(l->d, age < 0 ? -age : age);
	say(l->d, " %s; %" PRId64 " seconds are allowed. ",
	    age < 0 ? "ahead of our clock" : "ago", l->c->tolerance_s);
	say(l->d, age < 0 ? "Our clock is slow, or the sender's is fast: is NTP running here?" :
	    "Somebody sent an old request again, it was held up on the way, or our clock is "
	    "fast: is NTP running here?");
	return true;
}

static void
say_other(struct look *l, const struct doctor_secret *s, bool by_own_scheme)
{
	l->d->reason = "wrong_provider";
	say(l->d, "The secret \"%s\" of \"%s\" made this signature, but the request came to the "
	    "address of \"%s\". ", s->label, s->owner, l->c->owner);
	if (by_own_scheme && !same_how(l, s))
		say(l->d, "The signature is of the right kind, so the secret stands in the wrong "
		    "section of the settings: move it to \"%s\".", l->c->owner);
	else if (same_how(l, s))
		say(l->d, "Either the sender has the wrong address (set that of \"%s\"), or the "
		    "secret stands in the wrong section of the settings.", s->owner);
	else
		say(l->d, "Give the sender the address of \"%s\".", s->owner);
}

static bool
look_others(struct look *l)
{
	struct sign_key		 k;
	struct sign_verdict	 v;
	bool			 found = false, own_scheme = false;

	budget(l, OTHERS_TRIES, OTHERS_BYTES);
	for (size_t i = 0; i < l->c->nsecret && !found; i++) {
		const struct doctor_secret	*s = &l->c->secret[i];

		if (is_own(l, s))
			continue;
		own_scheme = false;
		found = make_key(&k, s->scheme, s->how, s) &&
		    ask(l, s->scheme, &k, l->c->body, ANY_TIME, &v) == HK_OK;
		if (!found && !same_how(l, s)) {
			own_scheme = true;
			found = make_key(&k, l->c->scheme, l->c->how, s) &&
			    ask(l, l->c->scheme, &k, l->c->body, ANY_TIME, &v) == HK_OK;
		}
		if (found)
			say_other(l, s, own_scheme);
	}
	crypto_cleanse(&k, sizeof(k));
	return found;
}

static bool
look_body(struct look *l)
{
	struct variants		 vs;
	struct sign_verdict	 v;
	struct span		 body;
	const char		*how, *style;
	enum hk_err		 e = HK_OK;

	if (l->nown == 0 || !doctor_signs_body(l->c->scheme))
		return false;
	budget(l, BODY_TRIES, BODY_BYTES);
	variants_begin(&vs, l->c->body, l->object, l->arena);
	while (e != HK_NOMEM && variants_next(&vs, &body, &how, &style))
		for (size_t i = 0; i < l->nown && e != HK_NOMEM; i++) {
			e = ask(l, l->c->scheme, &l->own[i], body, ANY_TIME, &v);
			if (e != HK_OK)
				continue;
			l->d->reason = "body_changed";
			say(l->d, "The secret \"%s\" signs this body %s%s: that is how it was "
			    "sent. Something between the sender and us (a proxy, a filter, a "
			    "relay of your own) changed it; it must hand on the very bytes.",
			    l->own[i].label, how, style);
			return true;
		}
	return false;
}

/* ---- the text of a secret ------------------------------------------------ */

enum reading {
	TRIMMED, UNQUOTED,			/* and then as the scheme says */
	AS_TEXT, PREFIX_OFF, PREFIX_ON, FROM_BASE64, FROM_HEX, LINE_END, READINGS
};

static const char *const readings[READINGS] = {
	[TRIMMED]	= "without the blanks or line end around it",
	[UNQUOTED]	= "without the quotes around it: in the settings values have none",
	[AS_TEXT]	= "taken as plain text, not as base64: does it belong to another kind of "
			  "sender?",
	[PREFIX_OFF]	= "without \"whsec_\" in front: was that added by hand?",
	[PREFIX_ON]	= "with \"whsec_\" in front: it was copied incompletely",
	[FROM_BASE64]	= "when it is decoded from base64: does it belong to another kind of "
			  "sender?",
	[FROM_HEX]	= "when it is decoded from hex digits: does the sender's own code do that?",
	[LINE_END]	= "with a line end behind it: the sender has it in a file, it seems, and "
			  "signs with the line end",
};

#define PREFIX	"whsec_"

static struct span
off(struct span s, size_t before, size_t behind)
{
	return span_of(s.p + before, s.len - before - behind);
}

static bool
put_key(struct sign_key *k, const char *before, struct span text, const char *behind)
{
	size_t	n = strlen(before), m = strlen(behind);

	if (text.len == 0 || n + text.len + m > SIGN_KEY_MAX)
		return false;
	memcpy(k->key, before, n);
	memcpy(k->key + n, text.p, text.len);
	memcpy(k->key + n + text.len, behind, m);
	k->len = n + text.len + m;
	return true;
}

/* Into the key, when the secret's text can be read in that way. */
static bool
read_as(struct sign_key *k, const struct scheme *scheme, struct span text, enum reading how)
{
	struct span	trimmed = span_trim(text);
	bool		blanks = trimmed.len < text.len, prefixed = span_starts(trimmed, PREFIX);

	text = trimmed;
	switch (how) {
	case TRIMMED:
		return blanks && scheme->key(k, text) == HK_OK;
	case UNQUOTED:
		return text.len > 2 && (text.p[0] == '"' || text.p[0] == '\'') &&
		    text.p[text.len - 1] == text.p[0] && scheme->key(k, off(text, 1, 1)) == HK_OK;
	case AS_TEXT:
		return put_key(k, "", text, "");
	case PREFIX_OFF:
		return prefixed && put_key(k, "", off(text, strlen(PREFIX), 0), "");
	case PREFIX_ON:
		return !prefixed && put_key(k, PREFIX, text, "");
	case FROM_BASE64:
		return base64_decode(k->key, sizeof(k->key), &k->len,
		    off(text, prefixed ? strlen(PREFIX) : 0, 0));
	case FROM_HEX:
		k->len = text.len / 2;
		return k->len <= sizeof(k->key) && hex_decode(k->key, k->len, text);
	default:
		return put_key(k, "", text, "\n");
	}
}

static bool
look_text(struct look *l)
{
	struct sign_key		 k;
	struct sign_verdict	 v;
	bool			 found = false;

	budget(l, TEXT_TRIES, TEXT_BYTES);
	for (size_t i = 0; i < l->c->nsecret && !found; i++) {
		const struct doctor_secret	*s = &l->c->secret[i];

		if (!is_own(l, s))
			continue;
		for (int r = 0; r < READINGS && !found; r++) {
			k = (struct sign_key){ .kind = SIGN_HMAC, .how = l->c->how };
			found = read_as(&k, l->c->scheme, s->secret, (enum reading)r) &&
			    ask(l, l->c->scheme, &k, l->c->body, ANY_TIME, &v) == HK_OK;
			if (!found)
				continue;
			l->d->reason = "secret_text";
			say(l->d, "The secret \"%s\" signs this request %s. Copy it once more "
			    "from the sender.", s->label, readings[r]);
		}
	}
	crypto_cleanse(&k, sizeof(k));
	return found;
}

static bool
look_mode(struct look *l)
{
	const char *const	name[] = { [MODE_TEST] = "test", [MODE_LIVE] = "live" };

	if (l->c->scheme != &scheme_stripe || l->livemode < 0 ||
	    l->c->mode < 0 || l->c->mode == l->livemode)
		return false;
	l->d->reason = "wrong_mode";
	say(l->d, "No configured secret made this signature, and the body says that it is of %s "
	    "mode while we run in %s mode: the address is probably an endpoint in both, each with "
	    "a secret of its own. Take it out of %s mode, or let it post elsewhere.",
	    name[l->livemode], name[l->c->mode], name[l->livemode]);
	return true;
}

static void
say_no_match(struct look *l)
{
	l->d->reason = "no_match";
	if (l->nown == 0)
		say(l->d, "No usable secret is configured for \"%s\".", l->c->owner);
	else if (!doctor_signs_body(l->c->scheme))
		say(l->d, "What was shown is no secret of those configured (%zu): somebody guessed, "
		    "or the sender has another one.", l->nown);
	else
		say(l->d, "No configured secret (of %zu) made this signature: either the right one "
		    "is missing (does each endpoint in the sender's dashboard have its secret "
		    "here?), or the request is forged.", l->nown);
}

void
doctor_diagnose(struct diagnosis *d, const struct doctor_case *c, struct arena *arena)
{
	struct look		 l = { .c = c, .d = d, .arena = arena };
	struct diagnosis	 headers = { .detail = "" };
	enum shape		 s = doctor_shape(c, &headers);

	*d = (struct diagnosis){ .detail = "" };
	make_own(&l);
	read_body(&l);
	d->shaped = s == SHAPE_GOOD && l.object;
	if (s == SHAPE_GOOD && look_own(&l))
		goto out;
	if (look_others(&l))
		goto out;
	if (s != SHAPE_GOOD) {
		memcpy(d->detail, headers.detail, sizeof(d->detail));
		d->reason = s == SHAPE_MISSING ? "missing_signature" : "malformed_header";
		goto out;
	}
	if (!look_body(&l) && !look_text(&l) && !look_mode(&l))
		say_no_match(&l);
out:
	crypto_cleanse(&l.own, sizeof(l.own));
}
