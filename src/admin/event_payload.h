/*
 * An event's body as a page shows it: a tree that folds, or the text.
 */
#ifndef ADMIN_EVENT_PAYLOAD_H
#define ADMIN_EVENT_PAYLOAD_H

#include "base/arena.h"
#include "base/json.h"

#define PAYLOAD_TREE	((size_t)64 << 10)	/* bytes of the text that become a tree */
#define PAYLOAD_NODES	2000
#define PAYLOAD_DEPTH	24	/* what lies deeper is shown as text */
#define PAYLOAD_TEXT	2000	/* bytes of a value */
#define PAYLOAD_RAW	((size_t)256 << 10)

/*
 * The members
 *
 *	tree	[{"key","kind","text","count","folds","open","children"}], for
 *		tree.html: the members of what is on top; [] when it is no JSON
 *	tree_cut	is the end of it missing?
 *	json	is it JSON?
 *
 * HK_NOMEM.
 */
enum hk_err	 payload_tree(struct jw *, struct span body, struct arena *) HK_MUST_USE;
/* "raw": its beginning as text, and "raw_cut". */
void		 payload_raw(struct jw *, struct span body);

#endif
