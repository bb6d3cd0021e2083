/*
 * The audit log: who did what, when, and what it changed.  Written inside the
 * transaction of the action itself, so neither is there without the other.
 */
#ifndef ADMIN_AUDITLOG_H
#define ADMIN_AUDITLOG_H

#include "admin/admin.h"

struct auditlog {
	const char	*action;	/* "event.retry" */
	struct span	 subject;	/* "event:12"; or SPAN_NULL */
	const char	*result;	/* "done", "refused", "failed"; NULL: "done" */
	struct span	 before, after;	/* JSON, or SPAN_NULL; never a secret */
};

/* Of a visit, inside the transaction that is open on v->db. */
enum hk_err	 auditlog_put(struct visit *, const struct auditlog *) HK_MUST_USE;
/* Of the command: who is the name of the system's user who runs it. */
enum hk_err	 auditlog_command(struct db *, int64_t now, const struct auditlog *)
		    HK_MUST_USE;

/* A text for before or after; a value that is SPAN_NULL is null. */
struct fact {
	const char	*name;
	struct span	 value;
};
/* The object of them, in the arena; SPAN_NULL: there are none, or no memory. */
struct span	 auditlog_facts(struct arena *, const struct fact *, size_t n);
/* "person:anna", in the arena; SPAN_NULL: no memory. */
struct span	 auditlog_subject(struct arena *, const char *kind, struct span name);

#endif
