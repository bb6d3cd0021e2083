/* The worker: one per database. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "deliver/engine.h"
#include "deliver/trusted.h"
#include "inbox/housekeeping.h"
#include "inbox/process.h"
#include "inbox/prune.h"
#include "inbox/wakeup.h"
#include "outbox/endpoint.h"
#include "work/worker.h"

#define WORK_US		(5 * US_PER_MS)		/* longest transaction */
#define ALONE_US	(50 * US_PER_MS)	/* while nobody else wants to write */
#define WORK_ARENA	(1 << 20)
#define LOCK_MS		2000		/* a slice that holds it is gone by then, ... */
#define LOCK_LONG_MS	6000		/* ... and who works once, with what is in flight */
#define LOOK_MS		1000		/* data_version: the second net */
#define ONCE_LOOK_MS	10		/* while `worker --once` waits for its sender */
#define TROUBLE_MS	1000		/* after the database failed */
#define TIDY_US		(50 * US_PER_MS)	/* then it looks at the queue again */
#define TIDY_EVERY_US	US_PER_S
#define TIDY_ONCE_US	(20 * US_PER_S)		/* of `worker --once` */

static atomic_int	told_to_stop;

struct worker {
	const struct conf	*conf;
	struct db		*db;
	struct arena		*arena;
	bool			 once;
	int			 lock, wake;
	char			 who[64];
	int64_t			 version;	/* data_version last seen */
	int64_t			 tidy_at;	/* mono: counts and index are next looked after */
	struct engine		*engine;	/* what goes out */
	pthread_t		 sender;	/* its thread, unless it works once */
	bool			 sends;		/* there is one */
	atomic_bool		 sent_all;	/* of `worker --once`: it came to its end, so: */
	enum hk_err		 sending;
	int64_t			 sent;		/* attempts settled */
};

static void
on_signal(int sig)
{
	(void)sig;
	told_to_stop = 1;
}

/* Blocked but while we wait, so that none is lost between look and wait. */
static void
signals_hold(sigset_t *waiting)
{
	struct sigaction	sa = { .sa_handler = on_signal };
	const int		sig[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t		ours;

	sigemptyset(&ours);
	for (size_t i = 0; i < sizeof(sig) / sizeof(sig[0]); i++) {
		sigaddset(&ours, sig[i]);
		sigaction(sig[i], &sa, NULL);
	}
	pthread_sigmask(SIG_BLOCK, &ours, waiting);
	for (size_t i = 0; i < sizeof(sig) / sizeof(sig[0]); i++)
		sigdelset(waiting, sig[i]);
}

/* Has one come meanwhile?  It is pending: nothing else lets it in. */
static bool
stop_asked(void *ctx)
{
	sigset_t	pending;

	(void)ctx;
	if (!told_to_stop && sigpending(&pending) == 0 &&
	    (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
	    sigismember(&pending, SIGHUP) == 1))
		told_to_stop = 1;
	return told_to_stop != 0;
}

/* Who works once also gives way to one that will stay: that does the rest. */
static bool
is_over(void *ctx)
{
	const struct worker	*w = ctx;

	return stop_asked(NULL) || (w->once && work_wanted(w->lock, WORK_ONCE));
}

/* ---- what goes out: the engine, on a thread of its own --------------------------- */

static void *
send_all(void *ctx)
{
	struct worker	*w = ctx;

	/* Said where it was born; the worker's own look at the database meets it too. */
	if (engine_run(w->engine, false, &w->sent) != HK_OK)
		log_error("nothing is sent any more until the worker is started again");
	return NULL;
}

static enum hk_err
sender_start(struct worker *w)
{
	if (pthread_create(&w->sender, NULL, send_all, w) != 0)
		return err_note(HK_NOMEM, "no thread for what goes out");
	w->sends = true;
	return HK_OK;
}

static void
sender_stop(struct worker *w)
{
	if (!w->sends)
		return;
	engine_wake(w->engine);
	pthread_join(w->sender, NULL);
	w->sends = false;
}

static void *
send_due(void *ctx)
{
	struct worker	*w = ctx;

	w->sending = engine_run(w->engine, true, &w->sent);
	w->sent_all = true;
	return NULL;
}

/* What hookkeeper.conf says of channels, as rows. */
static enum hk_err
configure(struct worker *w)
{
	enum hk_err	e;

	channels_look(w->conf);
	if ((e = db_begin(w->db)) != HK_OK)
		return e;
	if ((e = endpoints_configure(w->db, w->conf, now_us())) == HK_OK)
		return db_commit(w->db);
	db_rollback(w->db);
	return e;
}

static enum hk_err
worker_open(struct worker *w)
{
	const struct engine_opts	sending = { .conf = w->conf, .stop = is_over, .ctx = w };
	enum hk_err			e;

	snprintf(w->who, sizeof(w->who), "worker %d", (int)getpid());
	w->lock = w->wake = -1;
	if ((e = work_lock(w->conf, w->once ? WORK_ONCE : WORK_STAY,
	    w->once ? LOCK_MS : LOCK_LONG_MS, &w->lock)) != HK_OK ||
	    (!w->once && (e = wakeup_listen(w->conf, &w->wake)) != HK_OK))
		return e;
	FAULT_DIE("worker.locked");
	if (w->once)
		work_note_once(w->conf);
	if ((w->arena = arena_new(WORK_ARENA)) == NULL)
		return err_note(HK_NOMEM, "no memory for the worker");
	if ((e = db_open(&w->db, w->conf->db, DB_RW, w->conf->busy_timeout_ms)) != HK_OK)
		return e;
	FAULT_DIE("worker.opened");
	if ((e = configure(w)) != HK_OK || (e = queue_reclaim(w->db, INT64_MAX, now_us())) != HK_OK ||
	    (e = engine_open(&w->engine, &sending)) != HK_OK)
		return e;
	return w->once ? HK_OK : sender_start(w);
}

static void
worker_close(struct worker *w)
{
	sender_stop(w);
	engine_close(w->engine);
	db_close(w->db);
	arena_free(w->arena);
	if (w->wake != -1)
		close(w->wake);
	if (w->lock != -1)
		close(w->lock);
}

/* All that is due now. */
static enum hk_err
work_off(struct worker *w, int64_t *total)
{
	const struct process_opts	o = { .conf = w->conf, .who = w->who, .most = QUEUE_BATCH,
					    .slice_us = WORK_US, .alone_us = ALONE_US, .stop = is_over,
					    .ctx = w };
	int				done = 1;
	enum hk_err			e;

	/* What a failed transaction could not give back. */
	e = queue_reclaim(w->db, now_us(), now_us());
	while (e == HK_OK && done > 0 && !is_over(w)) {
		e = process_round(w->db, &o, w->arena, &done);
		arena_reset(w->arena);
		*total += done;
	}
	return e;
}

/*
 * Everything due is sent, once.  Somebody may be long in answering, and nobody else
 * may work meanwhile: so what is received is worked off beside it.
 */
static enum hk_err
send_off(struct worker *w, int64_t *done)
{
	enum hk_err	e = HK_OK;

	if (pthread_create(&w->sender, NULL, send_due, w) != 0)
		return err_note(HK_NOMEM, "no thread for what goes out");
	w->sends = true;
	while (e == HK_OK && !w->sent_all && !is_over(w)) {
		ppoll(NULL, 0, &(struct timespec){ 0, ONCE_LOOK_MS * 1000000L }, NULL);
		e = work_off(w, done);
	}
	sender_stop(w);
	return e != HK_OK ? e : w->sending;
}

/* Nothing is due: counts and the search index, then what is too old, a bit at a time. */
static enum hk_err
tidy(struct worker *w, bool *more)
{
	const struct prune_rules	rules = prune_rules_of(w->conf);
	enum hk_err			e = housekeeping_step(w->db, now_us(), TIDY_US, more);

	if (e == HK_OK && !*more)
		e = prune_step(w->db, &rules, now_us(), TIDY_US, more);
	w->tidy_at = e == HK_OK && *more ? 0 : mono_us() + TIDY_EVERY_US;
	return e;
}

static enum hk_err
tidy_up(struct worker *w)
{
	int64_t		until = mono_us() + TIDY_ONCE_US;
	bool		more = true;
	enum hk_err	e = HK_OK;

	while (e == HK_OK && more && mono_us() < until && !is_over(w))
		e = tidy(w, &more);
	return e;
}

/*
 * Until somebody wakes us, the next event is due, the database changed, or it
 * is time to tidy.
 */
static enum hk_err
wait_for_work(struct worker *w, const sigset_t *waiting)
{
	struct pollfd	 p = { .fd = w->wake, .events = POLLIN };
	int64_t		 version, due, left;
	enum hk_err	 e;

	while (!stop_asked(NULL)) {
		if ((e = queue_next(w->db, &due)) != HK_OK)
			return e;
		left = due == INT64_MAX ? INT64_MAX : due - now_us();
		if (left <= 0)
			break;
		if (left > LOOK_MS * US_PER_MS)
			left = LOOK_MS * US_PER_MS;
		if (ppoll(&p, 1, &(struct timespec){ left / US_PER_S, left % US_PER_S * 1000 },
		    waiting) > 0) {
			wakeup_drain(w->wake);
			engine_wake(w->engine);
			FAULT_DIE("worker.woken");
			break;
		}
		if ((e = db_version(w->db, &version)) != HK_OK)
			return e;
		if (version != w->version) {
			w->version = version;
			break;
		}
		if (mono_us() >= w->tidy_at)
			break;
	}
	return HK_OK;
}

static enum hk_err
work_loop(struct worker *w, const sigset_t *waiting, int64_t *done)
{
	enum hk_err	e;

	log_info("working on %s", w->conf->db);
	while (!stop_asked(NULL)) {
		int64_t	before = *done;
		bool	more = false;

		e = work_off(w, done);
		if (*done > before)
			engine_wake(w->engine);
		if (e == HK_OK && mono_us() >= w->tidy_at)
			e = tidy(w, &more);
		if (e == HK_OK && !more)
			e = wait_for_work(w, waiting);
		if (e == HK_CORRUPT || e == HK_NOTADB || e == HK_MOVED)
			return e;
		/* Said already.  A full disk or a busy file may pass. */
		if (e != HK_OK)
			ppoll(NULL, 0, &(struct timespec){ TROUBLE_MS / 1000, 0 }, waiting);
	}
	sender_stop(w);
	log_info("stopped; %lld events settled, %lld deliveries tried", (long long)*done,
	    (long long)w->sent);
	return HK_OK;
}

enum hk_err
worker_run(const struct conf *conf, bool once, int64_t *done)
{
	struct worker	w = { .conf = conf, .once = once };
	sigset_t	waiting;
	enum hk_err	e;

	*done = 0;
	signals_hold(&waiting);
	if ((e = worker_open(&w)) == HK_OK)
		e = once ? work_off(&w, done) : work_loop(&w, &waiting, done);
	if (e == HK_OK && once)
		e = send_off(&w, done);
	if (e == HK_OK && once)
		e = tidy_up(&w);
	FAULT_DIE("worker.stopping");
	worker_close(&w);
	return e;
}
