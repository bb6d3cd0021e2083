/* One user: what they have, and their whole story. */
#include "admin/story.h"
#include "admin/user_facts.h"
#include "books/subscription.h"
#include "http/url.h"

#define SHOWN	8	/* of each side table, */
#define SHOWN_ALL 500	/* and when all are asked for */

/* The columns of S_STORY_USER. */
enum { U_ID, U_CLERK, U_EMAIL, U_FIRST, U_LAST, U_USERNAME, U_EXTERNAL, U_CREATED, U_UPDATED,
       U_AS_OF, U_DELETED, U_SUPPRESSED, U_SIGNED_IN, U_SESSIONS, U_METADATA };

/* ---- the head ------------------------------------------------------------------ */

/* A page of a sender's dashboard about an id. */
static void
put_link(struct jw *w, const char *key, const char *begin, struct span id)
{
	struct buf	b;

	buf_init(&b, 4096);
	buf_puts(&b, begin);
	url_put(&b, id);
	jw_text(w, key, id.p != NULL && buf_ok(&b) ? buf_span(&b) : SPAN_NULL);
	buf_release(&b);
}

static void
put_user(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_open(w, "user", '{');
	jw_text(w, "id", col_text(q, U_ID));
	jw_text(w, "clerk_id", col_text(q, U_CLERK));
	put_link(w, "clerk_page", "https://dashboard.clerk.com/~/users/", col_text(q, U_CLERK));
	jw_text(w, "email", col_text(q, U_EMAIL));
	user_name_put(w, q);
	jw_text(w, "username", col_text(q, U_USERNAME));
	jw_text(w, "external_id", col_text(q, U_EXTERNAL));
	jw_time(w, "created_at", col_int(q, U_CREATED));
	jw_time(w, "updated_at", col_int(q, U_UPDATED));
	jw_time(w, "clerk_updated_at", col_int(q, U_AS_OF));
	jw_time(w, "deleted_at", col_int(q, U_DELETED));
	jw_text(w, "suppressed", col_text(q, U_SUPPRESSED));
	jw_time(w, "signed_in_at", col_int(q, U_SIGNED_IN));
	jw_int(w, "sessions", col_int(q, U_SESSIONS));
	jw_text(w, "metadata", col_text(q, U_METADATA).len > 2 ? col_text(q, U_METADATA) : SPAN_NULL);
	jw_close(w, '}');
}

static struct span
keep(struct visit *v, struct stmt *q, int col)
{
	return col_is_null(q, col) ? SPAN_NULL : arena_span(v->arena, col_text(q, col));
}

static enum hk_err
put_head(struct visit *v, struct story *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_STORY_USER, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", s->id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		put_user(v, q);
		s->email = keep(v, q, U_EMAIL);
		s->clerk_id = keep(v, q, U_CLERK);
	}
	stmt_reset(q);
	if (e == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "There is no such user.");
	return e;
}

static enum hk_err
put_standing(struct visit *v, const struct user *u)
{
	const struct owner	owner = { "user", span_str(u->id) };
	int64_t			balance = 0;
	bool			good = true;
	enum hk_err		e;

	if ((e = ledger_balance_of(v->db, &owner, &balance)) != HK_OK ||
	    (e = owner_in_good_standing(v->db, &owner, &good)) != HK_OK)
		return e;
	jw_int(v->doc, "balance", balance);
	jw_bool(v->doc, "owes", balance < 0);
	jw_bool(v->doc, "late", !good);
	return HK_OK;
}

/* ---- side tables ------------------------------------------------------------------ */

struct side {
	const char	*key;
	enum stmt_id	 which;
	void		(*put)(struct visit *, struct stmt *);
};

static void
put_customer(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;
	bool		 test = v->conf->mode == MODE_TEST;

	jw_text(w, "customer", col_text(q, 0));
	put_link(w, "page", test ? "https://dashboard.stripe.com/test/customers/" :
	    "https://dashboard.stripe.com/customers/", col_text(q, 0));
	if (col_is_null(q, 1))
		jw_null(w, "event");
	else
		jw_int(w, "event", col_int(q, 1));
	jw_time(w, "created_at", col_int(q, 2));
}

static void
put_account(struct visit *v, struct stmt *q)
{
	jw_text(v->doc, "application", col_text(q, 0));
	jw_int(v->doc, "balance", col_int(q, 1));
}

static void
put_organization(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_text(w, "organization", col_text(q, 0));
	jw_text(w, "name", col_is_null(q, 1) ? col_text(q, 0) : col_text(q, 1));
	jw_text(w, "role", col_text(q, 2));
	jw_bool(w, "deleted", col_int(q, 3) != 0);
	if (col_int(q, 5) != 0)
		jw_int(w, "balance", col_int(q, 4));
	else
		jw_null(w, "balance");
}

static void
put_key(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_text(w, "key", col_text(q, 0));
	jw_text(w, "label", col_text(q, 1));
	jw_text(w, "prefix", col_text(q, 2));
	jw_bool(w, "revealed", col_int(q, 3) != 0);
	jw_time(w, "created_at", col_int(q, 4));
	jw_time(w, "used_at", col_int(q, 5));
	jw_time(w, "revoked_at", col_int(q, 6));
	if (col_is_null(q, 7))
		jw_null(w, "event");
	else
		jw_int(w, "event", col_int(q, 7));
}

static void
put_subscription(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_int(w, "id", col_int(q, 0));
	jw_text(w, "provider", col_text(q, 1));
	jw_text(w, "ref", col_text(q, 2));
	jw_text(w, "status", col_text(q, 3));
	jw_text(w, "state", user_billing_state(col_text(q, 3)));
	jw_text(w, "plan", col_text(q, 4));
	jw_int(w, "quantity", col_int(q, 5));
	jw_int(w, "items", col_int(q, 6));
	jw_bool(w, "trial", col_int(q, 7) != 0);
	jw_time(w, "period_end", col_int(q, 8));
	jw_time(w, "cancel_at", col_int(q, 9));
	jw_time(w, "ended_at", col_int(q, 10));
}

static enum hk_err
put_side(struct visit *v, const struct side *side, struct stmt *q, bool *more)
{
	enum hk_err	e;
	bool		row;
	int		n = 0, most = visit_query(v, "all").p != NULL ? SHOWN_ALL : SHOWN;

	bind_int(q, ":limit", most + 1);
	jw_open(v->doc, side->key, '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && n++ < most) {
		jw_open(v->doc, NULL, '{');
		side->put(v, q);
		jw_close(v->doc, '}');
	}
	stmt_reset(q);
	jw_close(v->doc, ']');
	*more = *more || n > most;
	return e;
}

static enum hk_err
put_sides(struct visit *v, const struct story *s)
{
	static const struct side	of_id[] = {
		{ "customers", S_STORY_CUSTOMERS, put_customer },
		{ "api_keys", S_STORY_KEYS, put_key },
		{ "subscriptions", S_STORY_SUBSCRIPTIONS, put_subscription },
	};
	static const struct side	accounts = { "accounts", S_STORY_ACCOUNTS, put_account };
	static const struct side	organizations = { "organizations", S_STORY_ORGANIZATIONS,
					    put_organization };
	struct stmt			*q;
	enum hk_err			 e;
	bool				 more = false;

	for (size_t i = 0; i < sizeof(of_id) / sizeof(of_id[0]); i++) {
		if ((e = db_stmt(v->db, of_id[i].which, &q)) != HK_OK)
			return e;
		bind_text(q, ":id", s->id);
		if ((e = put_side(v, &of_id[i], q, &more)) != HK_OK)
			return e;
	}
	if ((e = db_stmt(v->db, accounts.which, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", SPAN("user"));
	bind_text(q, ":owner", s->id);
	if ((e = put_side(v, &accounts, q, &more)) != HK_OK ||
	    (e = db_stmt(v->db, organizations.which, &q)) != HK_OK)
		return e;
	bind_text(q, ":clerk_id", s->clerk_id);
	e = put_side(v, &organizations, q, &more);
	jw_bool(v->doc, "more_sides", more);
	return e;
}

/* ---- the page ------------------------------------------------------------------------ */

/* What events about them have as their lane. */
static enum hk_err
find_names(struct visit *v, struct story *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	s->name[s->names++] = s->id;
	if (s->clerk_id.p != NULL)
		s->name[s->names++] = s->clerk_id;
	if ((e = db_stmt(v->db, S_STORY_CUSTOMERS, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", s->id);
	bind_int(q, ":limit", STORY_NAMES - s->names);
	while ((e = stmt_step(q, &row)) == HK_OK && row && s->names < STORY_NAMES)
		s->name[s->names++] = keep(v, q, 0);
	stmt_reset(q);
	return e;
}

static void
put_title(struct visit *v, const struct story *s)
{
	struct span	who = s->email.p != NULL ? s->email : s->clerk_id.p != NULL ?
			    s->clerk_id : s->id;

	v->title = arena_printf(v->arena, "User %.*s", SPAN_ARG(who));
}

enum hk_err
page_user(struct visit *v)
{
	struct story	s = { .kind = visit_query(v, "kind"), .before = visit_query(v, "before") };
	struct user	u;
	enum hk_err	e;

	if ((e = user_of_route(v, &u)) != HK_OK || (e = story_check(&s)) != HK_OK)
		return e;
	if (!span_is(route_get(&v->route, "id"), u.id))
		return visit_then(v, "/users/%s", u.id);
	s.id = span_str(u.id);
	if ((e = put_head(v, &s)) != HK_OK || (e = put_standing(v, &u)) != HK_OK ||
	    (e = find_names(v, &s)) != HK_OK || (e = put_sides(v, &s)) != HK_OK)
		return e;
	put_title(v, &s);
	return story_put(v, &s);
}
