/*
 * Desks: where the requests of each sender are taken.  The program of a
 * built-in sender has one, custom.fcgi one for each [custom NAME] section.
 */
#ifndef INBOX_DESK_H
#define INBOX_DESK_H

#include <stdatomic.h>

#include "provider/custom.h"
#include "sign/doctor.h"

#define DESK_KEYS	16	/* secrets of one sender that are used at once */

struct desk {
	const struct provider	*pv;
	const struct conf_sender *sender;	/* its name is the column's value */
	const struct custom	*custom;	/* NULL: a built-in sender */
	const char		*title;		/* for people: "Stripe", "github" */
	const struct scheme	*scheme;
	const struct sign_how	*how;		/* or NULL */
	const char		*secret_field;	/* not to be kept; or NULL */
	struct sign_key		*key;		/* nkey of them; 0: not configured yet */
	size_t			 nkey;
	int64_t			*seen_us;	/* each key's, the writer's thread's alone */
	_Atomic int64_t		 said_us;	/* when its lack of a secret was logged */
};

struct desks {
	struct desk	*desk;
	size_t		 n;
	bool		 by_name;	/* the path's last step tells which */
	struct arena	*arena;
};

/*
 * All desks of a program: of &provider_custom any number, else one.  They live
 * as long as conf.  HK_CONF: noted, a secret is none of its scheme, there are
 * more than DESK_KEYS, or settings do not go together; HK_NOMEM.
 */
enum hk_err	 desks_open(struct desks *, const struct provider *, const struct conf *)
		    HK_MUST_USE;
void		 desks_close(struct desks *);	/* cleanses the keys; zeroed is fine */

/*
 * Whose request is this?  path: as in struct http_request.  Custom senders are
 * found by ".../custom/NAME" (or ".../custom.fcgi/NAME"), one '/' more or less
 * at the end; built-in ones do not look at it.  NULL: nobody's.
 */
struct desk	*desks_find(struct desks *, struct span path);

/*
 * As struct scheme's verify.  With verify = off HK_OK without a look, and the
 * verdict has nothing but the id.
 */
enum hk_err	 desk_verify(const struct desk *, const struct fields *, struct span body,
		    int64_t now_s, int64_t tolerance_s, struct sign_verdict *) HK_MUST_USE;
/*
 * What a verified request says, and what to do with it.  HK_SYNTAX: no event,
 * err_last() says why; HK_NOMEM.  The envelope points into fields, body and arena.
 */
enum hk_err	 desk_read(const struct desk *, const struct conf *, const struct fields *,
		    struct span body, struct span message_id, struct arena *,
		    struct envelope *, struct disposition *) HK_MUST_USE;

/*
 * The secrets of all senders that are configured, for the doctor.  Lives as
 * long as conf and arena; NULL (*n is 0): there is none, or no memory.
 */
const struct doctor_secret *desk_secrets(const struct conf *, struct arena *, size_t *n);

#endif
