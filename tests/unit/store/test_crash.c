/* crash: killed at any moment, what was acknowledged is there. */
#include "scene.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <stdatomic.h>

#define MS	10000

static int	acks;	/* the write end of a pipe: numbers whose commit was told */

struct numbered {
	struct job	 job;
	int		 n;
	struct writer	*w;
};

static atomic_int	next_number;

static enum hk_err
number_run(struct job *j, struct db *db)
{
	char	 id[24];

	snprintf(id, sizeof(id), "evt_%d", ((struct numbered *)j)->n);
	return put_event(db, id, SPAN("{\"type\":\"invoice.paid\"}"));
}

/* Tell the parent, then send the next: eight are always on their way. */
static void
number_done(struct job *j, enum hk_err e)
{
	struct numbered	*n = (struct numbered *)j;

	check(e == HK_OK);
	check(write(acks, &n->n, sizeof(n->n)) == sizeof(n->n));
	n->n = next_number++;
	writer_put(n->w, j);
}

static void
load(int unused)
{
	static struct numbered	 job[8];
	struct writer_opts	 opts = { .path = at("d"), .busy_timeout_ms = MS, .most = 64,
				    .log_most = 1 << 20 };
	struct writer		*w;

	(void)unused;
	check(writer_start(&w, &opts, true) == HK_OK);
	for (int i = 0; i < 8; i++) {
		job[i] = (struct numbered){ { .run = number_run, .done = number_done },
			next_number++, w };
		writer_put(w, &job[i].job);
	}
	pause();
}

static int64_t
is_there(struct db *db, int n)
{
	struct stmt	*q;
	char		 id[24];
	int64_t		 row = 0;

	snprintf(id, sizeof(id), "evt_%d", n);
	assert_int_equal(db_stmt(db, S_EVENT_FIND, &q), HK_OK);
	bind_text(q, ":provider", SPAN("stripe"));
	bind_text(q, ":event_id", span_str(id));
	assert_int_equal(stmt_int(q, &row), HK_OK);
	return row;
}

static void
killed_under_load_every_acknowledged_event_is_there(void **state)
{
	(void)state;
	for (int round = 0; round < 5; round++) {
		struct db	*db;
		int		 end[2], n, told = 0;
		pid_t		 pid;

		assert_int_equal(pipe(end), 0);
		acks = end[1];
		next_number = 1000000 * round;
		pid = child_start(load, 0);
		close(end[1]);
		/* Killed at different moments, but not before it has promised anything. */
		for (int64_t t = mono_us() + (100 + 70 * round) * US_PER_MS;
		    mono_us() < t || (ioctl(end[0], FIONREAD, &n) == 0 &&
		    n < 20 * (int)sizeof(n) && mono_us() < t + 30 * US_PER_S); )
			usleep(10000);
		kill(pid, SIGKILL);
		assert_int_equal(child_wait(pid), 128 + SIGKILL);
		db = opened(at("d"), MS);
		for (; read(end[0], &n, sizeof(n)) == sizeof(n); told++)
			if (is_there(db, n) == 0)
				fail_msg("event %d was acknowledged and is lost", n);
		close(end[0]);
		assert_in_range(told, 10, 1000000);
		assert_int_equal(db_check(db), HK_OK);
		db_close(db);
	}
}

/* A plain CGI program: open, one event, close.  Many at once, all the time. */
static void
cgi(int me)
{
	for (int i = 0; i < 40; i++) {
		char		 id[24];
		struct db	*db;

		snprintf(id, sizeof(id), "evt_%d_%d", me, i);
		check(db_open(&db, at("d"), DB_RW, MS) == HK_OK);
		check(db_begin(db) == HK_OK);
		check(put_event(db, id, SPAN("{}")) == HK_OK);
		check(db_commit(db) == HK_OK);
		db_close(db);
	}
}

static void
programs_that_come_and_go_at_once_all_succeed(void **state)
{
	struct db	*db;
	pid_t		 pid[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		pid[i] = child_start(cgi, i);
	for (int i = 0; i < 6; i++)
		assert_int_equal(child_wait(pid[i]), 0);
	db = opened(at("d"), MS);
	assert_int_equal(count_events(db), 240);
	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
}

static void
half_done(int unused)
{
	struct db	*db;

	(void)unused;
	check(db_open(&db, at("d"), DB_RW, MS) == HK_OK);
	check(db_begin(db) == HK_OK);
	check(put_event(db, "evt_half", SPAN("{}")) == HK_OK);
	raise(SIGKILL);
}

/* The dead hold no lock, and nothing of what they did not commit is there. */
static void
killed_inside_a_transaction_nothing_of_it_is_there(void **state)
{
	struct db	*db = opened(at("d"), 500);

	(void)state;
	assert_int_equal(child_wait(child_start(half_done, 0)), 128 + SIGKILL);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(count_events(db), 0);
	assert_int_equal(put_event(db, "evt_half", SPAN("{}")), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		scene(killed_under_load_every_acknowledged_event_is_there),
		scene(programs_that_come_and_go_at_once_all_succeed),
		scene(killed_inside_a_transaction_nothing_of_it_is_there),
	};

	log_open("test_crash", LOG_ERROR);
	return cmocka_run_group_tests_name("store/crash", tests, NULL, NULL);
}
