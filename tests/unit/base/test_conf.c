/* Settings: what is taken, what is refused with which words, what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/json.h"

#define FILE_NAME	"/etc/hk/hookkeeper.conf"
#define BASE		"[hookkeeper]\ndb = /srv/hk.sqlite\nmode = test\n"
#define A		"whsec_aaaaaaaaaaaa"
#define B		"whsec_bbbbbbbbbbbb"
#define C		"whsec_cccccccccccc"
#define KEY1		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY2		"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define LONG		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const char *const no_env[] = { NULL };

static enum hk_err
parse(struct conf **c, const char *text, const char *const *env)
{
	return conf_parse(c, FILE_NAME, span_str(text), true, env, true);
}

/* The settings of a text that is right. */
static struct conf *
good(const char *text, const char *const *env)
{
	struct conf	*c;

	if (parse(&c, text, env) != HK_OK)
		fail_msg("%s: %s", text, err_last());
	return c;
}

struct refusal {
	const char	*phrase, *text, *says;
	const char	*env[3];
};

static const struct refusal refusals[] = {
	{ "no database",		"[hookkeeper]\nmode = test\n",
	    "hookkeeper.db is not set", { NULL } },
	{ "no mode",			"[hookkeeper]\ndb = /x\n",
	    "hookkeeper.mode is not set: write \"mode = test\"", { NULL } },
	{ "an unknown section",		BASE "[strip]\nevents = *\n",
	    FILE_NAME ":5: there is no setting strip.events; did you mean [stripe]?", { NULL } },
	{ "an unknown key",		BASE "max_bdy = 5000\n",
	    ":4: there is no setting hookkeeper.max_bdy; did you mean max_body?", { NULL } },
	{ "letters swapped",		BASE "[clerk]\nevenst = x\n",
	    "did you mean events?", { NULL } },
	{ "nothing like it",		BASE "colour = blue\n",
	    "there is no setting hookkeeper.colour; `hookkeeper config --reference` lists", { NULL } },
	{ "another case",		BASE "Threads = 4\n",
	    "did you mean threads?", { NULL } },
	{ "the wrong section",		BASE "signup_bonus = 4\n",
	    "it belongs under [credits]", { NULL } },
	{ "before any section",		"db = /x\n" BASE,
	    ":1: \"db\" stands before any [section]", { NULL } },
	{ "the same key twice",		BASE "mode = live\n",
	    ":4: hookkeeper.mode is set twice, first in line 3", { NULL } },
	{ "twice in two sections",	BASE "[credits]\n[hookkeeper]\nmode = live\n",
	    ":6: hookkeeper.mode is set twice, first in line 3", { NULL } },
	{ "no key at all",		BASE "what is this\n",
	    ":4: neither \"[section]\" nor \"key = value\"", { NULL } },
	{ "an open section",		BASE "[stripe\n",
	    ":4: neither \"[section]\" nor \"key = value\"", { NULL } },
	{ "a secret that is not indented", BASE "[stripe]\nsecrets = " A "\n" B "=\n",
	    ":6: no setting has a name like that; if it is a secret, indent the line", { NULL } },
	{ "one without its whsec_",	BASE "[stripe]\nsecrets = " A "\nbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb==\n",
	    ":6: no setting has a name like that; if it is a secret, indent the line", { NULL } },
	{ "an indented key",		"[hookkeeper]\ndb = /x\n  mode = test\n",
	    ":3: the line is indented, so it would continue hookkeeper.db", { NULL } },
	{ "an indented key after a list", BASE "[stripe]\nsecrets = " A "\n secret_file = /x\n",
	    ":6: the line is indented, so it would continue stripe.secrets", { NULL } },
	{ "an indented key without blanks", BASE "[stripe]\nsecrets = " A "\n\tverify=on\n",
	    ":6: the line is indented", { NULL } },
	{ "a line inih would cut",	BASE "[stripe]\nevents = " LONG LONG LONG LONG "\n",
	    ":5: a line of more than 198 bytes: go on in the next line, indented", { NULL } },
	{ "a control character",	BASE "[stripe]\nevents = a\x01\n",
	    ":5: a control character", { NULL } },

	{ "too small a number",		BASE "max_body = 1023\n",
	    ":4: hookkeeper.max_body must be a number from 1024 to 67108864 (bytes), not \"1023\"",
	    { NULL } },
	{ "too large a number",		BASE "threads = 65\n",
	    "hookkeeper.threads must be a number from 1 to 64 (threads), not \"65\"", { NULL } },
	{ "a number with a unit",	BASE "max_body = 1M\n",
	    "must be a number from 1024 to 67108864 (bytes), not \"1M\"", { NULL } },
	{ "a negative number",		BASE "[credits]\nsignup_bonus = -1\n",
	    "credits.signup_bonus must be a number from 0", { NULL } },
	{ "a number beyond 64 bits",	BASE "threads = 18446744073709551617\n",
	    "must be a number from 1 to 64", { NULL } },
	{ "another choice",		"[hookkeeper]\ndb = /x\nmode = prod\n",
	    ":3: hookkeeper.mode must be one of test|live, not \"prod\"", { NULL } },
	{ "part of a choice",		"[hookkeeper]\ndb = /x\nmode = tes\n",
	    "must be one of test|live, not \"tes\"", { NULL } },
	{ "an empty value",		"[hookkeeper]\ndb =\nmode = test\n",
	    ":2: hookkeeper.db is empty", { NULL } },
	{ "a value that is a comment",	"[hookkeeper]\ndb = ; later\nmode = test\n",
	    ":2: hookkeeper.db is empty", { NULL } },
	{ "quotes",			"[hookkeeper]\ndb = \"/x\"\nmode = test\n",
	    ":2: hookkeeper.db is written without quotes", { NULL } },
	{ "a tilde",			"[hookkeeper]\ndb = ~/x\nmode = test\n",
	    ":2: hookkeeper.db: '~' has no meaning here", { NULL } },
	{ "commas in a list",		BASE "[stripe]\nevents = a.b, c.d\n",
	    "stripe.events is separated by blanks, not by commas", { NULL } },
	{ "a star inside",		BASE "[stripe]\nevents = a.*.b\n",
	    "stripe.events takes '*' only at the end of a type", { NULL } },
	{ "a star for instances",	BASE "[clerk]\ninstances = ins_*\n",
	    "clerk.instances takes no '*'", { NULL } },

	{ "a wrong variable",		BASE,
	    "environment variable HOOKKEEPER_MODE: hookkeeper.mode must be one of test|live, "
	    "not \"prod\"", { "HOOKKEEPER_MODE=prod", NULL } },
	{ "a tilde in a variable",	BASE,
	    "environment variable HOOKKEEPER_DB: hookkeeper.db: '~'", { "HOOKKEEPER_DB=~/x", NULL } },
	{ "a wrong line that a variable hides", "[hookkeeper]\ndb = /x\nmode = prod\n",
	    ":3: hookkeeper.mode must be", { "HOOKKEEPER_MODE=test", NULL } },

	{ "a database that is served",	"[hookkeeper]\ndb = /nowhere/www/a/b.sqlite\nmode = test\n",
	    "the database /nowhere/www/a/b.sqlite lies under the web server's document root "
	    "/nowhere/www", { "DOCUMENT_ROOT=/nowhere/www", NULL } },
	{ "a root with a slash",	"[hookkeeper]\ndb = /nowhere/www/b.sqlite\nmode = test\n",
	    "lies under the web server's document root", { "DOCUMENT_ROOT=/nowhere/www/", NULL } },
	{ "a configuration that is served", BASE,
	    "the configuration " FILE_NAME " lies under", { "DOCUMENT_ROOT=/etc/hk", NULL } },
	{ "secrets that are served",	BASE "[clerk]\nsecret_file = /nowhere/www/s\n",
	    "the secrets' file /nowhere/www/s lies under", { "DOCUMENT_ROOT=/nowhere/www", NULL } },

	{ "a secret too short",		BASE "[stripe]\nsecrets = " A " abc\n",
	    ":5: stripe: secret 2 must have 8 to 512 printable", { NULL } },
	{ "a label without a secret",	BASE "[stripe]\nsecrets = old=\n",
	    "stripe: secret 1 must have 8 to 512", { NULL } },
	{ "a blank around =",		BASE "[stripe]\nsecrets = old = " A "\n",
	    "stripe: secret 1 must have 8 to 512", { NULL } },
	{ "a secret outside ASCII",	BASE "[stripe]\nsecrets = whsec_\xC3\xA9\xC3\xA9\xC3\xA9\n",
	    "printable ASCII", { NULL } },
	{ "a label of strange letters",	BASE "[stripe]\nsecrets = old/1=" A "\n",
	    "the label of secret 1 must be 1 to 32 of A-Z a-z 0-9 . _ -", { NULL } },
	{ "a label too long",		BASE "[stripe]\nsecrets = " LONG "=" A "\n",
	    "the label of secret 1 must be 1 to 32", { NULL } },
	{ "a label that looks like a secret", BASE "[stripe]\nsecrets = whsec_x=" A "\n",
	    "and not begin with whsec_", { NULL } },
	{ "one label for two secrets",	BASE "[stripe]\nsecrets = now=" A " now=" B "\n",
	    "two different secrets have the label \"now\"", { NULL } },
	{ "one label in two places",	BASE "[stripe]\nsecrets = now=" A "\n",
	    ":5: stripe: two different secrets have the label \"now\"",
	    { "STRIPE_WEBHOOK_SECRET=now=" B, NULL } },
	{ "a bad secret in a variable",	BASE,
	    "environment variable CLERK_WEBHOOK_SECRET: clerk: secret 1 must have",
	    { "CLERK_WEBHOOK_SECRET=abc", NULL } },
	{ "a key too short",		BASE "key = YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n",
	    ":4: hookkeeper.key: key 1 is not base64 of 32 bytes", { NULL } },
	{ "the second key is none",	BASE "key = " KEY1 " aaaaaaaaaaaaaaaa\n",
	    ":4: hookkeeper.key: key 2 is not base64 of 32 bytes", { NULL } },
	{ "another role",		BASE "[admin]\nremote_user_role = root\n",
	    "admin.remote_user_role must be one of none|viewer|operator|admin, not \"root\"", { NULL } },
	{ "no file of secrets",		BASE "[stripe]\nsecret_file = /nonexistent/s\n",
	    "/nonexistent/s: there is no such file (stripe.secret_file)", { NULL } },
	{ "a folder of secrets",	BASE "[stripe]\nsecret_file = /\n",
	    "/: this is no regular file", { NULL } },
#ifndef HK_DEV
	{ "verify = off",		BASE "[clerk]\nverify = off\n",
	    ":5: clerk.verify = off is only for a build made with DEV=1", { NULL } },
#endif
};

static void
refuses_and_says_why(void **state)
{
	const struct refusal	*r;
	struct conf		*c;
	size_t			 i;
	enum hk_err		 e;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		r = &refusals[i];
		e = parse(&c, r->text, r->env);
		if (e != HK_CONF || strstr(err_last(), r->says) == NULL)
			fail_msg("%s: %s, \"%s\"", r->phrase, err_name(e), err_last());
		if (strstr(err_last(), "aaaaaa") != NULL || strstr(err_last(), "bbbbbb") != NULL)
			fail_msg("%s: a secret is shown: %s", r->phrase, err_last());
	}
}

static void
has_defaults(void **state)
{
	struct conf	*c = good(BASE, no_env);
	size_t		 i;

	(void)state;
	assert_string_equal(c->file, FILE_NAME);
	assert_string_equal(c->db, "/srv/hk.sqlite");
	assert_string_equal(c->state_dir, "/srv");
	assert_int_equal(c->mode, MODE_TEST);
	assert_int_equal(c->max_body, 1048576);
	assert_int_equal(c->tolerance_s, 300);
	assert_int_equal(c->slice, 1);
	assert_int_equal(c->signup_bonus, 40);
	assert_int_equal(c->nkeys, 0);
	assert_int_equal(c->remote_user, 0);
	assert_int_equal(c->remote_user_role, REMOTE_NONE);
	for (i = 0; i < CONF_SENDERS; i++) {
		assert_int_equal(c->sender[i].nsecret, 0);
		assert_string_equal(c->sender[i].events, "*");
		assert_int_equal(c->sender[i].unknown_events, UNKNOWN_DEFAULT);
		assert_int_equal(c->sender[i].verify, 1);
	}
	assert_string_equal(conf_sender(c, "stripe")->name, "stripe");
	assert_ptr_equal(conf_sender(c, "resend"), &c->sender[2]);
	assert_null(conf_sender(c, "github"));
	conf_free(c);
	conf_free(NULL);
}

static void
reads_every_kind_of_line(void **state)
{
	struct conf	*c = good("\xEF\xBB\xBF# a comment\r\n; another\r\n\r\n[hookkeeper]\r\n"
			    "db=/srv/a;b/x y.sqlite ; the file\r\n"
			    "mode : live\r\n   # indented comment\r\n"
			    "max_body = 001024\r\nthreads=64\r\nwork_after_reply = off\r\n"
			    "[stripe]\r\nevents = invoice.*\r\n\tcharge.refunded ; both\r\n\r\n"
			    "   customer.created\r\nunknown_events = reject\r\n"
			    "[credits]\r\nsignup_bonus = 0", no_env);

	(void)state;
	assert_string_equal(c->db, "/srv/a;b/x y.sqlite");
	assert_string_equal(c->state_dir, "/srv/a;b");
	assert_int_equal(c->mode, MODE_LIVE);
	assert_int_equal(c->max_body, 1024);
	assert_int_equal(c->threads, 64);
	assert_int_equal(c->slice, 0);
	assert_int_equal(c->signup_bonus, 0);
	assert_string_equal(c->sender[0].events, "invoice.* charge.refunded customer.created");
	assert_int_equal(c->sender[0].unknown_events, UNKNOWN_REJECT);
	assert_string_equal(c->sender[1].events, "*");
	conf_free(c);
}

static void
keys_are_bytes_newest_first_and_need_a_private_file(void **state)
{
	static const char	text[] = BASE "key = " KEY2 "\n  " KEY1 "\n[admin]\nremote_user = on\n"
				    "remote_user_role = operator\n";
	struct conf		*c = good(text, no_env);
	struct buf		 b;

	(void)state;
	assert_int_equal(c->nkeys, 2);
	assert_int_equal(c->keys[0][0], 2);
	assert_int_equal(c->keys[1][0], 1);
	assert_int_equal(c->keys[1][CONF_KEY - 1], 0);
	assert_null(c->key);
	assert_int_equal(c->remote_user, 1);
	assert_int_equal(c->remote_user_role, REMOTE_OPERATOR);
	buf_init(&b, 1 << 20);
	conf_print(c, &b, false);
	conf_print(c, &b, true);
	assert_null(strstr(b.p, "AQAAAAA"));
	assert_null(strstr(b.p, "AgAAAAA"));
	buf_release(&b);
	conf_free(c);
	assert_int_equal(conf_parse(&c, FILE_NAME, SPAN(text), false, no_env, true), HK_CONF);
	assert_non_null(strstr(err_last(), ":4: hookkeeper.key stands in a file that others can read"));
	assert_null(strstr(err_last(), "AQAAAAA"));
}

static void
environment_wins(void **state)
{
	static const char *const	env[] = { "HOOKKEEPER_DBX=/no", "HOOKKEEPER_DB=/env/db",
					    "HOOKKEEPER_MODE=live", "CLERK_WEBHOOK_SECRET=", NULL };
	static const char *const	empty[] = { "HOOKKEEPER_DB=", NULL };
	struct conf			*c = good(BASE, env);

	(void)state;
	assert_string_equal(c->db, "/env/db");
	assert_int_equal(c->mode, MODE_LIVE);
	conf_free(c);

	c = good(BASE, empty);
	assert_string_equal(c->db, "/srv/hk.sqlite");
	conf_free(c);

	/* no file at all */
	assert_int_equal(conf_parse(&c, NULL, SPAN_NULL, false, env, true), HK_OK);
	assert_null(c->file);
	assert_string_equal(c->db, "/env/db");
	conf_free(c);
	assert_int_equal(conf_parse(&c, NULL, SPAN_NULL, false, no_env, true), HK_CONF);
	assert_int_equal(conf_parse(&c, NULL, SPAN_NULL, false, no_env, false), HK_OK);
	assert_null(c->db);
	assert_null(c->state_dir);
	assert_int_equal(c->mode, -1);
	conf_free(c);
}

static void
paths_become_absolute(void **state)
{
	static const char *const	env[] = { "HOOKKEEPER_DB=data/db", NULL };
	struct conf			*c;
	char				 cwd[1000], want[1100];

	(void)state;
	c = good("[hookkeeper]\ndb = ./data/db\nmode = test\nstate_dir = run\n", no_env);
	assert_string_equal(c->db, "/etc/hk/data/db");
	assert_string_equal(c->state_dir, "/etc/hk/run");
	conf_free(c);
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(want, sizeof(want), "%s/data/db", cwd);
	c = good(BASE, env);
	assert_string_equal(c->db, want);
	conf_free(c);
	c = good("[hookkeeper]\ndb = /db\nmode = test\n", no_env);
	assert_string_equal(c->state_dir, "/");
	conf_free(c);
}

/* A folder of our own, gone with drop(). */
static char	folder[100];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/hk-test-conf-XXXXXX",
	    getenv("TMPDIR") != NULL && strlen(getenv("TMPDIR")) < 60 ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) == NULL;
}

static int
drop_folder(void **state)
{
	char	command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static const char *
put_file(const char *name, const char *text, mode_t mode)
{
	static char	path[4][300];
	static int	turn;
	char		*p = path[turn++ % 4];
	FILE		*f;

	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	unlink(p);
	f = fopen(p, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(p, mode), 0);
	return p;
}

static void
document_root_is_followed_through_links(void **state)
{
	char		 link[200], text[500], root[300];
	const char	*env[2] = { root, NULL };
	struct conf	*c;

	(void)state;
	snprintf(link, sizeof(link), "%s/www", folder);
	assert_int_equal(mkdir(link, 0700), 0);
	snprintf(root, sizeof(root), "DOCUMENT_ROOT=%s", link);
	snprintf(link, sizeof(link), "%s/data", folder);
	assert_int_equal(symlink("www", link), 0);
	snprintf(text, sizeof(text), "[hookkeeper]\nmode=test\ndb = %s/data/new/db\n", folder);
	assert_int_equal(parse(&c, text, env), HK_CONF);
	assert_non_null(strstr(err_last(), "document root"));
	/* a neighbour whose name begins alike */
	snprintf(text, sizeof(text), "[hookkeeper]\nmode=test\ndb = %s/www2/db\n", folder);
	assert_int_equal(parse(&c, text, env), HK_OK);
	conf_free(c);
}

static void
assert_secrets(const struct conf_sender *s, const char *want)
{
	char	all[1000] = "";
	size_t	i;

	for (i = 0; i < s->nsecret; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s[%s]%.*s",
		    i > 0 ? " " : "", s->secret[i].label, SPAN_ARG(s->secret[i].text));
	assert_string_equal(all, want);
	assert_null(s->secrets);
}

static void
secrets_stand_newest_first(void **state)
{
	static const char *const	env[] = { "STRIPE_WEBHOOK_SECRET=new=" A "  " B,
					    "CLERK_WEBHOOK_SIGNING_SECRET=second=" B,
					    "RESEND_WEBHOOK_SECRET=r=" C, NULL };
	static const char *const	both[] = { "CLERK_WEBHOOK_SIGNING_SECRET=second=" B,
					    "CLERK_WEBHOOK_SECRET=first=" A, NULL };
	struct conf			*c;
	char				 text[600], want[600], print[CONF_FINGERPRINT + 1];
	const char			*path;

	(void)state;
	conf_fingerprint(print, SPAN(B));
	path = put_file("secrets", "# old ones\n\n  older=" C "  \r\nagain=" B "\n", 0600);
	snprintf(text, sizeof(text), BASE "[stripe]\nsecret_file = %s\n"
	    "secrets = mid=whsec_mmmmmmmm\n  abcdefgh12345678==  ; not shown\n"
	    "  l.1-_=abcdefgh12345678+/==\n", path);
	c = good(text, env);
	snprintf(want, sizeof(want), "[new]" A " [again]" B " [mid]whsec_mmmmmmmm "
	    "[%s]abcdefgh12345678== [l.1-_]abcdefgh12345678+/== [older]" C,
	    c->sender[0].secret[3].label);
	assert_secrets(&c->sender[0], want);
	assert_int_equal(strlen(c->sender[0].secret[3].label), CONF_FINGERPRINT);
	assert_secrets(&c->sender[1], "[second]" B);
	assert_secrets(&c->sender[2], "[r]" C);
	conf_free(c);
	c = good(BASE, both);
	assert_secrets(&c->sender[1], "[first]" A);
	conf_free(c);
	/* a ';' inside is no comment; an unlabelled one is named by its print */
	c = good(BASE "[stripe]\nsecrets = whsec_;;;;;; " B "\n", no_env);
	snprintf(want, sizeof(want), "[%s]whsec_;;;;;; [%s]" B, c->sender[0].secret[0].label, print);
	assert_secrets(&c->sender[0], want);
	conf_free(c);
}

static void
secrets_must_be_private(void **state)
{
	static const char	text[] = BASE "[stripe]\nsecrets = " A "\n";
	struct conf		*c;
	char			 line[500];
	mode_t			 bad[] = { 0640, 0604, 0660, 0610 };
	size_t			 i;

	(void)state;
	assert_int_equal(conf_parse(&c, FILE_NAME, SPAN(text), false, no_env, true), HK_CONF);
	assert_non_null(strstr(err_last(), ":5: stripe.secrets stands in a file that others"));
	assert_non_null(strstr(err_last(), "chmod 600 " FILE_NAME));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), BASE "[stripe]\nsecret_file = %s\n",
		    put_file("open", A "\n", bad[i]));
		assert_int_equal(parse(&c, line, no_env), HK_CONF);
		assert_non_null(strstr(err_last(), "must be readable by their owner alone"));
	}
	snprintf(line, sizeof(line), BASE "[stripe]\nsecret_file = %s\n",
	    put_file("empty", "# none yet\n", 0600));
	assert_int_equal(parse(&c, line, no_env), HK_CONF);
	assert_non_null(strstr(err_last(), "the file holds no secret for stripe"));
	snprintf(line, sizeof(line), BASE "[stripe]\nsecret_file = %s\n",
	    put_file("two", A " " B "\n", 0600));
	assert_int_equal(parse(&c, line, no_env), HK_CONF);
	assert_non_null(strstr(err_last(), "two:1: stripe: secret 1 must have"));
}

static void
fingerprints_name_texts(void **state)
{
	char	one[CONF_FINGERPRINT + 1], two[CONF_FINGERPRINT + 1];

	(void)state;
	conf_fingerprint(one, SPAN(A));
	conf_fingerprint(two, SPAN(A));
	assert_string_equal(one, two);
	assert_int_equal(strspn(one, "0123456789abcdef"), CONF_FINGERPRINT);
	conf_fingerprint(two, SPAN(B));
	assert_string_not_equal(one, two);
}

static void
lets_through_what_events_says(void **state)
{
	static const struct {
		const char	*events, *type;
		bool		 yes;
	} rows[] = {
		{ "*",				"anything",		true },
		{ "invoice.*",			"invoice.paid",		true },
		{ "invoice.*",			"invoice.",		true },
		{ "invoice.*",			"invoice",		false },
		{ "invoice.*",			"invoiceitem.created",	false },
		{ "invoice.paid",		"invoice.paid",		true },
		{ "invoice.paid",		"invoice.paid_out",	false },
		{ "invoice.paid",		"invoice.pai",		false },
		{ "a.b  charge.* c.d",		"charge.refunded",	true },
		{ "a.b  charge.* c.d",		"c.d",			true },
		{ "a.b  charge.* c.d",		"c.e",			false },
		{ "none",			"invoice.paid",		false },
	};
	struct conf	*c;
	char		 text[300];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), BASE "[stripe]\nevents = %s\n", rows[i].events);
		c = good(text, no_env);
		if (conf_wants(&c->sender[0], span_str(rows[i].type)) != rows[i].yes)
			fail_msg("events = %s: %s", rows[i].events, rows[i].type);
		conf_free(c);
	}
}

/* A setting's line, however wide the names' column is. */
static void
assert_shown(const char *all, const char *name, const char *rest)
{
	const char	*at = all;
	size_t		 n = strlen(name);

	while ((at = strstr(at, name)) != NULL && (at == all || at[-1] != '\n' || at[n] != ' '))
		at++;
	if (at == NULL || (at += n, at += strspn(at, " "), strncmp(at, rest, strlen(rest))) != 0)
		fail_msg("%s is not shown as \"%s\":\n%s", name, rest, all);
}

static void
shows_everything_but_secrets(void **state)
{
	static const char *const	env[] = { "HOOKKEEPER_MODE=live",
					    "STRIPE_WEBHOOK_SECRET=new=" A, NULL };
	struct conf			*c;
	struct json			*j, *list;
	struct buf			 b;
	int64_t				 n = 0;

	(void)state;
	c = good("[hookkeeper]\ndb = /srv/db\nmax_body = 2048\n"
	    "[stripe]\nsecrets = " B "\n[clerk]\nsecrets = k=" C "\n", env);
	buf_init(&b, 1 << 20);
	conf_print(c, &b, false);
	assert_non_null(strstr(b.p, "# " FILE_NAME "\n"));
	assert_shown(b.p, "hookkeeper.db", "= /srv/db  (source: file)\n");
	assert_shown(b.p, "hookkeeper.mode", "= live  (source: environment)\n");
	assert_shown(b.p, "hookkeeper.max_body", "= 2048 bytes  (source: file)\n");
	assert_shown(b.p, "hookkeeper.threads", "= 4 threads  (source: default)\n");
	assert_shown(b.p, "stripe.secrets", "= new ");
	assert_non_null(strstr(b.p, "  (source: environment, file)\n"));
	assert_shown(b.p, "clerk.secrets", "= k  (source: file)\n");
	assert_shown(b.p, "resend.secrets", "= (none)  (source: default)\n");
	assert_null(strstr(b.p, "whsec_"));

	buf_clear(&b);
	conf_print(c, &b, true);
	assert_null(strstr(b.p, "whsec_aa"));
	assert_null(strstr(b.p, "whsec_bb"));
	assert_null(strstr(b.p, "whsec_cc"));
	assert_int_equal(json_parse(buf_span(&b), &j), HK_OK);
	assert_true(span_is(json_text(j, "file"), FILE_NAME));
	list = json_get(j, "settings");
	assert_true(span_is(json_text(json_at(list, 0), "name"), "hookkeeper.db"));
	assert_true(span_is(json_text(json_at(list, 0), "source"), "file"));
	assert_true(json_int(json_at(list, 3), "value", &n));
	assert_int_equal(n, 2048);
	json_free(j);
	conf_free(c);

	assert_int_equal(conf_parse(&c, NULL, SPAN_NULL, false, no_env, false), HK_OK);
	buf_clear(&b);
	conf_print(c, &b, false);
	assert_shown(b.p, "hookkeeper.mode", "= (not set)");
	buf_clear(&b);
	conf_print(c, &b, true);
	assert_int_equal(json_parse(buf_span(&b), &j), HK_OK);
	json_free(j);
	conf_free(c);
	buf_release(&b);
}

static void
explains_every_setting(void **state)
{
	static const char *const	must[] = {
		"\n[hookkeeper]\n", "\n[credits]\n", "\n[stripe], [clerk], [resend]\n",
		"    db = TEXT\n", "Must be set.  Environment: HOOKKEEPER_DB.\n",
		"    mode = test | live\n", "    max_body = 1024..67108864 bytes\n",
		"Default: 1048576.\n", "    secrets = ITEM ...\n", "    verify = off | on\n",
		"[clerk] CLERK_WEBHOOK_SECRET, else CLERK_WEBHOOK_SIGNING_SECRET\n",
#define INT(field, section, key, ...)	"    " key " = ",
#define STR(field, section, key, ...)	"    " key " = ",
#define PICK(field, section, key, ...)	"    " key " = ",
#define SENDER_STR(field, key, ...)	"    " key " = ",
#define SENDER_PICK(field, key, ...)	"    " key " = ",
#define BUILTIN_STR(field, key, ...)	"    " key " = ",
#define CUSTOM_STR(field, key, ...)	"    " key " = ",
#define CUSTOM_PICK(field, key, ...)	"    " key " = ",
#include "base/conf.def"
	};
	struct span	text, line;
	struct buf	b;
	size_t		i;

	(void)state;
	buf_init(&b, 1 << 20);
	conf_reference(&b);
	for (i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (strstr(b.p, must[i]) == NULL)
			fail_msg("the reference lacks \"%s\"", must[i]);
	for (text = buf_span(&b); text.p != NULL;)
		if ((line = span_cut(&text, '\n')).len > 80)
			fail_msg("a line of %zu columns: %.*s", line.len, SPAN_ARG(line));
	buf_release(&b);
}

/*
 * conf_load() looks around itself, so it is tried as a program of its own:
 * a copy of this one in our folder, called with --load.
 */
static int
load_and_tell(void)
{
	struct conf	*c;

	if (conf_load(&c, true) != HK_OK) {
		printf("%s", err_last());
		return 1;
	}
	printf("%s %zu", c->file != NULL ? c->file : "none", c->sender[0].nsecret);
	conf_free(c);
	return 0;
}

/* What the copy says when started with just this environment. */
static const char *
told(const char *env)
{
	static char	out[2000];
	char		command[1000];
	size_t		n;
	FILE		*p;

	snprintf(command, sizeof(command), "env -i PATH=/usr/bin:/bin %s '%s/sub/copy' --load "
	    "2>'%s/log'", env, folder, folder);
	p = popen(command, "r");
	assert_non_null(p);
	n = fread(out, 1, sizeof(out) - 1, p);
	out[n] = '\0';
	pclose(p);
	return out;
}

static void
finds_its_file(void **state)
{
	char		command[1000], want[400], env[400], conf[300];

	(void)state;
	snprintf(command, sizeof(command), "mkdir '%s/sub' && cp /proc/%ld/exe '%s/sub/copy'",
	    folder, (long)getpid(), folder);
	assert_int_equal(system(command), 0);

	snprintf(conf, sizeof(conf), "%s", put_file("my.conf",
	    BASE "[stripe]\nsecrets = " A "\n", 0600));
	snprintf(env, sizeof(env), "HOOKKEEPER_CONF=%s", conf);
	snprintf(want, sizeof(want), "%s 1", conf);
	assert_string_equal(told(env), want);

	/* beside the program, or one up; relative to where it lies */
	put_file("hookkeeper.where", "my.conf\n", 0644);
	assert_string_equal(told(""), want);
	put_file("hookkeeper.where", "gone.conf\n", 0644);
	assert_non_null(strstr(told(""), "hookkeeper.where: there is no file gone.conf"));
	snprintf(command, sizeof(command), "%s\n", conf);
	put_file("sub/hookkeeper.where", command, 0644);
	assert_string_equal(told(""), want);
	put_file("sub/hookkeeper.where", command, 0646);
	assert_non_null(strstr(told(""), "somebody else can change this file"));
	put_file("sub/hookkeeper.where", "\n", 0644);
	assert_non_null(strstr(told(""), "must hold one line, a path"));

	assert_non_null(strstr(told("HOOKKEEPER_CONF=/nonexistent/x"),
	    "environment variable HOOKKEEPER_CONF: there is no file /nonexistent/x"));
	put_file("my.conf", BASE, 0646);
	assert_non_null(strstr(told(env), "anybody can change this file: chmod o-w"));
	/* readable by the group is fine without secrets */
	put_file("my.conf", BASE, 0640);
	snprintf(want, sizeof(want), "%s 0", conf);
	assert_string_equal(told(env), want);
	put_file("my.conf", BASE "[stripe]\nsecrets = " A "\n", 0640);
	assert_non_null(strstr(told(env), "stripe.secrets stands in a file that others can read"));
	snprintf(env, sizeof(env), "HOOKKEEPER_CONF=%s", folder);
	assert_non_null(strstr(told(env), "this is no regular file"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_and_says_why),
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_every_kind_of_line),
		cmocka_unit_test(keys_are_bytes_newest_first_and_need_a_private_file),
		cmocka_unit_test(environment_wins),
		cmocka_unit_test(paths_become_absolute),
		cmocka_unit_test(document_root_is_followed_through_links),
		cmocka_unit_test(secrets_stand_newest_first),
		cmocka_unit_test(secrets_must_be_private),
		cmocka_unit_test(fingerprints_name_texts),
		cmocka_unit_test(lets_through_what_events_says),
		cmocka_unit_test(shows_everything_but_secrets),
		cmocka_unit_test(explains_every_setting),
		cmocka_unit_test(finds_its_file),
	};

	if (argc == 2 && strcmp(argv[1], "--load") == 0)
		return load_and_tell();
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
