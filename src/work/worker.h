/*
 * The worker: one per database, works the queue off until told to stop.
 */
#ifndef WORK_WORKER_H
#define WORK_WORKER_H

#include "base/conf.h"

/*
 * once: everything due now, or until one that stays wants to work, then return.
 * Else until SIGTERM, SIGINT or SIGHUP.  *done counts events settled.  HK_BUSY:
 * another worker is there.
 */
enum hk_err	 worker_run(const struct conf *, bool once, int64_t *done) HK_MUST_USE;

#endif
