/* FastCGI records and parameters, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/record.h"

static void
headers_round_trip(void **state)
{
	static const struct record	rows[] = {
		{ FCGI_STDOUT, 1, 0, 0 }, { FCGI_PARAMS, 65535, 65535, 0 },
		{ FCGI_END_REQUEST, 256, 8, 0 },
	};
	uint8_t				h[RECORD_HEADER];
	struct record			r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record_write(h, rows[i].type, rows[i].id, rows[i].content);
		assert_true(record_read(&r, h));
		assert_memory_equal(&r, &rows[i], sizeof(r));
	}
	h[0] = 2;
	assert_false(record_read(&r, h));
}

static void
parameters_become_an_environment(void **state)
{
	static char	long_value[300] = { 0 };
	struct arena	*arena = arena_new(1 << 20);
	char		stream[400], **env;
	size_t		n;

	(void)state;
	memset(long_value, 'v', sizeof(long_value));
	/* A short pair, an empty value, a value that needs four bytes of length. */
	n = 0;
	memcpy(stream + n, "\1\2ABC" "\1\0D", 8);
	n += 8;
	memcpy(stream + n, "\1\x80\0\1\x2c" "E", 6);
	n += 6;
	memcpy(stream + n, long_value, sizeof(long_value));
	n += sizeof(long_value);
	assert_int_equal(params_read(span_of(stream, n), arena, &env), HK_OK);
	assert_string_equal(env[0], "A=BC");
	assert_string_equal(env[1], "D=");
	assert_int_equal(strlen(env[2]), 2 + sizeof(long_value));
	assert_null(env[3]);
	assert_int_equal(params_read(SPAN_NULL, arena, &env), HK_OK);
	assert_null(env[0]);
	/* Cut anywhere inside a pair it is refused; between pairs it is whole. */
	for (size_t cut = 1; cut < n; cut++)
		assert_int_equal(params_read(span_of(stream, cut), arena, &env),
		    cut == 5 || cut == 8 ? HK_OK : HK_SYNTAX);
	arena_free(arena);
}

static void
what_is_no_parameter_is_refused(void **state)
{
	static const struct {
		const char	*what;
		struct span	 stream;
		enum hk_err	 want;
	} rows[] = {
		{ "a name of 4 GB",	SPAN("\xff\xff\xff\xff\0A"),	HK_SYNTAX },
		{ "a sum past SIZE_MAX's half", SPAN("\xff\xff\xff\xff\xff\xff\xff\xff" "A"), HK_SYNTAX },
		{ "no name",		SPAN("\0\1A"),			HK_SYNTAX },
		{ "'=' in a name",	SPAN("\2\1A=B"),		HK_SYNTAX },
		{ "'=' in a value",	SPAN("\1\1A="),			HK_OK },
		{ "NUL in a name",	SPAN("\2\1A\0B"),		HK_SYNTAX },
		{ "NUL in a value",	SPAN("\1\2AB\0"),		HK_SYNTAX },
	};
	struct arena	*arena = arena_new(1 << 20);
	char		**env, *many = arena_get(arena, 3 * (PARAMS_COUNT + 1));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (params_read(rows[i].stream, arena, &env) != rows[i].want)
			fail_msg("%s: not %s", rows[i].what, err_name(rows[i].want));
	for (int i = 0; i <= PARAMS_COUNT; i++)
		memcpy(many + 3 * i, "\1\0A", 3);
	assert_int_equal(params_read(span_of(many, 3 * PARAMS_COUNT), arena, &env), HK_OK);
	assert_int_equal(params_read(span_of(many, 3 * (PARAMS_COUNT + 1)), arena, &env), HK_TOOBIG);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(headers_round_trip),
		cmocka_unit_test(parameters_become_an_environment),
		cmocka_unit_test(what_is_no_parameter_is_refused),
	};

	return cmocka_run_group_tests_name("http/record", tests, NULL, NULL);
}
