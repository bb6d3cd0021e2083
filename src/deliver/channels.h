/*
 * What the files of the channels share.
 */
#ifndef DELIVER_CHANNELS_H
#define DELIVER_CHANNELS_H

#include <curl/curl.h>

#include "deliver/channel.h"

struct channels {
	const struct conf	*conf;
	CURLM			*multi;
	CURL			*idle[64];	/* handles to be used again */
	size_t			 nidle;
	struct flight		*over, **over_end;
};

extern const struct channel channel_webhook;

/* Sees to the transfers that are over. */
void		 webhook_collect(struct channels *);
/* A handle, new or used before; NULL: no memory. */
CURL		*channels_handle(struct channels *);
void		 channels_put(struct channels *, CURL *);

#endif
