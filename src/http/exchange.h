/*
 * What the files of this room share: an exchange with its connection, the
 * pool of them, and how a request is read.  Nobody outside includes this.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"

struct exchange;
struct pool;

/* Where connections are accepted. */
struct door {
	pthread_mutex_t	 m;
	pthread_cond_t	 changed;
	bool		 taken, closed;
};

void		 door_init(struct door *);
void		 door_release(struct door *);
/* Waits while another has it.  False: closed. */
bool		 door_take(struct door *);
/* For the next who waits. */
void		 door_leave(struct door *);
/* From now on nobody takes it; those who wait are told. */
void		 door_close(struct door *);
/* Before its thread waits for the peer, or works for long. */
void		 exchange_leave(struct exchange *);

/* A connection that speaks FastCGI. */
struct fastcgi {
	int	 fd;
	uint16_t id;			/* of its request */
	char	**env;			/* its parameters, in the arena */
	size_t	 content, padding;	/* to come of the body's record at hand */
	bool	 ended;			/* the body is over */
	bool	 limited;		/* the io_timeout is set on fd */
};

/* An answer that is sent while it is made; see stream.c. */
struct stream {
	char		*room;		/* in the arena */
	size_t		 len;		/* gathered there */
	bool		 sent;		/* something has left already */
	enum hk_err	 why;		/* what writes say, once it is not HK_OK */
};

struct exchange {
	struct http_exchange pub;	/* first: what handlers hold */
	enum http_way	 way;
	struct fastcgi	 fcgi;		/* of HTTP_FASTCGI */
	struct stream	 stream;
	char		*large;		/* a body that is not in the arena, or what */
					/* came in its place; or NULL */
	bool		 whole;		/* the body was read to its end */
	/*
	 * While it is read: HK_OK, or why its thread is to give up on the peer
	 * (HK_TIMEOUT, HK_STOPPING).
	 */
	const atomic_int *cut;
	struct door	*door;		/* while it is read: its thread's; NULL: left */
	struct door	*kept;		/* its thread is still at it, in handle(); */
	bool		*stays;		/* ... false: has left */
	struct pool	*pool;
	struct exchange	*next;
};

/*
 * At most limits->inflight exchanges, made when first needed and kept; the
 * newest returned is the next taken, so a quiet program touches only few.
 */
struct pool {
	pthread_mutex_t	 m;
	pthread_cond_t	 changed;
	struct exchange	*idle;
	int		 made, out;
	bool		 closed;
	enum http_way	 way;
	const struct http_service *service;	/* who refuses */
	const struct http_limits *limits;
};

void		 pool_init(struct pool *, enum http_way, const struct http_service *,
		    const struct http_limits *);
/* All must be back. */
void		 pool_release(struct pool *);
/* Waits while all are out.  HK_STOPPING: closed.  HK_NOMEM. */
enum hk_err	 pool_take(struct pool *, struct exchange **) HK_MUST_USE;
void		 pool_put(struct exchange *);
/* From now on nobody gets one; those who wait are told. */
void		 pool_close(struct pool *);
bool		 pool_closed(struct pool *);

/*
 * The environment of a request into x->rq.  Values stay where they are (env
 * must live as long as the exchange), names are made in the arena.
 *
 *	told	CONTENT_LENGTH, or -1: none, or no number
 *
 * HK_SYNTAX: no REQUEST_METHOD.  HK_TOOBIG: more than FIELDS_MOST fields, or
 * more than FIELDS_BYTES in their names and values.  HK_NOMEM.
 */
#define FIELDS_MOST	200
#define FIELDS_BYTES	(64 * 1024)
enum hk_err	 request_fields(struct http_exchange *x, char *const *env,
		    int64_t *told) HK_MUST_USE;

/* As the service wants it, or http_error()'s way.  The exchange is gone. */
void		 exchange_refuse(struct exchange *, int status, const char *text);

/* Where a body comes from. */
struct body_source {
	/*
	 * Fill p; *got < room is the end.  HK_ABORTED: the end came too early;
	 * HK_TIMEOUT, HK_STOPPING: gave up.
	 */
	enum hk_err	(*read)(struct body_source *, char *p, size_t room, size_t *got);
	struct exchange	*x;
	int64_t		 told;		/* as request_fields() found it */
	int64_t		 done;		/* bytes read so far */
	int64_t		 until_us;	/* of the CGI's: mono_us() to give up at */
};

/*
 * Read fields and body.  False: it was refused and answered, which may linger,
 * so not at the door; the exchange is gone.
 */
bool		 request_read(struct exchange *, char *const *env, struct body_source *);

/*
 * Begin to speak FastCGI on an accepted connection: waits for the first
 * record, then for all parameters.  False: no request came, fd is closed.
 */
bool		 fastcgi_open(struct exchange *, int fd);
enum hk_err	 fastcgi_body(struct body_source *, char *p, size_t room, size_t *got);
/*
 * Status, type, length (< 0: nobody knows) and caching, as lines; how many
 * bytes of head[REPLY_HEAD] they take.
 */
#define REPLY_HEAD	512
size_t		 reply_head(char *head, int status, const char *type, const char *extra,
		    int64_t len);

#define ANSWER_PIECES	8
/* Answer with the pieces one after another, and close. */
void		 fastcgi_answer(struct exchange *, const struct span *piece, size_t n);

enum hk_err	 cgi_serve(const struct http_service *, const struct http_limits *)
		    HK_MUST_USE;
/* more_input: the sender has more to say than we want to hear. */
void		 cgi_answer(bool more_input, const struct span *piece, size_t n);
/* A stop signal waits to be noticed. */
bool		 cgi_told_to_stop(void);
/* Standard input and output become /dev/null. */
void		 cgi_hang_up(void);

#endif
