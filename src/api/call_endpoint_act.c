/* Endpoints: their states, their secrets, and an example. */
#include "api/call_out.h"

#include <stdio.h>

#include "base/codec.h"
#include "crypto/hmac.h"
#include "outbox/members.h"
#include "outbox/message.h"
#include "outbox/recovering.h"
#include "outbox/trial.h"
#include "provider/relayed.h"

#define JWK_MOST	256

/* ---- pause, resume, enable, disable ------------------------------------------------ */

static enum hk_err
put_state(struct call *c, int64_t id, int64_t recovery)
{
	struct endpoint	ep;
	enum hk_err	e;

	if ((e = endpoint_find(c->db, id, c->arena, &ep)) != HK_OK)
		return call_failed(c, e);
	jw_text(c->out, "id", route_get(&c->route, "endpoint"));
	jw_text(c->out, "state", span_str(endpoint_state_name(ep.state)));
	jw_text(c->out, "state_why", ep.state_why);
	jw_time(c->out, "state_at", ep.state_us);
	put_id(c->out, "recovery", recovery);
	return HK_OK;
}

/* It is so already: nothing is changed, and that is fine. */
static enum hk_err
act(struct call *c, enum endpoint_act what)
{
	static const char *const	names[] = { "reason", NULL };
	struct span			why = SPAN_NULL;
	char				action[32];
	int64_t				id, recovery = 0;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "reason", false, 200, &why)) ||
	    stops(c, e = call_endpoint(c, &id)))
		return e;
	e = endpoint_act(c->db, id, what, why, c->now, &recovery);
	if (e == HK_SKIP)
		return put_state(c, id, 0);
	if (e != HK_OK)
		return call_failed(c, e);
	snprintf(action, sizeof(action), "endpoint.%s", endpoint_act_name(what));
	if ((e = note_endpoint(c, action, id, SPAN_NULL)) != HK_OK)
		return e;
	c->woken = true;
	return put_state(c, id, recovery);
}

enum hk_err
call_endpoint_pause(struct call *c)
{
	return act(c, ACT_PAUSE);
}

enum hk_err
call_endpoint_resume(struct call *c)
{
	return act(c, ACT_RESUME);
}

enum hk_err
call_endpoint_enable(struct call *c)
{
	return act(c, ACT_ENABLE);
}

enum hk_err
call_endpoint_disable(struct call *c)
{
	return act(c, ACT_DISABLE);
}

/* ---- secrets -------------------------------------------------------------------------- */

static enum hk_err
failed(struct call *c, enum hk_err e)
{
	if (e == HK_CONF || e == HK_BADSIG)
		return call_problem(c, PROBLEM_NOT_READY, "the settings of hookkeeper do not have the"
		    " `key` that seals this endpoint's secrets");
	return call_failed(c, e);
}

static enum hk_err
kind_of_body(struct call *c, enum secret_kind *kind)
{
	struct span	said = SPAN("v1");
	enum hk_err	e;

	if (stops(c, e = call_text(c, "kind", false, 8, &said)))
		return e;
	if (!span_is(said, "v1") && !span_is(said, "v1a"))
		return call_problem(c, PROBLEM_BAD_REQUEST, "`kind` is to be v1 or v1a");
	*kind = span_is(said, "v1a") ? SECRET_V1A : SECRET_V1;
	return HK_OK;
}

static void
put_secret(struct call *c, enum secret_kind kind, char secret[SECRET_TEXT], const char *public)
{
	jw_text(c->out, "id", route_get(&c->route, "endpoint"));
	jw_text(c->out, "kind", kind == SECRET_V1A ? SPAN("v1a") : SPAN("v1"));
	jw_text(c->out, "secret", span_str(secret));
	jw_text(c->out, "public", *public != '\0' ? span_str(public) : SPAN_NULL);
	crypto_cleanse(secret, SECRET_TEXT);
}

enum hk_err
call_endpoint_rotate(struct call *c)
{
	static const char *const	names[] = { "kind", "secret", NULL };
	enum secret_kind		kind = SECRET_V1;
	struct span			given = SPAN_NULL;
	char				secret[SECRET_TEXT], public[SECRET_TEXT];
	int64_t				id;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) || stops(c, e = kind_of_body(c, &kind)) ||
	    stops(c, e = call_text(c, "secret", false, SECRET_TEXT - 1, &given)) ||
	    stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_rotate(c->db, c->conf, id, kind, given, c->now, secret, public)) != HK_OK)
		return failed(c, e);
	put_secret(c, kind, secret, public);
	jw_time(c->out, "former_until", c->now + ROTATION_US);
	return note_endpoint(c, "endpoint.rotate", id, kind == SECRET_V1A ?
	    SPAN("{\"kind\":\"v1a\"}") : SPAN("{\"kind\":\"v1\"}"));
}

enum hk_err
call_endpoint_reveal(struct call *c)
{
	static const char *const	names[] = { NULL };
	char				secret[SECRET_TEXT];
	int64_t				id;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) || stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_reveal(c->db, c->conf, id, secret)) != HK_OK)
		return failed(c, e);
	put_secret(c, SECRET_V1, secret, "");
	jw_null(c->out, "former_until");
	return note_endpoint(c, "endpoint.secret", id, SPAN_NULL);
}

enum hk_err
call_endpoint_drop_v1a(struct call *c)
{
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_drop_v1a(c->db, id)) != HK_OK)
		return call_failed(c, e);
	jw_text(c->out, "id", route_get(&c->route, "endpoint"));
	jw_bool(c->out, "v1a", false);
	return note_endpoint(c, "endpoint.drop-v1a", id, SPAN_NULL);
}

/* ---- public keys ------------------------------------------------------------------------ */

/* base64 as RFC 7515 has it: '-' and '_', no padding. */
static void
urlsafe(char *text)
{
	text[strcspn(text, "=")] = '\0';
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
}

/* The key's thumbprint names it.  Source: https://www.rfc-editor.org/rfc/rfc7638 */
static void
thumbprint(const char *x, char kid[BASE64_LEN(SHA256_LEN) + 1])
{
	char		text[JWK_MOST + 64];
	uint8_t		digest[SHA256_LEN];
	struct span	s;

	snprintf(text, sizeof(text), "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
	s = span_str(text);
	sha256(digest, &s, 1);
	base64_encode(kid, digest, sizeof(digest));
	urlsafe(kid);
}

/* "whpk_..." as a key.  Source: https://www.rfc-editor.org/rfc/rfc8037 */
static void
put_jwk(struct jw *w, struct span public)
{
	char	x[JWK_MOST], kid[BASE64_LEN(SHA256_LEN) + 1];

	snprintf(x, sizeof(x), "%.*s", (int)public.len - 5, public.p + 5);
	urlsafe(x);
	thumbprint(x, kid);
	jw_open(w, NULL, '{');
	jw_text(w, "kty", SPAN("OKP"));
	jw_text(w, "crv", SPAN("Ed25519"));
	jw_text(w, "alg", SPAN("EdDSA"));
	jw_text(w, "use", SPAN("sig"));
	jw_text(w, "kid", span_str(kid));
	jw_text(w, "x", span_str(x));
	jw_close(w, '}');
}

enum hk_err
call_endpoint_jwks(struct call *c)
{
	struct endpoint	 ep;
	struct stmt	*q = NULL;
	int64_t		 id;
	bool		 row;
	enum hk_err	 e;

	if (stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_find(c->db, id, c->arena, &ep)) != HK_OK)
		return call_failed(c, e);
	if ((e = db_stmt(c->db, S_OUT_PUBLIC_KEYS, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	bind_int(q, ":now", c->now);
	jw_open(c->out, "keys", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		if (col_text(q, 0).len > 5 && col_text(q, 0).len < JWK_MOST)
			put_jwk(c->out, col_text(q, 0));
	stmt_reset(q);
	jw_close(c->out, ']');
	return e;
}

/* ---- an example --------------------------------------------------------------------------- */

enum hk_err
call_endpoint_test(struct call *c)
{
	static const char *const	names[] = { "type", NULL };
	struct span			type = SPAN_NULL;
	char				name[MESSAGE_NAME];
	int64_t				id, message = 0, delivery = 0;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "type", true, 128, &type)) ||
	    stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_try(c->db, id, type, relayed_sample(type), c->now, &message,
	    &delivery)) != HK_OK)
		return call_failed(c, e);
	message_name(name, message, c->now);
	jw_text(c->out, "message", span_str(name));
	put_id(c->out, "delivery", delivery);
	c->status = 202;
	c->woken = true;
	return note_endpoint(c, "endpoint.test", id, SPAN_NULL);
}
