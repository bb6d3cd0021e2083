/* Refused requests, newest first. */
#include <inttypes.h>

#include "admin/event_filter.h"
#include "admin/event_rows.h"
#include "admin/refusal.h"
#include "inbox/advice.h"
#include "provider/provider.h"

#define PAGE_ROWS	50

/* Values of the selects; the first is "all". */
struct choice {
	const char	*value, *title;
};
static const struct choice kinds[] = {
	{ "", "all" },
	{ "signed", "signed by a configured secret" },
	{ "shaped", "looks like the sender's" },
	{ "noise", "noise" },
};
static const struct choice states[] = {
	{ "", "all" }, { "no", "not accepted" }, { "yes", "accepted" },
};
/* The doctor's, and the receivers' own. */
static const char *const reasons[] = {
	"", "no_match", "missing_signature", "malformed_header", "clock", "body_changed",
	"secret_text", "wrong_provider", "wrong_mode", "unknown_type", "bad_body", "ok",
};
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct wanted {
	struct event_filter	 f;	/* provider and since of it */
	struct span		 reason, kind, accepted;
	int64_t			 before;
};

void
refusal_put(struct jw *w, struct stmt *q)
{
	struct span	reason = col_text(q, 4);
	const char	*what = advice_title(reason);

	jw_int(w, "id", col_int(q, 0));
	jw_time(w, "created_at", col_int(q, 1));
	jw_time(w, "last_at", col_int(q, 2));
	jw_text(w, "provider", col_text(q, 3));
	jw_text(w, "sender", event_sender_title(col_text(q, 3)));
	jw_text(w, "reason", reason);
	jw_text(w, "what", what != NULL ? span_str(what) : reason);
	jw_text(w, "detail", col_text(q, 5));
	jw_text(w, "kind", col_int(q, 6) ? SPAN("signed") : col_int(q, 7) ? SPAN("shaped") :
	    SPAN("noise"));
	jw_int(w, "times", col_int(q, 8));
	jw_text(w, "remote_addr", col_text(q, 9));
	jw_text(w, "event_type", col_text(q, 10));
	jw_text(w, "event_id", col_text(q, 11));
	jw_int(w, "size", col_int(q, 12));
	jw_time(w, "accepted_at", col_int(q, 13));
	if (col_is_null(q, 14))
		jw_null(w, "event");
	else
		jw_int(w, "event", col_int(q, 14));
}

/* ---- what is wanted ------------------------------------------------------------ */

static bool
is_choice(struct span s, const struct choice *c, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (span_is(s, c[i].value))
			return true;
	return s.p == NULL;
}

static enum hk_err
read_query(struct visit *v, struct wanted *w)
{
	struct event_filter_wrong	wrong;
	struct span			before = visit_query(v, "before");

	*w = (struct wanted){ .before = INT64_MAX, .reason = visit_query(v, "reason"),
	    .kind = visit_query(v, "kind"), .accepted = visit_query(v, "accepted") };
	event_filter_read(&w->f, v, &v->query, &wrong);
	if (wrong.name != NULL)
		return err_tell(HK_SYNTAX, "%s: %s", wrong.name, wrong.text);
	if (before.p != NULL && !span_u63(before, &w->before))
		return err_tell(HK_SYNTAX, "before is the number of a request");
	if (!is_choice(w->kind, kinds, COUNT(kinds)))
		return err_tell(HK_SYNTAX, "kind is signed, shaped or noise");
	if (!is_choice(w->accepted, states, COUNT(states)))
		return err_tell(HK_SYNTAX, "accepted is yes or no");
	return HK_OK;
}

static void
bind(struct stmt *q, const struct wanted *w, int64_t before, int64_t limit)
{
	bind_int(q, ":before", before);
	bind_text(q, ":provider", w->f.provider);
	bind_text(q, ":reason", w->reason);
	if (w->kind.p != NULL) {
		bool	is_signed = span_is(w->kind, "signed");

		bind_int(q, ":verified", is_signed);
		if (!is_signed)
			bind_int(q, ":shaped", span_is(w->kind, "shaped"));
	}
	if (w->accepted.p != NULL)
		bind_int(q, ":accepted", span_is(w->accepted, "yes"));
	if (w->f.since_us != 0)
		bind_int(q, ":since", w->f.since_us);
	bind_int(q, ":limit", limit);
}

/* ---- the document ---------------------------------------------------------------- */

static void
put_option(struct jw *w, const char *value, struct span title, bool here)
{
	jw_open(w, NULL, '{');
	jw_text(w, "value", span_str(value));
	jw_text(w, "title", title);
	jw_bool(w, "here", here);
	jw_close(w, '}');
}

static void
put_choices(struct jw *w, const char *key, const struct choice *c, size_t n, struct span here)
{
	jw_open(w, key, '[');
	for (size_t i = 0; i < n; i++)
		put_option(w, c[i].value, span_str(c[i].title),
		    i == 0 ? here.p == NULL : span_is(here, c[i].value));
	jw_close(w, ']');
}

static void
put_senders(struct visit *v, struct span here)
{
	jw_open(v->doc, "senders", '[');
	put_option(v->doc, "", SPAN("all"), here.p == NULL);
	for (size_t i = 0; i < conf_senders(v->conf); i++) {
		const char	*name = v->conf->sender[i].name;

		put_option(v->doc, name, event_sender_title(span_str(name)), span_is(here, name));
	}
	jw_close(v->doc, ']');
}

static void
put_form(struct visit *v, const struct wanted *w)
{
	struct jw	*d = v->doc;

	put_senders(v, w->f.provider);
	put_choices(d, "kinds", kinds, COUNT(kinds), w->kind);
	put_choices(d, "states", states, COUNT(states), w->accepted);
	jw_open(d, "reasons", '[');
	for (size_t i = 0; i < COUNT(reasons); i++) {
		const char	*title = advice_title(span_str(reasons[i]));

		put_option(d, reasons[i], i == 0 ? SPAN("all") :
		    span_str(title != NULL ? title : reasons[i]),
		    i == 0 ? w->reason.p == NULL : span_is(w->reason, reasons[i]));
	}
	jw_close(d, ']');
	jw_text(d, "since", w->f.since);
	jw_bool(d, "filtered", w->f.provider.p != NULL || w->f.since.p != NULL ||
	    w->reason.p != NULL || w->kind.p != NULL || w->accepted.p != NULL);
}

/* The query of a page that begins below `before`; 0: there is none. */
static void
put_way(struct visit *v, const char *key, const struct wanted *w, int64_t before)
{
	const struct field	keep[] = {
		{ SPAN("provider"), w->f.provider }, { SPAN("since"), w->f.since },
		{ SPAN("reason"), w->reason }, { SPAN("kind"), w->kind },
		{ SPAN("accepted"), w->accepted },
	};
	struct buf		b;

	if (before == 0) {
		jw_null(v->doc, key);
		return;
	}
	buf_init(&b, 8192);
	for (size_t i = 0; i < COUNT(keep); i++)
		if (keep[i].value.p != NULL)
			form_put(&b, keep[i].name, keep[i].value);
	buf_printf(&b, "%sbefore=%" PRId64, b.len > 0 ? "&" : "", before);
	jw_text(v->doc, key, buf_ok(&b) ? buf_span(&b) : SPAN_NULL);
	buf_release(&b);
}

static enum hk_err
put_rows(struct visit *v, const struct wanted *w, int64_t *next)
{
	struct stmt	*q;
	int64_t		 last = 0;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	*next = 0;
	if ((e = db_stmt(v->db, S_REFUSALS, &q)) != HK_OK)
		return e;
	bind(q, w, w->before, PAGE_ROWS + 1);
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		if (n++ == PAGE_ROWS) {
			*next = last;
			break;
		}
		last = col_int(q, 0);
		jw_open(v->doc, NULL, '{');
		refusal_put(v->doc, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

/* Where the page above begins: below this number. */
static enum hk_err
find_above(struct visit *v, const struct wanted *w, int64_t *before)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*before = 0;
	if (w->before == INT64_MAX)
		return HK_OK;
	if ((e = db_stmt(v->db, S_REFUSALS_ABOVE, &q)) != HK_OK)
		return e;
	bind(q, w, w->before, PAGE_ROWS);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 0))
		*before = col_int(q, 1) < PAGE_ROWS ? INT64_MAX : col_int(q, 0) + 1;
	stmt_reset(q);
	return e;
}

enum hk_err
page_quarantine(struct visit *v)
{
	struct wanted	w;
	int64_t		next, above;
	enum hk_err	e;

	if ((e = read_query(v, &w)) != HK_OK)
		return e;
	put_form(v, &w);
	if ((e = put_rows(v, &w, &next)) != HK_OK || (e = find_above(v, &w, &above)) != HK_OK)
		return e;
	put_way(v, "next", &w, next);
	put_way(v, "previous", &w, above);
	return HK_OK;
}
