/* The dry run of single events, row by row. */
#include "cli/rehearsal.h"

#include "base/clock.h"
#include "cli/diff.h"
#include "cli/filter.h"
#include "cli/text.h"
#include "inbox/rehearse.h"

static const struct column cols[] = {
	{ "ROW", false, 0 }, { "TABLE", false, 0 }, { "KEY", false, 16 }, { "BEFORE -> AFTER", false, 24 },
};

static const struct {
	enum hk_err	 verdict;
	const char	*name, *says;
} verdicts[] = {
	{ HK_OK,	"handled",	"would be handled" },
	{ HK_SKIP,	"skipped",	"would be skipped" },
	{ HK_WAIT,	"wait",		"would wait" },
	{ HK_LATER,	"later",	"would be tried again later" },
	{ HK_NEVER,	"failed",	"would fail" },
};

static size_t
verdict_of(enum hk_err e)
{
	size_t	i = 0;

	while (i + 1 < sizeof(verdicts) / sizeof(verdicts[0]) && verdicts[i].verdict != e)
		i++;
	return i;
}

static void
put_json(struct cli *c, int64_t id, const struct rehearsal *r)
{
	struct jw	*w = &c->jw;

	jw_open(w, NULL, '{');
	jw_int(w, "id", id);
	jw_text(w, "verdict", span_str(verdicts[verdict_of(r->verdict)].name));
	jw_text(w, "reason", r->reason);
	jw_text(w, "waits_for", r->waits_for);
	jw_int(w, "took_us", r->took_us);
	jw_raw(w, "changes", r->changes.p != NULL ? r->changes : SPAN("[]"));
	jw_close(w, '}');
}

/* ["account","=",7,{"balance":[0,40]}]; or [null,"more",12] */
static void
put_change(struct table *t, struct json *change)
{
	struct span	op = json_text(json_at(change, 1), NULL);
	struct buf	key, text;

	buf_init(&key, 4096);
	buf_init(&text, 1 << 20);
	json_show(&key, json_at(change, 2));
	if (span_is(op, "more"))
		buf_puts(&text, "and as many more rows");
	else
		diff_put(&text, json_at(change, 3), span_is(op, "="));
	table_cell(t, span_is(op, "+") ? SPAN("new") : span_is(op, "-") ? SPAN("gone") :
	    span_is(op, "=") ? SPAN("changed") : SPAN_NULL, MARK_NONE);
	table_cell(t, json_text(json_at(change, 0), NULL), MARK_NONE);
	table_cell(t, key.len > 0 ? buf_span(&key) : SPAN(""), MARK_NONE);
	table_cell(t, text.len > 0 ? buf_span(&text) : SPAN(""), MARK_NONE);
	buf_release(&key);
	buf_release(&text);
}

static enum hk_err
put_changes(struct cli *c, struct span changes)
{
	struct table	*t = table_new(c->arena, cols, sizeof(cols) / sizeof(cols[0]));
	struct json	*root;
	enum hk_err	 e;

	if (changes.p == NULL) {
		buf_puts(&c->out, "nothing in the books is changed\n");
		return HK_OK;
	}
	if ((e = json_parse(changes, &root)) != HK_OK)
		return e;
	for (size_t i = 0; t != NULL && i < json_len(root); i++)
		put_change(t, json_at(root, i));
	json_free(root);
	return t != NULL && table_print(t, &c->out, &c->screen) ? HK_OK :
	    err_note(HK_NOMEM, "no memory for a table");
}

static enum hk_err
put_text(struct cli *c, int64_t id, const struct rehearsal *r)
{
	if (c->out.len > 0)
		buf_putc(&c->out, '\n');
	buf_printf(&c->out, "event %lld %s", (long long)id, verdicts[verdict_of(r->verdict)].says);
	if (r->reason.p != NULL || r->waits_for.p != NULL) {
		buf_puts(&c->out, r->reason.p != NULL ? ": " : " for ");
		text_escape(&c->out, r->reason.p != NULL ? r->reason : r->waits_for, false);
	}
	buf_putc(&c->out, '\n');
	if (r->verdict != HK_OK)
		return HK_OK;	/* what it had done until then is taken back for real, too */
	return put_changes(c, r->changes);
}

/* *no: it could not be handled. */
static enum hk_err
rehearse(struct cli *c, const char *name, bool *no)
{
	struct rehearsal	r;
	int64_t			id;
	enum hk_err		e;

	if ((e = event_id_of(c->db, name, &id)) == HK_OK)
		e = event_rehearse(c->db, c->conf, id, now_us(), c->arena, &r);
	if (e == HK_NOTFOUND || e == HK_NEVER) {
		*no = true;
		cli_say("%s", err_last());
		return HK_OK;
	}
	if (e != HK_OK)
		return e;
	*no |= r.verdict != HK_OK && r.verdict != HK_SKIP;
	if (!c->json)
		return put_text(c, id, &r);
	put_json(c, id, &r);
	return HK_OK;
}

int
rehearsal_run(struct cli *c)
{
	enum hk_err	e = cli_open(c, DB_RW);
	bool		no = false;

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_open(&c->jw, "dry_runs", '[');
	}
	for (int i = 0; e == HK_OK && i < c->argc; i++)
		e = rehearse(c, c->argv[i], &no);
	if (e != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return no ? EXIT_NO : 0;
}
