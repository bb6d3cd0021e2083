/* Numbers over time, as rectangles and lines. */
#include "admin/chart.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"

#define GAP	0.15		/* of a slot: between bars */
#define DAY_US	(INT64_C(86400) * US_PER_S)

int64_t
chart_round(int64_t most, bool duration)
{
	static const int64_t	round_s[] = { 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800,
				    21600, 43200, 86400, 172800, 604800 };
	static const int	digit[] = { 1, 2, 5 };

	if (duration && most > 50 * US_PER_S)
		for (size_t i = 0; i < sizeof(round_s) / sizeof(round_s[0]); i++)
			if (round_s[i] * US_PER_S >= most)
				return round_s[i] * US_PER_S;
	for (int64_t ten = 1; ten < INT64_MAX / 100; ten *= 10)
		for (size_t i = 0; i < 3; i++)
			if (digit[i] * ten >= most)
				return digit[i] * ten;
	return INT64_MAX;
}

size_t
chart_pieces(size_t slots)
{
	for (size_t n = 5; n >= 3; n--)
		if (slots % n == 0)
			return n;
	return slots >= 8 ? 4 : 2;
}

/* The highest stack of bars, or point of a line. */
static int64_t
highest(const struct chart *c)
{
	int64_t	most = 0;

	for (size_t i = 0; i < c->slots; i++) {
		int64_t	sum = 0;

		for (size_t k = 0; k < c->n; k++) {
			int64_t	v = c->series[k].value[i];

			if (v > 0 && !c->series[k].line)
				sum += v;
			if (c->series[k].line && v > most)
				most = v;
		}
		if (sum > most)
			most = sum;
	}
	return most;
}

/* A coordinate: a tenth is as fine as anybody sees. */
static void
put_number(struct jw *w, const char *key, double x)
{
	char	text[32];
	int	n = snprintf(text, sizeof(text), "%.1f", x);

	jw_raw(w, key, span_of(text, (size_t)n));
}

static double
slot_x(const struct chart *c, size_t i)
{
	return (double)CHART_WIDTH * (double)i / (double)c->slots;
}

static double
height(int64_t v, int64_t most)
{
	return most > 0 ? (double)CHART_HEIGHT * (double)v / (double)most : 0;
}

static void
put_bars(struct jw *w, const struct chart *c, int64_t most)
{
	double	width = slot_x(c, 1) * (1 - GAP);

	jw_open(w, "bars", '[');
	for (size_t i = 0; i < c->slots; i++) {
		double	top = CHART_HEIGHT;

		for (size_t k = 0; k < c->n; k++) {
			const struct chart_series	*s = &c->series[k];

			if (s->line || s->value[i] <= 0)
				continue;
			top -= height(s->value[i], most);
			jw_open(w, NULL, '{');
			jw_text(w, "kind", span_str(s->kind));
			put_number(w, "x", slot_x(c, i) + slot_x(c, 1) * GAP / 2);
			put_number(w, "y", top);
			put_number(w, "w", width);
			put_number(w, "h", height(s->value[i], most));
			jw_close(w, '}');
		}
	}
	jw_close(w, ']');
}

/* From slot i on as far as something is known; returns where that ends. */
static size_t
put_line(struct jw *w, const struct chart *c, const struct chart_series *s, size_t i, int64_t most)
{
	char	text[CHART_SLOTS * 2 * 16];
	size_t	from = i, len = 0;

	for (; i < c->slots && s->value[i] >= 0; i++) {
		double	y = CHART_HEIGHT - height(s->value[i], most);
		double	half = slot_x(c, 1) / 2;

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.1f,%.1f",
		    len > 0 ? " " : "", slot_x(c, i) + half, y);
		/* One that stands alone would be a point, and not be seen. */
		if (i == from && (i + 1 == c->slots || s->value[i + 1] < 0))
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %.1f,%.1f",
			    slot_x(c, i + 1), y);
	}
	jw_open(w, NULL, '{');
	jw_text(w, "kind", span_str(s->kind));
	jw_text(w, "points", span_of(text, len));
	jw_close(w, '}');
	return i;
}

static void
put_lines(struct jw *w, const struct chart *c, int64_t most)
{
	jw_open(w, "lines", '[');
	for (size_t k = 0; k < c->n; k++)
		for (size_t i = 0; c->series[k].line && i < c->slots;)
			if (c->series[k].value[i] < 0)
				i++;
			else
				i = put_line(w, c, &c->series[k], i, most);
	jw_close(w, ']');
}

static void
put_value(struct jw *w, const struct chart *c, const struct chart_series *s, size_t i)
{
	int64_t	v = s->value[i];

	jw_open(w, NULL, '{');
	jw_text(w, "title", span_str(s->title));
	if (v < 0 || c->duration)
		jw_null(w, "n");
	else
		jw_int(w, "n", v);
	if (v < 0 || !c->duration)
		jw_null(w, "us");
	else
		jw_int(w, "us", v);
	jw_close(w, '}');
}

/* Is there anything to say of this slot? */
static bool
any_value(const struct chart *c, size_t i)
{
	size_t	k = 0;

	while (k < c->n && c->series[k].value[i] <= 0)
		k++;
	return k < c->n;
}

/* What the table and a pointer's title show. */
static void
put_slots(struct jw *w, const struct chart *c)
{
	jw_open(w, "slots", '[');
	for (size_t i = 0; i < c->slots; i++) {
		jw_open(w, NULL, '{');
		jw_time(w, "at", c->from + (int64_t)i * c->step);
		put_number(w, "x", slot_x(c, i));
		put_number(w, "w", slot_x(c, 1));
		jw_bool(w, "any", any_value(c, i));
		jw_open(w, "values", '[');
		for (size_t k = 0; k < c->n; k++)
			put_value(w, c, &c->series[k], i);
		jw_close(w, ']');
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void
put_axis(struct jw *w, const struct chart *c)
{
	size_t	pieces = chart_pieces(c->slots);
	int64_t	all = (int64_t)c->slots * c->step;

	jw_open(w, "ticks", '[');
	for (size_t i = 0; i <= pieces; i++) {
		jw_open(w, NULL, '{');
		jw_time(w, "at", c->from + all * (int64_t)i / (int64_t)pieces);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_bool(w, "by_day", all > 2 * DAY_US);
}

void
chart_put(struct jw *w, const char *key, const struct chart *c)
{
	int64_t	most = highest(c), top = chart_round(most, c->duration);

	assert(c->slots > 0 && c->slots <= CHART_SLOTS && c->step > 0);
	jw_open(w, key, '{');
	jw_text(w, "title", span_str(c->title));
	jw_int(w, "width", CHART_WIDTH);
	jw_open(w, "keys", '[');
	for (size_t k = 0; k < c->n; k++) {
		jw_open(w, NULL, '{');
		jw_text(w, "kind", span_str(c->series[k].kind));
		jw_text(w, "title", span_str(c->series[k].title));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	if (c->duration || most == 0)
		jw_null(w, "most");
	else
		jw_int(w, "most", top);
	if (!c->duration || most == 0)
		jw_null(w, "most_us");
	else
		jw_int(w, "most_us", top);
	put_bars(w, c, top);
	put_lines(w, c, top);
	put_slots(w, c);
	put_axis(w, c);
	jw_close(w, '}');
}
