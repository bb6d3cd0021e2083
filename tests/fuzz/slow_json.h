/*
 * A second reading of JSON and of the rules that base/scan.h adds to it: by
 * recursion, a byte at a time, with the names of each object in a plain list.
 */
#ifndef FUZZ_SLOW_JSON_H
#define FUZZ_SLOW_JSON_H

#include "fuzz.h"

/* Why a text is refused.  Those from SLOW_BEYOND on are not RFC 8259's. */
enum slow_json {
	SLOW_GOOD,
	SLOW_GRAMMAR,		/* brackets, commas, colons, quotes; what follows the end */
	SLOW_LITERAL,		/* no value: also NaN, Infinity and the like */
	SLOW_NUMBER,		/* 01, 1., .5, 1e */
	SLOW_CONTROL,		/* inside a string */
	SLOW_ESCAPE,
	SLOW_UTF8,		/* a BOM is SLOW_LITERAL, for it begins no value */
	SLOW_BEYOND,
	SLOW_SURROGATE = SLOW_BEYOND,	/* unpaired */
	SLOW_DEPTH,
	SLOW_DUPLICATE,
	SLOW_NUL_NAME,
	SLOW_NO_OBJECT		/* at the top */
};

enum slow_json	 slow_json(struct span text, bool any_top);

#endif
