/* Which payloads an endpoint wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "outbox/filter.h"

static void
a_filter_takes_what_it_says(void **state)
{
	static const char	payload[] = "{\"kind\":\"purchase\",\"amount\":500,\"user\":"
				"{\"plan\":null,\"vip\":true,\"tags\":[\"a\",\"b\"]},\"rate\":1.5,\"n\":\"5\"}";
	static const struct {
		const char	*what, *filter;
		bool		 yes;
	} row[] = {
		{ "no filter", NULL, true },
		{ "equal text", "{\"all\":[{\"path\":\"kind\",\"equals\":\"purchase\"}]}", true },
		{ "other text", "{\"all\":[{\"path\":\"kind\",\"equals\":\"refund\"}]}", false },
		{ "equal number", "{\"all\":[{\"path\":\"amount\",\"equals\":500}]}", true },
		{ "a number is no text", "{\"all\":[{\"path\":\"amount\",\"equals\":\"500\"}]}", false },
		{ "a text is no number", "{\"all\":[{\"path\":\"n\",\"equals\":5}]}", false },
		{ "a fraction", "{\"all\":[{\"path\":\"rate\",\"equals\":1.5}]}", true },
		{ "a step down", "{\"all\":[{\"path\":\"user.vip\",\"equals\":true}]}", true },
		{ "null is absent", "{\"all\":[{\"path\":\"user.plan\",\"exists\":false}]}", true },
		{ "equals null", "{\"all\":[{\"path\":\"user.plan\",\"equals\":null}]}", true },
		{ "what is there does not equal null", "{\"all\":[{\"path\":\"kind\",\"equals\":null}]}", false },
		{ "is there", "{\"all\":[{\"path\":\"user\",\"exists\":true}]}", true },
		{ "is not there", "{\"all\":[{\"path\":\"other\",\"exists\":true}]}", false },
		{ "through a text", "{\"all\":[{\"path\":\"kind.x\",\"exists\":true}]}", false },
		{ "one of", "{\"all\":[{\"path\":\"kind\",\"in\":[\"a\",\"purchase\"]}]}", true },
		{ "none of", "{\"all\":[{\"path\":\"kind\",\"in\":[\"a\",500]}]}", false },
		{ "all of two, one is not", "{\"all\":[{\"path\":\"kind\",\"exists\":true},"
		    "{\"path\":\"amount\",\"equals\":1}]}", false },
		{ "any of two", "{\"any\":[{\"path\":\"amount\",\"equals\":1},"
		    "{\"path\":\"kind\",\"exists\":true}]}", true },
		{ "any of none that fits", "{\"any\":[{\"path\":\"amount\",\"equals\":1}]}", false },
	};
	struct json	*root;

	(void)state;
	assert_int_equal(json_parse(SPAN(payload), &root), HK_OK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool	yes;

		if (filter_takes(span_str(row[i].filter), root, &yes) != HK_OK)
			fail_msg("%s: %s", row[i].what, err_last());
		if (yes != row[i].yes)
			fail_msg("%s", row[i].what);
	}
	json_free(root);
}

static void
a_filter_that_cannot_be_is_said(void **state)
{
	static const char *const	wrong[] = {
		"", "null", "[]", "{}", "5", "{\"all\":[]}", "{\"all\":{}}", "{\"none\":[]}",
		"{\"all\":[{\"path\":\"a\",\"exists\":true}],\"any\":[{\"path\":\"a\",\"exists\":true}]}",
		"{\"all\":[{\"path\":\"a\"}]}", "{\"all\":[{\"exists\":true}]}",
		"{\"all\":[{\"path\":\"\",\"exists\":true}]}", "{\"all\":[{\"path\":5,\"exists\":true}]}",
		"{\"all\":[{\"path\":\"a\\u0000b\",\"exists\":true}]}",
		"{\"all\":[{\"path\":\"a\",\"exists\":1}]}", "{\"all\":[{\"path\":\"a\",\"equals\":[1]}]}",
		"{\"all\":[{\"path\":\"a\",\"equals\":{}}]}", "{\"all\":[{\"path\":\"a\",\"in\":[]}]}",
		"{\"all\":[{\"path\":\"a\",\"in\":\"a\"}]}", "{\"all\":[{\"path\":\"a\",\"in\":[[1]]}]}",
		"{\"all\":[{\"path\":\"a\",\"equals\":1,\"exists\":true}]}",
		"{\"all\":[{\"path\":\"a\",\"matches\":\"x\"}]}", "{\"all\":[5]}", "{\"all\":[null]}",
	};
	struct json	*root;

	(void)state;
	assert_int_equal(json_parse(SPAN("{\"a\":1}"), &root), HK_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bool	yes;

		if (filter_good(span_str(wrong[i])) != HK_SYNTAX ||
		    filter_takes(span_str(wrong[i]), root, &yes) != HK_SYNTAX)
			fail_msg("%s: taken", wrong[i]);
		if (strncmp(err_last(), "filter: ", 8) != 0)
			fail_msg("%s: nobody says why", wrong[i]);
	}
	json_free(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_takes_what_it_says),
		cmocka_unit_test(a_filter_that_cannot_be_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
