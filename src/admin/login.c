/* Who is asking, and is the form one of ours? */
#include "admin/login.h"

#include <ctype.h>
#include <stdio.h>

#include "admin/person.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/id.h"
#include "crypto/hmac.h"
#include "http/cookie.h"

#define FORM_BYTES	16
#define FORM_HEX	(2 * FORM_BYTES)	/* of the cookie, and of a token */

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory for a visitor");
}

void
login_token(char out[65], struct span cookie)
{
	uint8_t	sum[SHA256_LEN];

	sha256(sum, &cookie, 1);
	hex_encode(out, sum, sizeof(sum));
}

struct seal_keys
login_keys(const struct conf *c)
{
	return (struct seal_keys){ c->keys, c->nkeys };
}

/* ---- a form token without a login ------------------------------------------- */

static bool
form_cookie_good(struct span s)
{
	uint8_t	raw[FORM_BYTES];

	return s.len == FORM_HEX && hex_decode(raw, sizeof(raw), s);
}

/* The cookie that is there, or a new one. */
static enum hk_err
form_cookie(struct visit *v, char out[FORM_HEX + 1])
{
	struct span	had = cookie_get(&v->rq->fields, LOGIN_FORM_COOKIE);
	uint8_t		raw[FORM_BYTES];

	if (form_cookie_good(had)) {
		memcpy(out, had.p, FORM_HEX);
		out[FORM_HEX] = '\0';
		return HK_OK;
	}
	random_fill(raw, sizeof(raw));
	hex_encode(out, raw, sizeof(raw));
	return cookie_put(v->cookies, &(struct cookie){ .name = LOGIN_FORM_COOKIE,
	    .value = span_of(out, FORM_HEX), .path = ADMIN_BASE, .max_age_s = -1,
	    .secure = v->rq->https });
}

/* Of the cookie and the name: another one's form is worth nothing. */
static enum hk_err
form_token(struct visit *v)
{
	char		cookie[FORM_HEX + 1], hex[2 * SHA256_LEN + 1];
	uint8_t		sum[SHA256_LEN];
	enum hk_err	e;

	if ((e = form_cookie(v, cookie)) != HK_OK)
		return e;
	hmac_sha256(sum, span_of(cookie, FORM_HEX), &(struct span){ v->who.name,
	    strlen(v->who.name) }, 1);
	hex_encode(hex, sum, sizeof(sum));
	v->who.form_token = arena_str(v->arena, span_of(hex, FORM_HEX));
	return v->who.form_token != NULL ? HK_OK : no_memory();
}

/* ---- who ---------------------------------------------------------------------- */

static enum hk_err
by_cookie(struct visit *v, struct span cookie, bool *stale)
{
	struct visitor	*who = &v->who;
	struct stmt	*q = NULL;
	char		 token[65];
	enum hk_err	 e;
	bool		 row;

	login_token(token, cookie);
	if ((e = db_stmt(v->db, S_LOGIN_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":token", span_str(token));
	bind_int(q, ":now", v->now);
	bind_int(q, ":idle", v->now - LOGIN_IDLE_US);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		who->person = col_int(q, 0);
		who->name = arena_str(v->arena, col_text(q, 1));
		who->role = role_of(col_text(q, 2));
		who->form_token = arena_str(v->arena, col_text(q, 3));
		who->login = arena_span(v->arena, span_str(token));
		*stale = v->now - col_int(q, 4) > 60 * US_PER_S;
		if (who->name == NULL || who->form_token == NULL || who->login.p == NULL)
			e = no_memory();
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
by_server(struct visit *v, struct span name)
{
	struct visitor	*who = &v->who;
	struct person	 p;
	enum hk_err	 e;

	who->by_server = true;
	if ((e = person_check_name(name)) == HK_SYNTAX)
		return HK_OK;			/* nobody of ours, and nobody's guest */
	if ((who->name = arena_str(v->arena, name)) == NULL)
		return no_memory();
	if ((e = person_find(v->db, name, v->arena, &p)) == HK_OK) {
		who->person = p.disabled ? 0 : p.id;
		who->role = p.disabled ? ROLE_NONE : p.role;
	} else if (e == HK_NOTFOUND) {
		who->role = (enum role)v->conf->remote_user_role;
		e = HK_OK;
	}
	return e;
}

_Static_assert((int)ROLE_NONE == REMOTE_NONE && (int)ROLE_VIEWER == REMOTE_VIEWER &&
    (int)ROLE_OPERATOR == REMOTE_OPERATOR && (int)ROLE_ADMIN == REMOTE_ADMIN,
    "the setting's choices are the roles");

enum hk_err
login_who(struct visit *v, bool *stale)
{
	struct span	cookie = cookie_get(&v->rq->fields, LOGIN_COOKIE);
	enum hk_err	e = HK_OK;

	v->who = (struct visitor){ .name = "nobody", .form_token = "" };
	*stale = false;
	if (v->conf->remote_user && v->rq->remote_user.len > 0)
		e = by_server(v, v->rq->remote_user);
	else if (cookie.len > 0)
		e = by_cookie(v, cookie, stale);
	if (e == HK_OK && v->who.login.p == NULL)
		e = form_token(v);
	return e;
}

enum hk_err
login_touch(struct db *db, struct span token, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (token.p == NULL)
		return HK_OK;
	if ((e = db_stmt(db, S_LOGIN_TOUCH, &q)) != HK_OK)
		return e;
	bind_text(q, ":token", token);
	bind_int(q, ":now", now - now % (60 * US_PER_S));
	return stmt_run(q);
}

enum hk_err
login_end(struct visit *v)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (v->who.login.p == NULL)
		return HK_OK;
	if ((e = db_stmt(v->db, S_LOGIN_END, &q)) != HK_OK)
		return e;
	bind_text(q, ":token", v->who.login);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	return cookie_put(v->cookies, &(struct cookie){ .name = LOGIN_COOKIE,
	    .value = SPAN(""), .path = ADMIN_BASE, .max_age_s = 0, .secure = login_by_tls(v) });
}

/* ---- is it our form? ------------------------------------------------------------ */

/* "https://host:port" of an address is this host. */
static bool
same_host(struct span url, struct span host)
{
	const char	*at = url.p != NULL ? memmem(url.p, url.len, "://", 3) : NULL;
	size_t		 n;

	if (at == NULL || host.len == 0)
		return false;
	url = span_of(at + 3, url.len - (size_t)(at + 3 - url.p));
	for (n = 0; n < url.len && memchr("/?#", url.p[n], 3) == NULL; n++)
		continue;
	if (n != host.len)
		return false;
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)url.p[i]) != tolower((unsigned char)host.p[i]))
			return false;
	return true;
}

/* Where the form stood: "https://host", or the address of the page; SPAN_NULL. */
static struct span
origin_of(const struct visit *v)
{
	struct span	origin = field_get(&v->rq->fields, "origin");

	return origin.p != NULL ? origin : field_get(&v->rq->fields, "referer");
}

/*
 * What the browser itself says of where the form stood.  Behind a proxy that
 * changes Host the origin looks foreign, but then Sec-Fetch-Site knows better:
 * no page can set it.
 */
static bool
from_here(const struct visit *v, const char **why)
{
	struct span	site = field_get(&v->rq->fields, "sec-fetch-site");
	struct span	origin = origin_of(v);

	if (site.p != NULL && !span_is(site, "same-origin")) {
		*why = "the form was sent from another site";
		return false;
	}
	if (site.p != NULL)
		return true;
	if (origin.p == NULL)
		*why = "the browser does not say where the form was sent from";
	else if (!same_host(origin, v->rq->host) ||
	    (v->rq->https && span_starts(origin, "http:")))	/* anybody on the way wrote that */
		*why = "the form was sent from another site";
	else
		return true;
	return false;
}

bool
login_by_tls(const struct visit *v)
{
	struct span	origin = origin_of(v);

	return v->rq->https || (span_starts(origin, "https:") && same_host(origin, v->rq->host));
}

bool
login_form_ok(const struct visit *v, const char **why)
{
	struct span	token = form_get(&v->form, "form_token");
	size_t		want = strlen(v->who.form_token);

	if (!from_here(v, why))
		return false;
	if (want == 0 || token.len != want || !crypto_equal(token.p, v->who.form_token, want)) {
		*why = "the form is of another login, or too old; open the page again";
		return false;
	}
	return true;
}
