/* The engine: what is due arrives, signed; the sick disturb nobody; nothing is lost. */
#include "../books/fixture.h"
#include "sink.h"

#include <netdb.h>

#include "base/clock.h"
#include "deliver/engine.h"
#include "outbox/delivery.h"
#include "outbox/message.h"
#include "sign/scheme.h"

static const uint8_t	raw[1][CONF_KEY] = { { 7 } };
static struct conf	conf = { .keys = raw, .nkeys = 1, .allow_private = "127.0.0.0/8",
			    .busy_timeout_ms = 1000 };
static struct sink	sink;

static int
begin_all(void **state)
{
	sink_start(&sink);
	if (setup(state) != 0)
		return -1;
	conf.db = f.path;
	conf.state_dir = f.dir;
	return 0;
}

static int
end_all(void **state)
{
	sink_stop(&sink);
	return teardown(state);
}

static int64_t
endpoint(const char *path, char secret[SECRET_TEXT])
{
	struct endpoint_word	w = { .types = SPAN("*"), .headers = SPAN("{\"x-own\":\"value\"}") };
	char			url[100], none[SECRET_TEXT];
	int64_t			id;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", sink.port, path);
	w.url = span_str(url);
	begin();
	if (endpoint_make(f.db, &conf, &w, SPAN_NULL, now_us(), &id, secret != NULL ? secret : none) != HK_OK)
		fail_msg("%s", err_last());
	commit();
	return id;
}

static void
messages(int n)
{
	static int	serial;
	char		cause[32];

	begin();
	for (int i = 0; i < n; i++) {
		struct message	m = { .type = "user.created", .owner_kind = "user", .owner = SPAN("u1"),
				    .payload = SPAN("{\"name\":\"J\xc3\xb6rg \\u0000\"}"), .now = now_us() };

		snprintf(cause, sizeof(cause), "test:%d", serial++);
		m.cause = span_str(cause);
		assert_int_equal(message_put(f.db, &m, NULL), HK_OK);
	}
	commit();
}

static int64_t
run_once(void)
{
	const struct engine_opts	o = { .conf = &conf };
	struct engine			*g;
	int64_t				 done;

	if (engine_open(&g, &o) != HK_OK || engine_run(g, true, &done) != HK_OK)
		fail_msg("%s", err_last());
	engine_close(g);
	return done;
}

/* Of the last request; "" when it has none. */
static const char *
field(const char *name, char out[600])
{
	const char	*p;

	out[0] = '\0';
	pthread_mutex_lock(&sink.m);
	if ((p = strcasestr(sink.last, name)) != NULL)
		sscanf(p + strlen(name), ": %599[^\r]", out);
	pthread_mutex_unlock(&sink.m);
	return out;
}

static void
what_is_due_arrives_signed(void **state)
{
	struct field		 v[3];
	struct fields		 fields = { v, 3 };
	struct sign_key		 key = { .label = "x" };
	struct sign_verdict	 verdict;
	char			 secret[SECRET_TEXT], id[600], at[600], sig[600], own[600];
	const char		*body;

	(void)state;
	endpoint("/200", secret);
	messages(1);
	assert_int_equal(run_once(), 1);
	assert_int_equal(sink.requests, 1);
	v[0] = (struct field){ SPAN("webhook-id"), span_str(field("webhook-id", id)) };
	v[1] = (struct field){ SPAN("webhook-timestamp"), span_str(field("webhook-timestamp", at)) };
	v[2] = (struct field){ SPAN("webhook-signature"), span_str(field("webhook-signature", sig)) };
	assert_int_equal(scheme_svix.key(&key, span_str(secret)), HK_OK);
	body = strstr(sink.last, "\r\n\r\n") + 4;
	if (scheme_svix.verify(&fields, span_str(body), &key, 1, now_us() / US_PER_S, 10, &verdict) != HK_OK)
		fail_msg("%s: %s", err_last(), sink.last);
	assert_string_equal(field("x-own", own), "value");
	assert_string_equal(field("content-type", own), "application/json");
	assert_non_null(strstr(body, "\"type\":\"user.created\""));
	assert_non_null(strstr(body, "\"data\":{\"name\":\"J\xc3\xb6rg \\u0000\"}"));
	assert_string_equal(ask("SELECT status || attempts FROM delivery"), "delivered1");
	assert_string_equal(ask("SELECT status || ' ' || good || ' ' || address FROM delivery_attempt"), "200 1 127.0.0.1");
	assert_string_equal(ask("SELECT instr(answer, 'ok') > 0 FROM delivery_attempt"), "1");
	/* What the endpoint's owner added is his secret. */
	assert_string_equal(ask("SELECT instr(request, 'value') FROM delivery_attempt"), "0");
	assert_int_equal(run_once(), 0);
}

static void
answers_are_judged(void **state)
{
	static const struct {
		const char	*path, *told;	/* status, error */
		const char	*delivery;
	} row[] = {
		{ "/200", "200 -", "delivered" },
		{ "/204", "204 -", "delivered" },
		{ "/302", "302 -", "pending" },
		{ "/404", "404 -", "pending" },
		{ "/500", "500 -", "pending" },
		{ "/410", "410 -", "held" },
		{ "/after", "429 -", "pending" },
		{ "/reset", "- E_RESET", "pending" },
		{ "/huge", "200 -", "delivered" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		plant("UPDATE endpoint SET deleted_at = 1, state = 'disabled'");
		endpoint(row[i].path, NULL);
		messages(1);
		run_once();
		if (strcmp(ask("SELECT COALESCE(status, '-') || ' ' || COALESCE(error, '-') FROM delivery_attempt"
		    " ORDER BY id DESC LIMIT 1"), row[i].told) != 0 ||
		    strcmp(ask("SELECT status FROM delivery ORDER BY id DESC LIMIT 1"), row[i].delivery) != 0)
			fail_msg("%s: %s, %s", row[i].path, ask("SELECT COALESCE(status, '-') || ' ' ||"
			    " COALESCE(error, '-') FROM delivery_attempt ORDER BY id DESC LIMIT 1"),
			    ask("SELECT status FROM delivery ORDER BY id DESC LIMIT 1"));
	}
	assert_true(atoi(ask("SELECT MAX(length(answer)) FROM delivery_attempt")) <= EXCERPT_MOST + 4096);
}

static void
addresses_that_may_not_be_are_not_reached(void **state)
{
	char		sql[150], host[65] = "";
	struct addrinfo	*found;

	(void)state;
	/* A name that passes, and means our own machine: judged when it is connected to. */
	endpoint("/200", NULL);
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	if (getaddrinfo(host, NULL, NULL, &found) != 0)
		skip();			/* this machine does not know its own name */
	freeaddrinfo(found);
	snprintf(sql, sizeof(sql), "UPDATE endpoint SET url = 'http://%s:%d/200'", host, sink.port);
	plant(sql);
	messages(1);
	conf.allow_private = NULL;
	run_once();
	conf.allow_private = "127.0.0.0/8";
	assert_int_equal(sink.requests, 0);
	assert_string_equal(ask("SELECT error FROM delivery_attempt"), "E_ADDRESS");
}

static void
many_go_over_few_connections(void **state)
{
	(void)state;
	endpoint("/200", NULL);
	endpoint("/201", NULL);
	messages(300);
	assert_int_equal(run_once(), 600);
	assert_int_equal(sink.requests, 600);
	assert_true(sink.peers <= 2 * ENGINE_PER_ENDPOINT);
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE status = 'delivered'"), "600");
}

/* ---- while it runs ------------------------------------------------------------------- */

static atomic_int	told_to_stop;

static bool
told(void *ctx)
{
	(void)ctx;
	return told_to_stop != 0;
}

static void *
run_engine(void *ctx)
{
	int64_t	done;

	if (engine_run(ctx, false, &done) != HK_OK)
		abort();
	return NULL;
}

static void
the_sick_disturb_nobody_and_stopping_loses_nothing(void **state)
{
	const struct engine_opts	o = { .conf = &conf, .stop = told };
	struct engine			*g;
	pthread_t			 thread;
	int64_t				 began;

	(void)state;
	for (int i = 0; i < 20; i++)
		endpoint("/hang", NULL);
	endpoint("/200", NULL);
	messages(100);
	assert_int_equal(engine_open(&g, &o), HK_OK);
	told_to_stop = 0;
	assert_int_equal(pthread_create(&thread, NULL, run_engine, g), 0);
	for (int i = 0; i < 500 && strcmp(ask("SELECT COUNT(*) FROM delivery WHERE endpoint = 21"
	    " AND status = 'delivered'"), "100") != 0; i++)
		usleep(10000);
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE endpoint = 21 AND status = 'delivered'"), "100");
	/* Something new, while they hang. */
	messages(1);
	engine_wake(g);
	for (int i = 0; i < 100 && strcmp(ask("SELECT COUNT(*) FROM delivery WHERE endpoint = 21"
	    " AND status = 'delivered'"), "101") != 0; i++)
		usleep(10000);
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE endpoint = 21 AND status = 'delivered'"), "101");
	began = mono_us();
	told_to_stop = 1;
	engine_wake(g);
	pthread_join(thread, NULL);
	engine_close(g);
	assert_true(mono_us() - began < 8 * US_PER_S);
	/* Nobody knows whether they arrived: the next who works sends them again. */
	assert_true(atoi(ask("SELECT COUNT(*) FROM delivery WHERE status = 'sending'")) > 0);
	assert_int_equal(engine_open(&g, &o), HK_OK);
	engine_close(g);
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE status = 'sending'"), "0");
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery"), "2121");
}

int
main(void)
{
#define E(fn)	cmocka_unit_test_setup_teardown(fn, begin_all, end_all)
	const struct CMUnitTest tests[] = {
		E(what_is_due_arrives_signed),
		E(answers_are_judged),
		E(addresses_that_may_not_be_are_not_reached),
		E(many_go_over_few_connections),
		E(the_sick_disturb_nobody_and_stopping_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
