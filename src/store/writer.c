/* writer - many jobs, one transaction, one sync. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/private.h"
#include "store/writer.h"

#define AGAIN_US	US_PER_S	/* between two tries to open the database */

struct queue {
	struct job	*head, **tail;
};

struct writer {
	struct writer_opts	 opts;
	char			*path;
	bool			 threaded;
	pthread_t		 thread;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 more;
	struct queue		 queue;		/* under the mutex, as is stopping */
	bool			 stopping;
	atomic_int		 waiting;
	struct checkpointer	*checkpointer;	/* NULL without threads */

	/* The writer thread's own. */
	struct db		*db;		/* NULL: to be opened */
	bool			 opened;	/* once: now it must exist */
	enum hk_err		 why;		/* db is NULL because */
	int64_t			 again_us;	/* try then */
	enum hk_err		 trouble;	/* was logged and is not over */
	int64_t			 refused;	/* jobs since it began */
};

static void
queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void
queue_put(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->tail = j;
	q->tail = &j->next;
}

static struct job *
queue_get(struct queue *q)
{
	struct job	*j = q->head;

	if (j != NULL && (q->head = j->next) == NULL)
		q->tail = &q->head;
	return j;
}

/* Is it the database that is in trouble, or one job? */
static bool
is_trouble(enum hk_err e)
{
	switch (e) {
	case HK_NOMEM:
	case HK_IO:
	case HK_BUSY:
	case HK_FULL:
	case HK_READONLY:
	case HK_CORRUPT:
	case HK_NOTADB:
	case HK_NEWER:
	case HK_MOVED:
		return true;
	default:
		return false;
	}
}

static bool
may_pass(enum hk_err e)
{
	return e == HK_BUSY || e == HK_FULL || e == HK_READONLY || e == HK_IO ||
	    e == HK_NOMEM;
}

/* One line when it begins (by whoever found it), when it changes, when it ends. */
static void
trouble_note(struct writer *w, enum hk_err e)
{
	if (e != HK_OK && w->trouble != HK_OK && e != w->trouble)
		log_error("%s", err_last());
	if (e == HK_OK && w->trouble != HK_OK)
		log_warn("%s: is written again; %lld requests were refused meanwhile",
		    w->path, (long long)w->refused);
	if (e == HK_OK)
		w->refused = 0;
	w->trouble = e;
}

static void
finish(struct writer *w, struct job *j, enum hk_err e)
{
	if (is_trouble(e))
		w->refused++;
	j->done(j, e);		/* it may be gone now */
	FAULT_DIE("batch.answering");
}

static enum hk_err
open_again(struct writer *w)
{
	struct open_how	 how = { .use = DB_RW, .busy_ms = w->opts.busy_timeout_ms,
			    .existing = w->opened, .tended = w->threaded,
			    .log_most = w->opts.log_most };

	if (w->why != HK_OK && mono_us() < w->again_us)
		return w->why;
	w->why = db_open_how(&w->db, w->path, &how);
	w->again_us = mono_us() + AGAIN_US;
	if (w->why == HK_OK)
		w->opened = true;
	return w->why;
}

/* A connection that failed is not asked again. */
static void
close_sick(struct writer *w, enum hk_err e)
{
	if (w->db == NULL || !w->db->sick)
		return;
	db_close(w->db);
	w->db = NULL;
	w->why = e;
	if (w->checkpointer != NULL)
		checkpointer_reopen(w->checkpointer);
}

/* Inside the transaction that is open: all of them, and commit. */
static enum hk_err
run_all(struct writer *w, struct job *list, bool *a_job_failed)
{
	*a_job_failed = false;
	for (struct job *j = list; j != NULL; j = j->next)
		if ((j->err = j->run(j, w->db)) != HK_OK) {
			*a_job_failed = true;
			db_rollback(w->db);
			return j->err;
		}
	return db_commit(w->db);
}

/* *committed is only ever set. */
static enum hk_err
one_by_one(struct writer *w, struct queue *q, bool *committed)
{
	enum hk_err	 e = HK_OK, stop = HK_OK;
	struct job	*j;
	bool		 failed;

	while ((j = queue_get(q)) != NULL) {
		j->next = NULL;
		if (stop == HK_OK && (stop = db_begin(w->db)) == HK_OK)
			e = run_all(w, j, &failed);
		else
			e = stop;
		if (e == HK_OK)
			*committed = true;
		else if (w->db->sick)
			stop = e;
		finish(w, j, e);
	}
	return e;
}

static enum hk_err
batch(struct writer *w, struct queue *q, bool *committed)
{
	enum hk_err	 e;
	struct job	*j;
	bool		 failed;

	e = run_all(w, q->head, &failed);
	if (failed && q->head->next != NULL && !w->db->sick)
		return one_by_one(w, q, committed);
	if (e == HK_OK)
		*committed = true;
	while ((j = queue_get(q)) != NULL)
		finish(w, j, e);
	FAULT_DIE("batch.answered");
	return e;
}

static void
take(struct writer *w, struct queue *q, int most)
{
	struct job	*j;
	int		 n = 0;

	queue_init(q);
	pthread_mutex_lock(&w->mutex);
	while (n < most && (j = queue_get(&w->queue)) != NULL) {
		queue_put(q, j);
		n++;
	}
	atomic_fetch_sub(&w->waiting, n);
	pthread_mutex_unlock(&w->mutex);
}

static void
after_commit(struct writer *w)
{
	if (w->opts.committed != NULL)
		w->opts.committed(w->opts.ctx);
	if (w->checkpointer != NULL && w->db != NULL && w->db->wal) {
		if (db_log_grew(w->db))
			checkpointer_hurry(w->checkpointer);
		else
			checkpointer_poke(w->checkpointer);
		db_tend(w->db);
	}
}

/*
 * n jobs wait.  The transaction is opened first, so those that come while we
 * wait for the lock are in it; when it cannot be, the n have waited long
 * enough.
 */
static void
serve(struct writer *w, int n)
{
	enum hk_err	 e = HK_OK;
	struct queue	 q;
	struct job	*j;
	bool		 committed = false;

	store_hush(w->trouble != HK_OK);
	if (w->db == NULL)
		e = open_again(w);
	if (e == HK_OK)
		e = db_begin(w->db);
	if (e == HK_OK) {
		take(w, &q, w->opts.most);
		FAULT_DIE("batch.taken");
		e = batch(w, &q, &committed);
	} else {
		take(w, &q, n);
		while ((j = queue_get(&q)) != NULL)
			finish(w, j, e);
	}
	if (committed || is_trouble(e))
		trouble_note(w, committed ? HK_OK : e);
	close_sick(w, e);
	if (committed)
		after_commit(w);
	store_hush(false);
}

static void *
writer_main(void *arg)
{
	struct writer	*w = arg;
	int		 n;

	for (;;) {
		pthread_mutex_lock(&w->mutex);
		while (w->queue.head == NULL && !w->stopping)
			pthread_cond_wait(&w->more, &w->mutex);
		n = atomic_load(&w->waiting);
		pthread_mutex_unlock(&w->mutex);
		if (n == 0)
			return NULL;	/* stopping, and all is done */
		serve(w, n);
	}
}

void
writer_put(struct writer *w, struct job *j)
{
	pthread_mutex_lock(&w->mutex);
	if (w->stopping) {
		pthread_mutex_unlock(&w->mutex);
		j->done(j, HK_STOPPING);
		return;
	}
	queue_put(&w->queue, j);
	atomic_fetch_add(&w->waiting, 1);
	if (w->threaded && w->queue.head == j)
		pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->mutex);
	if (!w->threaded)
		serve(w, 1);
}

int
writer_waiting(const struct writer *w)
{
	return atomic_load(&w->waiting);
}

static struct writer *
writer_new(const struct writer_opts *opts, bool thread)
{
	struct writer	*w = calloc(1, sizeof(*w));

	if (w == NULL || (w->path = strdup(opts->path)) == NULL) {
		free(w);
		return NULL;
	}
	w->opts = *opts;
	w->opts.path = w->path;
	w->threaded = thread;
	queue_init(&w->queue);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->more, NULL);
	return w;
}

static void
writer_free(struct writer *w)
{
	checkpointer_stop(w->checkpointer);
	db_close(w->db);	/* the last one: copies the log back */
	pthread_mutex_destroy(&w->mutex);
	pthread_cond_destroy(&w->more);
	free(w->path);
	free(w);
}

enum hk_err
writer_start(struct writer **out, const struct writer_opts *opts, bool thread)
{
	struct writer	*w;
	enum hk_err	 e;

	assert(opts->most > 0);
	if ((w = writer_new(opts, thread)) == NULL)
		return store_note(HK_NOMEM, "out of memory");
	if ((e = open_again(w)) != HK_OK && opts->patient && may_pass(e)) {
		w->trouble = e;
		e = HK_OK;
	}
	if (e == HK_OK && thread &&
	    (e = checkpointer_start(&w->checkpointer, w->path)) == HK_OK)
		e = thread_start(&w->thread, writer_main, w);
	if (e != HK_OK) {
		writer_free(w);
		return e;
	}
	if (thread && w->db != NULL && !w->db->wal)
		log_warn("%s: written through a rollback journal: its file system does not "
		    "carry SQLite's WAL; slower, and only for one host", w->path);
	*out = w;
	return HK_OK;
}

void
writer_stop(struct writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stopping = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->mutex);
	if (w->threaded)
		pthread_join(w->thread, NULL);
	writer_free(w);
}
