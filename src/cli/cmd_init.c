/* hookkeeper init: a place with settings and a database. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/id.h"
#include "cli/cli.h"
#include "crypto/hmac.h"

#define CONF_NAME	"hookkeeper.conf"
#define DB_NAME		"hookkeeper.db"
#define CONF_MOST	65536
#define KEY_LEN		24	/* bytes of a Svix secret */
#define STRIPE_LEN	32	/* letters and digits of a Stripe secret */

struct args {
	const char	*dir, *mode, *db;
	bool		 test_secrets;
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
	{ .name = NULL }
};

/* What was found and what was made, for the report. */
struct place {
	char	*dir, *conf, *db;
	bool	 usual;		/* found without being told */
	bool	 made_conf, made_db;
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

/* As Stripe shows one: whsec_ and letters and digits. */
static void
put_stripe_secret(struct buf *b)
{
	static const char	set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";

	buf_puts(b, "secrets = whsec_");
	for (int i = 0; i < STRIPE_LEN; i++)
		buf_putc(b, set[random_below(sizeof(set) - 1)]);
	buf_putc(b, '\n');
}

/* As Svix shows one: whsec_ and base64. */
static void
put_svix_secret(struct buf *b)
{
	uint8_t	key[KEY_LEN];
	char	text[BASE64_LEN(KEY_LEN) + 1];

	random_fill(key, sizeof(key));
	base64_encode(text, key, sizeof(key));
	buf_printf(b, "secrets = whsec_%s\n", text);
	crypto_cleanse(key, sizeof(key));
	crypto_cleanse(text, sizeof(text));
}

static void
put_settings(struct buf *b, const struct place *p, const char *mode, bool test_secrets)
{
	static const struct {
		const char	*name, *where;
		void		(*put)(struct buf *);
	} sender[] = {
		{ "stripe", "Stripe: Workbench > Webhooks > the endpoint > Signing secret",
		    put_stripe_secret },
		{ "clerk", "Clerk: Configure > Webhooks > the endpoint > Signing Secret",
		    put_svix_secret },
		{ "resend", "Resend: Webhooks > the endpoint > Signing Secret",
		    put_svix_secret },
	};

	buf_puts(b, "# Settings of hookkeeper.  \"hookkeeper config --reference\" lists them all.\n"
	    "# This file holds secrets: its mode must stay 0600.\n\n");
	buf_printf(b, "[hookkeeper]\ndb = %s\nmode = %s\n", p->db, mode);
	for (size_t i = 0; i < sizeof(sender) / sizeof(sender[0]); i++) {
		buf_printf(b, "\n# %s\n[%s]\n", sender[i].where, sender[i].name);
		if (test_secrets)
			sender[i].put(b);
		else
			buf_puts(b, "#secrets = whsec_...\n");
	}
}

static enum hk_err
write_new(const char *path, struct span text)
{
	int	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t	n;

	if (fd == -1)
		return err_note(HK_IO, "cannot make %s: %s", path, strerror(errno));
	n = write(fd, text.p, text.len);
	if (n != (ssize_t)text.len || fsync(fd) != 0) {
		enum hk_err	e = err_note(HK_IO, "cannot write %s: %s", path,
				    n >= 0 && n != (ssize_t)text.len ? "no room" :
				    strerror(errno));

		close(fd);
		unlink(path);
		return e;
	}
	close(fd);
	return HK_OK;
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
	struct buf		 b;
	enum hk_err		 e;

	if ((e = find_mode(a, &mode)) != HK_OK || (e = place_db(c, p)) != HK_OK)
		return e;
	buf_init(&b, CONF_MOST);
	put_settings(&b, p, mode, a->test_secrets);
	e = buf_ok(&b) ? write_new(p->conf, buf_span(&b)) :
	    err_note(HK_NOMEM, "no memory for the settings");
	if (b.p != NULL)
		crypto_cleanse(b.p, b.len);
	buf_release(&b);
	p->made_conf = e == HK_OK;
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
	jw_close(&c->jw, '}');
	buf_putc(&c->out, '\n');
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
	return db_open(&c->db, c->conf->db, DB_RW, c->conf->busy_timeout_ms);
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
	return 0;
}

const struct command cmd_init = {
	.name		= "init",
	.operands	= "",
	.about		= "make the settings file and the database, or look after them",
	.help		=
	    "Makes DIR (mode 0700), DIR/" CONF_NAME " (mode 0600) and the database.  What is\n"
	    "there already is kept; an older database is brought to this version's schema.\n"
	    "Without --mode it asks on a terminal.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
