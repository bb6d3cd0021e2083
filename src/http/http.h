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
	const char	*extra;		/* further lines, each ended by \r\n; or NULL */
	struct span	 body;
};

/* After this the exchange is gone.  HEAD sends no body; errors are the peer's. */
void		 http_reply(struct http_exchange *, const struct http_reply *);
/* {"error":"<text>"} with the code's status; 503 gets a Retry-After. */
void		 http_error(struct http_exchange *, enum hk_err, const char *text);

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
	void	*ctx;
};

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
