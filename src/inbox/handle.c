/* What an event does. */
#include "inbox/handle.h"

#include <stdio.h>

#include "base/fault.h"
#include "inbox/body.h"

bool
error_is_ours(enum hk_err e)
{
	switch (e) {
	case HK_NOMEM: case HK_IO: case HK_BUSY: case HK_FULL: case HK_READONLY:
	case HK_CORRUPT: case HK_NOTADB: case HK_NEWER: case HK_MOVED:
		return true;
	default:
		return false;
	}
}

static enum hk_err
handle(struct db *db, const struct claimed *c, struct task *t)
{
	const struct provider	*pv = provider_find(c->provider);
	const char		*type = pv != NULL ? provider_type(pv, c->type) : NULL;
	handler_fn		*run = type != NULL ? provider_handler(pv, type) : NULL;
	const char		*foreign;
	struct span		 body;
	enum hk_err		 e;

	if (run == NULL) {
		snprintf(t->reason, sizeof(t->reason), "no handler for this type");
		return HK_SKIP;
	}
	e = body_load(db, c->id, t->arena, NULL, &body);
	if (e == HK_NOTFOUND || e == HK_SYNTAX) {
		snprintf(t->reason, sizeof(t->reason), "%s", err_last());
		return HK_NEVER;
	}
	if (e != HK_OK)
		return e;
	if ((e = json_parse(body, &t->json)) != HK_OK) {
		snprintf(t->reason, sizeof(t->reason), "%s", err_last());
		return e == HK_NOMEM ? e : HK_NEVER;
	}
	if ((foreign = provider_foreign(pv, t->conf, t->json)) != NULL) {
		snprintf(t->reason, sizeof(t->reason), "%s", foreign);
		e = HK_SKIP;
		goto out;
	}
	t->type = span_str(type);
	t->event_id = c->event_id;
	t->occurred_us = c->occurred_us != 0 ? c->occurred_us : c->created_us;
	FAULT_DIE("handler.before");
	e = run(t);
	FAULT_DIE("handler.after");
out:
	json_free(t->json);
	t->json = NULL;
	return e;
}

enum hk_err
event_handle(struct db *db, const struct claimed *c, struct task *t)
{
	enum hk_err	v = handle(db, c, t);

	if (error_is_ours(v) || v == HK_OK || v == HK_SKIP || v == HK_LATER || v == HK_WAIT ||
	    v == HK_NEVER)
		return v;
	snprintf(t->reason, sizeof(t->reason), "%s: %s", err_name(v), err_last());
	return HK_LATER;
}
