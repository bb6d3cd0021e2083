/*
 * What the calls have in common: lists, members that several of them write, and
 * lines of the audit log.
 */
#ifndef API_CALL_PART_H
#define API_CALL_PART_H

#include "api/api.h"

/* Of each step of a call: it is over, by an error of ours or a problem of the caller's. */
static inline bool
stops(const struct call *c, enum hk_err e)
{
	return e != HK_OK || c->problem != PROBLEM_NONE;
}

/* ---- lists: {"data":[...],"next":"..."} ------------------------------------------ */

/* Writes one row as an element of "data". */
typedef void row_fn(struct call *, struct stmt *, void *ctx);

#define LIST_PLACE	400	/* bytes */

struct list {
	int64_t		 limit;		/* rows of a page */
	struct span	 after;		/* SPAN_NULL: from the beginning */
	row_fn		*put;
	void		*ctx;
	int64_t		 low;		/* only from here on was looked; 0: everywhere */
	char		 place[LIST_PLACE];	/* of the row being put; put may say it otherwise */
};

/*
 * Read ?limit= and ?after=; what is asked for besides must be one of names, which
 * ends with NULL.  c->problem is set when it is not.
 */
enum hk_err	 list_begin(struct call *, const char *const *names, struct list *) HK_MUST_USE;
/* The place is a number; from the beginning: high. */
enum hk_err	 list_after(struct call *, const struct list *, int64_t high, int64_t *after)
		    HK_MUST_USE;
/*
 * Bind ":limit" and write the rows and "next": the first column of the last row
 * shown, unless put said otherwise, when there is another; else l->low.
 */
enum hk_err	 list_rows(struct call *, struct list *, struct stmt *) HK_MUST_USE;
/* c->problem: nobody said that place. */
enum hk_err	 list_lost(struct call *) HK_MUST_USE;
/* A list that has nothing in it. */
void		 list_empty(struct call *);

/* The value of the query, or SPAN_NULL; c->problem when it is none of the words. */
enum hk_err	 query_word(struct call *, const char *name, const char *const *words,
		    struct span *out) HK_MUST_USE;

/* ---- members --------------------------------------------------------------------- */

/* A number as the text it is outside; 0: null. */
void		 put_id(struct jw *, const char *key, int64_t id);
/* A time, or null. */
void		 put_time(struct jw *, const char *key, struct stmt *, int col);
/* The members of a user, of the row that API_USER_ONE found. */
enum hk_err	 put_user(struct call *, const char *id) HK_MUST_USE;

#define CREDITS_MOST	INT64_C(1000000000000000)	/* that are moved at once */
#define NOTE_MOST	500				/* bytes */

/* ---- whose credits ---------------------------------------------------------------- */

struct payer {
	struct owner	 owner;
	struct user	 user;		/* of a user; id "" else */
	bool		 deleted;
};
/* c->problem is NOT_FOUND when nobody has that id. */
enum hk_err	 payer_organization(struct call *, struct span id, struct payer *) HK_MUST_USE;
/* The body's "user" or "organization": one of them. */
enum hk_err	 payer_of_body(struct call *, struct payer *) HK_MUST_USE;
/* "user" and "organization": one is null. */
void		 put_owner(struct jw *, const struct owner *);

/*
 * Take credits in one piece.  What was booked under this key before is told again,
 * and nothing is taken; c->problem IDEMPOTENCY: it was booked for something else.
 * SHORT, PAST_DUE and DEACTIVATED as the names say, c->told has the numbers.
 */
struct burn {
	int64_t		 amount;
	struct span	 note, key;	/* the business key */
	bool		 chance;	/* a new one: nothing was booked under it */
	int64_t		 transfer, balance;	/* out */
};
enum hk_err	 burn(struct call *, const struct payer *, struct burn *) HK_MUST_USE;
/* Its key: "api:<what>:" and the Idempotency-Key, or chance. */
enum hk_err	 burn_key(struct call *, const char *what, struct burn *) HK_MUST_USE;

/* ---- the audit log ------------------------------------------------------------------ */

/* after: a JSON object, or SPAN_NULL. */
enum hk_err	 note_action(struct call *, const char *action, struct span subject,
		    struct span after) HK_MUST_USE;

#endif
