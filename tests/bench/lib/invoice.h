/* A long event with the content of a real one. */
#ifndef BENCH_INVOICE_H
#define BENCH_INVOICE_H

#include <stddef.h>
#include <stdint.h>

#define INVOICE_LEAST	4096	/* bytes */
#define INVOICE_END	67	/* bytes of one that are its own, the last ones */

/* Of an event of len bytes what all have alike, malloc()ed; NULL: no memory. */
char	*invoice_make(size_t len, int64_t now_s);
/* The end of the next one, with its customer and its id. */
void	 invoice_end(char out[INVOICE_END], int64_t now_us, int64_t serial);

#endif
