/* "UUID expiry", sealed; base64 in the alphabet that needs no escapes in an address. */
#include "api/room.h"

#include <inttypes.h>

#include "base/clock.h"
#include "crypto/seal.h"

#define PURPOSE		"room"
#define TEXT_MOST	256		/* bytes; ours have 111 or so */

static struct seal_keys
keys_of(const struct conf *c)
{
	return (struct seal_keys){ c->keys, c->nkeys };
}

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory for a room token");
}

enum hk_err
room_token(const struct conf *c, const char *user, int64_t now, struct arena *arena,
    struct span *text, int64_t *expires_us)
{
	struct seal_keys	 keys = keys_of(c);
	int64_t			 until = now + ROOM_LIFE_S * US_PER_S;
	const char		*plain;
	struct span		 sealed;
	char			*out;
	enum hk_err		 e;

	if ((plain = arena_printf(arena, "%s %" PRId64, user, until)) == NULL)
		return no_memory();
	if ((e = seal(arena, &keys, PURPOSE, span_str(plain), &sealed)) != HK_OK)
		return e;
	if ((out = arena_str(arena, sealed)) == NULL)
		return no_memory();
	while (sealed.len > 0 && out[sealed.len - 1] == '=')
		sealed.len--;
	for (size_t i = 0; i < sealed.len; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	*text = span_of(out, sealed.len);
	*expires_us = until;
	return HK_OK;
}

/* Into the alphabet of seals.  False: has bytes that no token of ours has. */
static bool
to_sealed(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '+' || text[i] == '/' || text[i] == '=')
			return false;
		text[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	}
	return true;
}

enum hk_err
room_check(const struct conf *c, struct span text, int64_t now, struct arena *arena,
    char user[UUID_LEN + 1], int64_t *expires_us)
{
	struct seal_keys	 keys = keys_of(c);
	struct span		 plain, id, rest;
	char			*sealed;
	int64_t			 until;
	enum hk_err		 e;

	if (text.len == 0 || text.len > TEXT_MOST)
		return err_tell(HK_BADSIG, "no room token: it has another length");
	if ((sealed = arena_str(arena, text)) == NULL)
		return no_memory();
	if (!to_sealed(sealed, text.len))
		return err_tell(HK_BADSIG, "no room token: it has other letters");
	if ((e = seal_open(arena, &keys, PURPOSE, span_of(sealed, text.len), &plain,
	    NULL)) != HK_OK)
		return e == HK_BADSIG ? err_tell(e, "no room token of ours") : e;
	rest = plain;
	id = span_cut(&rest, ' ');
	if (!uuid_valid(id) || !span_u63(rest, &until))
		return err_tell(HK_BADSIG, "a room token of another version");
	if (now >= until)
		return err_tell(HK_STALE, "the room token is over since %lld s",
		    (long long)((now - until) / US_PER_S));
	memcpy(user, id.p, UUID_LEN);
	user[UUID_LEN] = '\0';
	*expires_us = until;
	return HK_OK;
}
