/*
 * A refused request as a row of the quarantine, for the owner's eyes.
 */
#ifndef INBOX_REFUSAL_H
#define INBOX_REFUSAL_H

#include "base/span.h"
#include "store/store.h"

struct refusal {
	const char	*provider;
	const char	*reason;	/* "unknown_type", "no_match"; see sign/doctor.h */
	struct span	 detail;	/* a sentence */
	bool		 verified;	/* a configured secret signed it */
	bool		 shaped;	/* looks like this sender's; else noise */
	const char	*secret_label;	/* or NULL */
	struct span	 event_id, event_type, remote_addr, headers;
	struct span	 body;		/* SPAN_NULL: too large to keep */
	size_t		 size;		/* of the body as it came */
	int64_t		 received_us;
};

/* The same request again only counts up.  Inside the caller's transaction. */
enum hk_err	 refusal_store(struct db *, const struct refusal *) HK_MUST_USE;

/* Budgets for what comes without a good signature, by refusal.shaped. */
#define REFUSALS_SHAPED		5000
#define REFUSALS_SHAPED_BYTES	(64 << 20)
#define REFUSALS_NOISE		500
#define REFUSALS_NOISE_BYTES	(4 << 20)

/* Drop the oldest past the budgets.  Inside the caller's transaction. */
enum hk_err	 refusal_trim(struct db *) HK_MUST_USE;

/* Count refused requests; reason is what the signature check said. */
enum hk_err	 refusal_count(struct db *, const char *provider, const char *reason,
		    int64_t times, int64_t now) HK_MUST_USE;

#endif
