/*
 * Deliveries: one message for one endpoint, until it has arrived or we give up.
 *
 * Policy (Standard Webhooks, and as Svix does it): an answer 200..299 within 20 s
 * is success; anything else is tried again after 5 s, 5 min, 30 min, 2 h, 5 h,
 * 10 h, 14 h, 20 h, 24 h, each +-20 %, then it is failed and the message
 * message.attempt.exhausted is put.  Retry-After (seconds or a date) is obeyed
 * between once and twice the planned delay; 429, 502, 503, 504 and silence wait 60 s at
 * least.  410, or five days of nothing but failure (the clock starts with the
 * second failure that is 12 h after a first within 24 h), disable the endpoint:
 * endpoint.disabled is put, what is open becomes held.
 */
#ifndef OUTBOX_DELIVERY_H
#define OUTBOX_DELIVERY_H

#include "outbox/endpoint.h"

#define DELIVERY_TRIES		10
#define DELIVERY_TIME_S		20	/* for one attempt */
#define DELIVERY_LEASE_US	(120 * (int64_t)1000000)	/* longer than any attempt */
#define EXCERPT_MOST		16384	/* bytes of an answer that are kept */

struct delivery {
	int64_t		 id, endpoint, message, attempts, due_us;
	struct span	 subject;
	/* of the message */
	struct span	 type, owner_kind, owner, payload;
	int64_t		 event, message_us;
	int64_t		 expires_us;	/* no attempt after this; 0: never */
};

/*
 * Take due deliveries of one endpoint: first attempts before retries, then
 * oldest due first.  Of an ordered endpoint only the first of each subject is
 * ever due; the next is when it is over.  They are leased, and attempts counts
 * this one.  No more after `bytes` of payloads; one is always taken.  Inside the
 * caller's transaction.
 */
enum hk_err	 delivery_claim(struct db *, int64_t endpoint, int64_t now, int most, size_t bytes,
		    struct arena *, struct delivery *, int *n) HK_MUST_USE;
/*
 * Enabled endpoints with something due, of ids above `after`, in order; *n == room:
 * ask again after the last.  *next_us is when the next of the others will be due
 * (INT64_MAX: never).  Costs as much as there are enabled endpoints, never as much
 * as there are deliveries.
 */
enum hk_err	 delivery_endpoints(struct db *, int64_t after, int64_t now, int64_t *id, size_t room,
		    size_t *n, int64_t *next_us) HK_MUST_USE;

/* What an attempt came to. */
struct delivered {
	int64_t		 delivery, endpoint;
	int64_t		 started_us, took_us, dns_us, connect_us, tls_us, first_us;	/* < 0: not come to */
	struct span	 address, request, answer;
	int		 status;	/* of HTTP or exit; 0: none */
	const char	*error;		/* "E_TIMEOUT"; NULL */
	int64_t		 retry_after_s;	/* < 0: not said */
	bool		 good;
	bool		 gone;		/* 410: disable the endpoint */
	bool		 final;		/* no repetition will help: fail at once */
	const char	*hold;		/* not NULL: a person is to decide, this is why; NULL */
};

/*
 * Write it down and do what follows, inside the caller's transaction.  chance: for
 * the jitter.  HK_SKIP: it was canceled or taken back meanwhile; the attempt is
 * kept all the same.
 */
enum hk_err	 delivery_settle(struct db *, const struct delivered *, uint32_t chance,
		    struct arena *, int64_t now) HK_MUST_USE;
/* Claimed but never begun: due again at once, not counted. */
enum hk_err	 delivery_release(struct db *, int64_t id, int64_t now) HK_MUST_USE;
/*
 * Leases that ended before this; INT64_MAX: all, for who has just taken the worker's
 * lock.  Opens and commits its own transaction, when there is anything to do.
 */
enum hk_err	 delivery_reclaim(struct db *, int64_t before, int64_t now) HK_MUST_USE;
/* Delay after the n-th failure, from 1; < 0: give up. */
int64_t		 delivery_delay_us(int64_t n, uint32_t r);

/* ---- by hand ------------------------------------------------------------------------ */

/*
 * Send one again, whatever became of it: due at once (of an ordered endpoint: when
 * what is open of its subject before it is over), its attempts at 0.
 * HK_NOTFOUND; HK_BUSY: it is being sent; HK_NEVER: its endpoint is deleted,
 * paused or disabled.
 */
enum hk_err	 delivery_resend(struct db *, int64_t id, int64_t now) HK_MUST_USE;
/* HK_SKIP: nothing is open. */
enum hk_err	 delivery_cancel(struct db *, int64_t id, int64_t now) HK_MUST_USE;

enum recover_what {
	RECOVER_FAILED,		/* failed and canceled since */
	RECOVER_MISSED,		/* held, and messages of before it was made, or while it was disabled */
	RECOVER_HELD		/* held alone: a pause is over */
};
struct recovery {
	enum recover_what	 what;
	int64_t			 endpoint, since_us, until_us;	/* until 0: now */
	int64_t			 rate;	/* a second: they are due one after another; 0: all at once */
	/*
	 * message.id up to which RECOVER_MISSED has looked, kept from step to step (0 before
	 * the first), so that a step never looks again at what others did.  NULL: from the
	 * beginning each time.
	 */
	int64_t			*seen;
};
/* How many would it be?  At most 100,000 are counted: *more.  In a snapshot. */
enum hk_err	 recovery_count(struct db *, const struct recovery *, int64_t *n, bool *more)
		    HK_MUST_USE;
/*
 * At most `most` in one transaction (the caller's); *n of them, *more: call again
 * with due = now + n of all steps so far / rate.  The first is due at `due`.
 * HK_NEVER: the endpoint is not enabled; HK_NOTFOUND.
 */
enum hk_err	 recovery_step(struct db *, const struct recovery *, int64_t now, int64_t due,
		    int most, int64_t *n, bool *more) HK_MUST_USE;

#endif
