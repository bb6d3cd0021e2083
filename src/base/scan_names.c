/*
 * The names of one JSON text, to find one that stands twice in its object.
 *
 * Most objects have few names: those of the open objects stand one behind the
 * other, the innermost's last, each with a sign of 32 bits.  Which bits of a map
 * the signs of an object have is known, so that mostly nothing needs a look.
 *
 * The names of an object that gets more, or two of one sign, move to a table
 * of fingerprints.  An object's serial, the name in pieces of seven bytes and its
 * length are the coefficients of a polynomial, taken modulo the prime 2^61-1
 * at a point that no sender knows.  Two different names meet with a chance of
 * (len / 7 + 3) / 2^61, whoever chose them, so nobody can slow the table down
 * and equal fingerprints mean equal names.
 */
#include <pthread.h>

#include "base/id.h"
#include "base/scan_part.h"

#define PRIME		((UINT64_C(1) << 61) - 1)
#define FIRST_SLOTS	512
#define FEW_MOST	96	/* names of one object; Stripe's invoice has 74 */

static uint64_t		point;
static pthread_once_t	point_once = PTHREAD_ONCE_INIT;

static void
choose_point(void)
{
	point = 1 + random_below(PRIME - 1);
}

/* ---- many names: the table ---------------------------------------------- */

static inline uint64_t
fold(uint64_t sum, uint64_t piece, uint64_t x)
{
	unsigned __int128	product = (unsigned __int128)(sum + piece) * x;
	uint64_t		r = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);

	return (r & PRIME) + (r >> 61);
}

/* n bytes, at most 8, as one number. */
static inline uint64_t
piece_of(const char *p, size_t n, const char *end)
{
	uint64_t	piece = 0;

	if (n > 0 && end - p >= 8)
		return load8(p) & (UINT64_MAX >> (64 - 8 * n));
	memcpy(&piece, p, n);
	return le64toh(piece);
}

static uint64_t
fingerprint(uint64_t serial, struct span name)
{
	const uint64_t	 x = point;
	const char	*p = name.p;
	size_t		 left, n;
	uint64_t	 sum = fold(0, serial, x);

	for (left = name.len; left > 0; left -= n, p += n) {
		n = left < 7 ? left : 7;
		sum = fold(sum, piece_of(p, n, name.p + name.len), x);
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

static enum hk_err
table_add(struct names *t, uint64_t serial, struct span name)
{
	if (t->nprint >= t->nslot / 8 * 7 && !grow(t))
		return HK_NOMEM;
	t->nprint++;
	return slot_put(t->slot, t->nslot, fingerprint(serial, name)) ? HK_OK : HK_EXISTS;
}

/* ---- few names: compared ------------------------------------------------- */

/* Of the first and the last bytes: not of all, so it proves nothing. */
static inline uint32_t
sign_of(struct span name, const char *end)
{
	uint64_t	first, last;

	if (name.len >= 8) {
		first = load8(name.p);
		last = load8(name.p + name.len - 8);
	} else
		first = last = piece_of(name.p, name.len, end);
	return (uint32_t)((first * UINT64_C(0x9E3779B97F4A7C15) +
	    (last ^ name.len) * UINT64_C(0xC2B2AE3D27D4EB4F)) >> 32);
}

/* A name of this sign; NULL: none. */
static const struct span *
few_find(const struct names *t, const struct names_object *o, uint32_t sign)
{
	for (size_t i = o->first; i < t->nfew; i++)
		if (t->few[i].sign == sign)
			return &t->few[i].name;
	return NULL;
}

/* From now on the object's names are in the table. */
static enum hk_err
few_move(struct names *t, struct names_object *o)
{
	enum hk_err	e;

	for (size_t i = o->first; i < t->nfew; i++)
		if ((e = table_add(t, o->serial, t->few[i].name)) != HK_OK)
			return e;
	t->nfew = o->first;
	o->many = true;
	return HK_OK;
}

void
names_init(struct names *t, struct arena *arena)
{
	pthread_once(&point_once, choose_point);
	t->arena = arena;
	t->slot = NULL;
	t->nslot = t->nprint = t->n = t->nfew = 0;
	t->nobject = 0;
}

/* HK_SKIP: it does not belong to the few. */
static enum hk_err
few_add(struct names *t, struct names_object *o, struct span name, const char *end)
{
	uint32_t		 sign = sign_of(name, end);
	uint64_t		*map = &o->map[sign % NAMES_MAP], bit = UINT64_C(1) << (sign >> 26);
	const struct span	*other;

	if (t->nfew == NAMES_FEW || t->nfew - o->first == FEW_MOST)
		return HK_SKIP;
	if ((*map & bit) != 0 && (other = few_find(t, o, sign)) != NULL)
		return span_eq(*other, name) ? HK_EXISTS : HK_SKIP;
	*map |= bit;
	t->few[t->nfew].name = name;
	t->few[t->nfew++].sign = sign;
	return HK_OK;
}

enum hk_err
names_add(struct names *t, struct names_object *o, struct span name, const char *end)
{
	enum hk_err	e;

	if (t->n >= SCAN_NAMES)
		return HK_TOOBIG;
	t->n++;
	if (!o->many) {
		if ((e = few_add(t, o, name, end)) != HK_SKIP)
			return e;
		if ((e = few_move(t, o)) != HK_OK)
			return e;
	}
	return table_add(t, o->serial, name);
}
