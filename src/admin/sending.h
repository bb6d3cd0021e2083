/*
 * Samples, sent as their sender would: by the hookkeeper command, for only that
 * one knows how to post.
 */
#ifndef ADMIN_SENDING_H
#define ADMIN_SENDING_H

#include "admin/admin.h"
#include "provider/provider.h"

/*
 * May samples of this sender be sent?  NULL: yes; *label is that of the secret
 * to sign with (NULL: the first), *url where to.  Else a sentence that says what
 * is missing.  In live mode only a secret that calls itself a test's will do, for
 * what a sample says goes into the books.
 */
const char	*sending_hindered(const struct visit *, const struct conf_sender *,
		    const char **label, const char **url);

/* Where this site is for others, "https://example.org"; NULL: nobody says. */
const char	*sending_base(const struct visit *);

struct sent {
	int64_t	status;		/* of the answer */
	int64_t	event;		/* its number here; 0: the answer has none */
	const char *url;	/* where it went; NULL: nowhere */
};
/*
 * Send one and wait for the answer, 20 s at most.  No transaction may be open.
 * HK_CONF: hindered, or the command is not there; HK_NOTFOUND: there is no
 * sample of this type; HK_IO, HK_TIMEOUT: nobody answered; HK_BUSY: others are
 * being sent.  All told.
 */
enum hk_err	 sending_do(struct visit *, const struct provider *, const char *type,
		    struct sent *) HK_MUST_USE;

#endif
