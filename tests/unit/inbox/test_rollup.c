/* Counts by marks are what a scan would count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "inbox/rollup.h"

#include "../folder.h"

#define NOW	INT64_C(1793790000000000)
#define HOURS	6

static struct {
	char		 dir[32], path[64];
	struct db	*db;
	sqlite3		*eye;
} f;

static void
plant(const char *sql)
{
	char	*why = NULL;

	if (sqlite3_exec(f.eye, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

static int64_t
ask(const char *sql)
{
	sqlite3_stmt	*q;
	int64_t		 n;

	if (sqlite3_prepare_v2(f.eye, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f.eye));
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

static int
setup(void **state)
{
	(void)state;
	assert_true(folder_make(f.dir, sizeof(f.dir), "rollup"));
	snprintf(f.path, sizeof(f.path), "%s/t.db", f.dir);
	assert_int_equal(db_open(&f.db, f.path, DB_RW, 1000), HK_OK);
	assert_int_equal(sqlite3_open(f.path, &f.eye), SQLITE_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sqlite3_close(f.eye);
	db_close(f.db);
	return folder_remove(f.dir);
}

/* A day like any: events of three senders, some tried several times. */
static void
some_events(int n, unsigned seed)
{
	static const char *const	who[] = { "stripe", "clerk", "custom:github" };
	static const char *const	result[] = { "handled", "handled", "handled", "later", "wait",
					    "failed", "skipped", "crashed" };
	char				sql[512];

	srand(seed);
	plant("BEGIN IMMEDIATE");
	for (int i = 0; i < n; i++) {
		int64_t	at = NOW - (rand() % (HOURS * 3600)) * US_PER_S - rand() % 1000000;
		bool	at_once = rand() % 4 == 0;

		snprintf(sql, sizeof(sql), "INSERT INTO event (provider, event_id, status, outcome,"
		    " verified, created_at, last_attempt_at) VALUES ('%s', 'e%d_%u', '%s', %s, 1, %lld, %s)",
		    who[rand() % 3], i, seed, at_once ? "completed" : "pending",
		    at_once ? rand() % 2 ? "'skipped'" : "'ignored'" : "NULL", (long long)at,
		    at_once ? "NULL" : "1");
		plant(sql);
		for (int tries = at_once ? 0 : rand() % 4; tries > 0; tries--) {
			snprintf(sql, sizeof(sql), "INSERT INTO attempt (event, started_at, duration_us,"
			    " result) VALUES ((SELECT max(id) FROM event), %lld, %d, '%s')",
			    (long long)(at += rand() % 100000000), rand() % 100000, result[rand() % 8]);
			plant(sql);
		}
	}
	plant("COMMIT");
}

struct sum {
	int64_t	n[ROLLED_KINDS], from, to;
};

static void
add(void *ctx, const struct rolled_row *r)
{
	struct sum	*s = ctx;

	assert_true(r->at >= s->from && r->at < s->to);
	s->n[r->what] += r->times;
}

/* Each hour and some minutes, against the rows themselves. */
static void
compare(const char *when)
{
	static const char *const	at_once = "AND last_attempt_at IS NULL";
	char				sql[512];
	int64_t				behind = -1;

	for (int64_t step = ROLLUP_MINUTE; step <= ROLLUP_HOUR; step *= 60)
		for (int64_t at = NOW - (HOURS + 1) * ROLLUP_HOUR, i = 0; at < NOW + ROLLUP_HOUR * 2;
		    at += step * (step == ROLLUP_MINUTE ? 37 : 1), i++) {
			struct sum	s = { .from = at - at % step };

			s.to = s.from + step;
			assert_int_equal(db_begin(f.db), HK_OK);
			assert_int_equal(rollup_read(f.db, step, s.from, s.to, add, &s, &behind), HK_OK);
			db_rollback(f.db);
			assert_int_equal(behind, 0);
			for (int k = 0; k < ROLLED_LATENCY; k++) {
				const char	*name = rolled_name((enum rolled)k);

				snprintf(sql, sizeof(sql), "SELECT (SELECT count(*) FROM event WHERE"
				    " created_at >= %lld AND created_at < %lld AND ('%s' = 'received'"
				    " OR (outcome = '%s' %s))) + (SELECT count(*) FROM attempt WHERE"
				    " started_at + duration_us >= %lld AND started_at + duration_us < %lld"
				    " AND result = '%s')", (long long)s.from, (long long)s.to, name, name,
				    at_once, (long long)s.from, (long long)s.to, name);
				if (s.n[k] != ask(sql))
					fail_msg("%s: %s of step %lld: %lld, a scan says %lld", when, name,
					    (long long)step, (long long)s.n[k], (long long)ask(sql));
			}
		}
}

static void
count_all(void)
{
	bool	more = true;

	while (more)
		assert_int_equal(rollup_step(f.db, NOW, &more), HK_OK);
}

static void
counts_are_a_scans(void **state)
{
	(void)state;
	some_events(300, 1);
	compare("nothing counted");
	count_all();
	compare("all counted");
	some_events(1500, 2);
	compare("half counted");
	count_all();
	compare("more than one step");
	count_all();
	compare("counted once more");
	assert_int_equal(ask("SELECT sum(times) FROM rollup WHERE step = 3600000000 AND what = 'received'"),
	    1800);
}

/* Killed before the commit: the mark stays with the counts. */
static void
a_step_is_whole_or_nothing(void **state)
{
	bool	more;

	(void)state;
	some_events(200, 3);
	plant("CREATE TRIGGER no BEFORE INSERT ON rollup WHEN NEW.what = 'received' AND NEW.step = 3600000000"
	    " BEGIN SELECT raise(ABORT, 'broken'); END");
	assert_int_not_equal(rollup_step(f.db, NOW, &more), HK_OK);
	assert_int_equal(ask("SELECT count(*) FROM rollup"), 0);
	compare("after a step that failed");
	plant("DROP TRIGGER no");
	count_all();
	compare("after it was made good");
}

static void
minutes_are_forgotten(void **state)
{
	bool	more;

	(void)state;
	some_events(200, 4);
	count_all();
	assert_true(ask("SELECT count(*) FROM rollup WHERE step = 60000000") > 0);
	plant("INSERT INTO event (provider, event_id, status, outcome, verified, created_at)"
	    " VALUES ('stripe', 'late', 'completed', 'skipped', 1, 1793790000000000)");
	assert_int_equal(rollup_step(f.db, NOW + ROLLUP_MINUTES + (HOURS + 1) * ROLLUP_HOUR, &more), HK_OK);
	assert_int_equal(ask("SELECT count(*) FROM rollup WHERE step = 60000000"), 0);
	assert_int_equal(ask("SELECT sum(times) FROM rollup WHERE step = 3600000000 AND what = 'received'"),
	    201);
}

static void
latency_is_the_first_end(void **state)
{
	struct sum	s = { .from = 0, .to = INT64_MAX };
	int64_t		behind;

	(void)state;
	plant("INSERT INTO event (id, provider, event_id, status, outcome, verified, created_at, last_attempt_at)"
	    " VALUES (1, 'stripe', 'a', 'completed', 'handled', 1, 1000000000, 1);"
	    "INSERT INTO attempt (event, started_at, duration_us, result) VALUES"
	    " (1, 1000001000, 500, 'later'), (1, 1000002000, 500, 'handled'), (1, 9000000000, 1, 'handled')");
	assert_int_equal(db_begin(f.db), HK_OK);
	assert_int_equal(rollup_read(f.db, ROLLUP_HOUR, 0, INT64_MAX, add, &s, &behind), HK_OK);
	db_rollback(f.db);
	assert_int_equal(s.n[ROLLED_HANDLED], 2);
	assert_int_equal(s.n[ROLLED_LATENCY], 1);
}

/* Credits and mails: the same before they are counted, half counted and all counted. */
static void
books_are_counted_too(void **state)
{
	static const struct {
		enum rolled	 what;
		const char	*scan;
	} row[] = {
		{ ROLLED_GRANTED,	"SELECT sum(amount) FROM transfer WHERE kind = 'purchase' OR business_key LIKE 'up%'" },
		{ ROLLED_BURNED,	"SELECT sum(amount) FROM transfer WHERE kind = 'burn'" },
		{ ROLLED_TAKEN,		"SELECT sum(amount) FROM transfer WHERE kind = 'refund' OR business_key LIKE 'down%'" },
		{ ROLLED_RETURNED,	"SELECT sum(amount) FROM transfer WHERE kind = 'reinstate'" },
		{ ROLLED_DELIVERED,	"SELECT count(*) FROM email_history WHERE kind = 'delivered'" },
		{ ROLLED_BOUNCED,	"SELECT count(*) FROM email_history WHERE kind = 'bounced'" },
		{ ROLLED_COMPLAINED,	"SELECT count(*) FROM email_history WHERE kind = 'complained'" },
		{ ROLLED_OPENED,	"SELECT count(*) FROM email_history WHERE kind = 'opened'" },
	};
	static const char	books[] =
	    "INSERT OR IGNORE INTO account (id, owner_kind, owner, created_at) VALUES (1, 'user', 'ann', 1),"
	    " (2, 'system', 'purchase', 1), (3, 'system', 'burn', 1), (4, 'system', 'refund', 1),"
	    " (5, 'system', 'reinstate', 1), (6, 'system', 'adjust', 1);"
	    "INSERT INTO transfer (kind, business_key, debit, credit, amount, created_at)"
	    " SELECT kind, key || hex(randomblob(8)), debit, credit, 3 + n.value % 7, 1793790000000000 - n.value * 1000000"
	    " FROM (SELECT 'purchase' AS kind, 'p' AS key, 2 AS debit, 1 AS credit UNION ALL SELECT 'burn', 'b', 1, 3"
	    "  UNION ALL SELECT 'refund', 'r', 1, 4 UNION ALL SELECT 'reinstate', 'i', 5, 1"
	    "  UNION ALL SELECT 'adjust', 'up', 6, 1 UNION ALL SELECT 'adjust', 'down', 1, 6) k,"
	    "  (SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]')) n;"
	    "INSERT OR IGNORE INTO email (email_id, recipients, state, state_at, created_at) VALUES ('m', '[]', 'sent', 1, 1);"
	    "INSERT INTO email_history (email_id, event, kind, occurred_at) SELECT 'm', e.id, CASE e.id % 6"
	    "  WHEN 0 THEN 'sent' WHEN 1 THEN 'bounced' WHEN 2 THEN 'complained' WHEN 3 THEN 'opened' ELSE 'delivered' END,"
	    "  e.created_at FROM event e WHERE e.id NOT IN (SELECT event FROM email_history)";
	int64_t		behind;

	(void)state;
	for (int round = 0; round < 4; round++) {
		struct sum	s = { .from = 0, .to = INT64_MAX };

		if (round % 2 == 0) {
			some_events(60, 10 + (unsigned)round);
			plant(books);
		} else
			count_all();
		assert_int_equal(db_begin(f.db), HK_OK);
		assert_int_equal(rollup_read(f.db, ROLLUP_HOUR, 0, INT64_MAX, add, &s, &behind), HK_OK);
		db_rollback(f.db);
		assert_int_equal(behind, 0);
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
			if (s.n[row[i].what] != ask(row[i].scan) || s.n[row[i].what] == 0)
				fail_msg("round %d: %s: %lld, a scan says %lld", round, rolled_name(row[i].what),
				    (long long)s.n[row[i].what], (long long)ask(row[i].scan));
	}
}

static void
buckets_hold_all_times(void **state)
{
	(void)state;
	for (int b = 0; b + 1 < ROLLUP_BUCKETS; b++) {
		int64_t	from = rollup_bucket_from(b), to = rollup_bucket_from(b + 1);

		assert_true(to > from);
		assert_int_equal(rollup_bucket(from), b);
		assert_int_equal(rollup_bucket(to - 1), b);
		if (b >= 8)
			assert_true((double)(to - from) / (double)from < 0.26);
	}
	assert_int_equal(rollup_bucket(-5), 0);
	assert_int_equal(rollup_bucket(INT64_MAX), ROLLUP_BUCKETS - 1);
}

static void
quantiles_are_about_right(void **state)
{
	static const double	shares[] = { 0.5, 0.95, 0.99 };
	int64_t			count[ROLLUP_BUCKETS] = { 0 };

	(void)state;
	assert_int_equal(rollup_quantile(count, 0.5), 0);
	for (int64_t us = 1; us <= 100000; us++)
		count[rollup_bucket(us * 10)]++;
	for (size_t i = 0; i < 3; i++) {
		double	got = (double)rollup_quantile(count, shares[i]), want = shares[i] * 1000000;

		if (got < want * 0.9 || got > want * 1.1)
			fail_msg("p%.0f: %.0f, want %.0f", shares[i] * 100, got, want);
	}
}

static void
totals_by_state(void **state)
{
	struct rollup_total	t;

	(void)state;
	plant("INSERT INTO event (provider, event_id, status, outcome, waits_for, next_attempt_at, verified,"
	    " created_at) VALUES ('s', '1', 'pending', NULL, NULL, 5, 1, 0), ('s', '2', 'pending', NULL,"
	    " 'user:1', NULL, 1, 0), ('s', '3', 'processing', NULL, NULL, NULL, 1, 0), ('s', '4', 'failed',"
	    " NULL, NULL, NULL, 1, 0), ('s', '5', 'completed', 'handled', NULL, NULL, 1, 0),"
	    " ('s', '6', 'completed', 'skipped', NULL, NULL, 1, 0)");
	assert_int_equal(rollup_total(f.db, &t), HK_OK);
	assert_int_equal(t.events, 6);
	assert_int_equal(t.pending, 1);
	assert_int_equal(t.waiting, 1);
	assert_int_equal(t.processing, 1);
	assert_int_equal(t.failed, 1);
	assert_int_equal(t.completed, 2);
	assert_false(t.more);
}

#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		T(counts_are_a_scans),
		T(a_step_is_whole_or_nothing),
		T(minutes_are_forgotten),
		T(latency_is_the_first_end),
		T(books_are_counted_too),
		cmocka_unit_test(buckets_hold_all_times),
		cmocka_unit_test(quantiles_are_about_right),
		T(totals_by_state),
	};

	return cmocka_run_group_tests_name("inbox/rollup", tests, NULL, NULL);
}
