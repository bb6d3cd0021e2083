/* lock: bounded, fair, and nobody's signals are touched. */
#include "scene.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

static struct lock
lock_at(const char *name)
{
	struct lock	 l;

	if (lock_open(&l, at(name)) != HK_OK)
		abort();
	return l;
}

static void
two_descriptors_exclude_each_other(void **state)
{
	struct lock	 a = lock_at("l"), b = lock_at("l");

	(void)state;
	assert_int_equal(lock_take(&a, 100), HK_OK);
	assert_int_equal(lock_take(&b, 0), HK_BUSY);
	lock_drop(&a);
	assert_int_equal(lock_take(&b, 0), HK_OK);
	assert_int_equal(lock_take(&a, 0), HK_BUSY);
	lock_close(&b);
	assert_int_equal(lock_take(&a, 0), HK_OK);
	lock_close(&a);
}

struct waiter {
	pthread_t	 thread;
	int64_t		 ms, took_ms;
	enum hk_err	 err;
};

static void *
wait_thread(void *arg)
{
	struct waiter	*w = arg;
	struct lock	 l = lock_at("l");
	int64_t		 t = mono_us();

	w->err = lock_take(&l, w->ms);
	w->took_ms = (mono_us() - t) / 1000;
	lock_close(&l);
	return NULL;
}

static void
each_thread_gives_up_at_its_own_time(void **state)
{
	struct waiter	 w[4] = { { .ms = 1 }, { .ms = 60 }, { .ms = 120 }, { .ms = 240 } };
	struct lock	 l = lock_at("l");

	(void)state;
	assert_int_equal(lock_take(&l, 0), HK_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(thread_start(&w[i].thread, wait_thread, &w[i]), HK_OK);
	for (int i = 0; i < 4; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].err, HK_BUSY);
		assert_in_range(w[i].took_ms, w[i].ms, w[i].ms + 500);
	}
	lock_close(&l);
}

static void
a_waiter_gets_it_when_it_is_dropped(void **state)
{
	struct waiter	 w = { .ms = 20000 };
	struct lock	 l = lock_at("l");

	(void)state;
	assert_int_equal(lock_take(&l, 0), HK_OK);
	assert_int_equal(thread_start(&w.thread, wait_thread, &w), HK_OK);
	usleep(50000);
	lock_drop(&l);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.err, HK_OK);
	assert_in_range(w.took_ms, 1, 5000);
	lock_close(&l);
}

static void
signals_are_as_before(void **state)
{
	struct lock	 a = lock_at("l"), b = lock_at("l");
	sigset_t	 all, before, after;

	(void)state;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	assert_int_equal(lock_take(&a, 0), HK_OK);
	assert_int_equal(lock_take(&b, 30), HK_BUSY);
	pthread_sigmask(SIG_SETMASK, &before, &after);
	assert_true(sigismember(&after, SIGRTMIN + 1));
	assert_true(sigismember(&after, SIGTERM));
	lock_close(&a);
	lock_close(&b);
}

/* A program that starts another between taking and dropping it. */
static void
a_forked_child_does_not_keep_it(void **state)
{
	struct lock	 a = lock_at("l"), b = lock_at("l");
	pid_t		 pid;

	(void)state;
	assert_int_equal(lock_take(&a, 0), HK_OK);
	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	lock_drop(&a);
	assert_int_equal(lock_take(&b, 0), HK_OK);
	kill(pid, SIGKILL);
	child_wait(pid);
	lock_close(&a);
	lock_close(&b);
}

static void
no_timers(int unused)
{
	struct rlimit	 none = { 0, 0 };
	struct waiter	 w = { .ms = 80 };

	(void)unused;
	check(setrlimit(RLIMIT_SIGPENDING, &none) == 0);
	wait_thread(&w);
	check(w.err == HK_BUSY && w.took_ms >= 80 && w.took_ms < 600);
}

static void
without_timers_it_is_bounded_too(void **state)
{
	struct lock	 l = lock_at("l");

	(void)state;
	assert_int_equal(lock_take(&l, 0), HK_OK);
	assert_int_equal(child_wait(child_start(no_timers, 0)), 0);
	lock_close(&l);
}

#define PROCESSES	4

static int	*turns;		/* shared with the children */

static void
take_turns(int me)
{
	struct lock	 l = lock_at("l");
	int64_t		 end = mono_us() + 600 * US_PER_MS;

	while (mono_us() < end) {
		check(lock_take(&l, 5000) == HK_OK);
		usleep(1000);		/* a commit */
		lock_drop(&l);
		turns[me]++;
	}
}

static void
no_process_starves(void **state)
{
	pid_t	 pid[PROCESSES];
	int	 least = INT32_MAX, most = 0;

	(void)state;
	turns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(turns != MAP_FAILED);
	for (int i = 0; i < PROCESSES; i++)
		pid[i] = child_start(take_turns, i);
	for (int i = 0; i < PROCESSES; i++)
		assert_int_equal(child_wait(pid[i]), 0);
	for (int i = 0; i < PROCESSES; i++) {
		least = turns[i] < least ? turns[i] : least;
		most = turns[i] > most ? turns[i] : most;
	}
	if (least * 4 < most)
		fail_msg("one had %d turns, another %d", least, most);
	munmap(turns, 4096);
}

static void
a_missing_folder_is_told(void **state)
{
	struct lock	 l;

	(void)state;
	assert_int_equal(lock_open(&l, at("no/such/l")), HK_IO);
	assert_non_null(strstr(err_last(), "no/such/l"));
	assert_int_equal(lock_take(&l, 0), HK_OK);	/* none: a database in memory */
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		scene(two_descriptors_exclude_each_other),
		scene(each_thread_gives_up_at_its_own_time),
		scene(a_waiter_gets_it_when_it_is_dropped),
		scene(signals_are_as_before),
		scene(a_forked_child_does_not_keep_it),
		scene(without_timers_it_is_bounded_too),
		scene(no_process_starves),
		scene(a_missing_folder_is_told),
	};

	log_open("test_lock", LOG_ERROR);
	return cmocka_run_group_tests_name("store/lock", tests, NULL, NULL);
}
