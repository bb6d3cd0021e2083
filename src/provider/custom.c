/* Custom senders: each is a section of the configuration, not a file of ours. */
#include "provider/custom.h"

#include <assert.h>

#include "base/clock.h"
#include "base/codec.h"
#include "crypto/hmac.h"
#include "provider/envelope.h"

/* ---- from the section ---------------------------------------------------- */

static const struct scheme *const schemes[] = {
	[CUSTOM_STANDARD] = &scheme_svix, [CUSTOM_HMAC] = &scheme_plain,
	[CUSTOM_BEARER] = &scheme_bearer, [CUSTOM_BASIC] = &scheme_basic,
};

static const char separators[] = { '\0', ';', ',', '&', '|', ' ' };

/* The name behind "header:", or NULL. */
static const char *
header_of(const char *from)
{
	const char	*kind = "header:";

	return from != NULL && span_starts(span_str(from), kind) ? from + strlen(kind) : NULL;
}

/* A name of an object among the wanted; its index. */
static int
want(struct custom *c, int parent, const char *name)
{
	size_t	i;

	for (i = 0; i < c->nwant; i++)
		if (c->want[i].parent == parent && strcmp(c->want[i].name, name) == 0)
			return (int)i;
	assert(c->nwant < CUSTOM_WANTS);
	c->want[c->nwant++] = (struct scan_want){ parent, name };
	return (int)i;
}

static enum hk_err
set_from(struct custom *c, int which, const char *from, struct arena *arena)
{
	struct custom_from	*f = &c->from[which];
	struct span		 path;
	const char		*step;

	*f = (struct custom_from){ header_of(from), -1 };
	if (from == NULL || f->header != NULL)
		return HK_OK;
	c->reads_body = true;
	path = span_str(from);
	for (span_cut(&path, ':'); path.p != NULL;) {
		if ((step = arena_str(arena, span_cut(&path, '.'))) == NULL)
			return err_note(HK_NOMEM, "no memory for a custom sender");
		f->want = want(c, f->want, step);
	}
	return HK_OK;
}

static enum hk_err
set_sources(struct custom *c, struct arena *arena)
{
	const struct conf_custom	*cu = &c->sender->custom;
	const char			*from[CUSTOM_FROMS] = {
		[FROM_ID] = cu->id_from, [FROM_TYPE] = cu->type_from,
		[FROM_LANE] = cu->lane_from, [FROM_OCCURRED] = cu->occurred_from,
		[FROM_CHALLENGE] = cu->challenge_from,
	};
	enum hk_err			 e = HK_OK;

	for (int i = 0; i < CUSTOM_FROMS && e == HK_OK; i++)
		e = set_from(c, i, from[i], arena);
	c->body_type = want(c, -1, "type");
	c->needs_json = cu->scheme == CUSTOM_STANDARD || c->from[FROM_ID].want >= 0 ||
	    c->from[FROM_TYPE].want >= 0;
	c->reads_body |= c->needs_json;
	return e;
}

/* Which line a sentence of sign_how_check() is about: it begins with the field's name. */
static const char *
key_of(const char *sentence)
{
	static const char *const keys[] = { "header", "prefix", "encoding", "timestamp_header",
	    "item_separator", "digest_item", "timestamp_item" };
	size_t			 n = strcspn(sentence, " ");

	if (span_eq(span_of(sentence, n), SPAN("id_header")))
		return "id_from";
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (span_eq(span_of(sentence, n), span_str(keys[i])))
			return keys[i];
	return "signed";
}

static enum hk_err
set_how(struct custom *c, const struct conf *conf, struct arena *arena)
{
	const struct conf_custom	*cu = &c->sender->custom;
	const char			*key, *where;
	bool				 hmac = cu->scheme == CUSTOM_HMAC;

	if (cu->scheme == CUSTOM_STANDARD || cu->header == NULL)
		return HK_OK;
	assert((size_t)cu->item_separator < sizeof(separators));
	c->made = (struct sign_how){
		.header = cu->header, .prefix = cu->prefix,
		.encoding = cu->encoding == CUSTOM_BASE64 ? SIGN_BASE64 : SIGN_HEX,
		.template = cu->template, .timestamp_header = cu->timestamp_header,
		.id_header = cu->template != NULL && strstr(cu->template, "{id}") != NULL ?
		    header_of(cu->id_from) : NULL,
		.item_separator = separators[cu->item_separator],
		.digest_item = cu->digest_item, .timestamp_item = cu->timestamp_item,
	};
	c->how = &c->made;
	if (!hmac)
		c->secret_field = cu->header;
	if (sign_how_check(c->how) == HK_OK)
		return HK_OK;
	key = key_of(err_last());
	if ((where = conf_where(conf, c->sender, key, arena)) == NULL)
		return err_note(HK_NOMEM, "no memory for a custom sender");
	return err_note(HK_CONF, "%s: %s.%s: %s", where, c->sender->section, key, err_last());
}

enum hk_err
custom_open(const struct custom **out, const struct conf *conf,
    const struct conf_sender *sender, struct arena *arena)
{
	struct custom	*c = arena_zero(arena, sizeof(*c));
	enum hk_err	 e;

	if (c == NULL)
		return err_note(HK_NOMEM, "no memory for a custom sender");
	c->sender = sender;
	c->scheme = schemes[sender->custom.scheme];
	if ((e = set_sources(c, arena)) == HK_OK && (e = set_how(c, conf, arena)) == HK_OK)
		*out = c;
	return e;
}

/* ---- from the request ----------------------------------------------------- */

struct reading {
	const struct custom	*c;
	const struct fields	*fields;
	struct arena		*arena;
	struct scan_found	 found[CUSTOM_WANTS];
};

/* 1..most printable characters, or SPAN_NULL. */
static struct span
word(const struct reading *r, int which, size_t most)
{
	const struct custom_from	*f = &r->c->from[which];
	struct span			 s = SPAN_NULL;

	if (f->header != NULL)
		s = field_get(r->fields, f->header);
	else if (f->want >= 0 && r->found[f->want].type == SCAN_NUMBER)
		s = r->found[f->want].raw;
	else if (f->want >= 0)
		s = scan_text(&r->found[f->want], r->arena);
	return span_graph(s, most) ? s : SPAN_NULL;
}

static enum hk_err
read_body(struct reading *r, struct span body)
{
	const struct custom	*c = r->c;
	enum hk_err		 e = scan_json(body, c->want, c->nwant, r->found, r->arena);

	if (e != HK_SYNTAX || c->needs_json)
		return e;
	memset(r->found, 0, sizeof(r->found));	/* a form, XML, a picture: nothing in it */
	return HK_OK;
}

static enum hk_err
digest_id(struct span body, struct arena *arena, struct span *out)
{
	uint8_t	 digest[SHA256_LEN];
	char	*hex = arena_get(arena, 2 * SHA256_LEN + 1);

	if (hex == NULL)
		return err_note(HK_NOMEM, "no memory for an event's id");
	sha256(digest, &body, 1);
	hex_encode(hex, digest, sizeof(digest));
	*out = span_of(hex, 2 * SHA256_LEN);
	return HK_OK;
}

static enum hk_err
read_id(const struct reading *r, struct span body, struct span message_id,
    struct envelope *env)
{
	const struct conf_custom	*cu = &r->c->sender->custom;

	if (cu->id_from == NULL && cu->scheme == CUSTOM_STANDARD)
		return envelope_message_id(message_id, &env->event_id);
	env->event_id = word(r, FROM_ID, EVENT_ID_MAX);
	if (env->event_id.p != NULL)
		return HK_OK;
	if (cu->id_from != NULL && env->challenge.p == NULL)
		return err_tell(HK_SYNTAX, "%s is missing, or no text of 1 to %d printable "
		    "characters", cu->id_from, EVENT_ID_MAX);
	return digest_id(body, r->arena, &env->event_id);
}

static int64_t
read_time(struct span s)
{
	int64_t	us;

	if (span_u63(s, &us))
		return us_guess(us);
	return iso_parse(s, &us) ? us : 0;
}

enum hk_err
custom_envelope(const struct custom *c, const struct fields *fields, struct span body,
    struct span message_id, struct arena *arena, struct envelope *out)
{
	struct reading	r = { .c = c, .fields = fields, .arena = arena };
	struct envelope	env = { .livemode = -1, .type = word(&r, FROM_TYPE, EVENT_TYPE_MAX) };
	enum hk_err	e;

	/* A large body is not looked through for what is not asked. */
	if ((c->reads_body || env.type.p == NULL) && (e = read_body(&r, body)) != HK_OK)
		return e;
	if (env.type.p == NULL)
		env.type = word(&r, FROM_TYPE, EVENT_TYPE_MAX);
	if (env.type.p == NULL)
		env.type = envelope_word(&r.found[c->body_type], arena, EVENT_TYPE_MAX);
	env.challenge = word(&r, FROM_CHALLENGE, CHALLENGE_MAX);
	if ((e = read_id(&r, body, message_id, &env)) != HK_OK)
		return e;
	env.lane = word(&r, FROM_LANE, WORD_MAX);
	env.occurred_us = read_time(word(&r, FROM_OCCURRED, WORD_MAX));
	*out = env;
	return HK_OK;
}

struct disposition
custom_dispose(const struct custom *c, const struct envelope *env)
{
	if (conf_wants(c->sender, env->type))
		return (struct disposition){ DO_SKIP, "no handler for custom senders" };
	if (c->sender->unknown_events == UNKNOWN_REJECT)
		return (struct disposition){ DO_REJECT, "not among the setting `events`" };
	return (struct disposition){ DO_SKIP, "filtered by the setting `events`" };
}

static const char *const catalogue[] = { NULL };
static const struct handler handlers[] = {
	{ NULL, NULL, NULL }	/* all are stored, not acted on */
};

const struct provider provider_custom = {
	.name		= "custom",
	.title		= "Custom",
	.spec		= "https://www.standardwebhooks.com/",
	.refused	= 401,
	.catalogue	= catalogue,
	.handlers	= handlers,
};
