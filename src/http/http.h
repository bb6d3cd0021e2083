/*
 * Requests and answers, however the web server brings them: FastCGI on the
 * listening socket at fd 0 (spawn-fcgi, lighttpd's bin-path, mod_fcgid), or
 * plain CGI.  The only place that knows either.
 *
 * A request is handed over: handle() is called on an accepting thread and may
 * keep the exchange; http_reply() may be called later from any thread, exactly
 * once.  So no thread sits waiting for a disk.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/fields.h"

struct http_request {
	struct span	 method;	/* "POST" */
	struct span	 path;		/* REQUEST_URI without the query; not decoded */
	struct span	 query;
	struct span	 remote_addr;
	/*
	 * Whom the web server let in (REMOTE_USER), or SPAN_NULL.  nginx's
	 * $remote_user is what the client claims: pass it on only where nginx
	 * has asked for the password.
	 */
	struct span	 remote_user;
	/* The Host field, "name", "name:port" or "[::1]:port"; else SPAN_NULL. */
	struct span	 host;
	bool		 https;		/* by HTTPS or REQUEST_SCHEME */
	/*
	 * HTTP_* as names like "svix-id", content-type, content-length; never
	 * "proxy".  More than 200, or than 64 KB of them, is answered by 431.
	 */
	struct fields	 fields;
	struct span	 body;		/* complete, exactly as received */
	int64_t		 received_us;	/* when its last byte was read */
};

struct http_exchange {
	struct http_request rq;		/* and all it points to: until http_reply() */
	struct arena	*arena;		/* the same lifetime */
	void		*user;		/* the handler's own, e.g. its job */
};

struct http_reply {
	int		 status;
	const char	*type;		/* NULL: application/json */
	/* Further lines, each ended by \r\n, as many and as long as need be; or NULL. */
	const char	*extra;
	struct span	 body;
};

/*
 * After this the exchange is gone.  Errors are the peer's.  HEAD sends no body,
 * 204 and 304 neither body nor type.
 */
void		 http_reply(struct http_exchange *, const struct http_reply *);
/* {"error":"<text>"} with the code's status; 503 gets a Retry-After. */
void		 http_error(struct http_exchange *, enum hk_err, const char *text);
/*
 * The body is not needed any longer: rq.body is SPAN_NULL from now on, and the
 * memory of a large one goes to the next request.  By the thread of handle().
 *
 *	instead	malloc()ed, or NULL: what is needed in its place, freed with the
 *		exchange
 */
void		 http_body_done(struct http_exchange *, void *instead);
/*
 * This request will take a while: of a quick service, let the next thread
 * accept.  By the thread of handle(), before the answer.
 */
void		 http_leave(struct http_exchange *);

/*
 * An answer whose length nobody knows yet, in place of http_reply(): begin,
 * write any number of times, end.  By any thread, but one at a time.  Memory is
 * bounded: small writes are gathered, and a write waits for a slow reader.
 */
void		 http_stream_begin(struct http_exchange *, int status, const char *type,
		    const char *extra);
/*
 * HK_ABORTED: the peer is gone; HK_TIMEOUT: it took nothing for io_timeout_s;
 * HK_STOPPING: the program is to stop; HK_SKIP: it was HEAD, nobody wants a
 * body; HK_NOMEM.  All further writes say the same; go on to the end.
 */
enum hk_err	 http_stream_write(struct http_exchange *, struct span) HK_MUST_USE;
/*
 * After this the exchange is gone.
 *
 *	why	HK_OK or HK_SKIP: that was all.  Anything else: it is not whole;
 *		the peer gets http_error() when nothing has left yet, else the
 *		connection breaks off, so that no half answer looks whole.  (Plain
 *		CGI cannot break off: let the last line of a file say it is.)
 *
 * What a write said counts without being handed back.
 */
void		 http_stream_end(struct http_exchange *, enum hk_err why);

/*
 * An answer that goes on for hours, in place of http_reply(): nothing waits, and
 * hundreds of them cost little.  The exchange is gone with http_live_begin();
 * its connection goes on, belongs to one thread at a time, and counts neither as
 * an exchange nor for http_serve(): who has it ends it, at the latest in drain().
 * By FastCGI only.
 */
struct http_live;
/*
 *	backlog	bytes that may wait for a slow reader
 *
 * HK_NOMEM: the peer got 503.  What else may be wrong the first write says.
 */
enum hk_err	 http_live_begin(struct http_exchange *, int status, const char *type,
		    const char *extra, size_t backlog, struct http_live **) HK_MUST_USE;
/*
 * It leaves now or with http_live_flush().  HK_TIMEOUT: more would wait than may,
 * and nothing of it was taken; one that is larger than all that may wait is taken
 * while nothing does.  HK_ABORTED: the peer is gone; HK_NOMEM; all further writes
 * say the same; go on to the end.
 */
enum hk_err	 http_live_write(struct http_live *, struct span) HK_MUST_USE;
/* Of what waits as much as the peer takes now; errors as above. */
enum hk_err	 http_live_flush(struct http_live *) HK_MUST_USE;
size_t		 http_live_waiting(const struct http_live *);	/* bytes */
/*
 * To wait on, for writing while bytes wait; for reading always: a peer has
 * nothing to say any more, so what can be read means that it has gone away.
 */
int		 http_live_fd(const struct http_live *);
/*
 * whole: that was all; else the connection breaks off.  Bytes that still wait
 * are lost, and then it was not whole.
 */
void		 http_live_end(struct http_live *, bool whole);

struct http_limits {
	int	 threads;	/* accepting ones */
	int	 inflight;	/* exchanges at once */
	size_t	 max_body;
	size_t	 arena_most;	/* for one request's body, fields and work */
	int	 io_timeout_s;	/* silence on the socket */
	int	 request_timeout_s;	/* from accept to the last byte of the body */
};

struct http_service {
	/* Answer now or later.  Called on several threads at once. */
	void	(*handle)(struct http_exchange *, void *ctx);
	/*
	 * No request will come any more: answer all that were handed over, then
	 * return.  Called once, on the thread of http_serve().  May be NULL.
	 */
	void	(*drain)(void *ctx);
	/*
	 * Answer a request that never came to handle(): too large, too slow, not
	 * whole, or there was no memory for it.  text is for people; rq may have a
	 * part of its fields or none.  NULL: {"error":"<text>"}.
	 */
	void	(*refuse)(struct http_exchange *, int status, const char *text, void *ctx);
	void	*ctx;
	/*
	 * handle() never waits and is soon done, or calls http_leave(): it may be
	 * called at the door.
	 */
	bool	 quick;
};

/* In each program's file, and the version behind it: what is installed there. */
#define HTTP_VERSION_MARK	"@(#)hookkeeper "

enum http_way {
	HTTP_FASTCGI,	/* fd 0 is a listening socket */
	HTTP_CGI,	/* GATEWAY_INTERFACE is set: one request on 0 and 1 */
	HTTP_NONE	/* a person started the program */
};

/*
 * Find out how we run and prepare the process: SIGPIPE ignored, SIGTERM,
 * SIGINT, SIGUSR1 and SIGUSR2 held back for http_serve().  Call first in main,
 * before any thread starts.  A program that we exec() must get a clean signal
 * mask, or it cannot be stopped.
 */
enum http_way	 http_start(void);

/*
 * Does the web server give this process one request at a time, so that an answer
 * that goes on keeps everybody else out?  Plain CGI, and Apache's mod_fcgid.
 */
bool		 http_alone(enum http_way);

/*
 * Serve until told to stop; returns with every request that was handed over
 * answered and every thread joined.  SIGTERM, SIGUSR1 (Apache, lighttpd) and
 * SIGINT stop within a second; what is still being read then gets 503, for the
 * sender comes again.  HTTP_CGI: one request, and the answer is out and
 * standard output closed as soon as http_reply() returns.
 *
 * Incomplete, slow and too large requests are answered here and never handed
 * over.
 *
 * HK_OK: told to stop.  HK_USAGE: HTTP_NONE.  HK_CONF: the socket is a TCP port
 * that other machines reach.  HK_IO, HK_NOMEM: cannot serve (any more).
 */
enum hk_err	 http_serve(enum http_way, const struct http_service *,
		    const struct http_limits *) HK_MUST_USE;

#endif
