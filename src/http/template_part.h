/*
 * A template as read: what template_parse.c makes and template.c walks.
 * Nobody else includes this.
 */
#ifndef HTTP_TEMPLATE_PART_H
#define HTTP_TEMPLATE_PART_H

#include "base/arena.h"
#include "http/template.h"

enum node_kind {
	NODE_TEXT, NODE_VALUE, NODE_SECTION, NODE_INVERTED, NODE_PARTIAL
};

struct template;

struct node {
	enum node_kind	 kind;
	/* A text that begins a line, or ends where one begins that is not taken away. */
	bool		 at_line, line_follows;
	struct span	 text;		/* a partial alone on its line: its indentation */
	char *const	*step;		/* of the name, ends with NULL; "." has none */
	const struct template_filter *filter;	/* or NULL */
	const struct template	*partial;
	size_t		 end;		/* of a section: the first node behind it */
};

struct template {
	struct span	 name, text;
	struct node	*v;
	size_t		 n;
	struct template	*next;
};

/*
 * Read a template and all that it includes, each once; *out and all it points
 * to lie in the arena.  Errors as in http/template.h.
 */
enum hk_err	 template_read(const struct template_set *, const char *name,
		    struct arena *, const struct template **out) HK_MUST_USE;

#endif
