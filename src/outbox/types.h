/*
 * The types of message that are put by ourselves: what each says, member by
 * member, with a sample.  Pages and documents are made of this table.
 */
#ifndef OUTBOX_TYPES_H
#define OUTBOX_TYPES_H

#include "base/span.h"

struct message_member {
	const char	*name;
	const char	*kind;		/* "text", "number", "time" (ISO 8601); "or null" */
	const char	*about;
};

struct message_type {
	const char			*name;
	const char			*about;		/* a sentence */
	const struct message_member	*members;	/* ends with name NULL; all are always there */
	const char			*sample;	/* a payload */
	/*
	 * It holds a one-time code: only for a command or mail of the settings that
	 * names it in full; masked for viewers; wiped after its last attempt.
	 */
	bool				 secret;
};

extern const struct message_type message_types[];	/* by name; ends with name NULL */

const struct message_type *message_type_find(struct span name);	/* NULL: not one of ours */
/* Is it one of those that hold one-time codes? */
bool		 message_type_secret(struct span name);

#endif
