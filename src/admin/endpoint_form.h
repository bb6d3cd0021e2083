/*
 * The form of an endpoint: what is typed, what it means, and what is wrong with it.
 */
#ifndef ADMIN_ENDPOINT_FORM_H
#define ADMIN_ENDPOINT_FORM_H

#include "admin/admin.h"
#include "outbox/endpoint.h"

/* As typed, trimmed; SPAN_NULL: empty. */
struct endpoint_form {
	struct span	 url, description, types, owner, filter, headers, rate, secret;
	bool		 thin, ordered, no_headers;
	/* the field that is wrong and a sentence about it; NULL: nothing is */
	const char	*wrong, *why;
};

/* Of a POST; and of one that is there, for the first look. */
void		 endpoint_form_read(const struct visit *, struct endpoint_form *);
enum hk_err	 endpoint_form_of(struct visit *, const struct endpoint *, struct endpoint_form *)
		    HK_MUST_USE;
/*
 * What it says, in the arena.  HK_SYNTAX: something is wrong with it, and the form
 * says what.
 */
enum hk_err	 endpoint_form_word(struct visit *, struct endpoint_form *, struct endpoint_word *)
		    HK_MUST_USE;
/* After HK_SYNTAX of a verb: err_last() begins with the field that is wrong. */
void		 endpoint_form_blame(struct visit *, struct endpoint_form *);
/*
 * "form": the fields; ep: it is changed, NULL: it is new.  "offers": types and
 * patterns to pick from.
 */
enum hk_err	 endpoint_form_put(struct visit *, const struct endpoint_form *,
		    const struct endpoint *) HK_MUST_USE;

#endif
