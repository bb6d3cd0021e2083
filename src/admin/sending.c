/* Samples, by a child process. */
#include "admin/sending.h"

#include <stdio.h>
#include <unistd.h>

#include "admin/helper.h"
#include "base/clock.h"

#define LIMIT_US	(20 * US_PER_S)
#define ANSWER_S	"15"		/* the command's own patience, so that it says what is wrong */
#define OUT_MOST	((size_t)128 << 10)
#define ERR_MOST	((size_t)8 << 10)
#define TEST_LABEL	"test"

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
sending_base(const struct visit *v)
{
	struct span	base = span_str(v->conf->admin_receivers);

	while (base.len > 0 && base.p[base.len - 1] == '/')
		base.len--;
	if (base.len > 9 && memcmp(base.p + base.len - 9, "/webhooks", 9) == 0)
		return arena_str(v->arena, span_of(base.p, base.len - 9));
	if (!plain_host(v->rq->host))
		return NULL;
	return arena_printf(v->arena, "%s://%.*s", v->rq->https ? "https" : "http",
	    SPAN_ARG(v->rq->host));
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
	struct child	 c = { .argv = argv, .limit_us = LIMIT_US };
	enum hk_err	 e;

	buf_init(&c.out, OUT_MOST);
	buf_init(&c.err, ERR_MOST);
	if ((e = helper_run(v, &c)) == HK_OK)
		e = read_report(&c, s);
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
	if ((e = helper_find(v, &argv[n++])) != HK_OK)
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
