/* [command NAME], [mail NAME] and [unkey]: what is taken, what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/mailbox.h"

#define FILE_NAME	"/etc/hk/hookkeeper.conf"
#define BASE		"[hookkeeper]\ndb = /srv/hk.sqlite\nmode = test\n"
#define COMMAND		BASE "[command own]\n"		/* line 4 */
#define MAIL		BASE "[mail own]\n"
#define UNKEY		BASE "[unkey]\n"

static enum hk_err
parse(struct conf **c, const char *text, bool private_file)
{
	static const char *const	none[] = { NULL };

	return conf_parse(c, FILE_NAME, span_str(text), private_file, none, true);
}

static const struct {
	const char	*phrase, *text, *says;
} refusals[] = {
	{ "a command without a name",	BASE "[command]\npath = /x\n", ":4: [command] is not of the form [command NAME]" },
	{ "a mail with capitals",	BASE "[mail Me]\n",	":4: [mail Me] is not of the form [mail NAME]" },
	{ "no path",			COMMAND "types = *\n",	":4: command own.path is missing" },
	{ "no types",			COMMAND "path = /x\n",	":4: command own.types is missing" },
	{ "a relative path",		COMMAND "types = *\npath = bin/x\n", ":6: command own.path is an absolute path" },
	{ "a path of a folder",		COMMAND "types = *\npath = /bin/\n", ":6: command own.path is an absolute path" },
	{ "a type that cannot be",	COMMAND "path = /x\ntypes = user.created a$b\n", ":6: command own.types has types as" },
	{ "commas",			COMMAND "path = /x\ntypes = a,b\n", ":6: command own.types is separated by blanks" },
	{ "a star in the middle",	COMMAND "path = /x\ntypes = a.*.b\n", ":6: command own.types takes '*' only at the end" },
	{ "a beginning without a dot",	COMMAND "path = /x\ntypes = user*\n", ":6: command own.types has types as" },
	{ "no time",			COMMAND "path = /x\ntypes = *\ntimeout = 0\n", "timeout must be a number from 1 to 60" },
	{ "done is not later",		COMMAND "path = /x\ntypes = *\nlater_exit = 0\n", "later_exit must be a number from 1 to 125" },
	{ "a mail's setting",		COMMAND "path = /x\ntypes = *\nfrom = a@b.c\n", "there is no setting command own.from;" },
	{ "twice",			COMMAND "path = /x\npath = /y\n", ":6: command own.path is set twice, first in line 5" },
	{ "no sender",			MAIL "types = *\n",	":4: mail own.from is missing" },
	{ "no address",			MAIL "types = *\nfrom = Shop\n", ":6: mail own.from is an address" },
	{ "two senders",		MAIL "types = *\nfrom = a@b.c, d@e.f\n", ":6: mail own.from is an address" },
	{ "to two",			MAIL "types = *\nfrom = a@b.c\nto = a@b.c,d@e.f\n", ":7: mail own.to is an address" },
	{ "to a path of nothing",	MAIL "types = *\nfrom = a@b.c\nto = email\n", ":7: mail own.to is an address, or data." },
	{ "a relative template",	MAIL "types = *\nfrom = a@b.c\ntemplate = x.txt\n", ":7: mail own.template is an absolute path" },
	{ "sendmail with arguments is a path", MAIL "types = *\nfrom = a@b.c\nsendmail = sendmail -t\n", ":7: mail own.sendmail is an absolute path" },
	{ "clear text to anybody",	UNKEY "api = http://api.unkey.com\n", ":5: unkey.api is an address as https" },
	{ "an address that begins like ours", UNKEY "api = http://127.0.0.1.example.com\n", ":5: unkey.api is an address" },
	{ "an address with its end",	UNKEY "api = https://api.unkey.com/\n", ":5: unkey.api is an address" },
	{ "a third way to burn",	UNKEY "burn_at = both\n", "unkey.burn_at must be one of here|unkey" },
	{ "a key from nowhere",		UNKEY "key_id_from = header:x\n", ":5: unkey.key_id_from is external_id, or metadata:PATH" },
};

static void
what_is_wrong_is_named(void **state)
{
	struct conf	*c;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (parse(&c, refusals[i].text, true) != HK_CONF ||
		    strstr(err_last(), refusals[i].says) == NULL)
			fail_msg("%s: %s", refusals[i].phrase, err_last());
	assert_int_equal(parse(&c, UNKEY "root_key = unkey_abc\n", false), HK_CONF);
	assert_non_null(strstr(err_last(), "unkey.root_key stands in a file that others can read"));
	assert_null(strstr(err_last(), "unkey_abc"));
}

static void
what_is_right_is_there(void **state)
{
	const struct conf_channel	*ch;
	struct conf			*c;
	struct buf			 b;

	(void)state;
	if (parse(&c, BASE "[command own]\npath = /srv/x y\nargs = -a b\ntypes = user.created\n  order.* *\n"
	    "[mail welcome]\nfrom = Shop <a@b.c>\ntypes = user.created\n"
	    "[command codes]\npath = /x\ntypes = clerk.sms\ntimeout = 5\nlater_exit = 9\n"
	    "[unkey]\nroot_key = unkey_root_abcdef\nburn_at = unkey\n", true) != HK_OK)
		fail_msg("%s", err_last());
	assert_int_equal(c->nchannel, 3);
	ch = conf_channel(c, SPAN("command:own"));
	assert_non_null(ch);
	assert_string_equal(ch->path, "/srv/x y");
	assert_string_equal(ch->args, "-a b");
	assert_string_equal(ch->types, "user.created order.* *");
	assert_int_equal(ch->timeout_s, 20);
	assert_int_equal(ch->later_exit, 75);
	ch = conf_channel(c, SPAN("mail:welcome"));
	assert_non_null(ch);
	assert_int_equal(ch->kind, CHANNEL_MAIL);
	assert_string_equal(ch->to, "data.email");
	assert_string_equal(ch->sendmail, "/usr/sbin/sendmail");
	assert_int_equal(conf_channel(c, SPAN("command:codes"))->later_exit, 9);
	assert_null(conf_channel(c, SPAN("mail:own")));
	assert_string_equal(c->unkey_root_key, "unkey_root_abcdef");
	assert_int_equal(c->unkey_burn_at, UNKEY_BURNS_THERE);
	buf_init(&b, 1 << 20);
	conf_print(c, &b, false);
	conf_print(c, &b, true);
	conf_reference(&b);
	buf_putc(&b, '\0');
	assert_true(buf_ok(&b));
	assert_null(strstr(b.p, "abcdef"));
	assert_non_null(strstr(b.p, "mail welcome.from"));
	assert_non_null(strstr(b.p, "[command NAME]"));
	buf_release(&b);
	conf_free(c);
}

static void
addresses(void **state)
{
	static const struct {
		const char	*text;
		const char	*name, *address;	/* NULL: refused */
	} row[] = {
		{ "a@b.c",			"",		"a@b.c" },
		{ " a.b+c@d-e.f ",		"",		"a.b+c@d-e.f" },
		{ "Shop <a@b.c>",		"Shop",		"a@b.c" },
		{ "\"Shop, Ltd\" <a@b.c>",	"Shop, Ltd",	"a@b.c" },
		{ "J\xc3\xb6rg <a@b.c>",	"J\xc3\xb6rg",	"a@b.c" },
		{ "Shop <a@b.c", NULL, NULL }, { "<>", NULL, NULL }, { "", NULL, NULL },
		{ "a <b@c.d> <e@f.g>", NULL, NULL }, { "a\"b <c@d.e>", NULL, NULL },
		{ "a\nBcc: x@y.z <c@d.e>", NULL, NULL }, { "a@b@c", NULL, NULL }, { ".a@b.c", NULL, NULL },
		{ "a@b_c.d", NULL, NULL }, { "a@b.", NULL, NULL }, { "-a@b.c", NULL, NULL },
	};
	struct span	name, address;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool	good = mailbox_split(span_str(row[i].text), &name, &address);

		if (good != (row[i].name != NULL) ||
		    (good && (!span_is(name, row[i].name) || !span_is(address, row[i].address))))
			fail_msg("%s", row[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_is_right_is_there),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
