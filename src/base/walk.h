/*
 * A JSON text step by step, without a tree: for texts of any size of which only
 * the beginning or a few parts are wanted.
 *
 * The text must have passed scan_value() or scan_json(): nothing is checked
 * again here.  (Of another text the steps are nonsense, but end.)
 */
#ifndef BASE_WALK_H
#define BASE_WALK_H

#include "base/scan.h"

enum walk_kind { WALK_VALUE, WALK_OPEN, WALK_CLOSE };

struct walk_step {
	enum walk_kind	 kind;
	enum scan_type	 type;		/* SCAN_OBJECT, SCAN_ARRAY of what opens and closes */
	struct span	 key;		/* as in the text, with its quotes; SPAN_NULL: none */
	struct span	 raw;		/* as in the text; of what opens and closes its bracket */
	size_t		 depth;		/* containers around it */
	size_t		 index;		/* in its container, from 0 */
};

struct walk {
	const char	*p, *end;
	size_t		 depth;
	struct {
		bool	 object;
		size_t	 n;
	}		 in[SCAN_DEPTH + 1];
};

void		 walk_start(struct walk *, struct span text);
/* False: the text is at its end. */
bool		 walk_next(struct walk *, struct walk_step *);
/*
 * After a step: the whole value as in the text.  When the step opened something,
 * the next step is the one behind its end.
 */
struct span	 walk_whole(struct walk *, const struct walk_step *);
/*
 * The text of a key or a string's raw, without quotes and escapes: a part of
 * the text, or a copy in the arena.  SPAN_NULL: no string, or no memory.
 */
struct span	 walk_text(struct span raw, struct arena *);

#endif
