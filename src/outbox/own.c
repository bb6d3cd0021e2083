/* Messages of the site's own. */
#include "outbox/own.h"

#include <stdio.h>

#include "base/id.h"
#include "outbox/catalogue.h"
#include "outbox/types.h"

#define KEY_MOST	256

static enum hk_err
type_there(struct db *db, struct span type)
{
	struct stmt	*q = NULL;
	int64_t		 archived = -1;
	enum hk_err	 e;

	if (message_type_find(type) != NULL)
		return err_tell(HK_NEVER, "type: %.*s is put by hookkeeper alone", SPAN_ARG(type));
	if ((e = db_stmt(db, S_OWN_TYPE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", type);
	if ((e = stmt_int(q, &archived)) != HK_OK)
		return e;
	if (archived < 0)
		return err_tell(HK_NOTFOUND, "type: nobody has described %.*s yet",
		    (int)(type.len < TYPE_MOST ? type.len : TYPE_MOST), type.p);
	return archived == 0 ? HK_OK :
	    err_tell(HK_NEVER, "type: %.*s is archived", SPAN_ARG(type));
}

static enum hk_err
payload_good(struct db *db, const struct own_message *m)
{
	struct json	*root = NULL;
	bool		 object;

	if (m->payload.len > OWN_MOST)
		return err_tell(HK_SYNTAX, "payload: at most %zu bytes", OWN_MOST);
	object = json_parse(m->payload, &root) == HK_OK && json_is_object(root);
	json_free(root);
	if (!object)
		return err_tell(HK_SYNTAX, "payload: it is to be a JSON object");
	return event_type_check(db, m->type, m->payload);
}

/* What this cause has put: the same, or it is HK_EXISTS. */
static enum hk_err
same(struct db *db, struct span cause, struct own_message *m)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_OWN_MESSAGE, &q)) != HK_OK)
		return e;
	bind_text(q, ":cause", cause);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		m->id = col_int(q, 0);
		m->created_us = col_int(q, 1);
		if (!span_eq(col_text(q, 2), m->type) || !span_eq(col_text(q, 3), m->owner) ||
		    !span_eq(col_text(q, 4), m->payload))
			e = err_tell(HK_EXISTS, "this key put another message");
	}
	stmt_reset(q);
	return e;
}

enum hk_err
own_message_put(struct db *db, struct own_message *m, int64_t now)
{
	char		cause[sizeof(OWN_CAUSE) + KEY_MOST], type[TYPE_MOST + 1];
	struct message	put = { .type = type, .owner_kind = "system", .owner = m->owner,
			    .payload = m->payload, .now = now };
	enum hk_err	e;

	if (m->key.len > KEY_MOST)
		return err_tell(HK_SYNTAX, "key: at most %d bytes", KEY_MOST);
	if (!type_name_good(m->type))
		return err_tell(HK_SYNTAX, "type: no type can have this name");
	if ((e = type_there(db, m->type)) != HK_OK || (e = payload_good(db, m)) != HK_OK)
		return e;
	memcpy(cause, OWN_CAUSE, sizeof(OWN_CAUSE));
	if (m->key.p != NULL)
		snprintf(cause, sizeof(cause), OWN_CAUSE "%.*s", SPAN_ARG(m->key));
	else
		uuid7(cause + sizeof(OWN_CAUSE) - 1, now);
	snprintf(type, sizeof(type), "%.*s", SPAN_ARG(m->type));
	if (m->owner_kind.p != NULL)
		put.owner_kind = span_is(m->owner_kind, "user") ? "user" : "organization";
	put.cause = span_str(cause);
	if ((e = message_put(db, &put, &m->fresh)) != HK_OK)
		return e;
	if (!m->fresh)
		return same(db, put.cause, m);
	m->id = db_last_id(db);
	m->created_us = now;
	return HK_OK;
}
