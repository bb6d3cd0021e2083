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

		snprintf(cause, sizeof(cause), "unit:%d", serial++);
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

/* ---- names ------------------------------------------------------------------------------- */

static atomic_int	asked;		/* times a name was looked up */
static const char	*meant[2];	/* by the first time, by later ones */

/*
 * In place of the system's: "rebind.example.com" means one address now and another
 * later; "slow.example.com" is not known for a long time.
 */
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo		*ai = calloc(1, sizeof(*ai) + sizeof(struct sockaddr_in));
	struct sockaddr_in	*sin = (struct sockaddr_in *)(void *)(ai + 1);
	int			 times = asked++;

	(void)hints;
	if (ai == NULL)
		return EAI_MEMORY;
	if (strcmp(name, "slow.example.com") == 0) {
		sleep(15);
		free(ai);
		return EAI_AGAIN;
	}
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)(service != NULL ? atoi(service) : 0));
	inet_pton(AF_INET, meant[times > 0], &sin->sin_addr);
	*ai = (struct addrinfo){ .ai_family = AF_INET, .ai_socktype = SOCK_STREAM,
	    .ai_addr = (struct sockaddr *)(void *)sin, .ai_addrlen = sizeof(*sin) };
	*out = ai;
	return 0;
}

void
freeaddrinfo(struct addrinfo *ai)
{
	free(ai);
}

/* Another name for endpoint 1: what the settings allow is judged again at each attempt. */
static void
renamed(const char *name)
{
	char	sql[150];

	snprintf(sql, sizeof(sql), "UPDATE endpoint SET url = 'http://%s:%d/200' WHERE id = 1", name,
	    sink.port);
	plant(sql);
}

static void
addresses_that_may_not_be_are_not_reached(void **state)
{
	(void)state;
	/* A name that passes, and means our own machine: judged when it is connected to. */
	endpoint("/200", NULL);
	renamed("innocent.example.com");
	meant[0] = meant[1] = "127.0.0.1";
	messages(1);
	conf.allow_private = NULL;
	run_once();
	conf.allow_private = "127.0.0.0/8";
	assert_int_equal(sink.requests, 0);
	assert_string_equal(ask("SELECT error FROM delivery_attempt"), "E_ADDRESS");
}

static void
a_name_that_changes_is_judged_by_what_it_means_now(void **state)
{
	static const struct {
		const char	*phrase, *first, *later, *allowed, *told;
		int		 requests;
	} row[] = {
		{ "public first, our own machine later", "127.0.0.1", "127.0.0.2", "127.0.0.1",
		    "- E_ADDRESS", 1 },
		{ "the same still", "127.0.0.1", "127.0.0.1", "127.0.0.1", "200 -", 2 },
		{ "a cloud's metadata", "127.0.0.1", "169.254.169.254", "127.0.0.1", "- E_ADDRESS", 1 },
		{ "never allowed", "127.0.0.1", "127.0.0.1", "127.0.0.2", "- E_ADDRESS", 0 },
	};

	(void)state;
	endpoint("/200", NULL);
	renamed("rebind.example.com");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int	before = sink.requests;

		meant[0] = row[i].first;
		meant[1] = row[i].later;
		asked = 0;
		conf.allow_private = row[i].allowed;
		/* Each with connections and names of its own, so nothing is remembered. */
		messages(1);
		run_once();
		messages(1);
		run_once();
		conf.allow_private = "127.0.0.0/8";
		if (sink.requests - before != row[i].requests ||
		    strcmp(ask("SELECT COALESCE(status, '-') || ' ' || COALESCE(error, '-')"
		    " FROM delivery_attempt ORDER BY id DESC LIMIT 1"), row[i].told) != 0)
			fail_msg("%s: %d requests", row[i].phrase, sink.requests - before);
	}
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
	for (int i = 0; i < 1000 && strcmp(ask("SELECT COUNT(*) FROM delivery WHERE endpoint = 21"
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

/* Until so many of an endpoint are delivered; false: not in so many ms. */
static bool
delivered_by(int endpoint_id, const char *n, int ms)
{
	char	sql[120];

	snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM delivery WHERE endpoint = %d AND status = 'delivered'",
	    endpoint_id);
	for (int i = 0; i < ms / 10 && strcmp(ask(sql), n) != 0; i++)
		usleep(10000);
	return strcmp(ask(sql), n) == 0;
}

static void
a_name_nobody_answers_for_holds_up_nobody(void **state)
{
	const struct engine_opts	o = { .conf = &conf, .stop = told };
	struct engine			*g;
	pthread_t			 thread;
	int64_t				 began = mono_us();

	(void)state;
	endpoint("/200", NULL);
	renamed("slow.example.com");
	endpoint("/200", NULL);
	messages(1);
	assert_int_equal(engine_open(&g, &o), HK_OK);
	told_to_stop = 0;
	assert_int_equal(pthread_create(&thread, NULL, run_engine, g), 0);
	assert_true(delivered_by(2, "1", 8000));
	/* Past the time limit for connecting, while the resolver still waits. */
	while (strcmp(ask("SELECT COUNT(*) FROM delivery_attempt WHERE endpoint = 1"), "0") == 0 &&
	    mono_us() - began < 20 * US_PER_S)
		usleep(50000);
	assert_true(mono_us() - began < 13 * US_PER_S);
	assert_string_equal(ask("SELECT error FROM delivery_attempt WHERE endpoint = 1"), "E_TIMEOUT");
	messages(1);
	engine_wake(g);
	assert_true(delivered_by(2, "2", 8000));
	told_to_stop = 1;
	engine_wake(g);
	began = mono_us();
	pthread_join(thread, NULL);
	engine_close(g);
	assert_true(mono_us() - began < 5 * US_PER_S);
	sleep(6);		/* the resolver's thread comes to its end before our names go */
}

/* ---- much at once -------------------------------------------------------------------------- */

static void
payloads_of_a_megabyte_are_sent_a_few_at_a_time(void **state)
{
	(void)state;
	endpoint("/200", NULL);
	endpoint("/201", NULL);
	plant("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
	    " INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " SELECT 'user.created', 'user', 'u1', '{\"a\":\"' || hex(zeroblob(500000)) || '\"}', 'big:' || i, 1 FROM n");
	assert_int_equal(run_once(), 600);
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE status = 'delivered'"), "600");
}

int
main(void)
{
#define E(fn)	cmocka_unit_test_setup_teardown(fn, begin_all, end_all)
	const struct CMUnitTest tests[] = {
		E(what_is_due_arrives_signed),
		E(answers_are_judged),
		E(addresses_that_may_not_be_are_not_reached),
		E(a_name_that_changes_is_judged_by_what_it_means_now),
		E(a_name_nobody_answers_for_holds_up_nobody),
		E(many_go_over_few_connections),
		E(payloads_of_a_megabyte_are_sent_a_few_at_a_time),
		E(the_sick_disturb_nobody_and_stopping_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
