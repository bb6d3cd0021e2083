/* Samples, by a child process. */
#include "admin/sending.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/child.h"
#include "base/clock.h"

#define LIMIT_US	(20 * US_PER_S)
#define ANSWER_S	"15"		/* the command's own patience, so that it says what is wrong */
#define OUT_MOST	((size_t)128 << 10)
#define ERR_MOST	((size_t)8 << 10)
#define VARIABLES	32
#define TEST_LABEL	"test"
#define SENDING_MOST	2	/* at once: a receiver that does not answer must not hold all threads */

/* ---- may it, and where to ------------------------------------------------------- */

/* "test", "test-2026": the label is its owner's word for it. */
static const char *
test_label(const struct conf_sender *s)
{
	for (size_t i = 0; i < s->nsecret; i++)
		if (span_starts(span_str(s->secret[i].label), TEST_LABEL))
			return s->secret[i].label;
	return NULL;
}

/* Nothing in it but a name and a port. */
static bool
plain_host(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= 'a' && s.p[i] <= 'z') || memchr(".:-_[]", s.p[i], 6) != NULL))
			return false;
	return s.len > 0 && s.len <= 255;
}

/* NULL: nobody says where the receivers are. */
static const char *
receiver_url(const struct visit *v, const char *provider)
{
	const char	*base = v->conf->admin_receivers;

	if (base != NULL)
		return arena_printf(v->arena, "%s%s%s", base,
		    base[0] != '\0' && base[strlen(base) - 1] == '/' ? "" : "/", provider);
	if (!plain_host(v->rq->host))
		return NULL;
	return arena_printf(v->arena, "%s://%.*s/webhooks/%s", v->rq->https ? "https" : "http",
	    SPAN_ARG(v->rq->host), provider);
}

const char *
sending_hindered(const struct visit *v, const struct conf_sender *s, const char **label,
    const char **url)
{
	*label = NULL;
	*url = receiver_url(v, s->name);
	if (s->nsecret == 0)
		return "No secret is configured for this sender.";
	if (v->conf->mode == MODE_LIVE && (*label = test_label(s)) == NULL)
		return "This is live mode: samples need a secret whose label begins with \"test\" "
		    "(secrets = test=whsec_...).";
	if (*url == NULL)
		return "The request does not say which host it came to: set [admin] receivers.";
	if (!span_starts(span_str(*url), "http://") && !span_starts(span_str(*url), "https://"))
		return "The setting [admin] receivers must begin with https:// or http://.";
	return NULL;
}

/* ---- the command ------------------------------------------------------------------- */

/* Beside the running program, as it is installed and as it is built. */
static enum hk_err
find_command(const struct visit *v, const char **out)
{
	static const char *const	places[] = { "hookkeeper", "../bin/hookkeeper" };
	char				exe[4096];
	ssize_t				n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char				*slash;

	*out = v->conf->admin_command;
	if (*out != NULL)
		return (*out)[0] == '/' && access(*out, X_OK) == 0 ? HK_OK : err_tell(HK_CONF,
		    "the setting [admin] command names no program that can be run: %s", *out);
	exe[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(exe, '/')) != NULL)
		slash[1] = '\0';
	for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
		*out = arena_printf(v->arena, "%s%s", exe, places[i]);
		if (*out != NULL && access(*out, X_OK) == 0)
			return HK_OK;
	}
	return err_tell(HK_CONF, "the hookkeeper command is neither beside this program nor in "
	    "../bin: name it by the setting [admin] command");
}

/* Settings may come by the environment; everything else of it stays here. */
static bool
passes_on(const char *variable)
{
	static const char *const	begin[] = { "HOOKKEEPER_", "STRIPE_WEBHOOK_SECRET=",
					    "CLERK_WEBHOOK_", "RESEND_WEBHOOK_SECRET=" };

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (strncmp(variable, begin[i], strlen(begin[i])) == 0)
			return strncmp(variable, "HOOKKEEPER_CONF=", 16) != 0;
	return false;
}

static enum hk_err
environment(const struct visit *v, const char *env[VARIABLES + 1])
{
	size_t	n = 0;

	env[n++] = "PATH=/usr/bin:/bin";
	env[n++] = "LC_ALL=C";
	if (v->conf->file != NULL && (env[n++] = arena_printf(v->arena, "HOOKKEEPER_CONF=%s",
	    v->conf->file)) == NULL)
		return err_note(HK_NOMEM, "no memory for an environment");
	for (char **e = environ; *e != NULL && n < VARIABLES; e++)
		if (passes_on(*e))
			env[n++] = *e;
	env[n] = NULL;
	return HK_OK;
}

/* The answer is the receiver's own JSON, and so has the event's number; or anybody's. */
static enum hk_err
read_report(const struct child *c, struct sent *s)
{
	struct json	*root = NULL, *answer = NULL, *one;
	enum hk_err	 e = json_parse(buf_span(&c->out), &root);

	s->event = 0;
	one = e == HK_OK ? json_at(json_get(root, "sent"), 0) : NULL;
	if (one == NULL || !json_int(one, "status", &s->status))
		e = err_tell(HK_IO, "the hookkeeper command said something that is no report");
	else if (json_parse(json_text(one, "answer"), &answer) == HK_OK)
		(void)json_int(answer, "id", &s->event);
	json_free(answer);
	json_free(root);
	return e;
}

static enum hk_err
run(struct visit *v, const char *const *argv, struct sent *s)
{
	static atomic_int running;
	const char	*env[VARIABLES + 1];
	struct child	 c = { .argv = argv, .env = env, .limit_us = LIMIT_US };
	enum hk_err	 e;

	buf_init(&c.out, OUT_MOST);
	buf_init(&c.err, ERR_MOST);
	if (atomic_fetch_add(&running, 1) >= SENDING_MOST) {
		e = err_tell(HK_BUSY, "other samples are being sent; try again");
		goto out;
	}
	if ((e = environment(v, env)) != HK_OK || (e = child_run(&c)) != HK_OK)
		goto out;
	if (c.out.len > 0)
		e = read_report(&c, s);
	else {
		struct span	said = span_trim(buf_span(&c.err));

		e = err_tell(HK_IO, "%.*s", SPAN_ARG(said.len > 0 ? said :
		    SPAN("the hookkeeper command ended without a word")));
	}
out:
	atomic_fetch_sub(&running, 1);
	buf_release(&c.out);
	buf_release(&c.err);
	return e;
}

enum hk_err
sending_do(struct visit *v, const struct provider *pv, const char *type, struct sent *s)
{
	const struct conf_sender *sender = conf_sender(v->conf, pv->name);
	const char		*label, *url, *why, *argv[16];
	size_t			 n = 0;
	enum hk_err		 e;

	if (sender == NULL || provider_sample(pv, span_str(type)).p == NULL)
		return err_tell(HK_NOTFOUND, "there is no sample of this type");
	if ((why = sending_hindered(v, sender, &label, &url)) != NULL)
		return err_tell(HK_CONF, "%s", why);
	if ((e = find_command(v, &argv[n++])) != HK_OK)
		return e;
	argv[n++] = "send";
	argv[n++] = "--json";
	argv[n++] = "--timeout";
	argv[n++] = ANSWER_S;
	argv[n++] = "--url";
	argv[n++] = url;
	if (label != NULL) {
		argv[n++] = "--label";
		argv[n++] = label;
	}
	argv[n++] = "--";
	argv[n++] = pv->name;
	argv[n++] = type;
	argv[n] = NULL;
	s->url = url;
	return run(v, argv, s);
}
