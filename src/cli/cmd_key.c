/* hookkeeper key rotate: everything sealed, sealed by the newest key of the settings. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/outgoing.h"
#include "crypto/seal.h"
#include "outbox/endpoint.h"

#define BATCH	500	/* rows in one transaction: receivers wait meanwhile */

/* A column of sealed texts, each for its own row. */
struct column_of {
	const char	*what;		/* key of the answer */
	const char	*purpose;	/* with the row's id */
	enum stmt_id	 next, update;
};

static const struct column_of columns[] = {
	{ "api_keys", "api key %s", S_RESEAL_KEY_NEXT, S_RESEAL_KEY },
	{ "second_factors", "totp %s", S_RESEAL_TOTP_NEXT, S_RESEAL_TOTP },
};
#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

struct rotation {
	int64_t			 endpoints, count[COLUMNS];
	const struct column_of	*col;
	char			 after[64];	/* id of the last row looked at; "" none */
	bool			 over;
	int64_t			*n;
};

static enum hk_err
store(struct cli *c, const struct rotation *r, struct span sealed)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, r->col->update, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(r->after));
	bind_text(q, ":sealed", sealed);
	return stmt_run(q);
}

static enum hk_err
reseal(struct cli *c, struct rotation *r, struct span text)
{
	const struct seal_keys	keys = { c->conf->keys, c->conf->nkeys };
	const char		*p = strstr(r->col->purpose, "%s");
	struct span		plain, sealed;
	char			purpose[128];
	bool			old = false;
	enum hk_err		e;

	snprintf(purpose, sizeof(purpose), "%.*s%s", (int)(p - r->col->purpose), r->col->purpose,
	    r->after);
	if ((e = seal_open(c->arena, &keys, purpose, text, &plain, &old)) == HK_BADSIG)
		return err_tell(HK_BADSIG, "%s: none of the keys in the settings opens it; put the old"
		    " key back behind the new one", purpose);
	if (e != HK_OK)
		return e;
	if (old && (e = seal(c->arena, &keys, purpose, plain, &sealed)) == HK_OK &&
	    (e = store(c, r, sealed)) == HK_OK)
		++*r->n;
	seal_wipe(plain);
	return e;
}

/* The next row behind r->after; r->over: there is none. */
static enum hk_err
next(struct cli *c, struct rotation *r)
{
	struct stmt	*q = NULL;
	struct span	 text = SPAN_NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, r->col->next, &q)) != HK_OK)
		return e;
	bind_text(q, ":after", span_str(r->after));
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		snprintf(r->after, sizeof(r->after), "%.*s", SPAN_ARG(col_text(q, 0)));
		if ((text = arena_span(c->arena, col_text(q, 1))).p == NULL)
			e = err_note(HK_NOMEM, "no memory for a sealed text");
	}
	stmt_reset(q);
	if (e == HK_OK && !row)
		r->over = true;
	return e == HK_OK && row ? reseal(c, r, text) : e;
}

static enum hk_err
batch(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct rotation	*r = what;
	enum hk_err	 e = HK_OK;

	(void)now;
	(void)line;
	for (int i = 0; e == HK_OK && !r->over && i < BATCH; i++)
		e = next(c, r);
	return e;
}

static enum hk_err
endpoints(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct rotation	*r = what;

	(void)now;
	line->subject = SPAN("key");
	return endpoints_reseal(c->db, c->conf, &r->endpoints);
}

static enum hk_err
rotate(struct cli *c, struct rotation *r)
{
	enum hk_err	e = outgoing_do(c, "key.rotate", endpoints, r);

	for (size_t i = 0; e == HK_OK && i < COLUMNS; i++) {
		r->col = &columns[i];
		r->n = &r->count[i];
		r->after[0] = '\0';
		for (r->over = false; e == HK_OK && !r->over;)
			e = outgoing_do(c, NULL, batch, r);
	}
	return e;
}

static int
run(struct cli *c)
{
	struct rotation	r = { .endpoints = 0 };
	enum hk_err	e;

	if ((e = cli_open(c, DB_RW)) != HK_OK)
		return cli_fail(e);
	if (c->conf->nkeys == 0)
		return cli_fail(err_tell(HK_CONF, "there is no key in the settings: nothing is sealed"));
	if ((e = rotate(c, &r)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "endpoints", r.endpoints);
		for (size_t i = 0; i < COLUMNS; i++)
			jw_int(&c->jw, columns[i].what, r.count[i]);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "sealed anew: %lld secrets and fields of endpoints, %lld API keys, "
		    "%lld second factors\n", (long long)r.endpoints, (long long)r.count[0],
		    (long long)r.count[1]);
	return 0;
}

const struct command cmd_key_rotate = {
	.name		= "key rotate",
	.operands	= "",
	.about		= "seal every stored secret anew by the newest key",
	.help		=
	    "Put a new key before the old one in the settings (key = NEW OLD), restart the\n"
	    "programs, run this, and take the old one away.  Answers kept for a day under an\n"
	    "Idempotency-Key, and log-ins of the pages, end with the old key.\n",
	.run		= run,
};
