/*
 * Hex, base64, UTF-8, numbers and times: decoders take exactly what a second
 * reading takes (EVP, a regular expression, timegm), and both ways give the
 * same again.
 */
#include "base/clock.h"
#include "base/codec.h"
#include "message.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void
hex(struct span in)
{
	char		*text = fuzz_room(2 * in.len + 1);
	char		*back = fuzz_room(in.len);

	hex_encode(text, in.p, in.len);
	must(strcmp(text, slow_hex((const uint8_t *)in.p, in.len)) == 0, "hex %s", text);
	must(hex_decode(back, in.len, span_str(text)) && memcmp(back, in.p, in.len) == 0,
	    "%s is not taken back", text);
	if (hex_decode(back, in.len / 2, in)) {
		hex_encode(text, back, in.len / 2);
		must(span_is(in, text), "another spelling of %s is taken", text);
	}
}

static void
base64(struct span in)
{
	char	*text = fuzz_room(BASE64_LEN(in.len) + 1), *back = fuzz_room(in.len);
	size_t	 len = 0, slow_len = 0;
	bool	 taken, slow;

	base64_encode(text, in.p, in.len);
	must(strcmp(text, slow_base64((const uint8_t *)in.p, in.len)) == 0, "base64 %s", text);
	must(base64_decode(back, in.len, &len, span_str(text)) && len == in.len &&
	    memcmp(back, in.p, len) == 0, "%s is not taken back", text);
	if (strnlen(in.p, in.len) != in.len)
		return;
	taken = base64_decode(back, in.len, &len, in);
	slow = slow_unbase64(fuzz_string(in), (uint8_t *)fuzz_room(in.len), in.len, &slow_len);
	must(taken == slow && (!taken || len == slow_len), "%.*s: taken %d, slowly %d",
	    SPAN_ARG(in), taken, slow);
}

/* As glibc sees it. */
static void
utf8(struct span in)
{
	static iconv_t	 cd;
	char		*from = fuzz_string(SPAN_NULL), *out, *to;
	size_t		 left = in.len, room = 4 * in.len + 4, n, steps = 0;
	struct span	 rest = in;
	bool		 valid;

	if (cd == 0)
		cd = iconv_open("UTF-32LE", "UTF-8");
	memcpy(&from, &in.p, sizeof(from));
	out = to = fuzz_room(room);
	iconv(cd, NULL, NULL, NULL, NULL);
	valid = iconv(cd, &from, &left, &to, &room) != (size_t)-1 && left == 0;
	must(utf8_valid(in) == valid, "utf8_valid() %d, iconv() %d", utf8_valid(in), valid);
	while (rest.len > 0 && (n = utf8_step(rest)) > 0) {
		rest = span_of(rest.p + n, rest.len - n);
		steps++;
	}
	must((rest.len == 0) == valid, "utf8_step() does not see what utf8_valid() does");
	must(!valid || steps == (size_t)(to - out) / 4, "%zu steps", steps);
}

/* The instant as timegm() has it; -1: there is none. */
static int64_t
slow_time(const char *s)
{
	struct tm	tm = { .tm_isdst = 0 }, again;
	int64_t		t;
	int		worth = 100000, len = (int)strlen(s), year, month;
	const char	*p;

	if (!slow_matches(s, "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
	    "(\\.[0-9]{1,18})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"))
		return -1;
	sscanf(s, "%4d-%2d-%2d%*c%2d:%2d:%2d", &year, &month, &tm.tm_mday, &tm.tm_hour,
	    &tm.tm_min, &tm.tm_sec);
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	again = tm;
	t = timegm(&again);
	if (year < 1970 || again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon ||
	    again.tm_hour != tm.tm_hour || again.tm_min != tm.tm_min || again.tm_sec != tm.tm_sec)
		return -1;
	t *= US_PER_S;
	for (p = s + 20; s[19] == '.' && *p >= '0' && *p <= '9'; p++, worth /= 10)
		t += (*p - '0') * worth;
	if (s[len - 1] != 'Z') {
		int	hours = 0, minutes = 0;

		p = strpbrk(s + 19, "+-");
		sscanf(p + 1, "%2d", &hours);
		if (p[3] != '\0')
			sscanf(p + 3 + (p[3] == ':'), "%2d", &minutes);
		if (hours > 23 || minutes > 59)
			return -1;
		t -= (*p == '-' ? -1 : 1) * (hours * 60 + minutes) * 60 * US_PER_S;
	}
	return t < 0 || t > INT64_C(253402300799999999) ? -1 : t;
}

static void
times(struct span in)
{
	char	text[ISO_LEN + 1], *s = fuzz_string(in);
	int64_t	us = -1, again = 0, n = 0;
	bool	taken = iso_parse(in, &us);

	if (strlen(s) == in.len)
		must((taken ? us : -1) == slow_time(s), "%s: %lld, slowly %lld", s, (long long)us,
		    (long long)slow_time(s));
	if (in.len >= 8)
		memcpy(&n, in.p, sizeof(n));
	us = taken ? us : n;
	iso_format(text, us);
	must(strlen(text) == ISO_LEN && iso_parse(span_str(text), &again), "%s", text);
	if (us >= 0 && us <= INT64_C(253402300799999999))
		must(again == us, "%s is another time", text);
	must(us_guess(n) >= 0, "a time before 1970");
}

static void
numbers(struct span in)
{
	int64_t	n = -1;
	bool	taken = span_u63(in, &n);
	char	*s = fuzz_string(in);

	must(taken == (strlen(s) == in.len && slow_matches(s, "^[0-9]{1,18}$")), "%s", s);
	must(taken ? n == atoll(s) : n == -1, "%s is %lld", s, (long long)n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	in = fuzz_copy(span_of((const char *)data, size));

	hex(in);
	base64(in);
	utf8(in);
	times(in);
	numbers(in);
	fuzz_forget();
	return 0;
}
