/* Filters of payloads. */
#include "outbox/filter.h"

#include "base/err.h"

#define PATH_MOST	256
#define VALUES_MOST	100	/* of an "in" */

static enum hk_err
wrong(size_t rule, const char *what)
{
	return err_tell(HK_SYNTAX, "filter: rule %zu %s", rule + 1, what);
}

static bool
is_value(struct json *v)
{
	return json_kind(v) != JSON_ARRAY && json_kind(v) != JSON_OBJECT;
}

static enum hk_err
values_good(size_t i, struct json *list)
{
	size_t	n = json_len(list);

	if (json_kind(list) != JSON_ARRAY || n == 0 || n > VALUES_MOST)
		return wrong(i, "\"in\" is a list of 1 to 100 values");
	for (size_t k = 0; k < n; k++)
		if (!is_value(json_at(list, k)))
			return wrong(i, "\"in\" holds texts, numbers, true and false");
	return HK_OK;
}

static enum hk_err
rule_good(size_t i, struct json *rule)
{
	struct span	 name, path = json_text(rule, "path");
	struct json	*v;
	void		*at = NULL;
	int		 tests = 0;
	enum hk_err	 e = HK_OK;

	if (!json_is_object(rule) || path.len == 0 || path.len > PATH_MOST ||
	    memchr(path.p, '\0', path.len) != NULL)
		return wrong(i, "has a \"path\" of 1 to 256 characters, as \"data.amount\"");
	while (e == HK_OK && json_next(rule, &at, &name, &v)) {
		if (span_is(name, "path"))
			continue;
		tests++;
		if (span_is(name, "exists") && json_kind(v) != JSON_BOOL)
			e = wrong(i, "\"exists\" is true or false");
		else if (span_is(name, "equals") && !is_value(v))
			e = wrong(i, "\"equals\" is a text, a number, true, false or null");
		else if (span_is(name, "in"))
			e = values_good(i, v);
		else if (!span_is(name, "exists") && !span_is(name, "equals"))
			e = wrong(i, "has another test than \"equals\", \"exists\" or \"in\"");
	}
	if (e == HK_OK && tests != 1)
		e = wrong(i, "has one of \"equals\", \"exists\" and \"in\"");
	return e;
}

/* The list of rules; *any: one that is true is enough. */
static enum hk_err
rules(struct json *root, struct json **list, bool *any)
{
	struct span	 name;
	struct json	*v;
	void		*at = NULL;
	size_t		 n = 0;

	while (json_next(root, &at, &name, &v)) {
		n++;
		*any = span_is(name, "any");
		if (!*any && !span_is(name, "all"))
			n = 2;
		*list = v;
	}
	if (n != 1 || json_kind(*list) != JSON_ARRAY || json_len(*list) == 0 ||
	    json_len(*list) > FILTER_RULES)
		return err_tell(HK_SYNTAX, "filter: it is {\"all\": [...]} or {\"any\": [...]} with 1 "
		    "to %d rules", FILTER_RULES);
	for (size_t i = 0; i < json_len(*list); i++) {
		enum hk_err	e = rule_good(i, json_at(*list, i));

		if (e != HK_OK)
			return e;
	}
	return HK_OK;
}

static bool
rule_takes(struct json *rule, struct json *payload)
{
	struct span	 path = json_text(rule, "path");
	char		 name[PATH_MOST + 1];
	struct json	*value, *want;

	memcpy(name, path.p, path.len);
	name[path.len] = '\0';
	value = json_get(payload, name);
	if (json_has(rule, "exists", &want))
		return (value != NULL) == json_true(rule, "exists");
	if (json_has(rule, "equals", &want))
		return json_same(value, want);
	want = json_get(rule, "in");
	for (size_t i = 0; i < json_len(want); i++)
		if (json_same(value, json_at(want, i)))
			return true;
	return false;
}

static enum hk_err
filter_read(struct span filter, struct json **root, struct json **list, bool *any)
{
	enum hk_err	e;

	*root = NULL;
	if (filter.len > FILTER_MOST)
		return err_tell(HK_SYNTAX, "filter: it has at most %d bytes", FILTER_MOST);
	if ((e = json_parse(filter, root)) == HK_SYNTAX)
		return err_tell(HK_SYNTAX, "filter: it is no JSON");
	return e != HK_OK ? e : rules(*root, list, any);
}

enum hk_err
filter_good(struct span filter)
{
	struct json	*root, *list = NULL;
	bool		 any = false;
	enum hk_err	 e = filter_read(filter, &root, &list, &any);

	json_free(root);
	return e;
}

enum hk_err
filter_takes(struct span filter, struct json *payload, bool *yes)
{
	struct json	*root, *list = NULL;
	bool		 any = false;
	enum hk_err	 e;

	*yes = true;
	if (filter.p == NULL)
		return HK_OK;
	if ((e = filter_read(filter, &root, &list, &any)) == HK_OK) {
		*yes = !any;
		for (size_t i = 0; i < json_len(list) && *yes == !any; i++)
			*yes = rule_takes(json_at(list, i), payload);
	}
	json_free(root);
	return e;
}
