/* hookkeeper admin role, disable, enable, unlock. */
#include <inttypes.h>

#include "admin/auditlog.h"
#include "admin/throttle.h"
#include "base/clock.h"
#include "cli/people.h"

static void
report(struct cli *c, const char *key, const char *value)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "name", span_str(c->argv[0]));
		jw_text(&c->jw, key, span_str(value));
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "%s: %s is %s\n", c->argv[0], key, value);
}

static enum hk_err
set_role(struct cli *c, const struct person *p, const void *what, int64_t now)
{
	return person_set_role(c->db, p->id, *(const enum role *)what, now);
}

static int
run_role(struct cli *c)
{
	const enum role	role = role_of(span_str(c->argv[1]));
	struct person	p;
	enum hk_err	e;

	if (role == ROLE_NONE)
		return cli_usage(c, "R is viewer, operator or admin, not '%s'", c->argv[1]);
	if ((e = people_change(c, "person.role", set_role, &role, &p)) != HK_OK)
		return cli_fail(e);
	report(c, "role", c->argv[1]);
	return 0;
}

static enum hk_err
disable(struct cli *c, const struct person *p, const void *what, int64_t now)
{
	(void)what;
	return person_disable(c->db, p->id, true, now);
}

static enum hk_err
enable(struct cli *c, const struct person *p, const void *what, int64_t now)
{
	(void)what;
	return person_disable(c->db, p->id, false, now);
}

static int
run_disable(struct cli *c)
{
	struct person	p;
	enum hk_err	e;

	if ((e = people_change(c, "person.disable", disable, NULL, &p)) != HK_OK)
		return cli_fail(e);
	report(c, "state", "disabled");
	return 0;
}

static int
run_enable(struct cli *c)
{
	struct person	p;
	enum hk_err	e;

	if ((e = people_change(c, "person.enable", enable, NULL, &p)) != HK_OK)
		return cli_fail(e);
	report(c, "state", "enabled");
	return 0;
}

/* ---- unlock ------------------------------------------------------------------ */

static void
say_forgotten(struct cli *c, int64_t n)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "forgotten", n);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_puts(&c->out, n > 0 ? "failed attempts are forgotten\n" :
		    "there were no failed attempts\n");
}

static enum hk_err
unlock_one(struct cli *c, const struct person *p, const void *what, int64_t now)
{
	struct span	device = span_str(arena_printf(c->arena, "device:%" PRId64 ":", p->id));
	struct span	name = auditlog_subject(c->arena, "new", p->name);
	int64_t		n = 0, m = 0;
	enum hk_err	e;

	(void)what;
	(void)now;
	if (device.p == NULL || name.p == NULL)
		return err_note(HK_NOMEM, "no memory for a name");
	if ((e = throttle_forget(c->db, device, &n)) == HK_OK &&
	    (e = throttle_forget(c->db, name, &m)) == HK_OK)
		say_forgotten(c, n + m);
	return e;
}

static enum hk_err
unlock_all(struct cli *c)
{
	int64_t		n = 0;
	enum hk_err	e;

	if ((e = cli_open(c, DB_RW)) != HK_OK || (e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = throttle_forget(c->db, SPAN_NULL, &n)) == HK_OK &&
	    (e = auditlog_command(c->db, now_us(), &(struct auditlog){
	    .action = "person.unlock" })) == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	else
		say_forgotten(c, n);
	return e;
}

static int
run_unlock(struct cli *c)
{
	struct person	p;
	enum hk_err	e;

	e = c->argc > 0 ? people_change(c, "person.unlock", unlock_one, NULL, &p) : unlock_all(c);
	return e == HK_OK ? 0 : cli_fail(e);
}

const struct command cmd_admin_role = {
	.name		= "admin role",
	.operands	= "NAME R",
	.least		= 2,
	.most		= 2,
	.about		= "make somebody a viewer, an operator or an admin",
	.run		= run_role,
};

const struct command cmd_admin_disable = {
	.name		= "admin disable",
	.operands	= "NAME",
	.least		= 1,
	.most		= 1,
	.about		= "let somebody in no more, and end all logins",
	.run		= run_disable,
};

const struct command cmd_admin_enable = {
	.name		= "admin enable",
	.operands	= "NAME",
	.least		= 1,
	.most		= 1,
	.about		= "let somebody in again",
	.run		= run_enable,
};

const struct command cmd_admin_unlock = {
	.name		= "admin unlock",
	.operands	= "[NAME]",
	.most		= 1,
	.about		= "forget failed attempts to log in, of a name or all",
	.help		=
	    "Wrong passwords make further attempts wait, at most 15 minutes.  Without NAME\n"
	    "those of addresses are forgotten too.\n",
	.run		= run_unlock,
};
