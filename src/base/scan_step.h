/*
 * How the scanner gets over bytes that need no look, as many at once as the
 * processor takes.  Nobody else includes this.
 *
 *	STEP		so many bytes are looked at; all must be readable
 *	plain_run	how many of them, from the first on, a string just contains:
 *			no quote, backslash, control or non-ASCII byte
 *	space_run	how many of them, from the first on, are spaces
 */
#ifndef BASE_SCAN_STEP_H
#define BASE_SCAN_STEP_H

#include "base/scan_part.h"

#ifdef __SSE2__		/* on every x86-64 */
#include <emmintrin.h>

#define STEP	32

/* Bit i: byte i of the 32 is set in a, which has the first 16, or in b. */
static inline uint32_t
step_bits(__m128i a, __m128i b)
{
	return (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
}

static inline __m128i
step_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* As signed numbers, bytes from 0x80 on are below a space, too. */
static inline __m128i
step_special(__m128i bytes)
{
	return _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
	    _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
	    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
}

static inline size_t
plain_run(const char *p)
{
	uint32_t	special = step_bits(step_special(step_load(p)),
			    step_special(step_load(p + 16)));

	return special != 0 ? (size_t)__builtin_ctz(special) : STEP;
}

static inline size_t
space_run(const char *p)
{
	const __m128i	spaces = _mm_set1_epi8(' ');
	uint32_t	other = ~step_bits(_mm_cmpeq_epi8(step_load(p), spaces),
			    _mm_cmpeq_epi8(step_load(p + 16), spaces));

	return other != 0 ? (size_t)__builtin_ctz(other) : STEP;
}

#else

#define STEP	8
#define EACH(byte)	(UINT64_C(0x0101010101010101) * (byte))

/*
 * The high bit of each special byte.  A borrow may mark bytes above a marked
 * one too, so only the lowest mark is to be believed.
 */
static inline size_t
plain_run(const char *p)
{
	uint64_t	w = load8(p), quote = w ^ EACH('"'), slash = w ^ EACH('\\');
	uint64_t	special = (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) |
			    ((w - EACH(0x20)) & ~w) | w) & EACH(0x80);

	return special != 0 ? (size_t)__builtin_ctzll(special) >> 3 : STEP;
}

static inline size_t
space_run(const char *p)
{
	uint64_t	other = load8(p) ^ EACH(' ');

	return other != 0 ? (size_t)__builtin_ctzll(other) >> 3 : STEP;
}

#endif
#endif
