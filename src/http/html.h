/*
 * Text as HTML: the only way from data into a page.
 */
#ifndef HTTP_HTML_H
#define HTTP_HTML_H

#include "base/buf.h"

/*
 * Safe as text and in an attribute quoted by " or '.
 *
 *	& < > " '		become character references
 *	bytes that are no UTF-8	each becomes U+FFFD
 *	control characters	U+FFFD, too, but for tab, newline, and a carriage
 *				return before one, which is dropped
 *	U+202A-E, U+2066-9	U+FFFD: they would let a text turn round what
 *				stands beside it
 *
 * Who wants to show the last two puts something visible in their place first
 * (a template's filter can).
 */
void		 html_put(struct buf *, struct span);

#endif
