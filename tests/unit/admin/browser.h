/*
 * Browsers for the tests of logins: each with its cookies and its address, and
 * people whose passwords are cheap to check.
 */
#ifndef TESTS_ADMIN_BROWSER_H
#define TESTS_ADMIN_BROWSER_H

#include "bed.h"

#include "admin/login.h"
#include "admin/person.h"
#include "crypto/totp.h"

#define SETTINGS "[hookkeeper]\nkey = AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define SECRET	"12345678901234567890"

static const struct password_cost	cheap = { 1, 1, 1 };

struct browser {
	char		cookie[16][2][512];	/* name, value */
	int		n;
	const char	*addr, *remote_user;
};

static int64_t		clock_us;
static struct field	browser_fields[8];

static inline void
settings(const char *text)
{
	static const char *const env[] = { "HOOKKEEPER_DB=/nowhere/test.db", "HOOKKEEPER_MODE=test",
				     NULL };

	conf_free(bed.conf);
	assert_int_equal(conf_parse(&bed.conf, "test.conf", span_str(text), true, env, true), HK_OK);
}

static inline int
browser_setup(void **state)
{
	bed_setup(state);
	settings(SETTINGS);
	clock_us = BED_NOW;
	return 0;
}

static inline void
browser_set(struct browser *b, const char *name, struct span value, bool gone)
{
	int	i;

	for (i = 0; i < b->n && strcmp(b->cookie[i][0], name) != 0; i++)
		continue;
	assert_true(i < 16);
	b->n += i == b->n;
	snprintf(b->cookie[i][0], sizeof(b->cookie[i][0]), "%s", name);
	snprintf(b->cookie[i][1], sizeof(b->cookie[i][1]), "%.*s", gone ? 0 : (int)value.len,
	    value.p != NULL ? value.p : "");
}

static inline const char *
browser_cookie(const struct browser *b, const char *name)
{
	for (int i = 0; i < b->n; i++)
		if (strcmp(b->cookie[i][0], name) == 0)
			return b->cookie[i][1];
	return "";
}

/* What the last answer set. */
static inline void
browser_take(struct browser *b)
{
	struct span	lines = buf_span(&bed.cookies), line, key, value;
	char		name[100];

	while (lines.len > 0) {
		line = span_trim(span_cut(&lines, '\n'));
		assert_true(span_starts(line, "Set-Cookie: "));
		line = span_of(line.p + 12, line.len - 12);
		value = span_cut(&line, ';');
		key = span_cut(&value, '=');
		snprintf(name, sizeof(name), "%.*s", SPAN_ARG(key));
		assert_non_null(memmem(line.p, line.len, "HttpOnly; SameSite=Lax", 22));
		assert_non_null(memmem(line.p, line.len, "Path=/admin", 11));
		browser_set(b, name, value, memmem(line.p, line.len, "Max-Age=0", 9) != NULL);
	}
	buf_clear(&bed.cookies);
}

/* Come with all cookies; bed.v.who says who one is. */
static inline struct visit *
browse(struct browser *b, const char *form)
{
	static char	cookies[8192];
	struct visit	*v = bed_visit(ROLE_NONE, "", form);
	bool		 stale;
	size_t		 len = 0;

	cookies[0] = '\0';
	for (int i = 0; i < b->n; i++)
		if (b->cookie[i][1][0] != '\0')
			len += (size_t)snprintf(cookies + len, sizeof(cookies) - len, "%s%s=%s",
			    len > 0 ? "; " : "", b->cookie[i][0], b->cookie[i][1]);
	browser_fields[0] = (struct field){ SPAN("cookie"), span_str(cookies) };
	browser_fields[1] = (struct field){ SPAN("user-agent"), SPAN("Test/1") };
	bed.rq.fields = (struct fields){ browser_fields, 2 };
	bed.rq.host = SPAN("hooks.example");
	bed.rq.remote_user = span_str(b->remote_user);
	v->now = clock_us;
	v->remote_addr = span_str(b->addr != NULL ? b->addr : "192.0.2.1");
	assert_int_equal(login_who(v, &stale), HK_OK);
	assert_true(*v->who.form_token != '\0');
	browser_take(b);
	if (stale)
		assert_int_equal(login_touch(bed.db, v->who.login, v->now), HK_OK);
	return v;
}

static inline int64_t
person(const char *name, enum role role, const char *password)
{
	char	hash[PASSWORD_TEXT];
	int64_t	id;

	assert_int_equal(password_hash(hash, span_str(password), &cheap), HK_OK);
	assert_int_equal(person_add(bed.db, span_str(name), role, span_str(hash), BED_NOW, &id), HK_OK);
	return id;
}

static struct login_answer	answered;

/* Fill in the form. */
static inline enum hk_err
try(struct browser *b, const char *name, const char *password, const char *code)
{
	struct login_input	 in = { .name = span_str(name), .password = span_str(password),
				    .code = span_str(code), .cost = &cheap };
	struct visit		*v = browse(b, "");
	enum hk_err		 e = login_try(v, &in, &answered);

	assert_false(db_in_transaction(bed.db));
	browser_take(b);
	return e;
}

static inline bool
logged_in(struct browser *b, const char *name)
{
	struct visit	*v = browse(b, NULL);

	return v->who.role != ROLE_NONE && strcmp(v->who.name, name) == 0;
}

/* Turn on somebody's second factor, by the key of the settings. */
static inline void
second_factor(int64_t id)
{
	struct seal_keys	keys = login_keys(bed.conf);
	char			purpose[TOTP_PURPOSE];
	struct span		sealed;

	person_totp_purpose(purpose, id);
	assert_int_equal(seal(bed.arena, &keys, purpose, SPAN(SECRET), &sealed), HK_OK);
	assert_int_equal(person_set_totp(bed.db, id, sealed, 0, BED_NOW), HK_OK);
}

static inline const char *
code_of(int64_t at_us)
{
	static char	code[TOTP_DIGITS + 1];

	totp_code(code, (const uint8_t *)SECRET, at_us / US_PER_S / TOTP_STEP_S);
	return code;
}

#endif
