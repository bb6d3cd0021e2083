/* open: what may lie at the path, who may come at once, what the file is then. */
#include "scene.h"

#include <fcntl.h>
#include <signal.h>

#define MS	2000	/* a time limit that is not reached */

static void
shell_sql(const char *path, const char *sql)
{
	sqlite3	*s;

	store_setup();
	assert_int_equal(sqlite3_open(path, &s), SQLITE_OK);
	if (sqlite3_exec(s, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(s));
	assert_int_equal(sqlite3_close(s), SQLITE_OK);
}

static void
file_with(const char *path, const char *text)
{
	FILE	*f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
made(const char *path)
{
	db_close(opened(path, MS));
}

static int64_t
asked(struct db *db, const char *sql)
{
	int64_t	 n = -1;

	assert_int_equal(db_ask(db, sql, &n), HK_OK);
	return n;
}

static void
a_new_file_is_durable_and_private(void **state)
{
	static const char *const	 part[] = { "d", "d-wal", "d-shm", "d.lock" };
	struct stat			 st;
	mode_t				 mask = umask(0);
	struct db			*db = opened(at("d"), MS);

	(void)state;
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		assert_int_equal(stat(at(part[i]), &st), 0);
		if ((st.st_mode & 07777) != 0600)
			fail_msg("%s has mode %o", part[i], st.st_mode & 07777);
	}
	umask(mask);
	assert_string_equal(db_journal(db), "wal");
	assert_int_equal(asked(db, "PRAGMA synchronous"), 2);
	assert_int_equal(asked(db, "PRAGMA page_size"), 8192);
	assert_int_equal(asked(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(asked(db, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(asked(db, "PRAGMA user_version"), db_schema_version());
	db_close(db);
	assert_int_equal(stat(at("d-wal"), &st), -1);	/* copied back by the last one */
	db = opened(at("d"), MS);
	assert_int_equal(count_events(db), 1);
	db_close(db);
}

static void bad_text(const char *p) { file_with(p, "not a database, whatever its name says, and long"
    " enough to be one: 0123456789012345678901234567890123456789\n"); }
static void bad_short(const char *p) { file_with(p, "[hookkeeper]\n"); }
static void bad_foreign(const char *p) { shell_sql(p, "CREATE TABLE wp_posts (id)"); }
static void bad_foreign_id(const char *p) { shell_sql(p, "PRAGMA application_id = 252006674"); }
static void bad_foreign_version(const char *p) { shell_sql(p, "PRAGMA user_version = 2"); }
static void bad_folder(const char *p) { assert_int_equal(mkdir(p, 0700), 0); }
static void bad_nothing(const char *p) { (void)p; }
static void bad_empty(const char *p) { file_with(p, ""); }

static void
bad_newer(const char *p)
{
	made(p);
	shell_sql(p, "PRAGMA user_version = 4711");
}

static void
bad_older(const char *p)
{
	made(p);
	shell_sql(p, "PRAGMA user_version = 1");
}

static void
bad_truncated(const char *p)
{
	made(p);
	assert_int_equal(truncate(p, 3 * DB_PAGE), 0);
}

static void
bad_schema_page(const char *p)
{
	char	 junk[DB_PAGE - 100];
	int	 fd;

	made(p);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(p, O_RDWR);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 100), sizeof(junk));
	close(fd);
}

static void
what_cannot_be_used_is_named_with_a_way_out(void **state)
{
	static const struct {
		const char	*what;
		void		(*prepare)(const char *);
		const char	*name;
		enum db_use	 use;
		enum hk_err	 err;
		const char	*says;
	} row[] = {
		{ "a text file",		bad_text,	"d", DB_RW, HK_NOTADB, "setting db" },
		{ "a text file, to read",	bad_text,	"d", DB_RO, HK_NOTADB, "setting db" },
		{ "a short file",		bad_short,	"d", DB_RW, HK_NOTADB, "setting db" },
		{ "another program's tables",	bad_foreign,	"d", DB_RW, HK_NOTADB, "setting db" },
		{ "another program's number",	bad_foreign_id,	"d", DB_RW, HK_NOTADB, "setting db" },
		{ "another program's version",	bad_foreign_version, "d", DB_RW, HK_NOTADB, "setting db" },
		{ "of a newer program",		bad_newer,	"d", DB_RW, HK_NEWER, "newer" },
		{ "of a newer one, to read",	bad_newer,	"d", DB_RO, HK_NEWER, "newer" },
		{ "of an older one, to read",	bad_older,	"d", DB_RO, HK_NOTFOUND, "hookkeeper init" },
		{ "nothing, to read",		bad_nothing,	"d", DB_RO, HK_NOTFOUND, "hookkeeper init" },
		{ "empty, to read",		bad_empty,	"d", DB_RO, HK_NOTFOUND, "hookkeeper init" },
		{ "a folder",			bad_folder,	"d", DB_RW, HK_IO, "no file" },
		{ "no such folder",		bad_nothing,	"no/d", DB_RW, HK_IO, "make it" },
		{ "cut off",			bad_truncated,	"d", DB_RW, HK_CORRUPT, "good copy" },
		{ "first page overwritten",	bad_schema_page, "d", DB_RW, HK_CORRUPT, "good copy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct db	*db = NULL;
		enum hk_err	 e;

		row[i].prepare(at(row[i].name));
		e = db_open(&db, at(row[i].name), row[i].use, MS);
		if (e != row[i].err || strstr(err_last(), row[i].says) == NULL ||
		    strstr(err_last(), at(row[i].name)) == NULL)
			fail_msg("%s: %s: %s", row[i].what, err_name(e), err_last());
		assert_int_equal(folder_remove(scene_dir), 0);
		assert_int_equal(mkdir(scene_dir, 0700), 0);
	}
}

static void
names_that_mean_memory_are_refused(void **state)
{
	struct db	*db;

	(void)state;
	assert_int_equal(db_open(&db, ":memory:", DB_RW, MS), HK_CONF);
	assert_int_equal(db_open(&db, "", DB_RW, MS), HK_CONF);
}

static void
as_nobody(int expect)
{
	struct db	*db;
	enum hk_err	 e;

	check(geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0));
	e = db_open(&db, at("d"), DB_RW, 100);
	check_line((int)e == expect, err_name(e), __LINE__);
	check(strstr(err_last(), "write access") != NULL);
	check(strstr(err_last(), at("d")) != NULL);
}

static void
a_file_or_folder_without_write_access_is_read_only(void **state)
{
	(void)state;
	made(at("d"));
	assert_int_equal(chmod(at("d"), 0444), 0);
	assert_int_equal(chmod(at("d.lock"), 0666), 0);
	assert_int_equal(chmod(scene_dir, 0777), 0);
	assert_int_equal(child_wait(child_start(as_nobody, HK_READONLY)), 0);
	assert_int_equal(remove(at("d")), 0);
	assert_int_equal(remove(at("d.lock")), 0);
	assert_int_equal(chmod(scene_dir, 0555), 0);
	assert_int_equal(child_wait(child_start(as_nobody, HK_READONLY)), 0);
	assert_int_equal(chmod(scene_dir, 0700), 0);
}

static void
first_start(int me)
{
	char		 id[16];
	struct db	*db;

	check(db_open(&db, at("d"), DB_RW, 20000) == HK_OK);
	snprintf(id, sizeof(id), "evt_%d", me);
	check(db_begin(db) == HK_OK);
	check(put_event(db, id, SPAN("{}")) == HK_OK);
	check(db_commit(db) == HK_OK);
	db_close(db);
}

static void
eight_first_starts_at_once_all_succeed(void **state)
{
	struct db	*db;
	pid_t		 pid[8];

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 8; i++)
			pid[i] = child_start(first_start, i);
		for (int i = 0; i < 8; i++)
			assert_int_equal(child_wait(pid[i]), 0);
		db = opened(at("d"), MS);
		assert_int_equal(count_events(db), 8);
		assert_int_equal(asked(db, "PRAGMA page_size"), 8192);
		assert_int_equal(db_check(db), HK_OK);
		db_close(db);
		assert_int_equal(remove(at("d")), 0);
	}
}

/* As the program of that time left it, with an event in it. */
static void
make_version(const char *path, int version)
{
	char	 number[96];

	shell_sql(path, "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL");
	for (const struct embedded *f = schema_files; f->name != NULL; f++)
		if (atoi(f->name) <= version)
			shell_sql(path, f->data.p);
	shell_sql(path, "INSERT INTO event (provider, event_id, status, verified, created_at)"
	    " VALUES ('clerk', 'msg_1', 'pending', 1, 5);"
	    " INSERT INTO event_body (event, headers, body) VALUES (1, '{}',"
	    " printf('%.*c', 20000, 'x'))");
	snprintf(number, sizeof(number), "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    DB_APPLICATION, version);
	shell_sql(path, number);
}

static void
every_older_schema_is_brought_up_to_date(void **state)
{
	(void)state;
	for (int v = 1; v < db_schema_version(); v++) {
		char		 name[16];
		struct db	*db;

		snprintf(name, sizeof(name), "d%d", v);
		make_version(at(name), v);
		db = opened(at(name), MS);
		assert_int_equal(asked(db, "PRAGMA user_version"), db_schema_version());
		assert_int_equal(asked(db, "PRAGMA foreign_keys"), 1);
		assert_int_equal(count_events(db), 1);
		/* An old body is what it was, however large. */
		assert_int_equal(asked(db, "SELECT count(*) FROM event_body WHERE packed IS NULL"
		    " AND typeof(body) = 'text' AND length(body) = 20000"), 1);
		assert_int_equal(db_prepare_all(db), HK_OK);
		assert_int_equal(db_check(db), HK_OK);
		db_close(db);
	}
}

static const struct open_how	 plain = { .use = DB_RW, .busy_ms = MS };

static void
a_migration_that_fails_leaves_nothing(void **state)
{
	static const struct embedded	 files[] = {
		{ "9001-good.sql",	{ "CREATE TABLE good (x)", 0 } },
		{ "9002-bad.sql",	{ "CREATE TABLE bad (x); SELECT no_such()", 0 } },
		{ NULL,			{ NULL, 0 } },
	};
	struct db	*db = opened(at("d"), MS);

	(void)state;
	assert_int_not_equal(schema_bring(db, &plain, files), HK_OK);
	assert_non_null(strstr(err_last(), "9002-bad.sql"));
	assert_int_equal(asked(db, "PRAGMA user_version"), 9001);
	assert_int_equal(asked(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'good'"), 1);
	assert_int_equal(asked(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'bad'"), 0);
	assert_int_equal(lock_take(&db->lock, 0), HK_OK);	/* it was given back */
	lock_drop(&db->lock);
	db_close(db);
}

static void
endless_migration(int unused)
{
	static const struct embedded	 files[] = {
		{ "9001-long.sql",	{ "CREATE TABLE long (x); WITH RECURSIVE n(i) AS"
		    " (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO long SELECT i FROM n", 0 } },
		{ NULL,			{ NULL, 0 } },
	};
	struct db	*db;

	(void)unused;
	check(db_open(&db, at("d"), DB_RW, MS) == HK_OK);
	check(schema_bring(db, &plain, files) == HK_OK);
}

static void
a_migration_that_is_killed_leaves_nothing(void **state)
{
	struct db	*db;
	pid_t		 pid;

	(void)state;
	made(at("d"));
	pid = child_start(endless_migration, 0);
	usleep(300000);
	kill(pid, SIGKILL);
	assert_int_equal(child_wait(pid), 128 + SIGKILL);
	db = opened(at("d"), MS);
	assert_int_equal(asked(db, "PRAGMA user_version"), db_schema_version());
	assert_int_equal(asked(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'long'"), 0);
	assert_int_equal(db_check(db), HK_OK);
	db_close(db);
}

/* A plain CGI request must not queue for the lock just to look. */
static void
a_known_schema_needs_no_lock(void **state)
{
	struct db	*a = opened(at("d"), MS), *b = NULL;

	(void)state;
	assert_int_equal(db_begin(a), HK_OK);
	assert_int_equal(db_open(&b, at("d"), DB_RW, 0), HK_OK);
	db_close(b);
	assert_int_equal(db_open(&b, at("d"), DB_RO, 0), HK_OK);
	db_close(b);
	db_close(a);
}

static void
without_wal_it_is_a_rollback_journal(void **state)
{
	struct open_how	 how = { .use = DB_RW, .busy_ms = MS, .no_wal = true };
	struct db	*db;
	struct stat	 st;

	(void)state;
	assert_int_equal(db_open_how(&db, at("d"), &how), HK_OK);
	assert_string_equal(db_journal(db), "truncate");
	assert_int_equal(asked(db, "PRAGMA synchronous"), 2);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(stat(at("d-wal"), &st), -1);
	assert_int_equal(stat(at("d-journal"), &st), 0);
	assert_int_equal(st.st_size, 0);
	db_close(db);

	db = opened(at("d"), MS);	/* moved to a better place */
	assert_string_equal(db_journal(db), "wal");
	assert_int_equal(count_events(db), 1);
	db_close(db);
	assert_int_equal(db_open_how(&db, at("d"), &how), HK_OK);	/* and back */
	assert_string_equal(db_journal(db), "truncate");
	db_close(db);
}

static void
a_copy_by_vacuum_into_gets_its_log_back(void **state)
{
	char		 sql[300];
	struct db	*db = opened(at("d"), MS);

	(void)state;
	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", at("copy"));
	assert_int_equal(db_exec(db, "t", sql), HK_OK);
	db_close(db);
	db = opened(at("copy"), MS);
	assert_string_equal(db_journal(db), "wal");
	db_close(db);
}

static void
wal_is_used_where_it_is_safe(void **state)
{
	static const struct {
		const char	*what;
		unsigned long	 type;
		bool		 safe;
	} row[] = {
		{ "ext4",	0xef53,		true },
		{ "xfs",	0x58465342,	true },
		{ "btrfs",	0x9123683e,	true },
		{ "tmpfs",	0x01021994,	true },
		{ "zfs",	0x2fc12fc1,	true },
		{ "overlayfs",	0x794c7630,	true },
		{ "NFS",	0x6969,		false },
		{ "SMB2",	0xfe534d42,	false },
		{ "SMB2, sign extended", 0xfffffffffe534d42, false },
		{ "FUSE",	0x65735546,	false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if ((fs_without_wal(row[i].type) == NULL) != row[i].safe)
			fail_msg("%s", row[i].what);
}

static void
a_link_and_its_file_have_one_lock(void **state)
{
	struct db	*a, *b;

	(void)state;
	made(at("d"));
	assert_int_equal(symlink("d", at("link")), 0);
	a = opened(at("d"), MS);
	b = opened(at("link"), 20);
	assert_int_equal(lock_take(&a->lock, 0), HK_OK);
	assert_int_equal(lock_take(&b->lock, 0), HK_BUSY);
	db_close(a);
	db_close(b);
}

static void
the_time_limit_bounds_a_begin(void **state)
{
	struct db	*a = opened(at("d"), MS), *b = opened(at("d"), 80);
	int64_t		 t;

	(void)state;
	assert_int_equal(db_begin(a), HK_OK);
	t = mono_us();
	assert_int_equal(db_begin(b), HK_BUSY);
	assert_in_range(mono_us() - t, 80000, 500000);
	assert_false(db_in_transaction(b));
	db_rollback(a);
	assert_int_equal(db_begin(b), HK_OK);
	db_close(a);
	db_close(b);	/* rolls back */
}

/* Somebody with a shell, who knows nothing of our lock. */
static void
sqlites_own_lock_is_the_second_net(void **state)
{
	struct db	*db = opened(at("d"), 80);
	sqlite3		*shell;

	(void)state;
	assert_int_equal(sqlite3_open(at("d"), &shell), SQLITE_OK);
	assert_int_equal(sqlite3_exec(shell, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(db_begin(db), HK_BUSY);
	assert_false(db->lock.held);
	sqlite3_close(shell);
	assert_int_equal(db_begin(db), HK_OK);
	db_close(db);
}

static void
nothing_is_begun_in_a_file_that_is_gone(void **state)
{
	struct db	*db = opened(at("d"), MS);

	(void)state;
	assert_int_equal(rename(at("d"), at("away")), 0);
	assert_int_equal(db_begin(db), HK_MOVED);
	assert_int_equal(rename(at("away"), at("d")), 0);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(remove(at("d")), 0);
	assert_int_equal(db_commit(db), HK_MOVED);
	assert_false(db_in_transaction(db));
	made(at("d"));	/* another one in its place */
	assert_int_equal(db_begin(db), HK_MOVED);
	db_close(db);
}

static void
a_reader_sees_one_moment_and_cannot_write(void **state)
{
	struct db	*w = opened(at("d"), MS), *r;
	int64_t		 before = 0, after = 0;

	(void)state;
	assert_int_equal(db_open(&r, at("d"), DB_RO, MS), HK_OK);
	assert_int_equal(db_version(r, &before), HK_OK);
	assert_int_equal(db_begin(r), HK_OK);
	assert_int_equal(count_events(r), 0);
	assert_int_equal(db_begin(w), HK_OK);
	assert_int_equal(put_event(w, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_commit(w), HK_OK);
	assert_int_equal(count_events(r), 0);
	assert_int_equal(db_commit(r), HK_OK);
	assert_int_equal(count_events(r), 1);
	assert_int_equal(db_version(r, &after), HK_OK);
	assert_true(before != after);
	assert_int_equal(put_event(r, "evt_2", SPAN("{}")), HK_READONLY);
	db_close(r);
	db_close(w);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		scene(a_new_file_is_durable_and_private),
		scene(what_cannot_be_used_is_named_with_a_way_out),
		scene(names_that_mean_memory_are_refused),
		scene(a_file_or_folder_without_write_access_is_read_only),
		scene(eight_first_starts_at_once_all_succeed),
		scene(every_older_schema_is_brought_up_to_date),
		scene(a_migration_that_fails_leaves_nothing),
		scene(a_migration_that_is_killed_leaves_nothing),
		scene(a_known_schema_needs_no_lock),
		scene(without_wal_it_is_a_rollback_journal),
		scene(a_copy_by_vacuum_into_gets_its_log_back),
		scene(wal_is_used_where_it_is_safe),
		scene(a_link_and_its_file_have_one_lock),
		scene(the_time_limit_bounds_a_begin),
		scene(sqlites_own_lock_is_the_second_net),
		scene(nothing_is_begun_in_a_file_that_is_gone),
		scene(a_reader_sees_one_moment_and_cannot_write),
	};

	log_open("test_open", LOG_ERROR);
	return cmocka_run_group_tests_name("store/open", tests, NULL, NULL);
}
