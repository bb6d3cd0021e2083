/*
 * Logins: from a name and a password, or from what the web server says, to a
 * struct visitor.
 *
 * The cookie holds 32 random bytes; the database their SHA-256.  HttpOnly,
 * SameSite=Lax, Secure under TLS, path /admin.  A login ends after 12 hours
 * without a visit and 14 days in any case.
 *
 * Guessing: wrong passwords slow down the address they come from, and the name
 * for browsers that never logged in as it.  A browser that did keeps a device
 * cookie (a year, sealed), and has an account of failures of its own: so nobody
 * who types a name again and again locks its owner out.
 */
#ifndef ADMIN_LOGIN_H
#define ADMIN_LOGIN_H

#include "admin/admin.h"
#include "admin/throttle.h"
#include "crypto/password.h"
#include "crypto/seal.h"

#define LOGIN_IDLE_US	(INT64_C(12) * 3600 * 1000000)
#define LOGIN_WHOLE_US	(INT64_C(14) * 86400 * 1000000)
#define LOGIN_COOKIE	"hk_login"
#define LOGIN_FORM_COOKIE "hk_form"	/* what a form token is made of while nobody is logged in */
#define LOGIN_DEVICE_COOKIE "hk_device_"	/* and the person's id */

/*
 * Who is it?  v->db may be read only.  Fills v->who; nobody: person 0, role
 * ROLE_NONE, and a form token for the login form (bound to a cookie that it
 * sets when there is none).  *stale: seen_at is more than a minute old, and
 * login_touch() should be called with a connection that can write.
 *
 * Whom the web server names, when it is to be believed (admin.remote_user), is
 * by_server: with the role of the person of that name, and none when that one
 * is disabled; without such a person with that of admin.remote_user_role, and
 * person 0.
 */
enum hk_err	 login_who(struct visit *, bool *stale) HK_MUST_USE;
enum hk_err	 login_touch(struct db *, struct span token, int64_t now) HK_MUST_USE;

/*
 * Does the browser speak TLS?  Behind a proxy that ends it the web server does
 * not know, but the form says from what address it was sent.
 */
bool		 login_by_tls(const struct visit *);
/*
 * Is this POST from one of our own pages?  Its Origin (or, without one, its
 * Referer; or Sec-Fetch-Site) is this host, and the form has the token.
 * False: *why is a sentence.
 */
bool		 login_form_ok(const struct visit *, const char **why);

struct login_input {
	struct span	name, password, code;
	/* Of login_try()'s answer before, in place of the password; or SPAN_NULL. */
	struct span	proof;
	const struct password_cost *cost;	/* of a password nobody has; NULL: the usual */
};

struct login_answer {
	int64_t		wait_s;	/* HK_BUSY */
	struct span	proof;	/* HK_WAIT: the password was right; sealed, good for 5 minutes */
};

/*
 * Try a name, password and code.  Opens and commits its own transactions, and
 * writes the audit log.  HK_OK: logged in, cookies are set; a login this
 * browser had before has ended.  HK_BADSIG: wrong, without saying what (also a
 * disabled or unknown person, which takes as long).  HK_BUSY: answer->wait_s
 * seconds first.  HK_WAIT: the password is right and a code is needed.
 */
enum hk_err	 login_try(struct visit *, const struct login_input *, struct login_answer *)
		    HK_MUST_USE;
/* Ends the login of this visit, and forgets its cookie; no audit line. */
enum hk_err	 login_end(struct visit *) HK_MUST_USE;

/* ---- for the pages of this room ------------------------------------------- */

/*
 * Is this the password of somebody who is logged in?  Counted like an attempt to
 * log in, but by itself; transactions as in login_try().  HK_BADSIG; HK_BUSY:
 * *wait_s.
 */
enum hk_err	 login_check_password(struct visit *, struct span password, int64_t *wait_s)
		    HK_MUST_USE;
struct seal_keys login_keys(const struct conf *);
/* The token as the database has it: hex of the SHA-256 of the cookie's text; 65 bytes. */
void		 login_token(char out[65], struct span cookie);

#endif
