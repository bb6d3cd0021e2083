/* The database as a file, and back: what is refused, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/backup.h"
#include "store/private.h"

struct stage {
	char	 dir[32], db[64], bak[64];
};

static const struct backup_opts	quiet = { .busy_ms = 200 };

static void
put(const char *path, const char *sql)
{
	struct db	*db;

	assert_int_equal(db_open(&db, path, DB_RW, 1000), HK_OK);
	assert_int_equal(db_exec(db, "test", sql), HK_OK);
	db_close(db);
}

static int64_t
ask(const char *path, const char *sql)
{
	struct db	*db;
	int64_t		 n = -1;

	assert_int_equal(db_open(&db, path, DB_RO, 1000), HK_OK);
	assert_int_equal(db_ask(db, sql, &n), HK_OK);
	db_close(db);
	return n;
}

#define PLAN(ref)	"INSERT INTO plan (match, ref, credits, created_at, updated_at)" \
			" VALUES ('price', '" ref "', 1, 1, 1)"
#define PLANS		"SELECT count(*) FROM plan"

static int
setup(void **state)
{
	struct stage	*s = calloc(1, sizeof(*s));

	assert_non_null(s);
	strcpy(s->dir, "/tmp/hkbakXXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->db, sizeof(s->db), "%s/a.db", s->dir);
	snprintf(s->bak, sizeof(s->bak), "%s/a.bak", s->dir);
	put(s->db, PLAN("price_1"));
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct stage	*s = *state;
	char		 line[64];

	snprintf(line, sizeof(line), "rm -rf %s", s->dir);
	assert_int_equal(system(line), 0);
	free(s);
	return 0;
}

static void
a_backup_is_of_one_moment_and_for_its_owner_alone(void **state)
{
	struct stage	*s = *state;
	struct backup	 b;
	struct stat	 st;
	struct db	*busy;

	/* Somebody is in the middle of something. */
	assert_int_equal(db_open(&busy, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(busy), HK_OK);
	assert_int_equal(db_exec(busy, "test", PLAN("price_2")), HK_OK);
	assert_int_equal(db_backup(s->db, s->bak, &quiet, &b), HK_OK);
	assert_int_equal(db_commit(busy), HK_OK);
	db_close(busy);
	assert_int_equal(ask(s->bak, PLANS), 1);
	assert_int_equal(stat(s->bak, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(b.bytes, st.st_size);
	assert_int_equal(b.schema, db_schema_version());
	/* A newer one takes its place. */
	assert_int_equal(db_backup(s->db, s->bak, &quiet, &b), HK_OK);
	assert_int_equal(ask(s->bak, PLANS), 2);
}

static void
what_is_no_backup_is_not_written_over(void **state)
{
	struct stage	*s = *state;
	char		 text[64];
	struct backup	 b;
	FILE		*f;

	snprintf(text, sizeof(text), "%s/notes", s->dir);
	assert_non_null(f = fopen(text, "w"));
	fputs("my notes", f);
	fclose(f);
	assert_int_equal(db_backup(s->db, text, &quiet, &b), HK_EXISTS);
	assert_int_equal(db_backup(s->db, s->db, &quiet, &b), HK_EXISTS);
	assert_non_null(strstr(err_last(), "the database itself"));
	snprintf(text, sizeof(text), "%s/none/a.bak", s->dir);
	assert_int_equal(db_backup(s->db, text, &quiet, &b), HK_IO);
	assert_int_equal(db_backup(s->dir, s->bak, &quiet, &b), HK_IO);
	assert_int_equal(access(s->bak, F_OK), -1);
}

static void
where_there_is_no_log_it_is_copied_too(void **state)
{
	struct stage	*s = *state;
	struct backup	 b;
	struct open_how	 how = { .use = DB_RW, .busy_ms = 1000, .no_wal = true };
	struct db	*db;

	assert_int_equal(db_open_how(&db, s->db, &how), HK_OK);
	assert_string_equal(db_journal(db), "truncate");
	assert_int_equal(db_backup(s->db, s->bak, &quiet, &b), HK_OK);
	db_close(db);
	assert_int_equal(ask(s->bak, PLANS), 1);
}

static void
a_restore_keeps_what_was_there(void **state)
{
	struct stage	*s = *state;
	struct backup	 b;
	struct restored	 r;

	assert_int_equal(db_backup(s->db, s->bak, &quiet, &b), HK_OK);
	put(s->db, PLAN("price_2"));
	assert_int_equal(db_restore(s->db, s->bak, false, &quiet, &r), HK_OK);
	assert_int_equal(ask(s->db, PLANS), 1);
	assert_int_equal(ask(r.kept, PLANS), 2);
	assert_string_equal(r.users, "");
	/* Twice within a second, and each is kept. */
	put(s->db, PLAN("price_3"));
	put(s->db, PLAN("price_4"));
	assert_int_equal(db_restore(s->db, s->bak, false, &quiet, &r), HK_OK);
	assert_int_equal(ask(r.kept, PLANS), 3);
}

static void
a_restore_where_there_is_nothing(void **state)
{
	struct stage	*s = *state;
	struct backup	 b;
	struct restored	 r;

	assert_int_equal(db_backup(s->db, s->bak, &quiet, &b), HK_OK);
	assert_int_equal(unlink(s->db), 0);
	assert_int_equal(db_restore(s->db, s->bak, false, &quiet, &r), HK_OK);
	assert_string_equal(r.kept, "");
	assert_int_equal(ask(s->db, PLANS), 1);
}

/* Another process has it open; whether it may be restored all the same. */
static void
who_has_it_open_is_named(void **state)
{
	struct stage	*s = *state;
	struct backup	 b;
	struct restored	 r;
	int		 ready[2], end[2];
	char		 c;
	pid_t		 pid;

	assert_int_equal(db_backup(s->db, s->bak, &quiet, &b), HK_OK);
	put(s->db, PLAN("price_2"));
	assert_int_equal(pipe(ready) | pipe(end), 0);
	if ((pid = fork()) == 0) {
		struct db	*db;

		close(end[1]);
		if (db_open(&db, s->db, DB_RW, 1000) != HK_OK || write(ready[1], "!", 1) != 1 ||
		    read(end[0], &c, 1) != 0)
			_exit(1);
		/* It goes on with what was restored. */
		_exit(db_begin(db) == HK_OK && db_exec(db, "test", PLAN("price_9")) == HK_OK &&
		    db_commit(db) == HK_OK ? 0 : 2);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(db_restore(s->db, s->bak, false, &quiet, &r), HK_BUSY);
	assert_non_null(strstr(r.users, "test_backup (process "));
	assert_int_equal(ask(s->db, PLANS), 2);
	assert_int_equal(db_restore(s->db, s->bak, true, &quiet, &r), HK_OK);
	close(end[1]);
	{
		int	status;

		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	assert_int_equal(ask(s->db, PLANS), 2);		/* price_1, price_9 */
	assert_int_equal(ask(s->db, "SELECT count(*) FROM plan WHERE ref = 'price_2'"), 0);
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(a_backup_is_of_one_moment_and_for_its_owner_alone),
		T(what_is_no_backup_is_not_written_over),
		T(where_there_is_no_log_it_is_copied_too),
		T(a_restore_keeps_what_was_there),
		T(a_restore_where_there_is_nothing),
		T(who_has_it_open_is_named),
	};

	return cmocka_run_group_tests_name("store/backup", tests, NULL, NULL);
}
