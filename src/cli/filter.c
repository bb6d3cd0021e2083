/* Which events are meant. */
#include "cli/filter.h"

bool
filter_empty(const struct filter *f)
{
	return f->provider == NULL && f->type == NULL && f->status == NULL &&
	    f->outcome == NULL && f->lane == NULL && f->since == 0 && f->until == 0;
}

static void
bind_time(struct stmt *q, const char *name, int64_t us)
{
	if (us != 0)
		bind_int(q, name, us);
}

void
filter_bind(struct stmt *q, const struct filter *f, int64_t before)
{
	struct span	type = span_str(f->type);
	bool		prefix = type.len > 0 && type.p[type.len - 1] == '*';

	bind_int(q, ":before", before);
	bind_text(q, ":provider", span_str(f->provider));
	bind_text(q, ":type", prefix ? SPAN_NULL : type);
	bind_text(q, ":prefix", prefix ? span_of(type.p, type.len - 1) : SPAN_NULL);
	bind_text(q, ":status", span_str(f->status));
	bind_text(q, ":outcome", span_str(f->outcome));
	bind_text(q, ":lane", span_str(f->lane));
	bind_time(q, ":since", f->since);
	bind_time(q, ":until", f->until);
}

enum hk_err
event_id_of(struct db *db, const char *text, int64_t *id)
{
	struct stmt	*q;
	enum hk_err	 e;

	if (span_u63(span_str(text), id))
		return HK_OK;
	*id = 0;
	if ((e = db_stmt(db, S_CLI_EVENT_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":event_id", span_str(text));
	if ((e = stmt_int(q, id)) != HK_OK)
		return e;
	return *id != 0 ? HK_OK : err_tell(HK_NOTFOUND, "there is no event '%s'", text);
}
