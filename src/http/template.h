/*
 * Pages from templates: a subset of Mustache in which nothing can be put out
 * unescaped.
 *
 *	{{name}}	the value, escaped (http/html.h): safe as text and inside
 *			a quoted attribute; unquoted attributes are not for data
 *	{{a.b}} {{.}}	a member of a member; the value at hand
 *	{{name|filter}}	what the filter makes of it, escaped likewise
 *	{{#name}}..{{/name}}	for each element of a list, or once
 *	{{^name}}..{{/name}}	when there is nothing
 *	{{! words }}	nothing
 *	{{> file}}	another template, called by its whole name ("row.html")
 *
 * A name is looked up in the section's value, then in those around it; one
 * that is there but null hides those further out.  Only a dotted name's first
 * part is looked up so.  A section takes for nothing: no value, null, false,
 * "", the integer 0 and [].  Numbers appear as in the JSON text, lists and objects as JSON.
 *
 * So a template that includes itself needs an empty list in the last of its
 * values: where there is none, the list further out is found again.
 *
 * A tag of a section, comment or partial that is alone on its line takes the
 * line with it; such a partial has each of its lines indented like the tag.
 *
 * Not in it, and errors: {{{name}}}, {{&name}}, {{=<% %>=}}, blocks and
 * parents ({{$ and {{<).  Unlike Mustache an unknown partial is an error, too.
 *
 * Source: https://github.com/mustache/spec (the required parts)
 */
#ifndef HTTP_TEMPLATE_H
#define HTTP_TEMPLATE_H

#include "base/buf.h"
#include "base/embed.h"
#include "base/json.h"

struct template_filter {
	const char	*name;
	/*
	 * Put the value's text; it is escaped afterwards.  value NULL: absent or
	 * null.  ctx is that of template_render().
	 */
	void		(*run)(struct buf *out, struct json *value, void *ctx);
};

struct template_set {
	const struct embedded		*file;		/* ends with name NULL */
	/*
	 * Ends with name NULL; may be NULL.  Always there, unless the table has
	 * another of its name: "url" (for a query's value or a step of a path).
	 */
	const struct template_filter	*filter;
};

#define TEMPLATE_DEPTH	200	/* sections and partials inside one another */

/*
 * Append a page to out.  doc NULL: nothing is known.  What is in out after an
 * error is no page.
 *
 * HK_NOTFOUND: no such template, partial or filter; HK_SYNTAX: a tag of another
 * shape, a section without end: err_note() has named file and line.
 * HK_TOOBIG: deeper than TEMPLATE_DEPTH.  HK_NOMEM: also when out is full.
 * Which of the first two it is does not depend on the data.
 */
enum hk_err	 template_render(struct buf *out, const struct template_set *,
		    const char *name, struct json *doc, void *ctx) HK_MUST_USE;

/* Reads the template and all it names; errors as above. */
enum hk_err	 template_check(const struct template_set *, const char *name)
		    HK_MUST_USE;

#endif
