/*
 * Users with credits for the pages' tests, made by the verbs of the books.
 */
#ifndef TESTS_ADMIN_PEOPLE_H
#define TESTS_ADMIN_PEOPLE_H

#include "bed.h"

#include "books/books.h"
#include "books/subscription.h"

/* A user of this Clerk id, made so long after the one before as `at` says. */
static inline const char *
people_put(const char *clerk_id, const char *email, const char *first, const char *last, int64_t at)
{
	static char	 id[4][UUID_LEN + 1];
	static int	 turn;
	char		*to = id[turn++ % 4];
	struct user	 u;

	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(user_put(&(struct cause){ bed.db, 0, at }, &(struct clerk_user){
	    .clerk_id = span_str(clerk_id), .email = span_str(email), .first_name = span_str(first),
	    .last_name = span_str(last), .updated_us = at }, 0, &u), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	memcpy(to, u.id, sizeof(u.id));
	return to;
}

/* Credits given, or below 0 taken, by this event (0: by nobody's). */
static inline void
people_move(const char *id, enum transfer_kind kind, const char *key, int64_t amount,
    const char *note, int64_t event, int64_t at)
{
	const struct cause	c = { bed.db, event, at };
	const struct owner	owner = { "user", span_str(id) };
	int64_t			taken;
	bool			fresh;

	assert_int_equal(db_begin(bed.db), HK_OK);
	if (amount > 0)
		assert_int_equal(ledger_give(&c, &owner, kind, span_str(key), amount,
		    span_str(note), &fresh), HK_OK);
	else
		assert_int_equal(ledger_take(&c, &owner, kind, span_str(key), -amount,
		    TAKE_BELOW_ZERO, span_str(note), &taken, &fresh), HK_OK);
	assert_true(fresh);
	assert_int_equal(db_commit(bed.db), HK_OK);
}

static inline void
people_subscribe(const char *id, const char *ref, const char *status, int64_t at)
{
	const struct cause	c = { bed.db, 0, at };
	int64_t			row;

	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(subscription_put(&c, &(struct subscription){ .provider = "stripe",
	    .ref = span_str(ref), .owner = { "user", span_str(id) }, .status = span_str(status),
	    .version_us = at }, &row), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
}

#endif
