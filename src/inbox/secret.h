/*
 * When each signing secret was seen at work, so that its owner knows which one
 * may go after a rotation.
 */
#ifndef INBOX_SECRET_H
#define INBOX_SECRET_H

#include "inbox/desk.h"

/*
 * label signed an event just now.  Writes to the minute, and mostly not at all.
 * NULL: nothing signed it.  Inside the caller's transaction.
 */
enum hk_err	 secret_seen(struct db *, const struct desk *, const char *label,
		    int64_t now) HK_MUST_USE;

#endif
