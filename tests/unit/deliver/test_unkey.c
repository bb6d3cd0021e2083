/* Unkey: what is asked, in which order, and what is never asked twice. */
#include "../books/fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include "flights.h"

#define USER	"01890000-0000-7000-8000-000000000001"

/* A server that answers by a list: "STATUS BODY", "drop"; '+' before: the credits are added. */
static struct server {
	pthread_t	 thread;
	int		 fd, port, credits, updates;
	const char	*plan[8];
	int		 at;
	char		 asked[4096];	/* "METHOD BODY\n" each */
	pthread_mutex_t	 m;
} server;

static void
say(int fd, const char *plan)
{
	char	text[1000];
	int	n, status = atoi(plan);

	n = snprintf(text, sizeof(text), "HTTP/1.1 %d Said\r\nConnection: close\r\n%s"
	    "Content-Length: %zu\r\n\r\n%s", status, status == 429 ? "Retry-After: 77\r\n" : "",
	    strlen(plan + 4), plan + 4);
	if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		abort();
}

static void
serve(struct server *s, int fd)
{
	char		 rq[4096], usual[200], *body = NULL;
	size_t		 len = 0;
	ssize_t		 n;
	const char	*plan;

	while ((body == NULL || strchr(body, '}') == NULL) &&
	    (n = recv(fd, rq + len, sizeof(rq) - 1 - len, 0)) > 0) {
		rq[len += (size_t)n] = '\0';
		body = strstr(rq, "\r\n\r\n");
	}
	if (body == NULL)
		return;
	pthread_mutex_lock(&s->m);
	rq[strcspn(rq + 5, " ") + 5] = '\0';
	strcat(s->asked, rq + strlen("POST /v2/"));
	strcat(s->asked, " ");
	strcat(s->asked, body + 4);
	strcat(s->asked, "\n");
	plan = s->plan[s->at] != NULL ? s->plan[s->at++] : "";
	if (*plan == '+') {
		s->credits += 5;
		plan++;
	}
	snprintf(usual, sizeof(usual), "200 {\"meta\":{},\"data\":{\"credits\":{\"remaining\":%d}}}",
	    s->credits);
	if (strcmp(plan, "drop") != 0)
		say(fd, *plan != '\0' ? plan : usual);
	pthread_mutex_unlock(&s->m);
}

static void *
listen_on(void *arg)
{
	struct server	*s = arg;
	int		 fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		serve(s, fd);
		shutdown(fd, SHUT_RDWR);
		close(fd);
	}
	return NULL;
}

static struct conf	 conf = { .unkey_root_key = "unkey_FAKE", .allow_private = "127.0.0.1",
			    .unkey_key_id_from = "metadata:keys.unkey", .busy_timeout_ms = 1000 };
static struct channels	*channels;
static char		 address[64];

static int
begin_all(void **state)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);

	pthread_mutex_init(&server.m, NULL);
	server.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (setup(state) != 0 || bind(server.fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(server.fd, 64) != 0 || getsockname(server.fd, (struct sockaddr *)&sin, &len) != 0 ||
	    pthread_create(&server.thread, NULL, listen_on, &server) != 0)
		return -1;
	snprintf(address, sizeof(address), "http://127.0.0.1:%d", ntohs(sin.sin_port));
	conf.db = f.path;
	conf.state_dir = f.dir;
	conf.unkey_api = address;
	plant("INSERT INTO site_user (id, clerk_id, external_id, metadata, created_at, updated_at) VALUES"
	    " ('" USER "', 'user_u', 'key_ext', '{\"keys\":{\"unkey\":\"key_1\"}}', 0, 0)");
	plant("INSERT INTO account (owner_kind, owner, balance, created_at) VALUES ('user', '" USER "', 42, 0)");
	place_make();
	return channels_open(&channels, &conf) == HK_OK ? 0 : -1;
}

static int
end_all(void **state)
{
	channels_close(channels);
	place_remove();
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.fd);
	return teardown(state);
}

static struct flight *
flight(const char *owner)
{
	struct flight	*fl = flight_of("unkey", "unkey", "credits_granted", "{\"amount\":5}");

	fl->delivery.owner = fl->delivery.subject = span_str(owner);
	fl->delivery.attempts = 1;
	return fl;
}

static void
plan(const char *const *p)
{
	pthread_mutex_lock(&server.m);
	memset(server.plan, 0, sizeof(server.plan));
	for (int i = 0; p != NULL && p[i] != NULL; i++)
		server.plan[i] = p[i];
	server.at = 0;
	server.asked[0] = '\0';
	pthread_mutex_unlock(&server.m);
}

#define GET	"keys.getKey {\"keyId\":\"key_1\"}\n"
#define ADD	"keys.updateCredits {\"keyId\":\"key_1\",\"operation\":\"increment\",\"value\":5}\n"
#define SETS	"keys.updateCredits {\"keyId\":\"key_1\",\"operation\":\"set\",\"value\":42}\n"

static const struct {
	const char	*phrase;
	int		 burn_at;
	const char	*plan[4];
	const char	*asked, *told;	/* "good", or error or status, "final", "held" */
} row[] = {
	{ "set",		UNKEY_BURNS_HERE, { NULL },		SETS,		"good" },
	{ "set, calm asked for", UNKEY_BURNS_HERE, { "429 {}" },	SETS,		"429 after 77" },
	{ "set, trouble there",	UNKEY_BURNS_HERE, { "500 {}" },		SETS,		"500" },
	{ "set, no answer",	UNKEY_BURNS_HERE, { "drop" },		SETS,		"E_RESET" },
	{ "set, no such key",	UNKEY_BURNS_HERE, { "404 {}" },		SETS,		"404 final" },
	{ "set, a wrong root key", UNKEY_BURNS_HERE, { "401 {}" },	SETS,		"401" },
	{ "set, sent elsewhere", UNKEY_BURNS_HERE, { "302 {}" },	SETS,		"302" },
	{ "add",		UNKEY_BURNS_THERE, { "", "+" },		GET ADD,	"good" },
	{ "add, not to be read", UNKEY_BURNS_THERE, { "drop" },		GET,		"E_RESET" },
	{ "add, trouble while read", UNKEY_BURNS_THERE, { "502 x" },	GET,		"502" },
	{ "add, unlimited",	UNKEY_BURNS_THERE, { "200 {\"data\":{}}" }, GET,	"E_HELD held" },
	{ "add, not as announced", UNKEY_BURNS_THERE, { "200 <html>" },	GET,		"E_HELD held" },
	{ "add, refused",	UNKEY_BURNS_THERE, { "", "429 {}" },	GET ADD,	"429 after 77" },
	{ "add, done without an answer", UNKEY_BURNS_THERE, { "", "+drop" }, GET ADD GET, "good" },
	{ "add, done and 500",	UNKEY_BURNS_THERE, { "", "+500 {}" },	GET ADD GET,	"good" },
	{ "add, lost on the way", UNKEY_BURNS_THERE, { "", "drop" },	GET ADD GET,	"E_HELD held" },
	{ "add, and then nothing", UNKEY_BURNS_THERE, { "", "+drop", "drop" }, GET ADD GET, "E_HELD held" },
	{ "add, and then trouble", UNKEY_BURNS_THERE, { "", "+drop", "500 {}" }, GET ADD GET, "E_HELD held" },
};

static const char *
told(const struct flight *fl)
{
	const struct delivered	*r = &fl->result;

	if (r->good)
		return "good";
	return arena_printf(fl->arena, "%s%s%s%s", r->error != NULL ? r->error :
	    arena_printf(fl->arena, "%d", r->status), r->final ? " final" : "",
	    r->hold != NULL ? " held" : "", r->retry_after_s >= 0 && r->hold == NULL ?
	    arena_printf(fl->arena, " after %d", (int)r->retry_after_s) : "");
}

static void
each_answer_has_its_consequence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct flight	*fl = flight(USER);

		conf.unkey_burn_at = row[i].burn_at;
		plan(row[i].plan);
		fl = flight_run(channels, fl);
		if (strcmp(told(fl), row[i].told) != 0 || strcmp(server.asked, row[i].asked) != 0)
			fail_msg("%s: %s\n%s", row[i].phrase, told(fl), server.asked);
		if (fl->result.request.p != NULL &&
		    memmem(fl->result.request.p, fl->result.request.len, "FAKE", 4) != NULL)
			fail_msg("%s: the root key is shown", row[i].phrase);
		arena_free(fl->arena);
	}
}

static void
what_has_no_key_is_not_asked(void **state)
{
	static const struct {
		const char	*phrase, *owner, *kind, *metadata;
		int		 burn_at;
		const char	*told;
	} rows[] = {
		{ "nobody we know",	"x",	"user",		"{}",	UNKEY_BURNS_HERE,  "good" },
		{ "an organization",	USER,	"organization",	"{}",	UNKEY_BURNS_THERE, "good" },
		{ "no key, burnt here",	USER,	"user",		"{}",	UNKEY_BURNS_HERE,  "good" },
		{ "no key, burnt there", USER,	"user",		"{}",	UNKEY_BURNS_THERE, "E_HELD held" },
		{ "a key with a blank",	USER,	"user", "{\"keys\":{\"unkey\":\"k 1\"}}", UNKEY_BURNS_HERE, "good" },
		{ "a number",		USER,	"user", "{\"keys\":{\"unkey\":7}}", UNKEY_BURNS_HERE, "good" },
		{ "no JSON",		USER,	"user", "{",		UNKEY_BURNS_HERE,  "good" },
	};
	char	sql[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flight	*fl = flight(rows[i].owner);

		snprintf(sql, sizeof(sql), "UPDATE site_user SET metadata = '%s'", rows[i].metadata);
		plant(sql);
		fl->delivery.owner_kind = span_str(rows[i].kind);
		conf.unkey_burn_at = rows[i].burn_at;
		plan(NULL);
		fl = flight_run(channels, fl);
		if (strcmp(told(fl), rows[i].told) != 0 || server.asked[0] != '\0')
			fail_msg("%s: %s\n%s", rows[i].phrase, told(fl), server.asked);
		arena_free(fl->arena);
	}
	plant("UPDATE site_user SET metadata = '{\"keys\":{\"unkey\":\"key_1\"}}'");
	conf.unkey_key_id_from = "external_id";
	plan(NULL);
	conf.unkey_burn_at = UNKEY_BURNS_HERE;
	arena_free(flight_run(channels, flight(USER))->arena);
	assert_non_null(strstr(server.asked, "\"key_ext\""));
	conf.unkey_key_id_from = "metadata:keys.unkey";
}

/* The attempt before this one has no row: who began it was killed. */
static void
an_addition_after_a_lost_attempt_is_held(void **state)
{
	struct flight	*fl = flight(USER);

	(void)state;
	conf.unkey_burn_at = UNKEY_BURNS_THERE;
	plan(NULL);
	fl->delivery.attempts = 2;
	fl = flight_run(channels, fl);
	assert_string_equal(told(fl), "E_HELD held");
	assert_string_equal(server.asked, "");
	arena_free(fl->arena);
	conf.unkey_burn_at = UNKEY_BURNS_HERE;		/* setting it again does no harm */
	fl = flight(USER);
	fl->delivery.attempts = 2;
	fl = flight_run(channels, fl);
	assert_string_equal(told(fl), "good");
	arena_free(fl->arena);
}

static void
one_call_at_a_time_for_a_key(void **state)
{
	struct flight	*fl[8];

	(void)state;
	conf.unkey_burn_at = UNKEY_BURNS_HERE;
	plan(NULL);
	for (int i = 0; i < 8; i++)
		channel_find(SPAN("unkey"))->start(channels, fl[i] = flight(USER));
	plant("UPDATE account SET balance = 43");
	flights_wait(channels, fl, 8);
	for (int i = 0; i < 8; i++) {
		assert_string_equal(told(fl[i]), "good");
		arena_free(fl[i]->arena);
	}
	/* The newest balance wins, and is told once for all that waited. */
	assert_string_equal(server.asked, SETS
	    "keys.updateCredits {\"keyId\":\"key_1\",\"operation\":\"set\",\"value\":43}\n");
	plant("UPDATE account SET balance = 42");
	conf.unkey_burn_at = UNKEY_BURNS_THERE;
	plan((const char *const[]){ "", "+", "", "+", "", "+", NULL });
	for (int i = 0; i < 3; i++)
		channel_find(SPAN("unkey"))->start(channels, fl[i] = flight(USER));
	flights_wait(channels, fl, 3);
	assert_string_equal(server.asked, GET ADD GET ADD GET ADD);
	for (int i = 0; i < 3; i++)
		arena_free(fl[i]->arena);
}

static void
what_is_given_up_leaves_nothing(void **state)
{
	struct flight	*fl[2];

	(void)state;
	conf.unkey_burn_at = UNKEY_BURNS_HERE;
	plan(NULL);
	for (int i = 0; i < 2; i++)
		channel_find(SPAN("unkey"))->start(channels, fl[i] = flight(USER));
	for (int i = 0; i < 2; i++) {
		channel_find(SPAN("unkey"))->abort(channels, fl[i]);
		arena_free(fl[i]->arena);
	}
	channels_wait(channels, never, 10000);
	assert_null(channels_done(channels));
}

static void
only_a_place_that_may_be_reached(void **state)
{
	struct flight	*fl;

	(void)state;
	conf.unkey_burn_at = UNKEY_BURNS_HERE;
	conf.allow_private = NULL;
	plan(NULL);
	fl = flight_run(channels, flight(USER));
	assert_string_equal(told(fl), "E_ADDRESS");
	assert_string_equal(server.asked, "");
	arena_free(fl->arena);
	conf.allow_private = "127.0.0.1";
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(each_answer_has_its_consequence),
		cmocka_unit_test(what_has_no_key_is_not_asked),
		cmocka_unit_test(an_addition_after_a_lost_attempt_is_held),
		cmocka_unit_test(one_call_at_a_time_for_a_key),
		cmocka_unit_test(what_is_given_up_leaves_nothing),
		cmocka_unit_test(only_a_place_that_may_be_reached),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
