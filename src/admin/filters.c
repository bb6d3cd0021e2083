/* How a page's template shows times, numbers and other people's texts. */
#include <stdio.h>

#include "admin/frame.h"
#include "base/clock.h"
#include "base/codec.h"

#define MIN_S		INT64_C(60)
#define HOUR_S		(60 * MIN_S)
#define DAY_S		(24 * HOUR_S)
#define SHORT_MOST	80		/* characters */

/* ---- times: ISO text in the document -------------------------------------------- */

static bool
time_of(struct json *value, int64_t *us)
{
	return iso_parse(json_text(value, NULL), us);
}

static void
put_time(struct buf *out, struct json *value, void *ctx)
{
	const struct moment	*m = ctx;
	char			 text[ZONE_TEXT + 1];
	int64_t			 us;

	if (!time_of(value, &us))
		return;
	zone_format(text, m->view->zone, us);
	buf_puts(out, text);
}

/* For the marks of an axis. */
static void
put_clock(struct buf *out, struct json *value, void *ctx)
{
	const struct moment	*m = ctx;
	char			 text[ZONE_TEXT + 1];
	int64_t			 us;

	if (!time_of(value, &us))
		return;
	zone_format(text, m->view->zone, us);
	buf_put(out, text + 11, 5);
}

static void
put_day(struct buf *out, struct json *value, void *ctx)
{
	static const char	months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const struct moment	*m = ctx;
	char			 text[ZONE_TEXT + 1];
	int64_t			 us;

	if (!time_of(value, &us))
		return;
	zone_format(text, m->view->zone, us);
	buf_put(out, text[8] == '0' ? text + 9 : text + 8, text[8] == '0' ? 1 : 2);
	buf_putc(out, ' ');
	buf_put(out, months + 3 * ((text[5] - '0') * 10 + (text[6] - '0') - 1), 3);
}

/* The largest unit alone: somebody who reads it wants to know how old, not how long. */
static void
put_span(struct buf *out, int64_t s)
{
	if (s < MIN_S)
		buf_printf(out, "%lld s", (long long)s);
	else if (s < HOUR_S)
		buf_printf(out, "%lld min", (long long)(s / MIN_S));
	else if (s < 2 * DAY_S)
		buf_printf(out, "%lld h", (long long)(s / HOUR_S));
	else
		buf_printf(out, "%lld d", (long long)(s / DAY_S));
}

static void
put_ago(struct buf *out, struct json *value, void *ctx)
{
	const struct moment	*m = ctx;
	int64_t			 us, s;

	if (!time_of(value, &us))
		return;
	s = (m->now - us) / US_PER_S;
	if (s >= 60 * DAY_S || s <= -60 * DAY_S)
		put_time(out, value, ctx);
	else if (s >= 0) {
		put_span(out, s);
		buf_puts(out, " ago");
	} else {
		buf_puts(out, "in ");
		put_span(out, -s);
	}
}

static void
put_when(struct buf *out, struct json *value, void *ctx)
{
	const struct moment	*m = ctx;

	(m->view->exact ? put_time : put_ago)(out, value, ctx);
}

static void
put_duration(struct buf *out, struct json *value, void *ctx)
{
	int64_t	us, s;

	(void)ctx;
	if (!json_int(value, NULL, &us))
		return;
	s = us / US_PER_S;
	if (us < 0)
		buf_puts(out, "0 s");
	else if (us < 1000)
		buf_printf(out, "%lld \302\265s", (long long)us);
	else if (us < 10 * US_PER_MS)
		buf_printf(out, "%.1f ms", (double)us / 1000);
	else if (s < 1)
		buf_printf(out, "%lld ms", (long long)(us / 1000));
	else if (s < 10)
		buf_printf(out, "%.1f s", (double)us / 1e6);
	else if (s < MIN_S)
		buf_printf(out, "%lld s", (long long)s);
	else if (s < HOUR_S && s % MIN_S == 0)
		buf_printf(out, "%lld min", (long long)(s / MIN_S));
	else if (s < HOUR_S)
		buf_printf(out, "%lld min %lld s", (long long)(s / MIN_S), (long long)(s % MIN_S));
	else if (s < 2 * DAY_S)
		buf_printf(out, "%lld h %lld min", (long long)(s / HOUR_S),
		    (long long)(s % HOUR_S / MIN_S));
	else
		buf_printf(out, "%lld d %lld h", (long long)(s / DAY_S),
		    (long long)(s % DAY_S / HOUR_S));
}

/* ---- numbers ------------------------------------------------------------------------ */

/* 12 345, by thin spaces that do not break. */
static void
put_count(struct buf *out, struct json *value, void *ctx)
{
	char	digits[24];
	int64_t	n;
	size_t	len;

	(void)ctx;
	if (!json_int(value, NULL, &n)) {
		json_show(out, value);
		return;
	}
	len = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)n);
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
			buf_puts(out, "\342\200\257");
		buf_putc(out, digits[i]);
	}
}

static void
put_bytes(struct buf *out, struct json *value, void *ctx)
{
	static const char *const	unit[] = { "KB", "MB", "GB", "TB" };
	int64_t				n;
	double				x;
	size_t				u = 0;

	(void)ctx;
	if (!json_int(value, NULL, &n))
		return;
	if (n < 1000) {
		buf_printf(out, "%lld bytes", (long long)n);
		return;
	}
	for (x = (double)n / 1000; x >= 999.5 && u < 3; u++)
		x /= 1000;
	buf_printf(out, x < 9.95 ? "%.1f %s" : "%.0f %s", x, unit[u]);
}

/* ---- texts that a sender wrote --------------------------------------------------------- */

static uint32_t
code_of(const unsigned char *p, size_t n)
{
	uint32_t	c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* What is not seen, or turns round what stands beside it.  Emoji need U+200D. */
static bool
hidden(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	    c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f && c != 0x200d) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	    (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

/* At most `most` characters, then an ellipsis. */
static void
put_seen(struct buf *out, struct span s, size_t most)
{
	size_t	n;

	for (; s.len > 0 && most > 0; most--, s = span_of(s.p + n, s.len - n)) {
		uint32_t	c;

		if ((n = utf8_step(s)) == 0) {
			buf_puts(out, "\357\277\275");
			n = 1;
			continue;
		}
		c = code_of((const unsigned char *)s.p, n);
		if (hidden(c))
			buf_printf(out, "\342\200\271U+%04X\342\200\272", (unsigned)c);
		else
			buf_put(out, s.p, n);
	}
	if (s.len > 0)
		buf_puts(out, "\342\200\246");
}

static void
put_text(struct buf *out, struct json *value, size_t most)
{
	struct buf	text;

	if (json_kind(value) == JSON_STRING) {
		put_seen(out, json_text(value, NULL), most);
		return;
	}
	buf_init(&text, out->most);
	json_show(&text, value);
	put_seen(out, buf_span(&text), most);
	out->bad = out->bad || text.bad;
	buf_release(&text);
}

static void
put_visible(struct buf *out, struct json *value, void *ctx)
{
	(void)ctx;
	put_text(out, value, SIZE_MAX);
}

static void
put_short(struct buf *out, struct json *value, void *ctx)
{
	(void)ctx;
	put_text(out, value, SHORT_MOST);
}

const struct template_filter admin_filters[] = {
	{ "time",	put_time },	/* "2026-11-22 09:13:54", in the visitor's zone */
	{ "ago",	put_ago },	/* "3 min ago" */
	{ "clock",	put_clock },	/* "09:13" */
	{ "day",	put_day },	/* "22 Nov" */
	{ "when",	put_when },	/* one of these, as the visitor likes it */
	{ "duration",	put_duration },	/* microseconds: "1.2 ms" */
	{ "count",	put_count },	/* 12 345 */
	{ "bytes",	put_bytes },	/* "1.2 MB" */
	{ "visible",	put_visible },	/* with names for what cannot be seen */
	{ "short",	put_short },	/* the same, the beginning of it */
	{ NULL,		NULL }
};
