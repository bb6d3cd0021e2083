/* hookkeeper endpoint add, change: where messages are sent to. */
#include "cli/outgoing.h"
#include "crypto/hmac.h"
#include "outbox/catalogue.h"
#include "outbox/endpoint.h"

#define SECRET_MOST	(SECRET_TEXT - 1)
#define FILTER_TEXT	4096

struct word_args {
	const char	*url, *types, *description, *user, *organization, *filter, *payload, *ordered;
	struct texts	 headers;
	int64_t		 rate;
	bool		 no_headers, typed;
};

#define WORD_OPTS \
	{ "types", OPT_TEXT, offsetof(struct word_args, types), "\"T...\"", \
	    "which messages: types or beginnings as user.*, blanks between; * for all", \
	    0, 0, 0, NULL }, \
	{ "description", OPT_TEXT, offsetof(struct word_args, description), "TEXT", \
	    "what people call it", 0, 0, 0, NULL }, \
	{ "user", OPT_TEXT, offsetof(struct word_args, user), "USER", \
	    "only messages of this user: any id, or the e-mail address", 0, 0, 0, NULL }, \
	{ "organization", OPT_TEXT, offsetof(struct word_args, organization), "ID", \
	    "only messages of this organization", 0, 0, 0, NULL }, \
	{ "filter", OPT_TEXT, offsetof(struct word_args, filter), "JSON", \
	    "only payloads that fit: {\"all\":[{\"path\":\"plan\",\"equals\":\"pro\"}]}", \
	    0, 0, 0, NULL }, \
	{ "payload", OPT_PICK, offsetof(struct word_args, payload), "P", \
	    "all of it, or id, type and time alone", 0, 0, 0, "full|thin" }, \
	{ "ordered", OPT_PICK, offsetof(struct word_args, ordered), "Y", \
	    "one after another for each user and organization", 0, 0, 0, "yes|no" }, \
	{ "rate", OPT_INT, offsetof(struct word_args, rate), "N", \
	    "a second at most; 0: no limit", 0, 10000, -1, NULL }, \
	{ "header", OPT_MANY, offsetof(struct word_args, headers), "\"NAME: VALUE\"", \
	    "a field to send besides; may be given again; never shown", 0, 0, 0, NULL }

static const struct opt add_opts[] = {
	WORD_OPTS,
	{ "secret-stdin", OPT_FLAG, offsetof(struct word_args, typed), NULL,
	    "take its secret (whsec_...) from standard input: it moves here", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const struct opt change_opts[] = {
	{ "url", OPT_TEXT, offsetof(struct word_args, url), "URL", "where to", 0, 0, 0, NULL },
	WORD_OPTS,
	{ "no-headers", OPT_FLAG, offsetof(struct word_args, no_headers), NULL,
	    "no further fields any longer", 0, 0, 0, NULL },
	{ .name = NULL }
};

/* ---- what was said ------------------------------------------------------------- */

/* "" takes a text away. */
static void
take(const char *said, struct span *to)
{
	if (said != NULL)
		*to = *said != '\0' ? span_str(said) : SPAN_NULL;
}

static enum hk_err
take_owner(struct cli *c, const struct word_args *a, struct endpoint_word *w)
{
	const char	*said = a->user != NULL ? a->user : a->organization;

	if (a->user != NULL && a->organization != NULL)
		return err_tell(HK_USAGE, "takes --user or --organization, not both");
	if (said == NULL)
		return HK_OK;
	w->owner_kind = w->owner = SPAN_NULL;
	if (*said == '\0')
		return HK_OK;
	w->owner_kind = span_str(a->user != NULL ? "user" : "organization");
	w->owner = span_str(said);
	return a->user != NULL ? owner_operand(c, said, &w->owner) : HK_OK;
}

/* The object of "Name: value" texts, in the arena. */
static enum hk_err
take_headers(struct cli *c, const struct word_args *a, struct endpoint_word *w)
{
	struct buf	b;
	struct jw	jw;
	enum hk_err	e = HK_OK;

	if (a->no_headers)
		w->headers = SPAN("{}");
	if (a->headers.n == 0)
		return HK_OK;
	buf_init(&b, (size_t)64 << 10);
	jw_init(&jw, &b);
	jw_open(&jw, NULL, '{');
	for (size_t i = 0; e == HK_OK && i < a->headers.n; i++) {
		struct span	 value = span_str(a->headers.v[i]);
		struct span	 name = span_trim(span_cut(&value, ':'));
		char		*key = arena_str(c->arena, name);

		if (value.p == NULL || name.len == 0 || key == NULL)
			e = err_tell(HK_USAGE, "--header must be \"NAME: VALUE\"");
		else
			jw_text(&jw, key, span_trim(value));
	}
	jw_close(&jw, '}');
	if (e == HK_OK)
		w->headers = buf_ok(&b) ? arena_span(c->arena, buf_span(&b)) : SPAN_NULL;
	if (e == HK_OK && w->headers.p == NULL)
		e = err_tell(HK_USAGE, "--header is given too much");
	buf_release(&b);
	return e;
}

static enum hk_err
take_word(struct cli *c, struct endpoint_word *w)
{
	const struct word_args	*a = c->args;
	enum hk_err		 e;

	take(a->url, &w->url);
	take(a->types, &w->types);
	take(a->description, &w->description);
	take(a->filter, &w->filter);
	if (a->payload != NULL)
		w->thin = strcmp(a->payload, "thin") == 0;
	if (a->ordered != NULL)
		w->ordered = strcmp(a->ordered, "yes") == 0;
	if (a->rate >= 0)
		w->rate = a->rate;
	if ((e = take_owner(c, a, w)) != HK_OK)
		return e;
	return take_headers(c, a, w);
}

/* What the audit log keeps of it: nothing secret. */
static struct span
word_facts(struct cli *c, const struct endpoint_word *w)
{
	const struct fact	f[] = {
		{ "url", w->url }, { "types", w->types }, { "description", w->description },
		{ "owner", w->owner }, { "filter", w->filter },
		{ "payload", span_str(w->thin ? "thin" : "full") },
	};

	return auditlog_facts(c->arena, f, sizeof(f) / sizeof(f[0]));
}

/* ---- add ------------------------------------------------------------------------ */

struct making {
	struct endpoint_word	 word;
	struct span		 given;
	int64_t			 id;
	char			 name[ENDPOINT_NAME], secret[SECRET_TEXT];
};

static enum hk_err
make(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct making	*m = what;
	enum hk_err	 e;

	if ((e = take_word(c, &m->word)) != HK_OK ||
	    (e = endpoint_make(c->db, c->conf, &m->word, m->given, now, &m->id, m->secret)) != HK_OK)
		return e;
	endpoint_name(m->name, m->id);
	line->subject = auditlog_subject(c->arena, "endpoint", span_str(m->name));
	line->after = word_facts(c, &m->word);
	return HK_OK;
}

static void
report(struct cli *c, const struct making *m)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "id", span_str(m->name));
		jw_text(&c->jw, "url", m->word.url);
		jw_text(&c->jw, "state", SPAN("enabled"));
		jw_text(&c->jw, "secret", m->given.p == NULL ? span_str(m->secret) : SPAN_NULL);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	buf_printf(&c->out, "id      %s\nurl     %.*s\n", m->name, SPAN_ARG(m->word.url));
	if (m->given.p == NULL)
		buf_printf(&c->out, "secret  %s\n", m->secret);
}

static int
run_add(struct cli *c)
{
	const struct word_args	*a = c->args;
	struct making		 m = { .word = { .url = span_str(c->argv[0]) } };
	struct span		 line;
	enum hk_err		 e = HK_OK;

	if (a->types == NULL)
		return cli_usage(c, "--types is missing: which messages it wants, or \"*\"");
	if (a->typed && (e = text_operand(c, "-", SECRET_MOST + 2, &line)) == HK_OK)
		m.given = span_trim(line);
	if (e == HK_OK && (e = outgoing_do(c, "endpoint.add", make, &m)) == HK_OK)
		report(c, &m);
	crypto_cleanse(m.secret, sizeof(m.secret));
	return e == HK_OK ? 0 : outgoing_fail(c, e);
}

/* ---- change --------------------------------------------------------------------- */

static enum hk_err
change(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	const int64_t	*id = what;
	struct endpoint	 ep;
	char		 name[ENDPOINT_NAME];
	enum hk_err	 e;

	if ((e = endpoint_find(c->db, *id, c->arena, &ep)) != HK_OK)
		return e;
	endpoint_name(name, *id);
	line->subject = auditlog_subject(c->arena, "endpoint", span_str(name));
	line->before = word_facts(c, &ep.word);
	if ((e = take_word(c, &ep.word)) != HK_OK)
		return e;
	line->after = word_facts(c, &ep.word);
	return endpoint_change(c->db, c->conf, *id, &ep.word, now);
}

static int
run_change(struct cli *c)
{
	int64_t		id;
	enum hk_err	e;

	if ((e = endpoint_operand(c->argv[0], &id)) != HK_OK ||
	    (e = outgoing_do(c, "endpoint.change", change, &id)) != HK_OK)
		return outgoing_fail(c, e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "changed", span_str(arena_printf(c->arena, "ep_%lld", (long long)id)));
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "ep_%lld is changed\n", (long long)id);
	return 0;
}

const struct command cmd_endpoint_add = {
	.name		= "endpoint add",
	.operands	= "URL",
	.least		= 1,
	.most		= 1,
	.about		= "send messages to an address from now on",
	.help		=
	    "Types are those of 'type list'; a received event is \"stripe.invoice.paid\", and \"*\"\n"
	    "takes all but received events.  Its secret is shown, and again by 'endpoint secret'.\n",
	.opts		= add_opts,
	.args		= sizeof(struct word_args),
	.run		= run_add,
};

const struct command cmd_endpoint_change = {
	.name		= "endpoint change",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "change an endpoint; what is not said stays",
	.help		=
	    "An empty text takes a description, an owner or a filter away.  --header replaces all\n"
	    "further fields.\n",
	.opts		= change_opts,
	.args		= sizeof(struct word_args),
	.run		= run_change,
};
