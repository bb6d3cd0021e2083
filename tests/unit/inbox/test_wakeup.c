/* Who waits for the lock gets it from those who work for as long as there is work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "inbox/wakeup.h"

#include "../place.h"

#define WAIT_MS	10000

static struct {
	struct place	 at;
	atomic_bool	 over;
	atomic_int	 held, refused;
} f;

static int
setup(void **state)
{
	(void)state;
	return place_make(&f.at, "wakeup") ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return place_remove(&f.at);
}

/* A receiver that always has more to do, and is back as soon as it has given way. */
static void *
slices(void *ctx)
{
	int	fd;

	(void)ctx;
	while (!atomic_load(&f.over)) {
		if (work_lock(f.at.conf, WORK_SLICE, 0, &fd) != HK_OK) {
			atomic_fetch_add(&f.refused, 1);
			usleep(100);
			continue;
		}
		atomic_fetch_add(&f.held, 1);
		while (!work_wanted(fd, WORK_SLICE) && !atomic_load(&f.over))
			usleep(100);
		close(fd);
	}
	return NULL;
}

static void
who_waits_is_let_in(void **state)
{
	pthread_t	thread[2];
	int64_t		since;
	int		fd, held = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, slices, NULL), 0);
	for (int round = 0; round < 20; round++) {
		while (atomic_load(&f.held) == held)
			usleep(100);
		since = mono_us();
		assert_int_equal(work_lock(f.at.conf, round % 2 ? WORK_ONCE : WORK_STAY, WAIT_MS, &fd), HK_OK);
		assert_true(mono_us() - since < WAIT_MS / 2 * US_PER_MS);
		/* Once it works it waits no more, and keeps the others out by the lock itself. */
		assert_false(work_wanted(fd, WORK_SLICE));
		held = atomic_load(&f.held);
		usleep(2000);
		assert_int_equal(atomic_load(&f.held), held);
		close(fd);
	}
	atomic_store(&f.over, true);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_true(atomic_load(&f.refused) > 0);
}

/* Who gave up, and who died, waits no more. */
static void
who_gave_up_is_waited_for_no_more(void **state)
{
	int	worker, late, fd;

	(void)state;
	assert_int_equal(work_lock(f.at.conf, WORK_STAY, 1, &worker), HK_OK);
	assert_int_equal(work_lock(f.at.conf, WORK_ONCE, 30, &late), HK_BUSY);
	assert_false(work_wanted(worker, WORK_SLICE));
	assert_int_equal(work_lock(f.at.conf, WORK_SLICE, 0, &fd), HK_BUSY);
	close(worker);
	assert_int_equal(work_lock(f.at.conf, WORK_SLICE, 0, &fd), HK_OK);
	close(fd);
}

static struct {
	enum work_way	 way;
	enum hk_err	 e;
} waiter;

static void *
wait_a_while(void *ctx)
{
	int	fd;

	(void)ctx;
	if ((waiter.e = work_lock(f.at.conf, waiter.way, 300, &fd)) == HK_OK)
		close(fd);
	return NULL;
}

/* Else two of them would only take the work from each other. */
static void
who_works_once_stays_beside_its_like(void **state)
{
	pthread_t	thread;
	int		once;

	(void)state;
	for (waiter.way = WORK_ONCE; waiter.way <= WORK_STAY; waiter.way++) {
		assert_int_equal(work_lock(f.at.conf, WORK_ONCE, 1, &once), HK_OK);
		assert_int_equal(pthread_create(&thread, NULL, wait_a_while, NULL), 0);
		while (!work_wanted(once, WORK_SLICE))
			usleep(100);
		usleep(20000);
		assert_int_equal(work_wanted(once, WORK_ONCE), waiter.way == WORK_STAY);
		pthread_join(thread, NULL);
		assert_int_equal(waiter.e, HK_BUSY);
		close(once);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(who_waits_is_let_in),
		cmocka_unit_test(who_gave_up_is_waited_for_no_more),
		cmocka_unit_test(who_works_once_stays_beside_its_like),
	};

	return cmocka_run_group_tests_name("inbox/wakeup", tests, setup, teardown);
}
