/* Each message to each endpoint that wants it, once. */
#include "outbox/fanout.h"

#include <stdio.h>

#include "outbox/audience.h"
#include "outbox/catalogue.h"
#include "outbox/endpoint_part.h"
#include "outbox/message.h"
#include "outbox/trial.h"

/* One step is over when it has come to either: others want to write, too. */
#define BYTES_MOST	((size_t)8 << 20)	/* of payloads and bodies that were read */
#define ROWS_MOST	2000			/* deliveries; one message is always finished */

#define TYPES_KEPT	32	/* of one step: who listens to them */

/* Those whose types take this one, so that very many endpoints cost once for a type. */
struct interest {
	struct span		  type;
	bool			  relayed;
	const struct listener	**who;
	size_t			  n;
};

struct step {
	struct db			*db;
	const struct fanout_opts	*o;
	struct arena			*arena;
	int64_t				 now, made, rows;
	size_t				 bytes;
	struct audience			 audience;
	struct interest			 interest[TYPES_KEPT];
	size_t				 ninterest;
};

static bool
is_relay(struct span cause)
{
	return span_starts(cause, RELAY_CAUSE);
}

/* ---- received events become messages ----------------------------------------------- */

struct received {
	int64_t		 id;
	struct span	 provider, type, lane;
	char		 name[TYPE_MOST + 1];	/* "stripe.invoice.paid"; "": none that can be */
};

/* What a type may not have becomes '_', so that every event has a name. */
static void
name_of(struct received *r)
{
	int	n = snprintf(r->name, sizeof(r->name), "%.*s.%.*s", SPAN_ARG(r->provider),
		    SPAN_ARG(r->type));

	if (n <= 0 || (size_t)n >= sizeof(r->name)) {
		r->name[0] = '\0';
		return;
	}
	for (char *c = r->name; *c != '\0'; c++)
		if (*c == ':')
			*c = '.';
		else if (!type_name_good(span_of(c, 1)) && *c != '.')
			*c = '_';
}

static bool
somebody_wants(const struct step *s, const struct received *r)
{
	for (size_t i = 0; i < s->audience.n; i++)
		if (types_take(s->audience.who[i].types, span_str(r->name), true))
			return true;
	return false;
}

static enum hk_err
put_relay(struct step *s, const struct received *r)
{
	struct message	 m = { .type = r->name, .owner_kind = "system", .event = r->id,
			    .now = s->now };
	char		 cause[64];
	enum hk_err	 e;

	if ((e = s->o->body(s->db, r->id, s->arena, &m.payload)) != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;	/* its body is gone: nothing to hand on */
	s->bytes += m.payload.len;
	snprintf(cause, sizeof(cause), RELAY_CAUSE "%lld", (long long)r->id);
	m.cause = span_str(cause);
	m.owner = r->lane.len > 0 ? r->lane : r->provider;
	return message_put(s->db, &m, NULL);
}

/* The next so many events after `at`; *n of them, in the arena. */
static enum hk_err
read_events(struct step *s, int64_t at, struct received *r, int most, int *n)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(s->db, S_FANOUT_EVENTS, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", at);
	bind_int(q, ":most", most);
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		r[*n].id = col_int(q, 0);
		if (!row_keep(s->arena, q, 1, &r[*n].provider) ||
		    !row_keep(s->arena, q, 2, &r[*n].type) || !row_keep(s->arena, q, 3, &r[*n].lane)) {
			e = err_note(HK_NOMEM, "no memory to hand events on");
			break;
		}
		++*n;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
move_to(struct db *db, enum stmt_id which, int64_t to)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, which, &q)) != HK_OK)
		return e;
	bind_int(q, ":to", to);
	return stmt_run(q);
}

/* Nobody listens to received events: they are passed over at once. */
static bool
relays_are_wanted(const struct step *s)
{
	static const char *const	ours[] = { "stripe.", "clerk.", "resend.", "custom." };

	for (size_t i = 0; i < s->audience.n; i++)
		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++) {
			struct span	types = s->audience.who[i].types;

			if (types.p != NULL &&
			    memmem(types.p, types.len, ours[k], strlen(ours[k])) != NULL)
				return true;
		}
	return false;
}

static enum hk_err
skip_events(struct step *s, int64_t at)
{
	struct stmt	*q = NULL;
	int64_t		 last = at;
	enum hk_err	 e;

	if ((e = db_stmt(s->db, S_FANOUT_LAST_EVENT, &q)) != HK_OK ||
	    (e = stmt_int(q, &last)) != HK_OK || last == at)
		return e;
	return move_to(s->db, S_FANOUT_EVENT_TO, last);
}

static enum hk_err
hand_on(struct step *s, int64_t at, bool *more)
{
	struct received	*r = arena_get(s->arena, sizeof(*r) * (size_t)s->o->most);
	int		 n, i = 0;
	enum hk_err	 e;

	if (r == NULL)
		return err_note(HK_NOMEM, "no memory to hand events on");
	if ((e = read_events(s, at, r, s->o->most, &n)) != HK_OK)
		return e;
	for (; i < n && s->bytes < BYTES_MOST; i++) {
		name_of(&r[i]);
		if (r[i].name[0] != '\0' && somebody_wants(s, &r[i]) &&
		    s->o->may_relay(r[i].provider, r[i].type) && (e = put_relay(s, &r[i])) != HK_OK)
			return e;
	}
	*more = *more || n == s->o->most || i < n;
	return i == 0 ? HK_OK : move_to(s->db, S_FANOUT_EVENT_TO, r[i - 1].id);
}

/* ---- messages become deliveries -------------------------------------------------------- */

static enum hk_err
find_interest(struct step *s, const struct told *m, const struct interest **out)
{
	struct interest	*in;

	for (size_t i = 0; i < s->ninterest; i++) {
		*out = in = &s->interest[i];
		if (in->relayed == m->relayed && span_eq(in->type, m->type))
			return HK_OK;
	}
	/* When there are too many, the last place is taken again and again. */
	if (s->ninterest < TYPES_KEPT)
		s->ninterest++;
	*out = in = &s->interest[s->ninterest - 1];
	*in = (struct interest){ .type = m->type, .relayed = m->relayed,
	    .who = arena_get(s->arena, sizeof(*in->who) * (s->audience.n + 1)) };
	if (in->who == NULL)
		return err_note(HK_NOMEM, "no memory for endpoints");
	for (size_t i = 0; i < s->audience.n; i++)
		if (types_take(s->audience.who[i].types, m->type, m->relayed))
			in->who[in->n++] = &s->audience.who[i];
	return HK_OK;
}

static enum hk_err
deliver(struct step *s, const struct told *m)
{
	const struct interest	*in = NULL;
	struct json		*parsed = NULL;
	bool			 fresh;
	enum hk_err		 e = find_interest(s, m, &in);

	for (size_t i = 0; e == HK_OK && i < in->n; i++) {
		const struct listener	*l = in->who[i];

		if (m->id <= l->heard_to || !listener_wants(l, m, &parsed))
			continue;
		if ((e = listener_deliver(s->db, l, m, s->now, s->now, &fresh)) == HK_OK && fresh) {
			s->rows++;
			s->made += l->enabled;
		}
	}
	json_free(parsed);
	return e;
}

static enum hk_err
read_messages(struct step *s, int64_t at, struct told *m, int most, int *n)
{
	struct stmt	*q = NULL;
	size_t		 bytes = 0;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(s->db, S_FANOUT_MESSAGES, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", at);
	bind_int(q, ":most", most);
	while (bytes < BYTES_MOST && (e = stmt_step(q, &row)) == HK_OK && row) {
		struct told	*t = &m[*n];

		t->id = col_int(q, 0);
		t->relayed = is_relay(col_text(q, 5));
		t->trial = span_starts(col_text(q, 5), TRIAL_CAUSE);
		if (!row_keep(s->arena, q, 1, &t->type) || !row_keep(s->arena, q, 2, &t->owner_kind) ||
		    !row_keep(s->arena, q, 3, &t->owner) || !row_keep(s->arena, q, 4, &t->payload)) {
			e = err_note(HK_NOMEM, "no memory for messages");
			break;
		}
		bytes += t->payload.len;
		++*n;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
fan_out(struct step *s, int64_t at, bool *more)
{
	struct told	*m = arena_get(s->arena, sizeof(*m) * (size_t)s->o->most);
	int		 n, i;
	enum hk_err	 e;

	if (m == NULL)
		return err_note(HK_NOMEM, "no memory for messages");
	if ((e = read_messages(s, at, m, s->o->most, &n)) != HK_OK)
		return e;
	for (i = 0; i < n && s->rows < ROWS_MOST; i++)
		if ((e = deliver(s, &m[i])) != HK_OK)
			return e;
	if (n == 0)
		return HK_OK;
	/* What is behind the last one read shows the next step. */
	*more = true;
	return move_to(s->db, S_FANOUT_MESSAGE_TO, m[i - 1].id);
}

/* ---- a step ---------------------------------------------------------------------------- */

static enum hk_err
cursor(struct db *db, int64_t *message, int64_t *event)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_FANOUT_AT, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*message = col_int(q, 0);
		*event = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

/* Is there anything?  A look without the lock. */
static enum hk_err
behind(struct db *db, bool *yes)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_FANOUT_BEHIND, &q)) != HK_OK || (e = stmt_int(q, &n)) != HK_OK)
		return e;
	*yes = n != 0;
	return HK_OK;
}

enum hk_err
fanout_step(struct db *db, const struct fanout_opts *o, struct arena *a, int64_t now,
    int64_t *made, bool *more)
{
	struct step	s = { .db = db, .o = o, .arena = a, .now = now };
	int64_t		message = 0, event = 0;
	bool		yes = false;
	enum hk_err	e;

	*made = 0;
	*more = false;
	if ((e = behind(db, &yes)) != HK_OK || !yes || (e = db_begin(db)) != HK_OK)
		return e;
	if ((e = cursor(db, &message, &event)) == HK_OK &&
	    (e = audience_read(db, a, &s.audience)) == HK_OK)
		e = relays_are_wanted(&s) ? hand_on(&s, event, more) : skip_events(&s, event);
	if (e == HK_OK)
		e = fan_out(&s, message, more);
	if (e != HK_OK) {
		db_rollback(db);
		return e;
	}
	*made = s.made;
	return db_commit(db);
}
