/*
 * FastCGI 1.0 records, as far as a responder needs them; nobody outside this
 * room includes it.
 *
 * We speak the protocol ourselves: libfcgi 2.4.2 aborts the whole process on
 * parameter lengths near 2 GB and on repeated names in FCGI_GET_VALUES, hangs
 * a thread on others, and spends a third of a small request's time in malloc.
 * What is not understood here ends the connection, and nothing else.
 *
 * Source: https://fastcgi-archives.github.io/FastCGI_Specification.html
 */
#ifndef HTTP_RECORD_H
#define HTTP_RECORD_H

#include <fastcgi.h>	/* only for its numbers; nothing is linked */

#include "base/arena.h"

#define RECORD_HEADER	8
#define RECORD_CONTENT	65528	/* most we put into one: padded by nothing */
#define PARAMS_MOST	(1 << 20)	/* bytes of one request's parameters */
#define PARAMS_COUNT	4096

struct record {
	int	 type;		/* FCGI_PARAMS, ... */
	uint16_t id;
	size_t	 content, padding;
};

/* False: not version 1. */
bool		 record_read(struct record *, const uint8_t header[RECORD_HEADER]);
void		 record_write(uint8_t header[RECORD_HEADER], int type, uint16_t id,
		    size_t content);

/*
 * The stream of parameters as an environment: "NAME=value" strings, NULL at
 * the end, in the arena.  HK_SYNTAX: a length that leads out of the stream, a
 * NUL byte, a name that is empty or has a '='; HK_TOOBIG: too many; HK_NOMEM.
 */
enum hk_err	 params_read(struct span stream, struct arena *, char ***env) HK_MUST_USE;

#endif
