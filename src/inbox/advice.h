/*
 * What a person can do about refused requests, by their reason.
 */
#ifndef INBOX_ADVICE_H
#define INBOX_ADVICE_H

#include "base/span.h"

/* Sentences for any reason; one that is not known gets general ones. */
const char	*advice_for(struct span reason);
/* What it is, in a few words: "no secret fits"; for one that is not known NULL. */
const char	*advice_title(struct span reason);

#endif
