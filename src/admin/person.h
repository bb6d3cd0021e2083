/*
 * People who may open the pages, and their passwords.  Verbs work inside the
 * caller's transaction; hashing takes a while (crypto/password.h), so it is
 * done before one is opened.
 */
#ifndef ADMIN_PERSON_H
#define ADMIN_PERSON_H

#include "admin/admin.h"

#define PERSON_NAME_MOST	128	/* bytes; printable, no blank at either end */
#define PERSON_PASSWORD_LEAST	10	/* characters */
#define PERSON_PASSWORD_MOST	1024	/* bytes */

struct person {
	int64_t		 id;
	enum role	 role;
	bool		 disabled, has_password, has_totp;
	struct span	 name;
	struct span	 password, totp;	/* as stored */
	int64_t		 totp_step, created_us, seen_us;
};

/* Spans are in the arena.  HK_NOTFOUND: err_last() says who. */
enum hk_err	 person_find(struct db *, struct span name, struct arena *, struct person *)
		    HK_MUST_USE;
enum hk_err	 person_load(struct db *, int64_t id, struct arena *, struct person *)
		    HK_MUST_USE;
/* HK_SYNTAX: err_last() says which rule the name or the password breaks. */
enum hk_err	 person_check_name(struct span) HK_MUST_USE;
enum hk_err	 person_check_password(struct span) HK_MUST_USE;
/* hash: of password_hash(), or SPAN_NULL: none.  HK_EXISTS: the name is taken. */
enum hk_err	 person_add(struct db *, struct span name, enum role, struct span hash,
		    int64_t now, int64_t *id) HK_MUST_USE;
/* Ends all logins of the person but `keep` (a login.token; SPAN_NULL: all). */
enum hk_err	 person_set_password(struct db *, int64_t id, struct span hash,
		    struct span keep, int64_t now) HK_MUST_USE;
/*
 * HK_NEVER: nobody who may administer would be left (an admin that is not
 * disabled and has a password).  Disabling ends all logins.  HK_NOTFOUND.
 */
enum hk_err	 person_set_role(struct db *, int64_t id, enum role, int64_t now) HK_MUST_USE;
enum hk_err	 person_disable(struct db *, int64_t id, bool disabled, int64_t now) HK_MUST_USE;
/*
 * sealed: by seal() for person_totp_purpose(); SPAN_NULL: no second factor any
 * more.  step: whose code has shown that the app knows it; it counts no more.
 */
enum hk_err	 person_set_totp(struct db *, int64_t id, struct span sealed, int64_t step,
		    int64_t now) HK_MUST_USE;
/* HK_BADSIG: a code of this step or a later one was used. */
enum hk_err	 person_use_totp(struct db *, int64_t id, int64_t step) HK_MUST_USE;
#define TOTP_PURPOSE	32
void		 person_totp_purpose(char out[TOTP_PURPOSE], int64_t id);
/* Ends the logins of a person but `keep`; *n: how many. */
enum hk_err	 person_end_logins(struct db *, int64_t id, struct span keep, int64_t *n)
		    HK_MUST_USE;
/* How many there are who may log in by a password. */
enum hk_err	 person_count(struct db *, int64_t *n) HK_MUST_USE;
/* A password that is easy to type and has 80 random bits: "kfbq-wzyt-..."; out needs 40 bytes. */
void		 password_make(char *out);

#endif
