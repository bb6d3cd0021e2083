/* Lists and bodies as files. */
#include "bed.h"

/* In place of a connection: what would be sent. */
static struct {
	struct buf	body;
	char		type[80], extra[400];
	enum hk_err	end;
	int		status, begun, ended;
	bool		in_snapshot;	/* at a write: the log would be held */
} sent;

void
http_stream_begin(struct http_exchange *x, int status, const char *type, const char *extra)
{
	(void)x;
	sent.begun++;
	sent.status = status;
	snprintf(sent.type, sizeof(sent.type), "%s", type);
	snprintf(sent.extra, sizeof(sent.extra), "%s", extra);
}

enum hk_err
http_stream_write(struct http_exchange *x, struct span s)
{
	(void)x;
	buf_putspan(&sent.body, s);
	if (db_in_transaction(bed.db))
		sent.in_snapshot = true;
	return HK_OK;
}

void
http_stream_end(struct http_exchange *x, enum hk_err why)
{
	(void)x;
	sent.ended++;
	sent.end = why;
}

void
http_reply(struct http_exchange *x, const struct http_reply *r)
{
	http_stream_begin(x, r->status, r->type, r->extra);
	if (http_stream_write(x, r->body) == HK_OK)
		http_stream_end(x, HK_OK);
}

void
visit_fail(struct visit *v, struct http_exchange *x, enum hk_err e)
{
	(void)v;
	http_stream_begin(x, err_status(e), "text/html", "");
	http_stream_end(x, e);
}

static void
fetch(download_fn *fn, enum role role, const char *query, const char *path)
{
	struct http_exchange	x = { .user = NULL };

	buf_release(&sent.body);
	memset(&sent, 0, sizeof(sent));
	buf_init(&sent.body, 64 << 20);
	bed_visit(role, query, NULL);
	if (path != NULL)
		bed_route("/events/:id/body", path);
	assert_int_equal(db_begin(bed.db), HK_OK);
	fn(&bed.v, &x);
	db_rollback(bed.db);
	assert_int_equal(sent.begun, 1);
	assert_int_equal(sent.ended, 1);
}

static bool
sent_says(const char *text)
{
	return sent.body.p != NULL &&
	    memmem(sent.body.p, sent.body.len, text, strlen(text)) != NULL;
}

static size_t
lines(void)
{
	size_t	n = 0;

	for (size_t i = 0; i < sent.body.len; i++)
		n += sent.body.p[i] == '\n';
	return n;
}

static int
teardown(void **state)
{
	buf_release(&sent.body);
	return bed_teardown(state);
}

#define CODE	"{\"type\":\"sms.created\",\n\"data\":{\"user_id\":\"user_1\",\"message\":\"424242\"}}"

static void
a_table_for_spreadsheets(void **state)
{
	(void)state;
	bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "=HYPERLINK(\"http://x\")",
	    .lane = "+1", .livemode = -1, .at = INT64_C(1790000000000001), .skipped = "-a, \"b\"" });
	bed_put(&(struct bed_event){ .event_id = "@evt", .type = "plain", .lane = "1-2" });
	bed_put(&(struct bed_event){ .event_id = "evt_3", .type = "\n=1+1" });
	fetch(download_events_csv, ROLE_VIEWER, NULL, NULL);
	assert_string_equal(sent.type, "text/csv; charset=utf-8");
	assert_non_null(strstr(sent.extra, "attachment; filename=\"events.csv\""));
	assert_non_null(strstr(sent.extra, "nosniff"));
	assert_true(sent_says("id,provider,event_type,event_id,status,"));
	assert_true(sent_says("\r\n1,\"stripe\",\"'=HYPERLINK(\"\"http://x\"\")\",\"evt_1\",\"completed\","
	    "\"skipped\",\"'-a, \"\"b\"\"\",\"'+1\",0,,0,,2026-09-21T14:13:20.000001Z,"));
	assert_true(sent_says("\"plain\",\"'@evt\""));
	assert_true(sent_says("\"1-2\""));
	assert_true(sent_says("\"'\n=1+1\""));
	assert_int_equal(lines(), 5);
	assert_int_equal(sent.end, HK_OK);
}

static void
a_line_an_event(void **state)
{
	(void)state;
	bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "x", .body = "{\"a\":\n 1.0}" });
	bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_2", .type = "sms.created",
	    .body = CODE });
	bed_put(&(struct bed_event){ .provider = "custom:x", .event_id = "3", .body = "a=b\nc" });
	bed_put(&(struct bed_event){ .event_id = "evt_4", .type = "x" });
	bed_sql("DELETE FROM event_body WHERE event = 4");
	fetch(download_events_ndjson, ROLE_VIEWER, NULL, NULL);
	assert_int_equal(lines(), 4);
	assert_false(sent_says("\"body\""));
	fetch(download_events_ndjson, ROLE_VIEWER, "with=body", NULL);
	assert_int_equal(lines(), 4);
	assert_true(sent_says("\"body\":{\"a\":1.0}}\n"));
	assert_true(sent_says("\"body\":\"a=b\\nc\"}\n"));
	assert_true(sent_says("\"body\":null}\n"));
	assert_false(sent_says("424242"));
	for (const char *p = sent.body.p, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		struct json	*root = NULL;

		assert_int_equal(json_parse(span_of(p, (size_t)(end - p)), &root), HK_OK);
		json_free(root);
	}
	fetch(download_events_ndjson, ROLE_OPERATOR, "with=body&provider=clerk", NULL);
	assert_int_equal(lines(), 1);
	assert_true(sent_says("424242"));
}

/* All of it, whatever a page holds, and without holding up the log. */
static void
the_whole_filter(void **state)
{
	(void)state;
	bed_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000)"
	    " INSERT INTO event (id, provider, event_id, status, verified, created_at)"
	    " SELECT i, CASE i % 10000 WHEN 0 THEN 'clerk' ELSE 'stripe' END, 'evt_' || i,"
	    " 'failed', 1, 1 FROM n");
	fetch(download_events_csv, ROLE_VIEWER, "provider=clerk", NULL);
	assert_int_equal(lines(), 1 + 4);
	assert_false(sent.in_snapshot);
	fetch(download_events_csv, ROLE_VIEWER, "status=failed&since=1970-01-01", NULL);
	assert_int_equal(lines(), 1 + 45000);
	fetch(download_events_csv, ROLE_VIEWER, "status=lost", NULL);
	assert_int_equal(sent.status, 400);
}

/* However large its lines are: who reads slowly must not hold up the log. */
static void
nothing_is_sent_inside_a_snapshot(void **state)
{
	static char	body[40001];

	(void)state;
	snprintf(body, sizeof(body), "\"%039998d\"", 0);
	for (int i = 0; i < 10; i++) {
		char	id[16];

		snprintf(id, sizeof(id), "evt_%d", i);
		bed_put(&(struct bed_event){ .event_id = id, .type = "x", .body = body });
	}
	fetch(download_events_ndjson, ROLE_VIEWER, "with=body", NULL);
	assert_int_equal(lines(), 10);
	assert_int_equal(sent.end, HK_OK);
	assert_false(sent.in_snapshot);
	fetch(download_event_body, ROLE_VIEWER, NULL, "/events/1/body");
	assert_int_equal(sent.body.len, sizeof(body) - 1);
	assert_false(sent.in_snapshot);
}

static void
a_body_byte_for_byte(void **state)
{
	(void)state;
	bed_put(&(struct bed_event){ .provider = "custom:x", .event_id = "1", .body = "<script>\xFF" });
	bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_2", .type = "sms.created",
	    .body = CODE });
	fetch(download_event_body, ROLE_VIEWER, NULL, "/events/1/body");
	assert_true(span_is(buf_span(&sent.body), "<script>\xFF"));
	assert_string_equal(sent.type, "application/octet-stream");
	assert_non_null(strstr(sent.extra, "attachment; filename=\"event-1.json\""));
	assert_non_null(strstr(sent.extra, "X-Content-Type-Options: nosniff"));
	fetch(download_event_body, ROLE_VIEWER, NULL, "/events/2/body");
	assert_false(sent_says("424242"));
	fetch(download_event_body, ROLE_OPERATOR, NULL, "/events/2/body");
	assert_true(span_is(buf_span(&sent.body), CODE));
	fetch(download_event_body, ROLE_VIEWER, NULL, "/events/9/body");
	assert_int_equal(sent.status, 404);
	fetch(download_event_body, ROLE_VIEWER, NULL, "/events/x/body");
	assert_int_equal(sent.status, 404);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(a_table_for_spreadsheets),
		T(a_line_an_event),
		T(the_whole_filter),
		T(nothing_is_sent_inside_a_snapshot),
		T(a_body_byte_for_byte),
	};

	return cmocka_run_group_tests_name("admin/event_download", tests, NULL, NULL);
}
