/* A payload against its type's schema. */
#include "outbox/schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/json.h"

#define PATH_MOST	200

/* Where we are: "/items/3". */
struct place {
	char	at[PATH_MOST];
	size_t	len;
	int	depth;
};

static struct place
below(const struct place *p, struct span step)
{
	struct place	 q = *p;
	int		 n = snprintf(q.at + q.len, sizeof(q.at) - q.len, "/%.*s",
			    (int)(step.len < 60 ? step.len : 60), step.p);

	q.len += n > 0 && q.len + (size_t)n < sizeof(q.at) ? (size_t)n : 0;
	q.at[q.len] = '\0';
	q.depth++;
	return q;
}

static struct place
element(const struct place *p, size_t i)
{
	char	n[24];

	snprintf(n, sizeof(n), "%zu", i);
	return below(p, span_str(n));
}

static const char *
at(const struct place *p)
{
	return p->len > 0 ? p->at : "/";
}

/* ---- is it a schema? ------------------------------------------------------------ */

static enum hk_err
bad(const struct place *p, const char *what)
{
	return err_tell(HK_SYNTAX, "schema: %s: %s", at(p), what);
}

static bool
is_type(struct span s)
{
	static const char *const	types[] = { "string", "number", "integer", "boolean",
					    "object", "array", "null" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_is(s, types[i]))
			return true;
	return false;
}

static bool
types_are(struct json *v)
{
	if (json_kind(v) == JSON_STRING)
		return is_type(json_text(v, NULL));
	if (json_kind(v) != JSON_ARRAY || json_len(v) == 0)
		return false;
	for (size_t i = 0; i < json_len(v); i++)
		if (!is_type(json_text(json_at(v, i), NULL)))
			return false;
	return true;
}

static bool
texts_are(struct json *v)
{
	for (size_t i = 0; i < json_len(v); i++)
		if (json_kind(json_at(v, i)) != JSON_STRING)
			return false;
	return json_kind(v) == JSON_ARRAY;
}

static bool
is_count(struct json *v)
{
	int64_t	n;

	return json_kind(v) == JSON_INTEGER && json_int(v, NULL, &n) && n >= 0;
}

static enum hk_err good(const struct place *, struct json *);

static enum hk_err
properties_good(const struct place *p, struct json *v)
{
	struct span	 name;
	struct json	*sub;
	void		*it = NULL;
	enum hk_err	 e = json_is_object(v) ? HK_OK : bad(p, "\"properties\" is an object");

	while (e == HK_OK && json_next(v, &it, &name, &sub)) {
		struct place	q = below(p, name);

		e = good(&q, sub);
	}
	return e;
}

static enum hk_err
keyword_good(const struct place *p, struct span name, struct json *v)
{
	static const char *const	silent[] = { "title", "description", "examples", "default",
					    "format", "$schema", "$id", "$comment", "const" };
	enum json_kind			kind = json_kind(v);

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (span_is(name, silent[i]))
			return HK_OK;
	if (span_is(name, "type"))
		return types_are(v) ? HK_OK : bad(p, "\"type\" is a JSON type's name, or a list of them");
	if (span_is(name, "properties"))
		return properties_good(p, v);
	if (span_is(name, "items") || (span_is(name, "additionalProperties") && kind != JSON_BOOL))
		return good(p, v);
	if (span_is(name, "additionalProperties"))
		return HK_OK;
	if (span_is(name, "required"))
		return texts_are(v) ? HK_OK : bad(p, "\"required\" is a list of names");
	if (span_is(name, "enum"))
		return json_len(v) > 0 ? HK_OK : bad(p, "\"enum\" is a list of values");
	if (span_is(name, "minimum") || span_is(name, "maximum"))
		return kind == JSON_INTEGER || kind == JSON_REAL ? HK_OK : bad(p, "limits are numbers");
	if (span_is(name, "minLength") || span_is(name, "maxLength") ||
	    span_is(name, "minItems") || span_is(name, "maxItems"))
		return is_count(v) ? HK_OK : bad(p, "lengths are whole numbers from 0");
	return err_tell(HK_SYNTAX, "schema: %s: \"%.*s\" is no keyword that is checked here", at(p),
	    (int)(name.len < 60 ? name.len : 60), name.p);
}

static enum hk_err
good(const struct place *p, struct json *schema)
{
	struct span	 name;
	struct json	*v;
	void		*it = NULL;
	enum hk_err	 e = HK_OK;

	if (!json_is_object(schema))
		return bad(p, "a schema is an object");
	if (p->depth >= SCHEMA_DEPTH)
		return bad(p, "it is nested deeper than 16 levels");
	while (e == HK_OK && json_next(schema, &it, &name, &v))
		e = keyword_good(p, name, v);
	return e;
}

/* ---- does the value fit? ----------------------------------------------------------- */

static enum hk_err
misfit(const struct place *p, const char *what)
{
	return err_tell(HK_SYNTAX, "payload: %s: %s", at(p), what);
}

static bool
is_of(struct json *v, struct span type)
{
	switch (json_kind(v)) {
	case JSON_ABSENT:
		return span_is(type, "null");
	case JSON_BOOL:
		return span_is(type, "boolean");
	case JSON_INTEGER:
		return span_is(type, "integer") || span_is(type, "number");
	case JSON_REAL:
		return span_is(type, "number");
	case JSON_STRING:
		return span_is(type, "string");
	case JSON_ARRAY:
		return span_is(type, "array");
	case JSON_OBJECT:
		return span_is(type, "object");
	}
	return false;
}

static bool
fits_type(struct json *v, struct json *types)
{
	if (json_kind(types) == JSON_STRING)
		return is_of(v, json_text(types, NULL));
	for (size_t i = 0; i < json_len(types); i++)
		if (is_of(v, json_text(json_at(types, i), NULL)))
			return true;
	return false;
}

static bool
among(struct json *v, struct json *list)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (json_same(v, json_at(list, i)))
			return true;
	return false;
}

static double
number(struct json *v)
{
	struct buf	b;
	double		d;

	buf_init(&b, 4096);
	json_show(&b, v);
	d = buf_ok(&b) && b.p != NULL ? strtod(b.p, NULL) : 0;
	buf_release(&b);
	return d;
}

/* Of a text in characters, of a list in elements. */
static int64_t
length(struct json *v)
{
	struct span	s = json_text(v, NULL);
	int64_t		n = 0;

	if (json_kind(v) == JSON_ARRAY)
		return (int64_t)json_len(v);
	for (size_t i = 0; i < s.len; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static enum hk_err
limits_fit(const struct place *p, struct json *schema, struct json *v)
{
	enum json_kind	kind = json_kind(v);
	const char	*least = kind == JSON_ARRAY ? "minItems" : "minLength";
	const char	*most = kind == JSON_ARRAY ? "maxItems" : "maxLength";
	struct json	*limit;
	int64_t		 n;

	if (kind == JSON_INTEGER || kind == JSON_REAL) {
		if ((json_has(schema, "minimum", &limit) && number(v) < number(limit)) ||
		    (json_has(schema, "maximum", &limit) && number(v) > number(limit)))
			return misfit(p, "the number is past its limit");
	} else if (kind == JSON_STRING || kind == JSON_ARRAY) {
		if ((json_int(schema, least, &n) && length(v) < n) ||
		    (json_int(schema, most, &n) && length(v) > n))
			return misfit(p, "it is too short or too long");
	}
	return HK_OK;
}

static enum hk_err fits(const struct place *, struct json *schema, struct json *);

static enum hk_err
members_fit(const struct place *p, struct json *schema, struct json *v)
{
	struct json	*known = json_get(schema, "properties"), *more = NULL, *sub, *member;
	struct json	*needed = json_get(schema, "required");
	bool		 closed = json_has(schema, "additionalProperties", &more) &&
			    json_kind(more) == JSON_BOOL && !json_true(more, NULL);
	struct span	 name;
	void		*it = NULL;
	char		 text[PATH_MOST];
	enum hk_err	 e = HK_OK;

	for (size_t i = 0; i < json_len(needed); i++) {
		name = json_text(json_at(needed, i), NULL);
		snprintf(text, sizeof(text), "%.*s", SPAN_ARG(name));
		if (!json_has(v, text, &member))
			return err_tell(HK_SYNTAX, "payload: %s: \"%s\" is missing", at(p), text);
	}
	while (e == HK_OK && json_next(v, &it, &name, &member)) {
		struct place	q = below(p, name);

		snprintf(text, sizeof(text), "%.*s", SPAN_ARG(name));
		if (json_has(known, text, &sub))
			e = fits(&q, sub, member);
		else if (closed)
			e = misfit(&q, "the type has no such member");
		else if (json_is_object(more))
			e = fits(&q, more, member);
	}
	return e;
}

static enum hk_err
fits(const struct place *p, struct json *schema, struct json *v)
{
	struct json	*rule;
	enum hk_err	 e;

	if (json_has(schema, "type", &rule) && !fits_type(v, rule))
		return misfit(p, "it is of another type");
	if (json_has(schema, "const", &rule) && !json_same(v, rule))
		return misfit(p, "it has another value than the only one allowed");
	if (json_has(schema, "enum", &rule) && !among(v, rule))
		return misfit(p, "it is none of the values allowed");
	if ((e = limits_fit(p, schema, v)) != HK_OK)
		return e;
	if (json_is_object(v))
		return members_fit(p, schema, v);
	if (json_kind(v) == JSON_ARRAY && json_has(schema, "items", &rule))
		for (size_t i = 0; e == HK_OK && i < json_len(v); i++) {
			struct place	q = element(p, i);

			e = fits(&q, rule, json_at(v, i));
		}
	return e;
}

/* ---- from texts ---------------------------------------------------------------------- */

static enum hk_err
schema_read(struct span text, struct json **schema)
{
	struct place	top = { .len = 0 };

	*schema = NULL;
	if (json_parse(text, schema) != HK_OK)
		return bad(&top, "it is no JSON");
	return good(&top, *schema);
}

enum hk_err
schema_good(struct span text)
{
	struct json	*schema;
	enum hk_err	 e = schema_read(text, &schema);

	json_free(schema);
	return e;
}

enum hk_err
schema_check(struct span text, struct span payload)
{
	struct place	 top = { .len = 0 };
	struct json	*schema, *v = NULL;
	enum hk_err	 e = schema_read(text, &schema);

	if (e == HK_OK && json_parse(payload, &v) != HK_OK)
		e = misfit(&top, "it is no JSON");
	if (e == HK_OK)
		e = fits(&top, schema, v);
	json_free(v);
	json_free(schema);
	return e;
}
