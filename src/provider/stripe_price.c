/* How many credits something paid is worth. */
#include "provider/stripe.h"
#include "provider/verdict.h"

static enum hk_err
found(struct worth *w, __int128 credits, const char *note)
{
	if (note == NULL)
		return err_note(HK_NOMEM, "no memory for a note");
	*w = (struct worth){ true, (int64_t)credits, span_str(note) };
	return HK_OK;
}

/* The site's own server wrote it; buyers cannot. */
enum hk_err
worth_by_metadata(struct task *t, struct json *v, struct worth *w)
{
	struct span	 text = json_text(v, NULL);
	int64_t		 n = 0;
	bool		 good;

	if (!t->conf->trust_metadata || v == NULL || (text.p != NULL && text.len == 0))
		return HK_OK;
	good = text.p != NULL ? span_u63(text, &n) : json_int(v, NULL, &n);
	if (!good || n <= 0 || n > CREDITS_MOST)
		return task_say(t, HK_NEVER, "metadata invalid: credits \"%.*s\" is no whole"
		    " number from 1 to %lld", text.len < 32 ? (int)text.len : 32,
		    text.p != NULL ? text.p : "", (long long)CREDITS_MOST);
	return found(w, n, "metadata.credits");
}

static enum hk_err
by_plan(struct task *t, enum plan_match match, struct span ref, int64_t quantity,
    const char *what, struct worth *w)
{
	struct plan	plan;
	__int128	credits;
	enum hk_err	e;

	if (ref.len == 0)
		return HK_OK;
	e = plan_find(t->cause->db, match, ref, t->arena, &plan);
	if (e != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;
	credits = (__int128)plan.credits * quantity;
	if (credits < 0 || credits > CREDITS_MOST)
		return task_say(t, HK_NEVER, "%lld of %s %.*s give more than %lld credits",
		    (long long)quantity, what, SPAN_ARG(ref), (long long)CREDITS_MOST);
	if (quantity == 1)
		return found(w, credits, arena_printf(t->arena, "%s %.*s", what, SPAN_ARG(ref)));
	return found(w, credits, arena_printf(t->arena, "%lld x %s %.*s",
	    (long long)quantity, what, SPAN_ARG(ref)));
}

enum hk_err
worth_by_price(struct task *t, struct span price, int64_t quantity, struct worth *w)
{
	return by_plan(t, PLAN_PRICE, price, quantity, "price", w);
}

enum hk_err
worth_by_amount(struct task *t, struct span currency, int64_t amount, struct worth *w)
{
	struct plan	 plan;
	__int128	 credits;
	enum hk_err	 e;

	if (amount < 0 || currency.len == 0)
		return HK_OK;
	e = plan_find(t->cause->db, PLAN_CURRENCY, currency, t->arena, &plan);
	if (e != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;
	credits = (__int128)amount * plan.credits / plan.per;
	if (credits > CREDITS_MOST)
		return task_say(t, HK_NEVER, "price rule for %.*s gives more than %lld"
		    " credits", SPAN_ARG(currency), (long long)CREDITS_MOST);
	return found(w, credits, arena_printf(t->arena, "%lld %.*s", (long long)amount,
	    SPAN_ARG(currency)));
}

enum hk_err
no_price_rule(struct task *t, const char *what, struct span price, struct span currency)
{
	enum hk_err	e;

	if (!span_graph(currency, 8))
		currency = SPAN("usd");
	if (price.len == 0)
		return task_say(t, HK_NEVER, "no price rule for %s: set one with `hookkeeper"
		    " plan set` for its price, payment link or currency (%.*s), then retry",
		    what, SPAN_ARG(currency));
	e = task_wait(t, "plan", price);
	return task_say(t, e, "no price rule for %s yet: set one with `hookkeeper plan set %.*s`"
	    " (0 credits if it is worth none)", what, SPAN_ARG(price));
}

/* ---- checkout sessions: the first rule that knows has the word --------------- */

static enum hk_err
session_metadata(struct task *t, struct json *o, struct worth *w)
{
	return worth_by_metadata(t, json_get(o, "metadata.credits"), w);
}

static enum hk_err
session_price(struct task *t, struct json *o, struct worth *w)
{
	return worth_by_price(t, json_text(o, "metadata.price_id"), 1, w);
}

static enum hk_err
session_link(struct task *t, struct json *o, struct worth *w)
{
	return by_plan(t, PLAN_PAYMENT_LINK, json_id(o, "payment_link"), 1, "payment link", w);
}

static enum hk_err
session_amount(struct task *t, struct json *o, struct worth *w)
{
	int64_t	amount = -1;

	(void)json_int(o, "amount_total", &amount);
	return worth_by_amount(t, json_text(o, "currency"), amount, w);
}

static enum hk_err (*const rules[])(struct task *, struct json *, struct worth *) = {
	session_metadata, session_price, session_link, session_amount
};

enum hk_err
session_credits(struct task *t, struct json *session, int64_t *credits,
    struct span *note)
{
	struct worth	w = { .found = false };
	enum hk_err	e = HK_OK;

	for (size_t i = 0; e == HK_OK && !w.found && i < sizeof(rules) / sizeof(rules[0]); i++)
		e = rules[i](t, session, &w);
	if (e != HK_OK)
		return e;
	if (!w.found)
		return no_price_rule(t, "this session", SPAN_NULL, json_text(session, "currency"));
	*credits = w.credits;
	*note = w.note;
	return HK_OK;
}
