/*
 * When a signing secret may go, judged by when it and the newer ones of its
 * sender were seen at work.
 */
#ifndef CLI_ROTATION_H
#define CLI_ROTATION_H

#include <stddef.h>
#include <stdint.h>

/* The longest time two secrets overlap, at Stripe and at Svix. */
#define ROTATION_HOURS	24

/* us; both 0: never seen. */
struct secret_times {
	int64_t	first_us, last_us;
};

enum secret_state {
	SECRET_IN_USE,
	SECRET_AWAITED,		/* the newest, not seen yet: is it entered at the sender? */
	SECRET_UNUSED,		/* an older one that was never seen */
	SECRET_REMOVABLE	/* a newer one is in use, and this one is gone for long enough */
};

/*
 * *from: when the secret became removable, or will be unless it is seen again;
 * 0: no newer one was seen.
 *
 *	t	of all secrets of one sender, the newest first
 *	i	which of them
 */
enum secret_state secret_judge(const struct secret_times *t, size_t i, int64_t now,
		    int64_t *from);

#endif
