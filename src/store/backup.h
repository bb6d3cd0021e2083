/*
 * The database as one file, made while it is in use; and back from such a file.
 *
 * A backup is all pages as they were in one moment, whatever is written meanwhile:
 * a snapshot of the log holds up no writer.  Where there is no log (network file
 * systems) it is copied a few pages at a time, and from the beginning when somebody
 * writes; after some such beginnings writers wait, once, until it is done.
 *
 * Databases of an older schema are taken as they are: who upgrades copies first.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

struct backup_opts {
	int64_t	 busy_ms;	/* as db_open() */
	/* what: "copying", ...; all 0: not known.  May be NULL. */
	void	(*progress)(void *ctx, const char *what, int64_t done, int64_t all);
	void	*ctx;
};

struct backup {
	int64_t	 bytes;
	int64_t	 schema;	/* its number */
};

/*
 * The database at path into file, mode 0600: written under another name, synced,
 * checked, then renamed, so that under its own name it is whole or not there.  A
 * file that is a backup already is replaced.
 * HK_FULL (told): no room.  HK_EXISTS (told): file is something else, or in use.
 */
enum hk_err	 db_backup(const char *path, const char *file, const struct backup_opts *,
		    struct backup *) HK_MUST_USE;

struct restored {
	struct backup	 from;
	char		 kept[4096];	/* the database that was there; "": there was none */
	char		 users[512];	/* who has it open: "stripe.fcgi (process 12), ..."; "": nobody */
};

/*
 * Make the database at path what file is.  file is checked first and never changed;
 * an older schema is brought to ours.  What was there is kept beside, under its name
 * and the time.
 *
 * Into a database that can be opened it is one transaction: killed at any moment,
 * it leaves all of the one or all of the other, and programs that have it open go on
 * with what it is then.  One that cannot be opened makes way for a new file, and
 * nobody may have it open.
 *
 * HK_BUSY (told): somebody has it open, and not `anyway`; users says who.
 * HK_NOTADB, HK_NEWER, HK_CORRUPT, HK_NOTFOUND: file is no backup that we can use.
 * HK_FULL (told): no room.
 */
enum hk_err	 db_restore(const char *path, const char *file, bool anyway,
		    const struct backup_opts *, struct restored *) HK_MUST_USE;

#endif
