/* A file of plans. */
#include "cli/plans_file.h"

#include <ctype.h>
#include <errno.h>

#define FILE_MOST	((size_t)4 << 20)
#define WORDS_MOST	16

struct plans {
	struct arena	*arena;
	const char	*path;
	struct plan	*plan;
	size_t		 n, room;
};

static enum hk_err
add(struct plans *p, const struct plan *plan)
{
	size_t	more = p->room > 0 ? 2 * p->room : 64;

	if (p->n == p->room) {
		p->plan = arena_grow(p->arena, p->plan, p->room * sizeof(*plan),
		    more * sizeof(*plan));
		if (p->plan == NULL)
			return err_note(HK_NOMEM, "no memory for the plans");
		p->room = more;
	}
	p->plan[p->n++] = *plan;
	return HK_OK;
}

static enum hk_err
read_all(struct arena *arena, const char *path, struct span *text)
{
	FILE		*f = fopen(path, "re");
	char		*p = arena_get(arena, FILE_MOST + 1);
	size_t		 n = 0;
	enum hk_err	 e = HK_OK;

	if (f == NULL)
		return err_tell(HK_IO, "%s: %s", path, strerror(errno));
	if (p == NULL)
		e = err_note(HK_NOMEM, "no memory for %s", path);
	else
		n = fread(p, 1, FILE_MOST + 1, f);
	if (e == HK_OK && ferror(f))
		e = err_tell(HK_IO, "%s: cannot be read", path);
	if (e == HK_OK && n > FILE_MOST)
		e = err_tell(HK_USAGE, "%s is larger than %zu bytes", path, FILE_MOST);
	fclose(f);
	*text = span_of(p, n);
	return e;
}

/* ---- JSON --------------------------------------------------------------------- */

static enum hk_err
of_json(struct plans *p, struct json *j, size_t i)
{
	struct plan	plan = { .per = 1, .credits = -1 };
	struct span	ref = json_text(j, "ref"), name = json_text(j, "name");

	plan.ref = arena_span(p->arena, ref.p != NULL ? ref : SPAN(""));
	plan.name = name.p != NULL ? arena_span(p->arena, name) : SPAN_NULL;
	if (plan.ref.p == NULL || (name.p != NULL && plan.name.p == NULL))
		return err_note(HK_NOMEM, "no memory for the plans");
	if (!plan_match_of(plan.ref, &plan.match))
		return err_tell(HK_USAGE, "%s: plan %zu: ref " PLAN_REF_RULE, p->path, i + 1);
	if (!json_int(j, "credits", &plan.credits) || plan.credits < 0)
		return err_tell(HK_USAGE, "%s: plan %zu: credits is a number from 0 on", p->path,
		    i + 1);
	if (json_get(j, "per") != NULL && (!json_int(j, "per", &plan.per) || plan.per < 1))
		return err_tell(HK_USAGE, "%s: plan %zu: per is a number from 1 on", p->path,
		    i + 1);
	return add(p, &plan);
}

static enum hk_err
all_json(struct plans *p, struct span text)
{
	struct json	*root, *list;
	enum hk_err	 e;

	if ((e = json_parse(text, &root)) != HK_OK)
		return e == HK_NOMEM ? e : err_tell(HK_USAGE, "%s: %s", p->path, err_last());
	list = json_is_object(root) ? json_get(root, "plans") : root;
	if (json_kind(list) != JSON_ARRAY)
		e = err_tell(HK_USAGE, "%s: neither an array of plans nor an object with "
		    "\"plans\"", p->path);
	for (size_t i = 0; e == HK_OK && i < json_len(list); i++)
		e = of_json(p, json_at(list, i), i);
	json_free(root);
	return e;
}

/* ---- lines --------------------------------------------------------------------- */

/* The next word, quotes taken off; NULL: no more, or *bad. */
static char *
word(char **at, bool *bad)
{
	char	*p = *at, *from, *to;
	char	 quote = '\0';

	while (isspace((unsigned char)*p))
		p++;
	if (*p == '\0' || *p == '#')
		return NULL;
	for (from = to = p; *p != '\0' && (quote != '\0' || !isspace((unsigned char)*p)); p++) {
		if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else
			*to++ = *p;
	}
	*bad = quote != '\0';
	*at = *p != '\0' ? p + 1 : p;
	*to = '\0';
	return *bad ? NULL : from;
}

/* "hookkeeper plan set" may stand before it. */
static int
preamble(int argc, char **argv)
{
	static const char *const	said[] = { "hookkeeper", "plan", "set" };
	int				n = 0;

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		n += n < argc && strcmp(argv[n], said[i]) == 0;
	return n;
}

static enum hk_err
of_line(struct plans *p, char *line, int number)
{
	char		*argv[WORDS_MOST + 1], *w;
	struct plan	 plan;
	bool		 bad = false;
	int		 argc = 0, lead;
	enum hk_err	 e;

	while (argc < WORDS_MOST && (w = word(&line, &bad)) != NULL)
		argv[argc++] = w;
	argv[argc] = NULL;
	if (bad)
		return err_tell(HK_USAGE, "%s:%d: a quote is not closed", p->path, number);
	if (argc == 0)
		return HK_OK;
	lead = preamble(argc, argv);
	if ((e = plan_of_words(p->arena, argc - lead, argv + lead, &plan)) == HK_USAGE) {
		char	*why = arena_str(p->arena, span_str(err_last()));

		return err_tell(e, "%s:%d: %s", p->path, number, why != NULL ? why : "?");
	}
	return e == HK_OK ? add(p, &plan) : e;
}

static enum hk_err
all_lines(struct plans *p, struct span text)
{
	enum hk_err	e = HK_OK;

	for (int number = 1; e == HK_OK && text.p != NULL; number++) {
		char	*line = arena_str(p->arena, span_cut(&text, '\n'));

		e = line != NULL ? of_line(p, line, number) :
		    err_note(HK_NOMEM, "no memory for the plans");
	}
	return e;
}

enum hk_err
plans_file(struct arena *arena, const char *path, struct plan **out, size_t *n)
{
	struct plans	p = { .arena = arena, .path = path };
	struct span	text, start;
	enum hk_err	e;

	if ((e = read_all(arena, path, &text)) != HK_OK)
		return e;
	for (start = text; start.len > 0 && isspace((unsigned char)start.p[0]); start.len--)
		start.p++;
	e = start.len > 0 && (start.p[0] == '[' || start.p[0] == '{') ? all_json(&p, start) :
	    all_lines(&p, text);
	if (e == HK_OK && p.n == 0)
		e = err_tell(HK_USAGE, "%s has no plans", path);
	*out = p.plan;
	*n = p.n;
	return e;
}
