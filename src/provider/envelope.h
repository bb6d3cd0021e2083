/*
 * What the envelopes of all senders have in common: taking found values out
 * and refusing wrong ones by name.
 */
#ifndef PROVIDER_ENVELOPE_H
#define PROVIDER_ENVELOPE_H

#include "base/scan.h"
#include "provider/provider.h"

#define EVENT_ID_MAX	256
#define EVENT_TYPE_MAX	128
#define WORD_MAX	256	/* of lanes, accounts, versions */

/*
 * 1..most printable characters, or SPAN_NULL: absent, empty, too long or of
 * another kind.  For what an event may do without.
 */
struct span	 envelope_word(const struct scan_found *, struct arena *, size_t most);
/*
 * The same for what it cannot do without.  HK_SYNTAX: err_last() names it and
 * says whether it is missing or wrong.
 */
enum hk_err	 envelope_need(const struct scan_found *, struct arena *,
		    const char *name, size_t most, struct span *out) HK_MUST_USE;
/*
 * The id of a sender that signs it in a header: message_id, checked.
 * HK_SYNTAX: there is none.
 */
enum hk_err	 envelope_message_id(struct span message_id, struct span *out) HK_MUST_USE;

/*
 * Make everything the envelope points to a copy in the arena, so that its body
 * may go.  False: no memory.
 */
bool		 envelope_own(struct envelope *, struct arena *) HK_MUST_USE;

#endif
