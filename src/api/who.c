/* Who asks: a token of ours, or a Clerk session; and whether they may. */
#include "api/frame.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hmac.h"

/* Tokens that were none, from one address: 20 at once, then one a second. */
static const struct limit_rate	strangers = { 1, 20 };

static bool
is_session(const struct order *o)
{
	return strcmp(o->route->scope, "session") == 0;
}

static enum hk_err
too_many(struct order *o, const struct limit_left *left, const char *of)
{
	o->c.wait_s = (left->wait_us + US_PER_S - 1) / US_PER_S;
	return call_problem(&o->c, PROBLEM_TOO_MANY, "too many requests of this %s; the next is "
	    "taken in %lld ms", of, (long long)(left->wait_us / 1000 + 1));
}

/* Counts it, once. */
static enum hk_err
admit(struct order *o, enum limit_of of, uint64_t slot, int64_t rate)
{
	const struct conf	*conf = o->api->conf;
	struct limit_rate	 r = { rate > 0 ? rate : conf->api_rate, conf->api_burst };
	struct limit_left	 left;
	bool			 ok;

	if (o->api->limit == NULL || r.per_s == 0 || o->admitted)
		return HK_OK;
	o->admitted = true;
	ok = limit_take(o->api->limit, of, slot, &r, o->c.now, &left);
	answer_line(o, "RateLimit-Limit: %lld\r\nRateLimit-Remaining: %lld\r\nRateLimit-Reset: %lld",
	    (long long)r.burst, (long long)left.left,
	    (long long)((left.full_us + US_PER_S - 1) / US_PER_S));
	return ok ? HK_OK : too_many(o, &left, of == LIMIT_TOKEN ? "token" : "user");
}

/* ---- without the database ----------------------------------------------------- */

enum hk_err
who_shows(struct order *o)
{
	int64_t	id, rate;

	if (o->route->scope == NULL)
		return HK_OK;
	o->shown = token_shown(&o->c.rq->fields);
	if (o->shown.len == 0)
		return call_problem(&o->c, PROBLEM_NO_TOKEN, "send a token as "
		    "`Authorization: Bearer TOKEN` or `X-Hookkeeper-Token: TOKEN`");
	if (is_session(o))
		return HK_OK;
	sha256(o->digest, &o->shown, 1);
	if (!seen_has(&o->api->seen, o->digest, &id, &rate))
		return HK_OK;
	o->known = true;
	return admit(o, LIMIT_TOKEN, (uint64_t)id, rate);
}

/* ---- with it ---------------------------------------------------------------------- */

/*
 * e: what is wrong with it.  Only after it was looked at: an address may be that
 * of many, and whose token is good hears nothing of what others there have tried.
 */
static enum hk_err
refused(struct order *o, enum hk_err e)
{
	struct limit_left	left;

	if (o->api->limit != NULL && !limit_take(o->api->limit, LIMIT_ADDRESS,
	    limit_slot(o->address), &strangers, o->c.now, &left))
		return too_many(o, &left, "address with tokens that are none");
	log_warn("%.*s %.*s from %.*s: %s", SPAN_ARG(o->c.rq->method), SPAN_ARG(o->c.rq->path),
	    SPAN_ARG(o->address), err_last());
	return call_problem(&o->c, PROBLEM_NO_TOKEN, "%s", e == HK_STALE ?
	    "the session is over, or not yet valid" : is_session(o) ?
	    "no session token that one of the settings' keys has signed" :
	    "nobody has this token, or it was revoked, or its time is over");
}

static enum hk_err
ask_session(struct order *o, struct db *db)
{
	struct call	*c = &o->c;
	struct session	 s;
	struct user	 u;
	enum hk_err	 e;

	e = session_check(o->api->sessions, o->shown, c->now, o->x->arena, &s);
	if (e == HK_BADSIG || e == HK_STALE)
		return refused(o, e);
	if (e == HK_CONF)
		return call_problem(c, PROBLEM_NOT_READY, "no keys of sessions are set: "
		    "[clerk] session_keys");
	if (e != HK_OK)
		return e;
	if ((e = user_find(db, s.clerk_user, &u)) == HK_NOTFOUND)
		return call_problem(c, PROBLEM_NOT_FOUND, "the user of this session is not known "
		    "yet; ask again in a moment");
	if (e != HK_OK)
		return e;
	if (u.deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "this user was deleted");
	memcpy(c->who.user, u.id, sizeof(c->who.user));
	return admit(o, LIMIT_USER, limit_slot(span_str(u.id)), 0);
}

static enum hk_err
ask_token(struct order *o, struct db *db)
{
	struct call	*c = &o->c;
	struct token	 t;
	enum hk_err	 e;

	if ((e = token_check(db, o->shown, c->now, o->x->arena, &t)) == HK_BADSIG) {
		seen_drop(&o->api->seen, o->digest);
		return refused(o, e);
	}
	if (e != HK_OK)
		return e;
	o->token = t;
	seen_put(&o->api->seen, o->digest, t.id, t.rate);
	c->who.token = t.id;
	c->who.name = t.name.p;
	c->who.scopes = t.scopes;
	if ((e = admit(o, LIMIT_TOKEN, (uint64_t)t.id, t.rate)) != HK_OK ||
	    c->problem != PROBLEM_NONE)
		return e;
	if (!token_may(t.scopes, o->route->scope))
		return call_problem(c, PROBLEM_SCOPE, "this needs the scope %s; the token has %.*s",
		    o->route->scope, (int)(t.scopes.len < 200 ? t.scopes.len : 200), t.scopes.p);
	return HK_OK;
}

enum hk_err
who_asks(struct order *o, struct db *db)
{
	if (o->route->scope == NULL)
		return HK_OK;
	return is_session(o) ? ask_session(o, db) : ask_token(o, db);
}
