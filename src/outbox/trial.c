/* Test events. */
#include "outbox/trial.h"

#include <stdio.h>

#include "base/id.h"
#include "outbox/catalogue.h"
#include "outbox/endpoint.h"
#include "outbox/endpoint_part.h"
#include "outbox/message.h"
#include "outbox/types.h"

#define TRIAL_ROOM	((size_t)1 << 20)

enum hk_err
type_sample(struct db *db, struct span type, struct arena *a, struct span *out)
{
	const struct message_type	*ours = message_type_find(type);
	struct stmt			*q = NULL;
	bool				 row;
	enum hk_err			 e;

	*out = SPAN_NULL;
	if (ours != NULL) {
		*out = span_str(ours->sample);
		return HK_OK;
	}
	if ((e = db_stmt(db, S_EVENT_TYPE_SAMPLE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", type);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !row_keep(a, q, 0, out))
		e = err_note(HK_NOMEM, "no memory for a sample");
	stmt_reset(q);
	return e;
}

static enum hk_err
put_message(struct db *db, const char *type, struct span payload, int64_t now, int64_t *id)
{
	char			cause[sizeof(TRIAL_CAUSE) + UUID_LEN];
	struct message		m = { .type = type, .owner_kind = "system", .owner = SPAN("test"),
				    .payload = payload, .now = now };
	enum hk_err		e;

	memcpy(cause, TRIAL_CAUSE, sizeof(TRIAL_CAUSE) - 1);
	uuid7(cause + sizeof(TRIAL_CAUSE) - 1, now);
	m.cause = span_str(cause);
	if ((e = message_put(db, &m, NULL)) == HK_OK)
		*id = db_last_id(db);
	return e;
}

static enum hk_err
put_delivery(struct db *db, int64_t endpoint, int64_t message, int64_t now, int64_t *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", endpoint);
	bind_int(q, ":message", message);
	bind_text(q, ":subject", SPAN("test"));
	bind_text(q, ":status", SPAN("pending"));
	bind_int(q, ":ordered", 0);	/* whoever tests does not want to wait */
	bind_int(q, ":due", now);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) == HK_OK)
		*id = db_last_id(db);
	return e;
}

enum hk_err
endpoint_try(struct db *db, int64_t endpoint, struct span type, struct span payload, int64_t now,
    int64_t *message, int64_t *delivery)
{
	struct arena	*a = arena_new(TRIAL_ROOM);
	struct endpoint	 ep;
	char		 name[TYPE_MOST + 1];
	enum hk_err	 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for a test event");
	if ((e = endpoint_find(db, endpoint, a, &ep)) != HK_OK)
		goto out;
	if (ep.state != ENDPOINT_ENABLED)
		e = err_tell(HK_NEVER, "ep_%lld is %s: enable it first", (long long)endpoint,
		    endpoint_state_name(ep.state));
	else if (!type_name_good(type))
		e = err_tell(HK_SYNTAX, "type: no type can have this name");
	else if (payload.p == NULL && (e = type_sample(db, type, a, &payload)) == HK_OK &&
	    payload.p == NULL)
		e = err_tell(HK_NOTFOUND, "there is no sample of %.*s", SPAN_ARG(type));
	if (e != HK_OK)
		goto out;
	snprintf(name, sizeof(name), "%.*s", SPAN_ARG(type));
	if ((e = put_message(db, name, payload, now, message)) == HK_OK)
		e = put_delivery(db, endpoint, *message, now, delivery);
out:
	arena_free(a);
	return e;
}
