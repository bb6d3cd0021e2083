/*
 * One call of Unkey's API v2: a POST with a JSON object, answered by
 * {"meta":{"requestId":...},"data":{...}} or "error":{"title","detail","status","type"}.
 *
 * Source: https://www.unkey.com/docs/api-reference/v2 (keys.getKey, keys.updateCredits)
 */
#ifndef DELIVER_UNKEY_CALL_H
#define DELIVER_UNKEY_CALL_H

#include "deliver/channels.h"

#define UNKEY_CALL_MS	8000L

struct unkey_call {
	CURL			*h;
	struct curl_slist	*fields;
	struct guard		 guard;
	bool			 in_multi;
	char			 answer[EXCERPT_MOST];
	size_t			 len;
};

enum call_end {
	CALL_GOOD,		/* 2xx */
	CALL_REFUSED,		/* another answer: nothing was done */
	CALL_NOT_SENT,		/* it never left */
	CALL_UNKNOWN		/* no answer, or 5xx: it may have been done */
};

/* method: "keys.getKey".  HK_SYNTAX: the API's address may not be reached; HK_NOMEM. */
enum hk_err	 unkey_call_begin(struct channels *, struct flight *, struct unkey_call *,
		    const char *method, struct span body) HK_MUST_USE;
/* Into f->result: status, error, answer, times to wait. */
enum call_end	 unkey_call_end(struct channels *, struct flight *, struct unkey_call *, CURLcode);
/* Forget it. */
void		 unkey_call_drop(struct channels *, struct unkey_call *);

#endif
