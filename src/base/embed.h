/*
 * Files that lie inside the binary: tools/embed.c writes them at build time.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/span.h"

struct embedded {
	const char	*name;	/* path below its folder: "stripe/invoice.paid.json" */
	struct span	 data;	/* a NUL byte follows */
};

/* Each ends with name NULL and is sorted by name. */
extern const struct embedded schema_files[];	/* schema/ */
extern const struct embedded sample_files[];	/* samples/ */
extern const struct embedded www_files[];	/* www/: templates, style, script */
extern const struct embedded openapi_files[];	/* docs/openapi.json */

/* SPAN_NULL: none of this name. */
struct span	 embed_find(const struct embedded *, const char *name);

#endif
