/* Options by table: one parser, so every command refuses in the same words. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "provider/provider.h"

static bool
picked(const char *picks, const char *value)
{
	struct span	rest = span_str(picks);

	while (rest.p != NULL)
		if (span_eq(span_cut(&rest, '|'), span_str(value)))
			return true;
	return false;
}

/* How long one of the unit is, or 0. */
static int64_t
unit_us(char unit)
{
	switch (unit) {
	case 's': return US_PER_S;
	case 'm': return 60 * US_PER_S;
	case 'h': return 3600 * US_PER_S;
	case 'd': return 86400 * US_PER_S;
	default: return 0;
	}
}

bool
when_parse(struct span s, int64_t now, int64_t *us)
{
	static const char *const	 ends[] = { "", "Z", ":00Z", "T00:00:00Z" };
	char				 iso[64];
	int64_t				 n, unit;

	if (s.len > 1 && (unit = unit_us(s.p[s.len - 1])) > 0 &&
	    span_u63(span_of(s.p, s.len - 1), &n)) {
		if (n > now / unit)
			return false;
		*us = now - n * unit;
		return true;
	}
	if (s.len > 40)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(iso, sizeof(iso), "%.*s%s", SPAN_ARG(s), ends[i]);
		if (iso_parse(span_str(iso), us))
			return true;
	}
	return false;
}

static enum hk_err
wants(const struct opt *o, const char *rule, const char *value)
{
	return err_tell(HK_USAGE, "--%s must be %s, not '%s'", o->name, rule, value);
}

static enum hk_err
set_int(const struct opt *o, const char *value, int64_t *to)
{
	char	 rule[96];
	int64_t	 n;

	snprintf(rule, sizeof(rule), "a number from %lld to %lld",
	    (long long)o->least, (long long)o->most);
	if (!span_u63(span_str(value), &n) || n < o->least || n > o->most)
		return wants(o, rule, value);
	*to = n;
	return HK_OK;
}

static enum hk_err
set_many(const struct opt *o, const char *value, struct texts *to)
{
	if (to->n == TEXTS_MOST)
		return err_tell(HK_USAGE, "--%s is given more than %d times", o->name,
		    TEXTS_MOST);
	to->v[to->n++] = value;
	return HK_OK;
}

/* value is NULL for a flag. */
static enum hk_err
set(struct cli *c, const struct opt *o, const char *value)
{
	void			*to = (char *)c->args + o->at;
	char			 rule[160];

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)to = true;
		return HK_OK;
	case OPT_TEXT:
		*(const char **)to = value;
		return HK_OK;
	case OPT_MANY:
		return set_many(o, value, to);
	case OPT_INT:
		return set_int(o, value, to);
	case OPT_TIME:
		return when_parse(span_str(value), now_us(), to) ? HK_OK :
		    wants(o, "a time such as 2026-11-22T10:00:00Z, 2026-11-22 or 2h "
		    "(ago)", value);
	case OPT_PICK:
		snprintf(rule, sizeof(rule), "one of %s", o->picks);
		if (!picked(o->picks, value))
			return wants(o, rule, value);
		*(const char **)to = value;
		return HK_OK;
	case OPT_SENDER:
		if (provider_find(span_str(value)) == NULL && !span_starts(span_str(value), "custom:"))
			return wants(o, "stripe, clerk, resend or custom:NAME", value);
		*(const char **)to = value;
		return HK_OK;
	}
	abort();
}

static const struct opt *
find(const struct opt *o, struct span name)
{
	for (; o != NULL && o->name != NULL; o++)
		if (span_is(name, o->name))
			return o;
	return NULL;
}

/* --json, --conf, --help: the same for every command. */
static const struct opt *
find_global(struct span name)
{
	static const struct opt	global[] = {
		{ .name = "json" }, { .name = "help" },
		{ .name = "conf", .arg = "FILE" }, { .name = NULL }
	};

	return find(global, name);
}

static enum hk_err
apply_global(struct cli *c, const struct opt *o, const char *value)
{
	if (strcmp(o->name, "json") == 0)
		c->json = true;
	else if (strcmp(o->name, "help") == 0)
		c->help = true;
	else if (setenv("HOOKKEEPER_CONF", value, 1) != 0)
		return err_note(HK_NOMEM, "cannot set HOOKKEEPER_CONF");
	return HK_OK;
}

/* One option at argv[*i], which starts with "--"; *i moves over its value. */
static enum hk_err
one(struct cli *c, int argc, char **argv, int *i)
{
	struct span		 rest = span_str(argv[*i] + 2);
	struct span		 name = span_cut(&rest, '=');
	const char		*value = rest.p != NULL ? rest.p : NULL;
	const struct opt	*own = find(c->cmd != NULL ? c->cmd->opts : NULL, name);
	const struct opt	*o = own != NULL ? own : find_global(name);

	if (o == NULL)
		return err_tell(HK_USAGE, "there is no option --%.*s", SPAN_ARG(name));
	if (o->arg == NULL && value != NULL)
		return err_tell(HK_USAGE, "--%s takes no value", o->name);
	if (o->arg != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return err_tell(HK_USAGE, "--%s needs a value: %s", o->name,
			    o->arg);
		value = argv[++*i];
	}
	return own != NULL ? set(c, o, value) : apply_global(c, o, value);
}

static enum hk_err
prepare(struct cli *c)
{
	const struct opt	*o = c->cmd != NULL ? c->cmd->opts : NULL;

	if (o == NULL)
		return HK_OK;
	if ((c->args = arena_zero(c->arena, c->cmd->args)) == NULL)
		return err_note(HK_NOMEM, "no memory for the arguments");
	for (; o->name != NULL; o++)
		if (o->kind == OPT_INT)
			*(int64_t *)(void *)((char *)c->args + o->at) = o->fallback;
	return HK_OK;
}

enum hk_err
opts_parse(struct cli *c, int argc, char **argv)
{
	enum hk_err	 e = prepare(c);
	bool		 only_operands = false;

	c->argc = 0;
	if (e == HK_OK && (c->argv = arena_get(c->arena,
	    ((size_t)argc + 1) * sizeof(*c->argv))) == NULL)
		e = err_note(HK_NOMEM, "no memory for the arguments");
	for (int i = 0; e == HK_OK && i < argc; i++) {
		const char	*a = argv[i];

		if (only_operands || a[0] != '-' || a[1] == '\0')
			c->argv[c->argc++] = argv[i];
		else if (strcmp(a, "--") == 0)
			only_operands = true;
		else if (strcmp(a, "-h") == 0)
			c->help = true;
		else if (a[1] == '-')
			e = one(c, argc, argv, &i);
		else
			e = err_tell(HK_USAGE, "there is no option %s", a);
	}
	if (e == HK_OK)
		c->argv[c->argc] = NULL;
	return e;
}

void
opts_help(struct buf *b, const struct opt *o)
{
	char	left[64];

	for (; o != NULL && o->name != NULL; o++) {
		snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
		buf_printf(b, "  %-26s %s", left, o->about);
		if (o->kind == OPT_PICK)
			buf_printf(b, ": %s", o->picks);
		if (o->kind == OPT_INT && o->fallback > 0)
			buf_printf(b, " (default %lld)", (long long)o->fallback);
		buf_putc(b, '\n');
	}
}
