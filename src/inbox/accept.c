/* A refused request, taken in after all. */
#include "inbox/accept.h"

#include "base/clock.h"
#include "inbox/body.h"
#include "inbox/desk.h"

#define FIELDS_MAX	256	/* more than a request can have */

/* A row of the quarantine; spans in the arena. */
struct held {
	struct span	provider, headers, body;
	int64_t		created_us;
	bool		accepted, has_body;
};

static enum hk_err
held_load(struct db *db, int64_t id, struct arena *arena, struct held *h)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_QUARANTINE_GET, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row) {
		e = err_tell(HK_NOTFOUND, "there is no request %lld in quarantine", (long long)id);
		goto out;
	}
	h->provider = arena_span(arena, col_text(q, 0));
	h->headers = arena_span(arena, col_text(q, 3));
	h->has_body = !col_is_null(q, 4);
	h->body = arena_span(arena, col_text(q, 4));
	h->created_us = col_int(q, 5);
	h->accepted = !col_is_null(q, 6);
	if (h->provider.p == NULL || h->headers.p == NULL || (h->has_body && h->body.p == NULL))
		e = err_note(HK_NOMEM, "no memory for request %lld", (long long)id);
out:
	stmt_reset(q);
	return e;
}

/* The kept fields as they came; of each name one, as CGI has it. */
static enum hk_err
held_fields(const struct held *h, struct arena *arena, struct json **root, struct fields *f)
{
	struct field	*v = arena_zero(arena, FIELDS_MAX * sizeof(*v));
	struct span	 name, value;
	enum hk_err	 e;

	if (v == NULL)
		return err_note(HK_NOMEM, "no memory for header fields");
	if ((e = json_parse(h->headers, root)) != HK_OK)
		return e;
	for (f->n = 0; f->n < FIELDS_MAX && json_member(*root, f->n, &name, &value); f->n++)
		v[f->n] = (struct field){ name, value };
	f->v = v;
	return HK_OK;
}

static enum hk_err
find_desk(struct desks *ds, const struct conf *conf, struct span name, struct desk **d)
{
	const struct provider	*pv = span_starts(name, "custom:") ? &provider_custom :
				    provider_find(name);
	enum hk_err		 e;

	if (pv != NULL && (e = desks_open(ds, pv, conf)) != HK_OK)
		return e;
	for (size_t i = 0; i < ds->n; i++)
		if (span_is(name, ds->desk[i].sender->name)) {
			*d = &ds->desk[i];
			return HK_OK;
		}
	return err_tell(HK_NEVER, "%.*s is not configured any more", SPAN_ARG(name));
}

/*
 * By a secret of today, at the time the request itself says: it was refused
 * once, so it is late for certain.
 */
static enum hk_err
verify_late(const struct desk *d, const struct fields *f, const struct held *h,
    int64_t tolerance_s, struct sign_verdict *v)
{
	enum hk_err	e;

	if (!d->sender->verify)
		return err_tell(HK_NEVER, "verification of %s is switched off; nothing can be "
		    "accepted by signature", d->sender->name);
	e = desk_verify(d, f, h->body, h->created_us / US_PER_S, tolerance_s, v);
	if (e == HK_STALE && v->signed_s != 0)
		e = desk_verify(d, f, h->body, v->signed_s, tolerance_s, v);
	if (e == HK_OK)
		return HK_OK;
	return err_tell(e == HK_CONF ? e : HK_BADSIG, "no secret of %s signs it (%s): enter the "
	    "right one in hookkeeper.conf first", d->sender->name, sign_reason_name(v->reason));
}

static enum hk_err
store(struct db *db, const struct conf *conf, const struct desk *d, const struct held *h,
    const struct fields *f, const struct sign_verdict *v, int64_t now, struct arena *arena,
    struct accepted *out)
{
	struct event	ev = {
		.provider = d->sender->name, .headers = h->headers, .body = h->body,
		.signature = v->header, .secret_label = v->label, .verified = true,
		.received_us = now,
	};
	enum hk_err	e;

	if ((e = desk_read(d, conf, f, h->body, v->id, arena, &ev.env, &ev.disposition)) != HK_OK)
		return e;
	/* A person says yes to a type that the catalogue does not have. */
	if (ev.disposition.what == DO_REJECT)
		ev.disposition = (struct disposition){ DO_SKIP, "unknown type, accepted by a person" };
	ev.packed = body_pack(h->body, arena);
	return event_store(db, &ev, &out->event, &out->fresh);
}

static enum hk_err
mark(struct db *db, int64_t id, const struct accepted *a, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_QUARANTINE_ACCEPTED, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":now", now);
	bind_int(q, ":event", a->event);
	bind_text(q, ":secret_label", span_str(a->label));
	return stmt_run(q);
}

/* A refused request at the desk it came to, and the secret of today that signs it. */
struct late {
	struct desks		 desks;
	struct desk		*desk;
	struct held		 held;
	struct json		*root;
	struct fields		 fields;
	struct sign_verdict	 verdict;
};

static void
late_close(struct late *l)
{
	json_free(l->root);
	desks_close(&l->desks);
}

static enum hk_err
late_open(struct late *l, struct db *db, const struct conf *conf, int64_t id, struct arena *arena)
{
	enum hk_err	e;

	*l = (struct late){ .desk = NULL };
	if ((e = held_load(db, id, arena, &l->held)) != HK_OK)
		return e;
	if (l->held.accepted)
		return err_tell(HK_EXISTS, "request %lld was accepted before", (long long)id);
	if (!l->held.has_body)
		return err_tell(HK_NEVER, "the body of request %lld was too large to keep; let its "
		    "sender send it again", (long long)id);
	if ((e = held_fields(&l->held, arena, &l->root, &l->fields)) != HK_OK ||
	    (e = find_desk(&l->desks, conf, l->held.provider, &l->desk)) != HK_OK)
		return e;
	return verify_late(l->desk, &l->fields, &l->held, conf->tolerance_s, &l->verdict);
}

enum hk_err
quarantine_accept(struct db *db, const struct conf *conf, int64_t id, int64_t now,
    struct arena *arena, struct accepted *out)
{
	struct late	l;
	enum hk_err	e;

	if ((e = late_open(&l, db, conf, id, arena)) != HK_OK ||
	    (e = store(db, conf, l.desk, &l.held, &l.fields, &l.verdict, now, arena, out)) != HK_OK)
		goto out;
	out->label = arena_str(arena, span_str(l.verdict.label));
	e = mark(db, id, out, now);
out:
	late_close(&l);
	return e;
}

enum hk_err
quarantine_check(struct db *db, const struct conf *conf, int64_t id, struct arena *arena,
    const char **label)
{
	struct late		 l;
	struct envelope		 env;
	struct disposition	 what;
	enum hk_err		 e;

	if ((e = late_open(&l, db, conf, id, arena)) != HK_OK ||
	    (e = desk_read(l.desk, conf, &l.fields, l.held.body, l.verdict.id, arena, &env,
	    &what)) != HK_OK)
		goto out;
	if ((*label = arena_str(arena, span_str(l.verdict.label))) == NULL)
		e = err_note(HK_NOMEM, "no memory for a label");
out:
	late_close(&l);
	return e;
}
