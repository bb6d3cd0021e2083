/* What senders wrote may not act on a terminal, and is measured right. */
#include "cli/text.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void
check_escape(const char *what, struct span in, bool lines, const char *want)
{
	struct buf	b;

	buf_init(&b, 4096);
	text_escape(&b, in, lines);
	if (!buf_ok(&b) || !span_is(buf_span(&b), want))
		fail_msg("%s: got \"%s\", want \"%s\"", what, b.len > 0 ? b.p : "", want);
	buf_release(&b);
}

static void
harmful_characters_are_shown_not_obeyed(void **state)
{
	static const struct {
		const char	*what;
		struct span	 in;
		const char	*want;
	} row[] = {
		{ "plain text stays",	{ "invoice.paid", 12 },		"invoice.paid" },
		{ "umlauts stay",	{ "Z\xc3\xbcrich", 7 },		"Z\xc3\xbcrich" },
		{ "emoji stays",	{ "\xf0\x9f\x92\xb3", 4 },	"\xf0\x9f\x92\xb3" },
		{ "a colour",		{ "\033[31mred", 8 },		"\\x1b[31mred" },
		{ "a title",		{ "\033]0;x\a", 6 },		"\\x1b]0;x\\x07" },
		{ "C1 as UTF-8",	{ "\xc2\x9b" "2J", 4 },		"\\xc2\\x9b2J" },
		{ "C1 as a byte",	{ "\x9b" "2J", 3 },		"\\x9b2J" },
		{ "delete",		{ "a\x7f", 2 },			"a\\x7f" },
		{ "NUL",		{ "a\0b", 3 },			"a\\x00b" },
		{ "carriage return",	{ "ok\rno", 5 },		"ok\\x0dno" },
		{ "new line",		{ "a\nb", 3 },			"a\\x0ab" },
		{ "right to left",	{ "a\xe2\x80\xae" "b", 5 },	"a\\u202eb" },
		{ "an isolate",		{ "\xe2\x81\xa6", 3 },		"\\u2066" },
		{ "zero width",		{ "\xe2\x80\x8b", 3 },		"\\u200b" },
		{ "line separator",	{ "\xe2\x80\xa8", 3 },		"\\u2028" },
		{ "a tag character",	{ "\xf3\xa0\x80\xa0", 4 },	"\\ue0020" },
		{ "overlong slash",	{ "\xc0\xaf", 2 },		"\\xc0\\xaf" },
		{ "overlong escape",	{ "\xe0\x80\x9b", 3 },		"\\xe0\\x80\\x9b" },
		{ "a surrogate",	{ "\xed\xa0\x80", 3 },		"\\xed\\xa0\\x80" },
		{ "half a character",	{ "\xe2\x82", 2 },		"\\xe2\\x82" },
		{ "beyond Unicode",	{ "\xf4\x90\x80\x80", 4 },	"\\xf4\\x90\\x80\\x80" },
		{ "nothing",		{ NULL, 0 },			"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		check_escape(row[i].what, row[i].in, false, row[i].want);
	check_escape("lines may stay", SPAN("a\n\tb\033"), true, "a\n\tb\\x1b");
}

static void
cells_are_counted_as_a_terminal_does(void **state)
{
	static const struct {
		const char	*what, *in;
		int		 width;
	} row[] = {
		{ "nothing",		"",				0 },
		{ "letters",		"invoice",			7 },
		{ "an umlaut",		"Z\xc3\xbcrich",		6 },
		{ "u and a dot pair",	"Zu\xcc\x88rich",		6 },
		{ "Kanji",		"\xe6\x9d\xb1\xe4\xba\xac",	4 },
		{ "Hangul",		"\xea\xb0\x80",			2 },
		{ "emoji",		"\xf0\x9f\x92\xb3",		2 },
		{ "ellipsis",		"\xe2\x80\xa6",			1 },
		{ "euro",		"\xe2\x82\xac",			1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (text_width(span_str(row[i].in)) != row[i].width)
			fail_msg("%s: %d cells, want %d", row[i].what,
			    text_width(span_str(row[i].in)), row[i].width);
}

static void
text_is_cut_between_characters(void **state)
{
	static const struct {
		const char	*what, *in;
		int		 most;
		const char	*want;
	} row[] = {
		{ "it fits",			"abc",				3, "abc" },
		{ "letters",			"abcdef",			3, "abc" },
		{ "not inside an umlaut",	"\xc3\xbc\xc3\xbc",		1, "\xc3\xbc" },
		{ "not half a Kanji",		"\xe6\x9d\xb1\xe4\xba\xac",	3, "\xe6\x9d\xb1" },
		{ "a mark stays at its letter",	"u\xcc\x88" "a",		1, "u\xcc\x88" },
		{ "no room",			"abc",				0, "" },
	};
	int	used;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct span	got = text_fit(span_str(row[i].in), row[i].most, &used);

		if (!span_is(got, row[i].want) || used > row[i].most ||
		    used != text_width(got))
			fail_msg("%s: \"%.*s\", %d cells", row[i].what, SPAN_ARG(got), used);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(harmful_characters_are_shown_not_obeyed),
		cmocka_unit_test(cells_are_counted_as_a_terminal_does),
		cmocka_unit_test(text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
