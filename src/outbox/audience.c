/* Who wants a message. */
#include "outbox/audience.h"

#include "outbox/catalogue.h"
#include "outbox/endpoint_part.h"
#include "outbox/filter.h"
#include "outbox/types.h"

static enum hk_err
read_row(struct stmt *q, struct arena *a, struct listener *l)
{
	l->id = col_int(q, 0);
	if (!row_keep(a, q, 1, &l->types) || !row_keep(a, q, 2, &l->owner_kind) ||
	    !row_keep(a, q, 3, &l->owner) || !row_keep(a, q, 4, &l->filter))
		return err_note(HK_NOMEM, "no memory for endpoints");
	l->ordered = col_int(q, 5) != 0;
	l->enabled = span_is(col_text(q, 6), "enabled");
	l->heard_to = col_int(q, 7);
	l->trusted = span_is(col_text(q, 8), "command") || span_is(col_text(q, 8), "mail");
	return HK_OK;
}

enum hk_err
audience_read(struct db *db, struct arena *a, struct audience *out)
{
	struct stmt	*q = NULL;
	struct listener	 l;
	size_t		 room = 0;
	bool		 row;
	enum hk_err	 e;

	*out = (struct audience){ .who = NULL };
	if ((e = db_stmt(db, S_ENDPOINTS_LIVE, &q)) != HK_OK)
		return e;
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		if ((e = read_row(q, a, &l)) != HK_OK)
			break;
		if (out->n == room) {
			room = room == 0 ? 16 : room * 2;
			out->who = arena_grow(a, out->who, out->n * sizeof(l), room * sizeof(l));
		}
		if (out->who == NULL) {
			e = err_note(HK_NOMEM, "no memory for endpoints");
			break;
		}
		out->who[out->n++] = l;
	}
	stmt_reset(q);
	return e;
}

bool
listener_wants(const struct listener *l, const struct told *m, struct json **parsed)
{
	bool	yes;

	if (m->trial || !types_take(l->types, m->type, m->relayed))
		return false;
	if (message_type_secret(m->type) && !(l->trusted && types_name(l->types, m->type)))
		return false;
	if (l->owner.p != NULL &&
	    (!span_eq(l->owner_kind, m->owner_kind) || !span_eq(l->owner, m->owner)))
		return false;
	if (l->filter.p == NULL)
		return true;
	if (*parsed == NULL && json_parse(m->payload, parsed) != HK_OK)
		return false;
	return filter_takes(l->filter, *parsed, &yes) == HK_OK && yes;
}

enum hk_err
listener_deliver(struct db *db, const struct listener *l, const struct told *m, int64_t due,
    int64_t now, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", l->id);
	bind_int(q, ":message", m->id);
	/* Where no order is kept there is no subject: its index would be touched all over. */
	bind_text(q, ":subject", l->ordered ? m->owner : SPAN(""));
	bind_text(q, ":status", span_str(l->enabled ? "pending" : "held"));
	bind_int(q, ":ordered", l->ordered);
	bind_int(q, ":due", due);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) == HK_OK)
		*fresh = db_changes(db) == 1;
	return e;
}
