/*
 * What the files of the frame share: from an exchange to the call of a
 * function, and from its answer to the reply.  Nobody outside includes this.
 */
#ifndef API_FRAME_H
#define API_FRAME_H

#include "api/api.h"
#include "api/keep.h"
#include "api/limit.h"
#include "api/seen.h"
#include "api/session.h"
#include "api/token.h"
#include "inbox/slice.h"
#include "store/seats.h"
#include "store/writer.h"

#define ANSWER_MOST	((size_t)8 << 20)	/* bytes of an answer */
#define KEY_MOST	255			/* of an Idempotency-Key */
#define LINES_MOST	640			/* of an answer's further lines */

/* The program: lives as long as the process. */
struct api {
	struct conf	*conf;
	struct seats	*seats;		/* read only */
	struct writer	*writer;	/* plain CGI: NULL until it is needed */
	struct slice	*slice;		/* NULL: plain CGI */
	struct sessions	*sessions;
	struct limit	*limit;		/* NULL: nothing is limited */
	struct seen	 seen;
	bool		 work;		/* the writer's: something wants work */
};

/* One request on its way; lives in its exchange's arena. */
struct order {
	struct job		 job;		/* first: the writer gives it back */
	struct api		*api;
	struct http_exchange	*x;
	const struct api_route	*route;		/* NULL: none */
	struct span		 shown;		/* the token's text, or the session's */
	uint8_t			 digest[32];	/* of a token's text */
	struct token		 token;		/* when it was found to be good */
	struct span		 address;	/* who asks, behind trusted proxies */
	bool			 known;		/* the token was good a moment ago */
	bool			 admitted;	/* it was counted against its rate */
	struct call		 c;
	struct jw		 jw;
	struct buf		 body;		/* the answer's */
	char			 request[KEEP_REQUEST + 1];	/* what the key is for */
	bool			 careful;	/* inside a savepoint of its own */
	bool			 replayed;	/* the answer is one that was kept */
	char			 lines[LINES_MOST];
	size_t			 nlines;
};

/* main.c */
/* HK_OK: there is one now (plain CGI starts it when it is first needed). */
enum hk_err	 api_writer(struct api *) HK_MUST_USE;

/* dispatch.c */
void		 frame_handle(struct http_exchange *, void *api);

/* who.c: who asks, and may they?  HK_OK and c.problem is set: they may not. */
/* Without the database, as far as that goes. */
enum hk_err	 who_shows(struct order *) HK_MUST_USE;
/* Inside a snapshot or transaction. */
enum hk_err	 who_asks(struct order *, struct db *) HK_MUST_USE;

/* order.c: one call */
void		 order_read(struct order *);
void		 order_write(struct order *);

/* answer.c */
/* Forget what the function has said: it begins. */
void		 answer_begin(struct order *);
/* It has said all: the body is whole.  HK_NOMEM. */
enum hk_err	 answer_close(struct order *) HK_MUST_USE;
/* A line more, "Name: value" without its end. */
void		 answer_line(struct order *, const char *fmt, ...) HK_PRINTF(2, 3);
/* The answer leaves, and the order is gone. */
void		 answer_send(struct order *);
/* The same, of an error of ours or a problem that was set. */
void		 answer_failed(struct order *, enum hk_err);
void		 answer_problem(struct order *);
/* The problem of a request that never became an order: see struct http_service. */
void		 frame_refuse(struct http_exchange *, int status, const char *text, void *api);
/* 204 to a browser that asks whether it may ask. */
void		 answer_preflight(struct order *);
const char	*problem_code(enum problem);
int		 problem_status(enum problem);

#endif
