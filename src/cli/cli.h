/*
 * The hookkeeper command: a table of subcommands, each a file.  A subcommand
 * is a row that says what it takes; cli_main() parses by it, prints its help
 * from it, runs it and prints what it put out.
 *
 * With --json a command puts out one JSON document, always an object; lists
 * are arrays in it.  Nothing is put out when a command fails.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/json.h"
#include "cli/table.h"
#include "store/store.h"

/*
 * Exit status: 0 done, and
 *	1	the answer is "no": nothing found, the audit has findings, a
 *		sample was refused
 *	64	called wrongly
 *	69	somebody else works already, or nobody answered
 *	74	input, output or database
 *	78	a setting
 */
enum { EXIT_NO = 1, EXIT_USAGE = 64, EXIT_AWAY = 69, EXIT_IO = 74, EXIT_CONF = 78 };

struct texts {
#define TEXTS_MOST	64
	const char	*v[TEXTS_MOST];
	size_t		 n;
};

enum opt_kind {
	OPT_FLAG,	/* bool */
	OPT_TEXT,	/* const char *, NULL when not given */
	OPT_MANY,	/* struct texts: may be given again and again */
	OPT_INT,	/* int64_t in least..most, else fallback */
	OPT_TIME,	/* int64_t, us since 1970; 0 when not given */
	OPT_PICK,	/* const char *, one of picks; NULL when not given */
	OPT_SENDER	/* const char *, "stripe" or "custom:NAME"; NULL when not given */
};

struct opt {
	const char	*name;		/* "limit": given as --limit */
	enum opt_kind	 kind;
	size_t		 at;		/* offset in the command's arguments */
	const char	*arg;		/* "N"; NULL for a flag */
	const char	*about;		/* for --help: no capital, no full stop */
	int64_t		 least, most, fallback;
	const char	*picks;		/* "a|b|c" */
};

struct cli;

struct command {
	const char		*name;		/* "init", "events list" */
	const char		*operands;	/* "REF", "[ID...]"; "" none */
	int			 least, most;	/* how many of them */
	const char		*about;		/* one line */
	const char		*help;		/* the rest of --help; or NULL */
	const struct opt	*opts;		/* ends with { .name = NULL }; or NULL */
	size_t			 args;		/* sizeof the struct of arguments */
	int			(*run)(struct cli *);
};

struct cli {
	const struct command	*cmd;
	void			*args;		/* of the command's own struct */
	int			 argc;		/* operands */
	const char		**argv;
	bool			 json, help;
	struct screen		 screen;
	struct arena		*arena;		/* gone when the command ends */
	struct buf		 out;		/* what goes to standard output */
	struct jw		 jw;		/* writes to out, for --json */
	struct conf		*conf;		/* after cli_conf() */
	struct db		*db;		/* after cli_open() */
};

extern const struct command cmd_init, cmd_worker, cmd_send, cmd_events_list,
	cmd_events_show, cmd_events_retry, cmd_plan_set, cmd_plan_list, cmd_plan_rm,
	cmd_backup, cmd_restore, cmd_export, cmd_import, cmd_prune,
	cmd_user_show, cmd_audit, cmd_replay, cmd_stats, cmd_config, cmd_completion,
	cmd_help, cmd_version,
	cmd_quarantine_list, cmd_quarantine_show, cmd_quarantine_accept, cmd_secrets,
	cmd_doctor, cmd_admin_list, cmd_admin_add, cmd_admin_passwd, cmd_admin_role,
	cmd_admin_disable, cmd_admin_enable, cmd_admin_unlock, cmd_admin_logins,
	cmd_token_create, cmd_token_list, cmd_token_revoke,
	cmd_endpoint_add, cmd_endpoint_list, cmd_endpoint_show, cmd_endpoint_change,
	cmd_endpoint_pause, cmd_endpoint_resume, cmd_endpoint_enable, cmd_endpoint_disable,
	cmd_endpoint_rm, cmd_endpoint_rotate, cmd_endpoint_secret, cmd_endpoint_test,
	cmd_message_send, cmd_message_list, cmd_message_show, cmd_delivery_list,
	cmd_delivery_show, cmd_delivery_resend, cmd_delivery_cancel, cmd_delivery_recover,
	cmd_type_list, cmd_type_set, cmd_type_rm, cmd_key_rotate;
/* All of them, NULL-terminated, in the order of the help. */
extern const struct command *const commands[];

/* argv[0] is not looked at.  Prints to the two streams. */
int		 cli_main(int argc, char **argv, FILE *out, FILE *err);

/* Exit status for an error, after err_last() was printed to the error stream. */
int		 cli_fail(enum hk_err);
/* EXIT_USAGE after "hookkeeper events list: <text>" and the usage line. */
int		 cli_usage(struct cli *, const char *fmt, ...) HK_PRINTF(2, 3);
/* A line for people, on the error stream. */
void		 cli_say(const char *fmt, ...) HK_PRINTF(1, 2);
/* Ask on the terminal, a line without its end; false when there is none. */
bool		 cli_ask(const char *question, char *answer, size_t room);
/* Are standard input and the error stream a terminal? */
bool		 cli_interactive(void);
/* The error stream, for what is more than a line (cli/progress.h). */
FILE		*cli_errors(void);
/* Put out what is there so far, for commands that take their time. */
enum hk_err	 cli_flush(struct cli *) HK_MUST_USE;

/* Settings; need_db: db and mode must be set. */
enum hk_err	 cli_conf(struct cli *, bool need_db) HK_MUST_USE;
/* Settings and the database. */
enum hk_err	 cli_open(struct cli *, enum db_use) HK_MUST_USE;

/* ---- opts.c ---------------------------------------------------------- */

/*
 * Sort argv (what follows the command) into c->args and the operands.
 * --json, --conf FILE and --help are taken everywhere before a "--".
 * HK_USAGE: err_last() names the option and the rule.  No c->cmd: only those.
 */
enum hk_err	 opts_parse(struct cli *, int argc, char **argv) HK_MUST_USE;
/* One line an option, with its argument and meaning. */
void		 opts_help(struct buf *, const struct opt *);
/*
 * A time as people type it: ISO 8601 with a zone, "2026-11-22" or
 * "2026-11-22 10:00[:00]" in UTC, or how long ago: "90s", "15m", "2h", "7d".
 */
bool		 when_parse(struct span, int64_t now, int64_t *us);

/* ---- rows.c: rows of a statement, for people and for programs -------- */

struct rowcol {
	const char	*name;		/* column's name in the statement, key in JSON */
	const char	*title;		/* NULL: not shown to people */
	enum { ROW_TEXT, ROW_INT, ROW_TIME, ROW_BOOL, ROW_STATUS, ROW_HIDDEN } kind;
	int		 least;		/* of a wide table: may shrink to this; 0: never */
};

/*
 * Print all rows as the array `key`, or as a table (nothing when there is no
 * row).  cols stands for the statement's columns, one by one; ROW_HIDDEN is
 * not in the JSON.  most >= 0: the row after that many is only counted.
 * Resets the statement.
 */
enum hk_err	 rows_print(struct cli *, struct stmt *, const struct rowcol *, int ncol,
		    const char *key, int64_t most, int64_t *count) HK_MUST_USE;
/*
 * The end of an object whose rows were printed, `most` of count at most: "more" in
 * JSON, else a word when there are none (none) or others.  Gives the command's
 * status, 1 when there are none.
 */
int		 rows_end(struct cli *, int64_t count, int64_t most, const char *none);
/* The one current row as the object `key`, or a line a column; not reset. */
void		 row_print(struct cli *, struct stmt *, const struct rowcol *, int ncol,
		    const char *key);
/* A heading between parts of what people see. */
void		 heading(struct cli *, const char *title);

/* ---- show.c: what came in -------------------------------------------- */

/* Under a heading, or as the member `key`; what is no JSON stays text. */
enum hk_err	 show_json(struct cli *, const char *key, struct span text) HK_MUST_USE;
/* Exact bytes for files and programs; a terminal gets nothing that acts on it. */
void		 show_raw(struct cli *, struct span);

#endif
