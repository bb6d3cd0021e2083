/*
 * Passwords as they are kept: scrypt (RFC 7914), in the text form that other
 * programs use too, "$scrypt$ln=15,r=8,p=3$SALT$HASH" with base64 without '='.
 * What it costs is in the text, so it can rise without anybody noticing.
 *
 * One takes 32 MB and a quarter of a second, so a process works on one at a
 * time and lets PASSWORD_WAITING more threads wait: a flood of them must not
 * take all the threads.  The last of these places is for people who were here
 * before: a flood of strangers must not keep them out.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/err.h"
#include "base/span.h"

#define PASSWORD_TEXT		128	/* bytes of the text form, with its NUL */
#define PASSWORD_WAITING	2

struct password_cost {
	int	ln;	/* N = 2^ln */
	int	r, p;
};

/*
 * out = the text form, with a salt of its own.
 *
 *	cost	NULL: ln=15, r=8, p=3; tests take a cheaper one
 *
 * HK_BUSY: too many wait already; HK_NOMEM.
 */
enum hk_err	 password_hash(char out[PASSWORD_TEXT], struct span password,
		    const struct password_cost *cost) HK_MUST_USE;
/*
 * HK_OK: this is the password.  HK_BADSIG: it is not.
 *
 *	text	as stored; SPAN_NULL: nobody is there to have one, which takes as
 *		long and is HK_BADSIG, so that time does not tell who exists
 *	cost	what a missing text costs; NULL as above
 *	known	somebody who was here before asks
 *
 * HK_SYNTAX: the text is none of ours, or would cost more than 256 MB.
 * HK_BUSY, HK_NOMEM.
 */
enum hk_err	 password_verify(struct span text, struct span password,
		    const struct password_cost *cost, bool known) HK_MUST_USE;
/* Would it be HK_BUSY just now?  To find out before anything is written down. */
bool		 password_crowded(bool known);

#endif
