/* From a request to the function of its page: who is it, and may they? */
#include <stdatomic.h>

#include "admin/auditlog.h"
#include "admin/frame.h"
#include "admin/login.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/cookie.h"
#include "inbox/client.h"

#define DOWNLOADS_MOST	2	/* at once: slow readers must leave threads for the pages */
#define STRANGERS	30	/* refusals of people who are not logged in, logged a minute */

#define PAGE(path, role, fn, template, section, title) \
	{ R_PAGE, path, role, fn, NULL, template, section, title },
#define ACTION(path, role, fn, template, section, title) \
	{ R_ACTION, path, role, fn, NULL, template, section, title },
#define DOWNLOAD(path, role, fn) \
	{ R_DOWNLOAD, path, role, NULL, fn, NULL, NULL, NULL },
const struct admin_route admin_routes[] = {
#include "admin/routes.def"
	{ .path = NULL }
};
#undef PAGE
#undef ACTION
#undef DOWNLOAD

/* ---- which page ------------------------------------------------------------- */

/* Below the base, as "/events/12"; SPAN_NULL: not ours. */
static struct span
own_path(struct span path)
{
	const size_t	base = sizeof(ADMIN_BASE) - 1;

	if (!span_starts(path, ADMIN_BASE) || (path.len > base && path.p[base] != '/'))
		return SPAN_NULL;
	return path.len == base ? SPAN("/") : span_of(path.p + base, path.len - base);
}

/* *known: there is something at this path, if not for this method. */
static const struct admin_route *
find(struct frame *f, struct span path, bool post, bool *known)
{
	*known = false;
	for (const struct admin_route *r = admin_routes; r->path != NULL; r++) {
		if (!route_match(&f->v.route, r->path, path))
			continue;
		*known = true;
		if ((r->kind == R_ACTION) == post)
			return r;
	}
	return NULL;
}

static bool
wants_json(const struct http_request *rq)
{
	struct span	accept = field_get(&rq->fields, "accept");

	return accept.p != NULL && memmem(accept.p, accept.len, "application/json", 16) != NULL &&
	    memmem(accept.p, accept.len, "text/html", 9) == NULL;
}

static enum hk_err
read_form(struct visit *v)
{
	struct span	type = field_get(&v->rq->fields, "content-type");

	if (v->rq->body.len == 0)
		return HK_OK;
	if (!span_starts(type, "application/x-www-form-urlencoded"))
		return err_tell(HK_SYNTAX, "a form is sent as application/x-www-form-urlencoded, "
		    "not as '%.*s'", (int)(type.len < 80 ? type.len : 80),
		    type.p != NULL ? type.p : "");
	return form_parse(&v->form, v->rq->body, v->arena);
}

/* ---- who may ------------------------------------------------------------------ */

/* Strangers can ask as often as they like, so not all of it is kept. */
static bool
worth_keeping(const struct visit *v)
{
	static _Atomic int64_t	minute;
	static _Atomic int	used;
	int64_t			this = v->now / (60 * US_PER_S);

	if (v->who.person != 0)
		return true;
	if (atomic_exchange(&minute, this) != this)
		atomic_store(&used, 0);
	return atomic_fetch_add(&used, 1) < STRANGERS;
}

/* Into the audit log; when that cannot be written, the log has to do. */
static void
note_refusal(struct frame *f, struct seat *seat, const char *why)
{
	struct visit		*v = &f->v;
	struct buf		 after;
	struct jw		 w;
	struct auditlog		 entry = { .action = "refused", .result = "refused",
				    .subject = v->rq->path };
	struct db		*page = v->db;

	log_warn("%.*s %.*s by %s from %.*s refused: %s", SPAN_ARG(v->rq->method),
	    SPAN_ARG(v->rq->path), v->who.name, SPAN_ARG(v->remote_addr), why);
	if (!worth_keeping(v))
		return;
	if (entry.subject.len > 200)
		entry.subject.len = 200;
	buf_init(&after, 4096);
	jw_init(&w, &after);
	jw_open(&w, NULL, '{');
	jw_text(&w, "reason", span_str(why));
	jw_close(&w, '}');
	entry.after = buf_ok(&after) ? buf_span(&after) : SPAN_NULL;
	if (seat_db(f->admin->seats, seat, DB_RW, &v->db) == HK_OK && db_begin(v->db) == HK_OK &&
	    (auditlog_put(v, &entry) != HK_OK || db_commit(v->db) != HK_OK))
		db_rollback(v->db);
	v->db = page;
	buf_release(&after);
}

/* Answered when false. */
static bool
admit(struct frame *f, struct seat *seat)
{
	struct visit	*v = &f->v;
	bool		 post = f->route->kind == R_ACTION;
	const char	*why = "its form was not one of ours";

	if (v->who.role == ROLE_NONE && f->route->role != ROLE_NONE) {
		if (post)
			note_refusal(f, seat, "nobody is logged in");
		frame_login(f);
		return false;
	}
	if (post && !login_form_ok(v, &why)) {
		note_refusal(f, seat, why);
		v->status = 403;
		frame_error(f, HK_SYNTAX, why);
		return false;
	}
	if (v->who.role < f->route->role) {
		if (post)
			note_refusal(f, seat, "the role does not allow it");
		v->status = 403;
		frame_error(f, HK_SYNTAX, arena_printf(v->arena, "This needs the role %s; you are %s.",
		    role_name(f->route->role), role_name(v->who.role)));
		return false;
	}
	return true;
}

/* ---- the call -------------------------------------------------------------------- */

/* What stands beside the names in the navigation; without it a page is a page, too. */
static void
count_badges(struct frame *f, struct db *db)
{
	struct stmt	*q;
	bool		 row;

	f->badge.failed = f->badge.refused = -1;
	if (f->json || f->v.who.role == ROLE_NONE || db_stmt(db, S_ADMIN_BADGES, &q) != HK_OK)
		return;
	bind_int(q, ":since", f->v.now - 24 * 3600 * US_PER_S);
	if (stmt_step(q, &row) == HK_OK && row) {
		f->badge.failed = col_int(q, 0);
		f->badge.refused = col_int(q, 1);
	}
	stmt_reset(q);
}

static enum hk_err
call(struct frame *f, struct seat *seat, struct db *ro)
{
	struct visit	*v = &f->v;
	enum hk_err	 e = HK_OK;

	jw_init(&f->jw, &f->page);
	jw_open(&f->jw, NULL, '{');
	v->doc = &f->jw;
	if (f->route->kind == R_ACTION) {
		db_rollback(ro);		/* it looks for itself, and writes */
		e = seat_db(f->admin->seats, seat, DB_RW, &v->db);
	}
	if (e == HK_OK)
		e = f->route->run(v);
	if (f->route->kind == R_ACTION && v->db != NULL)
		db_rollback(v->db);
	if (e == HK_OK && v->then == NULL) {
		if (!db_in_transaction(ro))
			e = db_begin(ro);
		if (e == HK_OK)
			count_badges(f, ro);
	}
	jw_close(&f->jw, '}');
	return e;
}

/* A login that is in use is to stay; when it cannot be noted, nothing is lost. */
static void
touch(struct frame *f, struct seat *seat)
{
	struct db	*rw;

	if (seat_db(f->admin->seats, seat, DB_RW, &rw) != HK_OK || db_begin(rw) != HK_OK)
		return;
	if (login_touch(rw, f->v.who.login, f->v.now) != HK_OK || db_commit(rw) != HK_OK)
		db_rollback(rw);
}

static void
download(struct frame *f)
{
	if (atomic_fetch_add(&f->admin->downloads, 1) < DOWNLOADS_MOST)
		f->route->download(&f->v, f->x);
	else
		frame_error(f, HK_BUSY, "Other downloads are running. Try again when they are done.");
	atomic_fetch_sub(&f->admin->downloads, 1);
}

static enum hk_err
run(struct frame *f, struct seat *seat)
{
	struct db	*ro = NULL;
	bool		 stale = false;
	enum hk_err	 e;

	if ((e = seat_db(f->admin->seats, seat, DB_RO, &ro)) != HK_OK ||
	    (e = db_begin(ro)) != HK_OK)
		goto out;
	f->v.db = ro;
	if ((e = login_who(&f->v, &stale)) != HK_OK)
		goto out;
	if (!admit(f, seat))
		return HK_OK;
	if (f->route->kind == R_DOWNLOAD) {
		download(f);
		return HK_OK;
	}
	e = call(f, seat, ro);
	db_rollback(ro);
	/* A page that looks again by itself keeps nobody logged in. */
	if (e == HK_OK && stale && field_get(&f->x->rq.fields, "x-live").p == NULL)
		touch(f, seat);
out:
	if (e != HK_OK)
		frame_error(f, e, err_last());
	else if (f->v.then != NULL)
		frame_then(f);
	else
		frame_page(f);
	return e;
}

static void
serve(struct frame *f)
{
	struct seat	*seat = NULL;
	enum hk_err	 e;

	if ((e = form_parse(&f->v.query, f->x->rq.query, f->v.arena)) == HK_OK)
		e = read_form(&f->v);
	if (e == HK_OK)
		e = seat_take(f->admin->seats, &seat);
	if (e != HK_OK) {
		frame_error(f, e, err_last());
		return;
	}
	e = run(f, seat);
	seat_put(f->admin->seats, seat, e);
}

void
frame_handle(struct http_exchange *x, void *ctx)
{
	struct admin	*ad = ctx;
	struct span	 path = own_path(x->rq.path);
	bool		 post = span_is(x->rq.method, "POST"), known = false;
	bool		 get = span_is(x->rq.method, "GET") || span_is(x->rq.method, "HEAD");
	struct frame	 f = { .admin = ad, .x = x, .badge = { -1, -1 } };

	if (get && static_answer(x, path))
		return;
	f.v = (struct visit){ .conf = ad->conf, .rq = &x->rq, .arena = x->arena,
	    .now = now_us(), .status = 200, .who = { .name = "nobody", .form_token = "" },
	    .remote_addr = client_addr(&x->rq, ad->conf->trusted_proxies),
	    .cookies = &f.cookies };
	view_read(&f.v.view, cookie_get(&x->rq.fields, VIEW_COOKIE), x->arena);
	buf_init(&f.page, DOCUMENT_MOST);
	buf_init(&f.cookies, 8192);
	f.json = wants_json(&x->rq);
	f.route = path.p != NULL ? find(&f, path, post, &known) : NULL;
	if (f.route != NULL && (get || post))
		serve(&f);
	else if (known)
		frame_error(&f, HK_METHOD, "This address does not take that method.");
	else
		frame_error(&f, HK_NOTFOUND, "There is no page at this address.");
	buf_release(&f.page);
	buf_release(&f.cookies);
}
