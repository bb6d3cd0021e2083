/*
 * Who listens, and in which room: the places of the house.  All by one thread.
 * Belongs to the room.
 */
#ifndef STREAM_LISTENER_H
#define STREAM_LISTENER_H

#include "base/id.h"
#include "http/http.h"

/*
 * Bytes that may wait for a slow listener.  When it is more he falls behind, and
 * reads the store at his own pace; who takes nothing at all is sent away.
 */
#define BACKLOG		((size_t)64 << 10)
/* Of all places one user may take this part, or so many when that is more. */
#define ROOM_PART	8
#define ROOM_LEAST	8
/* A comment after so long without a word; or, when something waits, the end. */
#define BEAT_US		(15 * INT64_C(1000000))

struct listener {
	struct http_live *live;
	struct listener	*next;		/* of the same bucket */
	size_t		 at;		/* in the table */
	char		 user[UUID_LEN + 1];	/* whose room */
	int64_t		 seen;		/* id of the last message said, or passed over */
	int64_t		 until_us;	/* wall clock: his token is over */
	int64_t		 word_us;	/* mono_us(): something left */
	bool		 behind;	/* reads what was before, page after page */
	bool		 deleted;	/* the user is: nothing comes after what was before */
	bool		 ending;	/* all is said: ends when it has left */
	bool		 gone;		/* leaves with listeners_sweep() */
	bool		 awaits;	/* epoll tells when he takes more */
};

#define BUCKETS	1024

struct listeners {
	int		 epoll;		/* where they are watched; data.ptr is the listener */
	struct listener	**all;
	size_t		 n, most;
	size_t		 behind, gone;	/* of them */
	struct listener	*bucket[BUCKETS];	/* by user; those behind are not in there */
};

enum hk_err	 listeners_init(struct listeners *, int epoll, size_t most) HK_MUST_USE;
/* All have left. */
void		 listeners_release(struct listeners *);

/*
 * A new one, who is behind.  There must be a place.  On an error the connection
 * has ended.
 */
enum hk_err	 listener_new(struct listeners *, struct http_live *, const char *user,
		    struct listener **) HK_MUST_USE;
/* He has heard what was before: from now on he is among those of his room. */
void		 listener_caught_up(struct listeners *, struct listener *);
/* It comes faster than he takes it: he reads it himself when he can. */
void		 listener_falls_behind(struct listeners *, struct listener *);
/* Has this user as many places as one may have? */
bool		 listeners_room_full(const struct listeners *, const char *user);
/* The first of a room; the others by listener_next(). */
struct listener	*listener_first(const struct listeners *, struct span user);
struct listener	*listener_next(const struct listener *);
/* False: he cannot take it now; or it is too late for it. */
bool		 listener_say(struct listeners *, struct listener *, struct span text);
/* Nothing will be said any more. */
void		 listener_finish(struct listeners *, struct listener *);
/* He is gone; as long as he does not know he comes again. */
void		 listener_send_away(struct listeners *, struct listener *);
/* He takes more. */
void		 listener_flush(struct listeners *, struct listener *);
/* End the connections of who is gone: of who has heard all, as a whole. */
void		 listeners_sweep(struct listeners *);

#endif
