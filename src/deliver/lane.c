/* How much of each endpoint may be under way. */
#include "deliver/lane.h"

#include <stdlib.h>

#include "base/clock.h"
#include "deliver/engine.h"

#define BUCKETS		1024
#define FORGET_US	(3600 * US_PER_S)

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

			if (l->flights > 0 || mono - l->counted_us < FORGET_US)
				at = &l->next;
			else {
				*at = l->next;
				free(l);
			}
		}
}

int
lane_room(struct lane *l, int64_t rate, int64_t mono, int64_t *wait_us)
{
	int	room = l->width - l->flights;

	if (rate > 0) {
		l->tokens += (double)(mono - l->counted_us) * (double)rate / US_PER_S;
		if (l->counted_us == 0 || l->tokens > (double)rate)
			l->tokens = (double)rate;
		if (l->tokens < 1 && room > 0)
			*wait_us = (int64_t)((1 - l->tokens) * US_PER_S / (double)rate) + 1;
		if (room > (int)l->tokens)
			room = (int)l->tokens;
	}
	l->counted_us = mono;
	return room > 0 ? room : 0;
}

void
lane_begin(struct lane *l, int n)
{
	l->flights += n;
	l->tokens -= n;
}

void
lane_end(struct lane *l, bool good, bool fast)
{
	l->flights--;
	l->suspect = !good;
	if (!good)
		l->width = l->width > 1 ? l->width / 2 : 1;
	else if (fast && l->width < ENGINE_PER_ENDPOINT)
		l->width++;
	else if (!fast && l->width > LANE_FIRST)
		l->width--;
}

void
lane_undo(struct lane *l)
{
	l->flights--;
	l->tokens++;
}
