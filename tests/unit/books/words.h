/*
 * Words of a sender, told in every order: each twice in a row, and again later
 * when it has to wait, as the queue does it.
 */
#ifndef TESTS_BOOKS_WORDS_H
#define TESTS_BOOKS_WORDS_H

#include "fixture.h"

#include "books/apikey.h"
#include "books/organization.h"
#include "books/payment.h"

#define WORDS_MOST	6

typedef enum hk_err tell_fn(const struct cause *, const void *word);

/* One word, as the queue tells it: only what was handled leaves a trace. */
static inline enum hk_err
tell_word(tell_fn *tell, const void *word, int event)
{
	const struct cause	c = { f.db, event, T0 + event };
	enum hk_err		e;

	assert_int_equal(db_save(f.db), HK_OK);
	e = tell(&c, word);
	assert_int_equal(e == HK_OK ? db_keep(f.db) : db_undo(f.db), HK_OK);
	return e;
}

/* All of them in this order, those that wait once more after each that was handled. */
static inline void
tell_all(const char *name, tell_fn *tell, const char *words, size_t size, const int *order,
    int n)
{
	bool	waits[WORDS_MOST] = { false };

	for (int i = 0; i < n; i++)
		for (int again = 0; again < 2; again++) {
			enum hk_err	e = tell_word(tell, words + (size_t)order[i] * size,
					    1 + order[i]);

			row_is(name, e == HK_OK || e == HK_SKIP || e == HK_WAIT);
			waits[order[i]] = e == HK_WAIT;
			for (int j = 0; e == HK_OK && j < n; j++)
				if (waits[j])
					waits[j] = tell_word(tell, words + (size_t)j * size,
					    1 + j) == HK_WAIT;
		}
	for (int j = 0; j < n; j++)
		row_is(name, !waits[j]);
}

static inline void
hear_finding(void *ctx, const char *finding)
{
	fail_msg("%s: the audit says: %s", (const char *)ctx, finding);
}

/* The books prove themselves, uncommitted as they are. */
static inline void
audit_is_clean(const char *name)
{
	union { const char *in; void *out; }	ctx = { name };
	struct audit				a;

	row_is(name, audit_books(f.db, &a, hear_finding, ctx.out) == HK_OK);
}

/* "name: 2 0 1" */
static inline const char *
order_name(const char *name, const int *order, int n)
{
	static char	out[160];
	int		len = snprintf(out, sizeof(out), "%s, in order", name);

	for (int i = 0; i < n; i++)
		len += snprintf(out + len, sizeof(out) - (size_t)len, " %d", order[i]);
	return out;
}

/* check() in every order of n words, each in a transaction that is taken back. */
static inline void
in_every_order(const char *name, tell_fn *tell, const void *words, size_t size, int n,
    void (*check)(const char *name, const void *ctx), const void *ctx)
{
	int	order[WORDS_MOST] = { 0, 1, 2, 3, 4, 5 };

	do {
		const char	*full = order_name(name, order, n);

		begin();
		tell_all(full, tell, words, size, order, n);
		check(full, ctx);
		audit_is_clean(full);
		db_rollback(f.db);
	} while (next_order(order, n));
}

#define US(s)	(T0 + INT64_C(1000000) * (s))

#endif
