/*
 * The engine's state, and who may begin.  Only for engine.c and claim.c.
 */
#ifndef DELIVER_ENGINE_PART_H
#define DELIVER_ENGINE_PART_H

#include "deliver/engine.h"
#include "deliver/flight.h"

struct engine {
	struct engine_opts	 o;
	struct db		*db;
	struct channels		*channels;
	struct lanes		*lanes;
	struct turns		 turns;		/* endpoints with something due */
	struct arena		*arena;		/* of one round */
	int			 wake;
	struct flight		*over;		/* not settled yet */
	struct flight		*begun, **begun_end;	/* claimed, the commit is to come */
	struct flight		*up, **up_end;	/* in flight, the oldest first */
	struct flight		*young;		/* of those: the first that is not slow yet */
	int			 flights, suspects;
	size_t			 bytes;		/* of payloads in flight or not settled */
	int64_t			 version;	/* of the database, when it was last looked at */
	int64_t			 next_due_us;	/* of what is not due yet */
	int64_t			 ready_us;	/* mono: a limit lets something begin then */
	int64_t			 next_look_us, next_find_us, tidy_at;	/* mono */
	bool			 behind;	/* something may be to be handed to endpoints */
	bool			 stale;		/* turns may lack somebody */
	bool			 more;		/* somebody in turns may begin */
	bool			 once, closing;	/* it is to end; nothing is begun any more */
};

/*
 * All endpoints are asked what they have due.  With very many of them it is done
 * seldom: a fifth of the time at most goes into it.
 */
enum hk_err	 claim_find(struct engine *) HK_MUST_USE;
/*
 * Into g->begun, inside a transaction: a turn for each endpoint that may begin, the
 * one that waited longest first.
 */
enum hk_err	 claim_turns(struct engine *, int64_t now) HK_MUST_USE;

#endif
