/* The program: settings, connections, and then request after request. */
#include <stdio.h>
#include <sysexits.h>

#include "admin/frame.h"
#include "base/log.h"

#define FORM_MOST_BYTES	(1 << 20)	/* of a POST */
#define WORK_MOST	(96 << 20)	/* of a request's arena: a large body, unpacked, and more */

/* Plain CGI has to answer even when nothing is right; the log says why. */
static void
handle_sick(struct http_exchange *x, void *ctx)
{
	(void)ctx;
	http_error(x, HK_CONF, "Not ready; the server's error log says why");
}

static int
serve_sick(enum http_way way, const struct http_limits *limits)
{
	const struct http_service	sick = { .handle = handle_sick };

	if (way == HTTP_CGI && http_serve(way, &sick, limits) != HK_OK)
		return EX_IOERR;
	return EX_CONFIG;
}

int
admin_main(void)
{
	struct admin		 ad = { .conf = NULL };
	const struct http_service service = { .handle = frame_handle, .ctx = &ad };
	/* Three may be at passwords, two at downloads, two at samples. */
	struct http_limits	 limits = { .threads = 8, .inflight = 8,
				    .max_body = FORM_MOST_BYTES, .arena_most = WORK_MOST,
				    .io_timeout_s = 30, .request_timeout_s = 60 };
	enum http_way		 way = http_start();
	enum hk_err		 e;

	log_open("admin", LOG_INFO);
	if (way == HTTP_NONE) {
		fprintf(stderr, "admin.fcgi: a web server starts this program, as FastCGI or CGI; "
		    "see the README\n");
		return EX_USAGE;
	}
	static_open();
	if ((e = conf_load(&ad.conf, true)) != HK_OK ||
	    (e = seats_open(&ad.seats, ad.conf->db, ad.conf->busy_timeout_ms, true)) != HK_OK) {
		conf_free(ad.conf);
		return serve_sick(way, &limits);
	}
	e = http_serve(way, &service, &limits);
	seats_close(ad.seats);
	conf_free(ad.conf);
	return e == HK_OK ? EX_OK : EX_IOERR;
}
