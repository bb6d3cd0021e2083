/* Clerk's organizations, who is in them, and sessions. */
#include "books/organization.h"

#include "books/ref.h"

/* Nothing was put: what is stored is dead or as new. */
static enum hk_err
why_not(struct db *db, enum stmt_id standing, const char *what, struct span id,
    int64_t told_us)
{
	struct stmt	*q = NULL;
	int64_t		 stored = 0;
	bool		 row, dead = false;
	enum hk_err	 e;

	if ((e = db_stmt(db, standing, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		stored = col_int(q, 0);
		dead = col_int(q, 1) != 0;
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (dead)
		return err_tell(HK_SKIP, "%s %.*s was deleted", what, SPAN_ARG(id));
	return ref_stale(what, id, stored, told_us);
}

enum hk_err
organization_put(const struct cause *c, const struct organization *o)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = ref_good(o->id, "organization")) != HK_OK ||
	    (e = db_stmt(c->db, S_ORGANIZATION_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", o->id);
	bind_text(q, ":name", o->name);
	bind_text(q, ":slug", o->slug);
	bind_text(q, ":created_by", o->created_by);
	bind_int(q, ":version", o->version_us);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK || db_changes(c->db) == 1)
		return e;
	return why_not(c->db, S_ORGANIZATION_STANDING, "organization", o->id, o->version_us);
}

enum hk_err
organization_delete(const struct cause *c, struct span id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = ref_good(id, "organization")) != HK_OK ||
	    (e = db_stmt(c->db, S_ORGANIZATION_DELETE, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK && db_changes(c->db) == 0)
		return err_tell(HK_SKIP, "organization %.*s is already deleted", SPAN_ARG(id));
	return e;
}

enum hk_err
membership_put(const struct cause *c, const struct membership *m)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = ref_good(m->id, "membership")) != HK_OK ||
	    (e = ref_good(m->organization, "organization")) != HK_OK ||
	    (e = ref_good(m->clerk_user, "user")) != HK_OK ||
	    (e = db_stmt(c->db, S_MEMBERSHIP_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", m->id);
	bind_text(q, ":organization", m->organization);
	bind_text(q, ":clerk_user", m->clerk_user);
	bind_text(q, ":role", m->role);
	bind_int(q, ":version", m->version_us);
	bind_int(q, ":now", c->now);
	if (m->deleted)
		bind_int(q, ":deleted", c->now);
	if ((e = stmt_run(q)) != HK_OK || db_changes(c->db) == 1)
		return e;
	return why_not(c->db, S_MEMBERSHIP_STANDING, "membership", m->id, m->version_us);
}

enum hk_err
clerk_session_put(const struct cause *c, const struct clerk_session *s)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = ref_good(s->id, "session")) != HK_OK ||
	    (e = ref_good(s->clerk_user, "user")) != HK_OK ||
	    (e = ref_good(s->status, "session's status")) != HK_OK ||
	    (e = db_stmt(c->db, S_CLERK_SESSION_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", s->id);
	bind_text(q, ":clerk_user", s->clerk_user);
	bind_text(q, ":status", s->status);
	bind_int(q, ":version", s->version_us);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK || db_changes(c->db) == 1)
		return e;
	return why_not(c->db, S_CLERK_SESSION_STANDING, "session", s->id, s->version_us);
}
