/* A signed request as text, and judging it slowly. */
#include "message.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_MOST	INT64_C(999999999999)	/* what 12 digits can say */
#define TOLERANCE_MOST	86400
#define FLIPS		8

static void
read_field(struct message *m, struct span line)
{
	struct span	name = line;
	const char	*colon = line.len > 0 ? memchr(line.p, ':', line.len) : NULL;

	if (colon == NULL || m->fields.n == MESSAGE_FIELDS)
		return;
	name.len = (size_t)(colon - line.p);
	line = span_of(colon + 1, line.len - name.len - 1);
	if (line.len > 0 && line.p[0] == ' ')
		line = span_of(line.p + 1, line.len - 1);
	line.len = line.len > 0 ? strnlen(line.p, line.len) : 0;
	m->field[m->fields.n++] = (struct field){ fuzz_copy(name), fuzz_copy(line) };
}

void
message_read(struct message *m, struct span input)
{
	struct span	line = fuzz_line(&input);
	const char	*blank = line.len > 0 ? memchr(line.p, ' ', line.len) : NULL;
	char		*rest, *secret;

	memset(m, 0, sizeof(*m));
	m->fields.v = m->field;
	m->now_s = fuzz_number(line, NOW_MOST);
	if (blank != NULL)
		m->tolerance_s = fuzz_number(span_of(blank + 1,
		    (size_t)(line.p + line.len - blank) - 1), TOLERANCE_MOST);
	rest = fuzz_string(fuzz_line(&input));
	while ((secret = strsep(&rest, " ")) != NULL && m->nsecret < MESSAGE_SECRETS)
		if (*secret != '\0')
			m->secret[m->nsecret++] = fuzz_string(span_str(secret));
	while ((line = fuzz_line(&input)).len > 0)
		read_field(m, line);
	m->body = fuzz_copy(input);
}

char *
message_get(const struct message *m, const char *name)
{
	for (size_t i = 0; i < m->fields.n; i++)
		if (span_is(m->field[i].name, name))
			return fuzz_string(m->field[i].value);
	return fuzz_string(SPAN_NULL);
}

/* The value with its digests put in; SPAN_NULL: there are none. */
static struct span
filled(struct span value, const char *const *text)
{
	size_t	 room = value.len, n = 0;
	char	*out;

	for (size_t i = 0; i < value.len; i++)
		room += value.p[i] == '$' ? SIGN_VALUE_MAX : 0;
	if (room == value.len)
		return SPAN_NULL;
	out = fuzz_room(room);
	for (size_t i = 0; i < value.len; i++) {
		size_t	k = i + 1 < value.len ? (size_t)(value.p[i + 1] - '1') : SIZE_MAX;

		if (value.p[i] == '$' && k < MESSAGE_SECRETS && text[k] != NULL) {
			memcpy(out + n, text[k], strlen(text[k]));
			n += strlen(text[k]);
			i++;
		} else
			out[n++] = value.p[i];
	}
	return fuzz_copy(span_of(out, n));
}

void
message_fill(struct message *m, const char *(*digest)(const struct message *, size_t))
{
	const char	*text[MESSAGE_SECRETS] = { NULL };
	struct span	 value;

	for (size_t i = 0; i < m->nsecret; i++)
		text[i] = digest(m, i);
	for (size_t i = 0; i < m->fields.n; i++)
		if ((value = filled(m->field[i].value, text)).p != NULL)
			m->field[i].value = value;
}

void
slow_hmac(uint8_t out[32], struct span key, const char *before, struct span body)
{
	size_t	 n = strlen(before);
	char	*all = fuzz_room(n + body.len);

	memcpy(all, before, n);
	if (body.len > 0)
		memcpy(all + n, body.p, body.len);
	HMAC(EVP_sha256(), key.p, (int)key.len, (unsigned char *)all, n + body.len, out, NULL);
}

const char *
slow_hex(const uint8_t *p, size_t n)
{
	char	*out = fuzz_room(2 * n + 1);

	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
	return out;
}

const char *
slow_base64(const uint8_t *p, size_t n)
{
	char	*out = fuzz_room((n + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)out, p, (int)n);
	return out;
}

bool
slow_unbase64(const char *text, uint8_t *out, size_t room, size_t *len)
{
	size_t	 given = strlen(text), n = strcspn(text, "="), full = (n + 3) / 4 * 4;
	char	*padded = fuzz_room(full + 1);
	uint8_t	*bytes = (uint8_t *)fuzz_room(full + 1);

	if (n % 4 == 1 || (given != n && given != full))
		return false;
	memset(padded, '=', full);
	memcpy(padded, text, n);
	padded[full] = '\0';
	if (strncmp(padded, text, given) != 0 ||
	    EVP_DecodeBlock(bytes, (unsigned char *)padded, (int)full) < 0)
		return false;
	*len = full / 4 * 3 - (full - n);
	if (*len > room || strcmp(slow_base64(bytes, *len), padded) != 0)
		return false;
	memcpy(out, bytes, *len);
	return true;
}

bool
slow_matches(const char *text, const char *regex)
{
	static struct {
		const char	*text;
		regex_t		 compiled;
	} known[16];
	size_t	i = 0;

	while (known[i].text != NULL && strcmp(known[i].text, regex) != 0)
		i++;
	if (known[i].text == NULL) {
		known[i].text = regex;
		if (regcomp(&known[i].compiled, regex, REG_EXTENDED | REG_NOSUB) != 0)
			abort();
	}
	return regexec(&known[i].compiled, text, 0, NULL, 0) == 0;
}

enum sign_reason
slow_age(const struct message *m, int64_t signed_s)
{
	if (llabs(m->now_s - signed_s) <= m->tolerance_s)
		return SIGN_OK;
	return signed_s < m->now_s ? SIGN_TOO_OLD : SIGN_TOO_NEW;
}

static enum hk_err
code_of(enum sign_reason r)
{
	switch (r) {
	case SIGN_OK:
		return HK_OK;
	case SIGN_NO_SECRET:
		return HK_CONF;
	case SIGN_TOO_OLD:
	case SIGN_TOO_NEW:
		return HK_STALE;
	default:
		return HK_BADSIG;
	}
}

static bool
inside_a_value(const struct message *m, struct span s)
{
	for (size_t i = 0; i < m->fields.n; i++)
		if (fuzz_inside(s, m->field[i].value))
			return true;
	return s.p == NULL;
}

/* A request as the scheme itself signs it. */
static void
sign_own(const struct message *m, const struct scheme *s, const struct sign_key *key,
    struct message *own)
{
	struct signed_fields	out = { .n = 0 };
	enum hk_err		e = s->sign(m->body, SPAN("msg_1"), key, 1, m->now_s, &out);

	must(e == HK_OK, "%s signs: %s", s->name, err_last());
	*own = *m;
	own->fields = (struct fields){ own->field, out.n };
	for (size_t i = 0; i < out.n; i++)
		own->field[i] = (struct field){ span_str(out.name[i]),
		    fuzz_copy(span_str(out.value[i])) };
	own->body = fuzz_copy(m->body);
}

/* Turn one bit of a value or of the body, and back. */
static void
turn(struct message *own, size_t at, int bit)
{
	for (size_t i = 0; i < own->fields.n; i++) {
		struct span	v = own->field[i].value;

		if (at < v.len) {
			((char *)(uintptr_t)v.p)[at] ^= (char)(1 << bit);
			return;
		}
		at -= v.len;
	}
	if (at < own->body.len)
		((char *)(uintptr_t)own->body.p)[at] ^= (char)(1 << bit);
}

static void
judge_own(const struct message *m, const struct scheme *s, const struct sign_key *key,
    unsigned int bits)
{
	struct message		own;
	struct sign_verdict	v;
	size_t			all;
	uint32_t		pick = 2166136261u;
	enum hk_err		e;

	sign_own(m, s, key, &own);
	e = s->verify(&own.fields, own.body, key, 1, m->now_s, m->tolerance_s, &v);
	must(e == HK_OK, "%s refuses its own signature: %s", s->name, err_last());
	all = own.body.len;
	for (size_t i = 0; i < own.fields.n; i++)
		all += own.field[i].value.len;
	for (size_t i = 0; i < m->body.len; i++)
		pick = (pick ^ (uint8_t)m->body.p[i]) * 16777619u;
	pick ^= (uint32_t)m->now_s;
	for (int i = 0; i < FLIPS; i++) {
		size_t	at = (pick = pick * 1664525u + 1013904223u) / 8 % all;
		int	bit = (int)(pick >> 29);

		if ((bits >> bit & 1) == 0)
			continue;
		turn(&own, at, bit);
		e = s->verify(&own.fields, own.body, key, 1, m->now_s, m->tolerance_s, &v);
		must(e != HK_OK, "%s takes a signature with bit %d of byte %zu turned",
		    s->name, bit, at);
		turn(&own, at, bit);
	}
}

void
message_judge(const struct message *m, const struct scheme *s, const struct sign_key *keys,
    size_t nkey, enum sign_reason expected, unsigned int bits)
{
	struct sign_verdict	v;
	enum hk_err		e = s->verify(&m->fields, m->body, keys, nkey, m->now_s,
				    m->tolerance_s, &v);

	must(v.reason == expected, "%s says %s, the slow way says %s", s->name,
	    sign_reason_name(v.reason), sign_reason_name(expected));
	must(e == code_of(expected), "%s returns %s for %s", s->name, err_name(e),
	    sign_reason_name(expected));
	must(e == HK_OK || err_last()[0] != '\0', "%s refuses without a word", s->name);
	must(e != HK_OK || v.label != NULL, "%s: a good signature by nobody", s->name);
	must(v.label == NULL || e == HK_OK || e == HK_STALE, "%s: %s, by %s", s->name,
	    err_name(e), v.label);
	must(inside_a_value(m, v.header), "%s: the header shown is not the request's", s->name);
	must(inside_a_value(m, v.id), "%s: the id shown is not the request's", s->name);
	must(v.id.len <= SIGN_ID_MAX, "%s: an id of %zu bytes", s->name, v.id.len);
	if (nkey > 0 && keys[0].kind != SIGN_PUBLIC)
		judge_own(m, s, &keys[0], bits);
}
