/* The catalogue on its page, and samples sent by a command that stands in for ours. */
#include "bed.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/child.h"
#include "admin/sending.h"

static char	dir[32], command[64], log_file[64];

/* A script where hookkeeper would be; it notes what it was called with. */
static void
stand_in(const char *script)
{
	FILE	*f;

	snprintf(dir, sizeof(dir), "/tmp/hk-samples-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command), "%s/hookkeeper", dir);
	snprintf(log_file, sizeof(log_file), "%s/log", dir);
	assert_non_null(f = fopen(command, "w"));
	fprintf(f, "#!/bin/sh\n{ echo \"$@\"; env; ls -l /proc/self/fd; } >%s\n%s\n", log_file, script);
	fclose(f);
	assert_int_equal(chmod(command, 0700), 0);
}

static void
stand_in_gone(void)
{
	unlink(command);
	unlink(log_file);
	rmdir(dir);
}

static bool
noted(const char *text)
{
	static char	 all[65536];
	FILE		*f = fopen(log_file, "r");
	size_t		 n;

	assert_non_null(f);
	n = fread(all, 1, sizeof(all) - 1, f);
	fclose(f);
	all[n] = '\0';
	return strstr(all, text) != NULL;
}

static struct conf *
settings(const char *mode, const char *more)
{
	char			 text[512], m[64];
	const char *const	 env[] = { "HOOKKEEPER_DB=/nowhere/test.db", m, NULL };
	struct conf		*conf;

	snprintf(m, sizeof(m), "HOOKKEEPER_MODE=%s", mode);
	snprintf(text, sizeof(text), "[hookkeeper]\nstate_dir = /nowhere\n[admin]\ncommand = %s\n%s", command,
	    more);
	if (conf_parse(&conf, "/nowhere/hookkeeper.conf", span_str(text), true, env, true) != HK_OK)
		fail_msg("%s", err_last());
	return conf;
}

static enum hk_err
send_with(struct conf *conf, const char *form)
{
	bed_visit(ROLE_OPERATOR, "", form);
	bed.v.conf = conf;
	bed.rq.host = SPAN("hooks.example.org:8443");
	bed.rq.https = true;
	return bed_run(act_sample_send);
}

#define ONE_SECRET	"[stripe]\nsecrets = main=whsec_old_0123456789abcdef\n"
#define TEST_SECRET	"[stripe]\nsecrets = main=whsec_old_0123456789abcdef test-1=whsec_new_0123456789abcdef\n"
#define FORM		"provider=stripe&type=invoice.paid"

static void
a_sample_is_sent(void **state)
{
	struct conf	*conf;

	(void)state;
	stand_in("echo '{\"sent\":[{\"status\":200,\"answer\":\"{\\\"received\\\":true,\\\"id\\\":12}\"}]}'");
	conf = settings("test", ONE_SECRET);
	setenv("HTTP_PROXY", "http://evil.example", 1);
	setenv("STRIPE_WEBHOOK_SECRET", "whsec_of_the_environment", 1);
	assert_int_equal(send_with(conf, FORM), HK_OK);
	unsetenv("HTTP_PROXY");
	unsetenv("STRIPE_WEBHOOK_SECRET");
	assert_string_equal(bed.v.then, "/events/12");
	assert_string_equal(bed.v.said, "sent");
	assert_int_equal(bed.v.said_n, 200);
	assert_true(noted("--url https://hooks.example.org:8443/webhooks/stripe -- stripe invoice.paid"));
	assert_true(noted("HOOKKEEPER_CONF=/nowhere/hookkeeper.conf"));
	assert_true(noted("STRIPE_WEBHOOK_SECRET=whsec_of_the_environment"));
	assert_false(noted("HTTP_PROXY"));
	assert_false(noted("whsec_old"));
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'sample.send'"
	    " AND subject = 'sample:stripe/invoice.paid' AND result = 'done'"), 1);
	conf_free(conf);
	stand_in_gone();
}

static void
what_may_be_sent(void **state)
{
	static const struct {
		const char	*phrase, *mode, *more, *form;
		enum hk_err	 want;
		const char	*called;	/* or NULL: not at all */
	} row[] = {
		{ "to a place of its own",	"test", "receivers = https://in.example/hooks\n" ONE_SECRET, FORM,
		    HK_OK, "--url https://in.example/hooks/stripe --" },
		{ "live, by a test's secret",	"live", TEST_SECRET, FORM, HK_OK, "--label test-1 --" },
		{ "live, by no test's secret",	"live", ONE_SECRET, FORM, HK_CONF, NULL },
		{ "without a secret",		"test", "", FORM, HK_CONF, NULL },
		{ "of a type without a sample",	"test", ONE_SECRET, "provider=stripe&type=account.updated",
		    HK_NOTFOUND, NULL },
		{ "of a type there is not",	"test", ONE_SECRET, "provider=stripe&type=--help", HK_NOTFOUND, NULL },
		{ "of a custom sender",		"test", ONE_SECRET, "provider=custom:x&type=a", HK_NOTFOUND, NULL },
		{ "to a file",			"test", "receivers = file:///etc/\n" ONE_SECRET, FORM, HK_CONF, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct conf	*conf;
		enum hk_err	 e;

		stand_in("echo '{\"sent\":[{\"status\":200,\"answer\":\"{}\"}]}'");
		conf = settings(row[i].mode, row[i].more);
		if ((e = send_with(conf, row[i].form)) != row[i].want)
			fail_msg("%s: %s: %s", row[i].phrase, err_name(e), err_last());
		if ((access(log_file, F_OK) == 0) != (row[i].called != NULL))
			fail_msg("%s: the command was%s called", row[i].phrase, row[i].called ? " not" : "");
		if (row[i].called != NULL && !noted(row[i].called))
			fail_msg("%s: not called with %s", row[i].phrase, row[i].called);
		conf_free(conf);
		stand_in_gone();
	}
}

static void
what_comes_back(void **state)
{
	static const struct {
		const char	*phrase, *script;
		enum hk_err	 want;
		const char	*then, *said, *tells;
	} row[] = {
		{ "refused",	"echo '{\"sent\":[{\"status\":401,\"answer\":\"{}\"}]}'; exit 1", HK_OK,
		    "/samples?provider=stripe", "sent_refused", NULL },
		{ "an answer of another program's", "echo '{\"sent\":[{\"status\":200,\"answer\":\"<html>\"}]}'",
		    HK_OK, "/samples?provider=stripe", "sent", NULL },
		{ "nobody is there", "echo 'hookkeeper send: connection refused' >&2; exit 69", HK_IO, NULL, NULL,
		    "connection refused" },
		{ "nonsense",	"echo nonsense", HK_IO, NULL, NULL, "no report" },
		{ "nothing",	"exit 3", HK_IO, NULL, NULL, "without a word" },
		{ "far too much", "yes | head -c 3000000; exit 0", HK_IO, NULL, NULL, "no report" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct conf	*conf;
		enum hk_err	 e;

		stand_in(row[i].script);
		conf = settings("test", ONE_SECRET);
		if ((e = send_with(conf, FORM)) != row[i].want)
			fail_msg("%s: %s: %s", row[i].phrase, err_name(e), err_last());
		if (row[i].then != NULL && (strcmp(bed.v.then, row[i].then) != 0 ||
		    strcmp(bed.v.said, row[i].said) != 0))
			fail_msg("%s: %s, %s", row[i].phrase, bed.v.then, bed.v.said);
		if (row[i].tells != NULL && strstr(err_last(), row[i].tells) == NULL)
			fail_msg("%s: says \"%s\"", row[i].phrase, err_last());
		conf_free(conf);
		stand_in_gone();
	}
}

/* It, and what it has started, are gone when their time is over. */
static void
a_child_has_an_end(void **state)
{
	static const char *const	argv[] = { "/bin/sh", "-c", "sleep 60 & echo $!; sleep 60", NULL };
	static const char *const	env[] = { "PATH=/usr/bin:/bin", NULL };
	struct child			c = { .argv = argv, .env = env, .limit_us = 2 * US_PER_S };
	int64_t				began = mono_us();
	pid_t				other;

	(void)state;
	buf_init(&c.out, 100);
	buf_init(&c.err, 100);
	assert_int_equal(child_run(&c), HK_TIMEOUT);
	assert_true(mono_us() - began < 10 * US_PER_S);
	assert_int_equal(c.status, 128 + SIGKILL);
	assert_true((other = (pid_t)atoi(c.out.p)) > 1);
	for (int i = 0; i < 200 && kill(other, 0) == 0; i++) {
		char	path[64], text[512] = "";
		FILE	*f;

		/* Nobody may have waited for it yet. */
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)other);
		if ((f = fopen(path, "r")) == NULL)
			break;
		if (fgets(text, sizeof(text), f) != NULL && strstr(text, ") Z ") != NULL) {
			fclose(f);
			break;
		}
		fclose(f);
		usleep(10000);
		assert_true(i < 199);
	}
	buf_release(&c.out);
	buf_release(&c.err);
}

static void
a_child_has_nothing_of_ours(void **state)
{
	static const char *const	argv[] = { "/bin/sh", "-c", "ls /proc/self/fd; cat; env | wc -l", NULL };
	static const char *const	env[] = { "PATH=/usr/bin:/bin", NULL };
	struct child			c = { .argv = argv, .env = env, .limit_us = 20 * US_PER_S };
	int				fd = dup(1);

	(void)state;
	buf_init(&c.out, 4096);
	buf_init(&c.err, 4096);
	assert_int_equal(child_run(&c), HK_OK);
	close(fd);
	/* 3 is the folder that ls reads; the shell adds PWD and its like. */
	if (strncmp(c.out.p, "0\n1\n2\n3\n", 8) != 0 || strchr("123", c.out.p[8]) == NULL)
		fail_msg("%s%s", c.out.p, c.err.p != NULL ? c.err.p : "");
	buf_release(&c.out);
	buf_release(&c.err);
}

static void
the_catalogue(void **state)
{
	struct json	*rows, *groups;
	int64_t		 known, n;
	size_t		 count = 0;

	(void)state;
	for (size_t p = 0; providers[p] != NULL; p++) {
		char	query[64];

		snprintf(query, sizeof(query), "provider=%s", providers[p]->name);
		assert_int_equal(bed_get(page_samples, ROLE_OPERATOR, query), HK_OK);
		rows = json_get(bed.doc, "rows");
		groups = json_get(bed.doc, "groups");
		assert_true(json_int(bed.doc, "known", &known));
		count = json_len(rows);
		for (size_t i = 0; i < json_len(groups); i++) {
			assert_true(json_int(json_at(groups, i), "n", &n));
			assert_int_equal(n, json_len(json_get(json_at(groups, i), "types")));
			count += (size_t)n;
		}
		assert_int_equal(count, known);
		for (size_t i = 0; i < json_len(rows); i++)
			if (json_true(json_at(rows, i), "handled") &&
			    json_text(json_at(rows, i), "about").len < 10)
				fail_msg("%.*s: nothing says what is done for it",
				    SPAN_ARG(json_text(json_at(rows, i), "type")));
		if (bed.page.len > 64000)
			fail_msg("%s: %zu bytes", providers[p]->name, bed.page.len);
	}
	assert_int_equal(bed_get(page_samples, ROLE_OPERATOR, "provider=nobody"), HK_NOTFOUND);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		T(a_sample_is_sent),
		T(what_may_be_sent),
		T(what_comes_back),
		cmocka_unit_test(a_child_has_an_end),
		cmocka_unit_test(a_child_has_nothing_of_ours),
		T(the_catalogue),
	};

	return cmocka_run_group_tests_name("admin/samples", tests, NULL, NULL);
}
