/* Jobs for a writer's tests: each puts an event in and keeps its answer. */
#ifndef TESTS_STORE_PUTS_H
#define TESTS_STORE_PUTS_H

#include "scene.h"

#include <pthread.h>
#include <stdatomic.h>

#define MS	2000	/* a time limit that is not reached */

/* A job of the tests: puts an event in, fails on demand, remembers its answer. */
struct put {
	struct job	 job;		/* first: the job is the put */
	char		 id[24];
	struct span	 body;
	enum hk_err	 fail;		/* instead of HK_OK, after writing */
	int		 runs, answers;
	enum hk_err	 answer;
};

static pthread_mutex_t	mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	answered = PTHREAD_COND_INITIALIZER;
static int		open_answers;	/* puts that have none yet */
static atomic_int	commits;

static inline enum hk_err
put_run(struct job *j, struct db *db)
{
	struct put	*p = (struct put *)j;
	enum hk_err	 e = put_event(db, p->id, p->body);

	p->runs++;
	return e != HK_OK ? e : p->fail;
}

static inline void
put_done(struct job *j, enum hk_err e)
{
	struct put	*p = (struct put *)j;

	pthread_mutex_lock(&mutex);
	p->answers++;
	p->answer = e;
	open_answers--;
	pthread_cond_broadcast(&answered);
	pthread_mutex_unlock(&mutex);
}

static inline void
put_send(struct writer *w, struct put *p, const char *id)
{
	snprintf(p->id, sizeof(p->id), "%s", id);
	p->job.run = put_run;
	p->job.done = put_done;
	if (p->body.p == NULL)
		p->body = SPAN("{}");
	pthread_mutex_lock(&mutex);
	open_answers++;
	pthread_mutex_unlock(&mutex);
	writer_put(w, &p->job);
}

static inline void
all_answered(void)
{
	pthread_mutex_lock(&mutex);
	while (open_answers > 0)
		pthread_cond_wait(&answered, &mutex);
	pthread_mutex_unlock(&mutex);
}

/* One put, and its answer. */
static inline enum hk_err
put_one(struct writer *w, const char *id)
{
	struct put	 p = { 0 };

	put_send(w, &p, id);
	all_answered();
	return p.answer;
}

static inline void
committed(void *ctx)
{
	(void)ctx;
	commits++;
}

static inline struct writer *
started(const struct writer_opts *opts, bool thread)
{
	struct writer	*w = NULL;

	commits = 0;
	if (writer_start(&w, opts, thread) != HK_OK)
		fail_msg("%s", err_last());
	return w;
}

static inline struct writer_opts
plain(void)
{
	return (struct writer_opts){ .path = at("d"), .busy_timeout_ms = MS, .most = 64,
		.committed = committed };
}

static inline int64_t
stored(void)
{
	struct db	*db = opened(at("d"), MS);
	int64_t		 n = count_events(db);

	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
	return n;
}

#endif
