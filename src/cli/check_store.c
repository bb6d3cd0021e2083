/* The doctor's look at the database. */
#include "cli/checkup.h"

static void
check_journal(struct checkup *k)
{
	const char	*journal = db_journal(k->c->db);

	if (strcmp(journal, "wal") == 0)
		check_say(k, CHECK_OK, "journal", "write-ahead log");
	else
		check_say(k, CHECK_WARN, "journal", "a rollback journal (%s) instead of the "
		    "write-ahead log: on a network file system (NFS, SMB, FUSE ...) the log could "
		    "damage the database. Slower, and safe from one host only; a local disk "
		    "is better. (A copied file gets its log back when a receiver or the worker "
		    "opens it.)", journal);
}

static void
check_integrity(struct checkup *k)
{
	if (db_check(k->c->db) != HK_OK)
		check_say(k, CHECK_FAIL, "integrity", "%s; stop receivers and worker, keep the "
		    "file and its -wal, and go back to the last good copy", err_last());
	else
		check_say(k, CHECK_OK, "integrity", "the file is sound");
}

static void
check_statements(struct checkup *k)
{
	if (db_prepare_all(k->c->db) != HK_OK)
		check_say(k, CHECK_FAIL, "statements", "%s; this program and the database do "
		    "not fit: was the database changed by hand?", err_last());
	else
		check_say(k, CHECK_OK, "statements", "all %d fit the schema", (int)S_COUNT);
}

void
check_database(struct checkup *k)
{
	struct cli	*c = k->c;

	if (db_open(&c->db, c->conf->db, DB_RO, c->conf->busy_timeout_ms) != HK_OK) {
		check_say(k, CHECK_FAIL, "database", "%s", err_last());
		c->db = NULL;
		return;
	}
	check_say(k, CHECK_OK, "database", "%s opens, schema version %d as in this program",
	    c->conf->db, db_schema_version());
	check_journal(k);
	if (!k->quick)
		check_integrity(k);
	check_statements(k);
}
