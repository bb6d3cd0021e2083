/*
 * Lanes: how much of each endpoint may be under way.  One that answers fast and
 * well gets more at once, as long as more at once does not make it slower; one
 * that is slow or fails gets fewer, down to one; so the sick ones take nothing
 * from the others.
 */
#ifndef DELIVER_LANE_H
#define DELIVER_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LANE_FIRST	4		/* at once, of an endpoint nobody knows yet */
#define LANE_SLOW_US	1000000		/* an answer that takes so long is slow */

struct lane {
	int64_t	 endpoint;
	int	 flights, width;	/* under way; at most so many */
	bool	 suspect;		/* its last attempt was no success or slow, or it has had none */
	bool	 listed;		/* it has a place in struct turns */
	int64_t	 usual_us;		/* what it takes when little is under way; 0: not known */
	int64_t	 rate;			/* its limit a second; 0: none */
	double	 tokens;		/* of that limit */
	int64_t	 counted_us;		/* mono: when tokens was right */
	int64_t	 ready_us;		/* mono: the limit lets the next one begin then */
	struct lane *next;		/* of its bucket */
};

struct lanes;

enum hk_err	 lanes_open(struct lanes **) HK_MUST_USE;
void		 lanes_close(struct lanes *);		/* NULL is fine */
/* Made when it is not there; NULL: no memory. */
struct lane	*lane_of(struct lanes *, int64_t endpoint);
/* Forget those that have nothing under way or due and were not used for an hour. */
void		 lanes_tidy(struct lanes *, int64_t mono);

/*
 * How many more may begin now.  rate: a second, 0 no limit; when the limit is what
 * holds it, ready_us is when the next may.
 */
int		 lane_room(struct lane *, int64_t rate, int64_t mono);
/* n begin. */
void		 lane_begin(struct lane *, int n);
/* One is over. */
void		 lane_end(struct lane *, bool good, int64_t took_us);
/* Nothing but failures, lately. */
bool		 lane_is_sick(const struct lane *);
/* One was given back before it began. */
void		 lane_undo(struct lane *);

/* ---- whose turn it is ------------------------------------------------------------- */

/* Lanes of endpoints that have something due, in the order of their turns. */
struct turns {
	struct lane	**lane;
	size_t		  n, room;
};

/* At the end, unless it is there already.  False: no memory. */
bool		 turns_add(struct turns *, struct lane *);
/* The first so many had their turn: they go to the end, those not listed any longer go. */
void		 turns_passed(struct turns *, size_t had);
void		 turns_clear(struct turns *);
void		 turns_release(struct turns *);

#endif
