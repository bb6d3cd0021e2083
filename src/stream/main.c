/* The program: settings, keys, the hub, and then request after request. */
#include "stream/stream.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "stream/ask.h"

#define BODY_MOST	4096		/* nobody has to send one */
#define WORK_MOST	(1 << 20)	/* of a request's arena: fields, and a token taken apart */
#define LOOK_US		(25 * US_PER_MS)
#define FILES_BESIDES	64		/* open files that are no listener's */

enum { MODE_AUTO, MODE_ALWAYS_LIVE, MODE_ALWAYS_POLL };	/* stream_mode */

/* Plain CGI has to answer even when nothing is right; the log says why. */
static void
handle_sick(struct http_exchange *x, void *ctx)
{
	(void)ctx;
	ask_refuse(x, REFUSE_BUSY, NULL);
}

static int
serve_sick(enum http_way way, const struct http_limits *limits)
{
	const struct http_service	sick = { .handle = handle_sick };

	if (way == HTTP_CGI && http_serve(way, &sick, limits) != HK_OK)
		return EX_IOERR;
	return EX_CONFIG;
}

static void
drain(void *ctx)
{
	const struct ask	*a = ctx;

	hub_stop(a->hub);
}

/* A listener is an open file; many systems give a program 1024. */
static void
allow_files(int64_t listeners)
{
	struct rlimit	r;
	rlim_t		want = (rlim_t)listeners + FILES_BESIDES;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur < want)
		log_warn("open files are limited to %llu, too few for %lld listeners",
		    (unsigned long long)r.rlim_cur, (long long)listeners);
}

static bool
polls(const struct conf *c, enum http_way way)
{
	return way == HTTP_CGI || c->stream_mode == MODE_ALWAYS_POLL ||
	    (c->stream_mode == MODE_AUTO && http_alone(way));
}

static enum hk_err
prepare(struct ask *a, struct conf **conf, struct sessions **sessions, enum http_way way)
{
	struct hub_opts	 opts = { .look_us = LOOK_US, .beat_us = BEAT_US };
	enum hk_err	 e;

	if ((e = conf_load(conf, true)) != HK_OK ||
	    (e = sessions_open(sessions, *conf)) != HK_OK)
		return e;
	opts.path = (*conf)->db;
	opts.busy_timeout_ms = (*conf)->busy_timeout_ms;
	opts.listeners = (size_t)(*conf)->stream_listeners;
	opts.poll = polls(*conf, way);
	if (!opts.poll)
		allow_files((*conf)->stream_listeners);
	a->conf = *conf;
	a->sessions = *sessions;
	return hub_start(&a->hub, &opts, way == HTTP_FASTCGI);
}

int
stream_main(void)
{
	struct ask		 a = { .conf = NULL };
	struct conf		*conf = NULL;
	struct sessions		*sessions = NULL;
	const struct http_service service = { .handle = ask_handle, .drain = drain, .ctx = &a };
	struct http_limits	 limits = { .threads = 2, .inflight = 64, .max_body = BODY_MOST,
				    .arena_most = WORK_MOST, .io_timeout_s = 10,
				    .request_timeout_s = 30 };
	enum http_way		 way = http_start();
	int			 status;

	log_open("stream", LOG_INFO);
	if (way == HTTP_NONE) {
		fprintf(stderr, "stream.fcgi: a web server starts this program, as FastCGI or CGI; "
		    "see the README\n");
		return EX_USAGE;
	}
	if (prepare(&a, &conf, &sessions, way) == HK_OK)
		status = http_serve(way, &service, &limits) == HK_OK ? EX_OK : EX_IOERR;
	else
		status = serve_sick(way, &limits);
	hub_free(a.hub);
	sessions_close(sessions);
	conf_free(conf);
	return status;
}
