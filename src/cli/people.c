/* People and their passwords, for the commands that make or change some. */
#include "cli/people.h"

#include <stdio.h>

#include "admin/auditlog.h"
#include "base/clock.h"
#include "crypto/hmac.h"

static enum hk_err
read_line(char *out, size_t room)
{
	if (fgets(out, (int)room, stdin) == NULL)
		return err_tell(HK_USAGE, "standard input has no password");
	out[strcspn(out, "\r\n")] = '\0';
	return HK_OK;
}

enum hk_err
word_make(struct secret_word *w, bool typed)
{
	enum hk_err	e;

	w->made = !typed;
	if (!typed)
		password_make(w->text);
	else if ((e = read_line(w->text, sizeof(w->text))) != HK_OK ||
	    (e = person_check_password(span_str(w->text))) != HK_OK)
		return e;
	return password_hash(w->hash, span_str(w->text), NULL);
}

void
word_wipe(struct secret_word *w)
{
	crypto_cleanse(w, sizeof(*w));
}

enum hk_err
people_add(struct cli *c, const char *name, enum role role, const struct secret_word *word)
{
	const struct fact	after[] = { { "role", span_str(role_name(role)) } };
	struct auditlog		line = { .action = "person.add" };
	int64_t			id, now = now_us();
	enum hk_err		e;

	line.subject = auditlog_subject(c->arena, "person", span_str(name));
	line.after = auditlog_facts(c->arena, after, 1);
	if ((e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = person_add(c->db, span_str(name), role, word != NULL ? span_str(word->hash) :
	    SPAN_NULL, now, &id)) == HK_OK &&
	    (e = auditlog_command(c->db, now, &line)) == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	return e;
}

/* The roles before and after, when they differ. */
static enum hk_err
put_line(struct cli *c, const char *action, const struct person *was, int64_t now)
{
	struct auditlog	line = { .action = action };
	struct person	is;
	enum hk_err	e;

	line.subject = auditlog_subject(c->arena, "person", was->name);
	if ((e = person_load(c->db, was->id, c->arena, &is)) != HK_OK)
		return e;
	if (is.role != was->role) {
		const struct fact	before = { "role", span_str(role_name(was->role)) };
		const struct fact	after = { "role", span_str(role_name(is.role)) };

		line.before = auditlog_facts(c->arena, &before, 1);
		line.after = auditlog_facts(c->arena, &after, 1);
	}
	return auditlog_command(c->db, now, &line);
}

enum hk_err
people_change(struct cli *c, const char *action, person_change *change,
    const void *what, struct person *p)
{
	int64_t		now = now_us();
	enum hk_err	e;

	if ((e = cli_open(c, DB_RW)) != HK_OK ||
	    (e = person_find(c->db, span_str(c->argv[0]), c->arena, p)) != HK_OK ||
	    (e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = change(c, p, what, now)) == HK_OK && (e = put_line(c, action, p, now)) == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	return e;
}
