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
/*
 * The doctor's probe: a body that its sender's secret has signed and that begins
 * with PROBE_BODY, so it can be no event.  Nothing is stored.  Says what arrived:
 * {"probe":true,"version":"0.1.0","bytes":N,"echo":"..."}, echo being the value of
 * the field PROBE_FIELD.
 */
#define PROBE_BODY	"hookkeeper"
#define PROBE_FIELD	"x-hookkeeper-probe"
void		 answer_probe(struct http_exchange *);
void		 answer_nobody(struct http_exchange *);	/* no such address */
void		 answer_method(struct http_exchange *);

#endif
