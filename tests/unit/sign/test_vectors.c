/*
 * tests/data/{stripe,svix}.json: requests that the official client libraries
 * of five languages were asked about.  Where they agree, so must we.
 */
#include "help.h"
#include "base/codec.h"
#include "base/json.h"

#define FILE_MOST	65536
#define KEYS_MOST	4

static struct json *
load(const char *path)
{
	static char	text[FILE_MOST];
	FILE		*f = fopen(path, "rb");
	struct json	*root = NULL;
	size_t		 n;

	if (f == NULL)
		fail_msg("%s: run the tests from the project's root", path);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_true(n > 0 && n < sizeof(text));
	if (json_parse(span_of(text, n), &root) != HK_OK)
		fail_msg("%s: %s", path, err_last());
	return root;
}

/* Stripe's library has one word for both directions. */
static bool
same_reason(struct span theirs, enum sign_reason ours)
{
	if (span_is(theirs, "expired"))
		return ours == SIGN_TOO_OLD || ours == SIGN_TOO_NEW;
	return span_is(theirs, sign_reason_name(ours));
}

static size_t
case_keys(const struct scheme *s, struct json *c, struct sign_key *key)
{
	struct json	*secrets = json_get(c, "secrets");
	size_t		 n = json_len(secrets);

	if (secrets == NULL) {
		assert_int_equal(s->key(key, json_text(c, "public_key")), HK_OK);
		return 1;
	}
	assert_in_range(n, 1, KEYS_MOST);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s->key(&key[i], json_text(json_at(secrets, i), NULL)), HK_OK);
	return n;
}

static struct fields
case_fields(struct json *c, struct field *room, const char *const *names)
{
	struct json	*headers = json_get(c, "headers");
	struct fields	 f = { room, 0 };

	for (; *names != NULL; names++) {
		struct span	value = json_text(headers, *names);

		if (value.p != NULL)
			room[f.n++] = (struct field){ span_str(*names), value };
	}
	return f;
}

static void
run_case(const struct scheme *s, struct json *c, const char *const *names)
{
	struct span		name = json_text(c, "name"), want = json_text(c, "expect");
	struct sign_key		key[KEYS_MOST];
	struct field		room[6];
	struct fields		f = case_fields(c, room, names);
	size_t			nkey = case_keys(s, c, key), len = 0;
	char			body[FILE_MOST];
	int64_t			now_s = 0, tolerance_s = 0;
	struct sign_verdict	v;
	enum hk_err		e;

	assert_true(json_int(c, "now", &now_s) && json_int(c, "tolerance", &tolerance_s));
	assert_true(base64_decode(body, sizeof(body), &len, json_text(c, "body_b64")));
	e = s->verify(&f, span_of(body, len), key, nkey, now_s, tolerance_s, &v);
	if ((e == HK_OK) != span_is(want, "ok") || !same_reason(want, v.reason))
		fail_msg("%.*s: %s, not %.*s", SPAN_ARG(name), sign_reason_name(v.reason),
		    SPAN_ARG(want));
}

static void
run_file(const struct scheme *s, const char *path, const char *const *names, bool all,
    size_t least)
{
	struct json	*root = load(path), *cases = json_get(root, "vectors");
	size_t		 n = 0;

	for (size_t i = 0; i < json_len(cases); i++)
		if (all || json_true(json_at(cases, i), "agree")) {
			run_case(s, json_at(cases, i), names);
			n++;
		}
	json_free(root);
	assert_true(n >= least);
}

static void
stripe_as_its_libraries_agree(void **state)
{
	static const char *const	names[] = { "stripe-signature", NULL };

	(void)state;
	run_file(&scheme_stripe, "tests/data/stripe.json", names, false, 17);
}

static void
svix_as_its_libraries_agree(void **state)
{
	static const char *const	names[] = { "svix-id", "svix-timestamp", "svix-signature",
		"webhook-id", "webhook-timestamp", "webhook-signature", NULL };

	(void)state;
	run_file(&scheme_svix, "tests/data/svix.json", names, false, 21);
}

/* No library verifies v1a: what is expected comes from node's crypto. */
static void
v1a_as_ed25519_says(void **state)
{
	static const char *const	names[] = { "webhook-id", "webhook-timestamp",
		"webhook-signature", NULL };

	(void)state;
	run_file(&scheme_svix, "tests/data/standard-webhooks-v1a.json", names, true, 6);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(stripe_as_its_libraries_agree),
		cmocka_unit_test(svix_as_its_libraries_agree),
		cmocka_unit_test(v1a_as_ed25519_says),
	};

	return cmocka_run_group_tests_name("sign/vectors", tests, NULL, NULL);
}
