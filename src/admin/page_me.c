/* One's own account: password, second factor, logins. */
#include <inttypes.h>

#include "admin/auditlog.h"
#include "admin/login.h"
#include "admin/person.h"
#include "base/codec.h"
#include "base/id.h"
#include "crypto/hmac.h"
#include "crypto/totp.h"

#define ISSUER		"hookkeeper"
#define TOKEN_SHOWN	16	/* characters of a login's token that name it */

/* What the page says besides what is so. */
struct more {
	const char	*wrong_password, *wrong_totp;	/* sentences */
	struct span	 sealed;		/* a second factor that is to be confirmed */
};

/* ---- the document -------------------------------------------------------------- */

static enum hk_err
put_logins(struct visit *v)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_LOGIN_LIST, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", v->who.person);
	bind_text(q, ":here", v->who.login);
	bind_int(q, ":now", v->now);
	bind_int(q, ":idle", v->now - LOGIN_IDLE_US);
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(v->doc, NULL, '{');
		jw_text(v->doc, "id", col_text(q, 0));
		jw_bool(v->doc, "here", col_int(q, 1) != 0);
		jw_text(v->doc, "remote_addr", col_text(q, 2));
		jw_text(v->doc, "agent", col_text(q, 3));
		jw_time(v->doc, "created_at", col_int(q, 4));
		jw_time(v->doc, "seen_at", col_int(q, 5));
		jw_time(v->doc, "ends_at", col_int(q, 6));
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

static void
purpose_of(char out[TOTP_PURPOSE + 8], int64_t id)
{
	memcpy(out, "confirm ", 8);
	person_totp_purpose(out + 8, id);
}

/* Four by four, as an app's field takes it. */
static void
put_secret(struct jw *w, const uint8_t secret[TOTP_SECRET])
{
	char	text[BASE32_LEN(TOTP_SECRET) + 1], shown[sizeof(text) + sizeof(text) / 4], *p = shown;

	base32_encode(text, secret, TOTP_SECRET);
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (i > 0 && i % 4 == 0)
			*p++ = ' ';
		*p++ = text[i];
	}
	*p = '\0';
	jw_text(w, "secret", span_str(shown));
	crypto_cleanse(text, sizeof(text));
	crypto_cleanse(shown, sizeof(shown));
}

static enum hk_err
put_enrol(struct visit *v, struct span sealed)
{
	struct seal_keys keys = login_keys(v->conf);
	char		 purpose[TOTP_PURPOSE + 8];
	struct span	 secret;
	struct buf	 uri;
	enum hk_err	 e;

	if (sealed.p == NULL) {
		jw_null(v->doc, "enrol");
		return HK_OK;
	}
	purpose_of(purpose, v->who.person);
	if ((e = seal_open(v->arena, &keys, purpose, sealed, &secret, NULL)) != HK_OK)
		return e;
	buf_init(&uri, 2048);
	totp_uri(&uri, SPAN(ISSUER), span_str(v->who.name), (const uint8_t *)secret.p);
	jw_open(v->doc, "enrol", '{');
	put_secret(v->doc, (const uint8_t *)secret.p);
	jw_text(v->doc, "uri", buf_span(&uri));
	jw_text(v->doc, "sealed", sealed);
	jw_close(v->doc, '}');
	seal_wipe(secret);
	buf_release(&uri);
	return HK_OK;
}

static enum hk_err
put_document(struct visit *v, const struct more *m)
{
	struct person	p = { .id = 0 };
	enum hk_err	e;

	if (v->who.person != 0 &&
	    (e = person_load(v->db, v->who.person, v->arena, &p)) != HK_OK)
		return e;
	jw_text(v->doc, "name", span_str(v->who.name));
	jw_text(v->doc, "role", span_str(role_name(v->who.role)));
	jw_bool(v->doc, "by_server", v->who.by_server);
	jw_bool(v->doc, "has_password", p.has_password && !v->who.by_server);
	jw_bool(v->doc, "totp", p.has_totp);
	jw_bool(v->doc, "has_key", v->conf->nkeys > 0);
	jw_int(v->doc, "least", PERSON_PASSWORD_LEAST);
	jw_text(v->doc, "wrong_password", span_str(m->wrong_password));
	jw_text(v->doc, "wrong_totp", span_str(m->wrong_totp));
	if ((e = put_enrol(v, m->sealed)) != HK_OK)
		return e;
	return put_logins(v);
}

enum hk_err
page_me(struct visit *v)
{
	return put_document(v, &(struct more){ .wrong_password = NULL });
}

/* Only for people who log in here. */
static enum hk_err
own_account(struct visit *v)
{
	if (v->who.person != 0 && !v->who.by_server)
		return HK_OK;
	v->status = 403;
	return err_tell(HK_SYNTAX, "the web server says who you are; there is nothing to set here");
}

/* In its transaction, with a line for the audit log. */
static enum hk_err
log_and_commit(struct visit *v, const char *action, enum hk_err e)
{
	if (e == HK_OK)
		e = auditlog_put(v, &(struct auditlog){ .action = action,
		    .subject = auditlog_subject(v->arena, "person", span_str(v->who.name)) });
	if (e == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

static enum hk_err
said(struct visit *v, const char *name)
{
	v->said = name;
	v->said_n = 1;
	return visit_then(v, "/me");
}

/* Whoever found the browser of somebody else open may be guessing. */
static enum hk_err
log_wrong(struct visit *v)
{
	const struct fact	fact = { "reason", SPAN("wrong password") };
	enum hk_err		e;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = auditlog_put(v, &(struct auditlog){ .action = "person.password",
	    .subject = auditlog_subject(v->arena, "person", span_str(v->who.name)),
	    .result = "refused", .after = auditlog_facts(v->arena, &fact, 1) })) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

/*
 * Is this the own password?  HK_OK: it is, or *wrong is a sentence.
 */
static enum hk_err
check_old(struct visit *v, const char *field, const char **wrong)
{
	int64_t		wait_s;
	enum hk_err	e = login_check_password(v, form_get(&v->form, field), &wait_s);

	if (e == HK_BADSIG) {
		*wrong = "That is not your password.";
		v->status = 403;
		if ((e = log_wrong(v)) != HK_OK)
			return e;
	} else if (e == HK_BUSY) {
		*wrong = arena_printf(v->arena, "Too many attempts. Try again in %" PRId64 " s.",
		    wait_s);
		v->status = 429;
	} else
		return e;
	return *wrong != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a sentence");
}

/* ---- password -------------------------------------------------------------------- */

static enum hk_err
set_password(struct visit *v, struct span password)
{
	char		hash[PASSWORD_TEXT];
	enum hk_err	e;

	if ((e = password_hash(hash, password, NULL)) != HK_OK ||
	    (e = db_begin(v->db)) != HK_OK)
		return e;
	e = person_set_password(v->db, v->who.person, span_str(hash), v->who.login, v->now);
	return log_and_commit(v, "person.password", e);
}

enum hk_err
act_me_password(struct visit *v)
{
	struct span	new = form_get(&v->form, "new");
	struct more	m = { .wrong_password = NULL };
	enum hk_err	e;

	if ((e = own_account(v)) != HK_OK)
		return e;
	if ((e = person_check_password(new)) == HK_SYNTAX)
		m.wrong_password = arena_str(v->arena, span_str(err_last()));
	else if (!span_eq(new, form_get(&v->form, "again")))
		m.wrong_password = "The new password was not typed the same way twice.";
	if (m.wrong_password != NULL)
		v->status = 400;
	else if ((e = check_old(v, "old", &m.wrong_password)) != HK_OK)
		return e;
	if (m.wrong_password != NULL)
		return put_document(v, &m);
	if ((e = set_password(v, new)) != HK_OK)
		return e;
	return said(v, "password_changed");
}

/* ---- second factor ------------------------------------------------------------------ */

static enum hk_err
totp_begin(struct visit *v)
{
	struct seal_keys keys = login_keys(v->conf);
	struct more	 m = { .wrong_totp = NULL };
	uint8_t		 secret[TOTP_SECRET];
	char		 purpose[TOTP_PURPOSE + 8];
	enum hk_err	 e;

	purpose_of(purpose, v->who.person);
	random_fill(secret, sizeof(secret));
	e = seal(v->arena, &keys, purpose, span_of((const char *)secret, sizeof(secret)),
	    &m.sealed);
	crypto_cleanse(secret, sizeof(secret));
	return e == HK_OK ? put_document(v, &m) : e;
}

static enum hk_err
store_totp(struct visit *v, struct span secret, int64_t step)
{
	struct seal_keys keys = login_keys(v->conf);
	char		 purpose[TOTP_PURPOSE];
	struct span	 sealed;
	enum hk_err	 e;

	person_totp_purpose(purpose, v->who.person);
	if ((e = seal(v->arena, &keys, purpose, secret, &sealed)) != HK_OK ||
	    (e = db_begin(v->db)) != HK_OK)
		return e;
	e = person_set_totp(v->db, v->who.person, sealed, step, v->now);
	return log_and_commit(v, "person.totp_on", e);
}

/* The code shows that the app has the secret. */
static enum hk_err
totp_confirm(struct visit *v)
{
	struct seal_keys keys = login_keys(v->conf);
	struct more	 m = { .sealed = visit_form(v, "sealed") };
	char		 purpose[TOTP_PURPOSE + 8];
	struct span	 secret;
	int64_t		 step;
	enum hk_err	 e;

	purpose_of(purpose, v->who.person);
	if ((e = seal_open(v->arena, &keys, purpose, m.sealed, &secret, NULL)) != HK_OK)
		return e == HK_BADSIG ? err_tell(HK_SYNTAX, "this form is not one of ours") : e;
	e = totp_verify((const uint8_t *)secret.p, visit_form(v, "code"), v->now, 0, &step);
	if (e == HK_BADSIG) {
		m.wrong_totp = "That code is wrong. Is the clock of your phone right?";
		v->status = 403;
		e = put_document(v, &m);
	} else if ((e = store_totp(v, secret, step)) == HK_OK)
		e = said(v, "totp_on");
	seal_wipe(secret);
	return e;
}

static enum hk_err
totp_off(struct visit *v)
{
	struct more	m = { .wrong_totp = NULL };
	enum hk_err	e;

	if ((e = check_old(v, "password", &m.wrong_totp)) != HK_OK)
		return e;
	if (m.wrong_totp != NULL)
		return put_document(v, &m);
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	e = person_set_totp(v->db, v->who.person, SPAN_NULL, 0, v->now);
	if ((e = log_and_commit(v, "person.totp_off", e)) != HK_OK)
		return e;
	return said(v, "totp_off");
}

enum hk_err
act_me_totp(struct visit *v)
{
	struct span	what = visit_form(v, "do");
	struct person	p;
	enum hk_err	e;

	if ((e = own_account(v)) != HK_OK ||
	    (e = person_load(v->db, v->who.person, v->arena, &p)) != HK_OK)
		return e;
	if (span_is(what, "off"))
		return totp_off(v);
	if (p.has_totp)
		return err_tell(HK_EXISTS, "the second factor is on already");
	if (span_is(what, "begin"))
		return totp_begin(v);
	if (span_is(what, "confirm"))
		return totp_confirm(v);
	return err_tell(HK_SYNTAX, "do is begin, confirm or off");
}

/* ---- logins --------------------------------------------------------------------------- */

static enum hk_err
end_one(struct visit *v, struct span id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_LOGIN_END_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", v->who.person);
	bind_text(q, ":token", id);
	return stmt_run(q);
}

enum hk_err
act_me_logins_end(struct visit *v)
{
	struct span	which = visit_form(v, "login");
	bool		others = span_is(which, "others");
	int64_t		n;
	enum hk_err	e;

	if ((e = own_account(v)) != HK_OK)
		return e;
	if (!others && which.len != TOKEN_SHOWN)
		return err_tell(HK_SYNTAX, "login is 'others', or one of your list");
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	e = others ? person_end_logins(v->db, v->who.person, v->who.login, &n) : end_one(v, which);
	if ((e = log_and_commit(v, "person.logins_end", e)) != HK_OK)
		return e;
	return said(v, others ? "logins_ended" : "login_ended");
}
