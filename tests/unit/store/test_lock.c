/* lock: bounded, in order, and nobody's signals are touched. */
#include "scene.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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
	int		 came;		/* how many had it before */
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

/* Until the n-th one waits: it has its number, which stands in the file. */
static void
until_waiting(const struct lock *l, int32_t n)
{
	int32_t	 drawn = 0;

	for (int i = 0; i < 10000 && drawn != n; i++) {
		usleep(1000);
		if (pread(l->fd, &drawn, sizeof(drawn), 0) != sizeof(drawn))
			drawn = 0;
	}
	assert_int_equal(drawn, n);
	usleep(5000);
}

static void
a_waiter_gets_it_when_it_is_dropped(void **state)
{
	struct waiter	 w = { .ms = 20000 };
	struct lock	 l = lock_at("l");

	(void)state;
	assert_int_equal(lock_take(&l, 0), HK_OK);
	assert_int_equal(thread_start(&w.thread, wait_thread, &w), HK_OK);
	until_waiting(&l, 1);
	lock_drop(&l);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.err, HK_OK);
	assert_in_range(w.took_ms, 1, 5000);
	lock_close(&l);
}

static atomic_int	came;

static void *
come(void *arg)
{
	struct waiter	*w = arg;
	struct lock	 l = lock_at("l");

	w->err = lock_take(&l, w->ms);
	w->came = atomic_fetch_add(&came, 1);
	lock_close(&l);
	return NULL;
}

static void
turns_come_in_the_order_they_were_asked_for(void **state)
{
	struct waiter	 w[5];
	struct lock	 l = lock_at("l");

	(void)state;
	atomic_store(&came, 0);
	assert_int_equal(lock_take(&l, 0), HK_OK);
	for (int i = 0; i < 5; i++) {
		w[i] = (struct waiter){ .ms = 20000 };
		assert_int_equal(thread_start(&w[i].thread, come, &w[i]), HK_OK);
		until_waiting(&l, i + 1);
	}
	lock_drop(&l);
	assert_int_equal(lock_take(&l, 20000), HK_OK);	/* again, but behind all of them */
	assert_int_equal(atomic_load(&came), 5);
	for (int i = 0; i < 5; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].err, HK_OK);
		assert_int_equal(w[i].came, i);
	}
	lock_close(&l);
}

static void
who_holds_it_can_tell_that_others_wait(void **state)
{
	struct waiter	 w = { .ms = 20000 };
	struct lock	 l = lock_at("l"), other = lock_at("l");

	(void)state;
	assert_int_equal(lock_take(&l, 0), HK_OK);
	assert_false(lock_wanted(&l));
	assert_int_equal(lock_take(&other, 0), HK_BUSY);	/* only tried */
	assert_false(lock_wanted(&l));
	assert_int_equal(thread_start(&w.thread, wait_thread, &w), HK_OK);
	until_waiting(&l, 1);
	assert_true(lock_wanted(&l));
	lock_drop(&l);
	pthread_join(w.thread, NULL);
	assert_false(lock_wanted(&l));
	lock_close(&l);
	lock_close(&other);
}

static void
wait_long(int unused)
{
	struct lock	 l = lock_at("l");

	(void)unused;
	check(lock_take(&l, 60000) == HK_OK);
	pause();
}

/* One waits between the holder and us, and something happens to it. */
static void
behind_one_that(int sig, int64_t ms, struct waiter *w)
{
	struct lock	 l = lock_at("l");
	pid_t		 pid;

	assert_int_equal(lock_take(&l, 0), HK_OK);
	pid = child_start(wait_long, 0);
	until_waiting(&l, 1);
	*w = (struct waiter){ .ms = ms };
	assert_int_equal(thread_start(&w->thread, wait_thread, w), HK_OK);
	until_waiting(&l, 2);
	assert_int_equal(kill(pid, sig), 0);
	usleep(20000);
	lock_drop(&l);
	pthread_join(w->thread, NULL);
	kill(pid, SIGKILL);
	child_wait(pid);
	lock_close(&l);
}

static void
a_waiter_that_dies_is_not_waited_for(void **state)
{
	struct waiter	 w;

	(void)state;
	behind_one_that(SIGKILL, 60000, &w);
	assert_int_equal(w.err, HK_OK);
	assert_in_range(w.took_ms, 1, 10000);
}

static void
a_waiter_that_is_stopped_holds_others_up_for_half_their_time(void **state)
{
	struct waiter	 w;

	(void)state;
	behind_one_that(SIGSTOP, 2000, &w);
	assert_int_equal(w.err, HK_OK);
	assert_in_range(w.took_ms, 900, 1900);
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
	if (least * 2 < most)
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
		scene(turns_come_in_the_order_they_were_asked_for),
		scene(who_holds_it_can_tell_that_others_wait),
		scene(a_waiter_that_dies_is_not_waited_for),
		scene(a_waiter_that_is_stopped_holds_others_up_for_half_their_time),
		scene(signals_are_as_before),
		scene(a_forked_child_does_not_keep_it),
		scene(without_timers_it_is_bounded_too),
		scene(no_process_starves),
		scene(a_missing_folder_is_told),
	};

	log_open("test_lock", LOG_ERROR);
	return cmocka_run_group_tests_name("store/lock", tests, NULL, NULL);
}
