/* hookkeeper admin add, passwd: somebody new, and a new password. */
#include "cli/people.h"

struct add_args {
	const char	*role;
	bool		 typed, none;
};

struct passwd_args {
	bool	typed, totp_off;
};

static const struct opt add_opts[] = {
	{ "role", OPT_PICK, offsetof(struct add_args, role), "R",
	    "a viewer looks, an operator acts, an admin says who may", 0, 0, 0,
	    "viewer|operator|admin" },
	{ "stdin", OPT_FLAG, offsetof(struct add_args, typed), NULL,
	    "take the password from standard input", 0, 0, 0, NULL },
	{ "no-password", OPT_FLAG, offsetof(struct add_args, none), NULL,
	    "without one: for a name the web server gives (remote_user)", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const struct opt passwd_opts[] = {
	{ "stdin", OPT_FLAG, offsetof(struct passwd_args, typed), NULL,
	    "take the password from standard input", 0, 0, 0, NULL },
	{ "totp-off", OPT_FLAG, offsetof(struct passwd_args, totp_off), NULL,
	    "turn the second factor off too: the phone is lost", 0, 0, 0, NULL },
	{ .name = NULL }
};

static void
report(struct cli *c, const char *name, const char *role, const struct secret_word *w)
{
	const char	*shown = w != NULL && w->made ? w->text : NULL;

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "name", span_str(name));
		jw_text(&c->jw, "role", span_str(role));
		jw_text(&c->jw, "password", span_str(shown));
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	buf_printf(&c->out, "name      %s\nrole      %s\n", name, role);
	if (shown != NULL)
		buf_printf(&c->out, "password  %s  (shown this once)\n", shown);
}

static int
fail(struct cli *c, enum hk_err e)
{
	if (e == HK_USAGE || e == HK_SYNTAX)
		return cli_usage(c, "%s", err_last());
	if (e == HK_EXISTS) {
		cli_say("hookkeeper: %s", err_last());
		return EXIT_NO;
	}
	return cli_fail(e);
}

static int
run_add(struct cli *c)
{
	const struct add_args	*a = c->args;
	struct secret_word	 w = { .made = false };
	enum hk_err		 e;

	if (a->role == NULL)
		return cli_usage(c, "--role is missing: viewer, operator or admin");
	if (a->none && a->typed)
		return cli_usage(c, "takes --stdin or --no-password, not both");
	if ((e = person_check_name(span_str(c->argv[0]))) == HK_OK &&
	    (e = cli_open(c, DB_RW)) == HK_OK && (a->none || (e = word_make(&w, a->typed)) == HK_OK))
		e = people_add(c, c->argv[0], role_of(span_str(a->role)), a->none ? NULL : &w);
	if (e == HK_OK)
		report(c, c->argv[0], a->role, a->none ? NULL : &w);
	word_wipe(&w);
	return e == HK_OK ? 0 : fail(c, e);
}

static enum hk_err
set_password(struct cli *c, const struct person *p, const void *what, int64_t now)
{
	const struct secret_word *word = what;
	const struct passwd_args *a = c->args;
	enum hk_err		  e;

	if ((e = person_set_password(c->db, p->id, span_str(word->hash), SPAN_NULL, now)) != HK_OK)
		return e;
	return a->totp_off ? person_set_totp(c->db, p->id, SPAN_NULL, 0, now) : HK_OK;
}

static int
run_passwd(struct cli *c)
{
	const struct passwd_args *a = c->args;
	struct secret_word	  w = { .made = false };
	struct person		  p;
	enum hk_err		  e;

	if ((e = word_make(&w, a->typed)) == HK_OK &&
	    (e = people_change(c, "person.password", set_password, &w, &p)) == HK_OK)
		report(c, c->argv[0], role_name(p.role), &w);
	if (e == HK_OK && p.has_totp && !a->totp_off)
		cli_say("the second factor stays on; --totp-off turns it off");
	word_wipe(&w);
	return e == HK_OK ? 0 : fail(c, e);
}

const struct command cmd_admin_add = {
	.name		= "admin add",
	.operands	= "NAME",
	.least		= 1,
	.most		= 1,
	.about		= "let somebody open the pages",
	.help		=
	    "A password is made up and shown once; it can be changed on the pages.\n",
	.opts		= add_opts,
	.args		= sizeof(struct add_args),
	.run		= run_add,
};

const struct command cmd_admin_passwd = {
	.name		= "admin passwd",
	.operands	= "NAME",
	.least		= 1,
	.most		= 1,
	.about		= "give somebody a new password",
	.help		=
	    "A password is made up and shown once, and all logins of that name end.\n",
	.opts		= passwd_opts,
	.args		= sizeof(struct passwd_args),
	.run		= run_passwd,
};
