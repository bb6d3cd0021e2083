/* The clocks, and ISO 8601 by the proleptic Gregorian calendar, without libc's zones. */
#include "base/clock.h"

#include <assert.h>
#include <time.h>

#define DAY_S		INT64_C(86400)
#define YEAR_LEAST	1970
#define YEAR_MOST	9999
#define LATEST_US	(INT64_C(253402300800) * US_PER_S - 1)	/* end of 9999 */
#define FRACTION_MOST	18	/* digits */

static int64_t
read_clock(clockid_t id)
{
	struct timespec	ts;
	int		rc = clock_gettime(id, &ts);

	assert(rc == 0);	/* both clocks exist on every Linux */
	(void)rc;
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t
now_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static bool
leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
	static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && leap(year));
}

/* Days from 1970-01-01 to the first of January of the year. */
static int64_t
year_days(int year)
{
	int	y = year - 1;	/* leap days happen at the end of such a count */

	return INT64_C(365) * (year - 1970) + (y / 4 - 1969 / 4) -
	    (y / 100 - 1969 / 100) + (y / 400 - 1969 / 400);
}

/* Exactly n digits at the start of *s, cut off it; least..most. */
static bool
take(struct span *s, size_t n, int least, int most, int *out)
{
	int64_t	v;

	if (s->len < n || !span_u63(span_of(s->p, n), &v) || v < least || v > most)
		return false;
	*out = (int)v;
	*s = span_of(s->p + n, s->len - n);
	return true;
}

static bool
take_char(struct span *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = span_of(s->p + 1, s->len - 1);
	return true;
}

/* Nothing, or '.' and digits. */
static bool
take_fraction(struct span *s, int64_t *us)
{
	size_t	n = 0;

	*us = 0;
	if (!take_char(s, '.'))
		return true;
	for (; n < s->len && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		if (n < 6)
			*us = *us * 10 + (s->p[n] - '0');
	for (size_t i = n; i < 6; i++)
		*us *= 10;
	*s = span_of(s->p + n, s->len - n);
	return n >= 1 && n <= FRACTION_MOST;
}

/* The rest of the text: seconds that local time is ahead of UTC. */
static bool
take_zone(struct span *s, int64_t *ahead_s)
{
	int	hours, minutes = 0;
	bool	west;

	*ahead_s = 0;
	if (take_char(s, 'Z'))
		return s->len == 0;
	west = take_char(s, '-');
	if ((!west && !take_char(s, '+')) || !take(s, 2, 0, 23, &hours))
		return false;
	if (s->len > 0) {
		take_char(s, ':');
		if (!take(s, 2, 0, 59, &minutes))
			return false;
	}
	*ahead_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return s->len == 0;
}

bool
iso_parse(struct span s, int64_t *us)
{
	int	year, month, day, hour, minute, second;
	int64_t	days, fraction, ahead_s, t;

	if (!take(&s, 4, YEAR_LEAST, YEAR_MOST, &year) || !take_char(&s, '-') ||
	    !take(&s, 2, 1, 12, &month) || !take_char(&s, '-') ||
	    !take(&s, 2, 1, month_days(year, month), &day) ||
	    (!take_char(&s, 'T') && !take_char(&s, ' ')) ||
	    !take(&s, 2, 0, 23, &hour) || !take_char(&s, ':') ||
	    !take(&s, 2, 0, 59, &minute) || !take_char(&s, ':') ||
	    !take(&s, 2, 0, 59, &second) ||
	    !take_fraction(&s, &fraction) || !take_zone(&s, &ahead_s))
		return false;
	days = year_days(year) + day - 1;
	for (int m = 1; m < month; m++)
		days += month_days(year, m);
	t = (days * DAY_S + hour * 3600 + minute * 60 + second - ahead_s) * US_PER_S +
	    fraction;
	if (t < 0 || t > LATEST_US)
		return false;
	*us = t;
	return true;
}

/* n digits at out, and what stands behind them; returns the place after. */
static char *
put(char *out, int64_t v, int n, char behind)
{
	for (int i = n - 1; i >= 0; i--) {
		out[i] = (char)('0' + v % 10);
		v /= 10;
	}
	out[n] = behind;
	return out + n + 1;
}

void
iso_format(char *out, int64_t us)
{
	int64_t	t, days;
	int	year, month = 1;

	us = us < 0 ? 0 : us > LATEST_US ? LATEST_US : us;
	t = us / US_PER_S;
	days = t / DAY_S;
	year = 1970 + (int)(days / 366);	/* never too late */
	while (year_days(year + 1) <= days)
		year++;
	days -= year_days(year);
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	out = put(out, year, 4, '-');
	out = put(out, month, 2, '-');
	out = put(out, days + 1, 2, 'T');
	out = put(out, t / 3600 % 24, 2, ':');
	out = put(out, t / 60 % 60, 2, ':');
	out = put(out, t % 60, 2, '.');
	out = put(out, us % US_PER_S, 6, 'Z');
	*out = '\0';
}

int64_t
us_guess(int64_t n)
{
	if (n < 0)
		return 0;
	if (n < INT64_C(100000000000))
		return n * US_PER_S;
	if (n < INT64_C(100000000000000))
		return n * US_PER_MS;
	return n;
}
