/* Work done by a receiver, while no worker runs. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "inbox/housekeeping.h"
#include "inbox/process.h"
#include "inbox/prune.h"
#include "inbox/slice.h"
#include "inbox/starter.h"
#include "inbox/wakeup.h"

#define SLICE_US	(5 * US_PER_MS)		/* longest transaction */
#define SLICE_BATCH	32			/* events leased at once */
#define SLICE_ARENA	(1 << 20)
#define AGAIN_US	(50 * US_PER_MS)	/* somebody else slices: look again */
#define WAY_MS		20			/* longest giving way to the writer */
#define TIDY_US		(5 * US_PER_MS)		/* for counts and the search index, ... */
#define TIDY_EVERY_US	US_PER_S
#define TIDY_MORE_US	(50 * US_PER_MS)	/* ... so soon again while there is more */
#define TIDY_CGI	16			/* one process in so many */

struct slice {
	const struct conf	*conf;
	struct writer		*writer;	/* to give way to; NULL: none */
	pthread_t		 thread;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 cond;
	bool			 kicked;	/* under mutex */
	atomic_bool		 stopping;
	bool			 stopped;
	int			 wake_fd;	/* of the committing thread */
	int64_t			 budget_us;	/* of the CGI slice; 0: none */
	int64_t			 deadline;	/* mono; 0: not yet */
	int64_t			 tidy_at;	/* mono */
};

static bool
slice_stopped(const struct slice *s)
{
	return atomic_load(&s->stopping) || (s->deadline != 0 && mono_us() > s->deadline);
}

/*
 * Asked between transactions, the first time when a batch is claimed: a budget
 * counts from then.  On a disk that takes all of it for the claim alone, each
 * process gets something done all the same.
 */
static bool
stop_round(void *ctx)
{
	struct slice	*s = ctx;

	if (s->budget_us != 0 && s->deadline == 0) {
		s->deadline = mono_us() + s->budget_us;
		return atomic_load(&s->stopping);
	}
	return slice_stopped(s);
}

/* The lock is fair, so a moment is enough for a waiting request to get it. */
static void
slice_pause(void *ctx)
{
	struct slice	*s = ctx;

	for (int i = 0; i < WAY_MS && s->writer != NULL && writer_waiting(s->writer) > 0 &&
	    !atomic_load(&s->stopping); i++)
		usleep(1000);
}

/* Nothing is due: counts, the search index, what is too old.  *next may become sooner. */
static enum hk_err
slice_tidy(struct slice *s, struct db *db, int64_t *next)
{
	const struct prune_rules	rules = prune_rules_of(s->conf);
	int64_t				now = mono_us(), soon;
	bool				more = true;
	enum hk_err			e = HK_OK;

	if (slice_stopped(s) || (s->budget_us != 0 && random_below(TIDY_CGI) != 0))
		return HK_OK;
	if (now >= s->tidy_at) {
		e = housekeeping_step(db, now_us(), TIDY_US, &more);
		if (e == HK_OK && !more)
			e = prune_step(db, &rules, now_us(), TIDY_US, &more);
		s->tidy_at = now + (more ? TIDY_MORE_US : TIDY_EVERY_US);
	}
	soon = now_us() + s->tidy_at - now;
	if (more && soon < *next)
		*next = soon;
	return e;
}

/*
 * Everything that is due, with the worker's lock held, or until a worker waits
 * for that.  *next: when there is more to do, wall clock; INT64_MAX never.
 */
static enum hk_err
slice_work(struct slice *s, struct db *db, int64_t *next)
{
	char			 who[64];
	struct process_opts	 o = { .conf = s->conf, .who = who, .most = SLICE_BATCH,
				    .slice_us = SLICE_US, .stop = stop_round,
				    .pause = slice_pause, .ctx = s };
	struct arena		*arena = NULL;
	int			 lock = -1, done = 0;
	enum hk_err		 e;

	snprintf(who, sizeof(who), "receiver %d", (int)getpid());
	/*
	 * Who is served by a process of its own is looked for by nobody later: it
	 * waits for another that has looked already and is about to go.
	 */
	if ((e = work_lock(s->conf, WORK_SLICE, (int)(s->budget_us / US_PER_MS), &lock)) != HK_OK)
		return e;
	if ((arena = arena_new(SLICE_ARENA)) == NULL)
		e = err_note(HK_NOMEM, "no memory to work on events");
	FAULT_DIE("slice.locked");
	if (e == HK_OK)
		e = queue_reclaim(db, INT64_MAX, now_us());
	while (e == HK_OK && !slice_stopped(s) && !work_wanted(lock, WORK_SLICE)) {
		if ((e = process_round(db, &o, arena, &done)) != HK_OK || done == 0)
			break;
		arena_reset(arena);
		slice_pause(s);
	}
	if (e == HK_OK && (e = queue_next(db, next)) == HK_OK)
		e = slice_tidy(s, db, next);
	FAULT_DIE("slice.done");
	arena_free(arena);
	close(lock);
	return e;
}

/* Wait for a kick or until the given wall clock time. */
static void
slice_wait(struct slice *s, int64_t until)
{
	struct timespec	ts = { until / US_PER_S, until % US_PER_S * 1000 };

	pthread_mutex_lock(&s->mutex);
	while (!s->kicked && !atomic_load(&s->stopping))
		if (until == INT64_MAX)
			pthread_cond_wait(&s->cond, &s->mutex);
		else if (pthread_cond_timedwait(&s->cond, &s->mutex, &ts) != 0)
			break;
	s->kicked = false;
	pthread_mutex_unlock(&s->mutex);
}

static void *
slice_thread(void *arg)
{
	struct slice	*s = arg;
	struct db	*db = NULL;
	int64_t		 next = INT64_MAX;
	int		 wake_fd = -1;	/* this thread's own */
	enum hk_err	 e = HK_OK;

	for (;;) {
		slice_wait(s, next);
		if (atomic_load(&s->stopping))
			break;
		if (db == NULL)
			e = db_open(&db, s->conf->db, DB_RW, s->conf->busy_timeout_ms);
		if (e == HK_OK && (e = slice_work(s, db, &next)) == HK_OK)
			e = starter_look(s->conf, db, now_us(), &next);
		if (e == HK_BUSY) {
			/* A worker will do it; another slice may just have ended. */
			next = wakeup_send(s->conf, &wake_fd) ? INT64_MAX : now_us() + AGAIN_US;
			e = HK_OK;
		} else if (e != HK_OK) {
			/* Said already; begin afresh, but not in a hurry. */
			db_close(db);
			db = NULL;
			next = now_us() + US_PER_S;
			e = HK_OK;
		}
	}
	db_close(db);
	if (wake_fd != -1)
		close(wake_fd);
	return NULL;
}

enum hk_err
slice_start(struct slice **out, const struct conf *conf, struct writer *writer)
{
	struct slice	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_note(HK_NOMEM, "no memory for the thread that works events off");
	s->conf = conf;
	s->writer = writer;
	s->wake_fd = -1;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->cond, NULL);
	if (FAULT_FAIL("thread") || pthread_create(&s->thread, NULL, slice_thread, s) != 0) {
		free(s);
		return err_note(HK_NOMEM, "no thread to work events off");
	}
	*out = s;
	return HK_OK;
}

void
slice_kick(struct slice *s)
{
	if (wakeup_send(s->conf, &s->wake_fd) || !s->conf->slice)
		return;
	pthread_mutex_lock(&s->mutex);
	s->kicked = true;
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->mutex);
}

void
slice_stop(struct slice *s)
{
	if (s == NULL || s->stopped)
		return;
	pthread_mutex_lock(&s->mutex);
	atomic_store(&s->stopping, true);
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	s->stopped = true;
}

void
slice_free(struct slice *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->mutex);
	pthread_cond_destroy(&s->cond);
	if (s->wake_fd != -1)
		close(s->wake_fd);
	free(s);
}

void
slice_once(const struct conf *conf, int64_t budget_us)
{
	struct slice	 s = { .conf = conf, .wake_fd = -1, .budget_us = budget_us };
	struct db	*db = NULL;
	int64_t		 next;

	if (wakeup_send(conf, &s.wake_fd) || !conf->slice)
		goto out;
	/* Whatever fails here was logged, is in the queue, and is the next one's. */
	if (db_open(&db, conf->db, DB_RW, conf->busy_timeout_ms) != HK_OK ||
	    slice_work(&s, db, &next) != HK_OK || starter_look(conf, db, now_us(), &next) != HK_OK)
		goto out;
out:
	db_close(db);
	if (s.wake_fd != -1)
		close(s.wake_fd);
}
