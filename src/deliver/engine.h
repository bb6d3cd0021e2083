/*
 * The engine: sends what is due, hundreds at once, in one thread.
 *
 * Each round: claim for endpoints in turn (each has its own limit of sendings at
 * once and a second, so a slow or dead one takes nothing from the others), start
 * them on their channels, wait for sockets, children and timers, and write what
 * became of them, all of a round in one transaction that also claims anew.
 *
 * At least once: a delivery is settled after its attempt, so a kill repeats those
 * in flight and no others; webhook-id stays the same.
 */
#ifndef DELIVER_ENGINE_H
#define DELIVER_ENGINE_H

#include "base/conf.h"
#include "store/store.h"

struct engine;

#define ENGINE_FLIGHTS		256	/* at once, of all endpoints */
#define ENGINE_PER_ENDPOINT	64	/* of one */

struct engine_opts {
	const struct conf	*conf;
	bool	(*stop)(void *ctx);	/* begin nothing new; those in flight get 4 s */
	void	*ctx;
};

/* Has a connection of its own.  Takes back all leases: the caller has the worker's lock. */
enum hk_err	 engine_open(struct engine **, const struct engine_opts *) HK_MUST_USE;
void		 engine_close(struct engine *);		/* NULL is fine */

/*
 * Work until stop() says so.  once: until everything due is sent, but for endpoints
 * that do nothing but fail; after 40 s nothing is begun, and what is in flight comes
 * to its end.  *done counts settled attempts.  Errors are the database's; those of endpoints are in their rows.
 */
enum hk_err	 engine_run(struct engine *, bool once, int64_t *done) HK_MUST_USE;
/* From another thread or a signal handler: look again. */
void		 engine_wake(struct engine *);

#endif
