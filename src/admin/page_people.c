/* People: who may open the pages, for those who may say so. */
#include <inttypes.h>

#include "admin/auditlog.h"
#include "admin/login.h"
#include "admin/person.h"
#include "crypto/hmac.h"

/* What the page says besides who there is. */
struct more {
	const char	*wrong;			/* a sentence */
	const char	*wrong_add;		/* one about the form for a new person */
	struct span	 typed_name;
	enum role	 typed_role;
	struct span	 made_for;		/* whom the password is for; or SPAN_NULL */
	const char	*password;		/* shown this once */
};

/* ---- the document ---------------------------------------------------------- */

static void
put_roles(struct jw *w, enum role here)
{
	static const char *const	titles[] = { NULL, "viewer", "operator", "admin" };

	jw_open(w, "roles", '[');
	for (enum role r = ROLE_VIEWER; r <= ROLE_ADMIN; r++) {
		jw_open(w, NULL, '{');
		jw_text(w, "value", span_str(role_name(r)));
		jw_text(w, "title", span_str(titles[r]));
		jw_bool(w, "here", r == here);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

/* A row of PERSON_LIST. */
static void
put_row(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;
	bool		 disabled = !col_is_null(q, 7);

	jw_open(w, NULL, '{');
	jw_int(w, "id", col_int(q, 0));
	jw_text(w, "name", col_text(q, 1));
	jw_text(w, "role", col_text(q, 2));
	put_roles(w, role_of(col_text(q, 2)));
	jw_bool(w, "self", col_int(q, 0) == v->who.person);
	jw_bool(w, "has_password", col_int(q, 3) != 0);
	jw_bool(w, "totp", col_int(q, 4) != 0);
	jw_time(w, "created_at", col_int(q, 5));
	jw_time(w, "seen_at", col_int(q, 6));
	jw_time(w, "disabled_at", col_int(q, 7));
	jw_bool(w, "disabled", disabled);
	jw_int(w, "logins", disabled ? 0 : col_int(q, 8));
	jw_close(w, '}');
}

static enum hk_err
put_rows(struct visit *v)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_PERSON_LIST, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", v->now);
	bind_int(q, ":idle", v->now - LOGIN_IDLE_US);
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		put_row(v, q);
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

static enum hk_err
put_document(struct visit *v, const struct more *m)
{
	struct jw	*w = v->doc;

	jw_text(w, "wrong", span_str(m->wrong));
	jw_text(w, "wrong_add", span_str(m->wrong_add));
	jw_text(w, "typed_name", m->typed_name);
	put_roles(w, m->typed_role);
	if (m->made_for.p != NULL) {
		jw_open(w, "made", '{');
		jw_text(w, "name", m->made_for);
		jw_text(w, "password", span_str(m->password));
		jw_close(w, '}');
	} else
		jw_null(w, "made");
	jw_bool(w, "by_server", v->conf->remote_user == 1);
	return put_rows(v);
}

enum hk_err
page_people(struct visit *v)
{
	return put_document(v, &(struct more){ .typed_role = ROLE_VIEWER });
}

/* What the person typed was wrong: say it where it was typed. */
static enum hk_err
put_wrong(struct visit *v, struct more *m, const char **where, enum hk_err e)
{
	if (e != HK_SYNTAX && e != HK_EXISTS && e != HK_NEVER)
		return e;
	v->status = err_status(e);
	if ((*where = arena_printf(v->arena, "This was not done: %s.", err_last())) == NULL)
		return err_note(HK_NOMEM, "no memory for a sentence");
	return put_document(v, m);
}

/* ---- actions: one transaction each ------------------------------------------ */

struct act {
	struct visit	*v;
	struct person	 p;
	char		 password[40], hash[PASSWORD_TEXT];	/* made, when one is to be set */
};

static enum hk_err
make_password(struct act *a)
{
	password_make(a->password);
	return password_hash(a->hash, span_str(a->password), NULL);
}

static enum hk_err
log_change(struct visit *v, const char *action, struct span name, const struct fact *before,
    const struct fact *after)
{
	return auditlog_put(v, &(struct auditlog){ .action = action,
	    .subject = auditlog_subject(v->arena, "person", name),
	    .before = auditlog_facts(v->arena, before, before != NULL),
	    .after = auditlog_facts(v->arena, after, after != NULL) });
}

static enum hk_err
add(struct act *a, struct span name, enum role role)
{
	struct visit		*v = a->v;
	const struct fact	 after = { "role", span_str(role_name(role)) };
	int64_t			 id;
	enum hk_err		 e;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = person_add(v->db, name, role, a->hash[0] != '\0' ? span_str(a->hash) : SPAN_NULL,
	    v->now, &id)) == HK_OK &&
	    (e = log_change(v, "person.add", name, NULL, &after)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

enum hk_err
act_person_add(struct visit *v)
{
	struct act	a = { .v = v };
	struct more	m = { .typed_name = visit_form(v, "name"),
			    .typed_role = role_of(visit_form(v, "role")) };
	bool		without = visit_form(v, "no_password").p != NULL;
	enum hk_err	e;

	if (m.typed_role == ROLE_NONE)
		return err_tell(HK_SYNTAX, "role is viewer, operator or admin");
	if ((e = person_check_name(m.typed_name)) == HK_OK &&
	    (without || (e = make_password(&a)) == HK_OK))
		e = add(&a, m.typed_name, m.typed_role);
	if (e != HK_OK)
		return put_wrong(v, &m, &m.wrong_add, e);
	if (without) {
		v->said = "saved";
		return visit_then(v, "/people");
	}
	m.made_for = m.typed_name;
	m.password = a.password;
	m.typed_name = SPAN_NULL;
	m.typed_role = ROLE_VIEWER;
	e = put_document(v, &m);
	crypto_cleanse(a.password, sizeof(a.password));
	return e;
}

static enum hk_err
do_role(struct act *a)
{
	struct visit		*v = a->v;
	enum role		 role = role_of(visit_form(v, "role"));
	const struct fact	 before = { "role", span_str(role_name(a->p.role)) };
	const struct fact	 after = { "role", span_str(role_name(role)) };
	enum hk_err		 e;

	if (role == ROLE_NONE)
		return err_tell(HK_SYNTAX, "a role is viewer, operator or admin");
	if ((e = person_set_role(v->db, a->p.id, role, v->now)) != HK_OK)
		return e;
	return log_change(v, "person.role", a->p.name, &before, &after);
}

static enum hk_err
set_disabled(struct act *a, bool disabled)
{
	struct visit	*v = a->v;
	enum hk_err	 e;

	if ((e = person_disable(v->db, a->p.id, disabled, v->now)) != HK_OK)
		return e;
	return log_change(v, disabled ? "person.disable" : "person.enable", a->p.name, NULL, NULL);
}

static enum hk_err
do_disable(struct act *a)
{
	return set_disabled(a, true);
}

static enum hk_err
do_enable(struct act *a)
{
	return set_disabled(a, false);
}

static enum hk_err
do_password(struct act *a)
{
	struct visit	*v = a->v;
	enum hk_err	 e;

	if ((e = person_set_password(v->db, a->p.id, span_str(a->hash), SPAN_NULL,
	    v->now)) != HK_OK)
		return e;
	return log_change(v, "person.password", a->p.name, NULL, NULL);
}

static enum hk_err
do_totp_off(struct act *a)
{
	struct visit	*v = a->v;
	enum hk_err	 e;

	if ((e = person_set_totp(v->db, a->p.id, SPAN_NULL, 0, v->now)) != HK_OK)
		return e;
	return log_change(v, "person.totp_off", a->p.name, NULL, NULL);
}

static enum hk_err
do_unlock(struct act *a)
{
	struct visit	*v = a->v;
	struct span	 device = span_str(arena_printf(v->arena, "device:%" PRId64 ":", a->p.id));
	int64_t		 n;
	enum hk_err	 e;

	if (device.p == NULL)
		return err_note(HK_NOMEM, "no memory for a name");
	if ((e = throttle_forget(v->db, device, &n)) != HK_OK ||
	    (e = throttle_forget(v->db, auditlog_subject(v->arena, "new", a->p.name),
	    &n)) != HK_OK)
		return e;
	return log_change(v, "person.unlock", a->p.name, NULL, NULL);
}

static enum hk_err
do_end_logins(struct act *a)
{
	struct visit	*v = a->v;
	int64_t		 n;
	enum hk_err	 e;

	if ((e = person_end_logins(v->db, a->p.id, v->who.login, &n)) != HK_OK)
		return e;
	return log_change(v, "person.logins_end", a->p.name, NULL, NULL);
}

static const struct deed {
	const char	*name;
	enum hk_err	(*run)(struct act *);
	const char	*said;
} deeds[] = {
	{ "role",	do_role,	"person_changed" },
	{ "disable",	do_disable,	"person_changed" },
	{ "enable",	do_enable,	"person_changed" },
	{ "password",	do_password,	NULL },		/* shows it instead */
	{ "totp_off",	do_totp_off,	"person_changed" },
	{ "unlock",	do_unlock,	"person_unlocked" },
	{ "logins_end",	do_end_logins,	"person_changed" },
};

static const struct deed *
find_deed(struct span name)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (span_is(name, deeds[i].name))
			return &deeds[i];
	return NULL;
}

static enum hk_err
run_deed(struct act *a, const struct deed *d)
{
	struct visit	*v = a->v;
	enum hk_err	 e;

	if (d->run == do_password && (e = make_password(a)) != HK_OK)
		return e;
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = d->run(a)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

enum hk_err
act_person_change(struct visit *v)
{
	const struct deed	*d = find_deed(visit_form(v, "do"));
	struct act		 a = { .v = v };
	struct more		 m = { .typed_role = ROLE_VIEWER };
	int64_t			 id;
	enum hk_err		 e;

	if (d == NULL)
		return err_tell(HK_SYNTAX, "there is nothing of that name to do");
	if ((e = visit_id(v, &id)) != HK_OK ||
	    (e = person_load(v->db, id, v->arena, &a.p)) != HK_OK)
		return e;
	if ((e = run_deed(&a, d)) != HK_OK)
		return put_wrong(v, &m, &m.wrong, e);
	if (d->said != NULL) {
		v->said = d->said;
		v->said_n = 1;
		return visit_then(v, "/people");
	}
	m.made_for = a.p.name;
	m.password = a.password;
	e = put_document(v, &m);
	crypto_cleanse(a.password, sizeof(a.password));
	return e;
}
