/*
 * Flights: made of a claimed delivery and of what its endpoint says, and freed.
 */
#ifndef DELIVER_FLIGHT_H
#define DELIVER_FLIGHT_H

#include "deliver/channel.h"
#include "deliver/lane.h"

#define SECRETS_MOST	8

/* What all flights of an endpoint need, read once for a claim. */
struct load {
	struct endpoint		 endpoint;
	struct endpoint_secret	 secret[SECRETS_MOST];
	size_t			 nsecret;
	struct span		 headers;
	enum hk_err		 sealed;	/* why secrets or headers cannot be had */
};

/*
 * In the arena.  HK_NOTFOUND: it is deleted.  What the settings lack (l->sealed) is
 * the endpoint's failure, told by the channel; what the database lacks is an error.
 */
enum hk_err	 load_read(struct load *, struct db *, const struct conf *, int64_t endpoint,
		    int64_t now, struct arena *) HK_MUST_USE;
void		 load_wipe(struct load *);	/* its secrets */

/* With an arena of its own, for it outlives the round; NULL: no memory. */
struct flight	*flight_new(const struct load *, const struct delivery *, struct lane *);
void		 flight_free(struct flight *);
void		 flights_free(struct flight *);	/* a list by next */

#endif
