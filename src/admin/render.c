/* From a page's document to its answer: HTML in the frame, or the document itself. */
#include <stdio.h>

#include "admin/frame.h"
#include "base/codec.h"
#include "crypto/hmac.h"

#define TAG_LEN		16		/* hex digits of an ETag */

static const struct {
	const char	*name, *title;
	enum role	 role;
	const char	*group;		/* of entries, that begins here; or NULL */
} nav[] = {
	{ "events", "Events", ROLE_VIEWER, NULL },
	{ "dashboard", "Dashboard", ROLE_VIEWER, NULL },
	{ "quarantine", "Quarantine", ROLE_VIEWER, NULL },
	{ "samples", "Types", ROLE_VIEWER, NULL },
	{ "users", "Users", ROLE_VIEWER, "Books" },
	{ "ledger", "Ledger", ROLE_VIEWER, NULL },
	{ "subscriptions", "Subscriptions", ROLE_VIEWER, NULL },
	{ "plans", "Plans", ROLE_VIEWER, NULL },
	{ "mails", "Mails", ROLE_VIEWER, NULL },
	{ "endpoints", "Endpoints", ROLE_VIEWER, "Outgoing" },
	{ "messages", "Messages", ROLE_VIEWER, NULL },
	{ "deliveries", "Deliveries", ROLE_VIEWER, NULL },
	{ "event-types", "Event types", ROLE_VIEWER, NULL },
	{ "doctor", "Doctor", ROLE_OPERATOR, "Access" },
	{ "audit-log", "Audit log", ROLE_OPERATOR, NULL },
	{ "people", "People", ROLE_ADMIN, NULL },
};

static const struct {
	const char	*name, *one, *many;
} said[] = {
#define SAID(name, one, many)	{ #name, one, many },
#include "admin/said.def"
#undef SAID
};

/* Offered to choose from; any other of the system's may be typed. */
static const char *const zones[] = {
	"UTC", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York",
	"America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Europe/Athens", "Africa/Lagos",
	"Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo",
	"Australia/Sydney", "Pacific/Auckland",
};

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* ---- the frame's members ------------------------------------------------------------ */

/* NULL: nothing, or nothing we know. */
static const char *
said_text(struct frame *f, struct span name, int64_t n)
{
	for (size_t i = 0; i < COUNT(said); i++)
		if (span_is(name, said[i].name)) {
			char	*text = NULL;
			char	 number[24];
			const char *form = n == 1 ? said[i].one : said[i].many;
			const char *gap = strstr(form, "%lld");

			if (gap == NULL)
				return form;
			snprintf(number, sizeof(number), "%lld", (long long)n);
			text = arena_printf(f->v.arena, "%.*s%s%s", (int)(gap - form), form,
			    number, gap + 4);
			return text;
		}
	return NULL;
}

static const char *
said_here(struct frame *f)
{
	int64_t	n = 1;

	(void)span_u63(form_get(&f->v.query, "n"), &n);
	return said_text(f, form_get(&f->v.query, "said"), n);
}

/* This address, without what was said: to come back to. */
static void
put_here(struct frame *f, struct jw *w)
{
	struct buf	b;

	buf_init(&b, 64 << 10);
	buf_putspan(&b, f->v.rq->path);
	buf_putc(&b, '?');
	for (size_t i = 0; i < f->v.query.n; i++) {
		const struct field	*q = &f->v.query.v[i];

		if (!span_is(q->name, "said") && !span_is(q->name, "n"))
			form_put(&b, q->name, q->value);
	}
	if (b.len > 0 && b.p[b.len - 1] == '?')
		b.len--;
	jw_text(w, "here", buf_ok(&b) ? buf_span(&b) : SPAN(ADMIN_BASE "/"));
	buf_release(&b);
}

static void
put_nav(struct frame *f, struct jw *w)
{
	const char	*here = f->route != NULL ? f->route->section : NULL;

	jw_open(w, "nav", '[');
	for (size_t i = 0; i < COUNT(nav); i++) {
		int64_t	badge = i == 0 ? f->badge.failed : strcmp(nav[i].name, "quarantine") == 0 ?
			    f->badge.refused : -1;
		char	href[64];

		if (f->v.who.role < nav[i].role)
			continue;
		snprintf(href, sizeof(href), ADMIN_BASE "/%s", nav[i].name);
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(nav[i].name));
		jw_text(w, "title", span_str(nav[i].title));
		jw_text(w, "href", span_str(href));
		jw_bool(w, "here", here != NULL && strcmp(here, nav[i].name) == 0);
		jw_text(w, "group", span_str(nav[i].group));
		if (badge > 0)
			jw_int(w, "badge", badge);
		else
			jw_null(w, "badge");
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void
put_view(const struct view *v, struct jw *w)
{
	bool	listed = false;

	jw_open(w, "view", '{');
	jw_text(w, "zone", span_str(v->name));
	jw_bool(w, "exact", v->exact);
	jw_open(w, "zones", '[');
	for (size_t i = 0; i <= COUNT(zones); i++) {
		const char	*name = i < COUNT(zones) ? zones[i] : v->name;
		bool		 here = strcmp(name, v->name) == 0;

		if (i == COUNT(zones) && listed)
			break;
		listed = listed || here;
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(name));
		jw_bool(w, "here", here);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_close(w, '}');
}

static void
put_me(const struct visitor *who, struct jw *w)
{
	if (who->role == ROLE_NONE) {
		jw_null(w, "me");
		return;
	}
	jw_open(w, "me", '{');
	jw_text(w, "name", span_str(who->name));
	jw_text(w, "role", span_str(role_name(who->role)));
	jw_bool(w, "operator", who->role >= ROLE_OPERATOR);
	jw_bool(w, "admin", who->role >= ROLE_ADMIN);
	jw_bool(w, "by_server", who->by_server);
	jw_close(w, '}');
}

static void
put_frame(struct frame *f, struct jw *w)
{
	const char	*title = f->v.title != NULL ? f->v.title :
			    f->route != NULL ? f->route->title : NULL;
	const char	*section = f->route != NULL ? f->route->section : NULL;

	jw_text(w, "base", SPAN(ADMIN_BASE));
	jw_text(w, "title", span_str(title != NULL ? title : "hookkeeper"));
	jw_text(w, "section", span_str(section));
	jw_text(w, "version", SPAN(HK_VERSION));
	jw_text(w, "mode", span_str(f->v.conf->mode == MODE_LIVE ? "live" : "test"));
	jw_text(w, "form_token", span_str(f->v.who.form_token));
	jw_text(w, "said", span_str(said_here(f)));
	jw_time(w, "now", f->v.now);
	put_here(f, w);
	put_me(&f->v.who, w);
	put_nav(f, w);
	put_view(&f->v.view, w);
	jw_open(w, "asset", '{');
	jw_text(w, "css", span_str(static_url("admin.css")));
	jw_text(w, "js", span_str(static_url("admin.js")));
	jw_text(w, "icon", span_str(static_url("icon.svg")));
	jw_close(w, '}');
}

/* ---- answers ----------------------------------------------------------------------------- */

/* Of what can differ from one look to the next: not the time of the look. */
static void
tag_make(struct frame *f, char out[TAG_LEN + 1])
{
	const struct view	*view = &f->v.view;
	uint8_t			 sum[SHA256_LEN];
	struct buf		 rest;
	char			 hex[2 * SHA256_LEN + 1];
	struct span		 piece[2];

	buf_init(&rest, 65536);
	buf_printf(&rest, HK_VERSION "|%s|%d|%s|%d|%d|%lld|%lld|%s", f->v.who.name, f->v.who.role,
	    view->name, view->exact, f->json, (long long)f->badge.failed,
	    (long long)f->badge.refused, static_url("admin.css"));
	piece[0] = buf_span(&f->page);
	piece[1] = buf_span(&rest);
	sha256(sum, piece, 2);
	hex_encode(hex, sum, sizeof(sum));
	memcpy(out, hex, TAG_LEN);
	out[TAG_LEN] = '\0';
	buf_release(&rest);
}

static void
answer(struct frame *f, int status, const char *type, const char *more, struct span body)
{
	struct buf	extra;

	buf_init(&extra, 64 << 10);
	buf_puts(&extra, SAFE_LINES "Cache-Control: no-store\r\nVary: Accept, Cookie\r\n");
	if (status == 405)
		buf_puts(&extra, "Allow: GET, HEAD, POST\r\n");
	if (status == 503)
		buf_puts(&extra, "Retry-After: 10\r\n");
	if (more != NULL)
		buf_puts(&extra, more);
	buf_putspan(&extra, buf_span(&f->cookies));
	if (buf_ok(&extra) && buf_ok(&f->cookies))
		http_reply(f->x, &(struct http_reply){ .status = status, .type = type,
		    .extra = extra.p, .body = body });
	else
		http_error(f->x, HK_NOMEM, "Try again later");
	buf_release(&extra);
}

/* The page's members inside the frame's. */
static enum hk_err
document(struct frame *f, struct buf *doc)
{
	struct jw	w;

	jw_init(&w, doc);
	jw_open(&w, NULL, '{');
	put_frame(f, &w);
	if (f->page.len > 2) {
		buf_putc(doc, ',');
		buf_put(doc, f->page.p + 1, f->page.len - 2);
	}
	buf_putc(doc, '}');
	return buf_ok(doc) ? HK_OK : err_note(HK_NOMEM, "no memory for a page");
}

static void
html(struct frame *f, const char *template, int status, const char *more)
{
	static const struct template_set set = { www_files, admin_filters };
	struct moment			 m = { f->v.now, &f->v.view };
	struct json			*root = NULL;
	struct buf			 doc, out;
	enum hk_err			 e;

	buf_init(&doc, DOCUMENT_MOST + (64 << 10));
	buf_init(&out, ANSWER_MOST);
	if ((e = document(f, &doc)) == HK_OK &&
	    (e = json_parse(buf_span(&doc), &root)) == HK_OK &&
	    (e = template_render(&out, &set, template, root, &m)) == HK_OK)
		answer(f, status, "text/html; charset=utf-8", more, buf_span(&out));
	else
		http_error(f->x, e, "This page cannot be shown; the log says why");
	json_free(root);
	buf_release(&doc);
	buf_release(&out);
}

void
frame_page(struct frame *f)
{
	char		 tag[TAG_LEN + 1], more[64];
	struct span	 had = field_get(&f->x->rq.fields, "if-none-match");

	if (!buf_ok(&f->page)) {
		frame_error(f, HK_NOMEM, "There is no memory for this page.");
		return;
	}
	tag_make(f, tag);
	snprintf(more, sizeof(more), "ETag: \"%s\"\r\n", tag);
	if (f->v.status == 200 && f->route->kind == R_PAGE && had.p != NULL &&
	    memmem(had.p, had.len, tag, TAG_LEN) != NULL)
		answer(f, 304, NULL, more, SPAN_NULL);
	else if (f->json || f->route->template == NULL)
		answer(f, f->v.status, "application/json", more, buf_span(&f->page));
	else
		html(f, f->route->template, f->v.status, more);
}

/* A path below the base, as a line of the answer; or nothing when it is none. */
static bool
location(struct frame *f, struct buf *line)
{
	struct span	then = span_str(f->v.then);
	bool		query = memchr(then.p, '?', then.len) != NULL;

	if (then.len == 0 || then.p[0] != '/' || (then.len > 1 && then.p[1] == '/') ||
	    !span_graph(then, 4096) || memchr(then.p, '\\', then.len) != NULL)
		return false;
	buf_printf(line, "Location: " ADMIN_BASE "%s", f->v.then);
	if (f->v.said != NULL)
		buf_printf(line, "%csaid=%s&n=%lld", query ? '&' : '?', f->v.said,
		    (long long)f->v.said_n);
	buf_puts(line, "\r\n");
	return buf_ok(line);
}

static void
then_json(struct frame *f)
{
	struct buf	out;
	struct jw	w;

	buf_init(&out, 16384);
	jw_init(&w, &out);
	jw_open(&w, NULL, '{');
	jw_bool(&w, "ok", true);
	jw_text(&w, "then", span_str(f->v.then));
	jw_text(&w, "said", f->v.said == NULL ? SPAN_NULL :
	    span_str(said_text(f, span_str(f->v.said), f->v.said_n)));
	jw_int(&w, "n", f->v.said_n);
	jw_close(&w, '}');
	answer(f, 200, "application/json", NULL, buf_span(&out));
	buf_release(&out);
}

void
frame_then(struct frame *f)
{
	struct buf	line;

	if (f->json && f->route->kind == R_ACTION) {
		then_json(f);
		return;
	}
	buf_init(&line, 8192);
	if (location(f, &line))
		answer(f, 303, "text/plain; charset=utf-8", line.p, SPAN(""));
	else
		frame_error(f, HK_NOTFOUND, "There is no such address to go on to.");
	buf_release(&line);
}

void
frame_login(struct frame *f)
{
	struct buf	there;

	if (f->json || f->route->kind == R_ACTION) {
		f->v.status = f->json ? 401 : 403;
		frame_error(f, HK_SYNTAX, "You are not logged in, or your login has ended. "
		    "Log in and do it again.");
		return;
	}
	buf_init(&there, 4096);
	buf_puts(&there, "/login?");
	if (f->x->rq.path.len < 1024 && f->x->rq.query.len < 2048) {
		struct buf	next;

		buf_init(&next, 4096);
		buf_putspan(&next, f->x->rq.path);
		if (f->x->rq.query.len > 0) {
			buf_putc(&next, '?');
			buf_putspan(&next, f->x->rq.query);
		}
		form_put(&there, SPAN("next"), buf_span(&next));
		buf_release(&next);
	}
	f->v.then = buf_ok(&there) ? there.p : "/login";
	frame_then(f);
	buf_release(&there);
}

static const char *
plain_title(int status)
{
	switch (status) {
	case 400: return "That was not understood";
	case 401: return "Log in first";
	case 403: return "Not allowed";
	case 404: return "Not found";
	case 405: return "Not like this";
	case 409: return "That is there already";
	case 413: return "Too large";
	case 422: return "That cannot work";
	default: return "That did not work";
	}
}

void
frame_error(struct frame *f, enum hk_err e, const char *text)
{
	int		 status = f->v.status >= 400 ? f->v.status : err_status(e);
	/* Our own trouble is for the log; what the visitor did is for the visitor. */
	bool		 own = status >= 500 && (e != HK_BUSY || err_logged());
	const char	*shown = own ? err_text(e) : text;

	if (shown == NULL || *shown == '\0')
		shown = err_text(e);
	f->v.title = plain_title(status);
	buf_release(&f->page);
	buf_init(&f->page, DOCUMENT_MOST);
	jw_init(&f->jw, &f->page);
	jw_open(&f->jw, NULL, '{');
	jw_int(&f->jw, "status", status);
	jw_text(&f->jw, "error", span_str(shown));
	jw_bool(&f->jw, "ours", status >= 500);
	jw_close(&f->jw, '}');
	if (f->json)
		answer(f, status, "application/json", NULL, buf_span(&f->page));
	else
		html(f, "error.html", status, NULL);
}

void
visit_fail(struct visit *v, struct http_exchange *x, enum hk_err e)
{
	struct frame	f = { .x = x, .v = *v, .badge = { -1, -1 } };

	buf_init(&f.page, DOCUMENT_MOST);
	buf_init(&f.cookies, 8192);
	f.v.status = 200;
	frame_error(&f, e, err_last());
	buf_release(&f.page);
	buf_release(&f.cookies);
}
