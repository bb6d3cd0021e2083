/* hookkeeper send: post a sample event, signed as its sender signs. */
#include "base/clock.h"
#include "base/embed.h"
#include "base/id.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "cli/sample.h"
#include "cli/stored.h"
#include "cli/target.h"
#include "crypto/hmac.h"
#include "deliver/post.h"

#define ANSWER_MOST	65536
#define LOCAL		"http://127.0.0.1:8080/webhooks/"

struct args {
	struct texts	 set;
	const char	*url, *secret, *label, *id, *body;
	int64_t		 repeat, timeout, event;
	bool		 list;
};

static const struct opt opts[] = {
	{ "set", OPT_MANY, offsetof(struct args, set), "PATH=VALUE",
	    "change the body, e.g. data.object.amount_total=500", 0, 0, 0, NULL },
	{ "url", OPT_TEXT, offsetof(struct args, url), "URL",
	    "where to (default " LOCAL "PROVIDER or .../custom/NAME)", 0, 0, 0, NULL },
	{ "secret", OPT_TEXT, offsetof(struct args, secret), "S",
	    "sign with this one; else with the first that is set for PROVIDER", 0, 0, 0, NULL },
	{ "label", OPT_TEXT, offsetof(struct args, label), "L",
	    "sign with the secret that has this label in the settings", 0, 0, 0, NULL },
	{ "id", OPT_TEXT, offsetof(struct args, id), "ID",
	    "the event's id; else a fresh one", 0, 0, 0, NULL },
	{ "body", OPT_TEXT, offsetof(struct args, body), "FILE",
	    "send this file instead of a sample; - is standard input", 0, 0, 0, NULL },
	{ "event", OPT_INT, offsetof(struct args, event), "N",
	    "send the body of a stored event instead of a sample", 1, INT64_MAX, 0, NULL },
	{ "repeat", OPT_INT, offsetof(struct args, repeat), "N",
	    "send so many, each with a fresh id; with --id the same again", 1, 100000, 1, NULL },
	{ "timeout", OPT_INT, offsetof(struct args, timeout), "SECONDS",
	    "longest wait for an answer", 1, 600, 30, NULL },
	{ "list", OPT_FLAG, offsetof(struct args, list), NULL,
	    "list the samples instead", 0, 0, 0, NULL },
	{ .name = NULL }
};

static int
list_samples(struct cli *c)
{
	static const struct column	 cols[] = { { "PROVIDER", false, 0 }, { "TYPE", false, 0 } };
	struct table			*t = table_new(c->arena, cols, 2);

	if (t == NULL)
		return cli_fail(err_note(HK_NOMEM, "no memory for a table"));
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_open(&c->jw, "samples", '[');
	}
	for (const struct embedded *s = sample_files; s->name != NULL; s++) {
		struct span	type = span_str(s->name), who = span_cut(&type, '/');

		type.len -= strlen(".json");
		if (c->json) {
			jw_open(&c->jw, NULL, '{');
			jw_text(&c->jw, "provider", who);
			jw_text(&c->jw, "type", type);
			jw_close(&c->jw, '}');
		} else {
			table_cell(t, who, MARK_NONE);
			table_cell(t, type, MARK_NONE);
		}
	}
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (!table_print(t, &c->out, &c->screen))
		return cli_fail(err_note(HK_NOMEM, "no memory for a table"));
	return 0;
}

static void
say_answer(struct cli *c, const struct target *t, const struct sample *s, int status,
    const struct buf *answer)
{
	struct span	text = span_trim(buf_span(answer));

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "provider", span_str(t->name));
		jw_text(&c->jw, "event_id", s->id);
		jw_int(&c->jw, "status", status);
		jw_text(&c->jw, "answer", text.p != NULL ? text : SPAN(""));
		jw_close(&c->jw, '}');
		return;
	}
	buf_printf(&c->out, "%d ", status);
	text_escape(&c->out, text, false);
	buf_putc(&c->out, '\n');
}

struct outcome {
	bool	refused;	/* an answer was no 2xx */
	bool	away;		/* none came */
};

/* What one command sends, and where. */
struct sending {
	struct target	 t;
	struct sample	 s;
	struct sign_key	 key;
	const char	*type;		/* of a custom sender */
	const char	*url;
	const struct stored *stored;	/* NULL: a sample, or a file */
};

/* Sign and post what sample_make() made. */
static enum hk_err
post(struct cli *c, const struct sending *it, struct outcome *o)
{
	const struct args	*a = c->args;
	const struct sample	*s = &it->s;
	struct post_header	 head[1 + SIGN_FIELDS + 2];
	struct target_field	 more[2];
	struct signed_fields	 f = { .n = 0 };
	struct buf		 answer;
	enum hk_err		 e;
	char			 id[SIGN_ID_MAX + 1];
	size_t			 n = 0, nmore;
	int			 status = 0;

	if ((e = target_scheme(&it->t)->sign(s->body, s->id, &it->key, 1, now_us() / US_PER_S,
	    &f)) != HK_OK)
		return e;
	snprintf(id, sizeof(id), "%.*s", SPAN_ARG(s->id));
	nmore = target_fields(&it->t, &f, id, it->type, more);
	head[n++] = (struct post_header){ "Content-Type", "application/json; charset=utf-8" };
	for (size_t i = 0; i < f.n; i++)
		head[n++] = (struct post_header){ f.name[i], f.value[i] };
	for (size_t i = 0; i < nmore; i++)
		head[n++] = (struct post_header){ more[i].name, more[i].value };
	buf_init(&answer, ANSWER_MOST);
	e = post_send(it->url, head, n, s->body, (int)a->timeout, &status, &answer);
	if (e == HK_OK) {
		say_answer(c, &it->t, s, status, &answer);
		o->refused = o->refused || status < 200 || status > 299;
	} else
		o->away = e == HK_IO || e == HK_TIMEOUT;
	buf_release(&answer);
	return e;
}

/* A stored event keeps its id: of Stripe's it is in the body, which stays as it is. */
static struct span
id_of(const struct args *a, const struct sending *it)
{
	if (a->id != NULL || it->stored == NULL || it->t.pv == &provider_stripe)
		return span_str(a->id);
	return span_str(it->stored->event_id);
}

static enum hk_err
send_all(struct cli *c, struct sending *it, struct outcome *o)
{
	const struct args	*a = c->args;
	enum hk_err		 e = HK_OK;

	it->url = a->url != NULL ? a->url : arena_printf(c->arena, LOCAL "%s", it->t.path);
	if (it->url == NULL)
		return err_note(HK_NOMEM, "no memory for the address");
	for (int64_t i = 0; e == HK_OK && i < a->repeat; i++) {
		if ((e = sample_make(&it->s, id_of(a, it), now_us())) != HK_OK ||
		    (e = post(c, it, o)) != HK_OK)
			break;
		if (!c->json)
			e = cli_flush(c);
	}
	return e;
}

static int
run_send(struct cli *c, struct sending *it)
{
	const struct args	*a = c->args;
	struct outcome		 o = { .refused = false };
	enum hk_err		 e;

	if ((e = target_key(c, &it->t, a->secret, a->label, &it->key)) != HK_OK)
		return e == HK_CONF ? EXIT_CONF : cli_fail(e);
	if (it->stored != NULL)
		e = sample_of(&it->s, it->t.pv, it->stored->body, &a->set);
	else
		e = sample_open(&it->s, it->t.pv, a->body == NULL ? c->argv[1] : NULL, a->body,
		    &a->set);
	if (e == HK_OK) {
		if (c->json) {
			jw_open(&c->jw, NULL, '{');
			jw_open(&c->jw, "sent", '[');
		}
		e = send_all(c, it, &o);
	}
	sample_close(&it->s);
	crypto_cleanse(&it->key, sizeof(it->key));
	if (o.away) {
		cli_say("hookkeeper send: %s", err_last());
		return EXIT_AWAY;
	}
	if (e != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return o.refused ? EXIT_NO : 0;
}

/* A custom sender has no samples; its TYPE goes into a field, where it has one. */
static int
run_custom(struct cli *c, struct sending *it)
{
	const struct args	*a = c->args;

	it->type = c->argc > 1 ? c->argv[1] : NULL;
	if (a->body == NULL)
		return cli_usage(c, "there are no samples of %s; give a body by --body",
		    it->t.name);
	if (it->type != NULL && it->t.custom->from[FROM_TYPE].header == NULL)
		return cli_usage(c, "%s has its type in the body; change it there by --set",
		    it->t.name);
	return run_send(c, it);
}

/* The sender is the event's; what it says is not made fresh. */
static int
run_event(struct cli *c, struct sending *it)
{
	const struct args	*a = c->args;
	struct stored		 s;
	enum hk_err		 e;

	if (c->argc > 0 || a->body != NULL)
		return cli_usage(c, "--event takes no PROVIDER, TYPE or --body: it has its own");
	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = stored_load(c->db, a->event, c->arena, &s)) != HK_OK)
		return cli_fail(e);
	if ((e = target_open(c, s.provider, &it->t)) != HK_OK)
		return e == HK_NOTFOUND ? EXIT_CONF : cli_fail(e);
	it->stored = &s;
	if (it->t.custom != NULL && it->t.custom->from[FROM_TYPE].header != NULL)
		it->type = s.type;
	return run_send(c, it);
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct sending		 it = { .type = NULL };
	enum hk_err		 e;

	if (a->list)
		return list_samples(c);
	if (a->secret != NULL && a->label != NULL)
		return cli_usage(c, "takes --secret or --label, not both");
	if (a->event != 0)
		return run_event(c, &it);
	if (c->argc == 0)
		return cli_usage(c, "needs PROVIDER and TYPE, --event or --list");
	if ((e = target_open(c, c->argv[0], &it.t)) == HK_USAGE)
		return cli_usage(c, "PROVIDER must be stripe, clerk, resend or custom:NAME, "
		    "not '%s'", c->argv[0]);
	if (e != HK_OK)
		return e == HK_NOTFOUND ? EXIT_CONF : cli_fail(e);
	if (it.t.custom != NULL)
		return run_custom(c, &it);
	if (c->argc == 1 && a->body == NULL)
		return cli_usage(c, "needs a TYPE or --body; --list shows the samples");
	if (c->argc == 2 && a->body != NULL)
		return cli_usage(c, "takes a TYPE or --body, not both");
	return run_send(c, &it);
}

const struct command cmd_send = {
	.name		= "send",
	.operands	= "PROVIDER TYPE",
	.most		= 2,
	.about		= "send a signed sample event to a receiver",
	.help		=
	    "A sample gets a fresh event id and the time of now; then --set changes it: VALUE\n"
	    "is JSON where it is valid JSON, else a string.  A --body is sent byte for byte,\n"
	    "unless --set or (for Stripe, whose id is in the body) --id changes it.  Prints\n"
	    "the status and the answer.  Status 0: every answer was 2xx; 1: one was not; 69:\n"
	    "no answer.  A --secret can be seen by others while the command runs.\n"
	    "\n"
	    "--event sends a stored event once more, with its own id and a fresh signature:\n"
	    "where it was received already, the answer says that it is a duplicate.\n"
	    "\n"
	    "PROVIDER is stripe, clerk, resend, or custom:NAME for a section [custom NAME] of\n"
	    "the settings, which takes a --body always, and a TYPE where it is in a field.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
