/*
 * Events as lines of a list: in the log, among the results of a search, beside
 * an event's page.
 */
#ifndef ADMIN_EVENT_ROWS_H
#define ADMIN_EVENT_ROWS_H

#include "admin/event_scan.h"

/*
 * The word of DESIGN.md for a state: "completed" is told by its outcome, and who
 * waits for something named is "waiting".
 */
struct span	 event_state(struct span status, struct span outcome, bool waits);
/* "Stripe"; "custom:NAME" as it is. */
struct span	 event_sender_title(struct span provider);

/*
 * The array "rows" of these events, each with id, provider, sender (its title),
 * event_type, event_id, state, status, outcome, note, lane, attempts, waits_for,
 * livemode ("live", "test" or null), created_at, next_attempt_at.
 */
enum hk_err	 event_rows_put(struct db *, struct jw *, const int64_t *id, int n) HK_MUST_USE;

/*
 * The members "next" and "previous" (queries, for pager.html) and "searched":
 * null, or how far was looked when that was not enough: {"to","enough"}.  query
 * is what both begin with.
 */
void		 event_pager_put(struct jw *, const struct event_scan *, struct span query,
		    bool newest);

#endif
