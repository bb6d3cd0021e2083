/*
 * Mail history: each thing that happened to an e-mail, and where that leaves
 * it.  The state is worked out from the whole history each time, so it cannot
 * depend on the order of arrival.
 */
#include "books/books.h"

#include <assert.h>

#include "base/json.h"

#define ADDRESS_MOST	320	/* bytes; what is longer is none */
#define RECIPIENTS_MOST	100	/* of one mail that are looked for by address */

/* A mail's life, early to late; of two at the same time the later one stands. */
static const char *const stages[] = {
	"received", "scheduled", "sent", "delivery_delayed", "delivered", "opened",
	"clicked", "failed", "suppressed", "bounced", "complained", NULL
};

struct moment {
	int	stage;		/* index in stages; -1: none yet */
	int64_t	at;
};

struct standing {
	struct moment	any, unread;	/* the latest; the latest but opens and clicks */
	bool		refused;	/* bounced or complained */
	int64_t		opens, clicks;
};

static int
stage_of(struct span kind)
{
	int	i;

	for (i = 0; stages[i] != NULL; i++)
		if (span_is(kind, stages[i]))
			return i;
	return -1;
}

static void
later_of(struct moment *m, int stage, int64_t at)
{
	if (m->stage < 0 || at > m->at || (at == m->at && stage > m->stage))
		*m = (struct moment){ stage, at };
}

static void
standing_add(struct standing *s, struct span kind, int64_t at)
{
	int	stage = stage_of(kind);
	bool	open = span_is(kind, "opened"), click = span_is(kind, "clicked");

	s->opens += open;
	s->clicks += click;
	s->refused |= span_is(kind, "bounced") || span_is(kind, "complained");
	later_of(&s->any, stage, at);
	if (!open && !click)
		later_of(&s->unread, stage, at);
}

static enum hk_err
standing_read(struct db *db, struct span email_id, struct standing *s)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*s = (struct standing){ .any = { -1, 0 }, .unread = { -1, 0 } };
	if ((e = db_stmt(db, S_EMAIL_HISTORY, &q)) != HK_OK)
		return e;
	bind_text(q, ":email_id", email_id);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		standing_add(s, col_text(q, 0), col_int(q, 1));
	stmt_reset(q);
	return e;
}

static enum hk_err
standing_write(struct db *db, struct span email_id, const struct standing *s)
{
	const struct moment	*m = s->refused ? &s->unread : &s->any;
	struct stmt		*q = NULL;
	enum hk_err		 e;

	assert(m->stage >= 0);
	if ((e = db_stmt(db, S_EMAIL_STATE, &q)) != HK_OK)
		return e;
	bind_text(q, ":email_id", email_id);
	bind_text(q, ":state", span_str(stages[m->stage]));
	bind_int(q, ":state_at", m->at);
	bind_int(q, ":opens", s->opens);
	bind_int(q, ":clicks", s->clicks);
	return stmt_run(q);
}

static enum hk_err
email_put(const struct cause *c, const struct mail_event *m)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_EMAIL_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":email_id", m->email_id);
	bind_text(q, ":sender", m->sender);
	bind_text(q, ":recipients", m->recipients);
	bind_text(q, ":subject", m->subject);
	bind_text(q, ":kind", span_str(m->kind));
	bind_int(q, ":occurred", m->occurred_us);
	if (m->sent_us != 0)
		bind_int(q, ":sent", m->sent_us);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* "Name <a@b>" -> "a@b" */
static struct span
bare_address(struct span s)
{
	const char	*open;

	s = span_trim(s);
	if (s.len == 0 || s.p[s.len - 1] != '>' || (open = memrchr(s.p, '<', s.len)) == NULL)
		return s;
	return span_trim(span_of(open + 1, (size_t)(s.p + s.len - 1 - (open + 1))));
}

/* Whom it went to, so that an address finds its mails. */
static enum hk_err
recipient_put(const struct cause *c, struct span email_id, struct span address)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (address.len == 0 || address.len > ADDRESS_MOST)
		return HK_OK;
	if ((e = db_stmt(c->db, S_EMAIL_RECIPIENT_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":address", address);
	bind_text(q, ":email_id", email_id);
	return stmt_run(q);
}

static enum hk_err
recipients_put(const struct cause *c, const struct mail_event *m)
{
	struct json	*to = NULL;
	enum hk_err	 e;

	if (m->recipients.p == NULL)
		return HK_OK;
	if ((e = json_parse(m->recipients, &to)) != HK_OK)
		return e == HK_SYNTAX ? HK_OK : e;
	for (size_t i = 0; e == HK_OK && i < json_len(to) && i < RECIPIENTS_MOST; i++)
		e = recipient_put(c, m->email_id, bare_address(json_text(json_at(to, i), NULL)));
	json_free(to);
	return e;
}

static enum hk_err
history_add(const struct cause *c, const struct mail_event *m, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_EMAIL_HISTORY_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":email_id", m->email_id);
	bind_int(q, ":event", c->event);
	bind_text(q, ":kind", span_str(m->kind));
	bind_int(q, ":occurred", m->occurred_us);
	bind_text(q, ":detail", m->detail);
	if ((e = stmt_run(q)) == HK_OK)
		*fresh = db_changes(c->db) == 1;
	return e;
}

enum hk_err
mail_event_put(const struct cause *c, const struct mail_event *m)
{
	struct standing	s;
	bool		fresh;
	enum hk_err	e;

	assert(c->event != 0 && m->email_id.len > 0);
	if (stage_of(span_str(m->kind)) < 0)
		return err_tell(HK_NEVER, "\"%s\" is no stage of a mail's life", m->kind);
	if ((e = email_put(c, m)) != HK_OK || (e = history_add(c, m, &fresh)) != HK_OK ||
	    !fresh)
		return e;
	if ((e = recipients_put(c, m)) != HK_OK ||
	    (e = standing_read(c->db, m->email_id, &s)) != HK_OK)
		return e;
	return standing_write(c->db, m->email_id, &s);
}

enum hk_err
mail_suppress(const struct cause *c, struct span address, const char *reason)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	assert(c->event != 0);
	assert(strcmp(reason, "bounce") == 0 || strcmp(reason, "complaint") == 0);
	address = bare_address(address);
	if (address.len == 0)
		return err_tell(HK_NEVER, "an empty address cannot be suppressed");
	if ((e = db_stmt(c->db, S_SUPPRESS, &q)) != HK_OK)
		return e;
	bind_text(q, ":address", address);
	bind_text(q, ":reason", span_str(reason));
	bind_int(q, ":event", c->event);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

enum hk_err
mail_unsuppress(const struct cause *c, struct span address)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_UNSUPPRESS, &q)) != HK_OK)
		return e;
	bind_text(q, ":address", address);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	return db_changes(c->db) == 1 ? HK_OK :
	    err_tell(HK_NOTFOUND, "nothing keeps \"%.*s\" from being written to", SPAN_ARG(address));
}
