/* Users: to be found, and to be made once. */
#include "api/call_part.h"

/* Columns of API_USER. */
static void
user_members(struct jw *w, struct stmt *q)
{
	static const char *const	texts[] = {
		"id", "clerk_id", "email", "first_name", "last_name", "username", "external_id"
	};

	for (int i = 0; i < (int)(sizeof(texts) / sizeof(texts[0])); i++)
		jw_text(w, texts[i], col_text(q, i));
	if (col_text(q, 7).len > 0)
		jw_raw(w, "metadata", col_text(q, 7));
	else
		jw_null(w, "metadata");
	jw_raw(w, "customers", col_text(q, 12));
	jw_int(w, "balance", col_int(q, 11));
	put_time(w, "created_at", q, 8);
	put_time(w, "updated_at", q, 9);
	put_time(w, "deleted_at", q, 10);
}

enum hk_err
put_user(struct call *c, const char *id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_USER_ONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(id));
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		user_members(c->out, q);
	stmt_reset(q);
	return e;
}

enum hk_err
call_user_show(struct call *c)
{
	struct user	u;
	enum hk_err	e;

	if (stops(c, e = call_user(c, &u)))
		return e;
	return put_user(c, u.id);
}

/* ---- a list ----------------------------------------------------------------------- */

static void
user_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	user_members(c->out, q);
}

/* By an address or external id there are few, and so are the deleted. */
static enum hk_err
users_source(struct call *c, struct span deleted, enum stmt_id *name, struct span *any)
{
	struct span	email = form_get(&c->query, "email");
	struct span	external = form_get(&c->query, "external_id");

	if (email.p != NULL && external.p != NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST,
		    "give email or external_id, not both");
	*any = email.p != NULL ? email : external;
	*name = email.p != NULL ? S_API_USERS_BY_EMAIL :
	    external.p != NULL ? S_API_USERS_BY_EXTERNAL :
	    span_is(deleted, "true") ? S_API_USERS_DELETED : S_API_USERS_ALL;
	return HK_OK;
}

enum hk_err
call_users(struct call *c)
{
	static const char *const	names[] = { "email", "external_id", "deleted", NULL };
	static const char *const	booleans[] = { "true", "false", NULL };
	struct list			l = { .put = user_row };
	struct stmt			*q = NULL;
	struct span			any, deleted;
	enum stmt_id			name = S_API_USERS_ALL;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = query_word(c, "deleted", booleans, &deleted)) ||
	    stops(c, e = users_source(c, deleted, &name, &any)) ||
	    (e = db_stmt(c->db, name, &q)) != HK_OK)
		return e;
	bind_text(q, ":after", l.after.p != NULL ? l.after : SPAN("~"));
	if (any.p != NULL)
		bind_text(q, ":any", any);
	if (deleted.p != NULL)
		bind_int(q, ":deleted", span_is(deleted, "true"));
	return list_rows(c, &l, q);
}

/* ---- made once ---------------------------------------------------------------------- */

enum hk_err
call_user_ensure(struct call *c)
{
	static const char *const	names[] = {
		"clerk_id", "external_id", "email", "first_name", "last_name", "username", NULL
	};
	const struct cause		cause = { c->db, 0, c->now };
	struct app_user			u = { .clerk_id = SPAN_NULL };
	struct user			user;
	bool				made;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "clerk_id", false, 63, &u.clerk_id)) ||
	    stops(c, e = call_text(c, "external_id", false, 128, &u.app_id)) ||
	    stops(c, e = call_text(c, "email", false, 254, &u.email)) ||
	    stops(c, e = call_text(c, "first_name", false, 200, &u.first_name)) ||
	    stops(c, e = call_text(c, "last_name", false, 200, &u.last_name)) ||
	    stops(c, e = call_text(c, "username", false, 200, &u.username)))
		return e;
	if ((e = user_ensure(&cause, &u, &user, &made)) == HK_NEVER)
		return call_problem(c, PROBLEM_BAD_REQUEST, "%s", err_last());
	if (e != HK_OK)
		return call_failed(c, e);
	if (user.deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "user %s is deleted", user.id);
	c->status = made ? 201 : 200;
	return put_user(c, user.id);
}
