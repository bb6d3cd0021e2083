/*
 * What the books tell: a message for each change that somebody outside can see,
 * as outbox/types.c documents them.  Only for the files of this room.
 */
#ifndef BOOKS_TELL_H
#define BOOKS_TELL_H

#include "books/subscription.h"

/* A transfer that was just booked. */
struct booking {
	int64_t			 transfer;	/* its id */
	const struct owner	*owner;
	const char		*kind;
	struct span		 business_key;
	int64_t			 amount;	/* below 0: it took */
	int64_t			 balance;	/* after it */
};
/* credit_balance_updated, and credits_granted when it gave. */
enum hk_err	 tell_booking(const struct cause *, const struct booking *) HK_MUST_USE;

enum user_news { USER_CREATED, USER_UPDATED };
enum hk_err	 tell_user(const struct cause *, enum user_news, const struct user *,
		    const struct clerk_user *) HK_MUST_USE;
enum hk_err	 tell_user_deleted(const struct cause *, const struct user *) HK_MUST_USE;

/* As the row is now; nothing when it is nobody's, or only its name is known. */
enum hk_err	 tell_subscription(const struct cause *, const char *type,
		    const char *provider, struct span ref) HK_MUST_USE;
/*
 * An item of it changed: what this transaction has told of the subscription says
 * so too, else it is subscription.updated.
 */
enum hk_err	 tell_subscription_again(const struct cause *, const char *provider,
		    struct span ref) HK_MUST_USE;

#endif
