/* writer: all that waits in one transaction, and each told its own truth. */
#include "puts.h"

#define PRODUCERS	8
#define EACH		100

struct producer {
	pthread_t	 thread;
	struct writer	*w;
	int		 n;
	struct put	 put[EACH];
};

static void *
produce(void *arg)
{
	struct producer	*p = arg;
	char		 id[24];

	for (int i = 0; i < EACH; i++) {
		snprintf(id, sizeof(id), "evt_%d_%d", p->n, i);
		put_send(p->w, &p->put[i], id);
	}
	return NULL;
}

static void
many_producers_share_few_commits(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, true);
	static struct producer	 p[PRODUCERS];

	(void)state;
	memset(p, 0, sizeof(p));
	for (int i = 0; i < PRODUCERS; i++) {
		p[i].w = w;
		p[i].n = i;
		assert_int_equal(thread_start(&p[i].thread, produce, &p[i]), HK_OK);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(p[i].thread, NULL);
	all_answered();
	for (int i = 0; i < PRODUCERS; i++)
		for (int k = 0; k < EACH; k++)
			if (p[i].put[k].answer != HK_OK || p[i].put[k].answers != 1)
				fail_msg("%s: %s, %d times", p[i].put[k].id,
				    err_name(p[i].put[k].answer), p[i].put[k].answers);
	assert_int_equal(writer_waiting(w), 0);
	writer_stop(w);
	assert_int_equal(stored(), PRODUCERS * EACH);
	assert_in_range(commits, 1, PRODUCERS * EACH / 2);
}

/* Puts that are all queued while the lock is elsewhere, so they are one batch. */
static void
send_together(struct writer *w, struct put *p, int n)
{
	struct db	*other = opened(at("d"), MS);
	char		 id[24];

	assert_int_equal(db_begin(other), HK_OK);
	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		put_send(w, &p[i], id);
	}
	assert_int_equal(writer_waiting(w), n);
	db_close(other);
	all_answered();
}

static void
one_bad_job_harms_no_other(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, true);
	struct put		 p[5] = { [2] = { .fail = HK_NEVER } };

	(void)state;
	send_together(w, p, 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(p[i].answers, 1);
		assert_int_equal(p[i].answer, i == 2 ? HK_NEVER : HK_OK);
	}
	assert_int_equal(p[0].runs, 2);		/* it was one batch, then each alone */
	writer_stop(w);
	assert_int_equal(stored(), 4);
}

static void
those_that_come_while_it_waits_are_in_the_same_commit(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, true);
	struct put		 p[20] = { 0 };

	(void)state;
	send_together(w, p, 20);
	writer_stop(w);
	assert_int_equal(commits, 1);
	assert_int_equal(stored(), 20);
}

static void
a_batch_has_its_most(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w;
	struct put		 p[20] = { 0 };

	(void)state;
	opts.most = 7;
	w = started(&opts, true);
	send_together(w, p, 20);
	writer_stop(w);
	assert_int_equal(commits, 3);
	assert_int_equal(stored(), 20);
}

static void
stopping_finishes_what_was_put(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, true);
	static struct put	 p[200];
	char			 id[24];

	(void)state;
	memset(p, 0, sizeof(p));
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		put_send(w, &p[i], id);
	}
	writer_stop(w);
	assert_int_equal(open_answers, 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(p[i].answer, HK_OK);
	assert_int_equal(stored(), 200);
	writer_stop(NULL);
}

static void
without_threads_the_answer_is_there_at_once(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, false);
	struct put		 a = { 0 }, b = { .fail = HK_LATER }, c = { 0 };
	struct stat		 st;

	(void)state;
	put_send(w, &a, "evt_a");
	assert_int_equal(a.answers, 1);
	assert_int_equal(a.answer, HK_OK);
	put_send(w, &b, "evt_b");
	assert_int_equal(b.answer, HK_LATER);
	assert_int_equal(b.runs, 1);
	put_send(w, &c, "evt_a");
	assert_int_equal(c.answer, HK_EXISTS);
	assert_int_equal(commits, 1);
	writer_stop(w);
	assert_int_equal(stat(at("d-wal"), &st), -1);	/* nothing for the next start to replay */
	assert_int_equal(stored(), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		scene(many_producers_share_few_commits),
		scene(one_bad_job_harms_no_other),
		scene(those_that_come_while_it_waits_are_in_the_same_commit),
		scene(a_batch_has_its_most),
		scene(stopping_finishes_what_was_put),
		scene(without_threads_the_answer_is_there_at_once),
	};

	log_open("test_writer", LOG_ERROR);
	return cmocka_run_group_tests_name("store/writer", tests, NULL, NULL);
}
