/*
 * The doctor: says why a request was refused, to the owner and never to its
 * sender.  It tries what could have happened on the way: another sender's
 * secret, another time, a body printed again, a secret copied with a blank.
 * Nothing it finds makes a request good.
 */
#ifndef SIGN_DOCTOR_H
#define SIGN_DOCTOR_H

#include "base/arena.h"
#include "sign/scheme.h"

#define DOCTOR_OWN_MAX		16		/* further secrets of the owner are not looked at */
#define DOCTOR_BODY_MAX		(256 << 10)	/* a longer body is taken as it came */
#define DOCTOR_DETAIL		512

struct doctor_secret {
	const char		*owner;		/* its sender: "stripe" */
	const struct scheme	*scheme;
	const struct sign_how	*how;		/* or NULL, as in struct sign_key */
	struct span		 secret;	/* its text */
	const char		*label;
};

struct doctor_case {
	const char		*owner;		/* whose address the request came to */
	const struct scheme	*scheme;
	const struct sign_how	*how;
	const struct fields	*fields;
	struct span		 body;
	const struct doctor_secret *secret;	/* of all senders, the owner's among them */
	size_t			 nsecret;
	int64_t			 now_s, tolerance_s;
	int			 mode;		/* MODE_TEST, MODE_LIVE; -1: not known */
};

/*
 * reason, for a column, the first of these that is true:
 *
 *	ok			nothing is wrong: a secret of the owner signs it, in time
 *	wrong_provider		another sender's secret signs it, or the owner's scheme does
 *				with a secret of another section
 *	missing_signature	a signature header is missing; names what came instead
 *	malformed_header	a signature header of another shape; names the part
 *	clock			a secret signs it, for another time: a repetition, or a clock
 *	body_changed		a secret signs it as it was before somebody printed it again
 *	secret_text		a secret signs it when its text is read in another way
 *	wrong_mode		Stripe: an event of the other mode than ours
 *	no_match		none of these: a wrong secret, or a forgery
 *
 * detail is plain words: what is wrong and what to do.  ASCII, without control
 * characters; it holds no secret, and of foreign text a short piece at most.
 * shaped: the owner's signature headers are there in a good grammar, and the
 * body is a JSON object; what does not even look like an event is noise.
 */
struct diagnosis {
	const char	*reason;
	char		 detail[DOCTOR_DETAIL];
	bool		 shaped;
};

/*
 * Never fails: without memory (arena NULL, or full) fewer things are tried, and
 * shaped is false.  Some 0.3 ms for a body of 2 KB, at most about 10 ms for any,
 * so call it only within a budget, and behind the answer.  Changes err_last().
 */
void	 doctor_diagnose(struct diagnosis *, const struct doctor_case *, struct arena *);

#endif
