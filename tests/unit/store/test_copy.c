/* A copy to try things on: of one moment, without a name, and the database is only read. */
#include <dirent.h>

#include "scene.h"
#include "store/copy.h"

static struct db *
made(void)
{
	struct db	*db;

	assert_int_equal(db_open(&db, at("x.db"), DB_RW, 1000), HK_OK);
	put_event(db, "evt_1", SPAN("first"));
	put_event(db, "evt_2", SPAN("second"));
	assert_int_equal(db_exec(db, "test",
	    "INSERT INTO site_user (id, clerk_id, created_at, updated_at) VALUES"
	    " ('00000000-0000-7000-8000-000000000001', 'user_1', 1, 1);"
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'price_1', 5, 1, 1);"
	    "INSERT INTO attempt (event, started_at, duration_us, result)"
	    " VALUES (2, 700, 1, 'later'), (2, 800, 1, 'handled'), (2, 900, 1, 'handled')"), HK_OK);
	return db;
}

static int64_t
number(struct db *db, const char *sql)
{
	int64_t	n = -1;

	if (db_ask(db, sql, &n) != HK_OK)
		fail_msg("%s: %s", sql, err_last());
	return n;
}

/* Names of copies in the folder. */
static int
names(void)
{
	DIR		*dir = opendir(scene_dir);
	struct dirent	*d;
	int		 n = 0;

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		n += strstr(d->d_name, ".copy-") != NULL;
	closedir(dir);
	return n;
}

static void
both_are_of_one_moment_and_have_no_name(void **state)
{
	struct copy	*c;
	struct db	*db = made(), *books, *blank;

	(void)state;
	assert_int_equal(db_copy(db, &(struct copy_opts){ .folder = NULL }, &c), HK_OK);
	assert_int_equal(names(), 0);
	books = copy_books(c);
	blank = copy_blank(c);
	put_event(db, "evt_3", SPAN("third"));
	assert_int_equal(db_exec(db, "test", "UPDATE site_user SET clerk_id = 'user_9'"), HK_OK);

	assert_int_equal(number(books, "SELECT COUNT(*) FROM site_user WHERE clerk_id = 'user_1'"), 1);
	assert_int_equal(number(books, "SELECT COUNT(*) FROM event"), 0);
	assert_int_equal(number(books, "SELECT COUNT(*) FROM attempt"), 2);
	assert_int_equal(number(blank, "SELECT COUNT(*) FROM site_user"), 0);
	assert_int_equal(number(blank, "SELECT COUNT(*) FROM plan"), 1);
	assert_int_equal(number(blank, "SELECT COUNT(*) FROM event"), 2);
	/* when it was first handled, else when it came */
	assert_int_equal(number(blank, "SELECT next_attempt_at FROM event WHERE id = 2"), 800);
	assert_int_equal(number(blank, "SELECT next_attempt_at = created_at FROM event WHERE id = 1"),
	    1);
	/* bodies are read where they are */
	assert_int_equal(number(blank, "SELECT COUNT(*) FROM event_body WHERE body = 'first'"), 1);
	copy_free(c);
	db_close(db);
}

/* What is done to the copy is done to the copy: also by mistake. */
static void
the_database_cannot_be_written_through_it(void **state)
{
	static const char *const	lines[] = {
		"DELETE FROM event_body", "UPDATE source.plan SET credits = 0",
		"CREATE TABLE source.x (y)",
	};
	struct copy			*c;
	struct db			*db = made(), *blank;

	(void)state;
	assert_int_equal(db_copy(db, &(struct copy_opts){ .folder = NULL }, &c), HK_OK);
	blank = copy_blank(c);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(db_exec(blank, lines[i], lines[i]), HK_READONLY);
	assert_int_equal(db_begin(blank), HK_OK);
	assert_int_equal(db_exec(blank, "test", "DELETE FROM event; DELETE FROM plan"), HK_OK);
	/* nor does a transaction on it keep anybody waiting */
	put_event(db, "evt_3", SPAN("third"));
	assert_int_equal(db_commit(blank), HK_OK);
	assert_int_equal(number(blank, "SELECT COUNT(*) FROM event"), 0);
	copy_free(c);
	assert_int_equal(number(db, "SELECT COUNT(*) FROM event"), 3);
	assert_int_equal(number(db, "SELECT credits FROM plan"), 5);
	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
}

static void
touch(const char *name)
{
	FILE	*f = fopen(name, "w");

	assert_non_null(f);
	fclose(f);
}

/* Of a process that was killed; that of one that lives is its own. */
static void
what_a_dead_process_left_is_removed(void **state)
{
	struct copy	*c;
	struct db	*db = made();
	char		 dead[64], lives[64];
	pid_t		 pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(dead, sizeof(dead), "x.db.copy-%d-a-wal", (int)pid);
	snprintf(lives, sizeof(lives), "x.db.copy-%d-a", (int)getppid());
	touch(at(dead));
	touch(at(lives));
	touch(at("y.db.copy-1-a"));
	assert_int_equal(db_copy(db, &(struct copy_opts){ .folder = NULL }, &c), HK_OK);
	copy_free(c);
	assert_int_equal(access(at(dead), F_OK), -1);
	assert_int_equal(access(at(lives), F_OK), 0);
	assert_int_equal(access(at("y.db.copy-1-a"), F_OK), 0);
	db_close(db);
}

static void
it_may_lie_elsewhere_and_says_where_it_cannot(void **state)
{
	struct copy	*c = NULL;
	struct db	*db = made(), *reader;

	(void)state;
	assert_int_equal(db_copy(db, &(struct copy_opts){ .folder = at("nowhere") }, &c), HK_IO);
	assert_non_null(strstr(err_last(), "nowhere"));
	/* a file system without room */
	assert_int_equal(db_copy(db, &(struct copy_opts){ .folder = "/proc" }, &c), HK_FULL);
	assert_non_null(strstr(err_last(), "/proc/ has 0 MB free, a copy may need "));
	assert_int_equal(mkdir(at("there"), 0700), 0);
	assert_int_equal(db_open(&reader, at("x.db"), DB_RO, 1000), HK_OK);
	assert_int_equal(db_copy(reader, &(struct copy_opts){ .folder = at("there") }, &c), HK_OK);
	assert_int_equal(number(copy_blank(c), "SELECT COUNT(*) FROM event_body"), 2);
	copy_free(c);
	assert_int_equal(names(), 0);
	assert_int_equal(rmdir(at("there")), 0);
	db_close(reader);
	db_close(db);
}

static int64_t	told, told_all;

static void
progress(void *ctx, int64_t done, int64_t all)
{
	(void)ctx;
	assert_true(done >= told && done <= all);
	told = done;
	told_all = all;
}

static void
progress_goes_to_the_end(void **state)
{
	struct copy	*c;
	struct db	*db = made();

	(void)state;
	told = 0;
	assert_int_equal(db_copy(db, &(struct copy_opts){ .progress = progress }, &c), HK_OK);
	assert_true(told > 0 && told == told_all);
	copy_free(c);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		scene(both_are_of_one_moment_and_have_no_name),
		scene(the_database_cannot_be_written_through_it),
		scene(what_a_dead_process_left_is_removed),
		scene(it_may_lie_elsewhere_and_says_where_it_cannot),
		scene(progress_goes_to_the_end),
	};

	return cmocka_run_group_tests_name("store/copy", tests, NULL, NULL);
}
