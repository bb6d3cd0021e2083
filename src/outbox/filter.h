/*
 * Filters of payloads: which messages of its types an endpoint wants.
 *
 *	{"all":[{"path":"amount","in":[500,1000]},{"path":"plan","exists":true},
 *	 {"path":"kind","equals":"purchase"}]}		or {"any":[...]}
 *
 * A path is names joined by dots, as in base/json.h, within the payload.  Values
 * are compared by kind: 5 is not "5".  equals null is "absent or null".
 */
#ifndef OUTBOX_FILTER_H
#define OUTBOX_FILTER_H

#include "base/json.h"

#define FILTER_MOST	4096	/* bytes */
#define FILTER_RULES	32

/* HK_SYNTAX names the rule and what is wrong with it. */
enum hk_err	 filter_good(struct span filter) HK_MUST_USE;
/* SPAN_NULL takes everything.  HK_SYNTAX as filter_good(): the endpoint's error. */
enum hk_err	 filter_takes(struct span filter, struct json *payload, bool *yes) HK_MUST_USE;

#endif
