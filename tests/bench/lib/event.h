/*
 * Webhooks to measure with: each has an id of its own, in order of time as the
 * senders' ids are, and a fresh signature.
 */
#ifndef BENCH_EVENT_H
#define BENCH_EVENT_H

#include "base/span.h"

#define EVENT_LEAST	512		/* bytes of a body */
#define EVENT_MOST	(1024 * 1024)

struct sender {
	bool		 svix;		/* Clerk and Resend; else Stripe */
	uint8_t		 key[256];
	size_t		 key_len;
	char		*template;	/* NULL: customer.updated, of body_len bytes */
	size_t		 template_len;
	size_t		 body_len;
	int64_t		 serial;	/* of the next event */
};

struct event {
	size_t	 len;			/* of the body */
	char	 id[48];		/* svix-id */
	char	 at[24];		/* unix seconds */
	char	 signature[128];	/* the field's value */
};

/*
 * The secret as the sender's page shows it.  template: a file, in which {n}
 * stands for the serial number in 12 digits; NULL: none.  False: err is why.
 */
bool	 sender_init(struct sender *, bool svix, const char *secret, const char *template,
	    const char **err);
/* The next event; body has room for EVENT_MOST bytes. */
void	 event_make(struct sender *, struct event *, char *body);

#endif
