/* The engine: claim, send, settle. */
#include "deliver/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "deliver/channel.h"
#include "deliver/lane.h"
#include "inbox/body.h"
#include "outbox/fanout.h"
#include "provider/masked.h"

#define LOOK_US		(100 * US_PER_MS)	/* longest that a new message is not seen */
#define STOP_US		(5 * US_PER_S)		/* those in flight get so long */
#define TROUBLE_US	US_PER_S		/* after the database failed */
#define FANOUT_MOST	500
#define ENDPOINTS_MOST	256			/* with something due, of one look */
#define SUSPECTS_MOST	(ENGINE_FLIGHTS / 2)	/* flights of endpoints that may be sick */
#define FLIGHT_ARENA	((size_t)96 << 20)
#define ROUND_ARENA	((size_t)256 << 20)
#define SECRETS_MOST	8
#define TIDY_US		(600 * US_PER_S)
#define FAST_US		US_PER_S

struct engine {
	struct engine_opts	 o;
	struct db		*db;
	struct channels		*channels;
	struct lanes		*lanes;
	struct arena		*arena;		/* of one round */
	int			 wake;
	struct flight		*over;		/* not settled yet */
	struct flight		*up;		/* in flight */
	struct flight		*begun;		/* claimed, the commit is to come */
	int			 flights, suspects;
	int64_t			 version, next_due_us, next_look_us, tidy_at;
	int64_t			 after;		/* endpoint whose turn was last */
	bool			 more;		/* something is due that had no room */
};

/* ---- opening and closing --------------------------------------------------------- */

enum hk_err
engine_open(struct engine **out, const struct engine_opts *o)
{
	struct engine	*g = calloc(1, sizeof(*g));
	enum hk_err	 e;

	if (g == NULL)
		return err_note(HK_NOMEM, "no memory for the engine");
	g->o = *o;
	if ((g->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		e = err_note(HK_IO, "eventfd: no file to wake the engine by");
	else if ((g->arena = arena_new(ROUND_ARENA)) == NULL)
		e = err_note(HK_NOMEM, "no memory for the engine");
	else if ((e = lanes_open(&g->lanes)) == HK_OK &&
	    (e = channels_open(&g->channels, o->conf)) == HK_OK &&
	    (e = db_open(&g->db, o->conf->db, DB_RW, o->conf->busy_timeout_ms)) == HK_OK)
		e = delivery_reclaim(g->db, INT64_MAX, now_us());
	if (e != HK_OK) {
		engine_close(g);
		return e;
	}
	*out = g;
	return HK_OK;
}

static void
flight_free(struct flight *f)
{
	for (size_t i = 0; i < f->nsecret; i++)
		explicit_bzero((char *)(uintptr_t)f->secret[i].text.p, f->secret[i].text.len);
	arena_free(f->arena);
}

static void
flights_free(struct flight *f)
{
	for (struct flight *next; f != NULL; f = next) {
		next = f->next;
		flight_free(f);
	}
}

/* They are settled by nobody: the next who works takes them up again. */
static void
abort_all(struct engine *g)
{
	for (struct flight *f = g->up, *next; f != NULL; f = next) {
		next = f->up_next;
		if (f->state != NULL)
			channel_find(f->endpoint->channel)->abort(g->channels, f);
		flight_free(f);
	}
	g->up = NULL;
}

void
engine_close(struct engine *g)
{
	if (g == NULL)
		return;
	abort_all(g);
	flights_free(g->over);
	flights_free(g->begun);
	channels_close(g->channels);
	lanes_close(g->lanes);
	db_close(g->db);
	arena_free(g->arena);
	if (g->wake >= 0)
		close(g->wake);
	free(g);
}

void
engine_wake(struct engine *g)
{
	uint64_t	one = 1;

	/* It can only be full, and then it is awake. */
	if (write(g->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_warn("the engine cannot be woken");
}

static bool
stopping(const struct engine *g)
{
	return g->o.stop != NULL && g->o.stop(g->o.ctx);
}

/* ---- fan-out ------------------------------------------------------------------------ */

static bool
may_relay(struct span provider, struct span type)
{
	return !provider_has_codes(provider, type);
}

static enum hk_err
event_body(struct db *db, int64_t event, struct arena *a, struct span *out)
{
	return body_load(db, event, a, NULL, out);
}

static enum hk_err
fan_out(struct engine *g)
{
	const struct fanout_opts	o = { .conf = g->o.conf, .most = FANOUT_MOST,
					    .may_relay = may_relay, .body = event_body };
	bool				more = true;
	int64_t				made;
	enum hk_err			e = HK_OK;

	while (e == HK_OK && more && !stopping(g)) {
		if ((e = fanout_step(g->db, &o, g->arena, now_us(), &made, &more)) == HK_OK && made > 0)
			g->next_due_us = 0;
		arena_reset(g->arena);
	}
	FAULT_DIE("engine.fanned");
	return e;
}

/* ---- taking ---------------------------------------------------------------------------- */

/* What all flights of an endpoint need, read once for a claim. */
struct load {
	struct endpoint		 endpoint;
	struct endpoint_secret	 secret[SECRETS_MOST];
	size_t			 nsecret;
	struct span		 headers;
	enum hk_err		 sealed;	/* why secrets or headers cannot be had */
};

static enum hk_err
load_endpoint(struct engine *g, int64_t id, int64_t now, struct load *l)
{
	enum hk_err	e;

	*l = (struct load){ .nsecret = 0 };
	if ((e = endpoint_find(g->db, id, g->arena, &l->endpoint)) != HK_OK)
		return e;
	l->sealed = endpoint_secrets(g->db, g->o.conf, id, now, g->arena, l->secret, SECRETS_MOST,
	    &l->nsecret);
	if (l->sealed == HK_OK)
		l->sealed = endpoint_headers(g->db, g->o.conf, id, g->arena, &l->headers);
	/* What the settings lack is the endpoint's failure; what the database lacks is ours. */
	return l->sealed == HK_OK || l->sealed == HK_BADSIG || l->sealed == HK_CONF ? HK_OK : l->sealed;
}

/* A copy of its own, for it outlives the round. */
static bool
keep_endpoint(struct arena *a, const struct endpoint *from, struct endpoint **out)
{
	struct endpoint	*ep = arena_get(a, sizeof(*ep));

	if ((*out = ep) == NULL)
		return false;
	*ep = *from;
	ep->channel = arena_span(a, from->channel);
	ep->name = from->name.p != NULL ? arena_span(a, from->name) : SPAN_NULL;
	ep->word = (struct endpoint_word){ .thin = from->word.thin, .rate = from->word.rate,
	    .ordered = from->word.ordered };
	if (from->word.url.p != NULL)
		ep->word.url = arena_span(a, from->word.url);
	return ep->channel.p != NULL && (from->name.p == NULL || ep->name.p != NULL) &&
	    (from->word.url.p == NULL || ep->word.url.p != NULL);
}

static bool
keep_delivery(struct arena *a, const struct delivery *from, struct delivery *to)
{
	*to = *from;
	to->subject = arena_span(a, from->subject);
	to->type = arena_span(a, from->type);
	to->owner_kind = arena_span(a, from->owner_kind);
	to->owner = arena_span(a, from->owner);
	to->payload = arena_span(a, from->payload);
	return to->subject.p != NULL && to->type.p != NULL && to->owner_kind.p != NULL &&
	    to->owner.p != NULL && to->payload.p != NULL;
}

static bool
keep_secrets(struct flight *f, const struct load *l)
{
	if (l->sealed != HK_OK)
		return true;		/* the channel says that there is none */
	if ((f->secret = arena_zero(f->arena, sizeof(*f->secret) * (l->nsecret + 1))) == NULL)
		return false;
	for (size_t i = 0; i < l->nsecret; i++) {
		f->secret[i] = l->secret[i];
		if ((f->secret[i].text = arena_span(f->arena, l->secret[i].text)).p == NULL)
			return false;
		f->nsecret++;
	}
	f->headers = l->headers.p != NULL ? arena_span(f->arena, l->headers) : SPAN_NULL;
	return l->headers.p == NULL || f->headers.p != NULL;
}

static struct flight *
flight_new(const struct load *l, const struct delivery *d, struct lane *lane)
{
	struct arena	*a = arena_new(FLIGHT_ARENA);
	struct flight	*f = a != NULL ? arena_zero(a, sizeof(*f)) : NULL;

	if (f == NULL) {
		arena_free(a);
		return NULL;
	}
	f->arena = a;
	f->lane = lane;
	f->result = (struct delivered){ .delivery = d->id, .endpoint = d->endpoint, .dns_us = -1,
	    .connect_us = -1, .tls_us = -1, .first_us = -1, .retry_after_s = -1 };
	if (!keep_endpoint(a, &l->endpoint, &f->endpoint) || !keep_delivery(a, d, &f->delivery) ||
	    !keep_secrets(f, l)) {
		flight_free(f);
		return NULL;
	}
	return f;
}

/* So many of this endpoint, into g->begun; inside a transaction. */
static enum hk_err
take(struct engine *g, const struct load *l, struct lane *lane, int most, int64_t now)
{
	struct delivery	*d = arena_get(g->arena, sizeof(*d) * (size_t)most);
	struct flight	*f;
	int		 n;
	enum hk_err	 e;

	if (d == NULL)
		return err_note(HK_NOMEM, "no memory for deliveries");
	if ((e = delivery_claim(g->db, l->endpoint.id, now, most, g->arena, d, &n)) != HK_OK)
		return e;
	g->more = g->more || n == most;
	for (int i = 0; i < n; i++) {
		if ((f = flight_new(l, &d[i], lane)) == NULL)
			return err_note(HK_NOMEM, "no memory for a delivery");
		f->next = g->begun;
		g->begun = f;
		lane_begin(lane, 1);
		g->flights++;
		f->suspect = lane->suspect;
		g->suspects += f->suspect;
	}
	return HK_OK;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* One endpoint's turn.  share: at most so many. */
static enum hk_err
turn(struct engine *g, int64_t id, int share, int64_t now)
{
	int64_t		 wait = 0, mono = mono_us();
	struct lane	*lane = lane_of(g->lanes, id);
	struct load	 l;
	int		 room;
	enum hk_err	 e;

	if (lane == NULL)
		return err_note(HK_NOMEM, "no memory for endpoints");
	if (lane->flights >= lane->width)
		return HK_OK;			/* it comes back when one of them is over */
	if ((e = load_endpoint(g, id, now, &l)) != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;
	room = least(least(lane_room(lane, l.endpoint.word.rate, mono, &wait), share),
	    ENGINE_FLIGHTS - g->flights);
	if (lane->suspect)
		room = least(room, SUSPECTS_MOST - g->suspects);
	if (wait > 0 && now + wait < g->next_due_us)
		g->next_due_us = now + wait;
	return room > 0 ? take(g, &l, lane, room, now) : HK_OK;
}

/*
 * A turn for each endpoint that has something due, beginning behind the one that
 * was last, so that all come to it when there is not room for all.
 */
static enum hk_err
claim(struct engine *g, int64_t now)
{
	int64_t		id[ENDPOINTS_MOST], next;
	size_t		n = 0;
	int		share;
	enum hk_err	e;

	g->more = false;
	if ((e = delivery_endpoints(g->db, g->after, now, id, ENDPOINTS_MOST, &n, &next)) != HK_OK)
		return e;
	g->next_due_us = next;
	if (n < ENDPOINTS_MOST && g->after != 0) {
		/* The circle closes: the rest from the beginning. */
		size_t	m = 0;

		if ((e = delivery_endpoints(g->db, 0, now, id + n, ENDPOINTS_MOST - n, &m, &next)) != HK_OK)
			return e;
		if (next < g->next_due_us)
			g->next_due_us = next;
		for (size_t i = n; i < n + m; i++)
			if (id[i] > g->after) {	/* had its turn in the first part */
				m = i - n;
				break;
			}
		n += m;
	}
	if (n == 0)
		return HK_OK;
	share = (ENGINE_FLIGHTS - g->flights) / (int)n;
	share = share < 1 ? 1 : share;
	for (size_t i = 0; e == HK_OK && i < n && g->flights < ENGINE_FLIGHTS; i++) {
		e = turn(g, id[i], share, now);
		g->after = id[i];
	}
	return e;
}

/* ---- settling ------------------------------------------------------------------------------- */

static enum hk_err
settle_all(struct engine *g, int64_t now)
{
	uint32_t	chance;
	enum hk_err	e = HK_OK;

	for (struct flight *f = g->over; f != NULL; f = f->next) {
		random_fill(&chance, sizeof(chance));
		e = delivery_settle(g->db, &f->result, chance, g->arena, now);
		if (e != HK_OK && e != HK_SKIP && e != HK_NOTFOUND)
			return e;
	}
	return HK_OK;
}

/* Claimed, but the commit failed: nothing of it happened. */
static void
drop_begun(struct engine *g)
{
	struct flight	*next;

	for (struct flight *f = g->begun; f != NULL; f = next) {
		next = f->next;
		lane_undo(f->lane);
		g->flights--;
		g->suspects -= f->suspect;
		flight_free(f);
	}
	g->begun = NULL;
}

/*
 * One transaction: what became of the last, and what is next.  What is not
 * settled stays in g->over, for another try.
 */
static enum hk_err
commit_round(struct engine *g, int64_t *done)
{
	int64_t		now = now_us(), settled = 0;
	bool		want = !stopping(g) && g->flights < ENGINE_FLIGHTS &&
			    (g->more || g->next_due_us <= now);
	enum hk_err	e;

	if ((g->over == NULL && !want) || (e = db_begin(g->db)) != HK_OK)
		return g->over == NULL && !want ? HK_OK : e;
	if ((e = settle_all(g, now)) == HK_OK && want)
		e = claim(g, now);
	FAULT_DIE("engine.claimed");
	if (e == HK_OK)
		e = db_commit(g->db);
	else
		db_rollback(g->db);
	FAULT_DIE("engine.committed");
	if (e != HK_OK) {
		drop_begun(g);
		g->next_due_us = 0;
		return e;
	}
	for (struct flight *f = g->over, *next; f != NULL; f = next, settled++) {
		next = f->next;
		flight_free(f);
	}
	g->over = NULL;
	*done += settled;
	return HK_OK;
}

/* ---- in flight -------------------------------------------------------------------------------- */

static void
enter_up(struct engine *g, struct flight *f)
{
	if ((f->up_next = g->up) != NULL)
		g->up->up_prev = &f->up_next;
	f->up_prev = &g->up;
	g->up = f;
}

static void
leave_up(struct flight *f)
{
	if ((*f->up_prev = f->up_next) != NULL)
		f->up_next->up_prev = f->up_prev;
}

static void
begin_all(struct engine *g)
{
	struct flight			*next;
	const struct channel		*ch;

	for (struct flight *f = g->begun; f != NULL; f = next) {
		next = f->next;
		f->result.started_us = now_us();
		f->began_us = mono_us();
		enter_up(g, f);
		if ((ch = channel_find(f->endpoint->channel)) != NULL)
			ch->start(g->channels, f);
		else
			flight_failed(g->channels, f, "E_CHANNEL", true);
		FAULT_DIE("engine.sending");
	}
	g->begun = NULL;
}

static void
gather(struct engine *g)
{
	struct flight	*f;

	while ((f = channels_done(g->channels)) != NULL) {
		leave_up(f);
		g->suspects -= f->suspect;
		lane_end(f->lane, f->result.good, f->result.took_us < FAST_US);
		g->flights--;
		g->more = true;
		f->next = g->over;
		g->over = f;
	}
	FAULT_DIE("engine.gathered");
}

static int64_t
patience(const struct engine *g)
{
	int64_t	now = now_us(), us = LOOK_US;

	if (g->over != NULL)
		return 0;
	if (g->next_due_us - now < us)
		us = g->next_due_us > now ? g->next_due_us - now : 0;
	/* All places are taken: only an end makes a difference. */
	return us == 0 && (g->flights >= ENGINE_FLIGHTS || !g->more) && g->flights > 0 ? LOOK_US : us;
}

/* Has anybody committed something? */
static enum hk_err
look(struct engine *g)
{
	int64_t		version, mono = mono_us();
	enum hk_err	e;

	if ((e = db_version(g->db, &version)) != HK_OK)
		return e;
	if (version == g->version && mono < g->next_look_us)
		return HK_OK;
	g->version = version;
	g->next_look_us = mono + US_PER_S;
	/* Not while we have something ourselves that could not be settled. */
	if (g->over == NULL && (e = delivery_reclaim(g->db, now_us(), now_us())) != HK_OK)
		return e;
	g->next_due_us = 0;
	return fan_out(g);
}

static enum hk_err
round_of(struct engine *g, int64_t *done)
{
	enum hk_err	e;

	if ((e = look(g)) == HK_OK)
		e = commit_round(g, done);
	arena_reset(g->arena);
	begin_all(g);
	channels_wait(g->channels, g->wake, e == HK_OK ? patience(g) : TROUBLE_US);
	gather(g);
	return e;
}

static void
drain_wake(struct engine *g)
{
	uint64_t	n;

	/* Nothing there is fine. */
	if (read(g->wake, &n, sizeof(n)) > 0)
		g->next_look_us = 0;
}

/* ---- running ------------------------------------------------------------------------------------ */

/* Those that do not end in time are left to the next, as after a kill. */
static enum hk_err
finish(struct engine *g, int64_t *done)
{
	int64_t		until = mono_us() + STOP_US;
	enum hk_err	e = HK_OK;

	while (e == HK_OK && (g->flights > 0 || g->over != NULL) && mono_us() < until) {
		channels_wait(g->channels, g->wake, LOOK_US);
		gather(g);
		e = commit_round(g, done);
		arena_reset(g->arena);
	}
	return e;
}

static bool
is_lasting(enum hk_err e)
{
	return e == HK_CORRUPT || e == HK_NOTADB || e == HK_MOVED || e == HK_NEWER;
}

enum hk_err
engine_run(struct engine *g, bool once, int64_t *done)
{
	enum hk_err	e = HK_OK, end;

	*done = 0;
	while (!stopping(g)) {
		drain_wake(g);
		if ((e = round_of(g, done)) != HK_OK && (once || is_lasting(e)))
			break;
		if (once && g->flights == 0 && g->over == NULL && !g->more && g->next_due_us > now_us())
			break;
		if (mono_us() >= g->tidy_at) {
			lanes_tidy(g->lanes, mono_us());
			g->tidy_at = mono_us() + TIDY_US;
		}
	}
	end = finish(g, done);
	return e != HK_OK ? e : end;
}
