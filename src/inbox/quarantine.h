/*
 * Quarantine of requests without a good signature: copied at once, explained
 * by the doctor and written in batches on a thread of its own, within budgets.
 * Nothing their senders do can fill the disk, hold the database's lock, take
 * a request's place or slow one down: past a budget they are only counted.
 *
 * (What a configured secret signs is not here: it is kept before its sender
 * is answered, by receive.)
 */
#ifndef INBOX_QUARANTINE_H
#define INBOX_QUARANTINE_H

#include "http/http.h"
#include "inbox/refusal.h"
#include "sign/doctor.h"
#include "store/writer.h"

#define QUARANTINE_BODY	(256 << 10)	/* of a longer body only the size is kept */

/* A refused request, as its receiver has it. */
struct refused {
	const char		*owner;		/* lives as long as the program */
	const struct scheme	*scheme;
	const struct sign_how	*how;
	const char		*secret_field;	/* not to be kept; or NULL; lives as long */
	const struct http_request *rq;
	struct span		 remote_addr;	/* whose it is shown to be */
	enum sign_reason	 why;
};

struct quarantine_opts {
	struct writer		*writer;
	const struct doctor_secret *secret;	/* of all senders; kept, not copied */
	size_t			 nsecret;
	int64_t			 tolerance_s;
	int			 mode;		/* conf.mode */
	int64_t			 per_minute;	/* shaped ones kept; noise a tenth of it */
};

struct quarantine;

/* thread false: plain CGI, which writes in quarantine_stop(), after its answer. */
enum hk_err	 quarantine_start(struct quarantine **, const struct quarantine_opts *,
		    bool thread) HK_MUST_USE;
/*
 * From any thread; copies what it needs.  Never fails: out of budget or
 * memory the request is counted and not kept.
 */
void		 quarantine_put(struct quarantine *, const struct refused *);
/* Writes what waits, while the writer still runs.  NULL is fine. */
void		 quarantine_stop(struct quarantine *);

#endif
