/*
 * From a request to its answer, without a web server: the replies are caught
 * here, and writes are done at once, as in plain CGI.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "api/frame.h"
#include "base/embed.h"
#include "store/private.h"

#include "../folder.h"

static char		 folder[80];
static struct api	 api;
static char		 token[TOKEN_TEXT];
static int64_t		 token_id;

static struct {
	int		 status, replies;
	char		 type[80], lines[1024], body[1 << 18];
	struct json	*doc;
} got;

/* ---- in place of the web server --------------------------------------------- */

void
http_reply(struct http_exchange *x, const struct http_reply *r)
{
	got.status = r->status;
	got.replies++;
	snprintf(got.type, sizeof(got.type), "%s", r->type != NULL ? r->type : "application/json");
	snprintf(got.lines, sizeof(got.lines), "%s", r->extra != NULL ? r->extra : "");
	snprintf(got.body, sizeof(got.body), "%.*s", SPAN_ARG(r->body));
	arena_reset(x->arena);
}

void
http_error(struct http_exchange *x, enum hk_err e, const char *text)
{
	(void)x;
	fail_msg("http_error: %s %s", err_name(e), text);
}

void
http_leave(struct http_exchange *x)
{
	(void)x;
}

static enum hk_err
start_writer(void)
{
	const struct writer_opts	o = { .path = api.conf->db, .busy_timeout_ms = 1000, .most = 10 };

	return writer_start(&api.writer, &o, false);
}

enum hk_err
api_writer(struct api *a)
{
	return a->writer != NULL ? HK_OK : start_writer();
}

/* ---- a home ------------------------------------------------------------------- */

static void
settings(const char *text)
{
	char		 db[120], mode[] = "HOOKKEEPER_MODE=test";
	const char	*env[] = { db, mode, NULL };

	snprintf(db, sizeof(db), "HOOKKEEPER_DB=%s/h.db", folder);
	conf_free(api.conf);
	assert_int_equal(conf_parse(&api.conf, "t.conf", span_str(text), true, env, true), HK_OK);
}

static void
make_token(const char *scopes)
{
	const struct token	t = { .name = SPAN("shop"), .scopes = span_str(scopes) };
	struct db		*db;

	assert_int_equal(db_open(&db, api.conf->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(token_make(db, &t, 1, &token_id, token), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
}

static void
revoke_it(void)
{
	struct db	*db;

	assert_int_equal(db_open(&db, api.conf->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(token_revoke(db, token_id, 2), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
}

static int64_t
count(const char *sql)
{
	struct db	*db;
	int64_t		 n = -1;

	assert_int_equal(db_open(&db, api.conf->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_ask(db, sql, &n), HK_OK);
	db_close(db);
	return n;
}

static int
setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), P_tmpdir "/hk-api-XXXXXX");
	assert_non_null(mkdtemp(folder));
	settings("[api]\norigins = https://app.example https://www.example\n");
	assert_int_equal(sessions_open(&api.sessions, api.conf), HK_OK);
	assert_int_equal(seats_open(&api.seats, api.conf->db, 1000, false), HK_OK);
	assert_int_equal(limit_open(&api.limit, folder), HK_OK);
	seen_init(&api.seen);
	make_token("*");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	json_free(got.doc);
	got.doc = NULL;
	writer_stop(api.writer);
	seats_close(api.seats);
	sessions_close(api.sessions);
	limit_close(api.limit);
	seen_release(&api.seen);
	assert_int_equal(folder_remove(folder), 0);
	conf_free(api.conf);
	memset(&api, 0, sizeof(api));
	return 0;
}

/* ---- a request ------------------------------------------------------------------ */

struct ask {
	const char	*token;		/* NULL: the token of the home; "": none */
	const char	*key, *type, *origin, *own, *addr;
};

static void
ask(const char *method, const char *uri, const char *body, const struct ask *a)
{
	static const struct ask	plain = { .token = NULL };
	char			bearer[200];
	struct field		f[8];
	struct span		rest = span_str(uri), path = span_cut(&rest, '?');
	struct http_exchange	x = { .arena = arena_new(16 << 20) };
	size_t			n = 0;

	a = a != NULL ? a : &plain;
	assert_non_null(x.arena);
	snprintf(bearer, sizeof(bearer), "Bearer %s", a->token != NULL ? a->token : token);
	if (a->token == NULL || *a->token != '\0')
		f[n++] = (struct field){ SPAN("authorization"), span_str(bearer) };
	f[n++] = (struct field){ SPAN("content-type"), span_str(a->type != NULL ? a->type :
	    "application/json; charset=utf-8") };
	if (a->key != NULL)
		f[n++] = (struct field){ SPAN("idempotency-key"), span_str(a->key) };
	if (a->origin != NULL)
		f[n++] = (struct field){ SPAN("origin"), span_str(a->origin) };
	if (a->own != NULL)
		f[n++] = (struct field){ SPAN("x-hookkeeper-token"), span_str(a->own) };
	x.rq = (struct http_request){ .method = span_str(method), .path = path, .query = rest,
	    .fields = { f, n }, .body = span_str(body),
	    .remote_addr = span_str(a->addr != NULL ? a->addr : "192.0.2.1") };
	got.replies = 0;
	frame_handle(&x, &api);
	if (got.replies != 1)
		fail_msg("%s %s: %d replies", method, uri, got.replies);
	arena_free(x.arena);
	json_free(got.doc);
	got.doc = NULL;
	if (json_parse(span_str(got.body), &got.doc) != HK_OK && got.status != 204)
		fail_msg("%s %s: no JSON: %.300s", method, uri, got.body);
}

static void
is(const char *what, int status, const char *code)
{
	struct span	said = json_text(got.doc, "code");
	int64_t		n = 0;

	if (got.status != status)
		fail_msg("%s: %d, not %d: %.300s", what, got.status, status, got.body);
	if (code == NULL)
		return;
	if (!span_is(said, code))
		fail_msg("%s: %.*s, not %s", what, SPAN_ARG(said), code);
	if (strcmp(got.type, "application/problem+json") != 0 || !json_int(got.doc, "status", &n) ||
	    n != status || json_text(got.doc, "detail").len == 0 ||
	    !span_starts(json_text(got.doc, "type"), "/problems/"))
		fail_msg("%s: is no whole problem: %s %.300s", what, got.type, got.body);
}

static bool
has_line(const char *line)
{
	return strstr(got.lines, line) != NULL;
}

/* ---- what nobody gets past -------------------------------------------------------- */

static void
addresses_and_methods(void **state)
{
	static const struct {
		const char	*what, *method, *uri;
		int		 status;
		const char	*code, *line;
	} row[] = {
		{ "a list",		"GET",	"/api/v1/users",	200, NULL, "RateLimit-Remaining: 199\r\n" },
		{ "its head",		"HEAD",	"/api/v1/users",	200, NULL, NULL },
		{ "a slash more",	"GET",	"/api/v1/users/",	200, NULL, NULL },
		{ "health",		"GET",	"/healthz",		200, NULL, NULL },
		{ "the document",	"GET",	"/api/v1/openapi.json",	200, NULL, NULL },
		{ "nothing there",	"GET",	"/api/v1/nix",		404, "not_found", NULL },
		{ "the base",		"GET",	"/api/v1",		404, "not_found", NULL },
		{ "another version",	"GET",	"/api/v2/users",	404, "not_found", NULL },
		{ "health below it",	"GET",	"/api/v1/healthz",	404, "not_found", NULL },
		{ "no such method",	"PUT",	"/api/v1/users",	405, "method_not_allowed",
		    "Allow: GET, HEAD, POST\r\n" },
		{ "to burn by GET",	"GET",	"/api/v1/credits/burn",	405, "method_not_allowed",
		    "Allow: POST\r\n" },
		{ "to ask what is there", "OPTIONS", "/api/v1/users",	405, "method_not_allowed", NULL },
		{ "a user who is none",	"GET",	"/api/v1/users/nobody", 404, "not_found", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		ask(row[i].method, row[i].uri, "", NULL);
		is(row[i].what, row[i].status, row[i].code);
		if (row[i].line != NULL && !has_line(row[i].line))
			fail_msg("%s: %s is not in %s", row[i].what, row[i].line, got.lines);
	}
}

static void
only_a_good_token_with_the_scope_may(void **state)
{
	static const char	none[] = "hkt_1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char			all[TOKEN_TEXT], narrow[TOKEN_TEXT];

	(void)state;
	memcpy(all, token, sizeof(all));
	ask("GET", "/api/v1/users", "", &(struct ask){ .token = "" });
	is("no token", 401, "unauthorized");
	assert_true(has_line("WWW-Authenticate: Bearer"));
	ask("GET", "/api/v1/users", "", &(struct ask){ .token = none });
	is("a token that is none, to read", 401, "unauthorized");
	ask("POST", "/api/v1/users", "{}", &(struct ask){ .token = none });
	is("a token that is none, to write", 401, "unauthorized");
	assert_null(api.writer);	/* it did not get so far */
	ask("GET", "/api/v1/users", "", &(struct ask){ .token = "", .own = all });
	is("in the field of our own", 200, NULL);
	ask("GET", "/api/v1/me", "", NULL);
	assert_true(got.status == 401 || got.status == 503);
	make_token("users:read");
	memcpy(narrow, token, sizeof(narrow));
	ask("GET", "/api/v1/users", "", NULL);
	is("the scope is there", 200, NULL);
	for (int i = 0; i < 2; i++) {
		ask("POST", "/api/v1/users", "{\"email\":\"a@b.example\"}", NULL);
		is(i == 0 ? "the scope is not there" : "... nor when it was seen before", 403,
		    "missing_scope");
	}
	ask("POST", "/api/v1/users", "{\"email\":\"a@b.example\"}", &(struct ask){ .token = all });
	is("the other token has it", 201, NULL);
	revoke_it();
	ask("GET", "/api/v1/users", "", NULL);
	is("revoked, to read", 401, "unauthorized");
	ask("POST", "/api/v1/users", "{\"email\":\"a@b.example\"}", NULL);
	is("revoked, to write", 401, "unauthorized");
	assert_int_equal(count("SELECT count(*) FROM site_user"), 1);
	assert_int_equal(count("SELECT used_at IS NOT NULL FROM api_token WHERE id = 1"), 1);
}

static void
a_token_that_writes_is_worthless_as_soon_as_it_is_revoked(void **state)
{
	(void)state;
	ask("POST", "/api/v1/users", "{\"email\":\"a@b.example\"}", NULL);
	is("a good one", 201, NULL);
	ask("POST", "/api/v1/users", "{\"email\":\"b@b.example\"}", NULL);
	is("known by now", 201, NULL);
	revoke_it();
	ask("POST", "/api/v1/users", "{\"email\":\"c@b.example\"}", NULL);
	is("revoked", 401, "unauthorized");
	assert_int_equal(count("SELECT count(*) FROM site_user"), 2);
}

static void
bodies(void **state)
{
	static char	large[API_BODY_MOST + 2];
	const struct {
		const char	*what, *type, *body;
		int		 status;
		const char	*code;
	} row[] = {
		{ "a form",		"application/x-www-form-urlencoded", "a=b", 415, "unsupported_media_type" },
		{ "a type like it",	"application/jsonp", "{}", 415, "unsupported_media_type" },
		{ "no JSON",		NULL, "{\"email\":", 400, "bad_request" },
		{ "a list",		NULL, "[]", 400, "bad_request" },
		{ "null",		NULL, "null", 400, "bad_request" },
		{ "a member nobody knows", NULL, "{\"email\":\"a@b.example\",\"admin\":true}", 400, "bad_request" },
		{ "a number for a text", NULL, "{\"email\":7}", 400, "bad_request" },
		{ "too large",		NULL, large, 413, "too_large" },
		{ "upper case",		"Application/JSON", "{\"email\":\"a@b.example\"}", 201, NULL },
	};

	(void)state;
	memset(large, ' ', sizeof(large) - 1);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		ask("POST", "/api/v1/users", row[i].body, &(struct ask){ .type = row[i].type });
		is(row[i].what, row[i].status, row[i].code);
	}
	assert_int_equal(count("SELECT count(*) FROM site_user"), 1);
}

/* ---- Idempotency-Key ----------------------------------------------------------------- */

static void
grant(const char *user, int amount)
{
	char	body[200];

	snprintf(body, sizeof(body), "{\"user\":\"%s\",\"amount\":%d,\"note\":\"test\"}", user, amount);
	ask("POST", "/api/v1/credits/grant", body, NULL);
	is("a grant", 200, NULL);
}

static void
the_first_answer_is_given_again(void **state)
{
	static const char	user[] = "{\"email\":\"a@b.example\"}";
	static char		first[sizeof(got.body)];
	char			id[64], burn[200], longest[KEY_MOST + 2];

	(void)state;
	ask("POST", "/api/v1/users", user, &(struct ask){ .key = "k1" });
	is("first", 201, NULL);
	assert_false(has_line("Idempotent-Replayed"));
	memcpy(first, got.body, sizeof(first));
	snprintf(id, sizeof(id), "%.*s", SPAN_ARG(json_text(got.doc, "id")));
	ask("POST", "/api/v1/users", user, &(struct ask){ .key = "k1" });
	is("again", 201, NULL);
	assert_string_equal(got.body, first);
	assert_true(has_line("Idempotent-Replayed: true\r\n"));
	ask("POST", "/api/v1/users", "{\"email\":\"c@b.example\"}", &(struct ask){ .key = "k1" });
	is("another body", 400, "idempotency_key_reused");
	ask("POST", "/api/v1/users?x=1", user, &(struct ask){ .key = "k1" });
	is("another address", 400, "idempotency_key_reused");

	snprintf(burn, sizeof(burn), "{\"user\":\"%s\",\"amount\":5}", id);
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = "k2" });
	is("nothing to burn", 402, "insufficient_credits");
	grant(id, 100);
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = "k2" });
	is("still 402 under that key", 402, "insufficient_credits");
	assert_true(has_line("Idempotent-Replayed: true\r\n"));
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = "k3" });
	is("under a new one", 200, NULL);
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = "k3" });
	is("... and again", 200, NULL);
	assert_int_equal(count("SELECT balance FROM account WHERE owner_kind = 'user'"), 95);

	ask("POST", "/api/v1/credits/burn", "{\"amount\":0}", &(struct ask){ .key = "k4" });
	is("ill-formed", 400, "bad_request");
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = "k4" });
	is("that was not kept", 200, NULL);
	memset(longest, 'k', sizeof(longest) - 1);
	longest[KEY_MOST + 1] = '\0';
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = longest });
	is("a key too long", 400, "bad_request");
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = longest + 1 });
	is("the longest", 200, NULL);
	ask("POST", "/api/v1/credits/burn", burn, &(struct ask){ .key = "a b" });
	is("a key with a blank", 400, "bad_request");
	ask("GET", "/api/v1/users", "", &(struct ask){ .key = "k1" });
	is("who reads needs none", 200, NULL);
	assert_false(has_line("Idempotent-Replayed"));
}

static void
a_new_api_key_is_not_kept_in_clear(void **state)
{
	char	at[120];

	(void)state;
	ask("POST", "/api/v1/users", "{\"email\":\"a@b.example\"}", NULL);
	snprintf(at, sizeof(at), "/api/v1/users/%.*s/keys", SPAN_ARG(json_text(got.doc, "id")));
	ask("POST", at, "{\"name\":\"k\"}", &(struct ask){ .key = "s1" });
	is("made", 201, NULL);
	assert_int_equal(count("SELECT count(*) FROM api_answer WHERE body IS NULL"), 1);
	ask("POST", at, "{\"name\":\"k\"}", &(struct ask){ .key = "s1" });
	is("nothing to seal it with", 409, "conflict");
	assert_int_equal(count("SELECT count(*) FROM api_key"), 1);
}

/* ---- taken back --------------------------------------------------------------------------- */

static int		runs;
static enum problem	trouble;

/* In place of a function: it writes, and then tells of a problem. */
static enum hk_err
writes_and_regrets(struct call *c)
{
	struct stmt	*q;
	enum hk_err	 e;

	runs++;
	if ((e = db_stmt(c->db, S_TOKEN_USED, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", c->who.token);
	bind_int(q, ":now", 77);
	if ((e = stmt_run(q)) != HK_OK || trouble == PROBLEM_NONE)
		return e;
	return call_problem(c, trouble, "it went wrong");
}

static void
order(struct order *o, struct http_exchange *x, const struct api_route *r)
{
	memset(o, 0, sizeof(*o));
	o->api = &api;
	o->x = x;
	o->route = r;
	o->c.conf = api.conf;
	o->c.rq = &x->rq;
	o->c.arena = x->arena;
	o->c.now = 1000;
	o->shown = span_str(token);
	o->address = SPAN("192.0.2.1");
	buf_init(&o->body, 4096);
}

static void
a_problem_takes_back_what_was_written(void **state)
{
	static const struct {
		const char	*what;
		enum problem	 problem;
		int		 status, runs;
		int64_t		 used;
	} row[] = {
		{ "no problem",		PROBLEM_NONE,	200, 1, 77 },
		{ "a problem",		PROBLEM_CONFLICT, 409, 2, 0 },
	};
	const struct api_route	r = { CALL_WRITE, "POST", "/x", "users:read", writes_and_regrets };
	struct http_exchange	x = { .arena = arena_new(1 << 20) };
	struct order		o;

	(void)state;
	assert_non_null(x.arena);
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		runs = 0;
		trouble = row[i].problem;
		order(&o, &x, &r);
		order_write(&o);
		if (got.status != row[i].status || runs != row[i].runs)
			fail_msg("%s: %d after %d runs", row[i].what, got.status, runs);
		if (count("SELECT coalesce(used_at, 0) FROM api_token WHERE id = 1") != row[i].used)
			fail_msg("%s: what was written", row[i].what);
		assert_int_equal(count("UPDATE api_token SET used_at = 0 RETURNING 1"), 1);
	}
	arena_free(x.arena);
}

/* ---- how often, and from where ------------------------------------------------------------ */

static void
too_often_is_429(void **state)
{
	(void)state;
	api.conf->api_rate = 1;
	api.conf->api_burst = 3;
	for (int i = 0; i < 3; i++) {
		ask("GET", "/api/v1/users", "", NULL);
		is("within the burst", 200, NULL);
	}
	ask("GET", "/api/v1/users", "", NULL);
	is("one more", 429, "rate_limited");
	assert_true(has_line("Retry-After: 1\r\n"));
	assert_true(has_line("RateLimit-Limit: 3\r\n") && has_line("RateLimit-Remaining: 0\r\n"));
	ask("POST", "/api/v1/users", "{\"email\":\"a@b.example\"}", NULL);
	is("to write, too", 429, "rate_limited");
	assert_int_equal(count("SELECT count(*) FROM site_user"), 0);
	ask("GET", "/healthz", "", NULL);
	is("health is for everybody", 200, NULL);
	make_token("*");
	ask("GET", "/api/v1/users", "", NULL);
	is("another token has its own", 200, NULL);
	api.conf->api_rate = 0;
	for (int i = 0; i < 300; i++)
		ask("GET", "/api/v1/users", "", NULL);
	is("no limit", 200, NULL);
}

static void
who_guesses_is_slowed_down_and_nobody_else(void **state)
{
	(void)state;
	ask("GET", "/api/v1/users", "", NULL);
	is("the application, before", 200, NULL);
	for (int i = 0; i < 20; i++) {
		ask("GET", "/api/v1/users", "", &(struct ask){ .token = "hkt_1_guess" });
		is("a guess", 401, "unauthorized");
	}
	ask("GET", "/api/v1/users", "", &(struct ask){ .token = "hkt_1_guess" });
	is("the 21st", 429, "rate_limited");
	ask("GET", "/api/v1/users", "", NULL);
	is("the application at that address", 200, NULL);
	make_token("*");
	ask("GET", "/api/v1/users", "", NULL);
	is("one there that was never seen", 200, NULL);
	ask("GET", "/api/v1/users", "", &(struct ask){ .token = "hkt_1_guess", .addr = "192.0.2.2" });
	is("from elsewhere", 401, "unauthorized");
}

static void
pages_of_other_origins_read_only_what_is_for_browsers(void **state)
{
	static const struct {
		const char	*what, *method, *uri, *origin;
		int		 status;		/* 0: whatever */
		bool		 allowed;
	} row[] = {
		{ "may it?",		"OPTIONS", "/api/v1/me",	"https://app.example", 204, true },
		{ "the other one",	"OPTIONS", "/api/v1/me/ledger",	"https://www.example", 204, true },
		{ "a stranger",		"OPTIONS", "/api/v1/me",	"https://evil.example", 405, false },
		{ "one that begins so",	"OPTIONS", "/api/v1/me",	"https://app.example.evil", 405, false },
		{ "none",		"OPTIONS", "/api/v1/me",	NULL, 405, false },
		{ "an application's",	"OPTIONS", "/api/v1/users",	"https://app.example", 405, false },
		{ "me",			"GET", "/api/v1/me",		"https://app.example", 0, true },
		{ "me, a stranger",	"GET", "/api/v1/me",		"https://evil.example", 0, false },
		{ "users",		"GET", "/api/v1/users",		"https://app.example", 200, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		char	line[120];

		ask(row[i].method, row[i].uri, "", &(struct ask){ .origin = row[i].origin });
		if (row[i].status != 0)
			is(row[i].what, row[i].status, NULL);
		snprintf(line, sizeof(line), "Access-Control-Allow-Origin: %s\r\n",
		    row[i].origin != NULL ? row[i].origin : "");
		if (has_line(row[i].allowed ? line : "Access-Control-Allow-Origin") != row[i].allowed)
			fail_msg("%s: %s", row[i].what, got.lines);
	}
}

/* ---- the document ---------------------------------------------------------------------------- */

/* "/users/:user" as "/users/{user}" */
static void
address(char out[200], const char *path)
{
	size_t	n = 0;

	for (const char *p = path[1] == '/' ? path + 1 : path; *p != '\0'; p++) {
		if (*p != ':') {
			out[n++] = *p;
			continue;
		}
		out[n++] = '{';
		for (p++; *p != '\0' && *p != '/'; p++)
			out[n++] = *p;
		out[n++] = '}';
		p--;
	}
	out[n] = '\0';
}

/* The scopes that an operation names, as "scheme:scope". */
static void
secured(struct json *op, char out[200])
{
	struct json	*list, *one, *scopes = NULL;
	struct span	 name;
	void		*at = NULL;

	snprintf(out, 200, "nothing is said");
	if (!json_has(op, "security", &list))
		return;
	snprintf(out, 200, "everybody");
	if ((one = json_at(list, 0)) == NULL || !json_next(one, &at, &name, &scopes))
		return;
	snprintf(out, 200, "%.*s:%.*s", SPAN_ARG(name), SPAN_ARG(json_text(json_at(scopes, 0), NULL)));
}

static void
the_document_names_just_what_there_is(void **state)
{
	struct json	*doc = NULL, *paths, *item, *op;
	struct span	 name;
	size_t		 rows = 0, ops = 0;
	void		*at = NULL;
	char		 path[200], method[16], said[200], want[200];

	(void)state;
	assert_int_equal(json_parse(embed_find(openapi_files, "openapi.json"), &doc), HK_OK);
	assert_non_null(paths = json_get(doc, "paths"));
	for (const struct api_route *r = api_routes; r->path != NULL; r++, rows++) {
		address(path, r->path);
		if (!json_has(paths, path, &item))
			fail_msg("%s is not in the document", path);
		snprintf(method, sizeof(method), "%s", r->method);
		for (char *p = method; *p != '\0'; p++)
			*p = (char)(*p | 0x20);
		if (!json_has(item, method, &op))
			fail_msg("%s %s is not in the document", r->method, path);
		secured(op, said);
		if (r->scope == NULL)
			snprintf(want, sizeof(want), "everybody");
		else if (strcmp(r->scope, "session") == 0)
			snprintf(want, sizeof(want), "clerkSession:");
		else
			snprintf(want, sizeof(want), "bearer:%s", r->scope);
		if (strcmp(said, want) != 0)
			fail_msg("%s %s: the document says %s, not %s", r->method, path, said, want);
	}
	while (json_next(paths, &at, &name, &item)) {
		static const char *const	methods[] = { "get", "post", "put", "patch", "delete", NULL };

		for (int i = 0; methods[i] != NULL; i++)
			ops += json_has(item, methods[i], &op);
	}
	assert_int_equal(ops, rows);
	json_free(doc);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(addresses_and_methods, setup, teardown),
		cmocka_unit_test_setup_teardown(only_a_good_token_with_the_scope_may, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_token_that_writes_is_worthless_as_soon_as_it_is_revoked, setup, teardown),
		cmocka_unit_test_setup_teardown(bodies, setup, teardown),
		cmocka_unit_test_setup_teardown(the_first_answer_is_given_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_api_key_is_not_kept_in_clear, setup, teardown),
		cmocka_unit_test_setup_teardown(a_problem_takes_back_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(too_often_is_429, setup, teardown),
		cmocka_unit_test_setup_teardown(who_guesses_is_slowed_down_and_nobody_else, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(pages_of_other_origins_read_only_what_is_for_browsers,
		    setup, teardown),
		cmocka_unit_test(the_document_names_just_what_there_is),
	};

	return cmocka_run_group_tests_name("api/dispatch", tests, NULL, NULL);
}
