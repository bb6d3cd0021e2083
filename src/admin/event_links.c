/* Which page shows a row of the books. */
#include "admin/event_links.h"

#include "http/url.h"

/* How the address ends: by the key itself, or by what a statement says of it. */
enum by { BY_KEY, BY_SECOND, BY_STMT, BY_STMT_OF_TWO };

static const struct {
	const char	*table, *page;
	enum by		 by;
	enum stmt_id	 which;
} links[] = {
	{ "account",		"/users/",		BY_STMT,	S_LINK_ACCOUNT },
	{ "api_key",		"/users/",		BY_STMT,	S_LINK_KEY },
	{ "checkout",		"/users/",		BY_STMT,	S_LINK_CHECKOUT },
	{ "clerk_session",	"/users/",		BY_STMT,	S_LINK_SESSION },
	{ "dispute",		"/users/",		BY_STMT,	S_LINK_DISPUTE },
	{ "email",		"/mails/",		BY_KEY,		S_COUNT },
	{ "email_history",	"/mails/",		BY_STMT,	S_LINK_MOMENT },
	{ "invoice",		"/subscriptions/",	BY_STMT_OF_TWO,	S_LINK_INVOICE },
	{ "membership",		"/users/",		BY_STMT,	S_LINK_MEMBERSHIP },
	{ "payment",		"/users/",		BY_STMT,	S_LINK_PAYMENT },
	{ "payment_alias",	"/users/",		BY_STMT,	S_LINK_ALIAS },
	{ "payment_taking",	"/users/",		BY_STMT,	S_LINK_TAKING },
	{ "period_grant",	"/subscriptions/",	BY_STMT_OF_TWO,	S_LINK_ITEM },
	{ "period_share",	"/subscriptions/",	BY_STMT_OF_TWO,	S_LINK_ITEM },
	{ "plan",		"/plans?ref=",		BY_SECOND,	S_COUNT },
	{ "refund",		"/users/",		BY_STMT,	S_LINK_REFUND },
	{ "refund_failed",	"/users/",		BY_STMT,	S_LINK_REFUND_FAILED },
	{ "site_user",		"/users/",		BY_KEY,		S_COUNT },
	{ "stripe_customer",	"/users/",		BY_STMT,	S_LINK_CUSTOMER },
	{ "subscription",	"/subscriptions/",	BY_KEY,		S_COUNT },
	{ "subscription_item",	"/subscriptions/",	BY_STMT_OF_TWO,	S_LINK_ITEM },
	{ "suppression",	"/suppressions?address=", BY_KEY,	S_COUNT },
	{ "transfer",		"/users/",		BY_STMT,	S_LINK_TRANSFER },
};

/* second: of a key of several columns, or SPAN_NULL. */
static enum hk_err
ask(struct db *db, size_t i, struct span key, struct span second, struct buf *out)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;
	int64_t		 id;

	if ((e = db_stmt(db, links[i].which, &q)) != HK_OK)
		return e;
	if (span_u63(key, &id))
		bind_int(q, ":key", id);
	else
		bind_text(q, ":key", key);
	if (links[i].by == BY_STMT_OF_TWO)
		bind_text(q, ":second", second);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 0)) {
		buf_puts(out, links[i].page);
		url_put(out, col_text(q, 0));
	}
	stmt_reset(q);
	return e;
}

enum hk_err
event_link(struct db *db, struct span table, struct span key, struct buf *out)
{
	struct span	rest = key, first;
	size_t		i = 0;

	while (i < sizeof(links) / sizeof(links[0]) && !span_is(table, links[i].table))
		i++;
	if (i == sizeof(links) / sizeof(links[0]) || key.len == 0)
		return HK_OK;
	if (links[i].by == BY_KEY || links[i].by == BY_SECOND) {
		if (links[i].by == BY_SECOND)
			(void)span_cut(&rest, ' ');
		buf_puts(out, links[i].page);
		url_put(out, rest);
		return HK_OK;
	}
	if (links[i].by == BY_STMT)
		return ask(db, i, key, SPAN_NULL, out);
	first = span_cut(&rest, ' ');
	return ask(db, i, first, span_cut(&rest, ' '), out);
}
