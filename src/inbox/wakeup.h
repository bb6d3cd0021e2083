/*
 * Who works, and how it hears of work: files in the state folder.
 *
 *	worker.lock	held (flock) by whoever works the queue off; its first byte
 *			(fcntl) by a worker that waits to be the one, its second
 *			as well by one that will stay
 *	worker.sock	the worker's datagram socket; one byte means "look"
 *	worker.once	written when a worker that works once begins: cron is alive
 */
#ifndef INBOX_WAKEUP_H
#define INBOX_WAKEUP_H

#include "base/conf.h"

/* Who works: a receiver beside its own duties, a worker once, or one that stays. */
enum work_way { WORK_SLICE, WORK_ONCE, WORK_STAY };
/*
 * Try to become the one who works.  HK_BUSY: somebody else is.  *fd is
 * close-on-exec; close() gives it up.  wait_ms: how long to try.  Nobody gives way
 * to a slice, and it has no chance while a worker waits.
 */
enum hk_err	 work_lock(const struct conf *, enum work_way, int wait_ms, int *fd) HK_MUST_USE;
/*
 * Somebody waits for what fd holds, to whom one of this way gives way: a slice to
 * any worker, for under steady load its work has no end of its own; one that works
 * once to one that stays, but not to its like, which would not do more than it.
 */
bool		 work_wanted(int fd, enum work_way);
/* A worker that works once begins now; failing that, only the doctor sees less. */
void		 work_note_once(const struct conf *);
/*
 * When the last one began that no receiver had started (inbox/starter.h), us since
 * 1970; 0: nothing is known of one.
 */
int64_t		 work_once_us(const struct conf *);
/* The worker's end; non-blocking, close-on-exec. */
enum hk_err	 wakeup_listen(const struct conf *, int *fd) HK_MUST_USE;
void		 wakeup_drain(int fd);
/* A receiver's end: true when a worker listens and was told (or has enough). */
bool		 wakeup_send(const struct conf *, int *fd);

#endif
