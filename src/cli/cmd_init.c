/* hookkeeper init: a place with settings and a database. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/conf_file.h"
#include "cli/people.h"

#define CONF_NAME	"hookkeeper.conf"
#define DB_NAME		"hookkeeper.db"
#define FIRST_ADMIN	"admin"

struct args {
	const char	*dir, *mode, *db, *admin;
	bool		 test_secrets, no_admin;
};

static const struct opt opts[] = {
	{ "dir", OPT_TEXT, offsetof(struct args, dir), "DIR",
	    "the place; else that of $HOOKKEEPER_CONF, else ~/.config/hookkeeper", 0, 0, 0, NULL },
	{ "mode", OPT_PICK, offsetof(struct args, mode), "MODE",
	    "whose Stripe events count", 0, 0, 0, "test|live" },
	{ "db", OPT_TEXT, offsetof(struct args, db), "PATH",
	    "the database (default DIR/" DB_NAME ")", 0, 0, 0, NULL },
	{ "with-test-secrets", OPT_FLAG, offsetof(struct args, test_secrets), NULL,
	    "make up a secret for each sender, to try things out", 0, 0, 0, NULL },
	{ "admin", OPT_TEXT, offsetof(struct args, admin), "NAME",
	    "the first admin's name (default " FIRST_ADMIN ")", 0, 0, 0, NULL },
	{ "no-admin", OPT_FLAG, offsetof(struct args, no_admin), NULL,
	    "make no first admin", 0, 0, 0, NULL },
	{ .name = NULL }
};

/* What was found and what was made, for the report. */
struct place {
	char	*dir, *conf, *db;
	bool	 usual;		/* found without being told */
	bool	 made_conf, made_db, made_key;
	int64_t	 people;	/* there already */
	struct secret_word word;	/* of the first admin, if .made */
};

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The folder and those above it; ours alone. */
static enum hk_err
make_dirs(struct cli *c, const char *path)
{
	char	*p = arena_str(c->arena, span_str(path));

	if (p == NULL)
		return err_note(HK_NOMEM, "no memory for a path");
	for (char *slash = p; slash != NULL;) {
		if ((slash = strchr(slash + 1, '/')) != NULL)
			*slash = '\0';
		if (mkdir(p, 0700) != 0 && errno != EEXIST)
			return err_note(HK_IO, "cannot make the folder %s: %s", p,
			    strerror(errno));
		if (slash != NULL)
			*slash = '/';
	}
	return HK_OK;
}

/* The folder of a path, made when it is not there, without links in it. */
static enum hk_err
real_place(struct cli *c, const char *path, char **full)
{
	const char	*slash = strrchr(path, '/');
	const char	*name = slash != NULL ? slash + 1 : path;
	char		*dir = slash == NULL ? arena_str(c->arena, SPAN(".")) :
			    arena_str(c->arena, span_of(path, slash == path ? 1 :
			    (size_t)(slash - path)));
	char		*real;
	enum hk_err	 e;

	if (dir == NULL)
		return err_note(HK_NOMEM, "no memory for a path");
	if (*name == '\0')
		return err_tell(HK_USAGE, "'%s' is a folder, not a file", path);
	if ((e = make_dirs(c, dir)) != HK_OK)
		return e;
	if ((real = realpath(dir, NULL)) == NULL)
		return err_note(HK_IO, "cannot enter the folder %s: %s", dir, strerror(errno));
	*full = arena_printf(c->arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	free(real);
	return *full != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a path");
}

/* What an INI line cannot carry: other lines, a comment, a blank at its end. */
static enum hk_err
check_path(const char *path)
{
	size_t	len = strlen(path);
	bool	bad = len > 0 && path[len - 1] == ' ';

	for (const char *p = path; *p != '\0' && !bad; p++)
		bad = (unsigned char)*p < 0x20 || *p == 0x7f || (p[0] == ' ' && p[1] == ';');
	return bad ? err_tell(HK_USAGE, "the path '%s' has what a settings file cannot hold: "
	    "a control character, ' ;', or a blank at its end", path) : HK_OK;
}

static enum hk_err
find_place(struct cli *c, struct place *p)
{
	const struct args	*a = c->args;
	const char		*env = getenv("HOOKKEEPER_CONF");
	const struct passwd	*pw = getpwuid(geteuid());
	const char		*conf;
	enum hk_err		 e;

	if (a->dir != NULL && *a->dir != '\0')
		conf = arena_printf(c->arena, "%s/" CONF_NAME, a->dir);
	else if (a->dir == NULL && env != NULL && *env != '\0')
		conf = env;
	else if (a->dir == NULL && pw != NULL) {
		conf = arena_printf(c->arena, "%s/.config/hookkeeper/" CONF_NAME, pw->pw_dir);
		p->usual = true;
	} else
		return err_tell(HK_USAGE, "the place is not known: give it by --dir");
	if (conf == NULL)
		return err_note(HK_NOMEM, "no memory for a path");
	if ((e = real_place(c, conf, &p->conf)) != HK_OK)
		return e;
	p->dir = arena_str(c->arena, span_of(p->conf,
	    (size_t)(strrchr(p->conf, '/') - p->conf)));
	return p->dir != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a path");
}

/* Where the database will be, for a settings file that is made now. */
static enum hk_err
place_db(struct cli *c, struct place *p)
{
	const struct args	*a = c->args;
	const char		*db = a->db != NULL ? a->db :
				    arena_printf(c->arena, "%s/" DB_NAME, p->dir);
	enum hk_err		 e;

	if (db == NULL)
		return err_note(HK_NOMEM, "no memory for a path");
	if ((e = real_place(c, db, &p->db)) != HK_OK)
		return e;
	return check_path(p->db);
}

/* *mode: as given, or as answered. */
static enum hk_err
find_mode(const struct args *a, const char **mode)
{
	char	answer[32];

	if ((*mode = a->mode) == NULL && cli_ask("Which Stripe events count, those of test "
	    "or of live mode?", answer, sizeof(answer)))
		*mode = strcmp(answer, "test") == 0 ? "test" :
		    strcmp(answer, "live") == 0 ? "live" : NULL;
	if (*mode == NULL)
		return err_tell(HK_USAGE, "the mode is missing: --mode test or --mode live");
	return HK_OK;
}

static enum hk_err
make_conf(struct cli *c, struct place *p)
{
	const struct args	*a = c->args;
	const char		*mode;
	enum hk_err		 e;

	if ((e = find_mode(a, &mode)) != HK_OK || (e = place_db(c, p)) != HK_OK)
		return e;
	e = conf_file_make(p->conf, p->db, mode, a->test_secrets);
	p->made_conf = p->made_key = e == HK_OK;
	return e;
}

/* Settings that were there win over what is asked for now; say so. */
static void
say_kept(const struct args *a, const struct conf *conf, const struct place *p)
{
	const char	*mode = conf->mode == MODE_LIVE ? "live" : "test";

	if (a->mode != NULL && strcmp(a->mode, mode) != 0)
		cli_say("the mode stays %s; change it in %s", mode, p->conf);
	if (a->db != NULL && strcmp(a->db, conf->db) != 0)
		cli_say("the database stays %s; change it in %s", conf->db, p->conf);
	if (a->test_secrets)
		cli_say("secrets are made up only for a new settings file; this one is kept");
}

static size_t
secrets_of(const struct conf *conf)
{
	size_t	n = 0;

	for (size_t i = 0; i < conf_senders(conf); i++)
		n += conf->sender[i].nsecret;
	return n;
}

static const char *
admin_name(const struct args *a)
{
	return a->admin != NULL ? a->admin : FIRST_ADMIN;
}

static void
say_admin(struct cli *c, const struct place *p)
{
	const struct args	*a = c->args;
	struct buf		*b = &c->out;

	if (p->word.made)
		buf_printf(b, "admin     %s, password %s (shown this once)\n", admin_name(a),
		    p->word.text);
	else if (p->people > 0)
		buf_printf(b, "admin     there %s; 'hookkeeper admin passwd NAME' gives a new password\n",
		    p->people == 1 ? "is one" : "are people already");
	else
		buf_puts(b, "admin     none; 'hookkeeper admin add NAME --role admin' makes one\n");
}

static void
say_next(struct cli *c, const struct place *p)
{
	struct buf	*b = &c->out;

	buf_printf(b, "settings  %s (%s)\n", p->conf, p->made_conf ? "made" : "kept");
	buf_printf(b, "database  %s (%s)\n", c->conf->db, p->made_db ? "made" : "kept");
	buf_printf(b, "mode      %s\n", c->conf->mode == MODE_LIVE ? "live" : "test");
	for (size_t i = 0; i < conf_senders(c->conf); i++)
		buf_printf(b, "%-9s %zu secret%s\n", c->conf->sender[i].name,
		    c->conf->sender[i].nsecret, c->conf->sender[i].nsecret == 1 ? "" : "s");
	say_admin(c, p);
	if (secrets_of(c->conf) == 0)
		buf_printf(b, "\nNext: enter each sender's signing secret in %s,\n"
		    "then check with: hookkeeper --conf %s config --check\n", p->conf, p->conf);
	buf_puts(b, "\nAddresses to enter at the senders:\n");
	for (size_t i = 0; i < conf_senders(c->conf); i++) {
		const char	*name = strrchr(c->conf->sender[i].name, ':');

		buf_printf(b, "  https://YOUR-SITE/webhooks/%s%s\n", name != NULL ? "custom/" : "",
		    name != NULL ? name + 1 : c->conf->sender[i].name);
	}
	if (!p->usual)
		buf_printf(b, "\nPrograms find the settings by HOOKKEEPER_CONF=%s, or by a file\n"
		    "hookkeeper.where beside them that holds this path.\n", p->conf);
	if (geteuid() == 0)
		buf_printf(b, "\nYou are root: the web server's user must own %s\n"
		    "and what is in it.\n", p->dir);
}

static void
say_json(struct cli *c, const struct place *p)
{
	jw_open(&c->jw, NULL, '{');
	jw_text(&c->jw, "conf", span_str(p->conf));
	jw_bool(&c->jw, "made_conf", p->made_conf);
	jw_text(&c->jw, "db", span_str(c->conf->db));
	jw_bool(&c->jw, "made_db", p->made_db);
	jw_text(&c->jw, "mode", c->conf->mode == MODE_LIVE ? SPAN("live") : SPAN("test"));
	jw_int(&c->jw, "secrets", (int64_t)secrets_of(c->conf));
	jw_bool(&c->jw, "made_key", p->made_key);
	jw_text(&c->jw, "admin", p->word.made ? span_str(admin_name(c->args)) : SPAN_NULL);
	jw_text(&c->jw, "admin_password", p->word.made ? span_str(p->word.text) : SPAN_NULL);
	jw_close(&c->jw, '}');
	buf_putc(&c->out, '\n');
}

/* Settings of before there were keys get one. */
static enum hk_err
look_for_key(struct cli *c, struct place *p)
{
	enum hk_err	e;

	if (c->conf->nkeys > 0)
		return HK_OK;
	e = conf_file_add_key(p->conf);
	p->made_key = e == HK_OK;
	if (e != HK_SKIP)
		return e;
	cli_say("%s", err_last());
	return HK_OK;
}

/*
 * Who else would let somebody in?  Where the web server names people nobody is
 * made unless asked for.
 */
static enum hk_err
first_admin(struct cli *c, struct place *p)
{
	const struct args	*a = c->args;
	struct stmt		*q = NULL;
	enum hk_err		 e;

	if ((e = db_stmt(c->db, S_PERSON_ANY, &q)) != HK_OK ||
	    (e = stmt_int(q, &p->people)) != HK_OK)
		return e;
	if (p->people > 0 || a->no_admin || (c->conf->remote_user && a->admin == NULL))
		return HK_OK;
	if ((e = person_check_name(span_str(admin_name(a)))) == HK_SYNTAX)
		return err_tell(HK_USAGE, "--admin: %s", err_last());
	if ((e = word_make(&p->word, false)) != HK_OK)
		return e;
	return people_add(c, admin_name(a), ROLE_ADMIN, &p->word);
}

static enum hk_err
init(struct cli *c, struct place *p)
{
	enum hk_err	e;

	if ((e = find_place(c, p)) != HK_OK ||
	    (!there(p->conf) && (e = make_conf(c, p)) != HK_OK))
		return e;
	if (setenv("HOOKKEEPER_CONF", p->conf, 1) != 0)
		return err_note(HK_NOMEM, "cannot set HOOKKEEPER_CONF");
	if ((e = cli_conf(c, true)) != HK_OK) {
		if (p->made_conf)
			unlink(p->conf);	/* so that the next try may make it */
		return e;
	}
	if (!p->made_conf)
		say_kept(c->args, c->conf, p);
	p->made_db = !there(c->conf->db);
	if ((e = db_open(&c->db, c->conf->db, DB_RW, c->conf->busy_timeout_ms)) != HK_OK ||
	    (e = look_for_key(c, p)) != HK_OK)
		return e;
	return first_admin(c, p);
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct place		 p = { .dir = NULL };
	enum hk_err		 e;

	if (a->test_secrets && (a->mode == NULL || strcmp(a->mode, "test") != 0))
		return cli_usage(c, "--with-test-secrets is for --mode test: live mode takes "
		    "the senders' own secrets");
	if ((e = init(c, &p)) == HK_USAGE)
		return cli_usage(c, "%s", err_last());
	if (e != HK_OK)
		return cli_fail(e);
	if (c->json)
		say_json(c, &p);
	else
		say_next(c, &p);
	word_wipe(&p.word);
	return 0;
}

const struct command cmd_init = {
	.name		= "init",
	.operands	= "",
	.about		= "make the settings file and the database, or look after them",
	.help		=
	    "Makes DIR (mode 0700), DIR/" CONF_NAME " (mode 0600) and the database.  What is\n"
	    "there already is kept; an older database is brought to this version's schema, and\n"
	    "older settings get a key.  The first admin's password is shown once.\n"
	    "Without --mode it asks on a terminal.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
