/* The site's own types of message: making, changing, archiving one. */
#include "admin/auditlog.h"
#include "outbox/catalogue.h"

/* As typed, and the field that is wrong with a sentence about it. */
struct typed {
	struct span	name, about, schema, sample;
	const char	*wrong, *why;
	bool		change;
};

static void
put_value(struct jw *w, const struct typed *t, const char *name, const char *field, struct span value)
{
	char	key[32] = "wrong_";

	jw_text(w, name, value);
	strcat(key, name);
	jw_text(w, key, t->wrong != NULL && strcmp(t->wrong, field) == 0 ? span_str(t->why) : SPAN_NULL);
}

static enum hk_err
put_form(struct visit *v, const struct typed *t)
{
	struct jw	*w = v->doc;

	jw_open(w, "form", '{');
	put_value(w, t, "name", "name", t->name);
	put_value(w, t, "about", "description", t->about);
	put_value(w, t, "schema", "schema", t->schema);
	put_value(w, t, "sample", "sample", t->sample);
	jw_text(w, "wrong", t->wrong != NULL && *t->wrong == '\0' ? span_str(t->why) : SPAN_NULL);
	jw_bool(w, "change", t->change);
	jw_close(w, '}');
	return HK_OK;
}

static bool
keep(struct visit *v, struct stmt *q, int col, struct span *out)
{
	*out = col_is_null(q, col) ? SPAN_NULL : arena_span(v->arena, col_text(q, col));
	return out->p != NULL || col_is_null(q, col);
}

/* The stored one of t->name; t->change: there is one. */
static enum hk_err
load(struct visit *v, struct typed *t)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_TYPE_OWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", t->name);
	if ((e = stmt_step(q, &t->change)) == HK_OK && t->change &&
	    (!keep(v, q, 1, &t->about) || !keep(v, q, 2, &t->schema) || !keep(v, q, 3, &t->sample)))
		e = err_note(HK_NOMEM, "no memory for a type");
	stmt_reset(q);
	return e;
}

enum hk_err
page_type_edit(struct visit *v)
{
	struct typed	t = { .name = visit_query(v, "name") };
	enum hk_err	e;

	if (t.name.p != NULL && (e = load(v, &t)) != HK_OK)
		return e;
	return put_form(v, &t);
}

/* "schema: at /a: ..." names its field. */
static void
blame(struct visit *v, struct typed *t)
{
	static const char *const	fields[] = { "name", "description", "schema", "sample" };
	struct span			rest = span_str(err_last()), name = span_cut(&rest, ':');

	t->wrong = "";
	t->why = arena_str(v->arena, span_str(err_last()));
	if (span_is(name, "payload"))
		name = SPAN("sample");	/* it is what is checked by the schema */
	for (size_t i = 0; rest.p != NULL && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_is(name, fields[i])) {
			t->wrong = fields[i];
			t->why = arena_str(v->arena, span_trim(rest));
		}
	if (t->why == NULL)
		t->why = "This cannot be.";
}

static enum hk_err
facts(struct visit *v, struct span name, struct span *out)
{
	struct typed	t = { .name = name };
	enum hk_err	e = load(v, &t);

	*out = SPAN_NULL;
	if (e == HK_OK && t.change)
		*out = auditlog_facts(v->arena, (struct fact[]){ { "description", t.about },
		    { "schema", t.schema }, { "sample", t.sample } }, 3);
	return e;
}

/* w NULL: it is archived. */
static enum hk_err
set(struct visit *v, struct span name, const struct type_word *w)
{
	struct auditlog	log = { .action = w != NULL ? "type.set" : "type.archive",
			    .subject = auditlog_subject(v->arena, "type", name) };
	enum hk_err	e;

	if ((e = facts(v, name, &log.before)) != HK_OK ||
	    (e = w != NULL ? event_type_put(v->db, w, v->now) :
	    event_type_archive(v->db, name, v->now)) != HK_OK ||
	    (e = facts(v, name, &log.after)) != HK_OK)
		return e;
	return auditlog_put(v, &log);
}

static enum hk_err
in_transaction(struct visit *v, struct span name, const struct type_word *w)
{
	enum hk_err	e;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = set(v, name, w)) == HK_OK)
		return db_commit(v->db);
	db_rollback(v->db);
	return e;
}

static enum hk_err
then_type(struct visit *v, struct span name, const char *said)
{
	struct buf	b;
	enum hk_err	e;

	buf_init(&b, 2048);
	form_put(&b, SPAN("name"), name);
	v->said = said;
	e = buf_ok(&b) ? visit_then(v, "/event-types/type?%s", b.p) :
	    err_note(HK_NOMEM, "no memory for an address");
	buf_release(&b);
	return e;
}

enum hk_err
act_type_set(struct visit *v)
{
	struct typed	 t = { .name = visit_form(v, "name"), .about = visit_form(v, "about"),
			     .schema = visit_form(v, "schema"), .sample = visit_form(v, "sample"),
			     .change = visit_form(v, "change").p != NULL };
	struct type_word w = { t.name, t.about, t.schema, t.sample };
	enum hk_err	 e;

	e = in_transaction(v, t.name, &w);
	if (e == HK_SYNTAX || e == HK_NEVER) {
		blame(v, &t);
		v->status = err_status(e);
		return put_form(v, &t);
	}
	return e == HK_OK ? then_type(v, t.name, "saved") : e;
}

enum hk_err
act_type_archive(struct visit *v)
{
	struct span	name = visit_form(v, "name");
	enum hk_err	e;

	if (name.p == NULL)
		return err_tell(HK_SYNTAX, "Which type?");
	e = in_transaction(v, name, NULL);
	return e == HK_OK ? then_type(v, name, "type_archived") : e;
}
