/* Mails: what they say, whom they go to, and that nothing can break out of its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deliver/compose.h"
#include "flights.h"

static struct conf	 conf = { .mode = MODE_TEST, .nchannel = 1 };
static struct channels	*channels;

/* Writes down what it is given: arguments, then the mail. */
#define SENDMAIL	"#!/bin/sh\nd=$(dirname $0)\nprintf '%s|' \"$@\" >$d/args\ncat >$d/mail\n"

static int
begin_all(void **state)
{
	(void)state;
	place_make();
	conf.channel[0] = (struct conf_channel){ .name = "mail:own", .section = "mail own",
	    .kind = CHANNEL_MAIL, .types = "*", .to = "data.email", .from = "Shop <shop@example.com>" };
	conf.channel[0].sendmail = strdup(place_file("sendmail", SENDMAIL, 0700));
	return channels_open(&channels, &conf) == HK_OK ? 0 : -1;
}

static int
end_all(void **state)
{
	(void)state;
	channels_close(channels);
	free((char *)(uintptr_t)conf.channel[0].sendmail);
	place_remove();
	return 0;
}

/* The result as a word; the mail is in the folder. */
static const char *
send_it(const char *type, const char *payload)
{
	static char	 word[600];
	struct flight	*f;
	char		 path[128];

	snprintf(path, sizeof(path), "%s/mail", place);
	unlink(path);
	f = flight_run(channels, flight_of("mail", "mail:own", type, payload));
	snprintf(word, sizeof(word), "%s%s %.*s", f->result.error != NULL ? f->result.error : "sent",
	    f->result.final ? ", final" : "", SPAN_ARG(f->result.answer));
	arena_free(f->arena);
	return word;
}

/* ---- the text ------------------------------------------------------------------ */

static const char *
composed(const struct mail *m)
{
	static char	text[65536];
	struct buf	b;

	buf_init(&b, sizeof(text) - 1);
	compose(&b, m);
	assert_true(buf_ok(&b));
	memcpy(text, b.p, b.len);
	text[b.len] = '\0';
	buf_release(&b);
	return text;
}

static struct mail
letter(const char *subject, const char *text)
{
	return (struct mail){ .from_name = SPAN("Shop"), .from = SPAN("shop@example.com"),
	    .to = SPAN("nora@example.com"), .subject = span_str(subject), .text = span_str(text),
	    .message = 12, .message_us = INT64_C(1700000000000000) };
}

static void
a_plain_mail_reads_as_one(void **state)
{
	struct mail	m = letter("Hello", "One\r\ntwo = 2 \nthree\r");

	(void)state;
	assert_string_equal(composed(&m),
	    "From: \"Shop\"\n <shop@example.com>\nTo: <nora@example.com>\nSubject: Hello\n"
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\n"
	    "Message-ID: <msg_000000000012060a24181e4000@example.com>\n"
	    "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
	    "One\ntwo =3D 2=20\nthree\n");
	m.html = SPAN("<p>x</p>");
	assert_non_null(strstr(composed(&m), "multipart/alternative; boundary=\"=_msg_"));
	assert_non_null(strstr(composed(&m), "\n--=_msg_000000000012060a24181e4000--\n"));
	m.text = SPAN_NULL;
	assert_non_null(strstr(composed(&m), "Content-Type: text/html;"));
	assert_null(strstr(composed(&m), "multipart"));
}

static void
nothing_breaks_out_of_its_header(void **state)
{
	static const struct {
		const char	*phrase, *subject, *line;
	} row[] = {
		{ "plain",		"Your order",		"Subject: Your order\n" },
		{ "unicode",		"Gr\xc3\xbc\xc3\x9f" "e",	"Subject: =?UTF-8?B?R3LDvMOfZQ==?=\n" },
		{ "a header of its own", "x\nBcc: eve@example.com", "Subject: =?UTF-8?B?eCBCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=\n" },
		{ "with CRLF",		"x\r\n\r\nbody",	"Subject: =?UTF-8?B?eCAgICBib2R5?=\n" },
		{ "an encoded word already", "=?UTF-8?Q?a?=",	"Subject: =?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=\n" },
		{ "no UTF-8",		"\xff" "a",		"Subject: =?UTF-8?B?77+9YQ==?=\n" },
		{ "empty",		"",			"Subject: \n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mail	m = letter(row[i].subject, "x");

		if (strstr(composed(&m), row[i].line) == NULL)
			fail_msg("%s: %s", row[i].phrase, composed(&m));
		m.from_name = span_str(row[i].subject);
		if (strstr(composed(&m), "\nBcc") != NULL || strstr(composed(&m), "\n\nbody") != NULL)
			fail_msg("%s as a name: %s", row[i].phrase, composed(&m));
	}
}

/* RFC 5322, 2.1.1 and RFC 2047, 2; and no character is cut in two. */
static void
lines_are_short(void **state)
{
	char		 subject[900] = "", text[3000] = "";
	struct mail	 m = letter(subject, text);
	const char	*p, *end;

	(void)state;
	for (int i = 0; i < 200; i++)
		strcat(subject, i % 3 == 0 ? "\xf0\x9f\x98\x80" : i % 3 == 1 ? "\xc3\xa4" : "x");
	for (int i = 0; i < 700; i++)
		strcat(text, i % 7 == 0 ? "\xc3\xa4" : i % 50 == 1 ? " ." : "xF");
	m = letter(subject, text);
	for (p = composed(&m); *p != '\0'; p = end + 1) {
		assert_non_null(end = strchr(p, '\n'));
		if (end - p > 76)
			fail_msg("%.*s", (int)(end - p), p);
		if (end - p == 1 && *p == '.')
			fail_msg("a lone dot");
	}
	assert_null(strstr(composed(&m), "\nFrom "));
}

/* ---- the channel ------------------------------------------------------------------- */

static void
a_welcome_mail_is_sent(void **state)
{
	const char	*mail;

	(void)state;
	assert_string_equal(send_it("user.created", "{\"email\":\"nora@example.com\","
	    "\"first_name\":\"Nora O'Neill & <b>\"}"), "sent ");
	assert_string_equal(place_read("args"), "-i|-t|-f|shop@example.com|");
	mail = place_read("mail");
	assert_non_null(strstr(mail, "\nTo: <nora@example.com>\n"));
	assert_non_null(strstr(mail, "\nSubject: Welcome, Nora O'Neill & <b>\n"));
	assert_non_null(strstr(mail, "\nHello Nora O'Neill & <b>,\n\nyour account is there."));
}

static void
a_template_is_used(void **state)
{
	struct conf_channel	*ch = &conf.channel[0];

	(void)state;
	ch->subject = "Hi {{data.first_name}}: {{type}}";
	ch->template = place_file("t.txt", "A &amp; B & {{data.first_name}} {{#data.list}}[{{.}}]{{/data.list}}\n", 0600);
	assert_string_equal(send_it("order.made", "{\"email\":\"nora@example.com\",\"first_name\":\"N&<\",\"list\":[1,2]}"), "sent ");
	assert_non_null(strstr(place_read("mail"), "\nSubject: Hi N&<: order.made\n"));
	assert_non_null(strstr(place_read("mail"), "\n\nA &amp; B & N&< [1][2]\n"));
	ch->template = place_file("t.html", "<p>{{data.first_name}}</p>\n", 0600);
	assert_string_equal(send_it("order.made", "{\"email\":\"nora@example.com\",\"first_name\":\"N&<\"}"), "sent ");
	assert_non_null(strstr(place_read("mail"), "Content-Type: text/html;"));
	assert_non_null(strstr(place_read("mail"), "\n<p>N&amp;&lt;</p>\n"));
	ch->template = place_file("t.txt", "{{#open}}", 0600);
	assert_non_null(strstr(send_it("order.made", "{\"email\":\"nora@example.com\"}"), "E_TEMPLATE "));
	assert_string_equal(place_read("mail"), "");
	ch->template = place_file("t.txt", "x", 0666);
	assert_non_null(strstr(send_it("order.made", "{\"email\":\"nora@example.com\"}"), "E_FILE "));
	assert_string_equal(place_read("mail"), "");
	ch->subject = ch->template = NULL;
}

static void
what_clerk_composed_goes_as_it_is(void **state)
{
	(void)state;
	conf.channel[0].subject = "another {{type}}";
	assert_string_equal(send_it("clerk.email", "{\"to\":\"nora@example.com\",\"subject\":\"424242 is it\","
	    "\"text\":\"Code 424242 {{x}} &lt;\",\"html\":\"<b>424242</b>\"}"), "sent ");
	conf.channel[0].subject = NULL;
	assert_non_null(strstr(place_read("mail"), "\nSubject: 424242 is it\n"));
	assert_non_null(strstr(place_read("mail"), "\nCode 424242 {{x}} &lt;\n"));
	assert_non_null(strstr(place_read("mail"), "\n<b>424242</b>\n"));
}

/* Each is refused for good, and no program is begun. */
static void
only_one_plain_address_is_written_to(void **state)
{
	static const char *const	bad[] = {
		"", "nora", "nora@", "@example.com", "a@b,c@d", "a@b c@d", "a@b\\nBcc: c@d", "-f@example.com",
		"a@b;c", "\\\"a b\\\"@example.com", "a@[127.0.0.1]", "<a@b>", "a..b@example.com", "a@-b.com",
		"a@b..com", "Nora <a@b>", "n\xc3\xb6ra@example.com", "a(c)@example.com", "a|b\\n@example.com",
	};
	char	payload[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(payload, sizeof(payload), "{\"email\":\"%s\"}", bad[i]);
		if (strstr(send_it("user.created", payload), "E_RECIPIENT, final") == NULL ||
		    *place_read("mail") != '\0')
			fail_msg("%s", bad[i]);
	}
	assert_non_null(strstr(send_it("user.created", "{\"email\":null}"), "E_RECIPIENT, final"));
	assert_non_null(strstr(send_it("user.created", "{\"email\":[\"a@b.c\"]}"), "E_RECIPIENT, final"));
	assert_non_null(strstr(send_it("clerk.email", "{}"), "E_RECIPIENT, final"));	/* wiped */
	conf.channel[0].to = "ops@example.com";
	assert_string_equal(send_it("user.created", "{\"email\":null}"), "sent ");
	conf.channel[0].to = "data.email";
	assert_non_null(strstr(place_read("mail"), "\nTo: <ops@example.com>\n"));
}

static void
sendmail_may_fail(void **state)
{
	const char	*good = conf.channel[0].sendmail;

	(void)state;
	conf.channel[0].sendmail = place_file("busy", "#!/bin/sh\necho queue is full; exit 75\n", 0700);
	assert_string_equal(send_it("user.created", "{\"email\":\"nora@example.com\"}"), "E_LATER queue is full\n");
	/* What it says of a mail with a code is not kept. */
	assert_string_equal(send_it("clerk.email", "{\"to\":\"nora@example.com\",\"text\":\"424242\"}"),
	    "E_LATER (not kept: the message holds a one-time code)");
	conf.channel[0].sendmail = "/nowhere/sendmail";
	assert_non_null(strstr(send_it("user.created", "{\"email\":\"nora@example.com\"}"), "E_FILE "));
	conf.channel[0].sendmail = good;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_plain_mail_reads_as_one),
		cmocka_unit_test(nothing_breaks_out_of_its_header),
		cmocka_unit_test(lines_are_short),
		cmocka_unit_test(a_welcome_mail_is_sent),
		cmocka_unit_test(a_template_is_used),
		cmocka_unit_test(what_clerk_composed_goes_as_it_is),
		cmocka_unit_test(only_one_plain_address_is_written_to),
		cmocka_unit_test(sendmail_may_fail),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
