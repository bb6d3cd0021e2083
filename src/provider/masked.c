/* Bodies that hold one-time codes. */
#include "provider/masked.h"

#include "base/buf.h"
#include "base/walk.h"

#define MASKED_JSON	"\"" MASKED "\""

/* Which types; both of Clerk's spellings, and what may come beside them. */
static const struct {
	const char	*provider, *prefix;
} coded[] = {
	{ "clerk", "email" },
	{ "clerk", "sms" },
};

/* What is shown of such a body, by its depth: the envelope, and in "data". */
static const char *const envelope[] = {
	"object", "type", "timestamp", "instance_id", "event_attributes", NULL
};
static const char *const data[] = {
	"id", "object", "slug", "status", "user_id", "delivered_by_clerk", "email_address_id",
	"to_email_address", "from_email_name", "phone_number_id", "to_phone_number",
	"from_phone_number", "created_at", "created_at_ms", "updated_at", NULL
};

bool
provider_has_codes(struct span provider, struct span type)
{
	for (size_t i = 0; i < sizeof(coded) / sizeof(coded[0]); i++)
		if (span_is(provider, coded[i].provider) && span_starts(type, coded[i].prefix))
			return true;
	return false;
}

static bool
listed(const char *const *list, struct span word)
{
	for (; *list != NULL; list++)
		if (span_is(word, *list))
			return true;
	return false;
}

/* null, true and false tell nobody a code. */
static bool
harmless(const struct walk_step *s)
{
	return s->type == SCAN_NULL || s->type == SCAN_TRUE || s->type == SCAN_FALSE;
}

/* Copies with the masks; false: it is no object. */
static bool
mask(struct buf *to, struct span body, struct arena *arena)
{
	struct walk		 w;
	struct walk_step	 s;
	const char		*done = body.p;

	walk_start(&w, body);
	if (!walk_next(&w, &s) || s.kind != WALK_OPEN || s.type != SCAN_OBJECT)
		return false;
	while (walk_next(&w, &s)) {
		struct span	key = walk_text(s.key, arena), value;

		if (s.kind == WALK_CLOSE)
			continue;
		/* Of all that opens only this is looked into. */
		if (s.depth == 1 && s.kind == WALK_OPEN && s.type == SCAN_OBJECT &&
		    span_is(key, "data"))
			continue;
		value = walk_whole(&w, &s);
		if (harmless(&s) || listed(s.depth == 1 ? envelope : data, key))
			continue;
		buf_put(to, done, (size_t)(value.p - done));
		buf_puts(to, MASKED_JSON);
		done = value.p + value.len;
	}
	buf_put(to, done, (size_t)(body.p + body.len - done));
	return true;
}

enum hk_err
provider_mask(struct span provider, struct span type, struct span body, struct arena *arena,
    struct span *out)
{
	struct buf	b;
	enum hk_err	e = HK_OK;

	*out = body;
	if (!provider_has_codes(provider, type))
		return HK_OK;
	buf_init(&b, SIZE_MAX / 2);
	if (scan_value(body, arena) != HK_OK || !mask(&b, body, arena)) {
		buf_clear(&b);
		buf_puts(&b, MASKED_JSON);
	}
	if (!buf_ok(&b) || (*out = arena_span(arena, buf_span(&b))).p == NULL)
		e = err_note(HK_NOMEM, "no memory to mask a body");
	buf_release(&b);
	return e;
}
