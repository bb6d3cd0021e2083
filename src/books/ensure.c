/*
 * Users as the site's own application makes them: once, whether Clerk has told of
 * them by then or will.
 */
#include "books/tell.h"

#include <ctype.h>
#include <stdio.h>

#include "books/ref.h"

#define ADDRESS_MOST	254	/* bytes; RFC 5321 */
#define CLERK_ID_MOST	(sizeof(((struct user *)NULL)->clerk_id) - 1)

static enum hk_err
names_good(const struct app_user *u)
{
	if (u->clerk_id.p == NULL && u->app_id.p == NULL && u->email.p == NULL)
		return err_tell(HK_NEVER, "a user needs a name: Clerk id, external id or"
		    " e-mail address");
	if (u->clerk_id.p != NULL && !span_graph(u->clerk_id, CLERK_ID_MOST))
		return err_tell(HK_NEVER, "a Clerk id is 1 to %zu printable characters",
		    CLERK_ID_MOST);
	if (u->app_id.p != NULL && !span_graph(u->app_id, REF_MOST))
		return err_tell(HK_NEVER, "an external id is 1 to %d printable characters",
		    REF_MOST);
	if (u->email.p != NULL && (!span_graph(u->email, ADDRESS_MOST) ||
	    memchr(u->email.p, '@', u->email.len) == NULL))
		return err_tell(HK_NEVER, "an e-mail address is 3 to %d printable characters"
		    " with an @", ADDRESS_MOST);
	return HK_OK;
}

/* One of the statements that find a user; *found false: nobody. */
static enum hk_err
look(struct db *db, enum stmt_id by, struct span any, const struct app_user *u,
    struct user *out, bool *found)
{
	struct stmt	*q = NULL;
	bool		 another = false;
	enum hk_err	 e;

	*found = false;
	if (any.p == NULL)
		return HK_OK;
	if ((e = db_stmt(db, by, &q)) != HK_OK)
		return e;
	bind_text(q, ":any", any);
	if (by == S_USER_BY_ADDRESS) {
		bind_text(q, ":clerk_id", u->clerk_id);
		bind_text(q, ":app_id", u->app_id);
	}
	if ((e = stmt_step(q, found)) == HK_OK && *found) {
		ref_keep(out->id, sizeof(out->id), col_text(q, 0));
		ref_keep(out->clerk_id, sizeof(out->clerk_id), col_text(q, 1));
		out->deleted = col_int(q, 2) != 0;
		if (by == S_USER_BY_ADDRESS)
			e = stmt_step(q, &another);
	}
	stmt_reset(q);
	/* One of them may only say that it is his: Clerk need not have verified it. */
	if (e == HK_OK && another)
		e = err_tell(HK_EXISTS, "more than one user has the address %.*s; name the one"
		    " that is meant by Clerk id or external id", SPAN_ARG(any));
	return e;
}

static enum hk_err
by_app_id(struct db *db, const struct app_user *u, struct user *out, bool *found)
{
	enum hk_err	e;

	if (u->app_id.p != NULL && uuid_valid(u->app_id) &&
	    ((e = look(db, S_USER_BY_ID, u->app_id, u, out, found)) != HK_OK || *found))
		return e;
	return look(db, S_USER_BY_APP, u->app_id, u, out, found);
}

/*
 * Whom do the names mean?  A deleted user does not keep its external id from one
 * who comes with a Clerk id of their own.
 */
static enum hk_err
match(struct db *db, const struct app_user *u, struct user *out, bool *found)
{
	struct user	by_clerk, by_app;
	bool		clerk, app;
	enum hk_err	e;

	if ((e = look(db, S_USER_BY_CLERK, u->clerk_id, u, &by_clerk, &clerk)) != HK_OK ||
	    (e = by_app_id(db, u, &by_app, &app)) != HK_OK)
		return e;
	if (app && by_app.deleted && u->clerk_id.p != NULL)
		app = false;
	if (app && (clerk ? strcmp(by_clerk.id, by_app.id) != 0 :
	    u->clerk_id.p != NULL && by_app.clerk_id[0] != '\0'))
		return err_tell(HK_EXISTS, "external id %.*s is user %s, whose Clerk id is not"
		    " %.*s", SPAN_ARG(u->app_id), by_app.id, SPAN_ARG(u->clerk_id));
	*found = clerk || app;
	if (clerk || app) {
		*out = clerk ? by_clerk : by_app;
		return HK_OK;
	}
	return look(db, S_USER_BY_ADDRESS, u->email, u, out, found);
}

static void
bind_names(struct stmt *q, const struct cause *c, const struct app_user *u, const char *id)
{
	bind_text(q, ":id", span_str(id));
	bind_text(q, ":clerk_id", u->clerk_id);
	bind_text(q, ":email", u->email);
	bind_text(q, ":first_name", u->first_name);
	bind_text(q, ":last_name", u->last_name);
	bind_text(q, ":username", u->username);
	bind_text(q, ":app_id", u->app_id);
	bind_int(q, ":now", c->now);
}

static enum hk_err
change(const struct cause *c, enum stmt_id name, const struct app_user *u, const char *id,
    bool *changed)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, name, &q)) != HK_OK)
		return e;
	bind_names(q, c, u, id);
	if ((e = stmt_run(q)) == HK_OK)
		*changed = db_changes(c->db) == 1;
	return e;
}

static enum hk_err
name_it(const struct cause *c, const struct app_user *u, const char *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (u->app_id.p == NULL)
		return HK_OK;
	if ((e = db_stmt(c->db, S_USER_NAME, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(id));
	bind_text(q, ":app_id", u->app_id);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* The row as it is now. */
static enum hk_err
tell_row(const struct cause *c, enum user_news news, struct user *user)
{
	struct clerk_user	 facts = { .updated_us = 0 };
	struct stmt		*q = NULL;
	bool			 row;
	enum hk_err		 e;

	if ((e = db_stmt(c->db, S_USER_FACTS, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(user->id));
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		ref_keep(user->clerk_id, sizeof(user->clerk_id), col_text(q, 0));
		facts.email = col_text(q, 1);
		facts.first_name = col_text(q, 2);
		facts.last_name = col_text(q, 3);
		facts.username = col_text(q, 4);
		e = tell_user(c, news, user, &facts);
	}
	stmt_reset(q);
	return e;
}

/* Is its external id our own name for it?  Then it says nothing new. */
static bool
is_own(struct span app_id, const char *id)
{
	size_t	i;

	if (app_id.len != UUID_LEN)
		return false;
	for (i = 0; i < UUID_LEN && tolower((unsigned char)app_id.p[i]) == id[i]; i++)
		;
	return i == UUID_LEN;
}

static enum hk_err
complete(const struct cause *c, const struct app_user *said, struct user *user)
{
	struct app_user	u = *said;
	bool		changed, named = user->clerk_id[0] != '\0';
	enum hk_err	e;

	if (is_own(u.app_id, user->id))
		u.app_id = SPAN_NULL;
	if ((e = change(c, S_USER_FILL, &u, user->id, &changed)) != HK_OK ||
	    (e = name_it(c, &u, user->id)) != HK_OK)
		return e;
	if (!changed)
		return HK_OK;
	if ((e = tell_row(c, USER_UPDATED, user)) != HK_OK || named || u.clerk_id.p == NULL)
		return e;
	return ref_wake(c, "user", u.clerk_id);
}

enum hk_err
user_ensure(const struct cause *c, const struct app_user *u, struct user *out, bool *made)
{
	struct user	user = { .id = "" };
	bool		found, added;
	enum hk_err	e;

	if ((e = names_good(u)) != HK_OK || (e = match(c->db, u, &user, &found)) != HK_OK)
		return e;
	if (found)
		e = user.deleted ? HK_OK : complete(c, u, &user);
	else {
		uuid7(user.id, c->now);
		if ((e = change(c, S_USER_ADD, u, user.id, &added)) == HK_OK &&
		    (e = tell_row(c, USER_CREATED, &user)) == HK_OK && u->clerk_id.p != NULL)
			e = ref_wake(c, "user", u->clerk_id);
	}
	if (e != HK_OK)
		return e;
	*out = user;
	*made = !found;
	return HK_OK;
}
