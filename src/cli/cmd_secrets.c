/* hookkeeper secrets: which signing secrets are in use, and which may go. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/rotation.h"

#define NEWEST		10000	/* events that are looked at */
#define LABELS_MOST	10000	/* all that ever were */

/* A label that was seen at work. */
struct use {
	struct span		 sender, label;
	struct secret_times	 t;
	int64_t			 events;
	bool			 configured;
};

struct uses {
	struct use	*v;
	size_t		 n;
};

/* A line of what is put out. */
struct line {
	struct span	 sender, label;
	int64_t		 position;	/* 1 is the newest; 0: not configured */
	struct use	 use;
	const char	*verdict;
	int64_t		 from;		/* removable; 0: not known */
	bool		 removable;
};

static const struct column cols[] = {
	{ "SENDER", false, 0 },
	{ "LABEL", false, 0 },
	{ "NO", true, 0 },
	{ "FIRST SEEN (UTC)", false, 0 },
	{ "LAST SEEN (UTC)", false, 0 },
	{ "EVENTS", true, 0 },
	{ "VERDICT", false, 0 },
};

static enum hk_err
use_read(struct cli *c, struct stmt *q, struct use *u)
{
	*u = (struct use){ .sender = arena_span(c->arena, col_text(q, 0)),
	    .label = arena_span(c->arena, col_text(q, 1)),
	    .t = { col_int(q, 2), col_int(q, 3) }, .events = col_int(q, 4) };
	return u->sender.p != NULL && u->label.p != NULL ? HK_OK :
	    err_note(HK_NOMEM, "no memory for labels");
}

static enum hk_err
uses_load(struct cli *c, struct uses *us)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(c->db, S_CLI_SECRET_USE, &q)) != HK_OK)
		return e;
	bind_int(q, ":newest", NEWEST);
	us->v = arena_get(c->arena, LABELS_MOST * sizeof(*us->v));
	if (us->v == NULL)
		e = err_note(HK_NOMEM, "no memory for labels");
	while (e == HK_OK && us->n < LABELS_MOST && (e = stmt_step(q, &row)) == HK_OK && row)
		e = use_read(c, q, &us->v[us->n++]);
	stmt_reset(q);
	return e;
}

static struct use *
use_find(const struct uses *us, const char *sender, const char *label)
{
	for (size_t i = 0; i < us->n; i++)
		if (span_is(us->v[i].sender, sender) && span_is(us->v[i].label, label))
			return &us->v[i];
	return NULL;
}

static void
put_json(struct jw *w, const struct line *l)
{
	jw_open(w, NULL, '{');
	jw_text(w, "sender", l->sender);
	jw_text(w, "label", l->label);
	if (l->position > 0)
		jw_int(w, "position", l->position);
	else
		jw_null(w, "position");
	jw_time(w, "first_at", l->use.t.first_us);
	jw_time(w, "last_at", l->use.t.last_us);
	jw_int(w, "recent_events", l->use.events);
	jw_text(w, "verdict", span_str(l->verdict));
	jw_time(w, "removable_at", l->from);
	jw_close(w, '}');
}

/* "safe to remove since 2026-11-22 23:41:11 UTC" */
static void
put_verdict(struct cli *c, struct table *t, const struct line *l)
{
	char		 time[TIME_LEN + 1];
	const char	*text = l->verdict;

	time_text(time, l->from);
	if (l->position == 1 && l->use.t.last_us == 0)
		text = "not seen yet: is it entered at the sender?";
	else if (l->removable)
		text = arena_printf(c->arena, "safe to remove since %s UTC", time);
	else if (l->from != 0)
		text = arena_printf(c->arena, "%s; safe to remove at %s UTC unless it is seen "
		    "until then", l->verdict, time);
	table_cell(t, span_str(text), l->removable ? MARK_GOOD : MARK_NONE);
}

static void
put(struct cli *c, struct table *t, const struct line *l)
{
	if (c->json) {
		put_json(&c->jw, l);
		return;
	}
	table_cell(t, l->sender, MARK_NONE);
	table_cell(t, l->label, MARK_NONE);
	if (l->position > 0)
		table_int(t, l->position);
	else
		table_cell(t, SPAN_NULL, MARK_NONE);
	table_time(t, l->use.t.first_us);
	table_time(t, l->use.t.last_us);
	table_int(t, l->use.events);
	put_verdict(c, t, l);
}

static enum hk_err
put_sender(struct cli *c, struct table *t, const struct conf_sender *s, struct uses *us)
{
	static const char *const	word[] = {
		[SECRET_IN_USE] = "in use", [SECRET_AWAITED] = "not seen yet",
		[SECRET_UNUSED] = "never used", [SECRET_REMOVABLE] = "safe to remove",
	};
	struct secret_times		*times = arena_zero(c->arena,
					    (s->nsecret + 1) * sizeof(*times));
	enum secret_state		 state;
	struct use			*u;

	if (times == NULL)
		return err_note(HK_NOMEM, "no memory for labels");
	for (size_t i = 0; i < s->nsecret; i++)
		if ((u = use_find(us, s->name, s->secret[i].label)) != NULL) {
			times[i] = u->t;
			u->configured = true;
		}
	for (size_t i = 0; i < s->nsecret; i++) {
		struct line	l = { .sender = span_str(s->name),
				    .label = span_str(s->secret[i].label),
				    .position = (int64_t)i + 1, .use.t = times[i] };

		if ((u = use_find(us, s->name, s->secret[i].label)) != NULL)
			l.use.events = u->events;
		state = secret_judge(times, i, now_us(), &l.from);
		l.verdict = word[state];
		l.removable = state == SECRET_REMOVABLE;
		put(c, t, &l);
	}
	return HK_OK;
}

/* Labels that are in the settings no more. */
static void
put_removed(struct cli *c, struct table *t, const struct uses *us)
{
	for (size_t i = 0; i < us->n; i++)
		if (!us->v[i].configured)
			put(c, t, &(struct line){ .sender = us->v[i].sender,
			    .label = us->v[i].label, .use = us->v[i], .verdict = "removed" });
}

static enum hk_err
show(struct cli *c, struct uses *us, size_t *configured)
{
	struct table	*t = table_new(c->arena, cols, sizeof(cols) / sizeof(cols[0]));
	enum hk_err	 e = HK_OK;

	if (t == NULL)
		return err_note(HK_NOMEM, "no memory for a table");
	for (size_t i = 0; e == HK_OK && i < conf_senders(c->conf); i++) {
		*configured += c->conf->sender[i].nsecret;
		e = put_sender(c, t, &c->conf->sender[i], us);
	}
	put_removed(c, t, us);
	if (e == HK_OK && !c->json && *configured + us->n > 0 &&
	    !table_print(t, &c->out, &c->screen))
		e = err_note(HK_NOMEM, "no memory for a table");
	return e;
}

static int
run(struct cli *c)
{
	struct uses	us = { .n = 0 };
	size_t		configured = 0;
	enum hk_err	e;

	if ((e = cli_open(c, DB_RO)) != HK_OK || (e = uses_load(c, &us)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_open(&c->jw, "secrets", '[');
	}
	if ((e = show(c, &us, &configured)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (configured == 0)
		cli_say("no secret is configured: every request is answered with 503");
	return configured > 0 ? 0 : EXIT_NO;
}

const struct command cmd_secrets = {
	.name		= "secrets",
	.operands	= "",
	.about		= "tell which signing secrets are in use, and which may be removed",
	.help		=
	    "Labels only; NO 1 is the sender's newest.  EVENTS counts those of the newest\n"
	    "10,000 events that the secret signed.  One may go when a newer one of its sender\n"
	    "is in use and it was not seen for 24 hours, the longest time two secrets overlap\n"
	    "at Stripe and Svix.  A sender with two endpoints has two secrets that both stay,\n"
	    "however quiet one of them is.\n",
	.run		= run,
};
