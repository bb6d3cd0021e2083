/* Putting a message: a row, once per cause. */
#include "outbox/message.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ID_DIGITS	12
#define TIME_DIGITS	14	/* of 4 bits */

enum hk_err
message_put(struct db *db, const struct message *m, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	assert(m->cause.len > 0 && m->payload.len > 0 && m->owner.len > 0);
	if ((e = db_stmt(db, S_MESSAGE_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":type", span_str(m->type));
	bind_text(q, ":owner_kind", span_str(m->owner_kind));
	bind_text(q, ":owner", m->owner);
	bind_text(q, ":payload", m->payload);
	bind_text(q, ":cause", m->cause);
	if (m->event != 0)
		bind_int(q, ":event", m->event);
	bind_int(q, ":now", m->now);
	if (m->expires_us != 0)
		bind_int(q, ":expires", m->expires_us);
	if ((e = stmt_run(q)) == HK_OK && fresh != NULL)
		*fresh = db_changes(db) == 1;
	return e;
}

enum hk_err
message_amend(struct db *db, const struct message *m, bool *done)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_MESSAGE_AMEND, &q)) != HK_OK)
		return e;
	bind_text(q, ":payload", m->payload);
	bind_text(q, ":cause", m->cause);
	bind_int(q, ":now", m->now);
	if ((e = stmt_run(q)) == HK_OK)
		*done = db_changes(db) > 0;
	return e;
}

void
message_name(char out[MESSAGE_NAME], int64_t id, int64_t created_us)
{
	snprintf(out, MESSAGE_NAME, "msg_%0*" PRId64 "%0*" PRIx64, ID_DIGITS, id, TIME_DIGITS,
	    (uint64_t)created_us);
}

bool
message_named(struct span name, int64_t *id, int64_t *created_us)
{
	char	made[MESSAGE_NAME], digits[TIME_DIGITS + 1];
	int64_t	n, us;

	if (name.len != strlen("msg_") + ID_DIGITS + TIME_DIGITS ||
	    !span_u63(span_of(name.p + strlen("msg_"), ID_DIGITS), &n))
		return false;
	memcpy(digits, name.p + name.len - TIME_DIGITS, TIME_DIGITS);
	digits[TIME_DIGITS] = '\0';
	us = (int64_t)strtoull(digits, NULL, 16);
	message_name(made, n, us);	/* is it spelled as we do? */
	if (!span_is(name, made))
		return false;
	*id = n;
	*created_us = us;
	return true;
}
