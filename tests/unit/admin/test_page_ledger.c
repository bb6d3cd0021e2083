/* The ledger: pages, filters, sums, files. */
#include "people.h"

#include "admin/ledger_scan.h"

#define HOUR	INT64_C(3600000000)

/* In place of a connection: what would be sent. */
static struct {
	struct buf	body;
	int		status;
	enum hk_err	end;
	bool		in_snapshot;
} sent;

void
http_stream_begin(struct http_exchange *x, int status, const char *type, const char *extra)
{
	(void)x;
	(void)type;
	(void)extra;
	sent.status = status;
}

enum hk_err
http_stream_write(struct http_exchange *x, struct span s)
{
	(void)x;
	buf_putspan(&sent.body, s);
	sent.in_snapshot = sent.in_snapshot || db_in_transaction(bed.db);
	return HK_OK;
}

void
http_stream_end(struct http_exchange *x, enum hk_err why)
{
	(void)x;
	sent.end = why;
}

void
http_reply(struct http_exchange *x, const struct http_reply *r)
{
	(void)x;
	sent.status = r->status;
}

void
visit_fail(struct visit *v, struct http_exchange *x, enum hk_err e)
{
	(void)v;
	(void)x;
	sent.status = err_status(e);
}

static void
fetch(download_fn *fn, const char *query)
{
	struct http_exchange	x = { .user = NULL };

	buf_release(&sent.body);
	memset(&sent, 0, sizeof(sent));
	buf_init(&sent.body, 64 << 20);
	bed_visit(ROLE_VIEWER, query, NULL);
	assert_int_equal(db_begin(bed.db), HK_OK);
	fn(&bed.v, &x);
	db_rollback(bed.db);
}

static int
teardown(void **state)
{
	buf_release(&sent.body);
	return bed_teardown(state);
}

static size_t
sent_lines(void)
{
	size_t	n = 0;

	for (size_t i = 0; i < sent.body.len; i++)
		n += sent.body.p[i] == '\n';
	return n;
}

static bool
sent_says(const char *text)
{
	return sent.body.p != NULL && memmem(sent.body.p, sent.body.len, text, strlen(text)) != NULL;
}

static size_t
rows(void)
{
	return json_len(json_get(bed.doc, "rows"));
}

static int64_t
row(size_t i, const char *name)
{
	int64_t	n = -1;

	json_int(json_at(json_get(bed.doc, "rows"), i), name, &n);
	return n;
}

static void
two_users(void)
{
	const char	*ann, *bob;
	int64_t		 event;

	ann = people_put("user_ann", "ann@example.com", "Ann", "Lee", BED_NOW - 10 * HOUR);
	bob = people_put("user_bob", "bob@example.com", NULL, NULL, BED_NOW - 10 * HOUR);
	event = bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "t" });
	people_move(ann, T_SIGNUP_BONUS, "clerk:user_ann:signup_bonus", 40, NULL, 0, BED_NOW - 5 * HOUR);
	people_move(bob, T_SIGNUP_BONUS, "clerk:user_bob:signup_bonus", 40, NULL, 0, BED_NOW - 4 * HOUR);
	people_move(ann, T_PURCHASE, "stripe:pi_1", 500, "=cmd()", event, BED_NOW - 3 * HOUR);
	people_move(ann, T_REFUND, "stripe:ch_1:refunded:200", -100, "200 of it", event, BED_NOW - 2 * HOUR);
	people_move(bob, T_BURN, "api:burn:1", -15, "a picture", 0, BED_NOW - HOUR / 2);
}

static const struct {
	const char	*what, *query;
	size_t		 n;
	int64_t		 first;		/* id of the first; 0: none */
} filters[] = {
	{ "nothing",			"",			5,	5 },
	{ "a kind",			"kind=signup_bonus",	2,	2 },
	{ "a kind that was never",	"kind=dispute",		0,	0 },
	{ "a user by Clerk's id",	"user=user_ann",	3,	4 },
	{ "a user by address",		"user=bob%40example.com", 2,	5 },
	{ "a user and a kind",		"user=user_ann&kind=refund", 1,	4 },
	{ "an event",			"event=1",		2,	4 },
	{ "an event as it is shown",	"event=%231",		2,	4 },
	{ "an event that moved none",	"event=99",		0,	0 },
	{ "a key",			"key=stripe:pi_1",	1,	3 },
	{ "the beginning of a key",	"key=stripe:*",		2,	4 },
	{ "a key and a user",		"key=clerk:*&user=user_bob", 1,	2 },
	{ "a sign of SQL",		"key=%25*",		0,	0 },
	{ "since",			"since=150m",		2,	5 },
	{ "until",			"until=210m",		2,	2 },
	{ "a user without account",	"user=org_1",		0,	0 },
};

static void
filters_find(void **state)
{
	(void)state;
	two_users();
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, filters[i].query), HK_OK);
		if (rows() != filters[i].n || (rows() > 0 && row(0, "id") != filters[i].first))
			fail_msg("%s: %zu, %lld", filters[i].what, rows(), (long long)row(0, "id"));
	}
}

static void
a_line_says_from_whom_to_whom(void **state)
{
	(void)state;
	two_users();
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, NULL), HK_OK);
	assert_int_equal(row(0, "balance"), 25);
	assert_int_equal(row(1, "balance"), 440);
	assert_int_equal(row(1, "event"), 1);
	assert_true(bed_says("\"title\":\"bob@example.com\",\"user\":true}"));
	assert_true(bed_says("\"from\":{\"kind\":\"system\",\"id\":\"purchase\""));
	/* what of each kind moved in all */
	assert_true(bed_says("{\"kind\":\"burn\",\"net\":-15}"));
	assert_true(bed_says("{\"kind\":\"signup_bonus\",\"net\":80}"));
	assert_null(json_get(bed.doc, "total"));
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "user=user_ann"), HK_OK);
	assert_true(bed_says("\"total\":{\"rows\":3,\"given\":540,\"taken\":100,\"net\":440}"));
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "kind=burn"), HK_OK);
	assert_true(bed_says("\"sums\":[{\"kind\":\"burn\",\"net\":-15}]"));
}

static const struct {
	const char	*what, *query, *field;
} wrong[] = {
	{ "no kind",			"kind=gift",		"kind" },
	{ "nobody",			"user=user_nobody",	"user" },
	{ "no number",			"event=evt_1",		"event" },
	{ "no time",			"since=yesterday",	"since" },
	{ "ends before it begins",	"since=1h&until=2h",	"until" },
	{ "no UTF-8",			"key=%FF",		"key" },
	{ "a NUL",			"user=a%00b",		"user" },
};

static void
what_makes_no_sense_is_said_and_kept(void **state)
{
	(void)state;
	two_users();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, wrong[i].query), HK_OK);
		if (bed.v.status != 400 || strcmp(bed_text("wrong.name"), wrong[i].field) != 0 ||
		    *bed_text("wrong.text") == '\0' || rows() != 0)
			fail_msg("%s: %d, %s", wrong[i].what, bed.v.status, bed_text("wrong.name"));
		fetch(download_ledger_csv, wrong[i].query);
		assert_int_equal(sent.status, 400);
	}
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "kind=gift&key=stripe:*"), HK_OK);
	assert_string_equal(bed_text("filter.key"), "stripe:*");
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "before=x"), HK_SYNTAX);
}

/* Many, without the verbs: 60,000 of one user, of which a few are of another kind. */
static void
many(void)
{
	people_put("user_ann", "ann@example.com", "Ann", "Lee", BED_NOW - 10 * HOUR);
	bed_sql("INSERT INTO account (id, owner_kind, owner, created_at) SELECT 1, 'user', id, 1 FROM site_user;"
	    "INSERT INTO account (id, owner_kind, owner, created_at) VALUES (2, 'system', 'burn', 1),"
	    " (3, 'system', 'purchase', 1);"
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
	    " INSERT INTO transfer (id, kind, business_key, debit, credit, amount, created_at)"
	    " SELECT i, CASE i % 20000 WHEN 5 THEN 'purchase' ELSE 'burn' END, 'k:' || i,"
	    " CASE i % 20000 WHEN 5 THEN 3 ELSE 1 END, CASE i % 20000 WHEN 5 THEN 1 ELSE 2 END, 1, i * 1000000"
	    " FROM n");
}

static void
pages_follow_one_another(void **state)
{
	(void)state;
	many();
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, NULL), HK_OK);
	assert_int_equal(rows(), 50);
	assert_int_equal(row(0, "id"), 60000);
	assert_string_equal(bed_text("next"), "before=59951");
	assert_null(json_get(bed.doc, "previous"));
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "user=user_ann&before=59951"), HK_OK);
	assert_int_equal(row(0, "id"), 59950);
	assert_string_equal(bed_text("previous"), "user=user_ann&after=59950");
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "user=user_ann&after=59850"), HK_OK);
	assert_int_equal(row(0, "id"), 59900);
	assert_int_equal(row(49, "id"), 59851);
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "after=59990"), HK_OK);
	assert_int_equal(row(0, "id"), 60000);
	assert_null(json_get(bed.doc, "previous"));
	/* a kind has an index of its own; a user's are looked through, and it says how far */
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "kind=purchase"), HK_OK);
	assert_int_equal(rows(), 3);
	assert_null(json_get(bed.doc, "searched"));
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "kind=purchase&user=user_ann"), HK_OK);
	assert_int_equal(rows(), 1);
	assert_true(bed_says("\"searched\":{\"to\":40001}"));
	assert_string_equal(bed_text("next"), "kind=purchase&user=user_ann&before=40001");
	assert_null(json_get(bed.doc, "total"));
	/* times are found without looking at all that is newer */
	assert_int_equal(bed_get(page_ledger, ROLE_VIEWER, "until=1970-01-01T00:00:10Z"), HK_OK);
	assert_int_equal(rows(), 9);
}

static void
files_hold_all_of_it(void **state)
{
	(void)state;
	two_users();
	fetch(download_ledger_csv, NULL);
	assert_int_equal(sent.status, 200);
	assert_int_equal(sent_lines(), 6);
	assert_true(sent_says("id,created_at,kind,amount,from_kind,from,to_kind,to,balance_after,business_key,event,note\r\n"));
	assert_true(sent_says("\"purchase\",500,\"system\",\"purchase\",\"user\","));
	assert_true(sent_says(",540,\"stripe:pi_1\",1,\"'=cmd()\"\r\n"));
	fetch(download_ledger_ndjson, "user=user_bob");
	assert_int_equal(sent_lines(), 2);
	assert_true(sent_says("\"note\":\"a picture\"}\n"));
}

static void
large_files_hold_up_nobody(void **state)
{
	(void)state;
	many();
	fetch(download_ledger_ndjson, "user=user_ann&kind=purchase");
	assert_int_equal(sent_lines(), 3);
	assert_int_equal(sent.end, HK_OK);
	fetch(download_ledger_csv, "until=1970-01-01T02:46:40Z");
	assert_int_equal(sent_lines(), 10000);
	assert_false(sent.in_snapshot);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(filters_find),
		T(a_line_says_from_whom_to_whom),
		T(what_makes_no_sense_is_said_and_kept),
		T(pages_follow_one_another),
		T(files_hold_all_of_it),
		T(large_files_hold_up_nobody),
	};

	return cmocka_run_group_tests_name("admin/page_ledger", tests, NULL, NULL);
}
