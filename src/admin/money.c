/* Money as people write it. */
#include "admin/money.h"

#include <stdio.h>

#define EXAMPLE_MOST	INT64_C(100000000000000)	/* no price is larger */

/* Of others it is two.  ISK and UGX have none any more, but Stripe still sends two. */
static const char	none[][4] = {
	"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv",
	"xaf", "xof", "xpf"
};
static const char	three[][4] = { "bhd", "jod", "kwd", "omr", "tnd" };

static bool
among(struct span currency, const char (*list)[4], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(currency, list[i]))
			return true;
	return false;
}

int
money_digits(struct span currency)
{
	if (among(currency, none, sizeof(none) / sizeof(none[0])))
		return 0;
	return among(currency, three, sizeof(three) / sizeof(three[0])) ? 3 : 2;
}

static int64_t
whole(int digits)
{
	int64_t	n = 1;

	while (digits-- > 0)
		n *= 10;
	return n;
}

void
money_show(struct buf *out, int64_t amount, struct span currency)
{
	int		digits = currency.len > 0 ? money_digits(currency) : 0;
	int64_t		unit = whole(digits);
	uint64_t	n = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;

	buf_printf(out, "%s%llu", amount < 0 ? "-" : "", (unsigned long long)(n / (uint64_t)unit));
	if (digits > 0)
		buf_printf(out, ".%0*llu", digits, (unsigned long long)(n % (uint64_t)unit));
	if (currency.len > 0)
		buf_putc(out, ' ');
	for (size_t i = 0; i < currency.len; i++) {
		char	c = currency.p[i];

		buf_putc(out, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	}
}

void
money_put(struct jw *w, const char *key, int64_t amount, struct span currency)
{
	struct buf	b;

	buf_init(&b, 4096);
	money_show(&b, amount, currency);
	jw_text(w, key, buf_ok(&b) ? buf_span(&b) : SPAN_NULL);
	buf_release(&b);
}

int64_t
money_example(struct span currency, int64_t credits, int64_t per, int64_t *given)
{
	int64_t	amount = 10 * whole(money_digits(currency));
	__int128	all;

	for (;; amount *= 10) {
		all = (__int128)amount * credits / per;
		if (all > 0 || credits == 0 || amount >= EXAMPLE_MOST)
			break;
	}
	*given = all > INT64_MAX ? INT64_MAX : (int64_t)all;
	return amount;
}
