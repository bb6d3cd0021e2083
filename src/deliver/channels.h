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
	struct child		*child;		/* those that run, and those that wait for it */
	int			 running;
	bool			 sigchld;	/* seen to */
	struct unkey_job	*unkey;		/* calls under way, and those that wait for them */
	struct db		*db;		/* to read balances; opened when first needed */
};

extern const struct channel channel_webhook, channel_command, channel_mail,
			    channel_unkey;

/*
 * Whom a transfer reaches is judged when a connection is made, by the very address
 * it is made to: CURLOPT_OPENSOCKETFUNCTION, with a guard as its data.
 */
struct guard {
	const char	*allowed;	/* networks; outbox/target.h */
	bool		 refused;	/* an address was not reached for that */
};
curl_socket_t	 guard_socket(void *guard, curlsocktype, struct curl_sockaddr *);
/* A transfer of HTTP.  fields, the body's bytes and guard must stay until it is over. */
struct transfer {
	const char		*url;
	const struct curl_slist	*fields;
	struct span		 body;
	struct flight		*flight;	/* whose end it is */
	struct guard		*guard;
};
/* What all transfers have in common: no redirect, no proxy, nobody's netrc, no signal. */
CURLcode	 transfer_prepare(const struct channels *, CURL *, const struct transfer *);

/* A handle, new or used before; NULL: no memory. */
CURL		*channels_handle(struct channels *);
void		 channels_put(struct channels *, CURL *);

#endif
