/*
 * What a mail says: the message's own words (clerk.email), or a template's.
 */
#ifndef DELIVER_LETTER_H
#define DELIVER_LETTER_H

#include "deliver/channel.h"
#include "deliver/compose.h"

/*
 * *m is told all; spans in the flight's arena.  *error says why not: "E_FILE" the
 * template may not be used, "E_TEMPLATE" it is wrong, "E_RECIPIENT" the message has
 * no address for it, "E_MEMORY"; err_last() has the sentence.  HK_NEVER: repeating
 * it makes no difference.
 */
enum hk_err	 letter_write(const struct flight *, const struct conf_channel *, struct mail *m,
		    const char **error) HK_MUST_USE;

#endif
