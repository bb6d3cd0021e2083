/*
 * Identifiers and plain randomness from the kernel.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/span.h"

/* getrandom(2); a kernel without randomness is not one we can run on: abort. */
void	 random_fill(void *, size_t);
/* Uniform in 0..below-1; below > 0. */
uint64_t random_below(uint64_t below);

#define UUID_LEN	36
/*
 * UUIDv7, RFC 9562: 48 bit of unix milliseconds, then random.  Ordered by
 * time between calls of different milliseconds.  out needs UUID_LEN + 1.
 */
void	 uuid7(char *out, int64_t at_us);
/* 8-4-4-4-12 hex digits, any case, any version. */
bool	 uuid_valid(struct span);

/* "prefix" + 27 random characters of 0-9A-Za-z; out needs strlen + 28. */
void	 id_make(char *out, const char *prefix);

#endif
