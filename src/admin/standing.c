/* How things stand now: the queue, the secrets, the place. */
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "admin/event_rows.h"
#include "admin/figures.h"
#include "base/clock.h"
#include "inbox/wakeup.h"

#define COUNTED_MOST	10000	/* of a line of the queue; more are "more" */
#define SECRETS_MOST	16	/* of a sender: more are not used */
#define HOUR_US		(INT64_C(3600) * US_PER_S)
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- the queue ------------------------------------------------------------------------ */

/* Ages of what is due, and when the rest will be; us from now, each up to the next. */
static const struct {
	const char	*title, *kind;
	int64_t		 from, to;
} due[] = {
	{ "overdue by more than an hour", "bad", INT64_MIN, -HOUR_US },
	{ "overdue by 10 minutes to an hour", "bad", -HOUR_US, -HOUR_US / 6 },
	{ "overdue by 1 to 10 minutes", "warn", -HOUR_US / 6, -HOUR_US / 60 },
	{ "due now", "busy", -HOUR_US / 60, 1 },
	{ "in the next 10 minutes", "soft", 1, HOUR_US / 6 },
	{ "in 10 minutes to an hour", "soft", HOUR_US / 6, HOUR_US },
	{ "in an hour to a day", "soft", HOUR_US, 24 * HOUR_US },
	{ "later", "soft", 24 * HOUR_US, INT64_MAX },
};

static enum hk_err
put_due(struct visit *v, size_t i)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_DUE_BETWEEN, &q)) != HK_OK)
		return e;
	bind_int(q, ":from", due[i].from == INT64_MIN ? INT64_MIN : v->now + due[i].from);
	bind_int(q, ":to", due[i].to == INT64_MAX ? INT64_MAX : v->now + due[i].to);
	bind_int(q, ":most", COUNTED_MOST + 1);
	if ((e = stmt_int(q, &n)) != HK_OK)
		return e;
	jw_open(w, NULL, '{');
	jw_text(w, "when", span_str(due[i].title));
	jw_text(w, "kind", span_str(due[i].kind));
	jw_int(w, "n", n > COUNTED_MOST ? COUNTED_MOST : n);
	jw_bool(w, "more", n > COUNTED_MOST);
	jw_close(w, '}');
	return HK_OK;
}

static enum hk_err
put_first(struct visit *v)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_DUE_FIRST, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(v->doc, "first", '{');
		jw_int(v->doc, "event", col_int(q, 0));
		jw_time(v->doc, "received_at", col_int(q, 1));
		jw_time(v->doc, "due_at", col_int(q, 2));
		jw_close(v->doc, '}');
	} else if (e == HK_OK)
		jw_null(v->doc, "first");
	stmt_reset(q);
	return e;
}

static enum hk_err
put_queue(struct visit *v)
{
	struct jw		*w = v->doc;
	struct rollup_total	 t;
	enum hk_err		 e;

	if ((e = rollup_total(v->db, &t)) != HK_OK)
		return e;
	jw_open(w, "queue", '{');
	jw_int(w, "events", t.events);
	jw_int(w, "pending", t.pending);
	jw_int(w, "waiting", t.waiting);
	jw_int(w, "processing", t.processing);
	jw_int(w, "failed", t.failed);
	jw_bool(w, "more", t.more);
	jw_open(w, "due", '[');
	for (size_t i = 0; e == HK_OK && i < COUNT(due); i++)
		e = put_due(v, i);
	jw_close(w, ']');
	if (e == HK_OK)
		e = put_first(v);
	jw_close(w, '}');
	return e;
}

/* ---- secrets ---------------------------------------------------------------------------- */

/* Those that are set, and those that were at work once and are set no more. */
static bool
is_set(const struct conf *conf, struct span provider, struct span label)
{
	for (size_t i = 0; i < conf_senders(conf); i++)
		for (size_t k = 0; k < conf->sender[i].nsecret; k++)
			if (span_is(provider, conf->sender[i].name) &&
			    span_is(label, conf->sender[i].secret[k].label))
				return true;
	return false;
}

static void
put_secret(struct visit *v, struct span provider, struct span label, int64_t first, int64_t last)
{
	struct jw	*w = v->doc;

	jw_open(w, NULL, '{');
	jw_text(w, "provider", provider);
	jw_text(w, "sender", event_sender_title(provider));
	jw_text(w, "label", label);
	jw_bool(w, "set", is_set(v->conf, provider, label));
	jw_time(w, "first_at", first);
	jw_time(w, "last_at", last);
	jw_close(w, '}');
}

/* Seen ones are remembered in seen[], by sender and place, so that the rest can follow. */
static void
mark_seen(const struct conf *conf, bool (*seen)[SECRETS_MOST], struct span provider, struct span label)
{
	for (size_t i = 0; i < conf_senders(conf); i++)
		for (size_t k = 0; k < conf->sender[i].nsecret && k < SECRETS_MOST; k++)
			seen[i][k] = seen[i][k] || (span_is(provider, conf->sender[i].name) &&
			    span_is(label, conf->sender[i].secret[k].label));
}

static enum hk_err
put_secrets(struct visit *v)
{
	bool		 seen[CONF_SENDERS + CONF_CUSTOM_MOST][SECRETS_MOST] = { { false } };
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_SECRETS_SEEN, &q)) != HK_OK)
		return e;
	jw_open(v->doc, "secrets", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		put_secret(v, col_text(q, 0), col_text(q, 1), col_int(q, 2), col_int(q, 3));
		mark_seen(v->conf, seen, col_text(q, 0), col_text(q, 1));
	}
	stmt_reset(q);
	for (size_t i = 0; i < conf_senders(v->conf); i++)
		for (size_t k = 0; k < v->conf->sender[i].nsecret && k < SECRETS_MOST; k++)
			if (!seen[i][k])
				put_secret(v, span_str(v->conf->sender[i].name),
				    span_str(v->conf->sender[i].secret[k].label), 0, 0);
	jw_close(v->doc, ']');
	return e;
}

/* ---- the place ---------------------------------------------------------------------------- */

/* 0 for a file that is not there. */
static int64_t
size_of(struct visit *v, const char *ending)
{
	char		*path = arena_printf(v->arena, "%s%s", v->conf->db, ending);
	struct stat	 st;

	return path != NULL && stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static enum hk_err
put_place(struct visit *v)
{
	struct jw	*w = v->doc;
	struct statvfs	 fs;
	struct stmt	*q;
	int64_t		 indexed = 0;
	int		 fd = -1;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_MARK_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", SPAN("indexed_to"));
	if ((e = stmt_int(q, &indexed)) != HK_OK)
		return e;
	jw_open(w, "place", '{');
	jw_bool(w, "worker", wakeup_send(v->conf, &fd));
	jw_bool(w, "slice", v->conf->slice != 0);
	jw_int(w, "bytes", size_of(v, ""));
	jw_int(w, "log_bytes", size_of(v, "-wal"));
	if (statvfs(v->conf->state_dir, &fs) == 0)
		jw_int(w, "free_bytes", (int64_t)fs.f_bavail * (int64_t)fs.f_frsize);
	else
		jw_null(w, "free_bytes");
	jw_int(w, "indexed_to", indexed);
	jw_close(w, '}');
	if (fd != -1)
		close(fd);
	return HK_OK;
}

enum hk_err
standing_put(struct visit *v)
{
	enum hk_err	e;

	if ((e = put_queue(v)) != HK_OK || (e = put_secrets(v)) != HK_OK)
		return e;
	return put_place(v);
}
