/* What the tests of all schemes do alike. */
#ifndef TEST_SIGN_HELP_H
#define TEST_SIGN_HELP_H

#include "sign/scheme.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW	INT64_C(1700000000)	/* most requests here were signed then */

static inline struct sign_key
make_key(const struct scheme *s, const char *secret, const char *label)
{
	struct sign_key	k = { .label = label };

	if (s->key(&k, span_str(secret)) != HK_OK)
		fail_msg("%s is no secret: %s", secret, err_last());
	return k;
}

/* Fails with the phrase unless verify() says exactly this. */
static inline void
expect(const char *what, const struct sign_verdict *v, enum hk_err got, enum sign_reason want)
{
	enum hk_err	code = want == SIGN_OK ? HK_OK : want == SIGN_NO_SECRET ? HK_CONF :
	    want == SIGN_TOO_OLD || want == SIGN_TOO_NEW ? HK_STALE : HK_BADSIG;

	if (v->reason != want || got != code)
		fail_msg("%s: %s, %s", what, err_name(got), sign_reason_name(v->reason));
}

/* As fields, what sign() made. */
static inline struct fields
as_fields(struct field room[SIGN_FIELDS], const struct signed_fields *s)
{
	for (size_t i = 0; i < s->n; i++)
		room[i] = (struct field){ span_str(s->name[i]), span_str(s->value[i]) };
	return (struct fields){ room, s->n };
}

#endif
