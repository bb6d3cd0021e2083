/*
 * Time zones, from the system's files (tzfile(5)), without the C library's: its
 * zone belongs to the whole process, ours to one visitor.
 */
#ifndef ADMIN_ZONE_H
#define ADMIN_ZONE_H

#include "base/arena.h"

struct zone;

/*
 * "Europe/Berlin"; "UTC" is always there.  Lives in the arena.  HK_NOTFOUND:
 * no zone of this name, or no file of it on this system; HK_NOMEM.
 */
enum hk_err	 zone_load(struct span name, struct arena *, struct zone **) HK_MUST_USE;
/* Seconds east of Greenwich at this time; NULL is UTC. */
int32_t		 zone_offset(const struct zone *, int64_t us);

/* How a visitor wants times to be shown. */
struct view {
	const char	*name;		/* the zone's */
	struct zone	*zone;		/* NULL: UTC */
	bool		 exact;		/* times as they are, not "3 min ago" */
};

/* Of the cookie's text "ZONE.exact" or "ZONE.ago"; of anything else: UTC, ago. */
#define VIEW_COOKIE	"hk_view"
void		 view_read(struct view *, struct span text, struct arena *);
/* The cookie's text; NULL: no memory. */
const char	*view_text(const char *zone, bool exact, struct arena *);

/* "2026-11-22 09:13:54"; out needs ZONE_TEXT + 1. */
#define ZONE_TEXT	19
void		 zone_format(char *out, const struct zone *, int64_t us);

#endif
