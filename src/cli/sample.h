/*
 * An event to send: a sample of the project's or a file, made fresh.
 */
#ifndef CLI_SAMPLE_H
#define CLI_SAMPLE_H

#include "cli/cli.h"
#include "provider/provider.h"

#define SAMPLE_MOST	((size_t)64 << 20)	/* bytes of a body */

struct sample {
	const struct provider	*provider;
	const struct texts	*set;		/* "path=value" */
	struct span		 id, body;	/* after sample_make() */
	/* sample.c's own: */
	struct json		*root;		/* NULL until something is to change */
	struct buf		 text, file;
	bool			 fresh;		/* ours: gets id and time of now */
	char			 made[64];	/* the id that was made up */
};

/*
 * type names a sample, or file a file ("-": standard input).  HK_NOTFOUND: no
 * such sample; HK_USAGE: a --set without '='; HK_IO: the file.
 */
enum hk_err	 sample_open(struct sample *, const struct provider *, const char *type,
		    const char *file, const struct texts *set) HK_MUST_USE;
/* The same of a body that is there already: it is sent as it is, but for --set and --id. */
enum hk_err	 sample_of(struct sample *, const struct provider *, struct span body,
		    const struct texts *set) HK_MUST_USE;
/*
 * The next event, in s->id and s->body until the next call.  id: SPAN_NULL
 * makes one up, but a Stripe file has its own, or none.  HK_USAGE: no id that
 * can be; HK_SYNTAX: a --set's path, or a file to be changed that is no JSON.
 */
enum hk_err	 sample_make(struct sample *, struct span id, int64_t now) HK_MUST_USE;
void		 sample_close(struct sample *);

#endif
