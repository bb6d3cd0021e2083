/*
 * Events of another database, as `hookkeeper export` wrote them.
 *
 * They come into the table of events alone; the queue makes of them what they mean,
 * in the order in which they once came.  What was settled there without being worked
 * (skipped, ignored, resolved by a person) stays so.
 *
 * Who sent it was proven there, not here.  So an event is a verified one, and is
 * worked, only when it was one there and somebody here says that this is to be
 * trusted; else it is kept as `ignored`, to be looked at, and cannot be retried.
 */
#ifndef INBOX_IMPORT_H
#define INBOX_IMPORT_H

#include "base/arena.h"
#include "store/store.h"

enum imported {
	IMPORTED_WORK,		/* the queue works it */
	IMPORTED_KEPT,		/* as settled there, or without its body */
	IMPORTED_UNTRUSTED,	/* to be looked at */
	IMPORTED_TRUSTED,	/* it was here untrusted, and is worked now */
	IMPORTED_THERE,		/* it is here already: nothing changed */
	IMPORTED_KINDS
};

/*
 * One line, inside the caller's transaction.  HK_SYNTAX (told): it is no event, and
 * why; nothing changed.  arena: for this line alone.
 */
enum hk_err	 event_import(struct db *, struct span line, bool trust, int64_t now,
		    struct arena *, enum imported *) HK_MUST_USE;

#endif
