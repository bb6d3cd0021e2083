/*
 * The hub: one thread that looks for new messages and says them to all who
 * listen.  Belongs to the room.
 */
#ifndef STREAM_HUB_H
#define STREAM_HUB_H

#include <pthread.h>

#include "api/room.h"
#include "base/buf.h"
#include "http/http.h"
#include "store/seats.h"
#include "stream/listener.h"

/* Somebody at the door, whose token is good; lives in the exchange's arena. */
struct guest {
	struct guest	*next;
	struct http_exchange *x;
	char		 user[UUID_LEN + 1];	/* of a room token, else "" */
	struct span	 clerk_user;	/* of a session */
	int64_t		 until_us;	/* the token's end */
	struct span	 last;		/* Last-Event-ID; SPAN_NULL: none */
	const char	*lines;		/* further lines of the answer, for a browser; or NULL */
};

struct hub_opts {
	const char	*path;		/* of the database */
	int64_t		 busy_timeout_ms;
	size_t		 listeners;	/* at most */
	bool		 poll;		/* say what is new and close */
	int64_t		 look_us;	/* how often to look for news */
	int64_t		 beat_us;	/* BEAT_US; tests are in a hurry */
};

struct hub {
	struct hub_opts	 opts;
	struct seats	*seats;
	struct seat	*seat;		/* the thread's own; NULL: none yet */
	struct db	*db;		/* of the seat; NULL: to be opened */
	pthread_t	 thread;
	bool		 threaded, started;
	int		 epoll, bell;	/* the bell: an eventfd, data.ptr is NULL */
	pthread_mutex_t	 m;		/* guards the next two */
	struct guest	*queue;
	bool		 stopping;
	/* The thread's: */
	struct listeners ls;
	struct buf	 text;		/* what is being said */
	int64_t		 last;		/* the message that was said last, to anybody */
	int64_t		 version;	/* of the database then; -1: look anyway */
	int64_t		 look_us, pass_us;	/* mono_us(): when to do it next */
};

/* Opens the database (errors as db_open()'s); with thread false it does all in hub_put(). */
enum hk_err	 hub_start(struct hub **, const struct hub_opts *, bool thread) HK_MUST_USE;
/* He is answered, some time; the exchange is the hub's. */
void		 hub_put(struct hub *, struct guest *);
/* Everybody is sent home and the thread has ended. */
void		 hub_stop(struct hub *);	/* NULL is fine; once more too */
void		 hub_free(struct hub *);	/* NULL is fine */

/* ---- reading.c: the thread's reads ---- */
/* A snapshot in h->db, until reading_end(). */
enum hk_err	 reading_begin(struct hub *) HK_MUST_USE;
/*
 * e: what became of it.  Where the database is another one now everybody is sent
 * away: they come again, and their places are looked at.
 */
void		 reading_end(struct hub *, enum hk_err e);
/* Say what is new to those of its room. */
void		 read_news(struct hub *);
/* Say a page of what was before to each who is behind and takes it. */
void		 read_old(struct hub *);
/* Is there one? */
bool		 reading_waits(const struct hub *);

/* ---- admit.c: from the door to a place, or an answer ---- */
void		 admit(struct hub *, struct guest *);

/* ---- ask.c ---- */
/* An answer that is no stream: a problem of api/problems.def; the exchange is gone. */
enum refusal { REFUSE_TOKEN, REFUSE_UNKNOWN, REFUSE_METHOD, REFUSE_MANY, REFUSE_BUSY };
void		 ask_refuse(struct http_exchange *, enum refusal, const char *lines);

#endif
