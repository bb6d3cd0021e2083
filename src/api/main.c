/* The program: settings, connections, and then call after call. */
#include <stdio.h>
#include <sysexits.h>

#include "api/frame.h"
#include "base/fault.h"
#include "base/log.h"

#define CGI_SLICE_US	50000
#define COMMIT_MOST	256		/* calls in one transaction */
#define BODY_MOST	(1 << 20)	/* above it nobody reads on */
#define WORK_MOST	(16 << 20)	/* of a request's arena */

/* The writer's thread, all answers of a commit being out. */
static void
committed(void *ctx)
{
	struct api	*api = ctx;

	if (api->work && api->slice != NULL) {
		api->work = false;
		slice_kick(api->slice);
	}
}

static enum hk_err
writer_open(struct api *api, bool thread)
{
	const struct writer_opts	opts = {
		.path = api->conf->db, .busy_timeout_ms = api->conf->busy_timeout_ms,
		.most = COMMIT_MOST, .patient = thread, .committed = committed, .ctx = api,
	};

	return writer_start(&api->writer, &opts, thread);
}

enum hk_err
api_writer(struct api *api)
{
	return api->writer != NULL ? HK_OK : writer_open(api, false);
}

static void
drain(void *ctx)
{
	struct api	*api = ctx;

	FAULT_DIE("drain.begun");
	/* The slice looks at the writer, and the writer kicks the slice. */
	slice_stop(api->slice);
	writer_stop(api->writer);
	slice_free(api->slice);
	api->writer = NULL;
	api->slice = NULL;
}

static enum hk_err
api_open(struct api *api, enum http_way way)
{
	enum hk_err	e;

	if ((e = conf_load(&api->conf, true)) != HK_OK ||
	    (e = sessions_open(&api->sessions, api->conf)) != HK_OK ||
	    (e = seats_open(&api->seats, api->conf->db, api->conf->busy_timeout_ms, false)) != HK_OK ||
	    (e = limit_open(&api->limit, api->conf->state_dir)) != HK_OK)
		return e;
	if (way == HTTP_CGI)
		return HK_OK;
	if ((e = writer_open(api, true)) != HK_OK)
		return e;
	return slice_start(&api->slice, api->conf, api->writer);
}

static void
api_close(struct api *api)
{
	drain(api);
	seats_close(api->seats);
	sessions_close(api->sessions);
	limit_close(api->limit);
	seen_release(&api->seen);
	conf_free(api->conf);
}

/* Plain CGI has to answer even when nothing is right; the log says why. */
static void
handle_sick(struct http_exchange *x, void *ctx)
{
	frame_refuse(x, err_status(HK_CONF), "Not ready; the server's error log says why", ctx);
}

static int
serve_sick(enum http_way way, const struct http_limits *limits)
{
	const struct http_service	sick = { .handle = handle_sick, .refuse = frame_refuse };

	if (way == HTTP_CGI && http_serve(way, &sick, limits) != HK_OK)
		return EX_IOERR;
	return EX_CONFIG;
}

int
api_main(void)
{
	struct api		 api = { .conf = NULL };
	const struct http_service service = { .handle = frame_handle, .drain = drain,
				    .refuse = frame_refuse, .ctx = &api,
				    .quick = true };
	struct http_limits	 limits = { .threads = 1, .inflight = 1, .max_body = BODY_MOST,
				    .arena_most = WORK_MOST, .io_timeout_s = 10,
				    .request_timeout_s = 30 };
	enum http_way		 way = http_start();
	enum hk_err		 e;

	log_open("api", LOG_INFO);
	if (way == HTTP_NONE) {
		fprintf(stderr, "api.fcgi: a web server starts this program, as FastCGI or CGI; "
		    "see the README\n");
		return EX_USAGE;
	}
	seen_init(&api.seen);
	if (api_open(&api, way) != HK_OK) {
		api_close(&api);
		return serve_sick(way, &limits);
	}
	limits.threads = (int)api.conf->threads;
	limits.inflight = (int)api.conf->inflight;
	limits.io_timeout_s = (int)api.conf->io_timeout_s;
	limits.request_timeout_s = (int)api.conf->request_timeout_s;
	e = http_serve(way, &service, &limits);
	if (way == HTTP_CGI && api.work)
		slice_once(api.conf, CGI_SLICE_US);
	api_close(&api);
	return e == HK_OK ? EX_OK : EX_IOERR;
}
