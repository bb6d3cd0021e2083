/* Messages out of the store, and onto the stream. */
#include "stream/news.h"

#include "outbox/message.h"

/* One of a family, as "user.", or all of the word. */
static const char *const	hears[] = {
	"credit_balance_updated", "credits_granted", "user.", "subscription.", NULL
};

static bool
rooms_hear(struct span type)
{
	for (const char *const *h = hears; *h != NULL; h++)
		if (span_is(type, *h) || ((*h)[strlen(*h) - 1] == '.' && span_starts(type, *h)))
			return true;
	return false;
}

static void
read_row(struct stmt *q, struct heard *h)
{
	h->id = col_int(q, 0);
	h->created_us = col_int(q, 1);
	h->type = col_text(q, 2);
	h->payload = col_text(q, 3);
	h->owner = col_text(q, 5);
	h->room = span_is(col_text(q, 4), "user") && rooms_hear(h->type);
}

enum hk_err
news_read(struct db *db, struct span owner, int64_t *after, int most, heard_fn *fn, void *ctx,
    bool *end)
{
	struct stmt	*q = NULL;
	struct heard	 h;
	bool		 row, more = true;
	int		 n = 0;
	enum hk_err	 e;

	*end = false;
	if ((e = db_stmt(db, owner.p != NULL ? S_STREAM_ROOM : S_STREAM_NEWS, &q)) != HK_OK)
		return e;
	if (owner.p != NULL)
		bind_text(q, ":owner", owner);
	bind_int(q, ":after", *after);
	bind_int(q, ":most", most);
	while (more && (e = stmt_step(q, &row)) == HK_OK && row) {
		read_row(q, &h);
		n++;
		*after = h.id;
		more = fn(ctx, &h);
	}
	if (e == HK_OK && more && n < most)
		*end = true;
	stmt_reset(q);
	return e;
}

enum hk_err
news_last(struct db *db, int64_t *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_STREAM_LAST, &q)) != HK_OK)
		return e;
	return stmt_int(q, id);
}

enum hk_err
place_newest(struct db *db, struct span owner, struct place *out)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*out = (struct place){ 0, 0 };
	if ((e = db_stmt(db, S_STREAM_ROOM_LAST, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner", owner);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		*out = (struct place){ col_int(q, 0), col_int(q, 1) };
	stmt_reset(q);
	return e;
}

enum hk_err
place_named(struct db *db, struct span owner, struct span name, struct place *out, bool *lost)
{
	struct stmt	*q = NULL;
	int64_t		 created_us = -1;
	enum hk_err	 e;

	*lost = false;
	if (!message_named(name, &out->id, &out->created_us)) {
		*lost = true;
		return place_newest(db, owner, out);
	}
	if (out->id == 0)
		return HK_OK;
	if ((e = db_stmt(db, S_STREAM_AT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", out->id);
	if ((e = stmt_int(q, &created_us)) != HK_OK || created_us == out->created_us)
		return e;
	*lost = true;
	return place_newest(db, owner, out);
}

/* A line break in JSON stands between its words, where a blank does as well. */
static void
put_line(struct buf *b, struct span text)
{
	size_t	n;

	for (; text.len > 0; text = span_of(text.p + n, text.len - n)) {
		for (n = 0; n < text.len && text.p[n] != '\n' && text.p[n] != '\r'; n++)
			continue;
		buf_put(b, text.p, n);
		if (n < text.len) {
			buf_putc(b, ' ');
			n++;
		}
	}
}

void
event_put(struct buf *b, const struct heard *h)
{
	char	name[MESSAGE_NAME];

	message_name(name, h->id, h->created_us);
	buf_printf(b, "id: %s\nevent: %.*s\ndata: ", name, SPAN_ARG(h->type));
	put_line(b, h->payload);
	buf_puts(b, "\n\n");
}

void
event_put_place(struct buf *b, const struct place *p)
{
	char	name[MESSAGE_NAME];

	message_name(name, p->id, p->created_us);
	buf_printf(b, "id: %s\n\n", name);
}
