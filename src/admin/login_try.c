/* A name, a password and a code: from an attempt to a login. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/auditlog.h"
#include "admin/login.h"
#include "admin/person.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/id.h"
#include "crypto/hmac.h"
#include "crypto/totp.h"
#include "http/cookie.h"

#define DEVICE_US	(INT64_C(365) * 86400 * US_PER_S)
#define DEVICE_HEX	32
#define PROOF_US	(300 * US_PER_S)
#define AGENT_MOST	300

struct attempt {
	struct visit			*v;
	const struct login_input	*in;
	struct person			 p;		/* if `known` */
	bool				 known;		/* and may log in by a password */
	char				 device[DEVICE_HEX + 1];	/* "": an unknown browser */
	struct throttle			 by;
	int64_t				 step;		/* of the code; 0: none was asked for */
};

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory for a login");
}

/* ---- sealed notes: "WHAT AT REST" ------------------------------------------------ */

/*
 * What this browser brings, made at most life_us ago; SPAN_NULL: nothing that
 * counts.  An unreadable one is as good as none.
 */
static struct span
open_note(struct visit *v, const char *purpose, int64_t id, struct span text, int64_t life_us)
{
	struct seal_keys	keys = login_keys(v->conf);
	struct span		note;
	int64_t			person, at;

	if (keys.n == 0 || text.p == NULL ||
	    seal_open(v->arena, &keys, purpose, text, &note, NULL) != HK_OK ||
	    !span_u63(span_cut(&note, ' '), &person) || person != id ||
	    !span_u63(span_cut(&note, ' '), &at) || note.p == NULL ||
	    v->now - at > life_us || at > v->now + 60 * US_PER_S)
		return SPAN_NULL;
	return note;
}

static enum hk_err
seal_note(struct visit *v, const char *purpose, int64_t id, const char *rest, struct span *out)
{
	struct seal_keys	 keys = login_keys(v->conf);
	const char		*note = arena_printf(v->arena, "%" PRId64 " %" PRId64 " %s", id,
				    v->now, rest);

	if (note == NULL)
		return no_memory();
	return seal(v->arena, &keys, purpose, span_str(note), out);
}

/* ---- what is known before the password is looked at -------------------------- */

static void
device_name(char out[40], int64_t person)
{
	snprintf(out, 40, LOGIN_DEVICE_COOKIE "%" PRId64, person);
}

/* Has this browser been logged in as this person? */
static void
find_device(struct attempt *a)
{
	struct visit	*v = a->v;
	struct span	 note;
	char		 name[40];

	device_name(name, a->p.id);
	note = open_note(v, "device", a->p.id, cookie_get(&v->rq->fields, name), DEVICE_US);
	if (note.len == DEVICE_HEX)
		memcpy(a->device, note.p, DEVICE_HEX);
}

static enum hk_err
look(struct attempt *a)
{
	struct visit	*v = a->v;
	struct span	 name = a->in->name;
	enum hk_err	 e = HK_NOTFOUND;

	if (person_check_name(name) == HK_OK)
		e = person_find(v->db, name, v->arena, &a->p);
	else
		name = SPAN("");	/* nobody's; all such names are one */
	if (e != HK_OK && e != HK_NOTFOUND)
		return e;
	a->known = e == HK_OK && !a->p.disabled && a->p.has_password;
	if (e == HK_OK)
		find_device(a);
	if (a->device[0] != '\0')
		a->by = (struct throttle){ { span_str(arena_printf(v->arena,
		    "device:%" PRId64 ":%s", a->p.id, a->device)) }, 1 };
	else
		a->by = (struct throttle){ { throttle_addr(v->arena, v->remote_addr),
		    auditlog_subject(v->arena, "new", name) }, 2 };
	for (size_t i = 0; i < a->by.n; i++)
		if (a->by.source[i].p == NULL)
			return no_memory();
	return HK_OK;
}

/* ---- judging ----------------------------------------------------------------------- */

/* The proof names the password it was given for, so a new password ends it. */
static void
proof_rest(char out[65], const struct person *p)
{
	login_token(out, p->password);
}

static enum hk_err
check_password(struct attempt *a)
{
	struct span	hash = a->known ? a->p.password : SPAN_NULL;
	char		rest[65];

	if (a->known && a->in->proof.p != NULL) {
		proof_rest(rest, &a->p);
		if (span_is(open_note(a->v, "login", a->p.id, a->in->proof, PROOF_US), rest))
			return HK_OK;
		hash = SPAN_NULL;	/* as slow as any other, or time would tell who exists */
	}
	return password_verify(hash, a->in->password, a->in->cost, a->device[0] != '\0');
}

/* HK_WAIT: one is needed. */
static enum hk_err
check_code(struct attempt *a)
{
	struct visit		*v = a->v;
	struct seal_keys	 keys = login_keys(v->conf);
	struct span		 secret;
	char			 purpose[TOTP_PURPOSE];
	enum hk_err		 e;

	if (!a->p.has_totp)
		return HK_OK;
	if (a->in->code.len == 0)
		return HK_WAIT;
	person_totp_purpose(purpose, a->p.id);
	if ((e = seal_open(v->arena, &keys, purpose, a->p.totp, &secret, NULL)) != HK_OK)
		return err_note(HK_CONF, "the second factor of %.*s was sealed by a key that "
		    "hookkeeper.key has no more; 'hookkeeper admin passwd --totp-off' removes it",
		    SPAN_ARG(a->p.name));
	e = secret.len != TOTP_SECRET ? HK_BADSIG : totp_verify((const uint8_t *)secret.p,
	    a->in->code, v->now, a->p.totp_step, &a->step);
	seal_wipe(secret);
	return e;
}

static enum hk_err
judge(struct attempt *a)
{
	enum hk_err	e = check_password(a);

	if (e == HK_SYNTAX)
		e = HK_BADSIG;		/* what is stored is no password; the log says so */
	return e == HK_OK ? check_code(a) : e;
}

/* ---- what follows --------------------------------------------------------------------- */

static enum hk_err
audit(struct attempt *a, const char *result, const char *reason)
{
	struct visit	*v = a->v;
	struct fact	 fact[] = { { reason != NULL ? "reason" : "browser", SPAN_NULL } };
	struct span	 name = a->in->name;

	fact[0].value = reason != NULL ? span_str(reason) :
	    a->device[0] != '\0' ? SPAN("known") : SPAN("new");
	if (name.len > PERSON_NAME_MOST)
		name.len = PERSON_NAME_MOST;
	return auditlog_put(v, &(struct auditlog){ .action = "login", .result = result,
	    .subject = auditlog_subject(v->arena, "person", name),
	    .after = auditlog_facts(v->arena, fact, 1) });
}

/* The rows of a login; HK_BADSIG: the person has changed since it was looked at. */
static enum hk_err
add_login(struct attempt *a, const char *token, const char *form_token)
{
	struct visit	*v = a->v;
	struct stmt	*q = NULL;
	struct span	 agent = field_get(&v->rq->fields, "user-agent");
	enum hk_err	 e;

	if (agent.len > AGENT_MOST)
		agent.len = AGENT_MOST;
	if ((e = db_stmt(v->db, S_LOGIN_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":token", span_str(token));
	bind_text(q, ":form_token", span_str(form_token));
	bind_text(q, ":remote_addr", v->remote_addr);
	bind_text(q, ":agent", agent);
	bind_int(q, ":now", v->now);
	bind_int(q, ":ends", v->now + LOGIN_WHOLE_US);
	bind_int(q, ":person", a->p.id);
	bind_text(q, ":password", a->p.password);
	if ((e = stmt_run(q)) == HK_OK && db_changes(v->db) == 0)
		e = HK_BADSIG;
	return e;
}

/* Logins that have ended, and the one this browser had: it shall not live on. */
static enum hk_err
end_old(struct attempt *a)
{
	struct visit	*v = a->v;
	struct span	 cookie = cookie_get(&v->rq->fields, LOGIN_COOKIE);
	struct stmt	*q = NULL;
	char		 token[65];
	enum hk_err	 e;

	login_token(token, cookie);
	if ((e = db_stmt(v->db, S_LOGIN_END, &q)) != HK_OK)
		return e;
	bind_text(q, ":token", span_str(token));
	if ((e = stmt_run(q)) != HK_OK || (e = db_stmt(v->db, S_LOGIN_SWEEP, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", v->now);
	bind_int(q, ":idle", v->now - LOGIN_IDLE_US);
	return stmt_run(q);
}

static enum hk_err
seen(struct attempt *a)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(a->v->db, S_PERSON_SEEN, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", a->p.id);
	bind_int(q, ":now", a->v->now);
	return stmt_run(q);
}

/* The address has one failure less; the browser's and the name's are forgotten. */
static enum hk_err
forgive(struct attempt *a)
{
	int64_t		n;
	enum hk_err	e = throttle_back(a->v->db, &a->by);

	return e == HK_OK ? throttle_forget(a->v->db, a->by.source[a->by.n - 1], &n) : e;
}

/* A secret sealed by an older key gets the newest, or that key could never go. */
static enum hk_err
seal_anew(struct attempt *a)
{
	struct visit		*v = a->v;
	struct seal_keys	 keys = login_keys(v->conf);
	struct span		 secret, sealed;
	char			 purpose[TOTP_PURPOSE];
	bool			 old = false;
	enum hk_err		 e;

	if (a->step == 0)
		return HK_OK;
	person_totp_purpose(purpose, a->p.id);
	if ((e = seal_open(v->arena, &keys, purpose, a->p.totp, &secret, &old)) != HK_OK)
		return e;
	if (!old) {
		seal_wipe(secret);
		return HK_OK;
	}
	e = seal(v->arena, &keys, purpose, secret, &sealed);
	seal_wipe(secret);
	return e == HK_OK ? person_set_totp(v->db, a->p.id, sealed, a->step, v->now) : e;
}

static enum hk_err
put_cookie(struct visit *v, const char *name, struct span value, int64_t life_us)
{
	return cookie_put(v->cookies, &(struct cookie){ .name = name, .value = value,
	    .path = ADMIN_BASE, .max_age_s = life_us / US_PER_S, .secure = login_by_tls(v) });
}

static enum hk_err
set_cookies(struct attempt *a, const char *cookie)
{
	struct visit	*v = a->v;
	struct span	 note;
	uint8_t		 raw[DEVICE_HEX / 2];
	char		 name[40];
	enum hk_err	 e;

	if ((e = put_cookie(v, LOGIN_COOKIE, span_str(cookie), LOGIN_WHOLE_US)) != HK_OK ||
	    v->conf->nkeys == 0)
		return e;
	if (a->device[0] == '\0') {
		random_fill(raw, sizeof(raw));
		hex_encode(a->device, raw, sizeof(raw));
	}
	device_name(name, a->p.id);
	if ((e = seal_note(v, "device", a->p.id, a->device, &note)) != HK_OK)
		return e;
	return put_cookie(v, name, note, DEVICE_US);
}

static enum hk_err
enter(struct attempt *a, const char *cookie)
{
	struct visit	*v = a->v;
	uint8_t		 raw[16];
	char		 token[65], form_token[2 * sizeof(raw) + 1];
	enum hk_err	 e;

	login_token(token, span_str(cookie));
	random_fill(raw, sizeof(raw));
	hex_encode(form_token, raw, sizeof(raw));
	if ((a->step != 0 && (e = person_use_totp(v->db, a->p.id, a->step)) != HK_OK) ||
	    (e = end_old(a)) != HK_OK || (e = add_login(a, token, form_token)) != HK_OK ||
	    (e = seal_anew(a)) != HK_OK || (e = seen(a)) != HK_OK || (e = forgive(a)) != HK_OK)
		return e;
	v->who = (struct visitor){ .person = a->p.id, .role = a->p.role,
	    .name = arena_str(v->arena, a->p.name),
	    .form_token = arena_str(v->arena, span_str(form_token)),
	    .login = arena_span(v->arena, span_str(token)) };
	if (v->who.name == NULL || v->who.form_token == NULL || v->who.login.p == NULL)
		return no_memory();
	return audit(a, "done", NULL);
}

static enum hk_err
let_in(struct attempt *a)
{
	struct visit	*v = a->v;
	uint8_t		 raw[32];
	char		 cookie[2 * sizeof(raw) + 1];
	enum hk_err	 e;

	random_fill(raw, sizeof(raw));
	hex_encode(cookie, raw, sizeof(raw));
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = enter(a, cookie)) == HK_OK)
		e = db_commit(v->db);
	if (e == HK_OK)
		return set_cookies(a, cookie);
	db_rollback(v->db);
	v->who = (struct visitor){ .name = "nobody", .form_token = v->who.form_token };
	return e;
}

static enum hk_err
refuse(struct attempt *a)
{
	struct visit	*v = a->v;
	enum hk_err	 e;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = audit(a, "refused", a->in->proof.p != NULL ? "wrong code" : !a->known ?
	    "no such name" : "wrong password or code")) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e == HK_OK ? HK_BADSIG : e;
}

/* ---- the attempt ------------------------------------------------------------------------ */

/* Who cannot have a turn now is told so before anything is written. */
static enum hk_err
charge(struct visit *v, const struct throttle *by, bool known, int64_t *wait_s)
{
	enum hk_err	e;

	if ((e = throttle_look(v->db, by, v->now, wait_s)) != HK_OK)
		return e;
	if (password_crowded(known))
		return err_tell(HK_BUSY, "too many passwords are to be checked just now");
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = throttle_take(v->db, by, v->now, wait_s)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

static enum hk_err
take_back(struct visit *v, const struct throttle *by)
{
	enum hk_err	e;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = throttle_back(v->db, by)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

/* The password was right: what to bring along with the code. */
static enum hk_err
ask_code(struct attempt *a, struct login_answer *answer)
{
	char		rest[65];
	enum hk_err	e;

	proof_rest(rest, &a->p);
	if ((e = take_back(a->v, &a->by)) != HK_OK ||
	    (e = seal_note(a->v, "login", a->p.id, rest, &answer->proof)) != HK_OK)
		return e;
	return HK_WAIT;
}

enum hk_err
login_try(struct visit *v, const struct login_input *in, struct login_answer *answer)
{
	struct attempt	a = { .v = v, .in = in };
	enum hk_err	e;

	*answer = (struct login_answer){ .wait_s = 1 };
	if ((e = look(&a)) != HK_OK ||
	    (e = charge(v, &a.by, a.device[0] != '\0', &answer->wait_s)) != HK_OK)
		return e;
	switch (e = judge(&a)) {
	case HK_OK:
		e = let_in(&a);
		return e == HK_BADSIG ? refuse(&a) : e;
	case HK_WAIT:
		return ask_code(&a, answer);
	case HK_BADSIG:
		return refuse(&a);
	default:		/* our own trouble is nobody's failure */
		return take_back(v, &a.by) == HK_OK ? e : HK_BUSY;
	}
}

enum hk_err
login_check_password(struct visit *v, struct span password, int64_t *wait_s)
{
	struct throttle	by = { { span_str(arena_printf(v->arena, "me:%" PRId64,
			    v->who.person)) }, 1 };
	struct person	p;
	enum hk_err	e;

	*wait_s = 1;
	if (by.source[0].p == NULL)
		return no_memory();
	if ((e = person_load(v->db, v->who.person, v->arena, &p)) != HK_OK ||
	    (e = charge(v, &by, true, wait_s)) != HK_OK)
		return e;
	if ((e = password_verify(p.password, password, NULL, true)) == HK_BADSIG)
		return e;
	return take_back(v, &by) == HK_OK ? e : HK_BUSY;
}
