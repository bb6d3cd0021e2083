/* One event's page, and what is done with one. */
#include "bed.h"

#include "admin/event_payload.h"
#include "base/scan.h"

#define USER	"{\"type\":\"user.created\",\"object\":\"event\",\"timestamp\":1790000000000," \
	"\"data\":{\"id\":\"user_1\",\"object\":\"user\",\"updated_at\":1790000000000," \
	"\"primary_email_address_id\":null,\"email_addresses\":[]}}"
#define PAYMENT	"{\"id\":\"evt_1\",\"object\":\"event\",\"created\":1790000000,\"type\":" \
	"\"checkout.session.completed\",\"livemode\":false,\"data\":{\"object\":{\"id\":\"cs_1\"," \
	"\"mode\":\"payment\",\"payment_status\":\"paid\",\"payment_intent\":\"pi_1\"," \
	"\"client_reference_id\":\"user_1\",\"metadata\":{\"credits\":\"100\"}}}}"
#define CODE	"{\"type\":\"sms.created\",\"data\":{\"user_id\":\"user_1\",\"message\":\"424242 is it\"," \
	"\"data\":{\"otp_code\":\"424242\"}}}"

static enum hk_err
look(enum role role, int64_t id, const char *query)
{
	static char	path[40];

	snprintf(path, sizeof(path), "/events/%lld", (long long)id);
	bed_visit(role, query, NULL);
	bed_route("/events/:id", path);
	return bed_run(page_event);
}

static enum hk_err
act(visit_fn *fn, int64_t id, const char *form)
{
	static char	path[40];

	snprintf(path, sizeof(path), "/events/%lld", (long long)id);
	bed_visit(ROLE_OPERATOR, NULL, form);
	bed_route("/events/:id", path);
	return bed_run(fn);
}

static int64_t
stripe_payment(void)
{
	return bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "checkout.session.completed",
	    .lane = "cus_a", .livemode = -1, .body = PAYMENT, .secret = "old",
	    .signature = "t=1789996390,v1=aa,v0=bb",
	    .headers = "{\"stripe-signature\":\"t=1789996390,v1=aa,v0=bb\",\"user-agent\":\"Stripe/1.0\"}" });
}

static int64_t
clerk_user(void)
{
	return bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_1", .type = "user.created",
	    .lane = "user_1", .body = USER, .signature = "v1,x",
	    .headers = "{\"svix-id\":\"msg_1\",\"svix-timestamp\":\"1789996401\",\"svix-signature\":\"v1,x\"}" });
}

static void
it_tells_what_became_of_it(void **state)
{
	int64_t	id = stripe_payment();

	(void)state;
	bed_work();
	assert_int_equal(look(ROLE_VIEWER, id, NULL), HK_OK);
	assert_string_equal(bed_text("event.state"), "waiting");
	assert_string_equal(bed_text("waits.id"), "user_1");
	assert_string_equal(bed_text("waits.kind"), "user");
	assert_true(json_true(bed.doc, "can.resolve"));
	assert_true(bed_says("\"state\":\"waiting\",\"title\":\"Attempt 1: waits\""));
	assert_true(bed_says("Received, verified and stored"));
	clerk_user();
	bed_work();
	assert_int_equal(look(ROLE_VIEWER, id, NULL), HK_OK);
	assert_string_equal(bed_text("event.state"), "completed");
	assert_true(bed_says("Attempt 2: handled"));
	assert_true(bed_says("\"kind\":\"purchase\",\"amount\":100"));
	/* what it changed, of the attempt that did it alone */
	assert_int_equal(json_len(json_get(bed.doc, "changed")), 1);
	assert_true(bed_says("{\"name\":\"balance\",\"before\":\"40\",\"after\":\"140\"}"));
	assert_false(json_true(bed.doc, "can.resolve"));
	assert_true(json_true(bed.doc, "can.again"));
	assert_int_equal(look(ROLE_VIEWER, 77, NULL), HK_NOTFOUND);
	bed_visit(ROLE_VIEWER, NULL, NULL);
	bed_route("/events/:id", "/events/evt_1");
	assert_int_equal(bed_run(page_event), HK_NOTFOUND);
}

static void
it_tells_how_it_came(void **state)
{
	int64_t	id = stripe_payment(), clerk = clerk_user(), own, age;

	(void)state;
	assert_int_equal(look(ROLE_VIEWER, id, NULL), HK_OK);
	assert_string_equal(bed_text("signature.field"), "stripe-signature");
	assert_string_equal(bed_text("signature.secret_label"), "old");
	assert_true(json_int(bed.doc, "signature.age_us", &age));
	assert_int_equal(age, 10 * US_PER_S);
	assert_string_equal(bed_text("dashboard.href"), "https://dashboard.stripe.com/test/events/evt_1");
	assert_string_equal(bed_text("command"),
	    "hookkeeper send --event 1 --url http://127.0.0.1:8080/webhooks/stripe");
	assert_true(bed_says("{\"name\":\"user-agent\",\"value\":\"Stripe/1.0\"}"));
	assert_int_equal(look(ROLE_VIEWER, clerk, NULL), HK_OK);
	assert_string_equal(bed_text("signature.field"), "svix-signature");
	assert_true(json_int(bed.doc, "signature.age_us", &age));
	assert_int_equal(age, US_PER_S);
	assert_true(json_true(bed.doc, "signature.ahead"));
	own = bed_put(&(struct bed_event){ .provider = "custom:shop", .event_id = "x", .skipped = "x" });
	assert_int_equal(look(ROLE_VIEWER, own, NULL), HK_OK);
	assert_null(json_get(bed.doc, "dashboard"));
	assert_null(json_get(bed.doc, "signature.scheme"));	/* its section is gone */
	assert_true(bed_says("webhooks/custom/shop\""));
	/* an id that is no Stripe id makes no address */
	own = bed_put(&(struct bed_event){ .event_id = "../evil", .skipped = "x" });
	assert_int_equal(look(ROLE_VIEWER, own, NULL), HK_OK);
	assert_null(json_get(bed.doc, "dashboard"));
}

/* ---- the payload ---------------------------------------------------------------------- */

static const struct {
	const char	*what, *body, *tree;
} trees[] = {
	{ "members of what is on top", "{\"a\":1,\"b\":\"x\\ny\"}",
	    "[{\"key\":\"a\",\"kind\":\"number\",\"children\":[],\"text\":\"1\",\"count\":0,\"folds\":false,\"open\":false},"
	    "{\"key\":\"b\",\"kind\":\"string\",\"children\":[],\"text\":\"x\\ny\",\"count\":0,\"folds\":false,\"open\":false}]" },
	{ "nested", "{\"a\":[true,null]}",
	    "[{\"key\":\"a\",\"kind\":\"array\",\"children\":["
	    "{\"key\":null,\"kind\":\"boolean\",\"children\":[],\"text\":\"true\",\"count\":0,\"folds\":false,\"open\":false},"
	    "{\"key\":null,\"kind\":\"null\",\"children\":[],\"text\":\"null\",\"count\":0,\"folds\":false,\"open\":false}],"
	    "\"text\":null,\"count\":2,\"folds\":true,\"open\":true}]" },
	{ "empty ones", "{\"a\":{},\"b\":[]}",
	    "[{\"key\":\"a\",\"kind\":\"object\",\"children\":[],\"text\":\"{}\",\"count\":0,\"folds\":false,\"open\":true},"
	    "{\"key\":\"b\",\"kind\":\"array\",\"children\":[],\"text\":\"[]\",\"count\":0,\"folds\":false,\"open\":true}]" },
	{ "one value", "7",
	    "[{\"key\":null,\"kind\":\"number\",\"children\":[],\"text\":\"7\",\"count\":0,\"folds\":false,\"open\":false}]" },
	{ "a number as it was written", "[1.50e3]",
	    "[{\"key\":null,\"kind\":\"number\",\"children\":[],\"text\":\"1.50e3\",\"count\":0,\"folds\":false,\"open\":false}]" },
	{ "a NUL in a text", "[\"a\\u0000b\"]",
	    "[{\"key\":null,\"kind\":\"string\",\"children\":[],\"text\":\"a\\u0000b\",\"count\":0,\"folds\":false,\"open\":false}]" },
	{ "no JSON", "a=b&c=d", "[]" },
	{ "nothing", "", "[]" },
};

static struct span
tree_of(struct span body, struct buf *b)
{
	struct jw	 w;
	struct span	 s;
	const char	*from, *to;

	buf_clear(b);
	jw_init(&w, b);
	jw_open(&w, NULL, '{');
	assert_int_equal(payload_tree(&w, body, bed.arena), HK_OK);
	jw_close(&w, '}');
	json_free(bed.doc);
	bed.doc = NULL;
	if (json_parse(buf_span(b), &bed.doc) != HK_OK)
		fail_msg("%s", err_last());
	from = strstr(b->p, "\"tree\":") + 7;
	to = strstr(from, ",\"tree_cut\"");
	s = span_of(from, (size_t)(to - from));
	return s;
}

static void
the_payload_is_a_tree(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 64 << 20);
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		struct span	got = tree_of(span_str(trees[i].body), &b);

		if (!span_is(got, trees[i].tree))
			fail_msg("%s: %.*s", trees[i].what, SPAN_ARG(got));
	}
	buf_release(&b);
}

/* 10 MB, ninety thousand nodes, a hundred levels: the page stays one. */
static void
what_is_huge_is_cut(void **state)
{
	struct buf	body, b;
	char		deep[2 * SCAN_DEPTH];

	(void)state;
	buf_init(&body, 16 << 20);
	buf_init(&b, 64 << 20);
	buf_puts(&body, "{\"data\":[");
	for (int i = 0; i < 90000; i++)
		buf_puts(&body, i > 0 ? ",{\"x\":1}" : "{\"x\":1}");
	buf_puts(&body, "]}");
	tree_of(buf_span(&body), &b);
	assert_true(json_true(bed.doc, "tree_cut"));
	assert_true(b.len < 1 << 20);
	/* one text of 10 MB */
	buf_clear(&body);
	buf_puts(&body, "[\"");
	for (int i = 0; i < 10 << 20; i += 4)
		buf_puts(&body, "\xF0\x9F\x98\x80");
	buf_puts(&body, "\",1]");
	tree_of(buf_span(&body), &b);
	assert_true(b.len < 10000);
	assert_null(strstr(b.p, "\xEF\xBF\xBD"));
	assert_true(json_true(bed.doc, "tree_cut"));
	/* and deeper than a template can follow */
	memset(deep, '[', SCAN_DEPTH);
	memset(deep + SCAN_DEPTH, ']', SCAN_DEPTH);
	tree_of(span_of(deep, sizeof(deep)), &b);
	assert_false(json_true(bed.doc, "tree_cut"));
	assert_true(b.len < 10000);
	buf_release(&body);
	buf_release(&b);
}

static void
the_raw_text_is_there(void **state)
{
	int64_t	id = bed_put(&(struct bed_event){ .event_id = "evt_1", .skipped = "x", .body = "{ \"a\" : 1 }" });

	(void)state;
	assert_int_equal(look(ROLE_VIEWER, id, "show=raw"), HK_OK);
	assert_string_equal(bed_text("raw"), "{ \"a\" : 1 }");
	assert_int_equal(json_len(json_get(bed.doc, "tree")), 0);
}

static void
codes_are_for_operators(void **state)
{
	int64_t	id = bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_9",
		    .type = "sms.created", .skipped = "x", .body = CODE });

	(void)state;
	for (int raw = 0; raw < 2; raw++) {
		assert_int_equal(look(ROLE_VIEWER, id, raw ? "show=raw" : NULL), HK_OK);
		assert_false(bed_says("424242"));
		assert_true(bed_says("masked: needs the operator role"));
		assert_true(json_true(bed.doc, "masked"));
		assert_int_equal(look(ROLE_OPERATOR, id, raw ? "show=raw" : NULL), HK_OK);
		assert_true(bed_says("424242"));
		assert_false(json_true(bed.doc, "masked"));
	}
}

static void
a_pruned_one_is_still_a_page(void **state)
{
	int64_t	id = stripe_payment();

	(void)state;
	bed_sql("DELETE FROM event_body; UPDATE event SET event_type = NULL, lane = NULL");
	assert_int_equal(look(ROLE_VIEWER, id, NULL), HK_OK);
	assert_true(json_true(bed.doc, "pruned"));
	assert_int_equal(json_len(json_get(bed.doc, "tree")), 0);
}

static void
its_lane_is_beside_it(void **state)
{
	int64_t	other, first;
	char	id[24];

	(void)state;
	for (int i = 1; i <= 20; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		bed_put(&(struct bed_event){ .event_id = id, .type = "x", .skipped = "x",
		    .lane = i % 2 ? "cus_a" : "cus_b" });
	}
	assert_int_equal(look(ROLE_VIEWER, 13, NULL), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 8);	/* 3 newer, 5 older */
	assert_true(json_int(json_at(json_get(bed.doc, "rows"), 0), "id", &first));
	assert_int_equal(first, 19);
	assert_true(json_int(json_at(json_get(bed.doc, "rows"), 3), "id", &other));
	assert_int_equal(other, 11);
}

/* ---- actions ---------------------------------------------------------------------------- */

static void
a_dry_run_is_a_page(void **state)
{
	int64_t	id = clerk_user();

	(void)state;
	assert_int_equal(act(act_event_dry_run, id, ""), HK_OK);
	assert_string_equal(bed_text("state"), "completed");
	assert_true(json_true(bed.doc, "keeps"));
	assert_true(bed_says("{\"table\":\"site_user\",\"op\":\"insert\""));
	assert_true(bed_says("{\"name\":\"clerk_id\",\"before\":null,\"after\":\"user_1\"}"));
	assert_int_equal(bed_ask("SELECT count(*) FROM site_user"), 0);
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE status = 'pending'"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'event.dry-run'"
	    " AND subject = 'event:1'"), 1);
	assert_int_equal(act(act_event_dry_run, 77, ""), HK_NOTFOUND);
	id = stripe_payment();
	assert_int_equal(act(act_event_dry_run, id, ""), HK_OK);
	assert_string_equal(bed_text("state"), "waiting");
	assert_string_equal(bed_text("waits_for"), "user:user_1");
}

static void
retried_and_resolved(void **state)
{
	int64_t	id = stripe_payment();

	(void)state;
	bed_sql("UPDATE event SET status = 'failed', attempts = 8, error_message = 'x'");
	assert_int_equal(act(act_event_retry, id, ""), HK_OK);
	assert_string_equal(bed.v.then, "/events/1");
	assert_string_equal(bed.v.said, "retried");
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE status = 'pending' AND attempts = 0"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'event.retry'"
	    " AND subject = 'event:1' AND before = '{\"failed\":\"1\"}'"), 1);
	assert_int_equal(act(act_event_resolve, id, "note=+"), HK_SYNTAX);
	assert_int_equal(act(act_event_resolve, id, "note=paid+by+hand"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE outcome = 'resolved'"
	    " AND reason = 'paid by hand'"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'event.resolve'"
	    " AND before LIKE '%pending%' AND after LIKE '%paid by hand%'"), 1);
	assert_int_equal(act(act_event_resolve, id, "note=again"), HK_EXISTS);
	/* what is refused leaves no line that says it was done */
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 2);
	bed_sql("UPDATE event SET status = 'processing', outcome = NULL, lease_until = 9e18, lease_by = 'w'");
	assert_int_equal(act(act_event_retry, id, ""), HK_BUSY);
	assert_int_equal(act(act_event_retry, 77, ""), HK_NOTFOUND);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(it_tells_what_became_of_it),
		T(it_tells_how_it_came),
		T(the_payload_is_a_tree),
		T(what_is_huge_is_cut),
		T(the_raw_text_is_there),
		T(codes_are_for_operators),
		T(a_pruned_one_is_still_a_page),
		T(its_lane_is_beside_it),
		T(a_dry_run_is_a_page),
		T(retried_and_resolved),
	};

	return cmocka_run_group_tests_name("admin/page_event", tests, NULL, NULL);
}
