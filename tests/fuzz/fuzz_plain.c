/*
 * Senders whose way of signing is a setting: HMAC-SHA256 with any header,
 * prefix, encoding, template and list, and secrets shown as they are.  The
 * verifier says what a second, slow reading of the rules says.
 *
 * Before the message stands how it is signed, its parts separated by '|':
 *
 *	plain|header|prefix|hex or base64|template|timestamp_header|id_header|
 *	    separator|digest_item|timestamp_item
 *	bearer|header    basic|header
 */
#include "message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEN_MOST	32	/* digests of one header; further ones are not read */
#define BLANKS		" \t\r\n"

enum { SCHEME, HEADER, PREFIX, ENCODING, TEMPLATE, TIME_HEADER, ID_HEADER, SEPARATOR,
	DIGEST_ITEM, TIME_ITEM, PARTS };

static const char	*part[PARTS];
static struct sign_how	 how;

static void
read_how(struct span line)
{
	char	*rest = fuzz_string(line);

	for (int i = 0; i < PARTS; i++)
		part[i] = rest != NULL ? strsep(&rest, "|") : "";
	how = (struct sign_how){
		.header = part[HEADER], .prefix = part[PREFIX],
		.encoding = strcmp(part[ENCODING], "base64") == 0 ? SIGN_BASE64 : SIGN_HEX,
		.template = *part[TEMPLATE] != '\0' ? part[TEMPLATE] : NULL,
		.timestamp_header = part[TIME_HEADER], .id_header = part[ID_HEADER],
		/* the separator '|' cannot be written here, so "!" stands for it */
		.item_separator = *part[SEPARATOR] == '!' ? '|' : *part[SEPARATOR],
		.digest_item = part[DIGEST_ITEM], .timestamp_item = part[TIME_ITEM],
	};
}

static char *
trimmed(char *s)
{
	size_t	n;

	s += strspn(s, BLANKS);
	for (n = strlen(s); n > 0 && strchr(BLANKS, s[n - 1]) != NULL; n--)
		s[n - 1] = '\0';
	return s;
}

/* What a request says; points into copies. */
struct said {
	const char	*time, *id, *digest[SEEN_MOST];
	size_t		 ntime, n;
};

static void
see(struct said *said, const char *text)
{
	size_t	n = strlen(part[PREFIX]);

	if (strncmp(text, part[PREFIX], n) == 0 && said->n < SEEN_MOST)
		said->digest[said->n++] = text + n;
}

static void
read_header(struct said *said, const struct message *m)
{
	char	*rest = message_get(m, part[HEADER]), *item, *value;
	char	 separator[] = { how.item_separator, '\0' };

	memset(said, 0, sizeof(*said));
	said->time = *part[TIME_HEADER] != '\0' ? message_get(m, part[TIME_HEADER]) : NULL;
	said->id = *part[ID_HEADER] != '\0' ? message_get(m, part[ID_HEADER]) : NULL;
	if (strlen(rest) > SIGN_HEADER_MAX)
		return;
	if (how.item_separator == '\0') {
		see(said, trimmed(rest));
		return;
	}
	while ((item = strsep(&rest, separator)) != NULL) {
		if ((value = strchr(item = trimmed(item), '=')) == NULL)
			continue;
		*value++ = '\0';
		if (strcmp(item, part[DIGEST_ITEM]) == 0)
			see(said, value);
		else if (*part[TIME_ITEM] != '\0' && strcmp(item, part[TIME_ITEM]) == 0) {
			said->time = value;
			said->ntime++;
		}
	}
}

/* The template with its pieces put in. */
static struct span
text_signed(const struct message *m, const struct said *said)
{
	const char	*t = how.template != NULL ? how.template : "{body}";
	const char	*time = said->time != NULL ? said->time : "";
	const char	*id = said->id != NULL ? said->id : "";
	char		*out = fuzz_room(strlen(t) + strlen(time) + strlen(id) + m->body.len + 1);
	size_t		 n = 0;

	while (*t != '\0')
		if (strncmp(t, "{timestamp}", 11) == 0) {
			n += (size_t)sprintf(out + n, "%s", time);
			t += 11;
		} else if (strncmp(t, "{id}", 4) == 0) {
			n += (size_t)sprintf(out + n, "%s", id);
			t += 4;
		} else if (strncmp(t, "{body}", 6) == 0) {
			if (m->body.len > 0)
				memcpy(out + n, m->body.p, m->body.len);
			n += m->body.len;
			t += 6;
		} else
			out[n++] = *t++;
	return span_of(out, n);
}

static void
hmac(uint8_t mac[32], const struct message *m, size_t i, const struct said *said)
{
	slow_hmac(mac, span_str(m->secret[i]), "", text_signed(m, said));
}

static const char *
digest(const struct message *m, size_t i)
{
	struct said	said;
	uint8_t		mac[32];

	if (strcmp(part[SCHEME], "plain") != 0)
		return slow_base64((const uint8_t *)m->secret[i], strlen(m->secret[i]));
	read_header(&said, m);
	hmac(mac, m, i, &said);
	return how.encoding == SIGN_BASE64 ? slow_base64(mac, 32) : slow_hex(mac, 32);
}

/* Has the text the shape of a digest, and which one? */
static bool
shaped(const char *text, uint8_t out[32])
{
	size_t	n = 0;

	if (how.encoding == SIGN_BASE64)
		return strlen(text) == 44 && slow_unbase64(text, out, 32, &n) && n == 32;
	if (!slow_matches(text, "^[0-9a-fA-F]{64}$"))
		return false;
	for (int i = 0; i < 32; i++)
		sscanf(text + 2 * i, "%2hhx", &out[i]);
	return true;
}

static enum sign_reason
judge(const struct message *m, const struct said *said)
{
	uint8_t	digests[SEEN_MOST][32], mac[32];
	size_t	n = 0;
	bool	timed = how.template != NULL && strstr(how.template, "{timestamp}") != NULL;
	bool	match = false;
	int64_t	t;

	for (size_t i = 0; i < said->n; i++)
		n += shaped(said->digest[i], digests[n]);
	if (n == 0 || said->ntime > 1 || (*part[TIME_ITEM] != '\0' && said->ntime == 0) ||
	    (said->id != NULL && (strlen(said->id) > SIGN_ID_MAX ||
	    !slow_matches(said->id, "^[!-~]+$"))))
		return SIGN_BAD_HEADER;
	if (timed && !slow_matches(said->time, "^[0-9]{1,13}$"))
		return SIGN_BAD_TIMESTAMP;
	for (size_t k = 0; k < m->nsecret; k++) {
		hmac(mac, m, k, said);
		for (size_t i = 0; i < n; i++)
			match |= memcmp(digests[i], mac, sizeof(mac)) == 0;
	}
	if (!match || !timed)
		return match ? SIGN_OK : SIGN_NO_MATCH;
	t = atoll(said->time);
	return slow_age(m, strlen(said->time) == 13 ? t / 1000 : t);
}

static enum sign_reason
expected(const struct message *m)
{
	struct said	said;

	if (m->nsecret == 0)
		return SIGN_NO_SECRET;
	if (*message_get(m, part[HEADER]) == '\0')
		return SIGN_MISSING_HEADER;
	read_header(&said, m);
	if ((*part[TIME_HEADER] != '\0' && *said.time == '\0') ||
	    (*part[ID_HEADER] != '\0' && *said.id == '\0'))
		return SIGN_MISSING_HEADERS;
	return judge(m, &said);
}

/* Behind "bearer " or "basic " in any case, or NULL. */
static char *
behind_word(char *value)
{
	size_t	n = strlen(part[SCHEME]);

	return strncasecmp(value, part[SCHEME], n) == 0 && value[n] == ' ' ?
	    trimmed(value + n) : NULL;
}

static enum sign_reason
expected_shown(const struct message *m)
{
	char	*own = trimmed(message_get(m, part[HEADER])), *shown = NULL;
	uint8_t	 text[SIGN_KEY_MAX];
	size_t	 len;

	if (m->nsecret == 0)
		return SIGN_NO_SECRET;
	if (*part[HEADER] != '\0' && strcmp(part[HEADER], "authorization") != 0 &&
	    *message_get(m, part[HEADER]) != '\0')
		shown = behind_word(own) != NULL ? behind_word(own) : own;
	else
		shown = behind_word(trimmed(message_get(m, "authorization")));
	if (shown == NULL || *shown == '\0')
		return SIGN_MISSING_HEADER;
	len = strlen(shown);
	if (strcmp(part[SCHEME], "basic") == 0) {
		if (!slow_unbase64(shown, text, sizeof(text), &len))
			return SIGN_BAD_HEADER;
		shown = (char *)text;
	} else if (len > SIGN_HEADER_MAX)
		return SIGN_BAD_HEADER;
	for (size_t k = 0; k < m->nsecret; k++)
		if (strlen(m->secret[k]) == len && memcmp(m->secret[k], shown, len) == 0)
			return SIGN_OK;
	return SIGN_NO_MATCH;
}

static void
make_keys(const struct scheme *s, struct message *m, struct sign_key *key)
{
	size_t	n = 0;

	for (size_t i = 0; i < m->nsecret; i++) {
		key[n] = (struct sign_key){ .label = m->secret[i], .how = &how };
		if (s->key(&key[n], span_str(m->secret[i])) == HK_OK)
			m->secret[n++] = m->secret[i];
		else
			must(err_last()[0] != '\0' && (s != &scheme_plain ||
			    span_trim(span_str(m->secret[i])).len == 0),
			    "a secret of plain HMAC is refused: %s", err_last());
	}
	m->nsecret = n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span		 input = span_of((const char *)data, size);
	const struct scheme	*s = &scheme_plain;
	struct message		 m;
	struct sign_key		 key[MESSAGE_SECRETS];

	read_how(fuzz_line(&input));
	if (strcmp(part[SCHEME], "bearer") == 0)
		s = &scheme_bearer;
	else if (strcmp(part[SCHEME], "basic") == 0)
		s = &scheme_basic;
	else
		part[SCHEME] = "plain";
	if (s != &scheme_plain || sign_how_check(&how) == HK_OK) {
		message_read(&m, input);
		make_keys(s, &m, key);
		message_fill(&m, digest);
		message_judge(&m, s, key, m.nsecret,
		    s == &scheme_plain ? expected(&m) : expected_shown(&m),
		    s == &scheme_plain ? BITS_BUT_CASE : 0);
	}
	fuzz_forget();
	return 0;
}
