/* log_vfs: fewer writes, and on disk at the same moment. */
#include "scene.h"

#include <fcntl.h>
#include <sys/sendfile.h>

#define MS	2000

static void
copy(const char *from, const char *to)
{
	struct stat	 st;
	int		 in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(in != -1 && out != -1 && fstat(in, &st) == 0);
	for (off_t done = 0; done < st.st_size; )
		assert_true(sendfile(out, in, &done, (size_t)(st.st_size - done)) > 0);
	close(in);
	close(out);
}

/* What somebody finds who has only the files, as they are now. */
static int64_t
on_disk(void)
{
	struct db	*db;
	int64_t		 n;

	copy(at("d"), at("copy"));
	copy(at("d-wal"), at("copy-wal"));
	db = opened(at("copy"), MS);
	n = count_events(db);
	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
	unlink(at("copy"));
	return n;
}

static void
put(struct db *db, int from, int n, struct span body)
{
	char	 id[24];

	for (int i = from; i < from + n; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		assert_int_equal(put_event(db, id, body), HK_OK);
	}
}

/* The cache has 8 pages, so what is more is in the log before the commit. */
static void
a_commit_is_in_the_files(void **state)
{
	static const struct {
		const char	*phrase;
		int		 events;
		size_t		 bytes;		/* of each */
		bool		 commit;
	} rows[] = {
		{ "one small event",			1,	10,	true },
		{ "another",				1,	10,	true },
		{ "taken back before it was written",	1,	10,	false },
		{ "after that",				2,	10,	true },
		{ "more than is gathered at once",	300,	2000,	true },
		{ "taken back, partly written",		300,	2000,	false },
		{ "written over that",			5,	2000,	true },
		{ "taken back, one page written",	14,	5000,	false },
		{ "large ones written over that",	9,	200000,	true },
	};
	static const struct open_how	 how = { .use = DB_RW, .busy_ms = MS, .cache_kb = 64 };
	static char			 body[200000];
	struct db			*db = NULL;
	int64_t				 told = 0, seen;

	(void)state;
	memset(body, 'x', sizeof(body));
	assert_int_equal(db_open_how(&db, at("d"), &how), HK_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(db_begin(db), HK_OK);
		put(db, (int)told, rows[i].events, span_of(body, rows[i].bytes));
		seen = count_events(db);
		if (seen != told + rows[i].events)
			fail_msg("%s: inside there are %lld", rows[i].phrase, (long long)seen);
		if ((seen = on_disk()) != told)
			fail_msg("%s: before its end there are %lld", rows[i].phrase,
			    (long long)seen);
		if (rows[i].commit) {
			told += rows[i].events;
			assert_int_equal(db_commit(db), HK_OK);
		} else
			db_rollback(db);
		if ((seen = on_disk()) != told)
			fail_msg("%s: there are %lld of %lld", rows[i].phrase, (long long)seen,
			    (long long)told);
	}
	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
}

/* Calls of this process that wrote something; -1: nobody counts. */
static long
writes(void)
{
	long	 n = -1;
	char	 line[64];
	FILE	*f = fopen("/proc/self/io", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "syscw: %ld", &n);
	if (f != NULL)
		fclose(f);
	return n;
}

static void
a_commit_of_a_few_is_one_write(void **state)
{
	struct db	*db = opened(at("d"), MS);
	long		 before;

	(void)state;
	assert_int_equal(db_begin(db), HK_OK);
	put(db, 0, 1, SPAN("the first also begins the log"));
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	put(db, 1, 9, SPAN("{}"));
	before = writes();
	assert_int_equal(db_commit(db), HK_OK);
	if (before != -1)
		assert_int_equal(writes() - before, 1);
	db_close(db);
	if (before == -1)
		skip();
}

/* Of its last quarter each quarter, again after a restart; not when that is due. */
static void
a_log_that_grows_is_copied_in_parts(void **state)
{
	static const struct {
		int	mb;
		bool	copy;
	} then[] = {
		{ 1, false }, { 47, false }, { 48, true }, { 48, false }, { 51, false }, { 52, true },
		{ 60, true }, { 63, false }, { 1, false }, { 47, false }, { 50, true }, { 53, false },
		{ 54, true }, { 63, true }, { 64, false }, { 80, false }, { 2, false }, { 48, true },
	};
	struct db	db = { .log_most = INT64_C(64) << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(then) / sizeof(*then); i++) {
		db.log_pages = (then[i].mb << 20) / DB_PAGE;
		if (db_log_grew(&db) != then[i].copy)
			fail_msg("%zu: at %d MB", i, then[i].mb);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		scene(a_commit_is_in_the_files),
		scene(a_commit_of_a_few_is_one_write),
		cmocka_unit_test(a_log_that_grows_is_copied_in_parts),
	};

	log_open("test_log", LOG_ERROR);
	return cmocka_run_group_tests_name("store/log", tests, NULL, NULL);
}
