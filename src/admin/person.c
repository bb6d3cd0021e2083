/* People: find, add, change. */
#include "admin/person.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/id.h"

/* The order of PERSON_COLUMNS in store/admin_people.def. */
enum { ID, NAME, ROLE, PASSWORD, TOTP, TOTP_STEP, CREATED, SEEN, DISABLED };

static enum hk_err
read_row(struct stmt *q, struct arena *a, struct person *p)
{
	*p = (struct person){
		.id = col_int(q, ID), .role = role_of(col_text(q, ROLE)),
		.disabled = !col_is_null(q, DISABLED),
		.has_password = !col_is_null(q, PASSWORD), .has_totp = !col_is_null(q, TOTP),
		.totp_step = col_int(q, TOTP_STEP), .created_us = col_int(q, CREATED),
		.seen_us = col_int(q, SEEN), .name = arena_span(a, col_text(q, NAME)),
	};
	if (p->has_password)
		p->password = arena_span(a, col_text(q, PASSWORD));
	if (p->has_totp)
		p->totp = arena_span(a, col_text(q, TOTP));
	if (p->name.p == NULL || (p->has_password && p->password.p == NULL) ||
	    (p->has_totp && p->totp.p == NULL))
		return err_note(HK_NOMEM, "no memory for a person");
	return HK_OK;
}

/* The one row of a statement that is bound; HK_NOTFOUND is the caller's to explain. */
static enum hk_err
read_one(struct stmt *q, struct arena *a, struct person *p)
{
	enum hk_err	e;
	bool		row;

	if ((e = stmt_step(q, &row)) == HK_OK)
		e = row ? read_row(q, a, p) : HK_NOTFOUND;
	stmt_reset(q);
	return e;
}

enum hk_err
person_find(struct db *db, struct span name, struct arena *a, struct person *p)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PERSON_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", name.p != NULL ? name : SPAN(""));
	e = read_one(q, a, p);
	return e != HK_NOTFOUND ? e : err_tell(e, "nobody is called '%.*s'",
	    (int)(name.len < PERSON_NAME_MOST ? name.len : PERSON_NAME_MOST),
	    name.p != NULL ? name.p : "");
}

enum hk_err
person_load(struct db *db, int64_t id, struct arena *a, struct person *p)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PERSON_LOAD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	e = read_one(q, a, p);
	return e != HK_NOTFOUND ? e : err_tell(e, "there is no person %" PRId64, id);
}

/* ---- rules ---------------------------------------------------------------- */

static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

enum hk_err
person_check_name(struct span s)
{
	if (s.len == 0 || s.len > PERSON_NAME_MOST)
		return err_tell(HK_SYNTAX, "a name has 1 to %d bytes", PERSON_NAME_MOST);
	if (!utf8_valid(s) || has_control(s))
		return err_tell(HK_SYNTAX, "a name has printable characters only");
	if (s.p[0] == ' ' || s.p[s.len - 1] == ' ')
		return err_tell(HK_SYNTAX, "a name has no blank at its ends");
	if (span_is(s, "nobody") || span_starts(s, "cli:"))
		return err_tell(HK_SYNTAX, "'%.*s' means somebody else in the audit log",
		    SPAN_ARG(s));
	return HK_OK;
}

static size_t
characters(struct span s)
{
	size_t	n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

enum hk_err
person_check_password(struct span s)
{
	if (characters(s) < PERSON_PASSWORD_LEAST)
		return err_tell(HK_SYNTAX, "a password has at least %d characters",
		    PERSON_PASSWORD_LEAST);
	if (s.len > PERSON_PASSWORD_MOST)
		return err_tell(HK_SYNTAX, "a password has at most %d bytes", PERSON_PASSWORD_MOST);
	if (!utf8_valid(s) || has_control(s))
		return err_tell(HK_SYNTAX, "a password has printable characters only");
	return HK_OK;
}

void
password_make(char *out)
{
	/* 32 that nobody mistakes for one another: five bits each. */
	static const char	set[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t			random[16];

	random_fill(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++) {
		if (i > 0 && i % 4 == 0)
			*out++ = '-';
		*out++ = set[random[i] & 31];
	}
	*out = '\0';
	explicit_bzero(random, sizeof(random));
}

/* ---- changes -------------------------------------------------------------- */

enum hk_err
person_add(struct db *db, struct span name, enum role role, struct span hash, int64_t now,
    int64_t *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = person_check_name(name)) != HK_OK ||
	    (e = db_stmt(db, S_PERSON_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", name);
	bind_text(q, ":role", span_str(role_name(role)));
	bind_text(q, ":password", hash);
	bind_int(q, ":now", now);
	*id = 0;
	if ((e = stmt_int(q, id)) == HK_OK && *id == 0)
		e = err_tell(HK_EXISTS, "somebody is called '%.*s' already", SPAN_ARG(name));
	return e;
}

enum hk_err
person_end_logins(struct db *db, int64_t id, struct span keep, int64_t *n)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_LOGINS_END, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", id);
	bind_text(q, ":keep", keep.p != NULL ? keep : SPAN(""));
	if ((e = stmt_run(q)) == HK_OK)
		*n = db_changes(db);
	return e;
}

/* Run a change of one person; HK_NOTFOUND: there is none. */
static enum hk_err
change(struct db *db, struct stmt *q, int64_t id)
{
	enum hk_err	e;

	bind_int(q, ":id", id);
	if ((e = stmt_run(q)) == HK_OK && db_changes(db) == 0)
		e = err_tell(HK_NOTFOUND, "there is no person %" PRId64, id);
	return e;
}

enum hk_err
person_set_password(struct db *db, int64_t id, struct span hash, struct span keep, int64_t now)
{
	struct stmt	*q = NULL;
	int64_t		 n;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PERSON_PASSWORD, &q)) != HK_OK)
		return e;
	bind_text(q, ":password", hash);
	bind_int(q, ":now", now);
	if ((e = change(db, q, id)) != HK_OK)
		return e;
	return person_end_logins(db, id, keep, &n);
}

/* May this one cease to be an admin who can log in? */
static enum hk_err
another_admin(struct db *db, int64_t id)
{
	struct stmt	*q = NULL;
	int64_t		 last = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PERSON_LAST_ADMIN, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_int(q, &last)) == HK_OK && last != 0)
		e = err_tell(HK_NEVER, "this is the last admin who can log in; make another one "
		    "first");
	return e;
}

enum hk_err
person_set_role(struct db *db, int64_t id, enum role role, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((role != ROLE_ADMIN && (e = another_admin(db, id)) != HK_OK) ||
	    (e = db_stmt(db, S_PERSON_ROLE, &q)) != HK_OK)
		return e;
	bind_text(q, ":role", span_str(role_name(role)));
	bind_int(q, ":now", now);
	return change(db, q, id);
}

enum hk_err
person_disable(struct db *db, int64_t id, bool disabled, int64_t now)
{
	struct stmt	*q = NULL;
	int64_t		 n;
	enum hk_err	 e;

	if ((disabled && (e = another_admin(db, id)) != HK_OK) ||
	    (e = db_stmt(db, S_PERSON_DISABLE, &q)) != HK_OK)
		return e;
	if (disabled)
		bind_int(q, ":disabled", now);
	bind_int(q, ":now", now);
	if ((e = change(db, q, id)) != HK_OK || !disabled)
		return e;
	return person_end_logins(db, id, SPAN_NULL, &n);
}

/* ---- second factor -------------------------------------------------------- */

void
person_totp_purpose(char out[TOTP_PURPOSE], int64_t id)
{
	snprintf(out, TOTP_PURPOSE, "totp %" PRId64, id);
}

enum hk_err
person_set_totp(struct db *db, int64_t id, struct span sealed, int64_t step, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PERSON_TOTP, &q)) != HK_OK)
		return e;
	bind_text(q, ":totp", sealed);
	bind_int(q, ":step", step);
	bind_int(q, ":now", now);
	return change(db, q, id);
}

enum hk_err
person_use_totp(struct db *db, int64_t id, int64_t step)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PERSON_TOTP_STEP, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":step", step);
	if ((e = stmt_run(q)) == HK_OK && db_changes(db) == 0)
		e = HK_BADSIG;
	return e;
}

enum hk_err
person_count(struct db *db, int64_t *n)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(db, S_PERSON_COUNT, &q)) != HK_OK)
		return e;
	return stmt_int(q, n);
}
