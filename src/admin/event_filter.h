/*
 * Which events are meant: what the log's form says, and what stands in its
 * address, so that a view can be kept, sent to somebody and acted on.
 */
#ifndef ADMIN_EVENT_FILTER_H
#define ADMIN_EVENT_FILTER_H

#include "admin/admin.h"

/* As typed, trimmed; SPAN_NULL: not asked for. */
struct event_filter {
	struct span	provider;	/* "stripe", "custom:NAME" */
	struct span	type;		/* with '*' at its end: all that start so */
	struct span	status;		/* the column's words, and "waiting": pending for something */
	struct span	outcome;
	struct span	since, until;	/* "24h", "2026-11-22", with time and zone or without */
	struct span	lane;
	struct span	event_id;	/* the sender's */
	struct span	secret;		/* label */
	struct span	livemode;	/* "live", "test", "none" */
	struct span	words;		/* in the text of the event; see inbox/search.h */
	struct span	path;		/* "data.object.amount=500" */
	/* read from these: */
	int64_t		since_us, until_us;	/* 0: no limit */
	struct span	path_name, path_value;
};

/* What is wrong with one of them, for the form; name NULL: nothing is. */
struct event_filter_wrong {
	const char	*name;		/* of the field: "since" */
	const char	*text;		/* a sentence */
};

/*
 * Read the fields "provider", "type", ..., "q" (words) and "path" of a form.
 * A time without a zone is the visitor's.  Other fields are not looked at.
 * Spans are in the form, text in the arena.
 */
void		 event_filter_read(struct event_filter *, const struct visit *,
		    const struct form *, struct event_filter_wrong *);
/*
 * A time as people type it: "24h" ago, "2026-11-22", with time and zone or in the
 * visitor's.  False: it is none.
 */
bool		 event_filter_time(struct span, const struct visit *, int64_t *us);
#define EVENT_FILTER_TIMES \
	"A time is 2026-11-22, 2026-11-22 10:00, one with a zone, or how long ago: 15m, 24h, 7d."
bool		 event_filter_empty(const struct event_filter *);
/* Is there anything but the one field?  For status alone an index answers. */
bool		 event_filter_only(const struct event_filter *, const char *name);

/* Append "provider=stripe&type=..." without one field (NULL: all). */
void		 event_filter_query(struct buf *, const struct event_filter *, const char *but);
/* The same with this field set to a value (SPAN_NULL: taken away). */
void		 event_filter_query_with(struct buf *, const struct event_filter *,
		    const char *name, struct span value);

/* For the pages: each field's name in the form, what people call it, and its value. */
struct event_filter_field {
	const char	*name, *title;
	size_t		 at;		/* offset of its span */
};
extern const struct event_filter_field event_filter_fields[];	/* ends with name NULL */
static inline struct span
event_filter_value(const struct event_filter *f, const struct event_filter_field *d)
{
	return *(const struct span *)(const void *)((const char *)f + d->at);
}

/* Bind the parameters of LOG_FILTER (store/admin_events.def). */
void		 event_filter_bind(struct stmt *, const struct event_filter *);

#endif
