/* hookkeeper export: events as lines of JSON. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "cli/filter.h"
#include "cli/progress.h"
#include "inbox/body.h"

#define BATCH		200		/* events read in one go: nothing is held open for long */
#define BODY_ARENA	((size_t)192 << 20)
#define FLUSH_AT	((size_t)1 << 20)

struct args {
	struct filter	 filter;
	const char	*out;
};

static const struct opt opts[] = {
	{ "provider", OPT_SENDER, offsetof(struct args, filter.provider), "P",
	    "only from stripe, clerk, resend or custom:NAME", 0, 0, 0, NULL },
	{ "type", OPT_TEXT, offsetof(struct args, filter.type), "T",
	    "only this type; invoice.* means all that start so", 0, 0, 0, NULL },
	{ "since", OPT_TIME, offsetof(struct args, filter.since), "T",
	    "only received at this time or later", 0, 0, 0, NULL },
	{ "until", OPT_TIME, offsetof(struct args, filter.until), "T",
	    "only received before this time", 0, 0, 0, NULL },
	{ "out", OPT_TEXT, offsetof(struct args, out), "FILE",
	    "write there, mode 0600, instead of to standard output", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct export {
	struct cli	*c;
	struct arena	*arena;		/* of one body */
	int		 fd;		/* of the file; -1: standard output */
	int64_t		 last, all;	/* event.id */
	int64_t		 events, bodies;
	struct progress	 bar;
};

/* Columns of EXPORT_EVENTS. */
enum {
	COL_ID, COL_PROVIDER, COL_EVENT_ID, COL_TYPE, COL_LANE, COL_STATUS, COL_OUTCOME, COL_REASON,
	COL_SIGNATURE, COL_VERIFIED, COL_SECRET, COL_LIVEMODE, COL_API_VERSION, COL_INSTANCE,
	COL_OCCURRED, COL_CREATED, COL_PROCESSED, COL_PRUNED, COL_EMPTIED
};
static const struct {
	const char	*name;
	int		 col;
	enum { AS_TEXT, AS_INT, AS_BOOL } as;
} members[] = {
	{ "id", COL_ID, AS_INT }, { "provider", COL_PROVIDER, AS_TEXT },
	{ "event_id", COL_EVENT_ID, AS_TEXT }, { "event_type", COL_TYPE, AS_TEXT },
	{ "lane", COL_LANE, AS_TEXT }, { "status", COL_STATUS, AS_TEXT },
	{ "outcome", COL_OUTCOME, AS_TEXT }, { "reason", COL_REASON, AS_TEXT },
	{ "signature", COL_SIGNATURE, AS_TEXT }, { "verified", COL_VERIFIED, AS_BOOL },
	{ "secret_label", COL_SECRET, AS_TEXT }, { "livemode", COL_LIVEMODE, AS_BOOL },
	{ "api_version", COL_API_VERSION, AS_TEXT }, { "instance", COL_INSTANCE, AS_TEXT },
	{ "occurred_at", COL_OCCURRED, AS_INT }, { "created_at", COL_CREATED, AS_INT },
	{ "processed_at", COL_PROCESSED, AS_INT }, { "pruned_at", COL_PRUNED, AS_INT },
	{ "emptied_at", COL_EMPTIED, AS_INT },
};

static void
put_columns(struct jw *w, struct stmt *q)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		int	col = members[i].col;

		if (col_is_null(q, col))
			continue;
		switch (members[i].as) {
		case AS_TEXT:
			jw_text(w, members[i].name, col_text(q, col));
			break;
		case AS_INT:
			jw_int(w, members[i].name, col_int(q, col));
			break;
		case AS_BOOL:
			jw_bool(w, members[i].name, col_int(q, col) != 0);
			break;
		}
	}
}

/* As text when that gives the same bytes again, else as base64. */
static enum hk_err
put_body(struct export *x, struct span headers, struct span body)
{
	struct jw	*w = &x->c->jw;
	char		*text;

	jw_raw(w, "headers", headers);
	if (utf8_valid(body)) {
		jw_text(w, "body", body);
		return HK_OK;
	}
	if ((text = arena_get(x->arena, BASE64_LEN(body.len) + 1)) == NULL)
		return err_note(HK_NOMEM, "no memory for a body");
	base64_encode(text, body.p, body.len);
	jw_text(w, "body_base64", span_str(text));
	return HK_OK;
}

static enum hk_err
put_event(struct export *x, struct stmt *q)
{
	struct jw	*w = &x->c->jw;
	struct span	 headers, body;
	enum hk_err	 e = HK_OK;

	arena_reset(x->arena);
	x->last = col_int(q, COL_ID);
	x->events++;
	jw_open(w, NULL, '{');
	w->comma = false;
	put_columns(w, q);
	if (col_is_null(q, COL_PRUNED) &&
	    (e = body_load(x->c->db, x->last, x->arena, &headers, &body)) == HK_OK) {
		e = put_body(x, headers, body);
		x->bodies++;
	}
	jw_close(w, '}');
	w->comma = false;
	buf_putc(&x->c->out, '\n');
	return e == HK_NOTFOUND ? HK_OK : e;	/* its body went while we read */
}

static enum hk_err
flush(struct export *x)
{
	struct buf	*b = &x->c->out;

	if (x->fd == -1)
		return cli_flush(x->c);
	for (size_t at = 0; at < b->len;) {
		ssize_t	n = write(x->fd, b->p + at, b->len - at);

		if (n == -1 && errno != EINTR)
			return err_tell(errno == ENOSPC || errno == EDQUOT ? HK_FULL : HK_IO,
			    "cannot write the file: %s", strerror(errno));
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(b);
	return HK_OK;
}

/* The next events; *n of them. */
static enum hk_err
batch(struct export *x, int *n)
{
	const struct args	*a = x->c->args;
	const struct filter	*f = &a->filter;
	struct span		 type = span_str(f->type);
	bool			 row, prefix = type.len > 0 && type.p[type.len - 1] == '*';
	struct stmt		*q = NULL;
	enum hk_err		 e;

	*n = 0;
	if ((e = db_stmt(x->c->db, S_EXPORT_EVENTS, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", x->last);
	bind_text(q, ":provider", span_str(f->provider));
	bind_text(q, ":type", prefix ? SPAN_NULL : type);
	bind_text(q, ":prefix", prefix ? span_of(type.p, type.len - 1) : SPAN_NULL);
	if (f->since != 0)
		bind_int(q, ":since", f->since);
	if (f->until != 0)
		bind_int(q, ":until", f->until);
	bind_int(q, ":limit", BATCH);
	while (x->c->out.len < FLUSH_AT && (e = stmt_step(q, &row)) == HK_OK && row) {
		++*n;
		if ((e = put_event(x, q)) != HK_OK)
			break;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
all(struct export *x)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int		 n;

	if ((e = cli_open(x->c, DB_RO)) != HK_OK ||
	    (e = db_stmt(x->c->db, S_EXPORT_COUNT, &q)) != HK_OK || (e = stmt_int(q, &x->all)) != HK_OK)
		return e;
	do {
		if ((e = batch(x, &n)) != HK_OK || (e = flush(x)) != HK_OK)
			return e;
		progress_tell(&x->bar, "exporting", x->last, x->all);
	} while (n > 0);
	return HK_OK;
}

/* Into a file that gets its name when it is whole. */
static enum hk_err
into_file(struct export *x, const char *file)
{
	char		*part = arena_printf(x->c->arena, "%s.part-%d", file, (int)getpid());
	enum hk_err	 e;

	if (part == NULL)
		return err_note(HK_NOMEM, "no memory for a path");
	if (access(file, F_OK) == 0)
		return err_tell(HK_EXISTS, "%s is there already: name another file", file);
	if ((x->fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1)
		return err_tell(HK_IO, "%s: %s", part, strerror(errno));
	if ((e = all(x)) == HK_OK && (fsync(x->fd) == -1 || rename(part, file) == -1))
		e = err_tell(HK_IO, "%s: %s", file, strerror(errno));
	close(x->fd);
	if (e != HK_OK)
		unlink(part);
	return e;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct export		 x = { .c = c, .fd = -1, .arena = arena_new(BODY_ARENA) };
	enum hk_err		 e;

	if (x.arena == NULL)
		return cli_fail(err_note(HK_NOMEM, "no memory for bodies"));
	progress_init(&x.bar, cli_errors());
	e = a->out != NULL ? into_file(&x, a->out) : all(&x);
	progress_end(&x.bar);
	arena_free(x.arena);
	if (e != HK_OK)
		return cli_fail(e);
	cli_say("%lld event%s, %lld with a body", (long long)x.events, x.events == 1 ? "" : "s",
	    (long long)x.bodies);
	return 0;
}

const struct command cmd_export = {
	.name		= "export",
	.operands	= "",
	.about		= "put out events as lines of JSON, for import or another program",
	.help		=
	    "An object a line: the columns of the event, headers, and its body byte for byte, as\n"
	    "body when it is UTF-8, else as body_base64; times are microseconds since 1970.\n"
	    "Without a body: it was pruned.  They are as they came: people's addresses,\n"
	    "one-time codes, and all.  The database is used as ever meanwhile.\n"
	    "Books, endpoints and people are not in it: those are in a backup.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
