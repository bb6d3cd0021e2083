/* Attempts as a page shows them. */
#include "admin/delivery_attempt.h"

#include <stdio.h>

#include "base/codec.h"
#include "outbox/delivery.h"

#define SHOWN		30	/* attempts */
#define COUNTED		10000
#define FIELDS_SHOWN	100
#define HEX_SHOWN	512	/* bytes of what is no text */
#define HEX_LINE	16

/* The columns of S_DELIVERY_ATTEMPTS. */
enum { A_ID, A_NUMBER, A_BY_HAND, A_STARTED, A_TOOK, A_DNS, A_CONNECT, A_TLS, A_FIRST, A_ADDRESS,
       A_STATUS, A_ERROR, A_GOOD, A_REQUEST, A_ANSWER };

/* ---- where the time went ----------------------------------------------------------- */

static void
put_part(struct jw *w, const char *kind, const char *title, int64_t from, int64_t to, int64_t whole)
{
	jw_open(w, NULL, '{');
	jw_text(w, "kind", span_str(kind));
	jw_text(w, "title", span_str(title));
	jw_int(w, "x", from * SPLIT_WIDTH / whole);
	jw_int(w, "w", (to * SPLIT_WIDTH + whole - 1) / whole - from * SPLIT_WIDTH / whole);
	jw_int(w, "us", to - from);
	jw_close(w, '}');
}

/* Each column is a time from the start; one that was not come to is NULL. */
static void
put_split(struct jw *w, struct stmt *q)
{
	static const struct {
		int		 col;
		const char	*kind, *title;
	} parts[] = {
		{ A_DNS,	"soft",	"name" },
		{ A_CONNECT,	"hold",	"connect" },
		{ A_TLS,	"warn",	"TLS" },
		{ A_FIRST,	"busy",	"wait for the answer" },
		{ A_TOOK,	"ok",	"read it" },
	};
	int64_t	whole = col_int(q, A_TOOK), at = 0;

	if (whole <= 0 || whole > INT64_MAX / SPLIT_WIDTH / 2) {
		jw_null(w, "split");
		return;
	}
	jw_open(w, "split", '{');
	jw_int(w, "width", SPLIT_WIDTH);
	jw_bool(w, "reused", col_is_null(q, A_CONNECT) && !col_is_null(q, A_FIRST));
	jw_open(w, "parts", '[');
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int64_t		 to = col_int(q, parts[i].col);
		const char	*title = parts[i].title;

		if (col_is_null(q, parts[i].col) || to <= at)
			continue;
		to = to < whole ? to : whole;
		if (parts[i].col == A_TOOK && col_is_null(q, A_FIRST))
			title = "no answer";
		put_part(w, parts[i].col == A_TOOK && col_is_null(q, A_FIRST) ? "bad" :
		    parts[i].kind, title, at, to, whole);
		at = to;
	}
	jw_close(w, ']');
	jw_close(w, '}');
}

/* ---- what was asked ------------------------------------------------------------------- */

static void
put_field(struct jw *w, struct span name, struct span value)
{
	jw_open(w, NULL, '{');
	jw_text(w, "name", name);
	jw_text(w, "value", value);
	jw_close(w, '}');
}

static enum hk_err
put_request(struct jw *w, struct span text)
{
	struct json	*root = NULL;
	struct span	 name, value;
	size_t		 n = 0;
	enum hk_err	 e = HK_OK;

	jw_open(w, "request", '[');
	if (text.p != NULL && (e = json_parse(text, &root)) == HK_OK)
		for (; n < FIELDS_SHOWN && json_member(root, n, &name, &value); n++)
			put_field(w, name, value);
	jw_close(w, ']');
	jw_bool(w, "has_request", n > 0);
	json_free(root);
	return e == HK_SYNTAX ? HK_OK : e;
}

/* ---- what was answered ------------------------------------------------------------------ */

/* Fields and body of an answer; without an empty line all of it is fields. */
static struct span
cut_head(struct span *rest)
{
	struct span	head = *rest;
	const char	*end = memmem(rest->p, rest->len, "\r\n\r\n", 4);

	if (rest->len < 5 || memcmp(rest->p, "HTTP/", 5) != 0)
		return SPAN_NULL;	/* a command's: there are none */
	if (end == NULL) {
		*rest = SPAN_NULL;
		return head;
	}
	head.len = (size_t)(end - head.p);
	*rest = span_of(end + 4, rest->len - head.len - 4);
	return head;
}

static void
put_fields(struct jw *w, struct span head)
{
	struct span	line = SPAN_NULL;
	int		n = 0, shown = 0;

	if (head.len > 0)
		line = span_trim(span_cut(&head, '\n'));
	jw_text(w, "line", line);
	jw_open(w, "fields", '[');
	while (head.p != NULL && n++ < FIELDS_SHOWN) {
		struct span	value = span_trim(span_cut(&head, '\n'));
		struct span	name = span_cut(&value, ':');

		if (name.len == 0)
			continue;
		put_field(w, name, value.p != NULL ? span_trim(value) : SPAN(""));
		shown++;
	}
	jw_close(w, ']');
	jw_bool(w, "has_fields", shown > 0);
}

/* Without a piece of a character at its end: it may be cut there. */
static struct span
whole_characters(struct span s)
{
	for (int i = 0; i < 3 && s.len > 0 && !utf8_valid(s); i++)
		s.len--;
	return s;
}

/* "00000010  de ad be ef ...  |....|", as much as a person looks at. */
static void
put_hex(struct jw *w, struct span s)
{
	struct buf	b;

	buf_init(&b, 8192);
	for (size_t at = 0; at < s.len && at < HEX_SHOWN; at += HEX_LINE) {
		size_t	n = s.len - at < HEX_LINE ? s.len - at : HEX_LINE;

		buf_printf(&b, "%06zx ", at);
		for (size_t i = 0; i < HEX_LINE; i++)
			if (i < n)
				buf_printf(&b, " %02x", (unsigned char)s.p[at + i]);
			else
				buf_puts(&b, "   ");
		buf_puts(&b, "  ");
		for (size_t i = 0; i < n; i++)
			buf_putc(&b, s.p[at + i] >= ' ' && s.p[at + i] <= '~' ? s.p[at + i] : '.');
		buf_putc(&b, '\n');
	}
	jw_text(w, "hex", buf_span(&b));
	jw_bool(w, "hex_cut", s.len > HEX_SHOWN);
	buf_release(&b);
}

/* Text may hold a few bytes that are none: each is shown as what it is. */
static bool
is_text(struct span s)
{
	size_t	controls = 0;

	for (size_t i = 0; i < s.len; i++)
		controls += (unsigned char)s.p[i] < ' ' && strchr("\t\r\n\033", s.p[i]) == NULL;
	return utf8_valid(s) && controls <= s.len / 32;
}

static void
put_answer(struct jw *w, struct span answer)
{
	struct span	body = answer, head, text;

	if (answer.len == 0) {
		jw_null(w, "answer");
		return;
	}
	head = cut_head(&body);
	text = whole_characters(body);
	jw_open(w, "answer", '{');
	put_fields(w, head);
	jw_int(w, "size", (int64_t)body.len);
	jw_bool(w, "cut", body.len >= EXCERPT_MOST);
	jw_text(w, "text", is_text(text) && text.len > 0 ? text : SPAN_NULL);
	if (is_text(text))
		jw_null(w, "hex");
	else
		put_hex(w, body);
	jw_close(w, '}');
}

/* ---- all of them -------------------------------------------------------------------------- */

static enum hk_err
put_attempt(struct jw *w, struct stmt *q, bool newest)
{
	bool		good = col_int(q, A_GOOD) != 0;
	enum hk_err	e;

	jw_open(w, NULL, '{');
	jw_int(w, "id", col_int(q, A_ID));
	jw_int(w, "number", col_int(q, A_NUMBER));
	jw_bool(w, "by_hand", col_int(q, A_BY_HAND) != 0);
	jw_time(w, "started_at", col_int(q, A_STARTED));
	jw_int(w, "took_us", col_int(q, A_TOOK));
	jw_text(w, "address", col_text(q, A_ADDRESS));
	if (col_is_null(q, A_STATUS))
		jw_null(w, "status");
	else
		jw_int(w, "status", col_int(q, A_STATUS));
	jw_text(w, "error", col_text(q, A_ERROR));
	jw_bool(w, "good", good);
	jw_bool(w, "open", newest && !good);
	jw_text(w, "state", good ? SPAN("completed") : SPAN("failed"));
	put_split(w, q);
	e = put_request(w, col_text(q, A_REQUEST));
	put_answer(w, col_text(q, A_ANSWER));
	jw_close(w, '}');
	return e;
}

enum hk_err
delivery_attempts_put(struct visit *v, int64_t delivery)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	int64_t		 all = 0, n = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_DELIVERY_ATTEMPT_COUNT, &q)) != HK_OK)
		return e;
	bind_int(q, ":delivery", delivery);
	bind_int(q, ":most", COUNTED);
	if ((e = stmt_int(q, &all)) != HK_OK || (e = db_stmt(v->db, S_DELIVERY_ATTEMPTS, &q)) != HK_OK)
		return e;
	bind_int(q, ":delivery", delivery);
	bind_int(q, ":limit", SHOWN);
	jw_open(w, "attempts", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && (e = put_attempt(w, q, n == 0)) == HK_OK)
		n++;
	jw_close(w, ']');
	stmt_reset(q);
	jw_int(w, "attempts_left_out", all - n);
	return e;
}
