/*
 * Verified events at work: what is signed may still be anything.  The input is
 * up to four events, each a line "provider message-id" and a line with a body.
 * They are stored and worked on in a database in memory, twice, for any event
 * can be tried again.
 *
 *	- no handler ends in an error of the database or with another verdict
 *	  than the five
 *	- the audit of the books finds nothing, whatever came
 */
#include "fuzz.h"
#include "inbox/event.h"
#include "inbox/process.h"

#include <stdlib.h>

#define EVENTS	4
#define NOW	INT64_C(1790000000000000)

static const struct conf	*conf;

static void
need(enum hk_err e, const char *what)
{
	must(e == HK_OK, "%s: %s: %s", what, err_name(e), err_last());
}

static void
make_conf(void)
{
	static const char *const variables[] = { "HOOKKEEPER_MODE=test", NULL };
	struct conf		*made;

	need(conf_parse(&made, NULL, SPAN_NULL, false, variables, false), "settings");
	conf = made;
}

/* One user and one plan of each kind, so that there is something to be about. */
static struct db *
make_db(void)
{
	static const struct plan	plans[] = {
		{ PLAN_PRICE, SPAN("price_1"), SPAN("Price"), 100, 1 },
		{ PLAN_PAYMENT_LINK, SPAN("plink_1"), SPAN("Link"), 50, 1 },
		{ PLAN_CURRENCY, SPAN("eur"), SPAN("Euro"), 10, 100 },
	};
	const struct clerk_user		cu = { .clerk_id = SPAN("user_1"),
					    .email = SPAN("a@b.c"), .updated_us = NOW - 1 };
	struct db			*db;
	struct user			 user;

	need(db_memory(&db), "a database");
	need(db_begin(db), "begin");
	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		need(plan_set(&(struct cause){ db, 0, NOW }, &plans[i]), "a plan");
	need(user_put(&(struct cause){ db, 0, NOW }, &cu, 0, &user), "a user");
	need(db_commit(db), "commit");
	return db;
}

/* 0: it would not have got this far. */
static int64_t
store(struct db *db, struct span line, struct span body, struct arena *a)
{
	struct event		 ev = { .body = body, .headers = SPAN("{}"), .verified = true,
				    .received_us = NOW, .secret_label = "x" };
	struct span		 name = span_cut(&line, ' ');
	const struct provider	*pv = provider_find(name);
	int64_t			 id = 0;
	bool			 fresh;

	if (pv == NULL || pv->envelope(body, line, a, &ev.env) != HK_OK)
		return 0;
	ev.provider = pv->name;
	ev.disposition = provider_dispose(pv, conf, &ev.env);
	if (ev.disposition.what == DO_REJECT)
		return 0;
	need(db_begin(db), "begin");
	need(event_store(db, &ev, &id, &fresh), "storing");
	need(db_commit(db), "commit");
	must(id > 0, "stored, and without a number");
	return id;
}

static void
finding(void *ctx, const char *what)
{
	must(ctx == NULL && what == NULL, "audit: %s", what);
}

static void
work(struct db *db, struct arena *a)
{
	const struct process_opts	o = { .conf = conf, .who = "fuzz", .most = EVENTS,
					    .slice_us = 1000000 };
	struct audit			audit;
	int				done, rounds = 0;

	do {
		need(process_round(db, &o, a, &done), "a round");
		must(++rounds < 20, "the queue never ends");
	} while (done > 0);
	need(audit_books(db, &audit, finding, NULL), "the audit");
	must(audit.findings == 0, "%lld findings", (long long)audit.findings);
}

/* process.c names the code of what is none of a handler's verdicts. */
static void
judge(struct db *db, int64_t id)
{
	struct stmt	*q;
	bool		 row;

	need(db_stmt(db, S_CLI_EVENT_SHOW, &q), "a statement");
	bind_int(q, ":id", id);
	need(stmt_step(q, &row), "a step");
	must(row, "event %lld is lost", (long long)id);
	for (int c = 0; c < col_count(q); c++) {
		struct span	text = col_text(q, c);

		if (strcmp(col_name(q, c), "error_message") != 0)
			continue;
		for (int e = HK_NOMEM; e < HK_LATER; e++)
			must(!span_starts(text, err_name((enum hk_err)e)) ||
			    text.p[strlen(err_name((enum hk_err)e))] != ':',
			    "a handler ends with %.*s", SPAN_ARG(text));
	}
	stmt_reset(q);
}

static void
again(struct db *db, const int64_t *id, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		need(db_begin(db), "begin");
		need(queue_retry(db, id[i], NOW), "once more");
		need(db_commit(db), "commit");
	}
}

/* ---- changes that leave most of the JSON what it is ---- */

size_t	 LLVMFuzzerMutate(uint8_t *, size_t, size_t);	/* libFuzzer's own */
size_t	 LLVMFuzzerCustomMutator(uint8_t *, size_t, size_t, unsigned int);

/* The next text, number or word at or behind `at`; SPAN_NULL: none is left. */
static struct span
token(struct span all, size_t at)
{
	static const char	word[] = "+-.0123456789abcdefghijklmnopqrstuvwxyzE";
	size_t			end;

	while (at < all.len && all.p[at] != '"' && strchr(word, all.p[at]) == NULL)
		at++;
	if (at == all.len)
		return SPAN_NULL;
	end = at + 1;
	if (all.p[at] == '"') {
		while (end < all.len && all.p[end] != '"' && all.p[end] != '\n')
			end++;
		end += end < all.len;
	} else
		while (end < all.len && all.p[end] != '\0' && strchr(word, all.p[end]) != NULL)
			end++;
	return span_of(all.p + at, end - at);
}

static struct span
some_token(struct span all, unsigned int *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return token(all, *seed / 16 % all.len);
}

/* Put another value where one stands. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
	static const char *const	values[] = { "null", "true", "0", "-1", "1e15", "1.5",
					    "1000000000000001", "9223372036854775807", "\"\"",
					    "\"user_1\"", "\"user_2\"", "\"cus_1\"", "\"cs_1\"",
					    "\"paid\"", "\"\\u0000\"", "{}", "[]", "[null]",
					    "{\"id\":\"x\"}", "\"00000000-0000-7000-8000-000000000000\"" };
	struct span			all = span_of((char *)data, size), old, new;
	size_t				at;

	if (size == 0 || seed % 4 == 0 || (old = some_token(all, &seed)).p == NULL)
		return LLVMFuzzerMutate(data, size, most);
	new = some_token(all, &seed);
	if (new.p == NULL || seed % 2 == 0)
		new = span_str(values[seed / 32 % (sizeof(values) / sizeof(*values))]);
	if (size - old.len + new.len > most)
		return size;
	new = fuzz_copy(new);
	at = (size_t)(old.p - all.p);
	memmove(data + at + new.len, data + at + old.len, size - at - old.len);
	memcpy(data + at, new.p, new.len);
	fuzz_forget();
	return size - old.len + new.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	 input = span_of((const char *)data, size), line, part;
	struct arena	*a = arena_new(64 << 20);
	struct db	*db;
	int64_t		 id[EVENTS];
	size_t		 n = 0;

	if (conf == NULL)
		make_conf();
	db = make_db();
	while (input.len > 0 && n < EVENTS) {
		line = fuzz_line(&input);
		part = fuzz_line(&input);
		if ((id[n] = store(db, line, fuzz_copy(part), a)) > 0)
			n++;
	}
	for (int pass = 0; n > 0 && pass < 2; pass++) {
		work(db, a);
		for (size_t i = 0; i < n; i++)
			judge(db, id[i]);
		again(db, id, n);
	}
	db_close(db);
	arena_free(a);
	fuzz_forget();
	return 0;
}
