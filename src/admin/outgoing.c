/* Parts of the pages about what goes out. */
#include "admin/outgoing.h"

#include <inttypes.h>
#include <unistd.h>

#include "inbox/wakeup.h"
#include "outbox/endpoint.h"
#include "outbox/message.h"
#include "outbox/types.h"

const char *
endpoint_look(struct span state, bool failing)
{
	if (span_is(state, "paused"))
		return "held";
	if (span_is(state, "disabled"))
		return "failed";
	return failing ? "pending" : "done";
}

void
endpoint_put(struct jw *w, const char *key, int64_t id, struct span name, struct span url)
{
	char	text[ENDPOINT_NAME];

	endpoint_name(text, id);
	jw_open(w, key, '{');
	jw_int(w, "id", id);
	jw_text(w, "name", span_str(text));
	jw_text(w, "title", name.p != NULL ? name : url);
	jw_bool(w, "own", name.p == NULL);
	jw_close(w, '}');
}

void
delivery_put(struct jw *w, struct stmt *q)
{
	char	name[MESSAGE_NAME];

	message_name(name, col_int(q, D_MESSAGE), col_int(q, D_MESSAGE_AT));
	jw_int(w, "id", col_int(q, D_ID));
	jw_text(w, "status", col_text(q, D_STATUS));
	jw_int(w, "attempts", col_int(q, D_ATTEMPTS));
	jw_time(w, "due_at", col_int(q, D_DUE));
	jw_text(w, "why", col_text(q, D_WHY));
	jw_time(w, "created_at", col_int(q, D_CREATED));
	jw_time(w, "done_at", col_int(q, D_DONE));
	jw_text(w, "type", col_text(q, D_TYPE));
	jw_text(w, "message", span_str(name));
	endpoint_put(w, "endpoint", col_int(q, D_ENDPOINT), col_text(q, D_ENDPOINT_NAME),
	    col_text(q, D_ENDPOINT_URL));
}

enum hk_err
endpoint_id(const struct visit *v, int64_t *id)
{
	if (endpoint_named(route_get(&v->route, "id"), id))
		return HK_OK;
	return visit_id(v, id);
}

enum hk_err
before_read(const struct visit *v, int64_t *at)
{
	struct span	s = visit_query(v, "before");

	*at = INT64_MAX;
	if (s.p == NULL || span_u63(s, at))
		return HK_OK;
	return err_tell(HK_SYNTAX, "before is a number, as the links of the list have it");
}

struct span
number_text(struct visit *v, int64_t n)
{
	return span_str(arena_printf(v->arena, "%" PRId64, n));
}

bool
type_fits(struct span wanted, struct span type)
{
	if (wanted.len > 0 && wanted.p[wanted.len - 1] == '*')
		return type.len >= wanted.len - 1 && memcmp(type.p, wanted.p, wanted.len - 1) == 0;
	return wanted.p == NULL || span_eq(wanted, type);
}

bool
message_id(struct span s, int64_t *id)
{
	int64_t	at;

	return span_u63(s, id) || message_named(s, id, &at);
}

bool
message_hidden(const struct visit *v, struct span type)
{
	return v->who.role < ROLE_OPERATOR && message_type_secret(type);
}

void
outgoing_wake(const struct visit *v)
{
	int	fd = -1;

	(void)wakeup_send(v->conf, &fd);
	if (fd != -1)
		close(fd);
}
