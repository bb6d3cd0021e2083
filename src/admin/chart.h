/*
 * Series of numbers over time as a document for www/chart.html, which draws
 * them: bars on one another, lines above, a table behind.
 *
 * The drawing is CHART_WIDTH wide and CHART_HEIGHT high, y = 0 is the top, and
 * stands for the least round number that no bar and no line exceeds.
 */
#ifndef ADMIN_CHART_H
#define ADMIN_CHART_H

#include "base/json.h"

#define CHART_WIDTH	600
#define CHART_HEIGHT	120
#define CHART_SLOTS	72	/* a chart has at most so many */

struct chart_series {
	const char	*kind;		/* a colour: "ok", "bad", "warn", "busy", "hold", "soft" */
	const char	*title;
	bool		 line;		/* else bars, each on those before it */
	const int64_t	*value;		/* one a slot; < 0: nothing is known */
};

struct chart {
	const char	*title;
	int64_t		 from, step;	/* us: when the first slot begins, how long each is */
	size_t		 slots;		/* 1 to CHART_SLOTS */
	bool		 duration;	/* values are microseconds, else counts */
	const struct chart_series *series;
	size_t		 n;
};

/* One element of an array, or (key) a member. */
void		 chart_put(struct jw *, const char *key, const struct chart *);

/* The least round number that is not less: 1, 2 or 5 and noughts; of durations round ones. */
int64_t		 chart_round(int64_t most, bool duration);
/* How many pieces the time axis has: 2 to 5, each of whole slots if possible. */
size_t		 chart_pieces(size_t slots);

#endif
