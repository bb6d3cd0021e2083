/* Who has something due, and how much of it begins. */
#include "deliver/engine_part.h"

#include "base/clock.h"

#define ENDPOINTS_MOST	256			/* of one look */
#define SUSPECTS_MOST	(ENGINE_FLIGHTS / 2)	/* flights of endpoints that may be sick */
#define BYTES_MOST	((size_t)32 << 20)	/* of payloads in flight */

/* ---- who has something due ------------------------------------------------------------ */

enum hk_err
claim_find(struct engine *g)
{
	int64_t		id[ENDPOINTS_MOST], next, after = 0, now = now_us(), began = mono_us();
	struct lane	*l;
	size_t		n = ENDPOINTS_MOST;
	enum hk_err	e = HK_OK;

	turns_clear(&g->turns);
	g->next_due_us = INT64_MAX;
	while (e == HK_OK && n == ENDPOINTS_MOST) {
		if ((e = delivery_endpoints(g->db, after, now, id, ENDPOINTS_MOST, &n, &next)) != HK_OK)
			return e;
		for (size_t i = 0; e == HK_OK && i < n; i++)
			if ((l = lane_of(g->lanes, after = id[i])) == NULL || !turns_add(&g->turns, l))
				e = err_note(HK_NOMEM, "no memory for endpoints");
		if (next < g->next_due_us)
			g->next_due_us = next;
	}
	g->stale = e != HK_OK;
	g->more = true;
	g->next_find_us = mono_us() + 4 * (mono_us() - began);
	return e;
}

/* ---- taking ---------------------------------------------------------------------------- */

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/*
 * Places that an endpoint's flights may take.  What is or may be sick has half of
 * them; what turns slow in the air takes none from those that are well.
 */
static int
places(const struct engine *g, const struct lane *l)
{
	int	free = ENGINE_FLIGHTS - g->flights;
	int	well = ENGINE_FLIGHTS - SUSPECTS_MOST - (g->flights - g->suspects);

	if (l->suspect)
		return least(free, SUSPECTS_MOST - g->suspects);
	return least(free > well ? free : well, 2 * ENGINE_FLIGHTS - g->flights);
}

static bool
may_begin(const struct engine *g, const struct lane *l)
{
	if (g->once && lane_is_sick(l))
		return false;		/* or its backlog would be waited for, one by one */
	return l->flights < l->width && g->bytes < BYTES_MOST && places(g, l) > 0;
}

static void
begun(struct engine *g, struct flight *f)
{
	f->next = NULL;
	*g->begun_end = f;
	g->begun_end = &f->next;
	g->flights++;
	f->suspect = f->lane->suspect;
	g->suspects += f->suspect;
	g->bytes += f->delivery.payload.len;
	lane_begin(f->lane, 1);
}

/* So many of this endpoint, into g->begun; inside a transaction. */
static enum hk_err
take(struct engine *g, const struct load *l, struct lane *lane, int most, int64_t now)
{
	struct delivery	*d = arena_get(g->arena, sizeof(*d) * (size_t)most);
	size_t		 bytes = BYTES_MOST - g->bytes;
	struct flight	*f;
	int		 n;
	enum hk_err	 e;

	if (d == NULL)
		return err_note(HK_NOMEM, "no memory for deliveries");
	if ((e = delivery_claim(g->db, lane->endpoint, now, most, bytes, g->arena, d, &n)) != HK_OK)
		return e;
	for (int i = 0; i < n; i++) {
		if ((f = flight_new(l, &d[i], lane)) == NULL)
			return err_note(HK_NOMEM, "no memory for a delivery");
		begun(g, f);
	}
	/* All it has, unless what they hold is as much as may be in the air. */
	if (n < most && g->bytes < BYTES_MOST)
		lane->listed = false;
	return HK_OK;
}

/* One endpoint's turn.  share: at most so many. */
static enum hk_err
turn(struct engine *g, struct lane *lane, int share, int64_t now, int64_t mono)
{
	struct load	l;
	int		room;
	enum hk_err	e;

	if ((e = load_read(&l, g->db, g->o.conf, lane->endpoint, now, g->arena)) == HK_NOTFOUND) {
		lane->listed = false;
		return HK_OK;
	}
	if (e == HK_OK && (room = least(lane_room(lane, l.endpoint.word.rate, mono), share)) > 0)
		e = take(g, &l, lane, least(room, places(g, lane)), now);
	load_wipe(&l);
	return e;
}

/* Their limits or what they have under way may hold some: when is the next free? */
static void
note_ready(struct engine *g, int64_t mono)
{
	g->more = false;
	g->ready_us = INT64_MAX;
	for (size_t i = 0; i < g->turns.n; i++) {
		const struct lane	*l = g->turns.lane[i];

		if (!may_begin(g, l))
			continue;
		g->more = g->more || l->ready_us <= mono;
		if (l->ready_us < g->ready_us)
			g->ready_us = l->ready_us;
	}
}

enum hk_err
claim_turns(struct engine *g, int64_t now)
{
	int64_t		mono = mono_us();
	int		open = 0, share;
	size_t		i;
	enum hk_err	e = HK_OK;

	for (i = 0; i < g->turns.n; i++)
		open += may_begin(g, g->turns.lane[i]) && g->turns.lane[i]->ready_us <= mono;
	share = open > 0 ? (ENGINE_FLIGHTS - g->flights) / open : 0;
	share = share < 1 ? 1 : share;
	for (i = 0; e == HK_OK && i < g->turns.n && open > 0; i++) {
		struct lane	*l = g->turns.lane[i];

		if (l->ready_us > mono || !may_begin(g, l))
			continue;
		e = turn(g, l, share, now, mono);
		open--;
	}
	turns_passed(&g->turns, i);
	note_ready(g, mono);
	return e;
}
