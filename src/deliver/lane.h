/*
 * Lanes: how much of each endpoint may be under way.  An endpoint that answers
 * fast and well gets more at once, one that is slow or fails fewer, down to one;
 * so the sick ones take nothing from the others.
 */
#ifndef DELIVER_LANE_H
#define DELIVER_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LANE_FIRST	4	/* at once, of an endpoint nobody knows yet */

struct lane {
	int64_t	 endpoint;
	int	 flights, width;	/* under way; at most so many */
	bool	 suspect;		/* its last attempt was no success, or it has had none */
	double	 tokens;		/* of its limit a second */
	int64_t	 counted_us;		/* mono: when tokens was right */
	struct lane *next;		/* of its bucket */
};

struct lanes;

enum hk_err	 lanes_open(struct lanes **) HK_MUST_USE;
void		 lanes_close(struct lanes *);		/* NULL is fine */
/* Made when it is not there; NULL: no memory. */
struct lane	*lane_of(struct lanes *, int64_t endpoint);
/* Forget those that have nothing under way and were not used for an hour. */
void		 lanes_tidy(struct lanes *, int64_t mono);

/*
 * How many more may begin now.  rate: a second, 0 no limit; *wait_us is when the
 * next may, if the limit is what holds it (else untouched).
 */
int		 lane_room(struct lane *, int64_t rate, int64_t mono, int64_t *wait_us);
/* n begin. */
void		 lane_begin(struct lane *, int n);
/* One is over.  fast: it took less than a second. */
void		 lane_end(struct lane *, bool good, bool fast);
/* One was given back before it began. */
void		 lane_undo(struct lane *);

#endif
