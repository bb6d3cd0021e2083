/*
 * The members of a document that a list of events has around its rows: the
 * filter's form, tabs, chips, kept filters.
 */
#ifndef ADMIN_EVENT_FORM_H
#define ADMIN_EVENT_FORM_H

#include "admin/event_filter.h"

/*
 *	filter		{"provider","type",...}: the fields as typed
 *	filtered	is there any?
 *	wrong		null, or {"name","title","text"}
 *	query		of the filter: for links and hidden fields
 *	senders, statuses, outcomes, modes, secrets, presets
 *			[{"value","title","here"}], for selects
 *	chips		[{"name","text","href"}]
 *	hidden		[{"name","value"}]: the filter for another form
 */
enum hk_err	 event_form_put(struct visit *, const struct event_filter *,
		    const struct event_filter_wrong *) HK_MUST_USE;
/*
 * "tabs": [{"name","title","count","more","href","here"}]; count is null with any
 * other filter, for it is that of all events.
 */
enum hk_err	 event_tabs_put(struct visit *, const struct event_filter *) HK_MUST_USE;
/* "saved": [{"id","name","href","here"}] of this person, "keeps": may keep some. */
enum hk_err	 event_saved_put(struct visit *, struct span query) HK_MUST_USE;
/* The filter's query, in the arena; SPAN_NULL: no memory. */
struct span	 event_query(struct visit *, const struct event_filter *);

#endif
