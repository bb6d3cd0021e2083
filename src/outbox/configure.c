/*
 * The channels of hookkeeper.conf as rows: so they can be paused and looked at, and
 * what is sent by them is written down like the rest.
 */
#include "base/log.h"
#include "outbox/catalogue.h"
#include "outbox/endpoint.h"
#include "outbox/endpoint_part.h"

#define GONE		"hookkeeper.conf has it no more"
#define ROWS_MOST	1024
#define NAMES_ARENA	((size_t)1 << 20)
#define UNKEY_NAME	"unkey"

static enum hk_err
put(struct db *db, const char *channel, const char *name, struct span types, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = types_good(types)) != HK_OK)
		return err_note(HK_CONF, "[%s]: %s", name, err_last());
	if ((e = db_stmt(db, S_CHANNEL_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":channel", span_str(channel));
	bind_text(q, ":name", span_str(name));
	bind_text(q, ":types", types);
	bind_int(q, ":now", now);
	return stmt_run(q);
}

/* Which messages change what Unkey is to know. */
static struct span
unkey_types(const struct conf *c)
{
	return c->unkey_burn_at == UNKEY_BURNS_HERE ? SPAN("credit_balance_updated") :
	    SPAN("credits_granted");
}

static enum hk_err
put_all(struct db *db, const struct conf *c, int64_t now)
{
	enum hk_err	e = HK_OK;

	for (size_t i = 0; i < c->nchannel && e == HK_OK; i++)
		e = put(db, c->channel[i].kind == CHANNEL_MAIL ? "mail" : "command",
		    c->channel[i].name, span_str(c->channel[i].types), now);
	if (e == HK_OK && c->unkey_root_key != NULL)
		e = put(db, "unkey", UNKEY_NAME, unkey_types(c), now);
	return e;
}

/* ---- what is no longer there, and what is back ---------------------------------- */

struct known {
	int64_t		 id;
	struct span	 name;
	bool		 enabled, gone;		/* gone: disabled by us, for that reason */
};

static enum hk_err
read_known(struct db *db, struct arena *a, struct known *k, size_t *n)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(db, S_CHANNELS, &q)) != HK_OK)
		return e;
	while (*n < ROWS_MOST && (e = stmt_step(q, &row)) == HK_OK && row) {
		k[*n].id = col_int(q, 0);
		k[*n].enabled = span_is(col_text(q, 2), "enabled");
		k[*n].gone = span_is(col_text(q, 2), "disabled") && span_is(col_text(q, 3), GONE);
		if (!row_keep(a, q, 1, &k[*n].name)) {
			e = err_note(HK_NOMEM, "no memory for channels");
			break;
		}
		++*n;
	}
	stmt_reset(q);
	return e;
}

static bool
is_there(const struct conf *c, struct span name)
{
	return conf_channel(c, name) != NULL ||
	    (c->unkey_root_key != NULL && span_is(name, UNKEY_NAME));
}

/* A pause, or five days of failures, is left as it is: a person ends it. */
static enum hk_err
settle(struct db *db, const struct conf *c, const struct known *k, int64_t now)
{
	bool		there = is_there(c, k->name);
	enum hk_err	e = HK_SKIP;

	if (there && k->gone)
		e = endpoint_set_state(db, k->id, ENDPOINT_ENABLED, SPAN_NULL, now);
	else if (!there && k->enabled)
		e = endpoint_set_state(db, k->id, ENDPOINT_DISABLED, SPAN(GONE), now);
	if (e == HK_OK)
		log_info("%.*s: %s", SPAN_ARG(k->name), there ? "there again" : GONE);
	return e == HK_SKIP ? HK_OK : e;
}

enum hk_err
endpoints_configure(struct db *db, const struct conf *c, int64_t now)
{
	struct arena	*a = arena_new(NAMES_ARENA);
	struct known	*k = a != NULL ? arena_zero(a, ROWS_MOST * sizeof(*k)) : NULL;
	size_t		 n;
	enum hk_err	 e;

	if (k == NULL)
		e = err_note(HK_NOMEM, "no memory for channels");
	else if ((e = put_all(db, c, now)) == HK_OK && (e = read_known(db, a, k, &n)) == HK_OK)
		for (size_t i = 0; i < n && e == HK_OK; i++)
			e = settle(db, c, &k[i], now);
	arena_free(a);
	return e;
}
