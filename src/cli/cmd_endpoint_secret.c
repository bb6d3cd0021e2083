/* hookkeeper endpoint rotate, secret, test: what an endpoint verifies by. */
#include "cli/outgoing.h"
#include "crypto/hmac.h"
#include "outbox/endpoint.h"
#include "outbox/message.h"
#include "outbox/trial.h"
#include "provider/relayed.h"

struct rotate_args {
	const char	*kind;
	bool		 typed, drop;
};

static const struct opt rotate_opts[] = {
	{ "kind", OPT_PICK, offsetof(struct rotate_args, kind), "K",
	    "v1 is a shared secret, v1a a key pair", 0, 0, 0, "v1|v1a" },
	{ "stdin", OPT_FLAG, offsetof(struct rotate_args, typed), NULL,
	    "take the secret from standard input", 0, 0, 0, NULL },
	{ "drop-v1a", OPT_FLAG, offsetof(struct rotate_args, drop), NULL,
	    "sign by v1 alone from now on", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct secret {
	int64_t			 id;
	enum secret_kind	 kind;
	struct span		 given;
	char			 text[SECRET_TEXT], public[SECRET_TEXT];
};

static struct span
subject_of(struct cli *c, int64_t id)
{
	return span_str(arena_printf(c->arena, "endpoint:ep_%lld", (long long)id));
}

static void
report(struct cli *c, const struct secret *s, bool rotated)
{
	const char	*kind = s->kind == SECRET_V1A ? "v1a" : "v1";

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "id", span_str(arena_printf(c->arena, "ep_%lld",
		    (long long)s->id)));
		jw_text(&c->jw, "kind", span_str(kind));
		jw_text(&c->jw, "secret", span_str(s->text));
		jw_text(&c->jw, "public", *s->public != '\0' ? span_str(s->public) : SPAN_NULL);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	buf_printf(&c->out, "secret  %s\n", s->text);
	if (*s->public != '\0')
		buf_printf(&c->out, "public  %s\n", s->public);
	if (rotated)
		buf_printf(&c->out, "what signed by %s before goes on for 24 hours\n", kind);
}

/* ---- rotate ------------------------------------------------------------------------ */

static enum hk_err
rotate(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct secret	*s = what;

	line->subject = subject_of(c, s->id);
	line->after = s->kind == SECRET_V1A ? SPAN("{\"kind\":\"v1a\"}") : SPAN("{\"kind\":\"v1\"}");
	return endpoint_rotate(c->db, c->conf, s->id, s->kind, s->given, now, s->text, s->public);
}

static enum hk_err
drop(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct secret	*s = what;

	(void)now;
	line->subject = subject_of(c, s->id);
	return endpoint_drop_v1a(c->db, s->id);
}

static int
run_drop(struct cli *c, struct secret *s)
{
	enum hk_err	e = outgoing_do(c, "endpoint.drop-v1a", drop, s);

	if (e != HK_OK)
		return outgoing_fail(c, e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_bool(&c->jw, "v1a", false);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "ep_%lld is signed for by v1 alone\n", (long long)s->id);
	return 0;
}

static int
run_rotate(struct cli *c)
{
	const struct rotate_args *a = c->args;
	struct secret		  s = { .kind = SECRET_V1 };
	struct span		  line;
	enum hk_err		  e;

	if (a->drop && (a->kind != NULL || a->typed))
		return cli_usage(c, "takes --drop-v1a alone");
	if (a->kind != NULL && strcmp(a->kind, "v1a") == 0)
		s.kind = SECRET_V1A;
	if ((e = endpoint_operand(c->argv[0], &s.id)) == HK_OK && a->drop)
		return run_drop(c, &s);
	if (e == HK_OK && a->typed && (e = text_operand(c, "-", SECRET_TEXT, &line)) == HK_OK)
		s.given = span_trim(line);
	if (e == HK_OK && (e = outgoing_do(c, "endpoint.rotate", rotate, &s)) == HK_OK)
		report(c, &s, true);
	crypto_cleanse(&s, sizeof(s));
	return e == HK_OK ? 0 : outgoing_fail(c, e);
}

/* ---- secret -------------------------------------------------------------------------- */

static enum hk_err
reveal(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct secret	*s = what;

	(void)now;
	line->subject = subject_of(c, s->id);
	return endpoint_reveal(c->db, c->conf, s->id, s->text);
}

static int
run_secret(struct cli *c)
{
	struct secret	s = { .kind = SECRET_V1 };
	enum hk_err	e;

	if ((e = endpoint_operand(c->argv[0], &s.id)) == HK_OK &&
	    (e = outgoing_do(c, "endpoint.secret", reveal, &s)) == HK_OK)
		report(c, &s, false);
	crypto_cleanse(&s, sizeof(s));
	return e == HK_OK ? 0 : outgoing_fail(c, e);
}

/* ---- test ------------------------------------------------------------------------------ */

struct test_args {
	const char	*type;
};

static const struct opt test_opts[] = {
	{ "type", OPT_TEXT, offsetof(struct test_args, type), "TYPE",
	    "whose sample is sent (default user.created)", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct trial {
	int64_t		 id, message, delivery, now;
	struct span	 type;
};

static enum hk_err
try(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct trial	*t = what;

	t->now = now;
	line->subject = subject_of(c, t->id);
	return endpoint_try(c->db, t->id, t->type, relayed_sample(t->type), now, &t->message,
	    &t->delivery);
}

static int
run_test(struct cli *c)
{
	const struct test_args	*a = c->args;
	struct trial		 t = { .type = span_str(a->type != NULL ? a->type :
				    "user.created") };
	char			 name[MESSAGE_NAME];
	enum hk_err		 e;

	if ((e = endpoint_operand(c->argv[0], &t.id)) != HK_OK ||
	    (e = outgoing_do(c, "endpoint.test", try, &t)) != HK_OK)
		return outgoing_fail(c, e);
	message_name(name, t.message, t.now);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "message", span_str(name));
		jw_int(&c->jw, "delivery", t.delivery);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "%s is sent; 'hookkeeper delivery show %lld' tells what became of "
		    "it\n", name, (long long)t.delivery);
	return 0;
}

const struct command cmd_endpoint_rotate = {
	.name		= "endpoint rotate",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "give an endpoint a new secret; the old one signs for 24 hours yet",
	.opts		= rotate_opts,
	.args		= sizeof(struct rotate_args),
	.run		= run_rotate,
};

const struct command cmd_endpoint_secret = {
	.name		= "endpoint secret",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "show an endpoint's secret; the audit log says that you did",
	.run		= run_secret,
};

const struct command cmd_endpoint_test = {
	.name		= "endpoint test",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "send a sample to an endpoint, and to no other",
	.opts		= test_opts,
	.args		= sizeof(struct test_args),
	.run		= run_test,
};
