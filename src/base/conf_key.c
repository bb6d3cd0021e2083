/* The keys of the setting `key`: from base64 to bytes. */
#include "base/codec.h"
#include "base/conf_part.h"

#define KEYS_MOST	16

/* The next item of a list separated by blanks; its length is 0 at the end. */
static struct span
next(const char **list)
{
	struct span	one;

	*list += strspn(*list, " \t");
	one = span_of(*list, strcspn(*list, " \t"));
	*list += one.len;
	return one;
}

/* No message shows the text. */
enum hk_err
conf_keys(struct whole *w)
{
	struct conf	*c = &w->conf;
	const char	*list = c->key;
	struct place	 here = place_of(w, &w->set[ROW_key]);
	struct span	 one;
	uint8_t		(*keys)[CONF_KEY];
	size_t		 len, n = 0;

	c->key = NULL;		/* the bytes are what counts; this would be shown */
	if (list == NULL)
		return HK_OK;
	if ((keys = (void *)whole_wiped(w, KEYS_MOST * CONF_KEY)) == NULL)
		return conf_nomem();
	while ((one = next(&list)).len > 0) {
		if (n == KEYS_MOST)
			return conf_wrong(&here, "hookkeeper.key has more than %d keys", KEYS_MOST);
		if (!base64_decode(keys[n], CONF_KEY, &len, one) || len != CONF_KEY)
			return conf_wrong(&here, "hookkeeper.key: key %zu is not base64 of %d bytes; "
			    "'openssl rand -base64 %d' makes one", n + 1, CONF_KEY, CONF_KEY);
		n++;
	}
	c->keys = (const uint8_t (*)[CONF_KEY])keys;
	c->nkeys = n;
	return HK_OK;
}
