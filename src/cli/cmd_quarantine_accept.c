/* hookkeeper quarantine accept: take refused requests in after all. */
#include <unistd.h>

#include "admin/auditlog.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "inbox/accept.h"
#include "inbox/wakeup.h"

#define ARENA_MOST	((size_t)256 << 20)	/* a request of max_body, and what it says */
#define IDS_AT_ONCE	1000

struct args {
	const char	*provider, *reason;
	bool		 yes;
};

static const struct opt opts[] = {
	{ "provider", OPT_SENDER, offsetof(struct args, provider), "P",
	    "all at the address of P that a configured secret signs now", 0, 0, 0, NULL },
	{ "reason", OPT_TEXT, offsetof(struct args, reason), "R",
	    "of those only the ones refused for this reason", 0, 0, 0, NULL },
	{ "yes", OPT_FLAG, offsetof(struct args, yes), NULL,
	    "do not ask before accepting by --provider", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct tally {
	struct arena	*arena;		/* of the request at hand */
	int64_t		 taken, left;
	bool		 work;		/* one of them is to be worked off */
};

struct ids {
	int64_t	*id;
	size_t	 n;
};

/* It stays where it is for a reason of its own; others may do better. */
static bool
stays(enum hk_err e)
{
	return e == HK_NOTFOUND || e == HK_EXISTS || e == HK_NEVER || e == HK_BADSIG ||
	    e == HK_SYNTAX || (e == HK_CONF && !err_logged());
}

static enum hk_err
log_taken(struct cli *c, struct arena *arena, int64_t id, const struct accepted *a)
{
	const struct fact	after[] = {
		{ "event", span_str(arena_printf(arena, "%lld", (long long)a->event)) },
		{ "secret", span_str(a->label) },
	};

	return auditlog_command(c->db, now_us(), &(struct auditlog){
	    .action = "quarantine.accept",
	    .subject = span_str(arena_printf(arena, "quarantine:%lld", (long long)id)),
	    .after = auditlog_facts(arena, after, 2) });
}

/* One request in a transaction of its own; without keep only to see whether it would be. */
static enum hk_err
attempt(struct cli *c, struct arena *arena, int64_t id, bool keep, struct accepted *a)
{
	enum hk_err	e;

	arena_reset(arena);
	if ((e = db_begin(c->db)) != HK_OK)
		return e;
	e = quarantine_accept(c->db, c->conf, id, now_us(), arena, a);
	if (e == HK_OK && keep && (e = log_taken(c, arena, id, a)) == HK_OK)
		return db_commit(c->db);
	db_rollback(c->db);
	return e;
}

static enum hk_err
is_pending(struct db *db, int64_t event, bool *yes)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_EVENT_STATUS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", event);
	if ((e = stmt_step(q, &row)) == HK_OK)
		*yes = row && span_is(col_text(q, 0), "pending");
	stmt_reset(q);
	return e;
}

static void
begin_report(struct cli *c)
{
	if (!c->json)
		return;
	jw_open(&c->jw, NULL, '{');
	jw_open(&c->jw, "requests", '[');
}

static void
say_taken(struct cli *c, int64_t id, const struct accepted *a)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "id", id);
		jw_bool(&c->jw, "accepted", true);
		jw_int(&c->jw, "event", a->event);
		jw_bool(&c->jw, "duplicate", !a->fresh);
		jw_text(&c->jw, "secret", span_str(a->label));
		jw_close(&c->jw, '}');
	} else
		buf_printf(&c->out, a->fresh ? "request %lld is event %lld now, signed by \"%s\"\n" :
		    "request %lld was there already as event %lld, signed by \"%s\"\n",
		    (long long)id, (long long)a->event, a->label);
}

static void
say_left(struct cli *c, int64_t id)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "id", id);
		jw_bool(&c->jw, "accepted", false);
		jw_text(&c->jw, "why", span_str(err_last()));
		jw_close(&c->jw, '}');
	} else
		cli_say("request %lld is not accepted: %s", (long long)id, err_last());
}

static enum hk_err
accept_one(struct cli *c, int64_t id, struct tally *t)
{
	struct accepted	a = { .fresh = false };
	bool		pending = false;
	enum hk_err	e = attempt(c, t->arena, id, true, &a);

	if (stays(e)) {
		say_left(c, id);
		t->left++;
		return HK_OK;
	}
	if (e != HK_OK)
		return e;
	t->taken++;
	say_taken(c, id, &a);
	e = is_pending(c->db, a.event, &pending);
	t->work |= pending;
	return e;
}

/* All that a filter means, the newest first. */
static enum hk_err
find(struct cli *c, const struct args *a, struct ids *all)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	size_t		 room = 0;
	bool		 row = true;

	if ((e = db_stmt(c->db, S_CLI_QUARANTINE_IDS, &q)) != HK_OK)
		return e;
	bind_int(q, ":before", INT64_MAX);
	bind_text(q, ":provider", span_str(a->provider));
	bind_text(q, ":reason", span_str(a->reason));
	bind_int(q, ":limit", INT64_MAX);
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		if (all->n == room) {
			all->id = arena_grow(c->arena, all->id, room * sizeof(*all->id),
			    (room + IDS_AT_ONCE) * sizeof(*all->id));
			room += IDS_AT_ONCE;
		}
		if (all->id == NULL) {
			e = err_note(HK_NOMEM, "no memory for the requests' numbers");
			break;
		}
		all->id[all->n++] = col_int(q, 0);
	}
	stmt_reset(q);
	return e;
}

/* Only those stay in the list that a configured secret signs now. */
static enum hk_err
sift(struct cli *c, struct arena *arena, struct ids *all)
{
	struct accepted	a;
	size_t		signed_now = 0;
	enum hk_err	e;

	for (size_t i = 0; i < all->n; i++) {
		if ((e = attempt(c, arena, all->id[i], false, &a)) == HK_OK)
			all->id[signed_now++] = all->id[i];
		else if (!stays(e))
			return e;
	}
	all->n = signed_now;
	return HK_OK;
}

/* *go: the person wants it. */
static enum hk_err
ask(const struct args *a, size_t good, size_t of, bool *go)
{
	char	text[160], question[192], answer[16] = "";

	snprintf(text, sizeof(text), "%zu of %zu refused request%s at %s, those that a "
	    "configured secret signs now", good, of, of == 1 ? "" : "s", a->provider);
	if (of == 0)
		return err_tell(HK_NOTFOUND, "no refused request at %s is of this kind and not "
		    "accepted yet", a->provider);
	if (good == 0)
		return err_tell(HK_NOTFOUND, "no configured secret signs any of %zu refused "
		    "request%s at %s: enter the right one in hookkeeper.conf first", of,
		    of == 1 ? "" : "s", a->provider);
	if (!a->yes && !cli_interactive())
		return err_tell(HK_USAGE, "this means %s; say --yes to accept them", text);
	if (a->yes)
		cli_say("accepting %s", text);
	snprintf(question, sizeof(question), "Accept %s? [y/N]", text);
	*go = a->yes || (cli_ask(question, answer, sizeof(answer)) &&
	    (answer[0] == 'y' || answer[0] == 'Y'));
	return HK_OK;
}

/* In the order they came. */
static enum hk_err
accept_filtered(struct cli *c, const struct args *a, struct tally *t, bool *go)
{
	struct ids	all = { .n = 0 };
	size_t		of;
	enum hk_err	e;

	if ((e = find(c, a, &all)) != HK_OK)
		return e;
	of = all.n;
	if ((e = sift(c, t->arena, &all)) != HK_OK || (e = ask(a, all.n, of, go)) != HK_OK)
		return e;
	if (*go)
		begin_report(c);
	for (size_t i = all.n; *go && e == HK_OK && i > 0; i--)
		e = accept_one(c, all.id[i - 1], t);
	return e;
}

static enum hk_err
accept_named(struct cli *c, struct tally *t)
{
	enum hk_err	e = HK_OK;
	int64_t		id;

	for (int i = 0; i < c->argc; i++)
		if (!span_u63(span_str(c->argv[i]), &id))
			return err_tell(HK_USAGE, "ID must be a number of the list, not '%s'",
			    c->argv[i]);
	begin_report(c);
	for (int i = 0; e == HK_OK && i < c->argc; i++)
		if (span_u63(span_str(c->argv[i]), &id))
			e = accept_one(c, id, t);
	return e;
}

static void
report(struct cli *c, const struct tally *t)
{
	int	fd = -1;
	bool	told = t->work && wakeup_send(c->conf, &fd);

	if (fd != -1)
		close(fd);
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_int(&c->jw, "accepted", t->taken);
		jw_int(&c->jw, "left", t->left);
		jw_bool(&c->jw, "worker", told);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (t->work && !told)
		buf_puts(&c->out, "no worker is running; 'hookkeeper worker --once' works "
		    "what is due off\n");
}

static enum hk_err
accept_all(struct cli *c, const struct args *a, struct tally *t, bool *go)
{
	enum hk_err	e;

	if ((e = cli_open(c, DB_RW)) != HK_OK)
		return e;
	if ((t->arena = arena_new(ARENA_MOST)) == NULL)
		return err_note(HK_NOMEM, "no memory for requests");
	return c->argc > 0 ? accept_named(c, t) : accept_filtered(c, a, t, go);
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct tally		 t = { .arena = NULL };
	bool			 go = c->argc > 0;
	enum hk_err		 e;

	if (c->argc > 0 && (a->provider != NULL || a->reason != NULL))
		return cli_usage(c, "takes ids or --provider, not both");
	if (c->argc == 0 && a->provider == NULL)
		return cli_usage(c, "needs ids, or --provider");
	e = accept_all(c, a, &t, &go);
	arena_free(t.arena);
	if (e == HK_USAGE)
		return cli_usage(c, "%s", err_last());
	if (e != HK_OK)
		return cli_fail(e);
	if (go)
		report(c, &t);
	return go && t.left == 0 ? 0 : EXIT_NO;
}

const struct command cmd_quarantine_accept = {
	.name		= "quarantine accept",
	.operands	= "[ID...]",
	.most		= -1,
	.about		= "take refused requests in after all, if a secret signs them now",
	.help		=
	    "A request becomes an event as if it had just come, once; its age does not matter.\n"
	    "Nothing is accepted that no configured secret signs.  By --provider the number is\n"
	    "shown and a terminal is asked; elsewhere --yes is needed.  Ends with status 1 when\n"
	    "one was not accepted, and says why for each.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
