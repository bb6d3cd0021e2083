/* Is it well?  And what the interface is. */
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/embed.h"
#include "inbox/wakeup.h"

#define QUEUE_MOST	1000	/* counted so far */

/* Is somebody there who hears of work? */
static bool
worker_listens(const struct conf *conf)
{
	int	fd = -1;
	bool	yes = wakeup_send(conf, &fd);

	if (fd != -1)
		close(fd);
	return yes;
}

enum hk_err
call_healthz(struct call *c)
{
	struct stmt	*q;
	int64_t		 due = 0, since = 0;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_HEALTH_QUEUE, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", c->now);
	bind_int(q, ":most", QUEUE_MOST);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		due = col_int(q, 0);
		since = col_int(q, 1);
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	jw_text(c->out, "status", SPAN("ok"));
	jw_text(c->out, "version", SPAN(HK_VERSION));
	jw_open(c->out, "queue", '{');
	jw_int(c->out, "due", due);
	jw_bool(c->out, "more", due == QUEUE_MOST);
	jw_int(c->out, "oldest_s", due > 0 ? (c->now - since) / US_PER_S : 0);
	jw_close(c->out, '}');
	jw_bool(c->out, "worker", worker_listens(c->conf));
	return HK_OK;
}

/* The document as it is; the braces are the frame's. */
enum hk_err
call_openapi(struct call *c)
{
	struct span	doc = span_trim(embed_find(openapi_files, "openapi.json"));

	if (doc.len < 2)
		return err_note(HK_IO, "the OpenAPI document is not in this program");
	buf_put(c->out->out, doc.p + 1, doc.len - 2);
	return HK_OK;
}
