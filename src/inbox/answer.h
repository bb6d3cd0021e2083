/*
 * What receivers answer.  No answer tells a stranger why he was refused, nor
 * which header, time or secret would have been right.
 */
#ifndef INBOX_ANSWER_H
#define INBOX_ANSWER_H

#include "http/http.h"

/* Each of these is the exchange's end. */

/* Stored: id is the first one's when it was there.  challenge: as in the envelope. */
void		 answer_stored(struct http_exchange *, int64_t id, bool fresh,
		    struct span challenge);
/* status: as the sender expects it (struct provider). */
void		 answer_unsigned(struct http_exchange *, int status);
void		 answer_unknown_type(struct http_exchange *);
/* Not kept, so not acknowledged: the sender comes again. */
void		 answer_failed(struct http_exchange *, enum hk_err);
/* GET, HEAD: title tells whose endpoint it is. */
void		 answer_alive(struct http_exchange *, const char *title);
void		 answer_nobody(struct http_exchange *);	/* no such address */
void		 answer_method(struct http_exchange *);

#endif
