/*
 * Users: one row per Clerk id, whatever order Clerk's word of it comes in.
 */
#include "books/apikey.h"
#include "books/payment.h"
#include "books/tell.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>

#include "base/clock.h"

/* Bytes; Stripe's documented most for an id. */
#define CUSTOMER_MOST	255
#define CLERK_ID_MOST	(sizeof(((struct user *)NULL)->clerk_id) - 1)

static void
keep(char *to, size_t room, struct span s)
{
	assert(s.len < room);
	if (s.len > 0)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
}

static enum hk_err
wake_user(const struct cause *c, struct span name)
{
	char	thing[sizeof("user:") + CUSTOMER_MOST];

	snprintf(thing, sizeof(thing), "user:%.*s", SPAN_ARG(name));
	return wake(c, span_str(thing));
}

/* Is it an id of ours?  Then in the spelling we store. */
static bool
own_id(struct span s, char out[UUID_LEN + 1])
{
	size_t	i;

	if (!uuid_valid(s))
		return false;
	for (i = 0; i < UUID_LEN; i++)
		out[i] = (char)tolower((unsigned char)s.p[i]);
	out[UUID_LEN] = '\0';
	return true;
}

static void
bind_user(struct stmt *q, const struct cause *c, const struct clerk_user *u)
{
	bind_text(q, ":clerk_id", u->clerk_id);
	bind_text(q, ":email", u->email);
	bind_text(q, ":first_name", u->first_name);
	bind_text(q, ":last_name", u->last_name);
	bind_text(q, ":username", u->username);
	bind_text(q, ":external_id", u->external_id);
	bind_text(q, ":metadata", u->metadata);
	if (u->updated_us != 0)
		bind_int(q, ":version", u->updated_us);
	bind_int(q, ":now", c->now);
}

static enum hk_err
find_by(struct db *db, enum stmt_id name, struct span any, struct user *out)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, name, &q)) != HK_OK)
		return e;
	bind_text(q, ":any", any);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row) {
		e = err_tell(HK_NOTFOUND, "no user \"%.*s\"", SPAN_ARG(any));
		goto out;
	}
	keep(out->id, sizeof(out->id), col_text(q, 0));
	keep(out->clerk_id, sizeof(out->clerk_id), col_text(q, 1));
	out->deleted = col_int(q, 2) != 0;
out:
	stmt_reset(q);
	return e;
}

/* Did the application make this user before Clerk told of it?  Then it is this one. */
static enum hk_err
adopt(const struct cause *c, const struct clerk_user *u, bool *adopted)
{
	struct stmt	*q = NULL;
	char		 id[UUID_LEN + 1];
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_USER_ADOPT, &q)) != HK_OK)
		return e;
	bind_text(q, ":clerk_id", u->clerk_id);
	if (own_id(u->external_id, id))
		bind_text(q, ":id", span_str(id));
	bind_text(q, ":external_id", u->external_id);
	if (u->email_verified)
		bind_text(q, ":address", u->email);
	if ((e = stmt_run(q)) == HK_OK)
		*adopted = db_changes(c->db) == 1;
	return e;
}

/*
 * *first: the row is there, and this is the first that Clerk tells of it; *told: its
 * user.created was.
 */
static enum hk_err
first_word(const struct cause *c, const struct clerk_user *u, bool *first, bool *told)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_USER_UNTOLD, &q)) != HK_OK)
		return e;
	bind_text(q, ":clerk_id", u->clerk_id);
	if ((e = stmt_step(q, first)) == HK_OK)
		*told = *first && col_int(q, 0) != 0;
	stmt_reset(q);
	return e;
}

/* *done: the stored row says it now. */
static enum hk_err
put(const struct cause *c, const struct clerk_user *u, const char *id, bool *done)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_USER_PUT, &q)) != HK_OK)
		return e;
	bind_user(q, c, u);
	bind_text(q, ":id", span_str(id));
	if ((e = stmt_run(q)) == HK_OK)
		*done = db_changes(c->db) == 1;
	return e;
}

/* Nothing was put: the stored user is dead, newer, or says the same (HK_OK). */
static enum hk_err
why_not(const struct cause *c, const struct clerk_user *u)
{
	struct stmt	*q = NULL;
	char		 stored[ISO_LEN + 1], told[ISO_LEN + 1] = "an unknown time";
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_USER_STANDING, &q)) != HK_OK)
		return e;
	bind_text(q, ":clerk_id", u->clerk_id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	assert(row);
	if (col_int(q, 0)) {
		e = err_tell(HK_SKIP, "user %.*s was deleted", SPAN_ARG(u->clerk_id));
		goto out;
	}
	if (col_is_null(q, 1) || (u->updated_us != 0 && u->updated_us >= col_int(q, 1)))
		goto out;
	iso_format(stored, col_int(q, 1));
	if (u->updated_us != 0)
		iso_format(told, u->updated_us);
	e = err_tell(HK_SKIP, "stale: user %.*s is stored as of %s, this tells of %s",
	    SPAN_ARG(u->clerk_id), stored, told);
out:
	stmt_reset(q);
	return e;
}

/* What a user gets on arrival, and who waited for it. */
static enum hk_err
welcome(const struct cause *c, const struct user *user, int64_t bonus)
{
	char		key[sizeof("clerk::signup_bonus") + sizeof(user->clerk_id)];
	bool		fresh;
	enum hk_err	e;

	snprintf(key, sizeof(key), "clerk:%s:signup_bonus", user->clerk_id);
	if (bonus != 0 && (e = ledger_grant(c, user->id, T_SIGNUP_BONUS, span_str(key), bonus,
	    SPAN_NULL, &fresh)) != HK_OK)
		return e;
	if ((e = wake_user(c, span_str(user->clerk_id))) != HK_OK)
		return e;
	return wake_user(c, span_str(user->id));
}

static enum hk_err
clerk_id_good(struct span clerk_id)
{
	if (span_graph(clerk_id, CLERK_ID_MOST))
		return HK_OK;
	return err_tell(HK_NEVER, "a Clerk id is 1 to %zu printable characters",
	    CLERK_ID_MOST);
}

enum hk_err
user_put(const struct cause *c, const struct clerk_user *u, int64_t bonus, struct user *out)
{
	struct user	user;
	char		id[UUID_LEN + 1];	/* of a new row */
	bool		adopted, done, made, first, told;
	enum hk_err	e;

	if ((e = clerk_id_good(u->clerk_id)) != HK_OK)
		return e;
	uuid7(id, c->now);
	if ((e = adopt(c, u, &adopted)) != HK_OK ||
	    (e = first_word(c, u, &first, &told)) != HK_OK ||
	    (e = put(c, u, id, &done)) != HK_OK)
		return e;
	if (!done && !adopted && (e = why_not(c, u)) != HK_OK)
		return e;
	if ((e = find_by(c->db, S_USER_BY_CLERK, u->clerk_id, &user)) != HK_OK)
		return e;
	made = strcmp(user.id, id) == 0;
	if ((done || adopted) && (e = tell_user(c, made || (first && !told) ? USER_CREATED :
	    USER_UPDATED, &user, u)) != HK_OK)
		return e;
	if ((made || first) && (e = welcome(c, &user, bonus)) != HK_OK)
		return e;
	*out = user;
	return HK_OK;
}

/* Somebody who was here is gone. */
static enum hk_err
farewell(const struct cause *c, const struct user *user)
{
	enum hk_err	e;

	if ((e = apikeys_revoke_all(c, user->id)) != HK_OK)
		return e;
	return tell_user_deleted(c, user);
}

enum hk_err
user_delete(const struct cause *c, struct span clerk_id)
{
	struct stmt	*q = NULL;
	struct user	 user;
	char		 id[UUID_LEN + 1];
	enum hk_err	 e, known;

	if ((e = clerk_id_good(clerk_id)) != HK_OK)
		return e;
	known = find_by(c->db, S_USER_BY_CLERK, clerk_id, &user);
	if (known != HK_OK && known != HK_NOTFOUND)
		return known;
	if ((e = db_stmt(c->db, S_USER_DELETE, &q)) != HK_OK)
		return e;
	uuid7(id, c->now);
	bind_text(q, ":id", span_str(id));
	bind_text(q, ":clerk_id", clerk_id);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	if (db_changes(c->db) == 0)
		return err_tell(HK_SKIP, "user %.*s is already deleted", SPAN_ARG(clerk_id));
	if (known == HK_OK && (e = farewell(c, &user)) != HK_OK)
		return e;
	/* What waited for the user must learn that it will not come. */
	return wake_user(c, clerk_id);
}

/* Which of its names is it? */
static enum stmt_id
name_of(struct span any)
{
	if (uuid_valid(any))
		return S_USER_BY_ID;
	if (span_starts(any, "cus_"))
		return S_USER_BY_CUSTOMER;
	if (any.len > 0 && memchr(any.p, '@', any.len) != NULL)
		return S_USER_BY_EMAIL;
	return S_USER_BY_CLERK;
}

enum hk_err
user_find(struct db *db, struct span any, struct user *out)
{
	return find_by(db, name_of(any), any, out);
}

static enum hk_err
link_new(const struct cause *c, const struct user *user, struct span customer, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_CUSTOMER_LINK, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", customer);
	bind_text(q, ":user", span_str(user->id));
	if (c->event != 0)
		bind_int(q, ":event", c->event);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK)
		*fresh = db_changes(c->db) == 1;
	return e;
}

enum hk_err
user_link(const struct cause *c, const struct user *user, struct span customer)
{
	const struct owner	 owner = { "user", span_str(user->id) };
	struct stmt		*q = NULL;
	bool			 fresh, row;
	enum hk_err		 e;

	if (!span_graph(customer, CUSTOMER_MOST))
		return err_tell(HK_NEVER, "a customer id is 1 to %d printable characters",
		    CUSTOMER_MOST);
	if ((e = link_new(c, user, customer, &fresh)) != HK_OK)
		return e;
	if (fresh && ((e = subscriptions_claim(c, customer, &owner)) != HK_OK ||
	    (e = invoices_claim(c, customer, &owner)) != HK_OK))
		return e;
	if (fresh)
		return wake_user(c, customer);
	if ((e = db_stmt(c->db, S_CUSTOMER_OWNER, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", customer);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !span_is(col_text(q, 0), user->id))
		e = err_tell(HK_NEVER, "identity mismatch: customer %.*s belongs to user"
		    " %.*s, not %s", SPAN_ARG(customer), SPAN_ARG(col_text(q, 0)), user->id);
	stmt_reset(q);
	return e;
}
