/* hookkeeper audit: prove the books. */
#include "books/books.h"
#include "cli/cli.h"
#include "cli/text.h"

/* A finding, as it is found. */
static void
say(void *ctx, const char *finding)
{
	struct cli	*c = ctx;

	if (c->json) {
		jw_text(&c->jw, NULL, span_str(finding));
		return;
	}
	text_escape(&c->out, span_str(finding), false);
	buf_putc(&c->out, '\n');
}

static void
totals(struct cli *c, const struct audit *a)
{
	if (c->json) {
		jw_int(&c->jw, "accounts", a->accounts);
		jw_int(&c->jw, "transfers", a->transfers);
		jw_int(&c->jw, "grants", a->grants);
		jw_int(&c->jw, "users", a->users);
		return;
	}
	buf_printf(&c->out, "%lld users, %lld accounts, %lld transfers, %lld grants: ",
	    (long long)a->users, (long long)a->accounts, (long long)a->transfers,
	    (long long)a->grants);
	if (a->findings == 0)
		buf_puts(&c->out, "all in order\n");
	else
		buf_printf(&c->out, "%lld finding%s\n", (long long)a->findings,
		    a->findings == 1 ? "" : "s");
}

static int
run(struct cli *c)
{
	struct audit	a = { .findings = 0 };
	enum hk_err	e;

	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_open(&c->jw, "findings", '[');
	}
	if ((e = audit_books(c->db, &a, say, c)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_close(&c->jw, ']');
	totals(c, &a);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return a.findings == 0 ? 0 : EXIT_NO;
}

const struct command cmd_audit = {
	.name		= "audit",
	.operands	= "",
	.about		= "prove the books: sums, balances, and each grant against its event",
	.help		= "Ends with status 1 when there is a finding; each is a line that names it.\n",
	.run		= run,
};
