/*
 * What a person can do about refused requests, by their reason.
 */
#ifndef CLI_ADVICE_H
#define CLI_ADVICE_H

#include "base/span.h"

/* Sentences for any reason; one that is not known gets general ones. */
const char	*advice_for(struct span reason);

#endif
