/* Counts over a range of time. */
#include "admin/figures.h"

#include "base/clock.h"

#define MIN_US	(60 * US_PER_S)
#define HOUR_US	(60 * MIN_US)
#define DAY_US	(24 * HOUR_US)

/* The least step that does; longer ones are whole weeks. */
static int64_t
step_for(int64_t from, int64_t to, int64_t now)
{
	static const int64_t	steps[] = { MIN_US, 2 * MIN_US, 5 * MIN_US, 10 * MIN_US, 15 * MIN_US,
				    30 * MIN_US, HOUR_US, 2 * HOUR_US, 3 * HOUR_US, 6 * HOUR_US,
				    12 * HOUR_US, DAY_US, 2 * DAY_US };
	int64_t			step = 7 * DAY_US;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i] < HOUR_US && from < now - ROLLUP_MINUTES + HOUR_US)
			continue;	/* its minutes are forgotten */
		if ((to - from) / steps[i] + 2 <= CHART_SLOTS)
			return steps[i];
	}
	while ((to - from) / step + 2 > CHART_SLOTS)
		step += 7 * DAY_US;
	return step;
}

void
range_make(struct range *r, int64_t from, int64_t to, int64_t now)
{
	if (to <= from)
		to = from + 1;
	r->step = step_for(from, to, now);
	r->from = from - from % r->step;
	r->slots = (size_t)((to - 1 - r->from) / r->step + 1);
}

/* NULL: no memory for its name. */
static struct figures_sender *
sender_of(struct figures *f, struct span provider)
{
	size_t	i = 0;

	while (i < f->nsender && !span_eq(f->sender[i].provider, provider))
		i++;
	if (i < f->nsender)
		return &f->sender[i];
	if (i == FIGURES_SENDERS)
		return &f->sender[i - 1];
	provider = i + 1 < FIGURES_SENDERS ? arena_span(f->arena, provider) : SPAN("others");
	if (provider.p == NULL)
		return NULL;
	f->sender[f->nsender].provider = provider;
	return &f->sender[f->nsender++];
}

static void
add(void *ctx, const struct rolled_row *r)
{
	struct figures		*f = ctx;
	struct figures_sender	*s;
	size_t			 slot = (size_t)((r->at - f->range.from) / f->range.step);

	if (slot >= f->range.slots)
		return;
	f->count[r->what][slot] += r->times;
	f->all.sum[r->what] += r->times;
	if (r->what > ROLLED_LATENCY)
		return;		/* credits and mails are not a sender's events */
	s = sender_of(f, r->provider);
	if (s != NULL)
		s->sum[r->what] += r->times;
	if (r->what != ROLLED_LATENCY)
		return;
	f->latency[slot][r->bucket] += r->times;
	f->all.latency[r->bucket] += r->times;
	if (s != NULL)
		s->latency[r->bucket] += r->times;
}

enum hk_err
figures_read(struct db *db, struct figures *f)
{
	const struct range	*r = &f->range;

	return rollup_read(db, r->step < ROLLUP_HOUR ? ROLLUP_MINUTE : ROLLUP_HOUR, r->from,
	    r->from + (int64_t)r->slots * r->step, add, f, &f->behind);
}
