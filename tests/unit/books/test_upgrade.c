/* Books that are older than payments: their purchases can be refunded all the same. */
#include "fixture.h"

#include "base/embed.h"
#include "books/payment.h"

#define USER	"01890000-0000-7000-8000-000000000001"

/* The database as it was before schema 6, with what the older verbs wrote. */
static void
make_old(const char *path, const char *application)
{
	char	number[100];

	unlink(path);
	assert_int_equal(sqlite3_open(path, &f.eye), SQLITE_OK);
	for (const struct embedded *s = schema_files; s->name != NULL; s++)
		if (atoi(s->name) < 6)
			plant(s->data.p);
	snprintf(number, sizeof(number), "PRAGMA application_id = %s; PRAGMA user_version = 5",
	    application);
	plant(number);
	events(3);
	plant("INSERT INTO site_user (id, created_at, updated_at) VALUES ('" USER "', 0, 0);"
	    "INSERT INTO account (id, owner_kind, owner, balance, created_at) VALUES"
	    " (1, 'system', 'purchase', -160, 0), (2, 'user', '" USER "', 167, 0),"
	    " (3, 'system', 'adjust', -7, 0);"
	    "INSERT INTO transfer (kind, business_key, debit, credit, amount, event, created_at)"
	    " VALUES ('purchase', 'stripe:pi_1', 1, 2, 100, 1, 5),"
	    " ('purchase', 'stripe:cs_free', 1, 2, 60, 2, 6),"
	    " ('adjust', 'cli:1', 3, 2, 7, NULL, 7);"
	    "INSERT INTO checkout (session, site_user, mode, payment_status, payment_intent,"
	    " amount_total, fulfilled_at, event, occurred_at, created_at, updated_at) VALUES"
	    " ('cs_1', '" USER "', 'payment', 'paid', 'pi_1', 1000, 1, 1, 1, 1, 1),"
	    " ('cs_free', '" USER "', 'payment', 'no_payment_required', NULL, 0, 1, 2, 1, 1, 1),"
	    " ('cs_open', '" USER "', 'payment', 'unpaid', NULL, 5, NULL, 3, 1, 1, 1)");
}

static void
no_finding(void *ctx, const char *finding)
{
	(void)ctx;
	fail_msg("the audit says: %s", finding);
}

static void
test_old_purchases_are_payments(void **state)
{
	const struct refund_word	w = { SPAN("pi_1"), SPAN("ch_1"), 500, 1000, T0 };
	char				application[32];
	struct audit			a;
	struct cause			c;
	int64_t				taken = 0;

	(void)state;
	snprintf(application, sizeof(application), "%s", ask("PRAGMA application_id"));
	sqlite3_close(f.eye);
	db_close(f.db);
	make_old(f.path, application);
	assert_int_equal(db_open(&f.db, f.path, DB_RW, 1000), HK_OK);
	assert_string_equal(ask("SELECT group_concat(ref || ' ' || granted || ' ' || amount"
	    " || ' ' || owner) FROM payment"), "pi_1 100 1000 " USER ",cs_free 60 0 " USER);
	c = (struct cause){ f.db, 3, T0 };
	begin();
	assert_int_equal(payment_refunded(&c, &w, false, &taken), HK_OK);
	assert_int_equal(taken, 50);
	commit();
	assert_int_equal(audit_books(f.db, &a, no_finding, NULL), HK_OK);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_old_purchases_are_payments, setup, teardown),
	};

	return cmocka_run_group_tests_name("upgrade", tests, NULL, NULL);
}
