/*
 * Settings.  The input is a file's text; behind a line "---env" follow
 * variables, behind a line "---file" the text of each secret_file there may be.
 *
 *	- what is refused is refused with a line that names something
 *	- what is taken is within the limits of conf.def
 *	- no secret is ever logged or shown: "$S" stands for one that we know
 */
#include "base/conf.h"
#include "base/scan.h"
#include "fuzz.h"

#define SECRET	"whsec_Known9Secret"
#define MOST	((size_t)4 << 20)

/*
 * Does the line hold secrets, so that its words must not be shown?  *on: the
 * same of the line before, which an indented one continues.
 */
static bool
is_secret_line(struct span line, bool *on)
{
	struct span	value = line, key = span_trim(span_cut(&value, '='));

	if (value.p != NULL)
		*on = span_is(key, "secrets");
	else
		*on &= line.len > 0 && line.p[0] == ' ';
	return *on;
}

static bool
ends_word(struct span line, size_t at)
{
	return at >= line.len || line.p[at] == ' ';
}

/* Each word "$S" of such a line becomes the secret. */
static struct span
with_secret(struct span text, bool all)
{
	char		*out = fuzz_room(text.len * 9 + 1);
	size_t		 n = 0;
	struct span	 line;
	bool		 on = false, secrets;

	while (text.len > 0) {
		line = fuzz_line(&text);
		secrets = is_secret_line(line, &on) || all;
		for (size_t i = 0; i < line.len; i++)
			if (secrets && line.p[i] == '$' &&
			    i + 1 < line.len && line.p[i + 1] == 'S' &&
			    ends_word(line, i + 2) &&
			    (i == 0 || line.p[i - 1] == ' ' || line.p[i - 1] == '=')) {
				memcpy(out + n, SECRET, strlen(SECRET));
				n += strlen(SECRET);
				i++;
			} else
				out[n++] = line.p[i];
		out[n++] = '\n';
	}
	return fuzz_copy(span_of(out, n));
}

/* "NAME=value" a line; a secret's variable may hold "$S". */
static void
read_env(const char *env[], size_t most, struct span text)
{
	size_t		n = 0;
	struct span	line, value;

	while (text.len > 0 && n + 1 < most) {
		line = fuzz_line(&text);
		value = line;
		(void)span_cut(&value, '=');
		if (value.p != NULL && span_is(value, "$S") &&
		    fuzz_contains(line, SPAN("_SECRET=")))
			line = with_secret(line, true);
		env[n++] = fuzz_string(span_trim(line));
	}
	env[n] = NULL;
}

static void
judge_sender(const struct conf *c, const struct conf_sender *s)
{
	must(s->name[0] != '\0' && conf_sender(c, s->name) == s, "a sender is %s", s->name);
	must(s->verify == 1, "%s is not verified", s->name);
	must(s->secrets == NULL, "the list of %s's secrets is still there", s->name);
	must(s->events != NULL, "no events of %s", s->name);
	(void)conf_wants(s, SPAN("invoice.paid"));
	(void)conf_wants(s, SPAN_NULL);
	for (size_t k = 0; k < s->nsecret; k++)
		must(s->secret[k].text.len > 0 && s->secret[k].label[0] != '\0',
		    "secret %zu of %s", k, s->name);
}

static void
within_limits(const struct conf *c, bool need_db)
{
#define INT(field, section, key, env, least, most, ...)			\
	must(c->field >= (least) && c->field <= (most), "%s is %lld", key, (long long)c->field);
#define PICK(field, section, key, ...)					\
	must(c->field >= -1 && c->field <= 2, "%s is %d", key, c->field);
#include "base/conf.def"
	must(!need_db || (c->db != NULL && c->mode >= 0), "no database, no mode");
	must(c->db == NULL || c->db[0] == '/', "the database is %s", c->db);
	must(c->ncustom <= CONF_CUSTOM_MOST, "%zu custom senders", c->ncustom);
	for (size_t i = 0; i < conf_senders(c); i++)
		judge_sender(c, &c->sender[i]);
}

static void
shows_no_secret(const struct conf *c)
{
	struct arena	*a = arena_new(MOST);
	struct buf	 b;

	for (int json = 0; json < 2; json++) {
		buf_init(&b, MOST);
		conf_print(c, &b, json);
		must(buf_ok(&b) && !fuzz_contains(buf_span(&b), SPAN(SECRET)),
		    "a secret is shown: %.*s", SPAN_ARG(buf_span(&b)));
		must(!json || scan_value(buf_span(&b), a) == HK_OK, "no JSON: %s", err_last());
		buf_release(&b);
	}
	arena_free(a);
}

static void
judge(struct span text, const char *const *env, bool private_file, bool need_db)
{
	static const char *const	names[] = { "fuzz.conf", "environment variable",
					    "hookkeeper.", "stripe", "clerk", "resend", "credits",
					    "document root", "custom" };
	struct conf			*c = NULL;
	enum hk_err			 e;
	bool				 named = false;

	e = conf_parse(&c, "/etc/fuzz.conf", text, private_file, env, need_db);
	must(!fuzz_contains(fuzz_logged(), SPAN(SECRET)), "a secret is logged: %.*s",
	    SPAN_ARG(fuzz_logged()));
	if (e == HK_OK) {
		within_limits(c, need_db);
		shows_no_secret(c);
		conf_free(c);
		return;
	}
	must(e == HK_CONF, "code %s: %s", err_name(e), err_last());
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		named |= fuzz_contains(fuzz_logged(), span_str(names[i]));
	must(named, "the reason names nothing: %s", err_last());
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	 input = span_of((const char *)data, size), text, file;
	const char	*env[16];

	if (fuzz_contains(input, SPAN(SECRET)))
		return 0;	/* the fuzzer's own, anywhere */
	text = with_secret(fuzz_before(&input, "---env"), false);
	read_env(env, sizeof(env) / sizeof(*env), fuzz_before(&input, "---file"));
	file = input.len > 0 ? with_secret(input, true) : SPAN_NULL;
	fuzz_file = file;
	judge(text, env, true, size % 2 == 0);
	fuzz_forget();
	if (size % 8 == 0) {
		const char	*none[] = { NULL };

		judge(with_secret(span_of((const char *)data, size), false), none, false, false);
		fuzz_forget();
	}
	return 0;
}
