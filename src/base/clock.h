/*
 * Time.  Everywhere: int64_t microseconds since 1970-01-01 UTC ("_us"),
 * unless a name says _s or _ms.  Functions that judge by time take it as an
 * argument; only loops and mains ask the clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/span.h"

#define US_PER_S	INT64_C(1000000)
#define US_PER_MS	INT64_C(1000)

int64_t	 now_us(void);		/* wall clock */
int64_t	 mono_us(void);		/* never jumps; for durations only */

/*
 * ISO 8601 as Stripe (thin), Resend and others write it: date, 'T' or one
 * space, time, fraction of 1..18 digits or none, then "Z", "+00", "+00:00",
 * "-0530".  The zone is required.  False for anything else, an impossible
 * date, or an instant outside the years 1970..9999 UTC.  Digits past the
 * microsecond are cut off.
 */
bool	 iso_parse(struct span, int64_t *us);

#define ISO_LEN	27	/* "2026-11-22T23:41:11.894719Z" */
/* out needs ISO_LEN + 1 bytes; a time outside 1970..9999 shows the nearest. */
void	 iso_format(char *out, int64_t us);

/*
 * A number of unknown unit from a payload: below 1e11 it is seconds, below
 * 1e14 milliseconds, else microseconds.  (Clerk sends both of the first.)
 * Nothing of ours is older than 1970: a negative number gives 0.
 */
int64_t	 us_guess(int64_t n);

#endif
