/*
 * What a paid invoice is worth, and to grant it: periods of a subscription's
 * items, and what was bought besides.
 */
#include "books/payment.h"
#include "provider/stripe_bill.h"
#include "provider/verdict.h"

/* What an item's period is worth by this invoice. */
struct due {
	struct span	item, note;
	int64_t		start_us;
	int64_t		change_us;	/* a change of plan inside it; 0: the period itself */
	int64_t		credits;
};

/* An invoice being added up. */
struct tally {
	struct task		*t;
	const struct bill	*b;
	struct worth		 each;		/* what every period is worth, if its metadata say */
	struct due		*due;
	size_t			 ndue;
	int64_t			 bought;	/* credits for what is of no period */
	struct span		 note;
	__int128		 changed;	/* of changes that name no item; may be below 0 */
	int64_t			 rest;		/* money for what has no plan */
	struct span		 unknown;	/* a price of these */
	bool			 priced;	/* something has a plan */
	bool			 trial;
};

static enum hk_err
add(struct tally *y, int64_t *sum, __int128 credits)
{
	if (credits > CREDITS_MOST - *sum)
		return task_say(y->t, HK_NEVER, "invoice %.*s gives more than %lld credits",
		    SPAN_ARG(y->b->id), (long long)CREDITS_MOST);
	*sum += (int64_t)credits;
	return HK_OK;
}

/* A period can have several lines: a price in steps has one for each step. */
static enum hk_err
add_due(struct tally *y, const struct bill_line *l, int64_t start, const struct worth *w)
{
	int64_t		 change = l->proration ? l->start_us : 0;
	struct due	*d = y->due;

	while (d < y->due + y->ndue && !(span_eq(d->item, l->item) && d->start_us == start &&
	    d->change_us == change))
		d++;
	if (d == y->due + y->ndue) {
		*d = (struct due){ l->item, w->note, start, change, 0 };
		y->ndue++;
	}
	return add(y, &d->credits, w->credits);
}

static enum hk_err
no_period(struct tally *y)
{
	return task_say(y->t, HK_NEVER, "a line of invoice %.*s has no period",
	    SPAN_ARG(y->b->id));
}

static enum hk_err
count_recurring(struct tally *y, const struct bill_line *l, const struct worth *w)
{
	int64_t		start = l->start_us;
	enum hk_err	e;

	if (l->amount < 0)
		return HK_OK;		/* what is left of the plan before */
	if (start == 0)
		return no_period(y);
	if (l->proration && (e = period_of_change(y->t, l, &start)) != HK_OK)
		return e;
	return add_due(y, l, start, w);
}

/*
 * A period of a price without a plan grants nothing, but it is known from now on:
 * a change of plan inside it asks for it when the item has gone on.
 */
static enum hk_err
note_period(struct tally *y, const struct bill_line *l)
{
	const struct worth	nothing = { .credits = 0 };

	if (!l->recurring || l->proration || l->amount < 0 || l->start_us == 0)
		return HK_OK;
	return add_due(y, l, l->start_us, &nothing);
}

/* Not of a period: an item of its own, or a change that does not say whose. */
static enum hk_err
count_single(struct tally *y, const struct bill_line *l, const struct worth *w)
{
	if (y->note.p == NULL && w->credits > 0)
		y->note = w->note;
	if (!l->proration)
		return l->amount < 0 ? HK_OK : add(y, &y->bought, w->credits);
	y->changed += l->amount < 0 ? -w->credits : w->credits;
	return HK_OK;
}

static enum hk_err
count_line(struct tally *y, const struct bill_line *l)
{
	struct worth	w = { .found = false };
	enum hk_err	e;

	if (l->amount == 0 && !l->gratis) {
		y->trial |= l->recurring;
		return HK_OK;
	}
	if ((e = worth_by_price(y->t, l->price, l->quantity, &w)) != HK_OK)
		return e;
	if (!w.found) {
		y->rest += l->net;
		if (l->net > 0)
			y->unknown = l->price;
		return note_period(y, l);
	}
	y->priced = true;
	return l->recurring ? count_recurring(y, l, &w) : count_single(y, l, &w);
}

/* The subscription's metadata say what its period is worth, whatever its price is. */
static enum hk_err
count_period(struct tally *y, const struct bill_line *l)
{
	if (l->amount == 0 && !l->gratis)
		y->trial = true;
	y->priced = true;
	if (l->proration || l->amount < 0 || (l->amount == 0 && !l->gratis))
		return HK_OK;
	if (l->start_us == 0)
		return no_period(y);
	for (size_t i = 0; i < y->ndue; i++) {
		if (!span_eq(y->due[i].item, l->item))
			return task_say(y->t, HK_NEVER, "metadata.credits of a subscription with"
			    " several items: set plans for their prices instead");
		if (y->due[i].start_us == l->start_us)
			return HK_OK;
	}
	return add_due(y, l, l->start_us, &y->each);
}

static enum hk_err
count_all(struct tally *y)
{
	size_t		n = json_len(y->b->lines);
	enum hk_err	e = HK_OK;

	if (y->b->credited)
		return HK_OK;
	if ((y->due = arena_get(y->t->arena, (n + 1) * sizeof(*y->due))) == NULL)
		return err_note(HK_NOMEM, "no memory for %zu lines of an invoice", n);
	for (size_t i = 0; e == HK_OK && i < n; i++) {
		struct bill_line	l;

		bill_line_read(y->b, i, &l);
		e = l.recurring && y->each.found ? count_period(y, &l) : count_line(y, &l);
	}
	return e;
}

/* What has no plan is worth what was paid for it. */
static enum hk_err
count_rest(struct tally *y)
{
	struct worth	w = { .found = false };
	int64_t		paid = y->b->amount;
	enum hk_err	e;

	if (y->b->credited || (y->rest <= 0 && (paid == 0 || json_len(y->b->lines) > 0)))
		return HK_OK;
	if (y->priced && y->rest < paid)
		paid = y->rest;
	if ((e = worth_by_amount(y->t, y->b->currency, paid, &w)) != HK_OK)
		return e;
	if (!w.found)
		return no_price_rule(y->t, "this invoice", y->unknown, y->b->currency);
	if (y->note.p == NULL)
		y->note = w.note;
	return add(y, &y->bought, w.credits);
}

static enum hk_err
book_periods(struct tally *y, const struct user *user, int64_t *booked)
{
	for (size_t i = 0; i < y->ndue; i++) {
		const struct due	*d = &y->due[i];
		const struct paid_period p = {
			.provider = "stripe", .owner = { "user", span_str(user->id) },
			.item = d->item, .period_start = d->start_us, .credits = d->credits,
			.payment = y->b->id, .paid_us = y->b->paid_us, .note = d->note,
		};
		int64_t			 granted;
		enum hk_err		 e;

		if ((e = task_heard(y->t, period_grant(y->t->cause, &p, &granted))) != HK_OK ||
		    (e = period_wake(y->t, d->item)) != HK_OK)
			return e;
		*booked += granted;
	}
	return HK_OK;
}

static enum hk_err
book_rest(struct task *t, const struct bill *b, const struct user *user, int64_t credits,
    struct span note, int64_t *booked)
{
	const struct purchase	p = {
		.user = user, .names = { b->id, b->intent, b->charge }, .amount = b->amount,
		.id = b->id, .credits = credits, .note = note, .twofold = true,
	};
	int64_t			more;
	enum hk_err		e = purchase_book(t, &p, &more);

	*booked += e == HK_OK ? more : 0;
	return e;
}

/* Does the invoice say itself what it is worth? */
static enum hk_err
whole_worth(struct task *t, const struct bill *b, struct worth *w)
{
	enum hk_err	e = worth_by_metadata(t, json_get(b->object, "metadata.credits"), w);

	if (e != HK_OK || w->found)
		return e;
	return worth_by_price(t, json_text(b->object, "metadata.price_id"), 1, w);
}

enum hk_err
bill_grant(struct task *t, const struct bill *b, const struct user *user, int64_t *booked,
    bool *trial)
{
	struct tally	y = { .t = t, .b = b };
	struct worth	whole = { .found = false };
	enum hk_err	e;

	*booked = 0;
	*trial = false;
	if ((e = whole_worth(t, b, &whole)) != HK_OK)
		return e;
	if (whole.found)
		return book_rest(t, b, user, whole.credits, whole.note, booked);
	if (b->cut)
		return task_say(t, HK_NEVER, "the event lists only %zu lines of invoice %.*s, and"
		    " those it leaves out may be worth credits: grant them by hand, then resolve"
		    " this event", json_len(b->lines), SPAN_ARG(b->id));
	if ((e = worth_by_metadata(t, json_get(bill_subscription_metadata(b), "credits"),
	    &y.each)) != HK_OK ||
	    (e = count_all(&y)) != HK_OK || (e = count_rest(&y)) != HK_OK ||
	    (y.changed > 0 && (e = add(&y, &y.bought, y.changed)) != HK_OK) ||
	    (e = book_periods(&y, user, booked)) != HK_OK)
		return e;
	*trial = y.trial;
	return book_rest(t, b, user, y.bought, y.note, booked);
}
