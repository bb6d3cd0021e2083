/* hookkeeper admin list, logins: who may open the pages, and who is in. */
#include "admin/auditlog.h"
#include "admin/login.h"
#include "base/clock.h"
#include "cli/people.h"

struct logins_args {
	bool	end;
};

static const struct opt logins_opts[] = {
	{ "end", OPT_FLAG, offsetof(struct logins_args, end), NULL,
	    "end them all", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const struct rowcol people_cols[] = {
	{ "id", NULL, ROW_INT, 0 },
	{ "name", "NAME", ROW_TEXT, 12 },
	{ "role", "ROLE", ROW_TEXT, 0 },
	{ "has_password", "PASSWORD", ROW_BOOL, 0 },
	{ "has_totp", "2ND FACTOR", ROW_BOOL, 0 },
	{ "created_at", NULL, ROW_TIME, 0 },
	{ "seen_at", "LAST LOGIN", ROW_TIME, 0 },
	{ "disabled_at", "DISABLED", ROW_TIME, 0 },
	{ "logins", "LOGINS", ROW_INT, 0 },
};

static const struct rowcol login_cols[] = {
	{ "id", NULL, ROW_TEXT, 0 },
	{ "here", NULL, ROW_HIDDEN, 0 },
	{ "remote_addr", "ADDRESS", ROW_TEXT, 0 },
	{ "agent", "BROWSER", ROW_TEXT, 20 },
	{ "created_at", "SINCE", ROW_TIME, 0 },
	{ "seen_at", "LAST SEEN", ROW_TIME, 0 },
	{ "ends_at", "ENDS", ROW_TIME, 0 },
};

#define COUNT(a)	((int)(sizeof(a) / sizeof(*(a))))

static enum hk_err
print(struct cli *c, struct stmt *q, const struct rowcol *cols, int ncol, const char *key,
    int64_t *n)
{
	enum hk_err	e;

	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = rows_print(c, q, cols, ncol, key, -1, n)) != HK_OK || !c->json)
		return e;
	jw_close(&c->jw, '}');
	buf_putc(&c->out, '\n');
	return HK_OK;
}

static int
run_list(struct cli *c)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0, now = now_us();
	enum hk_err	 e;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = db_stmt(c->db, S_PERSON_LIST, &q)) != HK_OK)
		return cli_fail(e);
	bind_int(q, ":now", now);
	bind_int(q, ":idle", now - LOGIN_IDLE_US);
	if ((e = print(c, q, people_cols, COUNT(people_cols), "people", &n)) != HK_OK)
		return cli_fail(e);
	if (n == 0 && !c->json)
		cli_say("nobody yet; 'hookkeeper admin add NAME --role admin' makes the first one");
	return 0;
}

static enum hk_err
end_all(struct cli *c, const struct person *p, const void *what, int64_t now)
{
	int64_t		n;
	enum hk_err	e;

	(void)what;
	(void)now;
	if ((e = person_end_logins(c->db, p->id, SPAN_NULL, &n)) != HK_OK)
		return e;
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "ended", n);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "%lld login%s ended\n", (long long)n,
		    n == 1 ? " has" : "s have");
	return HK_OK;
}

static enum hk_err
list_logins(struct cli *c)
{
	struct stmt	*q = NULL;
	struct person	 p;
	int64_t		 n = 0, now = now_us();
	enum hk_err	 e;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = person_find(c->db, span_str(c->argv[0]), c->arena, &p)) != HK_OK ||
	    (e = db_stmt(c->db, S_LOGIN_LIST, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", p.id);
	bind_int(q, ":now", now);
	bind_int(q, ":idle", now - LOGIN_IDLE_US);
	if ((e = print(c, q, login_cols, COUNT(login_cols), "logins", &n)) == HK_OK && n == 0 &&
	    !c->json)
		cli_say("%s is not logged in", c->argv[0]);
	return e;
}

static int
run_logins(struct cli *c)
{
	const struct logins_args *a = c->args;
	struct person		  p;
	enum hk_err		  e;

	e = a->end ? people_change(c, "person.logins_end", end_all, NULL, &p) : list_logins(c);
	return e == HK_OK ? 0 : cli_fail(e);
}

const struct command cmd_admin_list = {
	.name		= "admin list",
	.operands	= "",
	.about		= "list the people who may open the pages",
	.run		= run_list,
};

const struct command cmd_admin_logins = {
	.name		= "admin logins",
	.operands	= "NAME",
	.least		= 1,
	.most		= 1,
	.about		= "list where somebody is logged in, or end it",
	.opts		= logins_opts,
	.args		= sizeof(struct logins_args),
	.run		= run_logins,
};
