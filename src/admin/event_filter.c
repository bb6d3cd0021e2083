/* Which events are meant. */
#include "admin/event_filter.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/codec.h"
#include "provider/provider.h"

#define VALUE_MOST	400	/* bytes of a value */

#define FIELD(name, title, member)	{ name, title, offsetof(struct event_filter, member) }
const struct event_filter_field event_filter_fields[] = {
	FIELD("provider", "From", provider),
	FIELD("type", "Type", type),
	FIELD("status", "Status", status),
	FIELD("outcome", "Outcome", outcome),
	FIELD("since", "Since", since),
	FIELD("until", "Until", until),
	FIELD("lane", "About", lane),
	FIELD("event_id", "Event id", event_id),
	FIELD("secret", "Secret", secret),
	FIELD("livemode", "Mode", livemode),
	FIELD("q", "Text", words),
	FIELD("path", "Value", path),
	{ NULL, NULL, 0 }
};

static struct span *
slot(struct event_filter *f, const struct event_filter_field *d)
{
	return (struct span *)(void *)((char *)f + d->at);
}

/* ---- times ------------------------------------------------------------------ */

/* "15m", "24h", "7d": so long ago. */
static bool
ago(struct span s, int64_t now, int64_t *us)
{
	int64_t	n, unit;

	if (s.len < 2 || !span_u63(span_of(s.p, s.len - 1), &n))
		return false;
	switch (s.p[s.len - 1]) {
	case 'm': unit = 60 * US_PER_S; break;
	case 'h': unit = 3600 * US_PER_S; break;
	case 'd': unit = 86400 * US_PER_S; break;
	default: return false;
	}
	if (n > now / unit)
		return false;
	*us = now - n * unit;
	return true;
}

/* What a clock on the visitor's wall shows; twice, for the offset is that of the result. */
static int64_t
of_wall(const struct view *v, int64_t wall)
{
	int64_t	us = wall - zone_offset(v->zone, wall) * US_PER_S;

	return wall - zone_offset(v->zone, us) * US_PER_S;
}

bool
event_filter_time(struct span s, const struct visit *v, int64_t *us)
{
	/* Of what a browser's field and people leave away. */
	static const char *const	 ends[] = { "Z", ":00Z", "T00:00:00Z" };
	char				 iso[64];

	if (s.len > 40)
		return false;
	if (ago(s, v->now, us) || iso_parse(s, us))
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(iso, sizeof(iso), "%.*s%s", SPAN_ARG(s), ends[i]);
		if (iso_parse(span_str(iso), us)) {
			*us = of_wall(&v->view, *us);
			*us = *us > 0 ? *us : 1;	/* 0 is "no limit" */
			return true;
		}
	}
	return false;
}

/* ---- what makes sense ---------------------------------------------------------- */

static bool
among(struct span s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (span_is(s, *words))
			return true;
	return false;
}

static const char *
wrong_provider(struct event_filter *f, const struct visit *v)
{
	(void)v;
	return provider_find(f->provider) != NULL || span_starts(f->provider, "custom:") ? NULL :
	    "There is no such sender: stripe, clerk, resend or custom:NAME.";
}

static const char *
wrong_type(struct event_filter *f, const struct visit *v)
{
	const char	*star = memchr(f->type.p, '*', f->type.len);

	(void)v;
	return star == NULL || star == f->type.p + f->type.len - 1 ? NULL :
	    "A * stands at the end only: invoice.* means all types that begin so.";
}

static const char *
wrong_status(struct event_filter *f, const struct visit *v)
{
	static const char *const words[] = { "pending", "waiting", "processing", "completed",
				    "failed", NULL };

	(void)v;
	return among(f->status, words) ? NULL :
	    "A status is pending, waiting, processing, completed or failed.";
}

static const char *
wrong_outcome(struct event_filter *f, const struct visit *v)
{
	static const char *const words[] = { "handled", "skipped", "ignored", "resolved", NULL };

	(void)v;
	return among(f->outcome, words) ? NULL :
	    "An outcome is handled, skipped, ignored or resolved.";
}

static const char *
wrong_livemode(struct event_filter *f, const struct visit *v)
{
	static const char *const words[] = { "live", "test", "none", NULL };

	(void)v;
	return among(f->livemode, words) ? NULL : "A mode is live, test or none.";
}

#define WRONG_TIME	EVENT_FILTER_TIMES

static const char *
wrong_since(struct event_filter *f, const struct visit *v)
{
	return event_filter_time(f->since, v, &f->since_us) ? NULL : WRONG_TIME;
}

static const char *
wrong_until(struct event_filter *f, const struct visit *v)
{
	if (!event_filter_time(f->until, v, &f->until_us))
		return WRONG_TIME;
	return f->since_us != 0 && f->until_us <= f->since_us ?
	    "This is not later than the time it begins at." : NULL;
}

static const char *
wrong_path(struct event_filter *f, const struct visit *v)
{
	const char	*equals = memchr(f->path.p, '=', f->path.len);

	(void)v;
	if (equals != NULL) {
		f->path_name = span_trim(span_of(f->path.p, (size_t)(equals - f->path.p)));
		f->path_value = span_trim(span_of(equals + 1,
		    f->path.len - (size_t)(equals - f->path.p) - 1));
	}
	if (equals == NULL || f->path_name.len == 0)
		return "A value is asked for as data.object.amount=500.";
	return f->words.p == NULL ? NULL : "Ask for a text or for a value, not for both.";
}

/* In the order in which they are looked at: until after since. */
static const struct {
	const char	*name;
	const char	*(*wrong)(struct event_filter *, const struct visit *);
} rules[] = {
	{ "provider", wrong_provider }, { "type", wrong_type }, { "status", wrong_status },
	{ "outcome", wrong_outcome }, { "livemode", wrong_livemode }, { "since", wrong_since },
	{ "until", wrong_until }, { "path", wrong_path },
};

static const struct event_filter_field *
field_of(const char *name)
{
	const struct event_filter_field	*d = event_filter_fields;

	while (strcmp(d->name, name) != 0)
		d++;
	return d;
}

void
event_filter_read(struct event_filter *f, const struct visit *v, const struct form *form,
    struct event_filter_wrong *wrong)
{
	*f = (struct event_filter){ .since_us = 0 };
	*wrong = (struct event_filter_wrong){ NULL, NULL };
	for (const struct event_filter_field *d = event_filter_fields; d->name != NULL; d++) {
		struct span	s = form_get(form, d->name);

		s = s.p != NULL ? span_trim(s) : s;
		/* One too long is told, but not shown again: pages and links have bounds. */
		*slot(f, d) = s.len > 0 && s.len <= VALUE_MOST ? s : SPAN_NULL;
		if (s.len > VALUE_MOST || (s.len > 0 && !utf8_valid(s)) ||
		    (s.len > 0 && memchr(s.p, '\0', s.len) != NULL))
			*wrong = (struct event_filter_wrong){ d->name, "This is too long, or no text." };
	}
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && wrong->name == NULL; i++)
		if (slot(f, field_of(rules[i].name))->p != NULL &&
		    (wrong->text = rules[i].wrong(f, v)) != NULL)
			wrong->name = rules[i].name;
}

/* ---- and back -------------------------------------------------------------------- */

bool
event_filter_only(const struct event_filter *f, const char *name)
{
	for (const struct event_filter_field *d = event_filter_fields; d->name != NULL; d++)
		if (event_filter_value(f, d).p != NULL &&
		    (name == NULL || strcmp(name, d->name) != 0))
			return false;
	return true;
}

bool
event_filter_empty(const struct event_filter *f)
{
	return event_filter_only(f, NULL);
}

void
event_filter_query(struct buf *b, const struct event_filter *f, const char *but)
{
	for (const struct event_filter_field *d = event_filter_fields; d->name != NULL; d++) {
		struct span	s = event_filter_value(f, d);

		if (s.p != NULL && (but == NULL || strcmp(but, d->name) != 0))
			form_put(b, span_str(d->name), s);
	}
}

void
event_filter_query_with(struct buf *b, const struct event_filter *f, const char *name,
    struct span value)
{
	struct event_filter	g = *f;

	*slot(&g, field_of(name)) = value;
	event_filter_query(b, &g, NULL);
}

void
event_filter_bind(struct stmt *q, const struct event_filter *f)
{
	bool	prefix = f->type.len > 0 && f->type.p[f->type.len - 1] == '*';
	bool	waiting = span_is(f->status, "waiting");

	bind_text(q, ":provider", f->provider);
	bind_text(q, ":type", prefix ? SPAN_NULL : f->type);
	bind_text(q, ":prefix", prefix ? span_of(f->type.p, f->type.len - 1) : SPAN_NULL);
	bind_text(q, ":status", waiting ? SPAN("pending") : f->status);
	if (waiting || span_is(f->status, "pending"))
		bind_int(q, ":waiting", waiting);
	bind_text(q, ":outcome", f->outcome);
	bind_text(q, ":lane", f->lane);
	bind_text(q, ":event_id", f->event_id);
	bind_text(q, ":secret", f->secret);
	if (f->livemode.p != NULL)
		bind_int(q, ":livemode", span_is(f->livemode, "none") ? -1 :
		    span_is(f->livemode, "live"));
	if (f->since_us != 0)
		bind_int(q, ":since", f->since_us);
	if (f->until_us != 0)
		bind_int(q, ":until", f->until_us);
}
