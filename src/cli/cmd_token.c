/* hookkeeper token: what the site's own programs show to /api/v1. */
#include "admin/auditlog.h"
#include "api/token.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "crypto/hmac.h"

#define DAY_US		(86400 * US_PER_S)
#define DAYS_MOST	36500

struct create_args {
	const char	*name, *scopes, *expires;
	int64_t		 rate;
};

static const struct opt create_opts[] = {
	{ "name", OPT_TEXT, offsetof(struct create_args, name), "TEXT",
	    "what people call it; the audit log names it", 0, 0, 0, NULL },
	{ "scopes", OPT_TEXT, offsetof(struct create_args, scopes), "\"S...\"",
	    "what it may do, separated by blanks; * for everything", 0, 0, 0, NULL },
	{ "expires", OPT_TEXT, offsetof(struct create_args, expires), "TIME|DAYS",
	    "when it ends: a time, or days from now; without, never", 0, 0, 0, NULL },
	{ "rate", OPT_INT, offsetof(struct create_args, rate), "N",
	    "requests a second; without, [api] rate", 1, 1000000, 0, NULL },
	{ .name = NULL }
};

static const struct rowcol cols[] = {
	{ "id", "ID", ROW_INT, 0 },
	{ "name", "NAME", ROW_TEXT, 12 },
	{ "prefix", "TOKEN", ROW_TEXT, 0 },
	{ "scopes", "SCOPES", ROW_TEXT, 16 },
	{ "rate", "RATE", ROW_INT, 0 },
	{ "created_at", NULL, ROW_TIME, 0 },
	{ "expires_at", "EXPIRES", ROW_TIME, 0 },
	{ "used_at", "LAST USED", ROW_TIME, 0 },
	{ "revoked_at", "REVOKED", ROW_TIME, 0 },
};

/* "30" days from now, or a time to come. */
static bool
until(const char *text, int64_t now, int64_t *us)
{
	int64_t	days;

	if (span_u63(span_str(text), &days)) {
		*us = now + days * DAY_US;
		return days >= 1 && days <= DAYS_MOST;
	}
	return when_parse(span_str(text), now, us) && *us > now;
}

/* ---- create ------------------------------------------------------------------- */

static enum hk_err
make(struct cli *c, const struct token *t, int64_t now, int64_t *id, char text[TOKEN_TEXT])
{
	const struct fact	after[] = { { "name", t->name }, { "scopes", t->scopes } };
	struct auditlog		line = { .action = "token.create" };
	enum hk_err		e;

	line.after = auditlog_facts(c->arena, after, 2);
	if ((e = cli_open(c, DB_RW)) != HK_OK || (e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = token_make(c->db, t, now, id, text)) == HK_OK) {
		line.subject = span_str(arena_printf(c->arena, "token:%lld", (long long)*id));
		e = auditlog_command(c->db, now, &line);
	}
	if (e == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	return e;
}

static void
report(struct cli *c, const struct token *t, int64_t id, const char *text)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "id", id);
		jw_text(&c->jw, "name", t->name);
		jw_text(&c->jw, "scopes", t->scopes);
		jw_time(&c->jw, "expires_at", t->expires_us);
		jw_text(&c->jw, "token", span_str(text));
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "id      %lld\ntoken   %s  (shown this once)\n",
		    (long long)id, text);
}

static int
run_create(struct cli *c)
{
	const struct create_args *a = c->args;
	const int64_t		  now = now_us();
	struct token		  t = { .name = span_str(a->name), .scopes = span_str(a->scopes),
				      .rate = a->rate };
	char			  text[TOKEN_TEXT] = "";
	int64_t			  id = 0;
	enum hk_err		  e;

	if (a->name == NULL || a->scopes == NULL)
		return cli_usage(c, "--name and --scopes are needed");
	if (a->expires != NULL && !until(a->expires, now, &t.expires_us))
		return cli_usage(c, "--expires must be a time to come, as 2027-01-31, or days from "
		    "now, not '%s'", a->expires);
	e = make(c, &t, now, &id, text);
	if (e == HK_OK)
		report(c, &t, id, text);
	crypto_cleanse(text, sizeof(text));
	if (e == HK_SYNTAX)
		return cli_usage(c, "%s", err_last());
	return e == HK_OK ? 0 : cli_fail(e);
}

/* ---- list, revoke ---------------------------------------------------------------- */

static int
run_list(struct cli *c)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = db_stmt(c->db, S_TOKEN_LIST, &q)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = rows_print(c, q, cols, sizeof(cols) / sizeof(*cols), "tokens", -1, &n)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (n == 0)
		cli_say("no tokens yet; 'hookkeeper token create' makes one");
	return 0;
}

static enum hk_err
revoke(struct cli *c, int64_t id)
{
	const int64_t	now = now_us();
	struct auditlog	line = { .action = "token.revoke" };
	enum hk_err	e;

	line.subject = span_str(arena_printf(c->arena, "token:%lld", (long long)id));
	if ((e = cli_open(c, DB_RW)) != HK_OK || (e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = token_revoke(c->db, id, now)) == HK_OK &&
	    (e = auditlog_command(c->db, now, &line)) == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	return e;
}

static int
run_revoke(struct cli *c)
{
	int64_t		id;
	enum hk_err	e;

	if (!span_u63(span_str(c->argv[0]), &id))
		return cli_usage(c, "ID is a number of 'token list', not '%s'", c->argv[0]);
	if ((e = revoke(c, id)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "revoked", id);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "token %lld is revoked\n", (long long)id);
	return 0;
}

const struct command cmd_token_create = {
	.name		= "token create",
	.operands	= "",
	.about		= "make a token for /api/v1, and show it once",
	.help		=
	    "Scopes: users:read users:write credits:read credits:burn credits:grant keys:read\n"
	    "keys:write keys:verify subscriptions:read mail:read events:read events:write\n"
	    "stream:read endpoints:read endpoints:write messages:read messages:write, or * for\n"
	    "all of them.\n",
	.opts		= create_opts,
	.args		= sizeof(struct create_args),
	.run		= run_create,
};

const struct command cmd_token_list = {
	.name		= "token list",
	.operands	= "",
	.about		= "list the tokens, without their texts",
	.run		= run_list,
};

const struct command cmd_token_revoke = {
	.name		= "token revoke",
	.operands	= "ID",
	.least		= 1,
	.most		= 1,
	.about		= "make a token worthless, at once",
	.run		= run_revoke,
};
