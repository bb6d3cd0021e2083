/* How many credits a paid checkout session is worth. */
#include "provider/stripe.h"
#include "provider/verdict.h"

#define CREDITS_MOST	INT64_C(1000000000000000)	/* what the ledger takes at once */

/* The session under valuation. */
struct sale {
	struct task	*t;
	struct json	*session;
	int64_t		 credits;
	const char	*note;
	bool		 found;
};

static enum hk_err
found(struct sale *s, int64_t credits, const char *note)
{
	if (note == NULL)
		return err_note(HK_NOMEM, "no memory for a note");
	s->credits = credits;
	s->note = note;
	s->found = true;
	return HK_OK;
}

/* The site's own server wrote it; buyers cannot. */
static enum hk_err
by_metadata(struct sale *s)
{
	struct json	*v = json_get(s->session, "metadata.credits");
	struct span	 text = json_text(v, NULL);
	int64_t		 n = 0;
	bool		 good;

	if (!s->t->conf->trust_metadata || v == NULL || (text.p != NULL && text.len == 0))
		return HK_OK;
	good = text.p != NULL ? span_u63(text, &n) : json_int(v, NULL, &n);
	if (!good || n <= 0 || n > CREDITS_MOST)
		return task_say(s->t, HK_NEVER, "metadata invalid: credits \"%.*s\" is no whole"
		    " number from 1 to %lld", text.len < 32 ? (int)text.len : 32,
		    text.p != NULL ? text.p : "", (long long)CREDITS_MOST);
	return found(s, n, "metadata.credits");
}

static enum hk_err
by_plan(struct sale *s, enum plan_match match, struct span ref, const char *what)
{
	struct plan	plan;
	enum hk_err	e;

	if (ref.len == 0)
		return HK_OK;
	e = plan_find(s->t->cause->db, match, ref, s->t->arena, &plan);
	if (e != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;
	return found(s, plan.credits,
	    arena_printf(s->t->arena, "%s %.*s", what, SPAN_ARG(ref)));
}

static enum hk_err
by_price(struct sale *s)
{
	return by_plan(s, PLAN_PRICE, json_text(s->session, "metadata.price_id"), "price");
}

static enum hk_err
by_payment_link(struct sale *s)
{
	return by_plan(s, PLAN_PAYMENT_LINK, json_id(s->session, "payment_link"),
	    "payment link");
}

static enum hk_err
by_currency(struct sale *s)
{
	struct span	 currency = json_text(s->session, "currency");
	int64_t		 amount;
	struct plan	 plan;
	__int128	 credits;
	enum hk_err	 e;

	if (!json_int(s->session, "amount_total", &amount) || amount < 0 ||
	    currency.len == 0)
		return HK_OK;
	e = plan_find(s->t->cause->db, PLAN_CURRENCY, currency, s->t->arena, &plan);
	if (e != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;
	credits = (__int128)amount * plan.credits / plan.per;
	if (credits > CREDITS_MOST)
		return task_say(s->t, HK_NEVER, "price rule for %.*s gives more than %lld"
		    " credits", SPAN_ARG(currency), (long long)CREDITS_MOST);
	return found(s, (int64_t)credits, arena_printf(s->t->arena, "%lld %.*s",
	    (long long)amount, SPAN_ARG(currency)));
}

/* The first that knows has the word. */
static enum hk_err (*const rules[])(struct sale *) = {
	by_metadata, by_price, by_payment_link, by_currency
};

static enum hk_err
no_rule(struct task *t, struct json *session)
{
	struct span	currency = json_text(session, "currency");

	if (!span_graph(currency, 8))
		currency = SPAN("usd");
	return task_say(t, HK_NEVER, "no price rule for this session: set one with `hookkeeper"
	    " plan set` for its price, payment link or currency (%.*s), then retry",
	    SPAN_ARG(currency));
}

enum hk_err
session_credits(struct task *t, struct json *session, int64_t *credits,
    struct span *note)
{
	struct sale	s = { .t = t, .session = session };
	enum hk_err	e = HK_OK;

	for (size_t i = 0; e == HK_OK && !s.found && i < sizeof(rules) / sizeof(rules[0]); i++)
		e = rules[i](&s);
	if (e != HK_OK)
		return e;
	if (!s.found)
		return no_rule(t, session);
	*credits = s.credits;
	*note = span_str(s.note);
	return HK_OK;
}
