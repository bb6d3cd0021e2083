/* hookkeeper stats: how things stand. */
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "inbox/wakeup.h"

#define LAST	20	/* things waited for that are listed */

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))

static const struct rowcol event_cols[] = {
	{ "provider", "FROM", ROW_TEXT, 0 },
	{ "status", "STATUS", ROW_STATUS, 0 },
	{ "outcome", "OUTCOME", ROW_TEXT, 0 },
	{ "events", "EVENTS", ROW_INT, 0 },
	{ "first_at", "FIRST (UTC)", ROW_TIME, 0 },
	{ "last_at", "LAST (UTC)", ROW_TIME, 0 },
};

static const struct rowcol waiting_cols[] = {
	{ "waits_for", "FOR", ROW_TEXT, 16 },
	{ "events", "EVENTS", ROW_INT, 0 },
	{ "since", "SINCE (UTC)", ROW_TIME, 0 },
};

static const struct rowcol refused_cols[] = {
	{ "provider", "AT", ROW_TEXT, 0 },
	{ "reason", "REASON", ROW_TEXT, 0 },
	{ "requests", "REQUESTS", ROW_INT, 0 },
	{ "times", "TIMES", ROW_INT, 0 },
	{ "last_at", "LAST (UTC)", ROW_TIME, 0 },
	{ "detail", "THE LAST ONE", ROW_TEXT, 16 },
};

static const struct rowcol book_cols[] = {
	{ "users", "users", ROW_INT, 0 },
	{ "credits", "credits they hold", ROW_INT, 0 },
	{ "transfers", "transfers", ROW_INT, 0 },
	{ "mails", "mails", ROW_INT, 0 },
	{ "suppressed", "addresses not to write to", ROW_INT, 0 },
};

static enum hk_err
show_rows(struct cli *c, enum stmt_id which, const struct rowcol *cols, int n,
    const char *key, const char *title)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 count;

	if ((e = db_stmt(c->db, which, &q)) != HK_OK)
		return e;
	if (which == S_CLI_STATS_WAITING)
		bind_int(q, ":limit", LAST);
	heading(c, title);
	if ((e = rows_print(c, q, cols, n, key, -1, &count)) == HK_OK &&
	    count == 0 && !c->json)
		buf_puts(&c->out, "none\n");
	return e;
}

static enum hk_err
show_oldest(struct cli *c)
{
	char		 text[TIME_LEN + 1];
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 us = 0;

	if ((e = db_stmt(c->db, S_CLI_STATS_OLDEST, &q)) != HK_OK ||
	    (e = stmt_int(q, &us)) != HK_OK)
		return e;
	if (c->json)
		jw_time(&c->jw, "oldest_pending", us);
	else if (us != 0) {
		time_text(text, us);
		buf_printf(&c->out, "the oldest that could be worked came %s UTC\n", text);
	}
	return HK_OK;
}

static enum hk_err
show_books(struct cli *c)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(c->db, S_CLI_STATS_BOOKS, &q)) != HK_OK)
		return e;
	heading(c, "books");
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		row_print(c, q, book_cols, COUNT(book_cols), "books");
	stmt_reset(q);
	return e;
}

/* 0 for a file that is not there: the log is gone when all have closed. */
static int64_t
size_of(struct cli *c, const char *ending)
{
	char		*path = arena_printf(c->arena, "%s%s", c->conf->db, ending);
	struct stat	 st;

	return path != NULL && stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
show_place(struct cli *c)
{
	int64_t		 bytes = size_of(c, ""), log = size_of(c, "-wal");
	const char	*mode = c->conf->mode == MODE_LIVE ? "live" : "test";
	int		 fd = -1;
	bool		 worker = wakeup_send(c->conf, &fd);

	if (fd != -1)
		close(fd);
	if (c->json) {
		jw_open(&c->jw, "database", '{');
		jw_text(&c->jw, "path", span_str(c->conf->db));
		jw_int(&c->jw, "bytes", bytes);
		jw_int(&c->jw, "log_bytes", log);
		jw_text(&c->jw, "journal", span_str(db_journal(c->db)));
		jw_close(&c->jw, '}');
		jw_text(&c->jw, "mode", span_str(mode));
		jw_bool(&c->jw, "worker", worker);
		return;
	}
	heading(c, "place");
	buf_printf(&c->out, "database  %s (%.1f MB, log %.1f MB, journal %s)\n", c->conf->db,
	    (double)bytes / 1e6, (double)log / 1e6, db_journal(c->db));
	buf_printf(&c->out, "mode      %s\n", mode);
	buf_printf(&c->out, "worker    %s\n", worker ? "running" : "none running");
}

static int
run(struct cli *c)
{
	enum hk_err	e;

	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = show_rows(c, S_CLI_STATS_EVENTS, event_cols, COUNT(event_cols),
	    "events", "events")) != HK_OK ||
	    (e = show_oldest(c)) != HK_OK ||
	    (e = show_rows(c, S_CLI_STATS_WAITING, waiting_cols, COUNT(waiting_cols),
	    "waiting", "waiting")) != HK_OK ||
	    (e = show_rows(c, S_CLI_STATS_REFUSED, refused_cols, COUNT(refused_cols),
	    "refused", "refused requests")) != HK_OK ||
	    (e = show_books(c)) != HK_OK)
		return cli_fail(e);
	show_place(c);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return 0;
}

const struct command cmd_stats = {
	.name		= "stats",
	.operands	= "",
	.about		= "tell how things stand: events, waiting, refused, books, place",
	.run		= run,
};
