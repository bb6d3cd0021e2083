/*
 * Clerk Billing: the same books from the same facts, in whatever order and shape
 * they are told.
 */
#include "bench.h"

#include "../books/words.h"

#define DAY		INT64_C(86400)
#define S0		(T0 / 1000000)		/* seconds; day 0 */

enum what { NONE, SUB, ITEM, ATTEMPT, FLAT, FLAT_ITEM, FLAT_ATTEMPT, USER, PLAN, REFUND };

/* One fact.  A plan is "pro", "max", "late", "free", "seats"; "~pro" is a trial of it. */
struct fact {
	enum what	 what;
	const char	*type, *status;
	int		 at;		/* day of the word */
	const char	*plan;		/* NULL: the item has none */
	int		 from;		/* day its period begins */
	const char	*who;		/* NULL: user_ann */
	const char	*item;		/* NULL: csub_item_1 */
};

/* ---- telling ------------------------------------------------------------ */

static void
put_plan(struct buf *b, const char *plan)
{
	if (plan == NULL) {
		buf_puts(b, "\"plan\":null,\"plan_id\":null");
		return;
	}
	plan += *plan == '~';
	buf_printf(b, "\"plan_id\":\"cplan_%s\",\"plan\":{\"id\":\"cplan_%s\",\"name\":\"%s\","
	    "\"amount\":%d", plan, plan, plan, strcmp(plan, "free") == 0 ||
	    strcmp(plan, "seats") == 0 ? 0 : 2000);
	if (strcmp(plan, "seats") == 0)
		buf_puts(b, ",\"unit_prices\":[{\"name\":\"seats\",\"tiers\":["
		    "{\"amount_per_block\":0},{\"amount_per_block\":700}]}]");
	buf_puts(b, "}");
}

static void
put_item(struct buf *b, const struct fact *w)
{
	buf_printf(b, "\"id\":\"%s\",\"status\":\"%s\",\"updated_at\":%lld,"
	    "\"is_free_trial\":%s,\"period_start\":%lld,\"seats\":{\"quantity\":3},",
	    w->item != NULL ? w->item : "csub_item_1", w->status,
	    (long long)(S0 + w->at * DAY) * 1000,
	    w->plan != NULL && w->plan[0] == '~' ? "true" : "false",
	    (long long)(S0 + w->from * DAY) * 1000);
	if (w->plan != NULL && strcmp(w->plan, "free") == 0)
		buf_puts(b, "\"period_end\":null,");
	else
		buf_printf(b, "\"period_end\":%lld,",
		    (long long)(S0 + (w->from + 30) * DAY) * 1000);
	put_plan(b, w->plan);
}

/* The unused of the payer's ids is an empty text. */
static void
put_payer(struct buf *b, const char *who)
{
	bool	org = who != NULL && strncmp(who, "org_", 4) == 0;

	if (who != NULL && who[0] == '\0')
		buf_puts(b, "\"payer\":null,");
	else
		buf_printf(b, "\"payer_id\":\"cpayer_1\",\"payer\":{\"id\":\"cpayer_1\","
		    "\"email\":\"a@example.com\",\"user_id\":\"%s\",\"organization_id\":\"%s\"},",
		    org ? "" : who != NULL ? who : "user_ann", org ? who : "");
}

static void
put_attempt(struct buf *b, const struct fact *w)
{
	buf_printf(b, "\"id\":\"pa_%d\",\"status\":\"%s\",\"charge_type\":\"recurring\","
	    "\"gateway_external_id\":\"pi_%d\",\"updated_at\":%lld,\"totals\":{\"grand_total\":"
	    "{\"amount\":%d,\"currency\":\"USD\"}},\"subscription_items\":[{", w->from, w->status,
	    w->from, (long long)(S0 + w->at * DAY) * 1000, strcmp(w->type, "nothing") ? 2200 : 0);
	put_item(b, w);
	buf_puts(b, "}]");
}

/* One subscription, one plan, times in seconds; no version but the event's time. */
static void
put_flat(struct buf *b, const struct fact *w)
{
	const char	*who = w->who != NULL ? w->who : "user_ann";

	buf_printf(b, "\"id\":\"%s\",\"payer_id\":\"%s\",\"user_id\":\"%s\",\"status\":\"%s\","
	    "\"plan\":{\"id\":\"cplan_%s\",\"name\":\"Pro\"},\"period_start\":%lld,"
	    "\"period_end\":%lld%s", w->what == FLAT ? "csub_1" : w->what == FLAT_ITEM ?
	    "csub_item_1" : "pa_1", who, who, w->status, w->plan, (long long)(S0 + w->from * DAY),
	    (long long)(S0 + (w->from + 30) * DAY),
	    w->what != FLAT ? ",\"subscription_id\":\"csub_1\"" : "");
}

static void
body_of(const struct fact *w, struct buf *b)
{
	static const char *const	nouns[] = {
		[SUB] = "subscription", [ITEM] = "subscriptionItem",
		[ATTEMPT] = "paymentAttempt", [FLAT] = "subscription",
		[FLAT_ITEM] = "subscriptionItem", [FLAT_ATTEMPT] = "paymentAttempt",
		[USER] = "user"
	};
	bool				flat = w->what >= FLAT && w->what <= FLAT_ATTEMPT;

	buf_printf(b, "{\"object\":\"event\",\"type\":\"%s.%s\",\"timestamp\":%lld,\"data\":{",
	    nouns[w->what], w->what == ATTEMPT ? "updated" : w->type,
	    (long long)(S0 + w->at * DAY) * (flat ? 1 : 1000));
	if (flat)
		put_flat(b, w);
	else if (w->what == USER)
		buf_printf(b, "\"id\":\"%s\",\"updated_at\":1700000000000", w->who);
	else
		put_payer(b, w->who);
	if (w->what == SUB) {
		buf_printf(b, "\"id\":\"csub_1\",\"status\":\"%s\",\"updated_at\":%lld,"
		    "\"canceled_at\":null,\"items\":[{", w->status,
		    (long long)(S0 + w->at * DAY) * 1000);
		put_item(b, w);
		buf_puts(b, ",\"subscription_id\":null}]");
	} else if (w->what == ITEM) {
		put_item(b, w);
		buf_puts(b, ",\"subscription_id\":\"csub_1\"");
	} else if (w->what == ATTEMPT)
		put_attempt(b, w);
	buf_puts(b, "}}");
	assert_true(buf_ok(b));
}

/* The handler on an event, inside the caller's transaction. */
static enum hk_err
handle(const struct cause *c, struct span body)
{
	struct arena	*arena = arena_new(8 << 20);
	struct task	 t = { .conf = &settings, .arena = arena, .cause = c };
	struct envelope	 env;
	const char	*type;
	enum hk_err	 e;

	assert_int_equal(HK_OK, provider_clerk.envelope(body, SPAN("msg_1"), arena, &env));
	assert_non_null(type = provider_type(&provider_clerk, env.type));
	assert_int_equal(HK_OK, json_parse(body, &t.json));
	t.type = span_str(type);
	t.event_id = env.event_id;
	t.occurred_us = env.occurred_us;
	e = provider_handler(&provider_clerk, type)(&t);
	if (e != HK_OK && t.reason[0] == '\0')
		fail_msg("%s without a reason", err_name(e));
	snprintf(reason, sizeof(reason), "%s", t.reason);
	snprintf(waits_for, sizeof(waits_for), "%s", t.waits_for);
	json_free(t.json);
	arena_free(arena);
	return e;
}

static enum hk_err
tell(const struct cause *c, const void *word)
{
	const struct fact		*w = word;
	const struct plan		 late = { PLAN_CLERK_PLAN, SPAN("cplan_late"), SPAN_NULL, 70, 1 };
	const struct refund_word	 half = { SPAN("pi_0"), SPAN("ch_0"), 1100, 2200, US(1) };
	struct buf			 b;
	int64_t				 taken;
	enum hk_err			 e;

	if (w->what == PLAN)
		return plan_set(c, &late);
	if (w->what == REFUND)
		return payment_refunded(c, &half, false, &taken);
	buf_init(&b, 1 << 16);
	body_of(w, &b);
	e = handle(c, buf_span(&b));
	buf_release(&b);
	return e;
}

/* ---- every order -------------------------------------------------------- */

#define ANN	"01890000-0000-7000-8000-000000000001"

static const struct row {
	const char	*name;
	struct fact	 words[WORDS_MOST];
	const char	*stands;	/* owner, status, plan, the day its period ends */
	int64_t		 balance;
	bool		 bad;		/* standing */
	const char	*owner;		/* "user_bob", "org_1"; NULL: user_ann */
} rows[] = {
	{ "a first period, told by everything", {
	    { SUB, "created", "incomplete", 0, "pro", 0, NULL, NULL },
	    { SUB, "active", "active", 1, "pro", 0, NULL, NULL },
	    { ITEM, "active", "active", 1, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "pending", 0, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 1, "pro", 0, NULL, NULL } },
	    "user active cplan_pro 30", 100, false, NULL },
	{ "nothing but the payment", {
	    { ATTEMPT, "updated", "paid", 0, "pro", 0, NULL, NULL } }, "-", 100, false, NULL },
	{ "it succeeded, they also say", {
	    { ATTEMPT, "updated", "succeeded", 0, "pro", 0, NULL, NULL } }, "-", 100, false, NULL },
	{ "a payment that failed and one that did not", {
	    { ATTEMPT, "updated", "failed", 2, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 1, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "pending", 0, "pro", 0, NULL, NULL } }, "-", 100, false, NULL },
	{ "a payment that failed", {
	    { ATTEMPT, "updated", "pending", 0, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "failed", 1, "pro", 0, NULL, NULL } }, "-", 0, false, NULL },
	{ "a payment over nothing", {
	    { ATTEMPT, "nothing", "paid", 0, "pro", 0, NULL, NULL } }, "-", 0, false, NULL },
	{ "nothing but the item", {
	    { ITEM, "active", "active", 0, "pro", 0, NULL, NULL } }, "-", 100, false, NULL },
	{ "a renewal, told by an update", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { SUB, "updated", "active", 30, "pro", 30, NULL, NULL },
	    { ITEM, "updated", "active", 30, "pro", 30, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 0, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 30, "pro", 30, NULL, NULL } },
	    "user active cplan_pro 60", 200, false, NULL },
	{ "a better plan in the same period", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { ITEM, "updated", "active", 9, "max", 0, NULL, NULL },
	    { ITEM, "active", "active", 0, "pro", 0, NULL, NULL } },
	    "user active cplan_max 30", 250, false, NULL },
	{ "a lesser plan takes nothing", {
	    { SUB, "active", "active", 0, "max", 0, NULL, NULL },
	    { ITEM, "updated", "active", 9, "pro", 0, NULL, NULL } },
	    "user active cplan_pro 30", 250, false, NULL },
	{ "another plan as an item of its own", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { ITEM, "ended", "ended", 9, "pro", 0, NULL, NULL },
	    { ITEM, "active", "active", 9, "max", 9, NULL, "csub_item_2" } },
	    "user active cplan_max 39", 350, false, NULL },
	{ "the free plan", {
	    { SUB, "created", "active", 0, "free", 0, NULL, NULL },
	    { ITEM, "active", "active", 0, "free", 0, NULL, NULL } },
	    "user active cplan_free 0", 0, false, NULL },
	{ "no plan at all", {
	    { SUB, "created", "active", 0, NULL, 0, NULL, NULL } },
	    "user active  30", 0, false, NULL },
	{ "a plan by the seat", {
	    { SUB, "created", "active", 0, "seats", 0, NULL, NULL } },
	    "user active cplan_seats 30", 60, false, NULL },
	{ "a trial, then paid", {
	    { SUB, "created", "active", 0, "~pro", 0, NULL, NULL },
	    { ITEM, "freeTrialEnding", "active", 27, "~pro", 0, NULL, NULL },
	    { ITEM, "updated", "active", 30, "pro", 30, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 30, "pro", 30, NULL, NULL } },
	    "user active cplan_pro 60", 100, false, NULL },
	{ "a trial, then nothing", {
	    { ITEM, "active", "active", 0, "~pro", 0, NULL, NULL },
	    { SUB, "updated", "active", 27, "~pro", 0, NULL, NULL },
	    { ITEM, "ended", "ended", 30, "~pro", 0, NULL, NULL } },
	    "user active cplan_pro 30", 0, false, NULL },
	{ "canceled keeps what it has", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { ITEM, "canceled", "canceled", 9, "pro", 0, NULL, NULL },
	    { SUB, "updated", "active", 9, "pro", 0, NULL, NULL } },
	    "user active cplan_pro 30", 100, false, NULL },
	{ "canceled, renewed by nobody, ended", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { SUB, "canceled", "canceled", 9, "pro", 0, NULL, NULL },
	    { SUB, "updated", "ended", 30, "pro", 0, NULL, NULL },
	    { ITEM, "ended", "ended", 30, "pro", 0, NULL, NULL } },
	    "user ended cplan_pro 30", 100, false, NULL },
	{ "never paid", {
	    { SUB, "created", "incomplete", 0, "pro", 0, NULL, NULL },
	    { ITEM, "incomplete", "incomplete", 0, "pro", 0, NULL, NULL },
	    { ITEM, "abandoned", "abandoned", 1, "pro", 0, NULL, NULL },
	    { SUB, "updated", "abandoned", 1, "pro", 0, NULL, NULL } },
	    "user abandoned cplan_pro 30", 0, false, NULL },
	{ "past due: no more of it", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { ITEM, "active", "active", 0, "pro", 0, NULL, NULL },
	    { SUB, "pastDue", "past_due", 30, "pro", 30, NULL, NULL },
	    { ITEM, "pastDue", "past_due", 30, "pro", 30, NULL, NULL } },
	    "user past_due cplan_pro 60", 100, true, NULL },
	{ "past due is heard from the item alone", {
	    { ITEM, "active", "active", 0, "pro", 0, NULL, NULL },
	    { ITEM, "pastDue", "past_due", 30, "pro", 30, NULL, NULL } }, "-", 100, true, NULL },
	{ "past due, and paid after all", {
	    { SUB, "pastDue", "past_due", 30, "pro", 30, NULL, NULL },
	    { ITEM, "pastDue", "past_due", 30, "pro", 30, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 33, "pro", 30, NULL, NULL },
	    { SUB, "active", "active", 33, "pro", 30, NULL, NULL } },
	    "user active cplan_pro 60", 100, false, NULL },
	{ "the next period before it begins", {
	    { ITEM, "upcoming", "upcoming", 20, "pro", 30, NULL, NULL },
	    { SUB, "active", "active", 0, "free", 0, NULL, "csub_item_0" } },
	    "user active cplan_pro 60", 0, false, NULL },
	{ "an organization pays", {
	    { SUB, "active", "active", 0, "pro", 0, "org_1", NULL },
	    { ATTEMPT, "updated", "paid", 0, "pro", 0, "org_1", NULL },
	    { ITEM, "pastDue", "past_due", 30, "pro", 30, "org_1", NULL } },
	    "organization active cplan_pro 60", 100, true, "org_1" },
	{ "before its user", {
	    { SUB, "active", "active", 0, "pro", 0, "user_bob", NULL },
	    { ATTEMPT, "updated", "paid", 0, "pro", 0, "user_bob", NULL },
	    { ITEM, "updated", "active", 30, "pro", 30, "user_bob", NULL },
	    { USER, "created", NULL, 0, NULL, 0, "user_bob", NULL } },
	    "user active cplan_pro 60", 200, false, "user_bob" },
	{ "before its price rule", {
	    { SUB, "active", "active", 0, "late", 0, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 0, "late", 0, NULL, NULL },
	    { PLAN, NULL, NULL, 0, NULL, 0, NULL, NULL } },
	    "user active cplan_late 30", 70, false, NULL },
	{ "an item that names no payer", {
	    { ITEM, "updated", "active", 30, "pro", 30, "", NULL },
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL } },
	    "user active cplan_pro 60", 200, false, NULL },
	{ "half of it refunded at Stripe", {
	    { SUB, "active", "active", 0, "pro", 0, NULL, NULL },
	    { ATTEMPT, "updated", "paid", 0, "pro", 0, NULL, NULL },
	    { REFUND, NULL, NULL, 0, NULL, 0, NULL, NULL } },
	    "user active cplan_pro 30", 50, false, NULL },
	{ "flat: a renewal and a better plan", {
	    { FLAT, "active", "active", 0, "pro", 0, NULL, NULL },
	    { FLAT, "updated", "active", 9, "max", 0, NULL, NULL },
	    { FLAT, "updated", "active", 30, "max", 30, NULL, NULL },
	    { FLAT, "updated", "active", 31, "max", 30, NULL, NULL } },
	    "user active cplan_max 60", 500, false, NULL },
	{ "flat: told by everything", {
	    { FLAT, "active", "active", 0, "pro", 0, NULL, NULL },
	    { FLAT_ITEM, "active", "active", 0, "pro", 0, NULL, NULL },
	    { FLAT_ATTEMPT, "updated", "succeeded", 0, "pro", 0, NULL, NULL },
	    { FLAT_ATTEMPT, "created", "pending", 0, "pro", 0, NULL, NULL } },
	    "user active cplan_pro 30", 100, false, NULL },
	{ "flat: past due, then canceled, in another spelling", {
	    { FLAT, "active", "active", 0, "pro", 0, NULL, NULL },
	    { FLAT, "past_due", "past_due", 30, "pro", 30, NULL, NULL },
	    { FLAT, "canceled", "cancelled", 40, "pro", 30, NULL, NULL } },
	    "user canceled cplan_pro 60", 100, false, NULL },
	{ "flat: past due, in Clerk's spelling of types", {
	    { FLAT, "active", "active", 0, "pro", 0, NULL, NULL },
	    { FLAT, "past_due", "pastDue", 30, "pro", 30, NULL, NULL } },
	    "user past_due cplan_pro 60", 100, true, NULL },
	{ "flat: an organization", {
	    { FLAT, "active", "active", 0, "pro", 0, "org_1", NULL } },
	    "organization active cplan_pro 30", 100, false, "org_1" },
	{ "flat: the first period and the item's shape of it", {
	    { FLAT_ATTEMPT, "updated", "paid", 0, "pro", 0, "user_bob", NULL },
	    { FLAT, "created", "active", 0, "pro", 0, "user_bob", NULL },
	    { USER, "created", NULL, 0, NULL, 0, "user_bob", NULL } },
	    "user active cplan_pro 30", 100, false, "user_bob" },
};

static const char *
standing(void)
{
	static char	 out[300];
	struct stmt	*q = NULL;
	bool		 row;

	assert_int_equal(db_stmt(f.db, S_SUBSCRIPTION_TOLD, &q), HK_OK);
	bind_text(q, ":provider", SPAN("clerk"));
	bind_text(q, ":ref", SPAN("csub_1"));
	assert_int_equal(stmt_step(q, &row), HK_OK);
	snprintf(out, sizeof(out), "-");
	if (row)
		snprintf(out, sizeof(out), "%.*s %.*s %.*s %lld", SPAN_ARG(col_text(q, 0)),
		    SPAN_ARG(col_text(q, 5)), SPAN_ARG(col_text(q, 6)), col_is_null(q, 7) ? 0 :
		    (long long)((col_int(q, 7) - T0) / 1000000 / DAY));
	stmt_reset(q);
	return out;
}

static void
check_row(const char *name, const void *ctx)
{
	const struct row	*row = ctx;
	struct owner		 owner = { "organization", span_str(row->owner) };
	struct user		 user;
	int64_t			 balance = -1;
	bool			 good = false;

	if (row->owner == NULL || strncmp(row->owner, "org_", 4) != 0) {
		row_is(name, user_find(f.db, span_str(row->owner != NULL ? row->owner :
		    "user_ann"), &user) == HK_OK);
		owner = (struct owner){ "user", span_str(user.id) };
	}
	if (strcmp(standing(), row->stands) != 0)
		fail_msg("%s: it stands \"%s\", not \"%s\"", name, standing(), row->stands);
	row_is(name, ledger_balance_of(f.db, &owner, &balance) == HK_OK);
	if (balance != row->balance)
		fail_msg("%s: the balance is %lld, not %lld", name, (long long)balance,
		    (long long)row->balance);
	row_is(name, owner_in_good_standing(f.db, &owner, &good) == HK_OK);
	row_is(name, good == !row->bad);
}

static int
billing_setup(void **state)
{
	int	failed = bench_setup(state);

	settings.signup_bonus = 0;
	plant("INSERT INTO site_user (id, clerk_id, created_at, updated_at) VALUES"
	    " ('" ANN "', 'user_ann', 0, 0);"
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at) VALUES"
	    " ('clerk_plan', 'cplan_pro', 100, 0, 0), ('clerk_plan', 'cplan_max', 250, 0, 0),"
	    " ('clerk_plan', 'cplan_seats', 60, 0, 0)");
	return failed;
}

static void
every_order_ends_in_the_same(void **state)
{
	(void)state;
	events(WORDS_MOST);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int	n = 0;

		while (n < WORDS_MOST && rows[i].words[n].what != NONE)
			n++;
		in_every_order(rows[i].name, tell, rows[i].words, sizeof(rows[i].words[0]), n,
		    check_row, &rows[i]);
	}
}

/* ---- verdicts ------------------------------------------------------------ */

#define CLERK(type, data)	"{\"object\":\"event\",\"type\":\"" type "\"," \
				"\"timestamp\":1700000000,\"data\":{" data "}}"
#define BY(user)		"\"payer\":{\"user_id\":\"" user "\",\"organization_id\":\"\"},"
#define LINE(plan)		"\"id\":\"csub_item_1\",\"status\":\"active\"," \
				"\"subscription_id\":\"csub_1\",\"period_start\":1700000000123," \
				"\"period_end\":1702592000000,\"plan\":" plan

static const struct {
	const char	*phrase, *body;
	enum hk_err	 verdict;
	const char	*says, *waits;
} verdicts[] = {
	{ "an unknown user", CLERK("subscriptionItem.active", BY("user_nobody")
	    LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_WAIT, "user_nobody",
	    "user:user_nobody" },
	{ "a plan without a price rule", CLERK("subscriptionItem.active", BY("user_ann")
	    LINE("{\"id\":\"cplan_new\",\"amount\":5}")), HK_WAIT,
	    "no price rule for this plan yet: set one with `hookkeeper plan set cplan_new`",
	    "plan:cplan_new" },
	{ "a plan that no rule can be made for", CLERK("subscriptionItem.active", BY("user_ann")
	    LINE("{\"id\":\"gold\",\"amount\":5}")), HK_NEVER, "no price rule", "" },
	{ "neither of the two ids", CLERK("subscription.active", "\"id\":\"\","
	    "\"status\":\"active\"," BY("") "\"items\":[]"), HK_NEVER, "nobody is named", "" },
	{ "nobody, of a subscription not known", CLERK("subscriptionItem.active",
	    LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_WAIT, "csub_1",
	    "subscription:csub_1" },
	{ "a deleted user has paid", CLERK("subscriptionItem.active", BY("user_gone")
	    LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_NEVER, "user was deleted", "" },
	{ "a deleted user's subscription ends", CLERK("subscription.updated", BY("user_gone")
	    "\"id\":\"csub_9\",\"status\":\"ended\",\"items\":[]"), HK_OK, "", "" },
	{ "no status", CLERK("subscription.updated", BY("user_ann") "\"id\":\"csub_1\""),
	    HK_NEVER, "data.status", "" },
	{ "no status, but the type says it", CLERK("subscription.pastDue", BY("user_ann")
	    "\"id\":\"csub_1\""), HK_OK, "", "" },
	{ "no id", CLERK("subscription.active", BY("user_ann") "\"status\":\"active\""),
	    HK_NEVER, "id of a subscription", "" },
	{ "an attempt without an id", CLERK("paymentAttempt.updated", BY("user_ann")
	    "\"status\":\"paid\""), HK_NEVER, "payment", "" },
	{ "a grant says how much", CLERK("subscriptionItem.active", BY("user_ann")
	    LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_OK, "granted 100 credits", "" },
	{ "told again", CLERK("subscriptionItem.active", BY("user_ann")
	    LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_SKIP, "item csub_item_1", "" },
	{ "told too late", CLERK("subscriptionItem.updated", BY("user_ann")
	    "\"updated_at\":1600000000000," LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_SKIP,
	    "stale: ", "" },
	{ "the same period, told in seconds", "{\"object\":\"event\",\"type\":"
	    "\"subscriptionItem.updated\",\"timestamp\":1700000900,\"data\":{\"id\":"
	    "\"csub_item_1\",\"user_id\":\"user_ann\",\"status\":\"active\",\"period_start\":"
	    "1700000000,\"period_end\":1702592000,\"plan\":{\"id\":\"cplan_pro\"}}}", HK_OK, "", "" },
	{ "another pays for it all at once", CLERK("subscriptionItem.updated", BY("user_eve")
	    LINE("{\"id\":\"cplan_pro\",\"amount\":5}")), HK_NEVER, "identity mismatch", "" },
	{ "Clerk sends the mail", CLERK("email.created", "\"id\":\"ema_1\","
	    "\"delivered_by_clerk\":true"), HK_SKIP, "Clerk delivers this mail itself", "" },
	{ "nobody says who sends the mail", CLERK("email.created", "\"id\":\"ema_1\","
	    "\"to_email_address\":\"a@b.c\""), HK_SKIP, "does not say who delivers this mail", "" },
	{ "a mail to nobody", CLERK("email.created", "\"id\":\"ema_1\","
	    "\"delivered_by_clerk\":false"), HK_NEVER, "data.to_email_address", "" },
	{ "Clerk does not send the mail", CLERK("email.created", "\"id\":\"ema_1\","
	    "\"to_email_address\":\"a@b.c\",\"delivered_by_clerk\":false"), HK_SKIP,
	    "not sent: Clerk leaves this mail to us, and no [mail]", "" },
	{ "Clerk does not send the message", CLERK("sms.created", "\"id\":\"sms_1\","
	    "\"to_phone_number\":\"+1\",\"delivered_by_clerk\":false"), HK_SKIP, "not sent: Clerk leaves this message to us",
	    "" },
};

static void
each_comes_to_its_verdict(void **state)
{
	(void)state;
	plant("INSERT INTO site_user (id, clerk_id, created_at, updated_at, deleted_at) VALUES"
	    " ('01890000-0000-7000-8000-000000000002', 'user_eve', 0, 0, NULL),"
	    " ('01890000-0000-7000-8000-000000000003', 'user_gone', 0, 0, 1)");
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		enum hk_err	e = happen(&provider_clerk, span_str(verdicts[i].body));

		if (e != verdicts[i].verdict || strstr(reason, verdicts[i].says) == NULL ||
		    (verdicts[i].says[0] == '\0' && reason[0] != '\0') ||
		    strcmp(waits_for, verdicts[i].waits) != 0)
			fail_msg("%s: %s \"%s\" waits for \"%s\"", verdicts[i].phrase,
			    err_name(e), reason, waits_for);
	}
}

/* What the rows of one paid period say, for the pages and the audit. */
static void
a_paid_period_is_kept(void **state)
{
	(void)state;
	assert_int_equal(HK_OK, happen(&provider_clerk, SPAN(CLERK("paymentAttempt.updated",
	    BY("user_ann") "\"id\":\"pa_1\",\"status\":\"paid\",\"paid_at\":1700000005000,"
	    "\"updated_at\":1700000006000,\"gateway_external_id\":\"pi_1\",\"totals\":{"
	    "\"grand_total\":{\"amount\":2200,\"currency\":\"USD\"}},\"subscription_items\":[{"
	    LINE("{\"id\":\"cplan_pro\",\"amount\":2000}") "}]"))));
	assert_int_equal(HK_OK, happen(&provider_clerk, SPAN(CLERK("subscription.canceled",
	    BY("user_ann") "\"id\":\"csub_1\",\"status\":\"canceled\",\"canceled_at\":"
	    "1700000009000,\"items\":[{\"seats\":{\"quantity\":5},"
	    LINE("{\"id\":\"cplan_pro\",\"name\":\"Pro\",\"amount\":2000}") "}]"))));
	asks("the transfer", "SELECT kind || ' ' || business_key || ' ' || amount FROM transfer",
	    "subscription clerk:csub_item_1:1700000000 100");
	asks("the bill", "SELECT ref || ' ' || subscription || ' ' || owner || ' ' || status || ' '"
	    " || amount || currency || ' ' || (fulfilled_at IS NOT NULL) FROM invoice",
	    "pa_1 csub_1 " ANN " paid 2200usd 1");
	asks("the payment", "SELECT ref || ' ' || owner || ' ' || amount || ' ' || granted"
	    " FROM payment", "pi_1 " ANN " 2200 100");
	asks("paid when it was paid", "SELECT paid_us FROM period_share", "1700000005000000");
	asks("the subscription ends with its period", "SELECT status || ' ' || cancel_at || ' '"
	    " || canceled_at FROM subscription", "canceled 1702592000000000 1700000009000000");
	asks("the item", "SELECT ref || ' ' || plan_ref || ' ' || plan_name || ' ' || quantity"
	    " FROM subscription_item", "csub_item_1 cplan_pro Pro 5");
}

/* It is made at 1700000000 s; the bench's clock says when it is worked. */
static void
what_clerk_leaves_to_us_is_put_in_the_outbox(void **state)
{
	(void)state;
	plant("INSERT INTO endpoint (channel, name, types, payload, state, state_at, heard_to, created_at,"
	    " updated_at) VALUES ('mail', 'mail:own', 'a.b clerk.email', 'full', 'enabled', 0, 0, 0, 0),"
	    " ('command', 'command:own', 'clerk.sms', 'full', 'enabled', 0, 0, 0, 0)");
	assert_int_equal(HK_OK, happen(&provider_clerk, SPAN(CLERK("email.created",
	    "\"id\":\"ema_1\",\"to_email_address\":\"a@b.c\",\"subject\":\"S\",\"body\":\"<p>1</p>\","
	    "\"body_plain\":\"1\",\"delivered_by_clerk\":false"))));
	asks("the mail", "SELECT type || ' ' || owner_kind || ' ' || owner || ' ' || payload FROM message",
	    "clerk.email system clerk {\"to\":\"a@b.c\",\"from_name\":null,\"subject\":\"S\","
	    "\"html\":\"<p>1</p>\",\"text\":\"1\",\"slug\":null,\"clerk_user_id\":null,"
	    "\"expires_at\":\"2023-11-14T22:23:20.000000Z\"}");
	asks("ten minutes", "SELECT expires_at FROM message", "1700000600000000");
	assert_int_equal(HK_OK, happen(&provider_clerk, SPAN(CLERK("sms.created",
	    "\"id\":\"sms_1\",\"to_phone_number\":\"+1\",\"message\":\"1\",\"user_id\":\"user_x\","
	    "\"delivered_by_clerk\":false"))));
	asks("the message", "SELECT type || ' ' || owner || ' ' || payload FROM message ORDER BY id DESC",
	    "clerk.sms user_x {\"to\":\"+1\",\"text\":\"1\",\"slug\":null,\"clerk_user_id\":\"user_x\","
	    "\"expires_at\":\"2023-11-14T22:23:20.000000Z\"}");
	assert_int_equal(HK_SKIP, happen(&provider_clerk, SPAN("{\"object\":\"event\",\"type\":"
	    "\"email.created\",\"timestamp\":1699999000,\"data\":{\"id\":\"ema_2\",\"to_email_address\":"
	    "\"a@b.c\",\"delivered_by_clerk\":false}}")));
	assert_non_null(strstr(reason, "more than 10 minutes ago"));
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, billing_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(every_order_ends_in_the_same),
		TEST(each_comes_to_its_verdict),
		TEST(a_paid_period_is_kept),
		TEST(what_clerk_leaves_to_us_is_put_in_the_outbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
