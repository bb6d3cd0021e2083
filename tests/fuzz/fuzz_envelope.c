/*
 * Envelopes.  The input is a line "provider message-id" and a body.  What comes
 * out is what provider/provider.h promises, and the same as in json-c's tree.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/scan.h"
#include "fuzz.h"
#include "provider/envelope.h"

#define LATEST_US	INT64_C(253402300799999999)

/* Found outside of the body it lies in the arena, which the sanitizer knows. */
static void
is_word(const char *what, struct span s, size_t most, bool needed)
{
	fuzz_touch(s);
	must(s.p == NULL ? !needed && s.len == 0 : span_graph(s, most),
	    "%s of %zu bytes: %.*s", what, s.len, SPAN_ARG(s));
}

static void
judge_types(const struct provider *pv, const struct envelope *env)
{
	static struct conf	*conf;
	static const char *const variables[] = { "HOOKKEEPER_MODE=test", NULL };
	const char		*type = provider_type(pv, env->type);
	struct disposition	 d;

	if (conf == NULL && conf_parse(&conf, NULL, SPAN_NULL, false, variables, false) != HK_OK)
		abort();
	d = provider_dispose(pv, conf, env);

	must(type == NULL || provider_type(pv, span_str(type)) == type, "%s is no name", type);
	must((d.what == DO_PROCESS) == (d.reason == NULL), "what becomes of it, and why?");
	must(d.what != DO_PROCESS || provider_handler(pv, type) != NULL, "no handler of %s", type);
	must(d.what != DO_PROCESS || env->livemode != 1, "a live event is processed in test mode");
}

static void
same_as_tree(const struct provider *pv, struct span body, struct span message_id,
    const struct envelope *env)
{
	struct json	*root = NULL;
	enum hk_err	 e = json_parse(body, &root);

	must(e == HK_OK, "json-c refuses what has an envelope: %s", err_last());
	must(span_eq(env->type, json_text(root, "type")), "another type");
	if (pv == &provider_stripe) {
		must(span_eq(env->event_id, json_text(root, "id")), "another id");
		must((env->livemode == 1) == json_true(root, "livemode"), "another mode");
	} else
		must(span_eq(env->event_id, message_id), "another id");
	json_free(root);
}

static void
judge(const struct provider *pv, struct span message_id, struct span body, struct arena *a)
{
	struct envelope	env;
	enum hk_err	e = pv->envelope(body, message_id, a, &env);

	must(e == HK_OK || (e == HK_SYNTAX && err_last()[0] != '\0'), "%s: code %s", pv->name,
	    err_name(e));
	if (e != HK_OK)
		return;
	is_word("event_id", env.event_id, EVENT_ID_MAX, true);
	is_word("type", env.type, EVENT_TYPE_MAX, true);
	is_word("lane", env.lane, WORD_MAX, false);
	is_word("api_version", env.api_version, WORD_MAX, false);
	is_word("instance", env.instance, WORD_MAX, false);
	must(env.livemode >= -1 && env.livemode <= 1, "livemode %d", env.livemode);
	must(pv == &provider_stripe || (env.livemode == -1 && !env.thin), "%s has no modes",
	    pv->name);
	must(env.occurred_us >= 0, "time %lld", (long long)env.occurred_us);
	must(pv == &provider_clerk || env.occurred_us <= LATEST_US, "time %lld",
	    (long long)env.occurred_us);
	judge_types(pv, &env);
	same_as_tree(pv, body, message_id, &env);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span			 input = span_of((const char *)data, size), name, line;
	const struct provider		*pv;
	struct arena			*a = arena_new(16 << 20);

	line = fuzz_line(&input);
	name = span_cut(&line, ' ');
	if ((pv = provider_find(name)) == NULL)
		pv = providers[size % 3];
	judge(pv, line.p != NULL ? fuzz_copy(line) : SPAN_NULL, fuzz_copy(input), a);
	arena_free(a);
	fuzz_forget();
	return 0;
}
