/*
 * What there is to hear: messages of the store, and how they look on a stream.
 * Belongs to the room.
 */
#ifndef STREAM_NEWS_H
#define STREAM_NEWS_H

#include "base/buf.h"
#include "base/id.h"
#include "store/store.h"

/* A message.  Spans live until the next one is read. */
struct heard {
	int64_t		 id, created_us;
	struct span	 type, payload, owner;
	bool		 room;		/* a user's, and of a type that rooms hear */
};

/* False: that is enough, the next comes another time. */
typedef bool heard_fn(void *ctx, const struct heard *);

/*
 * Messages after *after, in order, at most `most`, and *after is the last that
 * was read.  owner SPAN_NULL: everybody's.  *end: there are no more now.
 */
enum hk_err	 news_read(struct db *, struct span owner, int64_t *after, int most, heard_fn *,
		    void *ctx, bool *end) HK_MUST_USE;
enum hk_err	 news_last(struct db *, int64_t *id) HK_MUST_USE;

/* Behind which message a listener is; id 0: before the first. */
struct place {
	int64_t	 id, created_us;
};
/* The newest message of the owner's. */
enum hk_err	 place_newest(struct db *, struct span owner, struct place *) HK_MUST_USE;
/*
 * The place with that name.  *lost: it is no name, or of no message here (it was
 * cleared away, or this is another database): then it is the newest.
 */
enum hk_err	 place_named(struct db *, struct span owner, struct span name, struct place *,
		    bool *lost) HK_MUST_USE;

/* One event: name, type, data on one line. */
void		 event_put(struct buf *, const struct heard *);
/* The name alone: a browser notes it and says it when it comes again. */
void		 event_put_place(struct buf *, const struct place *);

#endif
