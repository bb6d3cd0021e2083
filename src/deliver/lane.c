/* How much of each endpoint may be under way. */
#include "deliver/lane.h"

#include <stdlib.h>

#include "base/clock.h"
#include "deliver/engine.h"

#define BUCKETS		1024
#define FORGET_US	(3600 * US_PER_S)
#define SLACK_US	(50 * US_PER_MS)	/* of an answer, for which we may be the reason ourselves */

struct lanes {
	struct lane	*bucket[BUCKETS];
};

enum hk_err
lanes_open(struct lanes **out)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_note(HK_NOMEM, "no memory for endpoints");
	return HK_OK;
}

void
lanes_close(struct lanes *ls)
{
	if (ls == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct lane *l = ls->bucket[i], *next; l != NULL; l = next) {
			next = l->next;
			free(l);
		}
	free(ls);
}

struct lane *
lane_of(struct lanes *ls, int64_t endpoint)
{
	struct lane	**at = &ls->bucket[(uint64_t)endpoint % BUCKETS], *l;

	for (l = *at; l != NULL; l = l->next)
		if (l->endpoint == endpoint)
			return l;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->endpoint = endpoint;
	l->width = LANE_FIRST;
	l->suspect = true;
	l->next = *at;
	return *at = l;
}

void
lanes_tidy(struct lanes *ls, int64_t mono)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct lane **at = &ls->bucket[i]; *at != NULL;) {
			struct lane	*l = *at;

			if (l->flights > 0 || l->listed || mono - l->counted_us < FORGET_US)
				at = &l->next;
			else {
				*at = l->next;
				free(l);
			}
		}
}

/*
 * A fiftieth of a second may be made up for, no more: within any second it stays
 * at the limit.
 */
static double
tokens_most(int64_t rate)
{
	return rate > 50 ? (double)rate / 50 : 1;
}

static void
tokens_count(struct lane *l, int64_t rate, int64_t mono)
{
	l->tokens += (double)(mono - l->counted_us) * (double)rate / US_PER_S;
	if (l->rate != rate || l->tokens > tokens_most(rate))
		l->tokens = tokens_most(rate);
	l->rate = rate;
}

int
lane_room(struct lane *l, int64_t rate, int64_t mono)
{
	int	room = l->width - l->flights;

	if (rate > 0) {
		tokens_count(l, rate, mono);
		if (l->tokens < 1)
			l->ready_us = mono + (int64_t)((1 - l->tokens) * US_PER_S / (double)rate) + 1;
		if (room > (int)l->tokens)
			room = (int)l->tokens;
	} else
		l->rate = 0;
	l->counted_us = mono;
	return room > 0 ? room : 0;
}

void
lane_begin(struct lane *l, int n)
{
	l->flights += n;
	if (l->rate > 0)
		l->tokens -= n;
}

/* Less than usual is what it can do; more counts little, for it may be our own doing. */
static bool
is_usual(struct lane *l, int64_t took_us)
{
	if (l->usual_us == 0 || took_us < l->usual_us)
		l->usual_us = took_us;
	else
		l->usual_us += (took_us - l->usual_us) / 1024;
	return took_us < 2 * l->usual_us + SLACK_US;
}

void
lane_end(struct lane *l, bool good, int64_t took_us)
{
	bool	slow = took_us >= LANE_SLOW_US;

	l->flights--;
	l->suspect = !good || slow;
	if (!good)
		l->width = l->width > 1 ? l->width / 2 : 1;
	else if ((is_usual(l, took_us) && !slow) || l->width < LANE_FIRST)
		l->width += l->width < ENGINE_PER_ENDPOINT;
	else if (l->width > LANE_FIRST)
		l->width--;
}

bool
lane_is_sick(const struct lane *l)
{
	return l->suspect && l->width == 1;
}

void
lane_undo(struct lane *l)
{
	l->flights--;
	if (l->rate > 0)
		l->tokens++;
}

/* ---- whose turn it is ------------------------------------------------------------- */

bool
turns_add(struct turns *t, struct lane *l)
{
	size_t		  room = t->room == 0 ? 64 : 2 * t->room;
	struct lane	**more;

	if (l->listed)
		return true;
	if (t->n == t->room) {
		if ((more = reallocarray(t->lane, room, sizeof(*more))) == NULL)
			return false;
		t->lane = more;
		t->room = room;
	}
	l->listed = true;
	t->lane[t->n++] = l;
	return true;
}

static void
turn_round(struct lane **lane, size_t from, size_t to)
{
	for (; from + 1 < to; from++, to--) {
		struct lane	*l = lane[from];

		lane[from] = lane[to - 1];
		lane[to - 1] = l;
	}
}

void
turns_passed(struct turns *t, size_t had)
{
	size_t	n = 0;

	/* Each part turned round, and then the whole: the parts change places. */
	turn_round(t->lane, 0, had);
	turn_round(t->lane, had, t->n);
	turn_round(t->lane, 0, t->n);
	for (size_t i = 0; i < t->n; i++)
		if (t->lane[i]->listed)
			t->lane[n++] = t->lane[i];
	t->n = n;
}

void
turns_clear(struct turns *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->lane[i]->listed = false;
	t->n = 0;
}

void
turns_release(struct turns *t)
{
	free(t->lane);
	*t = (struct turns){ .n = 0 };
}
