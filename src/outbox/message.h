/*
 * Messages: what happened here and others may want to hear.  Rows only, put in
 * the transaction that causes them; nothing is sent here.  The types that we
 * put, their members and samples are in outbox/types.c.
 */
#ifndef OUTBOX_MESSAGE_H
#define OUTBOX_MESSAGE_H

#include "base/json.h"
#include "store/store.h"

struct message {
	const char	*type;		/* "credits_granted" */
	const char	*owner_kind;	/* "user", "organization", "system" */
	struct span	 owner;
	struct span	 payload;	/* a JSON object */
	struct span	 cause;		/* unique: a second run puts nothing twice */
	int64_t		 event;		/* that caused it, or 0 */
	int64_t		 now;
	int64_t		 expires_us;	/* wiped then at the latest; 0: never */
};

/* Inside the caller's transaction.  *fresh (may be NULL) false: it was there. */
enum hk_err	 message_put(struct db *, const struct message *, bool *fresh) HK_MUST_USE;
/*
 * The payload of a message with this cause, put at this same `now`, is this
 * instead: for the transaction that put it and knows more by now.  *done false:
 * there is none.
 */
enum hk_err	 message_amend(struct db *, const struct message *, bool *done) HK_MUST_USE;

/*
 * The name of a message outside: "msg_", twelve digits of its id, and its time in
 * hexadecimal digits, by which it is another one's than that of a database made
 * anew.  message_named(): false for anything else.
 */
#define MESSAGE_NAME	32	/* bytes with the NUL */
void		 message_name(char out[MESSAGE_NAME], int64_t id, int64_t created_us);
bool		 message_named(struct span name, int64_t *id, int64_t *created_us);

#endif
