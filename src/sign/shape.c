/*
 * The headers of a refused request, looked at without any secret: what is
 * missing, and which part has another shape than its scheme says.
 */
#include "sign/doctor_part.h"
#include "base/codec.h"
#include "crypto/ed25519.h"
#include "sign/shared.h"

#define HEX_LEN		(2 * SHA256_LEN)
#define V1_LEN		BASE64_LEN(SHA256_LEN)
#define V1A_LEN		BASE64_LEN(ED25519_SIG)

/* Fields that senders of webhooks prove themselves by. */
static const struct {
	const char	*name, *whose;
} known[] = {
	{ "stripe-signature",		"Stripe" },
	{ "svix-signature",		"Svix, as of Clerk and Resend" },
	{ "webhook-signature",		"Standard Webhooks" },
	{ "x-hub-signature-256",	"GitHub" },
	{ "x-slack-signature",		"Slack" },
	{ "x-shopify-hmac-sha256",	"Shopify" },
	{ "paddle-signature",		"Paddle" },
	{ "x-signature",		"several senders" },
	{ "authorization",		"a password or token" },
};
#define NKNOWN	(sizeof(known) / sizeof(known[0]))

static void
say_instead(struct diagnosis *d, const struct fields *f)
{
	int	n = 0;

	for (size_t i = 0; i < NKNOWN; i++)
		if (field_get(f, known[i].name).len > 0)
			say(d, "%s%s (%s)", n++ == 0 ? " There is instead: " : ", ",
			    known[i].name, known[i].whose);
	if (n > 0)
		say(d, ". Is this the address of that sender?");
	else
		say(d, " No other signature came either: a proxy or the web server takes the "
		    "header away, or this was no webhook at all.");
}

/* Is it there, and not too long?  What is not, is said. */
static enum shape
have(const struct doctor_case *c, struct diagnosis *d, const char *name, struct span *value)
{
	*value = field_get(c->fields, name);
	if (value->len == 0) {
		say(d, "The header %s is missing.", name);
		return SHAPE_MISSING;
	}
	if (value->len > SIGN_HEADER_MAX) {
		say(d, "The header %s has %zu bytes; at most %d are read.", name, value->len,
		    SIGN_HEADER_MAX);
		return SHAPE_BAD;
	}
	return SHAPE_GOOD;
}

static enum shape
bad_time(struct diagnosis *d, const char *where, struct span text)
{
	say(d, "The time in %s is ", where);
	say_foreign(d, text);
	say(d, ", not a plain number of seconds since 1970.");
	return SHAPE_BAD;
}

static bool
is_hex(struct span s)
{
	uint8_t	bytes[SHA256_LEN];

	return hex_decode(bytes, sizeof(bytes), s);
}

static enum shape
shape_stripe(const struct doctor_case *c, struct diagnosis *d)
{
	struct span	header, rest, item, name, t = SPAN_NULL, v1 = SPAN_NULL;
	enum shape	s = have(c, d, "stripe-signature", &header);
	int64_t		time;
	bool		twice = false, good = false;

	if (s != SHAPE_GOOD)
		return s;
	for (rest = header; rest.p != NULL;) {
		item = span_cut(&rest, ',');
		name = span_cut(&item, '=');
		if (item.p != NULL && span_is(name, "t")) {
			twice |= t.p != NULL;
			t = item;
		} else if (item.p != NULL && span_is(name, "v1")) {
			good |= is_hex(item);
			v1 = item;
		}
	}
	if (t.p != NULL && !twice && !sign_time(t, &time))
		return bad_time(d, "stripe-signature", t);
	if (t.p != NULL && !twice && good)
		return SHAPE_GOOD;
	say(d, "The header stripe-signature ");
	if (t.p == NULL)
		say(d, "has no time (t=).");
	else if (twice)
		say(d, "has two times (t=), so it may be two headers joined into one.");
	else if (v1.p == NULL)
		say(d, "has no signature of version v1.");
	else
		say(d, "has a v1 of %zu characters; it is %d lower-case hex digits.", v1.len,
		    HEX_LEN);
	say(d, " It begins with ");
	say_foreign(d, header);
	say(d, ".");
	return SHAPE_BAD;
}

/* Is one signature of a shape that we take in the list? */
static bool
svix_list(struct span list)
{
	struct span	token, version;
	uint8_t		bytes[ED25519_SIG];
	size_t		len;

	while (list.p != NULL) {
		token = span_cut(&list, ' ');
		version = span_cut(&token, ',');
		if (token.len > 0 && token.p[token.len - 1] == ',')
			token.len--;
		if (((span_is(version, "v1") && token.len == V1_LEN) ||
		    (span_is(version, "v1a") && token.len == V1A_LEN)) &&
		    base64_decode(bytes, sizeof(bytes), &len, token))
			return true;
	}
	return false;
}

static enum shape
shape_svix(const struct doctor_case *c, struct diagnosis *d)
{
	static const char *const	sets[][3] = {
		{ "svix-id", "svix-timestamp", "svix-signature" },
		{ "webhook-id", "webhook-timestamp", "webhook-signature" },
	};
	const char *const		*name = sets[0];
	struct span			 value[3];
	int64_t				 time;
	enum shape			 s;

	/* The second set when it is fuller; the scheme never mixes them. */
	for (int set = 0, most = 0; set < 2; set++) {
		int	n = 0;

		for (int i = 0; i < 3; i++)
			n += field_get(c->fields, sets[set][i]).len > 0;
		if (n > most) {
			most = n;
			name = sets[set];
		}
	}
	for (int i = 0; i < 3; i++)
		if ((s = have(c, d, name[i], &value[i])) != SHAPE_GOOD)
			return s;
	if (!sign_time(value[1], &time))
		return bad_time(d, name[1], value[1]);
	if (span_graph(value[0], SIGN_ID_MAX) && svix_list(value[2]))
		return SHAPE_GOOD;
	if (!span_graph(value[0], SIGN_ID_MAX))
		say(d, "The header %s is not 1 to %d printable characters", name[0], SIGN_ID_MAX);
	else
		say(d, "The header %s has no \"v1,\" followed by the %d characters of a signature",
		    name[2], V1_LEN);
	say(d, "; it begins with ");
	say_foreign(d, span_graph(value[0], SIGN_ID_MAX) ? value[2] : value[0]);
	say(d, ".");
	return SHAPE_BAD;
}

/* What keeps the digest of a plain header from being read. */
static void
say_plain(const struct sign_how *how, const struct plain_said *said, struct diagnosis *d)
{
	say(d, "The header %s has no ", how->header);
	if (how->item_separator != '\0')
		say(d, "%s=", how->digest_item);
	if (how_has(how->prefix))
		say(d, "%s", how->prefix);
	say(d, "%s; it begins with ", how->encoding == SIGN_BASE64 ?
	    "base64 of 44 characters" : "64 hex digits");
	say_foreign(d, said->header);
	say(d, ". Do header, prefix and encoding in the settings fit the sender?");
}

static bool
plain_any(const struct plain_said *said, const struct sign_how *how)
{
	uint8_t	bytes[SHA256_LEN];

	for (size_t i = 0; i < said->digest.n; i++)
		if (plain_digest(bytes, said->digest.text[i], how->encoding))
			return true;
	return false;
}

static enum shape
shape_plain(const struct doctor_case *c, struct diagnosis *d)
{
	const struct sign_how	*how = c->how;
	struct plain_said	 said;
	struct span		 value;
	enum shape		 s = have(c, d, how->header, &value);
	int64_t			 time;

	if (s == SHAPE_GOOD && how_has(how->timestamp_header))
		s = have(c, d, how->timestamp_header, &value);
	if (s == SHAPE_GOOD && how_has(how->id_header))
		s = have(c, d, how->id_header, &value);
	if (s != SHAPE_GOOD)
		return s;
	plain_read(&said, how, c->fields);
	if (!plain_any(&said, how)) {
		say_plain(how, &said, d);
		return SHAPE_BAD;
	}
	if (how_has(how->id_header) && !span_graph(said.id, SIGN_ID_MAX)) {
		say(d, "The header %s is not 1 to %d printable characters.", how->id_header,
		    SIGN_ID_MAX);
		return SHAPE_BAD;
	}
	if (!how_uses(how, HOW_TIMESTAMP))
		return SHAPE_GOOD;
	if (said.timestamp.p == NULL || said.time_twice) {
		say(d, "The header %s has %s %s=.", how->header,
		    said.time_twice ? "more than one" : "no", how->timestamp_item);
		return SHAPE_BAD;
	}
	return plain_time(said.timestamp, &time) ? SHAPE_GOOD :
	    bad_time(d, how_has(how->timestamp_header) ? how->timestamp_header : how->header,
	    said.timestamp);
}

/* The value is the secret itself, or a near miss of it: never shown. */
static enum shape
shape_bearer(const struct doctor_case *c, struct diagnosis *d)
{
	const char	*own = c->how != NULL && how_has(c->how->header) ? c->how->header : NULL;
	struct span	 value = field_get(c->fields, "authorization");
	char		 text[SIGN_HEADER_MAX];
	size_t		 len;
	bool		 basic = c->scheme == &scheme_basic, good;

	if (own != NULL && field_get(c->fields, own).len > 0)
		value = field_get(c->fields, own);
	if (value.len == 0) {
		say(d, "The header %s%sauthorization is missing.", own != NULL ? own : "",
		    own != NULL ? " or " : "");
		say(d, " Apache hides it from CGI programs unless told \"CGIPassAuth On\".");
		return SHAPE_MISSING;
	}
	value = bearer_value(c->scheme, c->how, c->fields);
	good = value.len > 0 && value.len <= SIGN_HEADER_MAX &&
	    (!basic || base64_decode(text, sizeof(text), &len, value));
	crypto_cleanse(text, sizeof(text));
	if (good)
		return SHAPE_GOOD;
	say(d, "The header that shows the secret is not \"%s\".",
	    basic ? "Basic\" and base64 of \"user:password" : "Bearer\" and the secret");
	return SHAPE_BAD;
}

static const struct {
	const struct scheme	*scheme;
	bool			 signs_body;
	enum shape		(*look)(const struct doctor_case *, struct diagnosis *);
} shapes[] = {
	{ &scheme_stripe,	true,	shape_stripe },
	{ &scheme_svix,		true,	shape_svix },
	{ &scheme_plain,	true,	shape_plain },
	{ &scheme_bearer,	false,	shape_bearer },
	{ &scheme_basic,	false,	shape_bearer },
};
#define NSHAPES	(sizeof(shapes) / sizeof(shapes[0]))

enum shape
doctor_shape(const struct doctor_case *c, struct diagnosis *d)
{
	enum shape	s = SHAPE_GOOD;

	for (size_t i = 0; i < NSHAPES; i++)
		if (shapes[i].scheme == c->scheme)
			s = shapes[i].look(c, d);
	if (s == SHAPE_MISSING)
		say_instead(d, c->fields);
	return s;
}

bool
doctor_signs_body(const struct scheme *scheme)
{
	for (size_t i = 0; i < NSHAPES; i++)
		if (shapes[i].scheme == scheme)
			return shapes[i].signs_body;
	return false;
}
