/* scrypt, by OpenSSL, and its text form. */
#include "crypto/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/id.h"

#define SALT_LEN	16
#define HASH_LEN	32
#define MEMORY_MOST	((uint64_t)256 << 20)
#define LN_MOST		20
#define R_MOST		32
#define P_MOST		16

static const struct password_cost usual = { 15, 8, 3 };

/* ---- one at a time -------------------------------------------------------- */

static pthread_mutex_t	turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	over = PTHREAD_COND_INITIALIZER;
static bool		working;
static int		waiting;

/* The lock is held. */
static bool
is_full(bool known)
{
	return working && waiting >= (known ? PASSWORD_WAITING : PASSWORD_WAITING - 1);
}

bool
password_crowded(bool known)
{
	bool	full;

	pthread_mutex_lock(&turn);
	full = is_full(known);
	pthread_mutex_unlock(&turn);
	return full;
}

static enum hk_err
turn_take(bool known)
{
	enum hk_err	e = HK_OK;

	pthread_mutex_lock(&turn);
	if (is_full(known))
		e = err_tell(HK_BUSY, "too many passwords are to be checked just now");
	else {
		waiting++;
		while (working)
			pthread_cond_wait(&over, &turn);
		waiting--;
		working = true;
	}
	pthread_mutex_unlock(&turn);
	return e;
}

static void
turn_give(void)
{
	pthread_mutex_lock(&turn);
	working = false;
	pthread_cond_signal(&over);
	pthread_mutex_unlock(&turn);
}

/* scrypt's own formula, and a little for what OpenSSL needs besides. */
static uint64_t
memory(const struct password_cost *c)
{
	return 128 * (uint64_t)c->r * ((UINT64_C(1) << c->ln) + (uint64_t)c->p + 2);
}

static enum hk_err
work(uint8_t hash[HASH_LEN], struct span password, const uint8_t salt[SALT_LEN],
    const struct password_cost *c, bool known)
{
	enum hk_err	e;
	int		ok;

	if ((e = turn_take(known)) != HK_OK)
		return e;
	ok = EVP_PBE_scrypt(password.len > 0 ? password.p : "", password.len, salt, SALT_LEN,
	    UINT64_C(1) << c->ln, (uint64_t)c->r, (uint64_t)c->p, memory(c) + (1 << 20),
	    hash, HASH_LEN);
	turn_give();
	return ok == 1 ? HK_OK : err_note(HK_NOMEM, "no memory (%llu MB) for a password's hash",
	    (unsigned long long)(memory(c) >> 20));
}

/* ---- the text form -------------------------------------------------------- */

/* Without the padding. */
static void
put64(char *out, const uint8_t *in, size_t len)
{
	base64_encode(out, in, len);
	out[strcspn(out, "=")] = '\0';
}

static bool
get64(uint8_t *out, size_t want, struct span text)
{
	size_t	len;

	return base64_decode(out, want, &len, text) && len == want;
}

/* "ln=15" */
static bool
number(struct span s, const char *name, int most, int *out)
{
	struct span	key = span_cut(&s, '=');
	int64_t		n;

	if (!span_is(key, name) || !span_u63(s, &n) || n < 1 || n > most)
		return false;
	*out = (int)n;
	return true;
}

static bool
costs(struct span s, struct password_cost *c)
{
	return number(span_cut(&s, ','), "ln", LN_MOST, &c->ln) &&
	    number(span_cut(&s, ','), "r", R_MOST, &c->r) &&
	    number(span_cut(&s, ','), "p", P_MOST, &c->p) && s.p == NULL &&
	    memory(c) <= MEMORY_MOST;
}

static bool
parse(struct span text, struct password_cost *c, uint8_t salt[SALT_LEN],
    uint8_t hash[HASH_LEN])
{
	return span_is(span_cut(&text, '$'), "") && span_is(span_cut(&text, '$'), "scrypt") &&
	    costs(span_cut(&text, '$'), c) && get64(salt, SALT_LEN, span_cut(&text, '$')) &&
	    get64(hash, HASH_LEN, text);
}

enum hk_err
password_hash(char out[PASSWORD_TEXT], struct span password, const struct password_cost *cost)
{
	const struct password_cost *c = cost != NULL ? cost : &usual;
	char		salt64[BASE64_LEN(SALT_LEN) + 1], hash64[BASE64_LEN(HASH_LEN) + 1];
	uint8_t		salt[SALT_LEN], hash[HASH_LEN];
	enum hk_err	e;

	random_fill(salt, sizeof(salt));
	if ((e = work(hash, password, salt, c, true)) != HK_OK)
		return e;
	put64(salt64, salt, sizeof(salt));
	put64(hash64, hash, sizeof(hash));
	snprintf(out, PASSWORD_TEXT, "$scrypt$ln=%d,r=%d,p=%d$%s$%s", c->ln, c->r, c->p,
	    salt64, hash64);
	OPENSSL_cleanse(hash, sizeof(hash));
	return HK_OK;
}

enum hk_err
password_verify(struct span text, struct span password, const struct password_cost *cost,
    bool known)
{
	struct password_cost	c = cost != NULL ? *cost : usual;
	uint8_t			salt[SALT_LEN] = { 0 }, want[HASH_LEN] = { 0 }, hash[HASH_LEN];
	bool			same;
	enum hk_err		e;

	if (text.p != NULL && !parse(text, &c, salt, want))
		return err_note(HK_SYNTAX, "a stored password is not in the form "
		    "$scrypt$ln=..,r=..,p=..$SALT$HASH, or costs too much; set a new one");
	if ((e = work(hash, password, salt, &c, known)) != HK_OK)
		return e;
	same = CRYPTO_memcmp(hash, want, HASH_LEN) == 0;
	OPENSSL_cleanse(hash, sizeof(hash));
	return same && text.p != NULL ? HK_OK : HK_BADSIG;
}
