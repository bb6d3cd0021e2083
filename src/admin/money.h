/*
 * Money as people write it, from the smallest units that senders count in.
 */
#ifndef ADMIN_MONEY_H
#define ADMIN_MONEY_H

#include "base/buf.h"
#include "base/json.h"

/*
 * Digits behind the point as Stripe counts: 0 of "jpy", 3 of "kwd", else 2.
 * Source: https://docs.stripe.com/currencies#minor-units
 */
int		 money_digits(struct span currency);
/* "10.00 USD", "1000 JPY"; without a currency the bare number. */
void		 money_show(struct buf *, int64_t amount, struct span currency);
/* A member with that text. */
void		 money_put(struct jw *, const char *key, int64_t amount, struct span currency);
/*
 * An amount that shows what a rate gives: ten of the currency, or as much more as
 * it takes to give one credit.  *credits is what it gives, rounded down.
 */
int64_t		 money_example(struct span currency, int64_t credits, int64_t per,
		    int64_t *given);

#endif
