/* Endpoints: what is stored of them. */
#include "outbox/endpoint.h"

#include <stdio.h>
#include <strings.h>

#include "base/json.h"
#include "crypto/seal.h"
#include "outbox/catalogue.h"
#include "outbox/endpoint_part.h"
#include "outbox/filter.h"
#include "outbox/message.h"
#include "outbox/target.h"

#define DESCRIPTION_MOST	500
#define OWNER_MOST		128
#define FIELDS_MOST		20
#define FIELDS_BYTES		8192
#define RATE_MOST		10000
#define SEAL_ROOM		(32 << 10)

const char *
endpoint_state_name(enum endpoint_state s)
{
	static const char *const	names[] = { "enabled", "paused", "disabled" };

	return names[s];
}

void
endpoint_name(char out[ENDPOINT_NAME], int64_t id)
{
	snprintf(out, ENDPOINT_NAME, "ep_%lld", (long long)id);
}

bool
endpoint_named(struct span s, int64_t *id)
{
	return s.len > 3 && span_starts(s, "ep_") && s.p[3] != '0' &&
	    span_u63(span_of(s.p + 3, s.len - 3), id);
}

/* ---- is it one that can be? ------------------------------------------------------ */

static bool
is_token(struct span s)
{
	if (s.len == 0 || s.len > 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

static bool
begins(struct span s, const char *prefix)
{
	size_t	n = strlen(prefix);

	return s.len >= n && strncasecmp(s.p, prefix, n) == 0;
}

/* Ours to say, or the connection's: https://www.rfc-editor.org/rfc/rfc9110 7.6.1 */
static bool
is_ours(struct span name)
{
	static const char *const	names[] = { "host", "content-length", "content-type",
					    "content-encoding", "connection", "keep-alive",
					    "transfer-encoding", "te", "trailer", "upgrade",
					    "expect", "proxy-authorization", "proxy-connection",
					    "user-agent" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name.len == strlen(names[i]) && begins(name, names[i]))
			return true;
	return begins(name, "webhook-") || begins(name, "svix-");
}

static bool
is_value(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || (unsigned char)s.p[i] > '~')
			return false;
	return s.len > 0 && s.len <= 4096;
}

static enum hk_err
headers_good(struct span text)
{
	struct json	*root = NULL;
	struct span	 name, value;
	size_t		 i = 0;
	enum hk_err	 e = HK_OK;

	if (text.p == NULL)
		return HK_OK;
	if (text.len > FIELDS_BYTES || json_parse(text, &root) != HK_OK || !json_is_object(root))
		e = err_tell(HK_SYNTAX, "headers: an object of at most 20 texts, 8 KB in all");
	for (; e == HK_OK && json_member(root, i, &name, &value); i++)
		if (i >= FIELDS_MOST)
			e = err_tell(HK_SYNTAX, "headers: at most %d of them", FIELDS_MOST);
		else if (!is_token(name))
			e = err_tell(HK_SYNTAX, "headers: a name has 1 to 64 letters, digits, - and _");
		else if (is_ours(name))
			e = err_tell(HK_SYNTAX, "headers: %.*s is set by the sender alone",
			    SPAN_ARG(name));
		else if (!is_value(value))
			e = err_tell(HK_SYNTAX, "headers: %.*s is to be 1 to 4096 printable ASCII "
			    "characters", SPAN_ARG(name));
	json_free(root);
	return e;
}

static enum hk_err
owner_good(const struct endpoint_word *w)
{
	if (w->owner_kind.p == NULL && w->owner.p == NULL)
		return HK_OK;
	if (!span_is(w->owner_kind, "user") && !span_is(w->owner_kind, "organization"))
		return err_tell(HK_SYNTAX, "owner_kind: \"user\" or \"organization\"");
	if (!span_graph(w->owner, OWNER_MOST))
		return err_tell(HK_SYNTAX, "owner: the user's or organization's id");
	return HK_OK;
}

static enum hk_err
rest_good(const struct endpoint_word *w)
{
	enum hk_err	e;

	if (w->description.len > DESCRIPTION_MOST)
		return err_tell(HK_SYNTAX, "description: at most %d bytes", DESCRIPTION_MOST);
	if (w->types.len > TYPES_MOST)
		return err_tell(HK_SYNTAX, "types: at most %d bytes", TYPES_MOST);
	if (w->rate < 0 || w->rate > RATE_MOST)
		return err_tell(HK_SYNTAX, "rate: 1 to %d a second, or none", RATE_MOST);
	if ((e = types_good(w->types)) != HK_OK || (e = owner_good(w)) != HK_OK)
		return e;
	if (w->filter.p != NULL && (e = filter_good(w->filter)) != HK_OK)
		return e;
	return headers_good(w->headers);
}

enum hk_err
endpoint_good(const struct conf *conf, const struct endpoint_word *w)
{
	struct target	t;
	enum hk_err	e;

	if ((e = target_parse(&t, w->url, conf->allow_private)) != HK_OK)
		return e;
	return rest_good(w);
}

/* ---- rows ------------------------------------------------------------------------- */

/* SPAN_NULL for none; in the arena. */
static enum hk_err
seal_headers(struct arena *a, const struct conf *conf, struct span headers, struct span *out)
{
	const struct seal_keys	keys = { conf->keys, conf->nkeys };

	*out = SPAN_NULL;
	if (headers.p == NULL || span_is(span_trim(headers), "{}"))
		return HK_OK;
	return seal(a, &keys, HEADERS_PURPOSE, headers, out);
}

static void
bind_word(struct stmt *q, const struct endpoint_word *w, struct span headers, int64_t now)
{
	bind_text(q, ":url", w->url);
	bind_text(q, ":description", w->description);
	bind_text(q, ":types", w->types);
	bind_text(q, ":owner_kind", w->owner_kind);
	bind_text(q, ":owner", w->owner);
	bind_text(q, ":filter", w->filter);
	bind_text(q, ":payload", span_str(w->thin ? "thin" : "full"));
	bind_text(q, ":headers", headers);
	if (w->rate > 0)
		bind_int(q, ":rate", w->rate);
	bind_int(q, ":ordered", w->ordered);
	bind_int(q, ":now", now);
}

enum hk_err
endpoint_make(struct db *db, const struct conf *conf, const struct endpoint_word *w,
    struct span given, int64_t now, int64_t *id, char secret[SECRET_TEXT])
{
	struct arena	*a = arena_new(SEAL_ROOM);
	struct stmt	*q = NULL;
	struct span	 headers;
	char		 none[SECRET_TEXT];
	enum hk_err	 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for an endpoint");
	if ((e = endpoint_good(conf, w)) != HK_OK ||
	    (e = seal_headers(a, conf, w->headers, &headers)) != HK_OK ||
	    (e = db_stmt(db, S_ENDPOINT_ADD, &q)) != HK_OK)
		goto out;
	bind_text(q, ":channel", SPAN("webhook"));
	bind_word(q, w, headers, now);
	if ((e = stmt_run(q)) != HK_OK)
		goto out;
	*id = db_last_id(db);
	e = endpoint_rotate(db, conf, *id, SECRET_V1, given, now, secret, none);
out:
	arena_free(a);
	return e;
}

/* HK_NEVER: the configuration's; *ordered as it is now. */
static enum hk_err
own(struct db *db, int64_t id, bool *ordered)
{
	struct stmt	*q = NULL;
	bool		 row, webhook = false;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ENDPOINT_OWN, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		webhook = col_int(q, 0) != 0;
		*ordered = col_int(q, 1) != 0;
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (!row)
		return err_tell(HK_NOTFOUND, "no endpoint ep_%lld", (long long)id);
	if (!webhook)
		return err_tell(HK_NEVER, "ep_%lld is made by hookkeeper.conf: change it there",
		    (long long)id);
	return HK_OK;
}

enum hk_err
endpoint_change(struct db *db, const struct conf *conf, int64_t id,
    const struct endpoint_word *w, int64_t now)
{
	struct arena	*a = arena_new(SEAL_ROOM);
	struct stmt	*q = NULL;
	struct span	 headers;
	bool		 ordered;
	enum hk_err	 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for an endpoint");
	if ((e = own(db, id, &ordered)) != HK_OK || (e = endpoint_good(conf, w)) != HK_OK ||
	    (e = seal_headers(a, conf, w->headers, &headers)) != HK_OK ||
	    (e = db_stmt(db, S_ENDPOINT_CHANGE, &q)) != HK_OK)
		goto out;
	bind_word(q, w, headers, now);
	bind_int(q, ":keep", w->headers.p == NULL);
	bind_int(q, ":id", id);
	if ((e = stmt_run(q)) != HK_OK || !ordered || w->ordered)
		goto out;
	/* What waited for its turn need not any longer. */
	if ((e = db_stmt(db, S_DELIVERY_UNPARK_ALL, &q)) != HK_OK)
		goto out;
	bind_int(q, ":endpoint", id);
	bind_int(q, ":now", now);
	e = stmt_run(q);
out:
	arena_free(a);
	return e;
}

enum hk_err
endpoint_set_state(struct db *db, int64_t id, enum endpoint_state state, struct span why,
    int64_t now)
{
	struct stmt	*q = NULL;
	struct span	 name = span_str(endpoint_state_name(state));
	int64_t		 same = -1;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ENDPOINT_IS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":state", name);
	if ((e = stmt_int(q, &same)) != HK_OK)
		return e;
	if (same < 0)
		return err_tell(HK_NOTFOUND, "no endpoint ep_%lld", (long long)id);
	if (same > 0)
		return err_tell(HK_SKIP, "ep_%lld is %.*s already", (long long)id, SPAN_ARG(name));
	if ((e = db_stmt(db, S_ENDPOINT_STATE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":state", name);
	bind_text(q, ":why", why);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) != HK_OK || state == ENDPOINT_ENABLED)
		return e;
	/* Held, never dropped: somebody may want it yet. */
	if ((e = db_stmt(db, S_DELIVERY_HOLD_ALL, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	return stmt_run(q);
}

enum hk_err
endpoint_delete(struct db *db, int64_t id, int64_t now)
{
	static const enum stmt_id	does[] = { S_ENDPOINT_DELETE, S_DELIVERY_CANCEL_ALL,
					    S_ENDPOINT_SECRETS_GO };
	struct stmt			*q;
	bool				 ordered;
	enum hk_err			 e = own(db, id, &ordered);

	for (size_t i = 0; e == HK_OK && i < sizeof(does) / sizeof(does[0]); i++) {
		if ((e = db_stmt(db, does[i], &q)) != HK_OK)
			return e;
		bind_int(q, ":endpoint", id);
		if (does[i] != S_ENDPOINT_SECRETS_GO)
			bind_int(q, ":now", now);
		e = stmt_run(q);
	}
	return e;
}

bool
row_keep(struct arena *a, struct stmt *q, int col, struct span *out)
{
	*out = SPAN_NULL;
	if (col_is_null(q, col))
		return true;
	*out = arena_span(a, col_text(q, col));
	return out->p != NULL;
}

static enum endpoint_state
state_of(struct span s)
{
	return span_is(s, "enabled") ? ENDPOINT_ENABLED :
	    span_is(s, "paused") ? ENDPOINT_PAUSED : ENDPOINT_DISABLED;
}

static enum hk_err
read_row(struct stmt *q, struct arena *a, struct endpoint *out)
{
	out->id = col_int(q, 0);
	if (!row_keep(a, q, 1, &out->channel) || !row_keep(a, q, 2, &out->name) ||
	    !row_keep(a, q, 3, &out->word.url) || !row_keep(a, q, 4, &out->word.description) ||
	    !row_keep(a, q, 5, &out->word.types) || !row_keep(a, q, 6, &out->word.owner_kind) ||
	    !row_keep(a, q, 7, &out->word.owner) || !row_keep(a, q, 8, &out->word.filter) ||
	    !row_keep(a, q, 14, &out->state_why))
		return err_note(HK_NOMEM, "no memory for an endpoint");
	out->word.headers = SPAN_NULL;
	out->word.thin = span_is(col_text(q, 9), "thin");
	out->has_headers = !col_is_null(q, 10);
	out->word.rate = col_int(q, 11);
	out->word.ordered = col_int(q, 12) != 0;
	out->state = state_of(col_text(q, 13));
	out->state_us = col_int(q, 15);
	out->failing_us = col_int(q, 16);
	out->failures = col_int(q, 17);
	out->created_us = col_int(q, 18);
	out->updated_us = col_int(q, 19);
	out->deleted_us = col_int(q, 20);
	return HK_OK;
}

enum hk_err
endpoint_find(struct db *db, int64_t id, struct arena *a, struct endpoint *out)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ENDPOINT_FIND, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		e = read_row(q, a, out);
	else if (e == HK_OK)
		e = err_tell(HK_NOTFOUND, "no endpoint ep_%lld", (long long)id);
	stmt_reset(q);
	return e;
}

/* ---- what we tell of them ------------------------------------------------------------ */

enum hk_err
endpoint_tell(struct db *db, const char *type, struct span payload, struct span cause,
    int64_t now)
{
	const struct message	m = { .type = type, .owner_kind = "system",
				    .owner = SPAN("endpoints"), .payload = payload,
				    .cause = cause, .now = now };

	return message_put(db, &m, NULL);
}

enum hk_err
endpoint_give_up(struct db *db, int64_t id, const char *why, int64_t now)
{
	char		name[ENDPOINT_NAME], cause[64];
	struct buf	payload;
	struct jw	w;
	enum hk_err	e;

	if ((e = endpoint_set_state(db, id, ENDPOINT_DISABLED, span_str(why), now)) != HK_OK)
		return e == HK_SKIP ? HK_OK : e;
	endpoint_name(name, id);
	buf_init(&payload, 4096);
	jw_init(&w, &payload);
	jw_open(&w, NULL, '{');
	jw_text(&w, "endpoint_id", span_str(name));
	jw_text(&w, "reason", span_str(why));
	jw_time(&w, "disabled_at", now);
	jw_close(&w, '}');
	snprintf(cause, sizeof(cause), "endpoint:%lld:disabled:%lld", (long long)id, (long long)now);
	e = buf_ok(&payload) ?
	    endpoint_tell(db, "endpoint.disabled", buf_span(&payload), span_str(cause), now) :
	    err_note(HK_NOMEM, "no memory for a message");
	buf_release(&payload);
	return e;
}
