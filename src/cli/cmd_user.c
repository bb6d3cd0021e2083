/* hookkeeper user show: one user, with the credits and where they came from. */
#include "books/books.h"
#include "cli/cli.h"

#define LAST	20	/* transfers and checkouts shown */

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))

static const struct rowcol user_cols[] = {
	{ "id", "id", ROW_TEXT, 0 },
	{ "clerk_id", "Clerk id", ROW_TEXT, 0 },
	{ "email", "e-mail", ROW_TEXT, 0 },
	{ "first_name", "first name", ROW_TEXT, 0 },
	{ "last_name", "last name", ROW_TEXT, 0 },
	{ "username", "username", ROW_TEXT, 0 },
	{ "external_id", "external id", ROW_TEXT, 0 },
	{ "metadata", "metadata", ROW_TEXT, 0 },
	{ "clerk_updated_at", "as of", ROW_TIME, 0 },
	{ "created_at", "created", ROW_TIME, 0 },
	{ "updated_at", "updated", ROW_TIME, 0 },
	{ "deleted_at", "deleted", ROW_TIME, 0 },
	{ "suppressed", "no mail to", ROW_TEXT, 0 },
};

static const struct rowcol ledger_cols[] = {
	{ "id", "ID", ROW_INT, 0 },
	{ "created_at", "BOOKED (UTC)", ROW_TIME, 0 },
	{ "kind", "KIND", ROW_TEXT, 0 },
	{ "amount", "AMOUNT", ROW_INT, 0 },
	{ "event", "EVENT", ROW_INT, 0 },
	{ "business_key", "FOR", ROW_TEXT, 16 },
	{ "note", "NOTE", ROW_TEXT, 12 },
};

static const struct rowcol customer_cols[] = {
	{ "customer", "CUSTOMER", ROW_TEXT, 0 },
	{ "event", "EVENT", ROW_INT, 0 },
	{ "created_at", "LINKED (UTC)", ROW_TIME, 0 },
};

static const struct rowcol checkout_cols[] = {
	{ "session", "SESSION", ROW_TEXT, 16 },
	{ "updated_at", "LAST HEARD (UTC)", ROW_TIME, 0 },
	{ "mode", "MODE", ROW_TEXT, 0 },
	{ "payment_status", "PAYMENT", ROW_TEXT, 0 },
	{ "amount_total", "AMOUNT", ROW_INT, 0 },
	{ "currency", "IN", ROW_TEXT, 0 },
	{ "fulfilled_at", "FULFILLED (UTC)", ROW_TIME, 0 },
	{ "event", "EVENT", ROW_INT, 0 },
	{ "customer", NULL, ROW_TEXT, 0 },
	{ "payment_intent", NULL, ROW_TEXT, 0 },
};

static const struct rowcol waiting_cols[] = {
	{ "id", "ID", ROW_INT, 0 },
	{ "created_at", "RECEIVED (UTC)", ROW_TIME, 0 },
	{ "provider", "FROM", ROW_TEXT, 0 },
	{ "event_type", "TYPE", ROW_TEXT, 16 },
	{ "event_id", NULL, ROW_TEXT, 0 },
	{ "waits_for", "WAITS FOR", ROW_TEXT, 16 },
};

static enum hk_err
show_user(struct cli *c, const struct user *u)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 balance = 0;
	bool		 row;

	if ((e = ledger_balance(c->db, u->id, &balance)) != HK_OK ||
	    (e = db_stmt(c->db, S_CLI_USER, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(u->id));
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		row_print(c, q, user_cols, COUNT(user_cols), "user");
		if (c->json)
			jw_int(&c->jw, "balance", balance);
		else
			buf_printf(&c->out, "\nbalance: %lld credits\n", (long long)balance);
	}
	stmt_reset(q);
	return e;
}

/* A statement about the user; nothing to say is said by silence, in JSON by []. */
static enum hk_err
part(struct cli *c, struct stmt *q, const struct rowcol *cols, int n, const char *key,
    const char *title)
{
	size_t		before;
	enum hk_err	e;
	int64_t		count;
	size_t		start = c->out.len;

	heading(c, title);
	before = c->out.len;
	e = rows_print(c, q, cols, n, key, -1, &count);
	if (e == HK_OK && !c->json && c->out.len == before) {
		c->out.len = start;	/* no heading over nothing */
		c->out.p[start] = '\0';
	}
	return e;
}

static enum hk_err
show_parts(struct cli *c, const struct user *u)
{
	static const struct {
		enum stmt_id		 which;
		const struct rowcol	*cols;
		int			 n;
		bool			 limited;
		const char		*key, *title;
	} parts[] = {
		{ S_CLI_USER_LEDGER, ledger_cols, COUNT(ledger_cols), true,
		    "ledger", "ledger, the last first" },
		{ S_CLI_USER_CUSTOMERS, customer_cols, COUNT(customer_cols), false,
		    "customers", "Stripe customers" },
		{ S_CLI_USER_CHECKOUTS, checkout_cols, COUNT(checkout_cols), true,
		    "checkouts", "checkout sessions" },
	};
	struct stmt	*q = NULL;
	enum hk_err	 e = HK_OK;

	for (size_t i = 0; e == HK_OK && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if ((e = db_stmt(c->db, parts[i].which, &q)) != HK_OK)
			break;
		bind_text(q, ":id", span_str(u->id));
		if (parts[i].limited)
			bind_int(q, ":limit", LAST);
		e = part(c, q, parts[i].cols, parts[i].n, parts[i].key, parts[i].title);
	}
	return e;
}

/* What waits for "user:<one>" or "user:<two>". */
static enum hk_err
show_waiting(struct cli *c, const char *one, const char *two)
{
	struct stmt	*q = NULL;
	char		*a = arena_printf(c->arena, "user:%s", one);
	char		*b = arena_printf(c->arena, "user:%s", two);
	enum hk_err	 e;

	if (a == NULL || b == NULL)
		return err_note(HK_NOMEM, "no memory for a user's name");
	if ((e = db_stmt(c->db, S_CLI_WAITING_FOR, &q)) != HK_OK)
		return e;
	bind_text(q, ":one", span_str(a));
	bind_text(q, ":two", span_str(b));
	return part(c, q, waiting_cols, COUNT(waiting_cols), "waiting",
	    "events that wait for this user");
}

static int
run(struct cli *c)
{
	struct user	u;
	enum hk_err	e, found;

	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	found = user_find(c->db, span_str(c->argv[0]), &u);
	if (found != HK_OK && found != HK_NOTFOUND)
		return cli_fail(found);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if (found == HK_NOTFOUND) {
		cli_say("no user is '%s'", c->argv[0]);
		if (c->json)
			jw_null(&c->jw, "user");
		e = show_waiting(c, c->argv[0], c->argv[0]);
	} else if ((e = show_user(c, &u)) == HK_OK && (e = show_parts(c, &u)) == HK_OK)
		e = show_waiting(c, u.id, u.clerk_id[0] != '\0' ? u.clerk_id : u.id);
	if (e != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return found == HK_OK ? 0 : EXIT_NO;
}

const struct command cmd_user_show = {
	.name		= "user show",
	.operands	= "USER",
	.least		= 1,
	.most		= 1,
	.about		= "show a user: balance, ledger, purchases, and what waits for them",
	.help		=
	    "USER is a UUID of ours, a Clerk id (user_...), a Stripe customer (cus_...) or an\n"
	    "e-mail address.  A user who is not there yet may have events that wait for them;\n"
	    "these are shown, and the status is 1.\n",
	.run		= run,
};
