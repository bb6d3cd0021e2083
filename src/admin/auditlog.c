/* The audit log: lines for it. */
#include "admin/auditlog.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#define FACTS_MOST	16384

struct author {
	struct span	 who;
	const char	*via;
	struct span	 remote_addr;
};

static enum hk_err
put(struct db *db, int64_t now, const struct author *by, const struct auditlog *l)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_AUDIT_LOG_INSERT, &q)) != HK_OK)
		return e;
	bind_int(q, ":at", now);
	bind_text(q, ":who", by->who);
	bind_text(q, ":via", span_str(by->via));
	bind_text(q, ":remote_addr", by->remote_addr);
	bind_text(q, ":action", span_str(l->action));
	bind_text(q, ":subject", l->subject);
	bind_text(q, ":result", span_str(l->result != NULL ? l->result : "done"));
	bind_text(q, ":before", l->before);
	bind_text(q, ":after", l->after);
	return stmt_run(q);
}

enum hk_err
auditlog_put(struct visit *v, const struct auditlog *l)
{
	const struct author	by = { span_str(v->who.name), "page", v->remote_addr };

	return put(v->db, v->now, &by, l);
}

/* From /etc/passwd itself: NSS would be modules, which a static program cannot load. */
static void
user_name(char *out, size_t room)
{
	FILE		*f = fopen("/etc/passwd", "re");
	struct passwd	*pw;

	snprintf(out, room, "cli:%lu", (unsigned long)getuid());
	while (f != NULL && (pw = fgetpwent(f)) != NULL)
		if (pw->pw_uid == getuid()) {
			snprintf(out, room, "cli:%.100s", pw->pw_name);
			break;
		}
	if (f != NULL)
		fclose(f);
}

enum hk_err
auditlog_command(struct db *db, int64_t now, const struct auditlog *l)
{
	char		name[128];
	struct author	by = { .via = "command" };

	user_name(name, sizeof(name));
	by.who = span_str(name);
	return put(db, now, &by, l);
}

struct span
auditlog_facts(struct arena *a, const struct fact *fact, size_t n)
{
	struct span	text = SPAN_NULL;
	struct buf	b;
	struct jw	w;

	if (n == 0)
		return SPAN_NULL;
	buf_init(&b, FACTS_MOST);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	for (size_t i = 0; i < n; i++)
		jw_text(&w, fact[i].name, fact[i].value);
	jw_close(&w, '}');
	if (buf_ok(&b))
		text = arena_span(a, buf_span(&b));
	buf_release(&b);
	return text;
}

struct span
auditlog_subject(struct arena *a, const char *kind, struct span name)
{
	return span_str(arena_printf(a, "%s:%.*s", kind, SPAN_ARG(name)));
}
