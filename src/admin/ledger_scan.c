/* Finding transfers. */
#include "admin/ledger_scan.h"

#include <assert.h>

#include "admin/event_filter.h"
#include "admin/ids.h"
#include "base/clock.h"
#include "base/codec.h"
#include "books/books.h"

#define VALUE_MOST	400	/* bytes of a value */
#define SUM_LOOKS	5000

static const struct ids_table	transfers = { S_LEDGER_NEWEST, S_LEDGER_CAME };

#define FIELD(name, title)	{ #name, title, offsetof(struct ledger_filter, name) }
const struct ledger_field ledger_fields[] = {
	FIELD(kind, "Kind"), FIELD(user, "User"), FIELD(since, "Since"), FIELD(until, "Until"),
	FIELD(event, "Event"), FIELD(key, "Key"), { NULL, NULL, 0 }
};
const char *const ledger_kinds[] = { "signup_bonus", "purchase", "subscription", "refund",
    "dispute", "reinstate", "burn", "adjust", NULL };

/* ---- the filter ------------------------------------------------------------------ */

static enum hk_err
find_account(struct db *db, const char *kind, struct span owner, int64_t *account)
{
	struct stmt	*q;
	enum hk_err	 e;

	*account = -1;
	if ((e = db_stmt(db, S_LEDGER_ACCOUNT_OF, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", span_str(kind));
	bind_text(q, ":owner", owner);
	return stmt_int(q, account);
}

/* A user by any name, an organization by its id. */
static enum hk_err
read_owner(struct visit *v, struct ledger_filter *f)
{
	struct user	u;
	enum hk_err	e;

	if (f->user.p == NULL)
		return HK_OK;
	f->owner_kind = "organization";
	f->owner = f->user;
	if (!span_starts(f->user, "org_")) {
		if ((e = user_find(v->db, f->user, &u)) == HK_NOTFOUND) {
			f->owner = SPAN_NULL;
			f->wrong.name = "user";
			f->wrong.text = "There is nobody of this name: a user's id, user_…, cus_…, "
			    "e-mail address, or org_….";
			return HK_OK;
		}
		if (e != HK_OK)
			return e;
		f->owner_kind = "user";
		f->owner = arena_span(v->arena, span_str(u.id));
		if (f->owner.p == NULL)
			return err_note(HK_NOMEM, "no memory for a filter");
	}
	return find_account(v->db, f->owner_kind, f->owner, &f->account);
}

static void
check(struct visit *v, struct ledger_filter *f)
{
	struct span	event = f->event;
	size_t		i = 0;

	if (event.len > 1 && *event.p == '#')
		event = span_of(event.p + 1, event.len - 1);
	while (ledger_kinds[i] != NULL && !span_is(f->kind, ledger_kinds[i]))
		i++;
	f->wrong.text = EVENT_FILTER_TIMES;
	if (f->kind.p != NULL && ledger_kinds[i] == NULL) {
		f->wrong.name = "kind";
		f->wrong.text = "There is no such kind of transfer.";
	} else if (event.p != NULL && (!span_u63(event, &f->event_id) || f->event_id == 0)) {
		f->wrong.name = "event";
		f->wrong.text = "An event is told by our number: 12.";
	} else if (f->since.p != NULL && !event_filter_time(f->since, v, &f->since_us))
		f->wrong.name = "since";
	else if (f->until.p != NULL && !event_filter_time(f->until, v, &f->until_us))
		f->wrong.name = "until";
	else if (f->until_us != 0 && f->until_us <= f->since_us) {
		f->wrong.name = "until";
		f->wrong.text = "This is not later than the time it begins at.";
	}
}

enum hk_err
ledger_filter_read(struct visit *v, struct ledger_filter *f)
{
	*f = (struct ledger_filter){ .account = 0 };
	for (const struct ledger_field *d = ledger_fields; d->name != NULL; d++) {
		struct span	s = visit_query(v, d->name);
		bool		good = s.len <= VALUE_MOST && (s.p == NULL || (utf8_valid(s) &&
				    memchr(s.p, '\0', s.len) == NULL));

		if (good)
			*(struct span *)(void *)((char *)f + d->at) = s;
		else {
			f->wrong.name = d->name;
			f->wrong.text = "This is too long, or no text.";
		}
	}
	if (f->wrong.name == NULL)
		check(v, f);
	return f->wrong.name == NULL ? read_owner(v, f) : HK_OK;
}

bool
ledger_filter_has(const struct ledger_filter *f, const char *but, const char *or)
{
	for (const struct ledger_field *d = ledger_fields; d->name != NULL; d++)
		if (ledger_value(f, d).p != NULL && (but == NULL || strcmp(d->name, but) != 0) &&
		    (or == NULL || strcmp(d->name, or) != 0))
			return true;
	return false;
}

void
ledger_filter_query(struct buf *b, const struct ledger_filter *f, const char *but)
{
	for (const struct ledger_field *d = ledger_fields; d->name != NULL; d++)
		if (ledger_value(f, d).p != NULL && (but == NULL || strcmp(d->name, but) != 0))
			form_put(b, span_str(d->name), ledger_value(f, d));
}

/* ---- which way ------------------------------------------------------------------------ */

static bool
by_prefix(const struct ledger_filter *f)
{
	return f->key.len > 0 && f->key.p[f->key.len - 1] == '*';
}

/* What the key begins with. */
static struct span
beginning(const struct ledger_filter *f)
{
	return span_of(f->key.p, f->key.len - by_prefix(f));
}

/* Few enough of them to be sorted? */
static enum hk_err
few_keys(struct db *db, const struct ledger_filter *f, bool *few)
{
	struct stmt	*q;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_LEDGER_KEY_ROWS, &q)) != HK_OK)
		return e;
	bind_text(q, ":begin", beginning(f));
	bind_int(q, ":most", LEDGER_LOOKS + 1);
	e = stmt_int(q, &n);
	*few = n <= LEDGER_LOOKS;
	return e;
}

/*
 * The statement that looks at the fewest, bound to the filter.  Every kind of
 * transfer has an account of the system's, so an index knows those of a kind.
 * _UP follows its brother in admin_users.def.
 */
static enum hk_err
open_look(struct db *db, const struct ledger_filter *f, const struct ids *r, struct stmt **q)
{
	int64_t		of = f->account;
	enum stmt_id	which = S_LEDGER_ALL;
	bool		few = false;
	enum hk_err	e = HK_OK;

	if (f->event_id != 0)
		which = S_LEDGER_EVENT;
	else if (f->key.p != NULL && (e = few_keys(db, f, &few)) == HK_OK && few)
		which = S_LEDGER_KEY;
	else if (of == 0 && f->kind.p != NULL)
		e = find_account(db, "system", f->kind, &of);
	if (which == S_LEDGER_ALL && of != 0)
		which = S_LEDGER_OF;
	if (e != HK_OK || (e = db_stmt(db, which + r->up, q)) != HK_OK)
		return e;
	if (which == S_LEDGER_OF)
		bind_int(*q, ":of", of);
	if (which == S_LEDGER_KEY)
		bind_text(*q, ":begin", beginning(f));
	bind_int(*q, ":low", r->low);
	bind_int(*q, ":high", r->high);
	bind_text(*q, ":kind", f->kind);
	bind_text(*q, by_prefix(f) ? ":prefix" : ":key", f->key.p != NULL ? beginning(f) : SPAN_NULL);
	if (f->event_id != 0)
		bind_int(*q, ":event", f->event_id);
	if (f->account != 0)
		bind_int(*q, ":account", f->account);
	if (f->since_us != 0)
		bind_int(*q, ":since", f->since_us);
	if (f->until_us != 0)
		bind_int(*q, ":until", f->until_us);
	return HK_OK;
}

static enum hk_err
ids_of(struct db *db, const struct ledger_filter *f, int64_t before, int64_t after, struct ids *r)
{
	return ids_open(db, &transfers, &(struct ids_want){ f->since_us, f->until_us, before, after }, r);
}

enum hk_err
ledger_scan(struct db *db, const struct ledger_filter *f, int64_t before, int64_t after, int most,
    struct ledger_scan *out)
{
	struct ids	 r;
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	assert(most > 0 && most <= LEDGER_MOST);
	out->n = 0;
	out->next = out->looked_to = 0;
	if ((e = ids_of(db, f, before, after, &r)) != HK_OK ||
	    (e = open_look(db, f, &r, &q)) != HK_OK)
		return e;
	for (int looks = 0; (e = stmt_step(q, &row)) == HK_OK && row; looks++) {
		if (looks == LEDGER_LOOKS) {
			out->next = out->looked_to = col_int(q, 0) + (r.up ? -1 : 1);
			break;
		}
		if (col_int(q, 1) == 0)
			continue;
		if (out->n == most) {
			out->next = out->id[most - 1];
			break;
		}
		out->id[out->n++] = col_int(q, 0);
	}
	stmt_reset(q);
	if (r.up)
		ids_reverse(out->id, out->n);
	return e;
}

enum hk_err
ledger_sum(struct db *db, const struct ledger_filter *f, struct ledger_sum *sum)
{
	struct ids	 r;
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row = false;
	int		 looks = 0;

	*sum = (struct ledger_sum){ .whole = false };
	if ((e = ids_of(db, f, INT64_MAX, 0, &r)) != HK_OK ||
	    (e = open_look(db, f, &r, &q)) != HK_OK)
		return e;
	while (looks++ < SUM_LOOKS && (e = stmt_step(q, &row)) == HK_OK && row) {
		if (col_int(q, 1) == 0)
			continue;
		sum->rows++;
		if (col_int(q, 2) > 0)
			sum->given += col_int(q, 2);
		else
			sum->taken -= col_int(q, 2);
	}
	stmt_reset(q);
	sum->whole = !row;
	return e;
}
