/*
 * All names of one JSON text, to find one that stands twice in its object.
 *
 * The table holds fingerprints, not names.  An object's serial, the name in
 * pieces of seven bytes and its length are the coefficients of a polynomial,
 * taken modulo the prime 2^61-1 at a point that no sender knows.  Two
 * different names meet with a chance of (len / 7 + 3) / 2^61, whoever chose
 * them, so nobody can slow the table down and equal fingerprints mean equal
 * names.
 */
#include <pthread.h>

#include "base/id.h"
#include "base/scan_part.h"

#define PRIME		((UINT64_C(1) << 61) - 1)
#define FIRST_SLOTS	512	/* enough for a common event */

static uint64_t		point;
static pthread_once_t	point_once = PTHREAD_ONCE_INIT;

static void
choose_point(void)
{
	point = 1 + random_below(PRIME - 1);
}

static inline uint64_t
fold(uint64_t sum, uint64_t piece, uint64_t x)
{
	unsigned __int128	product = (unsigned __int128)(sum + piece) * x;
	uint64_t		r = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);

	return (r & PRIME) + (r >> 61);
}

static uint64_t
fingerprint(uint64_t serial, struct span name, const char *end)
{
	const uint64_t	 x = point;
	const char	*p = name.p;
	size_t		 left, n;
	uint64_t	 sum = fold(0, serial, x), piece;

	for (left = name.len; left > 0; left -= n, p += n) {
		n = left < 7 ? left : 7;
		if (end - p >= 8)
			piece = load8(p) & (UINT64_MAX >> (64 - 8 * n));
		else {
			piece = 0;
			memcpy(&piece, p, n);
			piece = le64toh(piece);
		}
		sum = fold(sum, piece, x);
	}
	sum = fold(sum, name.len, x);
	return (sum >= PRIME ? sum - PRIME : sum) + 1;	/* 0 means a free slot */
}

/* False when it is there already. */
static bool
slot_put(uint64_t *slot, size_t nslot, uint64_t print)
{
	size_t	i = (print * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - __builtin_ctzll(nslot));

	for (; slot[i] != 0; i = (i + 1) & (nslot - 1))
		if (slot[i] == print)
			return false;
	slot[i] = print;
	return true;
}

static bool
grow(struct names *t)
{
	size_t		 nslot = t->nslot == 0 ? FIRST_SLOTS : 4 * t->nslot, i;
	uint64_t	*slot;

	if ((slot = arena_zero(t->arena, nslot * sizeof(*slot))) == NULL)
		return false;
	for (i = 0; i < t->nslot; i++)
		if (t->slot[i] != 0)
			(void)slot_put(slot, nslot, t->slot[i]);
	t->slot = slot;
	t->nslot = nslot;
	return true;
}

void
names_init(struct names *t, struct arena *arena)
{
	pthread_once(&point_once, choose_point);
	*t = (struct names){ .arena = arena };
}

enum hk_err
names_add(struct names *t, uint64_t serial, struct span name, const char *end)
{
	if (t->n >= SCAN_NAMES)
		return HK_TOOBIG;
	if (t->n >= t->nslot / 8 * 7 && !grow(t))
		return HK_NOMEM;
	t->n++;
	return slot_put(t->slot, t->nslot, fingerprint(serial, name, end)) ?
	    HK_OK : HK_EXISTS;
}
