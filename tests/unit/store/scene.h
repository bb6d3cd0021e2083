/*
 * What the store's tests share: a folder of their own, children, and events to
 * put in.  Children have no test framework: they check() and exit.
 */
#ifndef TESTS_STORE_SCENE_H
#define TESTS_STORE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/private.h"
#include "store/writer.h"

#include "../folder.h"

static char	scene_dir[128];

static inline int
scene_start(void **state)
{
	(void)state;
	return folder_make(scene_dir, sizeof(scene_dir), "store") ? 0 : -1;
}

static inline int
scene_end(void **state)
{
	(void)state;
	return folder_remove(scene_dir);
}

#define scene(test)	cmocka_unit_test_setup_teardown(test, scene_start, scene_end)

/* One of a few buffers: enough for two names in one expression. */
static inline const char *
at(const char *name)
{
	static _Thread_local char	path[4][200];
	static _Thread_local unsigned	n;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", scene_dir, name);
	return path[n];
}

static inline void
check_line(bool ok, const char *what, int line)
{
	if (ok)
		return;
	fprintf(stderr, "line %d: %s (%s)\n", line, what, err_last());
	_exit(1);
}
#define check(x)	check_line((x), #x, __LINE__)

/* The child's exit status, or 128 and its signal. */
static inline int
child_wait(pid_t pid)
{
	int	 st;

	if (waitpid(pid, &st, 0) != pid)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

/* Run it in a child that exits 0 at its end. */
static inline pid_t
child_start(void (*run)(int), int arg)
{
	pid_t	 pid;

	fflush(NULL);
	if ((pid = fork()) != 0)
		return pid;
	run(arg);
	_exit(0);
}

static inline struct db *
opened(const char *path, int64_t busy_ms)
{
	struct db	*db = NULL;

	assert_int_equal(db_open(&db, path, DB_RW, busy_ms), HK_OK);
	return db;
}

/* An event of that id, body and all; HK_EXISTS when it was there. */
static inline enum hk_err
put_event(struct db *db, const char *id, struct span body)
{
	struct stmt	*q = NULL;
	int64_t		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_EVENT_INSERT, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", SPAN("stripe"));
	bind_text(q, ":event_id", span_str(id));
	bind_text(q, ":status", SPAN("pending"));
	bind_int(q, ":verified", 1);
	bind_int(q, ":created_at", 1700000000000000);
	if ((e = stmt_run(q)) != HK_OK || db_changes(db) == 0)
		return e != HK_OK ? e : HK_EXISTS;
	row = db_last_id(db);
	if ((e = db_stmt(db, S_EVENT_BODY_INSERT, &q)) != HK_OK)
		return e;
	bind_int(q, ":event", row);
	bind_text(q, ":headers", SPAN("{}"));
	bind_bytes(q, ":body", body);
	return stmt_run(q);
}

static inline int64_t
count_events(struct db *db)
{
	int64_t	 n = -1;

	if (db_ask(db, "SELECT count(*) FROM event", &n) != HK_OK)
		return -1;
	return n;
}

#endif
