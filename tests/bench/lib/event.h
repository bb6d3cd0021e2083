/*
 * Webhooks to measure with: each has an id of its own, in order of time as the
 * senders' ids are, and a fresh signature.
 */
#ifndef BENCH_EVENT_H
#define BENCH_EVENT_H

#include "base/span.h"
#include "mac.h"

#define EVENT_LEAST	512		/* bytes of a body */
#define EVENT_MOST	(1024 * 1024)

struct sender {
	bool		 svix;		/* Clerk and Resend; else Stripe */
	uint8_t		 key[256];
	size_t		 key_len;
	char		*template;	/* NULL: an event of body_len bytes; see event.c */
	size_t		 template_len;
	char		*invoice;	/* what long ones have alike; NULL before the first */
	struct mac	 mac;
	SHA256_CTX	 begun;		/* with what events have alike in this second: */
	char		 at[24];	/* the second; and the invoice */
	size_t		 body_len;
	int64_t		 serial;	/* of the next event */
};

/* Its body is `alike`, which other events have too, and own bytes behind it. */
struct event {
	struct span alike;
	size_t	 own, len;		/* len: of all */
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
/* The next event; own has room for EVENT_MOST bytes. */
void	 event_make(struct sender *, struct event *, char *own);

#endif
