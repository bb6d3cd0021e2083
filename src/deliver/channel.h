/*
 * Channels: how one delivery is carried out.  All live in the engine's thread and
 * never wait: HTTP through one curl multi handle, commands as children.
 */
#ifndef DELIVER_CHANNEL_H
#define DELIVER_CHANNEL_H

#include "outbox/delivery.h"
#include "outbox/secret.h"

/* Begun and not yet over. */
struct flight {
	struct flight		*next;		/* of the list it is in */
	struct arena		*arena;		/* all it points to */
	struct flight		*up_next, **up_prev;	/* of those in flight: the engine's */
	struct lane		*lane;		/* the engine's, too */
	bool			 suspect;	/* its lane was when it was claimed */
	struct endpoint		*endpoint;	/* as it was when this was claimed */
	struct endpoint_secret	*secret;	/* nsecret of them: for signing */
	size_t			 nsecret;
	struct span		 headers;	/* further ones, a JSON object; or SPAN_NULL */
	struct delivery		 delivery;
	struct delivered	 result;	/* filled in when it is over */
	int64_t			 began_us;	/* mono */
	void			*state;		/* the channel's, while it is in flight */
};

struct channels;		/* curl's handle, children, names of the settings */

struct channel {
	const char	*name;		/* "webhook" */
	/*
	 * Begin; never waits.  It is over when channels_done() gives it back, at
	 * once even when it cannot begin (a bad address, no such name in the
	 * settings): f->result says so.
	 */
	void		(*start)(struct channels *, struct flight *);
	/* Forget it now, whatever becomes of it; f->result is nothing. */
	void		(*abort)(struct channels *, struct flight *);
	/* Its transfer, of which it is curl's private data, is over; NULL: it has none. */
	void		(*collect)(struct channels *, struct flight *, int curlcode);
};

/* NULL: there is none of this name. */
const struct channel *channel_find(struct span name);

enum hk_err	 channels_open(struct channels **, const struct conf *) HK_MUST_USE;
void		 channels_close(struct channels *);	/* NULL is fine; nothing may be in flight */
/*
 * Wait for something to happen, at most that long, or until wake_fd can be read.
 * Time limits are the channels' own.
 */
void		 channels_wait(struct channels *, int wake_fd, int64_t most_us);
/* The next flight that is over; NULL: none. */
struct flight	*channels_done(struct channels *);

/* For channels: this flight is over. */
void		 flight_over(struct channels *, struct flight *);
/* It failed without an answer: "E_TIMEOUT".  final: no repetition will help. */
void		 flight_failed(struct channels *, struct flight *, const char *error, bool final);

#endif
