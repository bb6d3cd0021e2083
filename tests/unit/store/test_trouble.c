/* trouble: locked, full, vanished, held by a reader; refused, then taken again. */
#include "puts.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

static void
a_lock_held_too_long_is_busy_and_passes(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w;
	struct db		*other;

	(void)state;
	opts.busy_timeout_ms = 60;
	w = started(&opts, true);
	other = opened(at("d"), MS);
	assert_int_equal(db_begin(other), HK_OK);
	assert_int_equal(put_one(w, "evt_1"), HK_BUSY);
	db_close(other);
	assert_int_equal(put_one(w, "evt_1"), HK_OK);
	writer_stop(w);
	assert_int_equal(stored(), 1);
}

static void
a_patient_writer_starts_without_its_database(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = NULL;

	(void)state;
	opts.path = at("later/d");
	assert_int_equal(writer_start(&w, &opts, true), HK_IO);
	opts.patient = true;
	w = started(&opts, true);
	assert_int_equal(put_one(w, "evt_1"), HK_IO);
	assert_int_equal(mkdir(at("later"), 0700), 0);
	assert_int_equal(put_one(w, "evt_1"), HK_IO);	/* not asked again within a second */
	usleep(1100000);
	assert_int_equal(put_one(w, "evt_1"), HK_OK);
	writer_stop(w);
}

static void
no_patience_helps_a_file_that_is_no_database(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = NULL;
	FILE			*f = fopen(at("d"), "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("no database ", f);
	fclose(f);
	opts.patient = true;
	assert_int_equal(writer_start(&w, &opts, true), HK_NOTADB);
	assert_int_equal(writer_start(&w, &opts, false), HK_NOTADB);
}

static void
move_all(const char *from, const char *to)
{
	static const char *const	 part[] = { "", "-wal", "-shm" };
	char				 a[32], b[32];

	for (size_t i = 0; i < 3; i++) {
		snprintf(a, sizeof(a), "%s%s", from, part[i]);
		snprintf(b, sizeof(b), "%s%s", to, part[i]);
		(void)rename(at(a), at(b));
	}
}

static void
a_database_that_vanished_is_not_made_anew(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, true);
	struct stat		 st;

	(void)state;
	assert_int_equal(put_one(w, "evt_1"), HK_OK);
	usleep(1100000);
	move_all("d", "away");
	assert_int_equal(put_one(w, "evt_2"), HK_MOVED);
	assert_int_equal(put_one(w, "evt_2"), HK_MOVED);
	assert_int_equal(stat(at("d"), &st), -1);
	fclose(fopen(at("d"), "w"));	/* somebody's touch(1) is no database either */
	usleep(1100000);
	assert_int_equal(put_one(w, "evt_2"), HK_MOVED);
	assert_int_equal(stat(at("d"), &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(remove(at("d")), 0);
	move_all("away", "d");
	usleep(1100000);
	assert_int_equal(put_one(w, "evt_2"), HK_OK);
	writer_stop(w);
	assert_int_equal(stored(), 2);
}

/* So many of 20,000 bytes, one after the other; how many were taken, until one was not: the last answer. */
static int
put_many(struct writer *w, const char *name, int most, enum hk_err *last)
{
	static char	 body[20000];
	struct put	 p = { .body = { body, sizeof(body) } };
	char		 id[24];
	int		 n = 0;

	memset(body, 'x', sizeof(body));
	for (*last = HK_OK; n < most; n++) {
		snprintf(id, sizeof(id), "%s_%d", name, n);
		put_send(w, &p, id);
		all_answered();
		if ((*last = p.answer) != HK_OK)
			break;
	}
	return n;
}

/* What the disk has left, as statvfs(2) is told; 0: the truth. */
static int64_t	room_left;

int
statvfs(const char *path, struct statvfs *fs)
{
	struct statfs	 real;

	if (statfs(path, &real) != 0)
		return -1;
	memset(fs, 0, sizeof(*fs));
	fs->f_frsize = room_left != 0 ? 4096 : (unsigned long)real.f_bsize;
	fs->f_bavail = room_left != 0 ? (fsblkcnt_t)(room_left / 4096) : real.f_bavail;
	return 0;
}

/* Two ways for a disk to have an end. */
enum { QUOTA, SMALL_DISK };
#define CANNOT	77	/* the machine does not let us */

/* In a child: a disk of its own. */
static void
disk_mount(const char *size)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", scene_dir, "tmpfs", 0, size) == -1)
		_exit(CANNOT);
}

static void
disk_small(int how)
{
	struct rlimit	 r;

	if (how == SMALL_DISK) {
		disk_mount("size=4m");
		return;
	}
	signal(SIGXFSZ, SIG_IGN);
	check(getrlimit(RLIMIT_FSIZE, &r) == 0);
	r.rlim_cur = 2000000;
	check(setrlimit(RLIMIT_FSIZE, &r) == 0);
}

static void
disk_large(int how)
{
	struct rlimit	 r;

	if (how == SMALL_DISK) {
		check(mount(NULL, scene_dir, NULL, MS_REMOUNT, "size=40m") == 0);
		return;
	}
	check(getrlimit(RLIMIT_FSIZE, &r) == 0);
	r.rlim_cur = r.rlim_max;
	check(setrlimit(RLIMIT_FSIZE, &r) == 0);
}

static void
disk_gets_full(int how)
{
	static char		 body[20000];
	struct writer_opts	 opts = plain();
	struct writer		*w;
	struct put		 p = { .body = { body, sizeof(body) } };
	char			 id[24];
	int			 n = 0;

	memset(body, 'x', sizeof(body));
	disk_small(how);
	check(writer_start(&w, &opts, true) == HK_OK);
	for (p.answer = HK_OK; p.answer == HK_OK && n < 1000; n++) {
		snprintf(id, sizeof(id), "evt_%d", n);
		put_send(w, &p, id);
		all_answered();
	}
	check(p.answer == HK_FULL && n > 5);
	put_send(w, &p, "again");
	all_answered();
	check(p.answer == HK_FULL);
	disk_large(how);
	usleep(1100000);
	put_send(w, &p, "room");
	all_answered();
	check(p.answer == HK_OK);
	writer_stop(w);
	check(stored() == n);	/* n - 1 of the first, and "room" */
}

/* A quota that statvfs(2) does not know: room was made, and has to do for long. */
static void
quota_is_met(int how)
{
	struct writer_opts	 opts = plain();
	struct writer		*w;
	enum hk_err		 last;
	int			 n, fd;

	(void)how;
	disk_mount("size=24m");
	room_left = INT64_C(1) << 40;
	check((fd = open(at("ballast"), O_WRONLY | O_CREAT, 0600)) != -1 &&
	    posix_fallocate(fd, 0, 20 << 20) == 0);
	check(writer_start(&w, &opts, true) == HK_OK);
	n = put_many(w, "evt", 1000, &last);
	check(n > 5 && last == HK_FULL);
	check(close(fd) == 0 && unlink(at("ballast")) == 0);
	check(put_many(w, "more", 400, &last) == 400);	/* a log of 26 MB, unless it is begun anew */
	writer_stop(w);
	check(stored() == n + 400);
}

static void
a_quota_that_was_met_is_not_met_again_by_the_log(void **state)
{
	int	 rc = child_wait(child_start(quota_is_met, 0));

	(void)state;
	if (rc == CANNOT)
		skip();
	assert_int_equal(rc, 0);
}

static void
a_full_disk_loses_nothing_that_was_acknowledged(void **state)
{
	(void)state;
	assert_int_equal(child_wait(child_start(disk_gets_full, QUOTA)), 0);
}

static void
a_full_small_disk_loses_nothing_that_was_acknowledged(void **state)
{
	int	 status = child_wait(child_start(disk_gets_full, SMALL_DISK));

	(void)state;
	if (status == CANNOT) {
		print_message("skipped: no right to mount a small disk\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void
locked_for_a_while(int unused)
{
	struct writer_opts	 opts = plain();
	struct writer		*w;
	struct db		*other;
	int			 out = open(at("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)unused;
	check(out != -1 && dup2(out, STDERR_FILENO) != -1);
	log_open("test", LOG_WARN);
	opts.busy_timeout_ms = 20;
	check(writer_start(&w, &opts, true) == HK_OK);
	check(db_open(&other, opts.path, DB_RW, MS) == HK_OK);
	check(db_begin(other) == HK_OK);
	for (int i = 0; i < 5; i++)
		check(put_one(w, "evt_1") == HK_BUSY);
	db_close(other);
	for (int i = 0; i < 5; i++)
		check(put_one(w, i == 0 ? "evt_1" : "evt_2") == (i < 2 ? HK_OK : HK_EXISTS));
	writer_stop(w);
}

static void
trouble_is_logged_when_it_begins_and_when_it_is_over(void **state)
{
	char	 line[3][300] = { "", "", "" };
	FILE	*f;
	int	 n = 0;

	(void)state;
	assert_int_equal(child_wait(child_start(locked_for_a_while, 0)), 0);
	assert_non_null(f = fopen(at("log"), "r"));
	while (n < 3 && fgets(line[n], sizeof(line[n]), f) != NULL)
		n++;
	fclose(f);
	assert_int_equal(n, 2);
	assert_non_null(strstr(line[0], "lock"));
	assert_non_null(strstr(line[1], "5 requests were refused"));
}

static off_t
size_of(const char *name)
{
	struct stat	 st;

	return stat(at(name), &st) == 0 ? st.st_size : -1;
}

static void
the_log_is_started_anew_when_it_has_grown(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w;
	enum hk_err		 last;

	(void)state;
	opts.log_most = 1 << 20;
	w = started(&opts, true);
	assert_int_equal(put_many(w, "evt", 300, &last), 300);
	/* 20 MB if it were not; who copies back at the same moment puts it off. */
	assert_in_range(size_of("d-wal"), 1 << 19, 12 << 20);
	writer_stop(w);
	assert_int_equal(stored(), 300);
}

/*
 * The log must leave room for the file that it is copied back into, however busy
 * the writer is: or a disk that is nearly full is full for good.
 */
static void
the_log_leaves_room_on_the_disk(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w;
	enum hk_err		 last;

	(void)state;
	room_left = 8 << 20;
	w = started(&opts, true);
	assert_int_equal(put_many(w, "evt", 300, &last), 300);
	assert_in_range(size_of("d-wal"), 1 << 20, 12 << 20);
	writer_stop(w);
	room_left = 1;		/* less cannot be: then it is begun anew all the time, and works */
	w = started(&opts, true);
	assert_int_equal(put_many(w, "more", 300, &last), 300);
	assert_in_range(size_of("d-wal"), 1 << 18, 12 << 20);
	writer_stop(w);
	room_left = 0;
	assert_int_equal(stored(), 600);
}

/* Long reads hold the log; the writer must go on, and shrink it later. */
static void
a_long_read_does_not_stop_the_writer(void **state)
{
	static char		 body[20000];
	struct writer_opts	 opts = plain();
	struct writer		*w;
	struct db		*reader;
	struct put		 p = { .body = { body, sizeof(body) } };
	char			 id[24];

	(void)state;
	memset(body, 'x', sizeof(body));
	opts.log_most = 1 << 20;
	w = started(&opts, true);
	assert_int_equal(put_one(w, "evt_first"), HK_OK);
	assert_int_equal(db_open(&reader, at("d"), DB_RO, MS), HK_OK);
	assert_int_equal(db_begin(reader), HK_OK);
	assert_int_equal(count_events(reader), 1);
	for (int i = 0; i < 200; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		put_send(w, &p, id);
		all_answered();
		assert_int_equal(p.answer, HK_OK);
	}
	assert_int_equal(count_events(reader), 1);
	assert_in_range(size_of("d-wal"), 4000000, 20000000);
	db_close(reader);
	for (int i = 200; i < 400; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		put_send(w, &p, id);
		all_answered();
	}
	writer_stop(w);
	assert_int_equal(stored(), 401);
	assert_in_range(size_of("d"), 8000000, 20000000);
}

/* Nobody but the checkpointer: the log is copied back while the writer rests. */
static void
the_checkpointer_copies_the_log_back(void **state)
{
	struct writer_opts	 opts = plain();
	struct writer		*w = started(&opts, true);
	off_t			 before = size_of("d");
	static char		 body[50000];
	struct put		 p = { .body = { body, sizeof(body) } };

	(void)state;
	memset(body, 'x', sizeof(body));
	put_send(w, &p, "evt_1");
	all_answered();
	for (int i = 0; i < 300 && size_of("d") < before + 50000; i++)
		usleep(10000);
	assert_in_range(size_of("d"), before + 50000, before + 4000000);
	writer_stop(w);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		scene(a_lock_held_too_long_is_busy_and_passes),
		scene(a_patient_writer_starts_without_its_database),
		scene(no_patience_helps_a_file_that_is_no_database),
		scene(a_database_that_vanished_is_not_made_anew),
		scene(a_full_disk_loses_nothing_that_was_acknowledged),
		scene(a_quota_that_was_met_is_not_met_again_by_the_log),
		scene(a_full_small_disk_loses_nothing_that_was_acknowledged),
		scene(trouble_is_logged_when_it_begins_and_when_it_is_over),
		scene(the_log_is_started_anew_when_it_has_grown),
		scene(a_long_read_does_not_stop_the_writer),
		scene(the_log_leaves_room_on_the_disk),
		scene(the_checkpointer_copies_the_log_back),
	};

	log_open("test_trouble", LOG_ERROR);
	return cmocka_run_group_tests_name("store/trouble", tests, NULL, NULL);
}
