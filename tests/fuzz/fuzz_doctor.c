/*
 * The doctor.  A line says to whom a request came ("stripe", "clerk", "github",
 * "paddle", "token"); behind it stands the request (message.h).  The first
 * secret and the third are the owner's, the others of the next two senders.
 * "$1" is the signature header that the first secret's sender would send.
 *
 *	- what is fine is "ok", nothing else is, and "clock" only what is stale
 *	- the detail is harmless text, and holds no secret
 */
#include "base/codec.h"
#include "base/scan.h"
#include "message.h"
#include "sign/doctor.h"

#include <stdlib.h>

#define SENDERS	5

static const struct sign_how github = {
	.header = "x-hub-signature-256", .prefix = "sha256=", .encoding = SIGN_HEX,
};
static const struct sign_how paddle = {
	.header = "paddle-signature", .encoding = SIGN_BASE64, .template = "{timestamp}:{body}",
	.item_separator = ';', .digest_item = "h1", .timestamp_item = "ts",
};

static const struct sender {
	const char		*name;
	const struct scheme	*scheme;
	const struct sign_how	*how;
} senders[SENDERS] = {
	{ "stripe",	&scheme_stripe,	NULL },
	{ "clerk",	&scheme_svix,	NULL },
	{ "github",	&scheme_plain,	&github },
	{ "paddle",	&scheme_plain,	&paddle },
	{ "token",	&scheme_bearer,	NULL },
};
static const struct sender	*owner;

/* Whose is secret i? */
static const struct sender *
sender_of(size_t i)
{
	return i % 2 == 0 ? owner : &senders[((size_t)(owner - senders) + 1 + i / 2) % SENDERS];
}

static const char *
digest(const struct message *m, size_t i)
{
	const struct sender	*s = sender_of(i);
	struct sign_key		 key = { .label = "x", .how = s->how };
	struct signed_fields	 out;

	if (s->scheme->key(&key, span_str(m->secret[i])) != HK_OK || key.kind == SIGN_PUBLIC ||
	    s->scheme->sign(m->body, SPAN("msg_1"), &key, 1, m->now_s, &out) != HK_OK)
		return NULL;
	return fuzz_string(span_str(out.value[s->scheme == &scheme_svix ? 2 : 0]));
}

/* What the verifier itself says, with the owner's secrets. */
static enum hk_err
verified(const struct message *m)
{
	struct sign_key		key[MESSAGE_SECRETS];
	struct sign_verdict	v;
	size_t			n = 0;

	for (size_t i = 0; i < m->nsecret; i += 2) {
		key[n] = (struct sign_key){ .label = "x", .how = owner->how };
		if (owner->scheme->key(&key[n], span_str(m->secret[i])) == HK_OK)
			n++;
	}
	return owner->scheme->verify(&m->fields, m->body, key, n, m->now_s, m->tolerance_s, &v);
}

static void
judge(const struct message *m, const struct diagnosis *d, struct arena *a)
{
	static const char *const	reasons[] = { "ok", "wrong_provider", "missing_signature",
					    "malformed_header", "clock", "body_changed",
					    "secret_text", "wrong_mode", "no_match" };
	enum hk_err			e = verified(m);
	struct scan_found		none[1];
	struct span			detail, body = m->body;
	bool				known = false;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		known |= d->reason != NULL && strcmp(reasons[i], d->reason) == 0;
	must(known, "reason %s", d->reason);
	must((e == HK_OK) == (strcmp(d->reason, "ok") == 0), "%s is %s", err_name(e), d->reason);
	must(strcmp(d->reason, "clock") != 0 || e == HK_STALE, "%s is clock", err_name(e));
	must(memchr(d->detail, '\0', DOCTOR_DETAIL) != NULL, "a detail without an end");
	detail = span_str(d->detail);
	must(detail.len > 0, "%s without a word", d->reason);
	for (size_t i = 0; i < detail.len; i++)
		must(detail.p[i] >= ' ' && detail.p[i] <= '~', "0x%02x in: %s",
		    (unsigned char)detail.p[i], d->detail);
	/* a secret that could be told from a common word */
	for (size_t i = 0; i < m->nsecret; i++)
		must(strlen(m->secret[i]) < 12 || strstr(m->secret[i], "Zq") == NULL ||
		    !fuzz_contains(detail, span_str(m->secret[i])), "a secret is shown: %s",
		    d->detail);
	if (span_starts(body, "\xef\xbb\xbf"))
		body = span_of(body.p + 3, body.len - 3);
	must(!d->shaped || scan_json(body, NULL, 0, none, a) == HK_OK, "no JSON object is shaped");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span		 input = span_of((const char *)data, size), line;
	struct message		 m;
	struct doctor_secret	 secret[MESSAGE_SECRETS];
	struct arena		*a = arena_new(4 << 20);
	struct diagnosis	 d;

	line = fuzz_line(&input);
	owner = &senders[0];
	for (size_t i = 0; i < SENDERS; i++)
		if (span_starts(line, senders[i].name))
			owner = &senders[i];
	message_read(&m, input);
	message_fill(&m, digest);
	for (size_t i = 0; i < m.nsecret; i++)
		secret[i] = (struct doctor_secret){ sender_of(i)->name, sender_of(i)->scheme,
		    sender_of(i)->how, span_str(m.secret[i]), "label" };
	doctor_diagnose(&d, &(struct doctor_case){
		.owner = owner->name, .scheme = owner->scheme, .how = owner->how,
		.fields = &m.fields, .body = m.body, .secret = secret, .nsecret = m.nsecret,
		.now_s = m.now_s, .tolerance_s = m.tolerance_s, .mode = (int)(size % 3) - 1,
	}, a);
	judge(&m, &d, a);
	arena_free(a);
	fuzz_forget();
	return 0;
}
