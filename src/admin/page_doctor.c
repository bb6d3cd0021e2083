/* Is everything as it should be: what `hookkeeper doctor` says. */
#include "admin/helper.h"
#include "admin/sending.h"
#include "base/clock.h"

#define LIMIT_US	(90 * US_PER_S)
#define OUT_MOST	((size_t)256 << 10)
#define ERR_MOST	((size_t)8 << 10)

/* How the pages colour a state. */
static const char *
colour(struct span state)
{
	return span_is(state, "ok") ? "ok" : span_is(state, "warn") ? "warn" : "bad";
}

static void
put_checks(struct jw *w, struct json *checks)
{
	int64_t	bad = 0;

	jw_open(w, "checks", '[');
	for (size_t i = 0; i < json_len(checks); i++) {
		struct json	*one = json_at(checks, i);
		struct span	 state = json_text(one, "state");

		bad += !span_is(state, "ok");
		jw_open(w, NULL, '{');
		jw_text(w, "name", json_text(one, "name"));
		jw_text(w, "state", state);
		jw_text(w, "colour", span_str(colour(state)));
		jw_text(w, "text", json_text(one, "text"));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_int(w, "wrong", bad);
	jw_bool(w, "well", bad == 0);
}

static enum hk_err
read_report(struct visit *v, const struct child *c)
{
	struct json	*root = NULL, *checks;
	enum hk_err	 e = HK_OK;

	if (json_parse(buf_span(&c->out), &root) != HK_OK ||
	    (checks = json_get(root, "checks")) == NULL)
		e = err_tell(HK_IO, "the hookkeeper command said something that is no report");
	else
		put_checks(v->doc, checks);
	json_free(root);
	return e;
}

/* url: also tried from outside; or NULL. */
static enum hk_err
examine(struct visit *v, const char *url)
{
	const char	*argv[8];
	struct child	 c = { .argv = argv, .limit_us = LIMIT_US };
	size_t		 n = 0;
	enum hk_err	 e;

	buf_init(&c.out, OUT_MOST);
	buf_init(&c.err, ERR_MOST);
	if ((e = helper_find(v, &argv[n++])) != HK_OK)
		goto out;
	argv[n++] = "doctor";
	argv[n++] = "--json";
	argv[n++] = "--quick";
	if (url != NULL) {
		argv[n++] = "--url";
		argv[n++] = url;
	}
	argv[n] = NULL;
	if ((e = helper_run(v, &c)) == HK_OK)
		e = read_report(v, &c);
out:
	buf_release(&c.out);
	buf_release(&c.err);
	return e;
}

enum hk_err
page_doctor(struct visit *v)
{
	jw_text(v->doc, "site", span_str(sending_base(v)));
	jw_bool(v->doc, "tried", false);
	return examine(v, NULL);
}

enum hk_err
act_doctor(struct visit *v)
{
	const char	*site = sending_base(v);

	if (site == NULL)
		return err_tell(HK_CONF, "The request does not say which host it came to: set "
		    "[admin] receivers.");
	jw_text(v->doc, "site", span_str(site));
	jw_bool(v->doc, "tried", true);
	return examine(v, site);
}
