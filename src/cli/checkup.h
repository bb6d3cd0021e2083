/*
 * The checks of hookkeeper doctor: each says one thing, and what to do.
 */
#ifndef CLI_CHECKUP_H
#define CLI_CHECKUP_H

#include <sys/types.h>

#include "cli/cli.h"

enum check_state { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_STATES };

struct checkup {
	struct cli	*c;
	const char	*base;			/* "https://example.org"; NULL: do not try */
	bool		 quick;			/* the database is not read whole */
	int		 n[CHECK_STATES];	/* how many of each */
};

/* Put out a line, or an element of "checks". */
void	 check_say(struct checkup *, enum check_state, const char *name, const char *fmt, ...)
	    HK_PRINTF(4, 5);

/* ---- check_place.c: settings, files, folders, disk ------------------- */

/* Loads the settings; everything else needs c->conf. */
void	 check_settings(struct checkup *);
void	 check_files(struct checkup *);
void	 check_disk(struct checkup *);
/* Whom we believe when something is sent to https. */
void	 check_authorities(struct checkup *);

enum file_kind { FILE_CONF, FILE_DB, FILE_FOLDER };
/* What a mode lets others do, as a clause; NULL: nothing. */
const char *mode_lets(mode_t, enum file_kind, enum check_state *);
/*
 * Does a folder look like one that a web server shows?  By its name, or by an
 * index page or .htaccess in it.
 */
bool	 looks_public(const char *folder);

/* ---- check_store.c: the database ------------------------------------- */

/* Opens it; what follows needs c->db. */
void	 check_database(struct checkup *);

/* ---- check_flow.c: what comes in, and what becomes of it -------------- */

void	 check_clock(struct checkup *);
void	 check_senders(struct checkup *);
void	 check_refused(struct checkup *);
void	 check_work(struct checkup *);
/* Events that are not for this mode. */
void	 check_foreign(struct checkup *);

/*
 * The time a sender signed: Stripe's t=, or the field of Standard Webhooks.
 * headers: as in event_body.  0: it does not say.
 */
int64_t	 signed_time_s(struct span signature, struct span headers);

/* ---- check_kind.c: secrets and programs -------------------------------- */

void	 check_secrets(struct checkup *);
/* What a secret of a built-in sender is instead, as a clause; NULL: it may be one. */
const char *secret_lacks(const char *sender, struct span text);
/* Versions of the .fcgi files where they are installed, and in folder; or NULL. */
void	 check_programs(struct checkup *, const char *folder);

/* ---- check_reach.c, check_shown.c: from outside; these need base -------- */

/* Signed probes to each receiver; nothing of them is stored. */
void	 check_reach(struct checkup *);
void	 check_authorization(struct checkup *);
/* Tries to fetch settings and database. */
void	 check_shown(struct checkup *);

#endif
