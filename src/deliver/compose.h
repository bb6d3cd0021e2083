/*
 * A mail as text: RFC 5322 with MIME, for sendmail.  Lines end in a single LF, as
 * sendmail takes them on its standard input.
 *
 * Whatever names, subject and texts hold, it cannot make a header, an address or
 * a part of its own: headers are encoded words (RFC 2047) unless they are plain
 * ASCII, bodies are quoted-printable, and addresses have been judged before
 * (base/mailbox.h).
 */
#ifndef DELIVER_COMPOSE_H
#define DELIVER_COMPOSE_H

#include "base/buf.h"
#include "outbox/message.h"

struct mail {
	struct span	 from_name, from, to;	/* name may be empty; addresses are good ones */
	struct span	 subject;
	struct span	 text, html;		/* UTF-8; one may be empty: SPAN_NULL */
	int64_t		 message, message_us;	/* its Message-ID and Date: a repeat is the same mail */
};

/* Appends; see buf_ok(). */
void		 compose(struct buf *, const struct mail *);

#endif
