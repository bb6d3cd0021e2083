/*
 * What is known of how an event came: its request's fields, its signature, and
 * where its sender shows it.
 */
#ifndef ADMIN_EVENT_FACTS_H
#define ADMIN_EVENT_FACTS_H

#include "admin/admin.h"

struct event_facts {
	struct span	 provider, event_id, event_type, lane, signature, secret_label;
	bool		 verified;
	int		 livemode;	/* 1, 0; -1: not said */
	int64_t		 created_us;
	struct fields	 fields;	/* of the request, as kept */
};

/* The kept fields of a JSON object, in the arena; at most 256. */
enum hk_err	 event_fields(struct span headers, struct arena *, struct fields *) HK_MUST_USE;

/*
 * "signature": {"scheme","field","value","secret_label","verified","signed_at",
 * "age_us","ahead"}; what is not known is null.  age_us: how old it was when it
 * came; ahead: its time was later than ours.
 */
void		 event_signature_put(struct visit *, const struct event_facts *);
/* "dashboard": null, or {"title","href","exact"}: a page of its sender's on it. */
void		 event_dashboard_put(struct visit *, const struct event_facts *);
/* "headers": [{"name","value"}], "header_count". */
void		 event_headers_put(struct visit *, const struct event_facts *);
/* "command": how to send it to a program on this machine. */
void		 event_command_put(struct visit *, const struct event_facts *, int64_t id);

#endif
