/*
 * Messages that are worth something for a while alone: mails and short messages
 * with one-time codes.  After their last attempt, and at the latest when their
 * time is over, their payload is wiped.
 */
#ifndef OUTBOX_EXPIRE_H
#define OUTBOX_EXPIRE_H

#include "store/store.h"

/* Is there a command or mail of the settings that names this type in full? */
enum hk_err	 channel_listens(struct db *, struct span type, bool *yes) HK_MUST_USE;
/*
 * What is open of those whose time is over is failed ("expired"), and they are
 * wiped; *more: there are more.  A transaction of its own when there is anything.
 */
enum hk_err	 messages_expire(struct db *, int64_t now, bool *more) HK_MUST_USE;
/*
 * Something of this message is over: wipe it, unless more is open of it, or it has
 * not been handed to all who want it, or it never expires.  In the caller's transaction.
 */
enum hk_err	 message_settled(struct db *, int64_t id) HK_MUST_USE;

#endif
