/* Accounts of failed attempts. */
#include "admin/throttle.h"

#include <arpa/inet.h>

#include "base/clock.h"
#include "base/net.h"

#define FORGET_US	(24 * 3600 * US_PER_S)

static int64_t
wait_after(int64_t times)
{
	int64_t	over = times - THROTTLE_FREE;

	if (over < 0)
		return 0;
	return over >= 10 ? THROTTLE_MOST_S : INT64_C(1) << over;
}

/* *times so far and *until of an account; 0 when there is none, or a day has passed. */
static enum hk_err
account(struct db *db, struct span source, int64_t now, int64_t *times, int64_t *until)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	*times = *until = 0;
	if ((e = db_stmt(db, S_FAILURE_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":source", source);
	bind_int(q, ":since", now - FORGET_US);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*times = col_int(q, 0);
		*until = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
charge(struct db *db, struct span source, int64_t now)
{
	struct stmt	*q = NULL;
	int64_t		 times, until;
	enum hk_err	 e;

	if ((e = account(db, source, now, &times, &until)) != HK_OK ||
	    (e = db_stmt(db, S_FAILURE_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":source", source);
	bind_int(q, ":times", times + 1);
	bind_int(q, ":now", now);
	bind_int(q, ":until", now + wait_after(times + 1) * US_PER_S);
	return stmt_run(q);
}

/* Accounts that mean nothing any more, a few at a time. */
static enum hk_err
sweep(struct db *db, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_FAILURE_SWEEP, &q)) != HK_OK)
		return e;
	bind_int(q, ":since", now - FORGET_US);
	return stmt_run(q);
}

enum hk_err
throttle_look(struct db *db, const struct throttle *t, int64_t now, int64_t *wait_s)
{
	int64_t		times, until, latest = 0;
	enum hk_err	e = HK_OK;

	for (size_t i = 0; i < t->n && e == HK_OK; i++)
		if ((e = account(db, t->source[i], now, &times, &until)) == HK_OK &&
		    until > latest)
			latest = until;
	if (e == HK_OK && latest > now) {
		*wait_s = (latest - now + US_PER_S - 1) / US_PER_S;
		return err_tell(HK_BUSY, "too many attempts that were wrong");
	}
	return e;
}

enum hk_err
throttle_take(struct db *db, const struct throttle *t, int64_t now, int64_t *wait_s)
{
	enum hk_err	e;

	if ((e = throttle_look(db, t, now, wait_s)) == HK_OK)
		e = sweep(db, now);
	for (size_t i = 0; i < t->n && e == HK_OK; i++)
		e = charge(db, t->source[i], now);
	return e;
}

enum hk_err
throttle_back(struct db *db, const struct throttle *t)
{
	struct stmt	*q = NULL;
	enum hk_err	 e = HK_OK;

	for (size_t i = 0; i < t->n && e == HK_OK; i++) {
		if ((e = db_stmt(db, S_FAILURE_BACK, &q)) != HK_OK)
			break;
		bind_text(q, ":source", t->source[i]);
		e = stmt_run(q);
	}
	return e;
}

enum hk_err
throttle_forget(struct db *db, struct span source, int64_t *n)
{
	bool		 many = source.len > 0 && source.p[source.len - 1] == ':';
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_FAILURE_FORGET, &q)) != HK_OK)
		return e;
	bind_text(q, many ? ":begin" : ":source", source);
	if (source.p == NULL)
		bind_text(q, ":begin", SPAN(""));
	if ((e = stmt_run(q)) == HK_OK)
		*n = db_changes(db);
	return e;
}

struct span
throttle_addr(struct arena *a, struct span addr)
{
	static const uint8_t	mapped[12] = { [10] = 0xff, [11] = 0xff };
	char			text[INET6_ADDRSTRLEN];
	struct ip		ip;

	if (!ip_parse(addr, &ip) || memcmp(ip.byte, mapped, sizeof(mapped)) == 0)
		return span_str(arena_printf(a, "addr:%.*s", SPAN_ARG(addr)));
	memset(ip.byte + 8, 0, 8);
	if (inet_ntop(AF_INET6, ip.byte, text, sizeof(text)) == NULL)
		return SPAN_NULL;
	return span_str(arena_printf(a, "addr:%s/64", text));
}
