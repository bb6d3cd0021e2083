/* Who may ask, how, and what is answered that is no stream. */
#include "house.h"

static char	nora[UUID_LEN + 1];

/* In the order of the rows below: %s is nora's token. */
static void
each_request_has_its_answer(void **state)
{
	static const struct {
		const char	*what, *method, *uri, *name, *value;
		int		 status;
		const char	*has, *has_not;
	} row[] = {
		{ "a room token", "GET", "/stream?token=%s", NULL, NULL, 200,
		    "Vary: Origin\r\n", "Access-Control" },
		{ "in a field of our own", "GET", "/stream", "HTTP_X_HOOKKEEPER_TOKEN", "%s", 200, "", "Access-Control" },
		{ "as a bearer", "GET", "/stream", "HTTP_AUTHORIZATION", "Bearer %s", 200, "", "Access-Control" },
		{ "with other things to say", "GET", "/stream?a=b&token=%s&last_event_id=", NULL, NULL, 200, "", "\r\nX-No" },
		{ "HEAD", "HEAD", "/stream?token=%s", NULL, NULL, 200, "text/event-stream", "Retry-After" },
		{ "a page that may", "GET", "/stream?token=%s", "HTTP_ORIGIN", "http://localhost:3000", 200,
		    "Access-Control-Allow-Origin: http://localhost:3000\r\n", "\r\nX-No" },
		{ "a page that may not", "GET", "/stream?token=%s", "HTTP_ORIGIN", "http://localhost", 200,
		    "Vary: Origin\r\n", "Access-Control" },
		{ "a page without an origin", "GET", "/stream?token=%s", "HTTP_ORIGIN", "null", 200, "", "Access-Control" },
		{ "two origins in one", "GET", "/stream?token=%s", "HTTP_ORIGIN",
		    "https://app.example.com  http://localhost:3000", 200, "", "Access-Control" },
		{ "an empty origin", "GET", "/stream?token=%s", "HTTP_ORIGIN", "", 200, "", "Access-Control" },
		{ "may I?", "OPTIONS", "/stream", "HTTP_ORIGIN", "https://app.example.com", 204,
		    "Access-Control-Allow-Headers: authorization, x-hookkeeper-token, last-event-id, cache-control\r\n",
		    "Content-Type" },
		{ "may I, from elsewhere?", "OPTIONS", "/stream", "HTTP_ORIGIN", "https://evil.example", 204,
		    "Allow: GET, HEAD, OPTIONS\r\n", "Access-Control-Allow-Origin" },
		{ "POST", "POST", "/stream?token=%s", NULL, NULL, 405, "Allow: GET, HEAD, OPTIONS\r\n", "event-stream" },
		{ "a method nobody knows", "BREW", "/stream?token=%s", NULL, NULL, 405, "Allow: ", "event-stream" },
		{ "nothing", "GET", "/stream", NULL, NULL, 401, "WWW-Authenticate: Bearer", "Access-Control" },
		{ "nothing, by HEAD", "HEAD", "/stream", NULL, NULL, 401, "WWW-Authenticate: Bearer", "Access-Control" },
		{ "an empty token", "GET", "/stream?token=", NULL, NULL, 401, "application/problem+json", "Retry" },
		{ "half a token", "GET", "/stream?token=%.50s", NULL, NULL, 401, "application/problem+json", "Retry" },
		{ "a good one behind a wrong one", "GET", "/stream?token=x&token=%s", NULL, NULL, 401, "", "Retry" },
		{ "a wrong one in the address, a good one in a field", "GET", "/stream?token=x",
		    "HTTP_X_HOOKKEEPER_TOKEN", "%s", 401, "", "Retry" },
		{ "a Bearer without a token", "GET", "/stream", "HTTP_AUTHORIZATION", "Bearer", 401, "", "Retry" },
		{ "another scheme", "GET", "/stream", "HTTP_AUTHORIZATION", "Basic %s", 401, "", "Retry" },
		{ "a session where no keys are set", "GET", "/stream", "HTTP_AUTHORIZATION", "Bearer a.b.c", 503,
		    "Retry-After", "WWW" },
		{ "a page that may sees its refusal", "GET", "/stream", "HTTP_ORIGIN", "https://app.example.com", 401,
		    "Access-Control-Allow-Origin: https://app.example.com\r\n", "Retry" },
	};
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	char		*token, uri[512], value[512];

	(void)state;
	house_open(&h, &o);
	house_user(&h, "nora", nora);
	token = room_text(nora, now_us());
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(uri, sizeof(uri), row[i].uri, token);
		snprintf(value, sizeof(value), row[i].value != NULL ? row[i].value : "", token);
#pragma GCC diagnostic pop
		ear_ask(&ear, &h, row[i].method, uri, row[i].name, value);
		assert_true(ear_head(&ear));
		assert_int_equal(ear.status, row[i].status);
		assert_non_null(strstr(ear.head, row[i].has));
		assert_null(strstr(ear.head, row[i].has_not));
		ear_close(&ear);
	}
	/* Whoever is refused is told of, and never his token. */
	assert_true(house_logged(&h, "refused 127.0.0.1: "));
	assert_false(house_logged(&h, "token="));
	assert_false(house_logged(&h, token));
	free(token);
	house_close(&h);
}

static void
a_refusal_tells_no_stranger_why(void **state)
{
	static const char	 problem[] = "{\"type\":\"/problems/unauthorized\","
	    "\"title\":\"No valid token was shown\",\"status\":401,\"code\":\"unauthorized\"}";
	struct hub_opts		 o = house_opts();
	struct house		 h;
	struct ear		 ear;
	char			*over, uri[512];

	(void)state;
	house_open(&h, &o);
	house_user(&h, "nora", nora);
	over = room_text(nora, now_us() - 2 * ROOM_LIFE_S * US_PER_S);
	for (int i = 0; i < 3; i++) {
		snprintf(uri, sizeof(uri), "/stream?token=%s", i == 0 ? over : i == 1 ? "none" : nora);
		ear_ask(&ear, &h, "GET", uri, NULL, NULL);
		assert_true(ear_head(&ear));
		while (ear_more(&ear, WAIT_MS))
			continue;
		assert_true(ear.ended);
		assert_string_equal(ear.text.p + ear.at, problem);
		ear_close(&ear);
	}
	free(over);
	house_close(&h);
}

static void
the_newer_place_counts(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		*token, uri[512], first[ID_MOST], second[ID_MOST];

	(void)state;
	house_open(&h, &o);
	house_user(&h, "nora", nora);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	snprintf(first, sizeof(first), "%s", ear.last);
	house_say_many(&h, nora, 2);
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	snprintf(second, sizeof(second), "%s", ear.last);
	ear_close(&ear);
	/* The address is the one of the first time; the field is what the browser adds. */
	token = room_text(nora, now_us());
	snprintf(uri, sizeof(uri), "/stream?token=%s&last_event_id=%s", token, first);
	ear_ask(&ear, &h, "GET", uri, NULL, NULL);
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_string_equal(s.data, "{\"n\":0}");
	ear_close(&ear);
	ear_ask(&ear, &h, "GET", uri, "HTTP_LAST_EVENT_ID", second);
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_string_equal(s.data, "{\"n\":1}");
	ear_close(&ear);
	free(token);
	house_close(&h);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(each_request_has_its_answer),
		cmocka_unit_test(a_refusal_tells_no_stranger_why),
		cmocka_unit_test(the_newer_place_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
