/* Time zones, by tzfile(5): RFC 8536. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "admin/zone.h"
#include "base/clock.h"

#define ZONES		"/usr/share/zoneinfo/"
#define FILE_MOST	(256 << 10)
#define HEAD		44		/* bytes of each of the two headers */

/* One half of the year's rule: "M3.5.0/2", the fifth (last) Sunday of March. */
struct change {
	int	month, week, day;
	int32_t	at_s;			/* after midnight, by the time before it */
};

/* What follows the last transition, of the file's last line: "CET-1CEST,M3.5.0,M10.5.0/3". */
struct rule {
	bool		 known, summer;	/* summer: there is a second offset */
	int32_t		 off, summer_off;
	struct change	 to_summer, back;
};

struct zone {
	size_t		 n;		/* transitions, in order of time */
	int64_t		*at_s;
	int32_t		*off;		/* from that time on */
	int32_t		 first;		/* before the first one */
	struct rule	 rule;
};

/* ---- the last line -------------------------------------------------------- */

static bool
take_int(struct span *s, int32_t *out)
{
	int32_t	n = 0;
	size_t	i = 0;

	while (i < s->len && i < 3 && s->p[i] >= '0' && s->p[i] <= '9')
		n = n * 10 + (s->p[i++] - '0');
	*s = span_of(s->p + i, s->len - i);
	*out = n;
	return i > 0;
}

static bool
take_char(struct span *s, char c)
{
	if (s->len == 0 || *s->p != c)
		return false;
	*s = span_of(s->p + 1, s->len - 1);
	return true;
}

/* "1", "-3:30", "02:00:00" as seconds. */
static bool
take_time(struct span *s, int32_t *out)
{
	bool	minus = take_char(s, '-');
	int32_t	part, sum, unit = 3600;

	if (!minus)
		(void)take_char(s, '+');
	if (!take_int(s, &part))
		return false;
	sum = part * unit;
	while (unit > 1 && take_char(s, ':')) {
		unit /= 60;
		if (!take_int(s, &part))
			return false;
		sum += part * unit;
	}
	*out = minus ? -sum : sum;
	return true;
}

/* "CET" or "<+0330>" */
static bool
take_name(struct span *s)
{
	bool	quoted = take_char(s, '<');
	size_t	i = 0;

	while (i < s->len && (quoted ? s->p[i] != '>' :
	    (s->p[i] | 0x20) >= 'a' && (s->p[i] | 0x20) <= 'z'))
		i++;
	*s = span_of(s->p + i, s->len - i);
	return i > 0 && (!quoted || take_char(s, '>'));
}

static bool
take_change(struct span *s, struct change *c)
{
	c->at_s = 2 * 3600;
	return take_char(s, ',') && take_char(s, 'M') && take_int(s, &c->month) &&
	    take_char(s, '.') && take_int(s, &c->week) && take_char(s, '.') &&
	    take_int(s, &c->day) && (!take_char(s, '/') || take_time(s, &c->at_s)) &&
	    c->month >= 1 && c->month <= 12 && c->week >= 1 && c->week <= 5 && c->day <= 6;
}

/* Another form than this: the last transition's offset goes on. */
static void
rule_read(struct rule *r, struct span s)
{
	struct rule	x = { .known = true };

	if (!take_name(&s) || !take_time(&s, &x.off))
		return;
	x.off = -x.off;			/* POSIX counts to the west */
	x.summer = s.len > 0;
	if (x.summer) {
		if (!take_name(&s))
			return;
		x.summer_off = x.off + 3600;
		if (s.len > 0 && *s.p != ',') {
			if (!take_time(&s, &x.summer_off))
				return;
			x.summer_off = -x.summer_off;
		}
		if (!take_change(&s, &x.to_summer) || !take_change(&s, &x.back) || s.len > 0)
			return;
	}
	*r = x;
}

/* Seconds since 1970 of the change in this year, by a clock that shows off. */
static int64_t
change_at(const struct change *c, int year, int32_t off)
{
	struct tm	tm = { .tm_year = year, .tm_mon = c->month - 1, .tm_mday = 1 };
	int64_t		first = timegm(&tm);
	int		wday = tm.tm_wday, day = 1 + (c->day - wday + 7) % 7 + (c->week - 1) * 7;
	struct tm	next = { .tm_year = year, .tm_mon = c->month, .tm_mday = 1 };
	int		days = (int)((timegm(&next) - first) / 86400);

	if (day > days)
		day -= 7;
	return first + (day - 1) * INT64_C(86400) + c->at_s - off;
}

static int32_t
rule_offset(const struct rule *r, int64_t s)
{
	time_t		t = (time_t)(s + r->off);
	struct tm	tm;
	int64_t		to, back;

	if (!r->summer || gmtime_r(&t, &tm) == NULL)
		return r->off;
	to = change_at(&r->to_summer, tm.tm_year, r->off);
	back = change_at(&r->back, tm.tm_year, r->summer_off);
	if (to < back)
		return s >= to && s < back ? r->summer_off : r->off;
	return s >= to || s < back ? r->summer_off : r->off;	/* the south */
}

/* ---- the file ---------------------------------------------------------------- */

static uint32_t
be32(const char *p)
{
	const unsigned char	*u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t
be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct counts {
	size_t	isut, isstd, leap, time, type, chars;
};

/* The header at the start of s; false: it is none, or says more than s has. */
static bool
head_read(struct span s, size_t width, struct counts *c, size_t *body)
{
	if (s.len < HEAD || memcmp(s.p, "TZif", 4) != 0 || s.p[4] < '2')
		return false;
	*c = (struct counts){ be32(s.p + 20), be32(s.p + 24), be32(s.p + 28),
	    be32(s.p + 32), be32(s.p + 36), be32(s.p + 40) };
	if (c->time > 10000 || c->type > 256 || c->type == 0 || c->chars > 10000 ||
	    c->leap > 10000 || c->isstd > 256 || c->isut > 256)
		return false;
	*body = c->time * (width + 1) + c->type * 6 + c->chars + c->leap * (width + 4) +
	    c->isstd + c->isut;
	return s.len - HEAD >= *body;
}

static bool
zone_read(struct zone *z, struct span s, struct arena *a)
{
	struct counts	c;
	size_t		body;
	const char	*at, *kind, *type;

	if (!head_read(s, 4, &c, &body))
		return false;
	s = span_of(s.p + HEAD + body, s.len - HEAD - body);	/* the one of 64 bits */
	if (!head_read(s, 8, &c, &body))
		return false;
	at = s.p + HEAD;
	kind = at + c.time * 8;
	type = kind + c.time;
	z->n = c.time;
	z->at_s = arena_get(a, (c.time + 1) * sizeof(*z->at_s));
	z->off = arena_get(a, (c.time + 1) * sizeof(*z->off));
	if (z->at_s == NULL || z->off == NULL)
		return false;
	z->first = (int32_t)be32(type);
	for (size_t i = 0; i < c.time; i++) {
		if ((unsigned char)kind[i] >= c.type)
			return false;
		z->at_s[i] = be64(at + i * 8);
		z->off[i] = (int32_t)be32(type + (unsigned char)kind[i] * 6);
	}
	s = span_of(s.p + HEAD + body, s.len - HEAD - body);
	if (take_char(&s, '\n'))
		rule_read(&z->rule, span_cut(&s, '\n'));
	return true;
}

static bool
name_ok(struct span name)
{
	if (name.len == 0 || name.len > 64 || name.p[0] == '/' || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char	c = (unsigned char)name.p[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '/' && c != '_' && c != '-' && c != '+')
			return false;		/* so there is no ".." either */
	}
	return true;
}

static struct span
file_take(const char *path, struct arena *a)
{
	int		 fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat	 st;
	char		*p = NULL;
	ssize_t		 n = 0;

	if (fd == -1)
		return SPAN_NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MOST &&
	    (p = arena_get(a, (size_t)st.st_size + 1)) != NULL)
		n = read(fd, p, (size_t)st.st_size);
	close(fd);
	return p != NULL && n > 0 ? span_of(p, (size_t)n) : SPAN_NULL;
}

enum hk_err
zone_load(struct span name, struct arena *a, struct zone **out)
{
	struct zone	*z;
	const char	*path;
	struct span	 file;

	*out = NULL;
	if (span_is(name, "UTC"))
		return HK_OK;
	if (!name_ok(name))
		return err_tell(HK_NOTFOUND, "'%.*s' is no time zone: one is a name like "
		    "Europe/Berlin", (int)(name.len < 64 ? name.len : 64), name.p);
	path = arena_printf(a, ZONES "%.*s", SPAN_ARG(name));
	if (path == NULL || (z = arena_zero(a, sizeof(*z))) == NULL)
		return err_note(HK_NOMEM, "no memory for a time zone");
	file = file_take(path, a);
	if (file.p == NULL || !zone_read(z, file, a))
		return err_tell(HK_NOTFOUND, "the time zone '%.*s' is not known here",
		    SPAN_ARG(name));
	*out = z;
	return HK_OK;
}

int32_t
zone_offset(const struct zone *z, int64_t us)
{
	int64_t	s = us / US_PER_S - (us % US_PER_S < 0);
	size_t	lo = 0, hi;

	if (z == NULL)
		return 0;
	hi = z->n;
	if (z->rule.known && (hi == 0 || s >= z->at_s[hi - 1]))
		return rule_offset(&z->rule, s);
	while (lo < hi) {		/* the first that is later */
		size_t	mid = lo + (hi - lo) / 2;

		if (z->at_s[mid] <= s)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? z->first : z->off[lo - 1];
}

void
zone_format(char *out, const struct zone *z, int64_t us)
{
	char	iso[ISO_LEN + 1];

	iso_format(iso, us + zone_offset(z, us) * US_PER_S);
	memcpy(out, iso, ZONE_TEXT);
	out[10] = ' ';
	out[ZONE_TEXT] = '\0';
}

/* ---- how a visitor wants times ------------------------------------------------- */

void
view_read(struct view *v, struct span text, struct arena *a)
{
	struct span	 rest = text, name;
	struct zone	*z;
	const char	*copy;

	*v = (struct view){ .name = "UTC" };
	if (text.p == NULL)
		return;
	name = span_cut(&rest, '.');
	v->exact = rest.p != NULL && span_is(rest, "exact");
	if (zone_load(name, a, &z) == HK_OK && (copy = arena_str(a, name)) != NULL) {
		v->name = copy;
		v->zone = z;
	}
}

const char *
view_text(const char *zone, bool exact, struct arena *a)
{
	return arena_printf(a, "%s.%s", zone, exact ? "exact" : "ago");
}
