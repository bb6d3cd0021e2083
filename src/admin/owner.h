/*
 * What the pages of the books have in common: whose something is, the choices of
 * a filter, and the way to the next page of a list.
 */
#ifndef ADMIN_OWNER_H
#define ADMIN_OWNER_H

#include "admin/admin.h"

/*
 * {"kind","id","title","user"}, for owner.html; null without a kind.  title: what
 * people call it, or SPAN_NULL: the id.
 */
void		 owner_put(struct jw *, const char *key, struct span kind, struct span id,
		    struct span title);

/* The array of these words to choose from, the first for "any"; ends with NULL. */
void		 choices_put(struct jw *, const char *key, const char *const *words,
		    struct span here);
/* Is it one of them, or not said? */
bool		 choice_good(const char *const *words, struct span);

/* Filters that are set, and where the page of a list begins: its query; or null. */
void		 way_put(struct jw *, const char *key, const struct field *kept, size_t n,
		    struct span before);

/*
 * Where a list begins: "before=TIME-NAME", below these two; without it at the
 * newest, and *name is SPAN_NULL.  HK_SYNTAX.
 */
struct edge {
	int64_t		at;
	struct span	name;
};
enum hk_err	 edge_read(const struct visit *, struct edge *) HK_MUST_USE;
/* Its text, in the arena; SPAN_NULL: no memory. */
struct span	 edge_text(struct arena *, int64_t at, struct span name);

#endif
