/* What the files of the replay share. */
#ifndef INBOX_REPLAY_PART_H
#define INBOX_REPLAY_PART_H

#include "inbox/replay.h"

struct replaying {
	struct db			*books;	/* as they are */
	struct db			*blank;	/* as they become */
	const struct conf		*conf;
	const struct replay_opts	*o;
	struct replay_totals		*t;
	struct arena			*arena;	/* of one event */
	struct arena			*carrying;	/* of one row that is carried over */
	struct stmt			*carry;	/* stands on the next row to carry over; NULL: none */
	int64_t				 now;	/* of what was done last */
};

/* ---- replay_carry.c: what no event caused -------------------------------------- */

enum hk_err	 carry_start(struct replaying *) HK_MUST_USE;
/* Everything up to this time, inside the open transaction on `blank`. */
enum hk_err	 carry_until(struct replaying *, int64_t us) HK_MUST_USE;
/* What is left; for whom no event made a user: the user too. */
enum hk_err	 carry_rest(struct replaying *) HK_MUST_USE;

/* ---- replay_compare.c ------------------------------------------------------------ */

enum hk_err	 replay_compare(struct replaying *) HK_MUST_USE;

#endif
