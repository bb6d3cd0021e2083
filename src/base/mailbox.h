/*
 * Mail addresses, as far as we send to them: local@domain of printable ASCII,
 * without quotes, comments, or anything that a header or a command line could
 * take for more than one address.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/span.h"

#define MAILBOX_MOST	254	/* RFC 5321, 4.5.3.1.3, without the brackets */

bool		 mailbox_good(struct span address);
/*
 * "ADDRESS" or "NAME <ADDRESS>", the name maybe in quotes.  False: neither; a
 * name has no control character.  *name is empty when there is none.
 */
bool		 mailbox_split(struct span, struct span *name, struct span *address);

#endif
