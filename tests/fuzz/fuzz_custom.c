/*
 * Custom senders, from their section of the settings to an event.  The input is
 * a file's text; behind a line "---request" follows a request (message.h), whose
 * fields "path", "remote-addr" and "x-forwarded-for" count as such.
 *
 *	- what a section says fits together, or is refused with its place
 *	- what the sender's own scheme signs is taken, and then it is an event
 *	  as provider/custom.h promises, or one is told what it lacks
 *	- the address of the client is one that the request names
 */
#include "base/net.h"
#include "inbox/client.h"
#include "inbox/desk.h"
#include "message.h"
#include "provider/envelope.h"

static void
is_word(const char *what, struct span s, size_t most, bool needed)
{
	fuzz_touch(s);
	must(s.p == NULL ? !needed && s.len == 0 : span_graph(s, most),
	    "%s of %zu bytes: %.*s", what, s.len, SPAN_ARG(s));
}

static void
judge_event(const struct desk *d, const struct conf *conf, const struct fields *f,
    struct span body, struct span id, struct arena *a)
{
	struct envelope		env;
	struct disposition	what;
	enum hk_err		e = desk_read(d, conf, f, body, id, a, &env, &what);

	must(e == HK_OK || (e == HK_SYNTAX && err_last()[0] != '\0'), "%s: %s: %s", d->title,
	    err_name(e), err_last());
	if (e != HK_OK)
		return;
	is_word("event_id", env.event_id, EVENT_ID_MAX, true);
	is_word("type", env.type, EVENT_TYPE_MAX, false);
	is_word("lane", env.lane, WORD_MAX, false);
	is_word("challenge", env.challenge, CHALLENGE_MAX, false);
	must(env.occurred_us >= 0 && env.livemode == -1 && !env.thin, "time %lld, mode %d",
	    (long long)env.occurred_us, env.livemode);
	must(what.what != DO_PROCESS && what.reason != NULL, "there is nothing to process");
}

/* As its sender would. */
static void
judge_signed(const struct desk *d, const struct conf *conf, const struct message *m,
    struct arena *a)
{
	struct signed_fields	out = { .n = 0 };
	struct field		field[SIGN_FIELDS];
	struct fields		f = { field, 0 };
	struct sign_verdict	v;
	enum hk_err		e;

	if (d->key[0].kind == SIGN_PUBLIC)
		return;
	e = d->scheme->sign(m->body, SPAN("msg_1"), d->key, d->nkey, m->now_s, &out);
	/* one of several may be a public key */
	must(e == HK_OK || d->scheme == &scheme_svix, "%s cannot sign: %s", d->title, err_last());
	if (e != HK_OK)
		return;
	for (; f.n < out.n; f.n++)
		field[f.n] = (struct field){ span_str(out.name[f.n]), span_str(out.value[f.n]) };
	e = desk_verify(d, &f, m->body, m->now_s, m->tolerance_s, &v);
	must(e == HK_OK && v.label != NULL, "%s refuses its own signature: %s", d->title,
	    err_last());
	judge_event(d, conf, &f, m->body, v.id, a);
}

/* From the end of the list to the first that is no proxy of ours. */
static const char *
slow_client(const char *remote, char *list, const char *trusted)
{
	const char	*at = remote;
	char		*comma, *last;
	struct ip	 ip;

	while (*list != '\0' && ip_parse(span_str(at), &ip) && nets_have(trusted, &ip)) {
		if ((comma = strrchr(list, ',')) != NULL)
			*comma = '\0';
		last = comma != NULL ? comma + 1 : fuzz_string(span_str(list));
		if (comma == NULL)
			*list = '\0';
		at = fuzz_string(span_trim(span_str(last)));
		if (!ip_parse(span_str(at), &ip))
			return remote;
	}
	return at;
}

static void
judge_client(const struct conf *conf, const struct message *m)
{
	struct http_request	 rq = { .fields = m->fields };
	struct span		 said;
	const char		*expected;

	rq.remote_addr = field_get(&m->fields, "remote-addr");
	said = client_addr(&rq, conf->trusted_proxies);
	expected = slow_client(message_get(m, "remote-addr"),
	    message_get(m, "x-forwarded-for"), conf->trusted_proxies);
	must(span_is(said, expected), "the client is %.*s, slowly %s", SPAN_ARG(said), expected);
}

static void
judge(const struct conf *conf, const struct message *m, struct arena *a)
{
	struct desks		desks = { .n = 0 };
	struct sign_verdict	v;
	enum hk_err		e = desks_open(&desks, &provider_custom, conf);

	must(e == HK_OK || (e == HK_CONF && fuzz_contains(fuzz_logged(), SPAN("custom"))),
	    "%s: %s", err_name(e), err_last());
	for (size_t i = 0; e == HK_OK && i < desks.n; i++) {
		const struct desk	*d = &desks.desk[i];
		enum hk_err		 good;

		good = desk_verify(d, &m->fields, m->body, m->now_s, m->tolerance_s, &v);
		must(good == HK_OK || err_last()[0] != '\0', "refused without a word");
		judge_event(d, conf, &m->fields, m->body, v.id, a);
		if (d->nkey > 0)
			judge_signed(d, conf, m, a);
	}
	if (e == HK_OK)
		(void)desks_find(&desks, field_get(&m->fields, "path"));
	desks_close(&desks);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const none[] = { NULL };
	struct span		 input = span_of((const char *)data, size), text;
	struct message		 m;
	struct conf		*conf = NULL;
	struct arena		*a = arena_new(16 << 20);

	text = fuzz_copy(fuzz_before(&input, "---request"));
	message_read(&m, input);
	if (conf_parse(&conf, "/etc/fuzz.conf", text, true, none, false) == HK_OK) {
		judge_client(conf, &m);
		judge(conf, &m, a);
		conf_free(conf);
	}
	arena_free(a);
	fuzz_forget();
	return 0;
}
