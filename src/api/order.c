/* One call: a read in a snapshot, a write in the writer's transaction. */
#include <stdlib.h>

#include "api/frame.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

#define WEIGHT_MOST	20000	/* of a body: 2 MB or so as a tree */
#define HOLDER_WEIGHT	10

/* ---- what both do ------------------------------------------------------------- */

static bool
is_problem(const struct order *o)
{
	return o->c.problem != PROBLEM_NONE;
}

/* Its line is in the log already, unless it was meant for somebody's answer. */
static enum hk_err
note(const struct order *o, enum hk_err e)
{
	if (e != HK_OK && e != HK_ABORTED && !err_logged())
		log_error("%s %s: %s (%s)", o->route->method, o->route->path, err_last(),
		    err_name(e));
	return e;
}

/* ---- reads ---------------------------------------------------------------------- */

/* A token is in use; noted once a minute, on a path of its own. */
struct use {
	struct job	 job;	/* first */
	struct token	 token;	/* its number and time alone */
	int64_t		 now;
};

static enum hk_err
use_run(struct job *job, struct db *db)
{
	struct use	*u = (struct use *)job;

	return token_used(db, &u->token, u->now);
}

static void
use_done(struct job *job, enum hk_err e)
{
	(void)e;		/* nothing is lost */
	free(job);
}

static void
note_use(struct order *o)
{
	struct use	*u;

	if (o->token.id == 0 || o->c.now - o->token.used_us < 60 * US_PER_S ||
	    (u = calloc(1, sizeof(*u))) == NULL)
		return;
	u->job.run = use_run;
	u->job.done = use_done;
	u->token = (struct token){ .id = o->token.id, .used_us = o->token.used_us };
	u->now = o->c.now;
	if (api_writer(o->api) == HK_OK)
		writer_put(o->api->writer, &u->job);
	else
		free(u);
}

/*
 * Plain CGI after an update may be the first to see the database: only who
 * writes brings its schema up to date.
 */
static enum hk_err
open_seat(struct api *api, struct seat *seat, struct db **db)
{
	enum hk_err	e = seat_db(api->seats, seat, DB_RO, db);

	if (e != HK_OK && api->writer == NULL && (e = api_writer(api)) == HK_OK)
		e = seat_db(api->seats, seat, DB_RO, db);
	return e;
}

/* In a snapshot: who asks, and then what run() does. */
static enum hk_err
look(struct order *o, call_fn *run)
{
	struct seat	*seat = NULL;
	struct db	*db;
	enum hk_err	 e;

	if ((e = seat_take(o->api->seats, &seat)) != HK_OK)
		return e;
	if ((e = open_seat(o->api, seat, &db)) == HK_OK && (e = db_begin(db)) == HK_OK &&
	    (e = who_asks(o, db)) == HK_OK && !is_problem(o) && run != NULL) {
		o->c.db = db;
		e = run(&o->c);
	}
	seat_put(o->api->seats, seat, note(o, e));
	o->c.db = NULL;
	return e;
}

void
order_read(struct order *o)
{
	enum hk_err	e;

	http_leave(o->x);
	answer_begin(o);
	if ((e = look(o, o->route->run)) == HK_OK)
		e = answer_close(o);
	if (e != HK_OK) {
		answer_failed(o, e);
		return;
	}
	note_use(o);
	answer_send(o);
}

/* ---- writes ---------------------------------------------------------------------- */

/* The answer that was kept; *found. */
static enum hk_err
replay(struct order *o, bool *found)
{
	struct call	*c = &o->c;
	struct kept	 k = { .key = c->key, .request = span_str(o->request),
			     .token = c->who.token };
	enum hk_err	 e;

	*found = true;
	switch (e = keep_find(c->db, c->conf, &k, c->now, c->arena)) {
	case HK_OK:
		break;
	case HK_NOTFOUND:
		*found = false;
		return HK_OK;
	case HK_EXISTS:
		return call_problem(c, PROBLEM_IDEMPOTENCY, "this key came with another method, "
		    "address or body; take a new key for a new request");
	case HK_BADSIG:
		k.body = SPAN_NULL;
		break;
	default:
		return e;
	}
	if (k.body.p == NULL)
		return call_problem(c, PROBLEM_CONFLICT, "this was done before; its answer had a "
		    "secret, and was not kept because hookkeeper.key is not set");
	buf_clear(&o->body);
	buf_putspan(&o->body, k.body);
	c->status = (int)k.status;
	o->replayed = true;
	return HK_OK;
}

/*
 * Only what the call came to is kept: not that it was ill-formed, or came at
 * the wrong time.
 */
static bool
worth_keeping(const struct order *o)
{
	return o->c.key.p != NULL && o->c.status != 400 && o->c.status != 429 &&
	    o->c.status < 500;
}

static enum hk_err
keep(struct order *o)
{
	struct call	*c = &o->c;
	struct kept	 k = {
		.key = c->key, .request = span_str(o->request), .status = c->status,
		.type = c->status >= 400 ? SPAN("application/problem+json") :
		    SPAN("application/json"),
		.body = buf_span(&o->body), .token = c->who.token,
		.secret = o->route->kind == CALL_SECRET && c->status < 400,
	};

	return worth_keeping(o) ? keep_put(c->db, c->conf, &k, c->now, c->arena) : HK_OK;
}

/*
 * Run it; when it tells of a problem after it has written something, that is
 * taken back.  HK_ABORTED: this takes a savepoint, so the next run has one.
 */
static enum hk_err
carry_out(struct order *o)
{
	struct call	*c = &o->c;
	int64_t		 before = db_all_changes(c->db);
	enum hk_err	 e;

	if (o->careful && (e = db_save(c->db)) != HK_OK)
		return e;
	if ((e = o->route->run(c)) != HK_OK)
		return e;
	FAULT_DIE("call.done");
	if (!o->careful && is_problem(o) && db_all_changes(c->db) != before) {
		o->careful = true;
		return HK_ABORTED;
	}
	if (o->careful)
		return is_problem(o) ? db_undo(c->db) : db_keep(c->db);
	return HK_OK;
}

/* From its input each time: the writer may run it twice. */
static enum hk_err
order_run(struct job *job, struct db *db)
{
	struct order	*o = (struct order *)job;
	struct call	*c = &o->c;
	bool		 found = false;
	enum hk_err	 e;

	answer_begin(o);
	c->db = db;
	if ((e = who_asks(o, db)) != HK_OK || is_problem(o))
		goto out;
	if ((e = token_used(db, &o->token, c->now)) != HK_OK)
		return note(o, e);
	if (c->key.p != NULL && ((e = replay(o, &found)) != HK_OK || is_problem(o)))
		goto out;
	if (found)
		return HK_OK;
	if ((e = carry_out(o)) == HK_OK && (e = answer_close(o)) == HK_OK) {
		e = keep(o);
		FAULT_DIE("call.kept");
	}
	return note(o, e);
out:
	if (e == HK_OK)
		e = answer_close(o);
	return note(o, e);
}

/* The writer's thread, after the commit. */
static void
order_done(struct job *job, enum hk_err e)
{
	struct order	*o = (struct order *)job;

	if (e == HK_ABORTED) {
		writer_put(o->api->writer, job);	/* it was alone: once more, carefully */
		return;
	}
	if (e != HK_OK) {
		answer_failed(o, e);
		return;
	}
	if (o->c.woken && !is_problem(o) && !o->replayed)
		o->api->work = true;
	answer_send(o);
}

static bool
is_json(struct span type)
{
	struct span	name = span_trim(span_cut(&type, ';'));

	return name.len == 16 && strncasecmp(name.p, "application/json", 16) == 0;
}

/*
 * What its tree will take, in values: an empty object is two bytes of text, and
 * hundreds of a tree.
 */
static size_t
weight(struct span body)
{
	bool	quoted = false;
	size_t	n = 0;

	for (size_t i = 0; i < body.len; i++)
		if (body.p[i] == '\\')
			i++;
		else if (body.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (body.p[i] == '{' || body.p[i] == '['))
			n += HOLDER_WEIGHT;
		else if (!quoted && body.p[i] == ',')
			n++;
	return n;
}

static enum hk_err
read_body(struct order *o)
{
	struct call	*c = &o->c;
	enum hk_err	 e;

	if (c->rq->body.len == 0)
		return HK_OK;
	if (c->rq->body.len > API_BODY_MOST)
		return call_problem(c, PROBLEM_TOO_LARGE, "a body has %d bytes at most", API_BODY_MOST);
	if (weight(c->rq->body) > WEIGHT_MOST)
		return call_problem(c, PROBLEM_TOO_LARGE, "a body has %d values at most, an object "
		    "or list counting as %d", WEIGHT_MOST, HOLDER_WEIGHT);
	if (!is_json(field_get(&c->rq->fields, "content-type")))
		return call_problem(c, PROBLEM_NOT_JSON, "send the body with "
		    "`Content-Type: application/json`");
	if ((e = json_parse(c->rq->body, &c->in)) == HK_SYNTAX)
		return call_problem(c, PROBLEM_BAD_REQUEST, "the body is no JSON: %s", err_last());
	if (e == HK_OK && !json_is_object(c->in))
		return call_problem(c, PROBLEM_BAD_REQUEST, "the body is to be a JSON object");
	return e;
}

static enum hk_err
read_key(struct order *o)
{
	struct span	key = field_get(&o->c.rq->fields, "idempotency-key");

	if (key.p == NULL)
		return HK_OK;
	key = span_trim(key);
	if (!span_graph(key, KEY_MOST))
		return call_problem(&o->c, PROBLEM_BAD_REQUEST, "an Idempotency-Key has 1 to %d "
		    "printable characters and no blank", KEY_MOST);
	o->c.key = key;
	keep_request(o->request, o->c.rq);
	return HK_OK;
}

void
order_write(struct order *o)
{
	enum hk_err	e = HK_OK;

	/* One that was not good a moment ago does not come near the writer. */
	if (o->route->scope != NULL && !o->known) {
		http_leave(o->x);
		e = look(o, NULL);
	}
	if (e == HK_OK && !is_problem(o))
		e = read_key(o);
	if (e == HK_OK && !is_problem(o))
		e = read_body(o);
	if (e == HK_OK && !is_problem(o))
		e = api_writer(o->api);
	if (e != HK_OK) {
		answer_failed(o, note(o, e));
		return;
	}
	if (is_problem(o)) {
		answer_problem(o);
		return;
	}
	FAULT_DIE("call.checked");
	o->job.run = order_run;
	o->job.done = order_done;
	writer_put(o->api->writer, &o->job);
}
