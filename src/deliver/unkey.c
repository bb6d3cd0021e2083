/* The channel "unkey". */
#include "deliver/unkey.h"

#include "base/clock.h"
#include "base/json.h"

#define TURN_US		(60 * US_PER_S)	/* longest wait for a turn: within the lease */
#define KEY_MOST	256
#define BODY_MOST	2048

/* ---- what is to be done ---------------------------------------------------------- */

/* The user's key and balance now. */
struct standing {
	struct span	 key;		/* SPAN_NULL: none */
	int64_t		 balance;
	bool		 gone;		/* no such user, or deleted */
};

static enum hk_err
open_db(struct channels *c)
{
	return c->db != NULL ? HK_OK :
	    db_open(&c->db, c->conf->db, DB_RO, c->conf->busy_timeout_ms);
}

/* By the setting key_id_from. */
static enum hk_err
key_of(struct stmt *q, const struct conf *conf, struct arena *a, struct span *key)
{
	struct span	 metadata = col_text(q, 0), id = col_text(q, 1);
	struct json	*root = NULL;
	enum hk_err	 e;

	*key = SPAN_NULL;
	if (strcmp(conf->unkey_key_id_from, "external_id") != 0) {
		if (metadata.len == 0 || json_parse(metadata, &root) != HK_OK)
			return HK_OK;
		id = json_text(root, conf->unkey_key_id_from + strlen("metadata:"));
	}
	e = !span_graph(id, KEY_MOST) || (*key = arena_span(a, id)).p != NULL ? HK_OK :
	    err_note(HK_NOMEM, "no memory to ask Unkey");
	json_free(root);
	return e;
}

static enum hk_err
read_standing(struct channels *c, struct flight *f, struct standing *s)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*s = (struct standing){ .gone = true };
	if (!span_is(f->delivery.owner_kind, "user"))
		return HK_OK;
	if ((e = open_db(c)) != HK_OK || (e = db_stmt(c->db, S_UNKEY_OWNER, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner", f->delivery.owner);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		s->gone = col_int(q, 3) != 0;
		s->balance = col_int(q, 2);
		e = key_of(q, c->conf, f->arena, &s->key);
	}
	stmt_reset(q);
	return e;
}

/* Was an attempt begun that nobody wrote the end of? */
static enum hk_err
was_lost(struct channels *c, const struct flight *f, bool *yes)
{
	struct stmt	*q = NULL;
	int64_t		 told = 0;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_DELIVERY_ATTEMPTS_TOLD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", f->delivery.id);
	if ((e = stmt_int(q, &told)) == HK_OK)
		*yes = told < f->delivery.attempts - 1;
	return e;
}

static int64_t
amount_of(const struct flight *f)
{
	struct json	*root = NULL;
	int64_t		 n = 0;

	if (json_parse(f->delivery.payload, &root) != HK_OK || !json_int(root, "amount", &n))
		n = 0;
	json_free(root);
	return n;
}

/* ---- the ends ------------------------------------------------------------------------ */

static void	 next_turn(struct channels *, const struct unkey_job *);

static void
take_out(struct channels *c, struct unkey_job *j)
{
	struct unkey_job	**p = &c->unkey;

	while (*p != j)
		p = &(*p)->next;
	*p = j->next;
}

/* f->result is told. */
static void
end(struct channels *c, struct unkey_job *j)
{
	take_out(c, j);
	flight_over(c, j->f);
	next_turn(c, j);
}

static void
fail(struct channels *c, struct unkey_job *j, const char *error)
{
	j->f->result.error = error;
	j->f->result.good = false;
	end(c, j);
}

static void
nothing_to_do(struct channels *c, struct unkey_job *j, struct span why)
{
	j->f->result.good = true;
	j->f->result.answer = why;
	end(c, j);
}

/* A person is to decide. */
static void
hold(struct channels *c, struct unkey_job *j, const char *why)
{
	j->f->result.good = false;
	j->f->result.error = "E_HELD";
	j->f->result.hold = why;
	end(c, j);
}

/* ---- the calls -------------------------------------------------------------------------- */

static void
ask(struct channels *c, struct unkey_job *j, enum unkey_step step, const char *operation,
    int64_t value)
{
	struct buf	b;
	struct jw	w;
	struct span	body;
	enum hk_err	e;

	buf_init(&b, BODY_MOST);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	jw_text(&w, "keyId", j->key);
	if (operation != NULL) {
		jw_text(&w, "operation", span_str(operation));
		jw_int(&w, "value", value);
	}
	jw_close(&w, '}');
	body = buf_ok(&b) ? arena_span(j->f->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	j->step = step;
	if (operation != NULL)
		j->f->result.request = body;
	e = body.p == NULL ? HK_NOMEM : unkey_call_begin(c, j->f, &j->call,
	    operation != NULL ? "keys.updateCredits" : "keys.getKey", body);
	if (e == HK_OK)
		return;
	if (step == UNKEY_CHECK)
		hold(c, j, "the addition's outcome is not known, and the key cannot be read");
	else
		fail(c, j, e == HK_SYNTAX ? "E_ADDRESS" : "E_MEMORY");
}

/* How it stands with the user, for this delivery; false: it is over. */
static bool
look_up(struct channels *c, struct unkey_job *j, bool here, struct standing *s, bool *lost)
{
	enum hk_err	e;

	*lost = false;
	if ((e = read_standing(c, j->f, s)) == HK_OK && !here && !s->gone)
		e = was_lost(c, j->f, lost);
	if (e == HK_OK)
		return true;
	db_close(c->db);		/* the next begins afresh */
	c->db = NULL;
	fail(c, j, "E_DATABASE");
	return false;
}

static void
set(struct channels *c, struct unkey_job *j, const struct standing *s)
{
	if (s->key.p == NULL) {
		nothing_to_do(c, j, SPAN("the user has no key at Unkey"));
		return;
	}
	j->key = s->key;
	ask(c, j, UNKEY_SET, "set", s->balance > 0 ? s->balance : 0);
}

static void
add(struct channels *c, struct unkey_job *j, const struct standing *s, bool lost)
{
	if ((j->amount = amount_of(j->f)) <= 0)
		nothing_to_do(c, j, SPAN("nothing was granted"));
	else if (lost)
		hold(c, j, "an earlier attempt was lost with its worker: look whether the credits are there");
	else if (s->key.p == NULL)
		hold(c, j, "the user has no key at Unkey");
	else {
		j->key = s->key;
		ask(c, j, UNKEY_READ, NULL, 0);
	}
}

static void
begin(struct channels *c, struct unkey_job *j)
{
	bool		here = c->conf->unkey_burn_at == UNKEY_BURNS_HERE, lost;
	struct standing	s;

	j->read_us = mono_us();
	if (j->read_us - j->since_us > TURN_US)
		fail(c, j, "E_BUSY");
	else if (!look_up(c, j, here, &s, &lost))
		return;
	else if (s.gone)
		nothing_to_do(c, j, SPAN("there is no such user (any more)"));
	else if (here)
		set(c, j, &s);
	else
		add(c, j, &s, lost);
}

/* ---- turns --------------------------------------------------------------------------------- */

static bool
is_under_way(const struct channels *c, const struct flight *f)
{
	for (const struct unkey_job *j = c->unkey; j != NULL; j = j->next)
		if (j->step != UNKEY_WAITS && span_eq(j->f->delivery.owner, f->delivery.owner))
			return true;
	return false;
}

/* One has ended; of those that wait for it the first begins. */
static void
next_turn(struct channels *c, const struct unkey_job *ended)
{
	struct unkey_job	*j = c->unkey;

	while (j != NULL && (j->step != UNKEY_WAITS ||
	    !span_eq(j->f->delivery.owner, ended->f->delivery.owner)))
		j = j->next;
	if (j != NULL)
		begin(c, j);
}

/* The balance that was set had been read after these were put: it is theirs, too. */
static void
end_with(struct channels *c, const struct unkey_job *done)
{
	for (struct unkey_job *j = c->unkey, *next; j != NULL; j = next) {
		next = j->next;
		if (j->step != UNKEY_WAITS || j->since_us > done->read_us ||
		    !span_eq(j->f->delivery.owner, done->f->delivery.owner))
			continue;
		j->f->result.good = true;
		j->f->result.status = done->f->result.status;
		j->f->result.answer = SPAN("the balance was set by another delivery meanwhile");
		take_out(c, j);
		flight_over(c, j->f);
	}
}

static void
unkey_start(struct channels *c, struct flight *f)
{
	struct unkey_job	*j, **last = &c->unkey;
	bool			 wait = is_under_way(c, f);

	if (c->conf->unkey_root_key == NULL) {
		flight_failed(c, f, "E_CHANNEL", false);
		return;
	}
	if ((j = arena_zero(f->arena, sizeof(*j))) == NULL) {
		flight_failed(c, f, "E_MEMORY", false);
		return;
	}
	j->f = f;
	j->since_us = mono_us();
	j->step = UNKEY_WAITS;
	f->state = j;
	while (*last != NULL)
		last = &(*last)->next;
	*last = j;
	if (!wait)
		begin(c, j);
}

static void
unkey_abort(struct channels *c, struct flight *f)
{
	struct unkey_job	*j = f->state;

	if (j->step != UNKEY_WAITS)
		unkey_call_drop(c, &j->call);
	take_out(c, j);
	f->state = NULL;
}

/* ---- answers ----------------------------------------------------------------------------------- */

/* False: the key has no credits to count, or it is no answer. */
static bool
remaining(const struct flight *f, int64_t *n)
{
	struct json	*root = NULL;
	bool		 ok = json_parse(f->result.answer, &root) == HK_OK &&
			    json_int(root, "data.credits.remaining", n);

	json_free(root);
	return ok;
}

/* Of a call that did nothing: wrong keys and requests will not get right by themselves. */
static void
was_refused(struct channels *c, struct unkey_job *j)
{
	int	status = j->f->result.status;

	j->f->result.good = false;
	j->f->result.final = status == 400 || status == 404 || status == 422;
	end(c, j);
}

static void
was_set(struct channels *c, struct unkey_job *j, enum call_end how)
{
	if (how != CALL_GOOD) {
		was_refused(c, j);
		return;
	}
	j->f->result.good = true;
	take_out(c, j);
	flight_over(c, j->f);
	end_with(c, j);
	next_turn(c, j);
}

static void
was_read(struct channels *c, struct unkey_job *j, enum call_end how)
{
	if (how != CALL_GOOD)
		was_refused(c, j);
	else if (!remaining(j->f, &j->before))
		hold(c, j, "the key counts no credits: it is unlimited at Unkey");
	else
		ask(c, j, UNKEY_ADD, "increment", j->amount);
}

static void
was_added(struct channels *c, struct unkey_job *j, enum call_end how)
{
	if (how == CALL_UNKNOWN)
		ask(c, j, UNKEY_CHECK, NULL, 0);
	else if (how != CALL_GOOD)
		was_refused(c, j);
	else {
		j->f->result.good = true;
		end(c, j);
	}
}

static void
was_checked(struct channels *c, struct unkey_job *j, enum call_end how)
{
	int64_t	now;

	if (how != CALL_GOOD)
		hold(c, j, "the addition's outcome is not known, and the key cannot be read");
	else if (!remaining(j->f, &now) || now <= j->before)
		hold(c, j, "the addition's outcome is not known: look whether the credits are there");
	else {
		j->f->result.good = true;
		end(c, j);
	}
}

static void
unkey_collect(struct channels *c, struct flight *f, int curlcode)
{
	struct unkey_job	*j = f->state;
	enum call_end		 how = unkey_call_end(c, f, &j->call, (CURLcode)curlcode);

	switch (j->step) {
	case UNKEY_SET:
		was_set(c, j, how);
		break;
	case UNKEY_READ:
		was_read(c, j, how);
		break;
	case UNKEY_ADD:
		was_added(c, j, how);
		break;
	case UNKEY_CHECK:
	case UNKEY_WAITS:
		was_checked(c, j, how);
		break;
	}
}

const struct channel channel_unkey = {
	.name = "unkey", .start = unkey_start, .abort = unkey_abort, .collect = unkey_collect,
};
