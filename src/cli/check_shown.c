/* The doctor tries to fetch what nobody may: settings, database, keys. */
#include "cli/checkup.h"
#include "deliver/post.h"

#define PATIENCE_S	10
#define LOOK		512	/* bytes that are compared */
#define LEAST		16	/* a shorter file proves nothing */
#define STEPS_MOST	6	/* folders of a path that may be the web server's */

/* The first bytes of a file; 0: it cannot be read. */
static size_t
first_bytes(const char *path, char *p)
{
	FILE	*f = fopen(path, "re");
	size_t	 n = f != NULL ? fread(p, 1, LOOK, f) : 0;

	if (f != NULL)
		fclose(f);
	return n;
}

/* True: that address gives this file away. */
static bool
gives(const char *url, const char *bytes, size_t n)
{
	const struct post_header range = { "Range", "bytes=0-511" };
	struct post_answer	 a;
	struct buf		 answer;
	bool			 same;

	buf_init(&answer, LOOK);
	same = post_ask("GET", url, &range, 1, SPAN(""), PATIENCE_S, &a, &answer) == HK_OK &&
	    (a.status == 200 || a.status == 206) && answer.len >= n &&
	    memcmp(buf_span(&answer).p, bytes, n) == 0;
	buf_release(&answer);
	return same;
}

/* By its name alone, and with as many of its folders as there are. */
static bool
try_file(struct checkup *k, const char *path, int *tried)
{
	char		 bytes[LOOK];
	size_t		 n = first_bytes(path, bytes), base = strlen(k->base);
	const char	*from = path + strlen(path), *url;

	if (n < LEAST)
		return false;
	if (base > 0 && k->base[base - 1] == '/')
		base--;
	for (int steps = 0; steps < STEPS_MOST && from > path; steps++) {
		while (from > path && *--from != '/')
			;
		if (*from != '/' || (url = arena_printf(k->c->arena, "%.*s%s", (int)base, k->base,
		    from)) == NULL)
			return false;
		++*tried;
		if (gives(url, bytes, n)) {
			check_say(k, CHECK_FAIL, "shown", "anybody can fetch %s at %s: move it out "
			    "of the web server's folder now, and replace every secret in it",
			    path, url);
			return true;
		}
	}
	return false;
}

void
check_shown(struct checkup *k)
{
	const struct conf	*conf = k->c->conf;
	const char		*path[4];
	size_t			 n = 0;
	bool			 any = false;
	int			 tried = 0;

	if (conf->file != NULL)
		path[n++] = conf->file;
	path[n++] = conf->db;
	path[n++] = arena_printf(k->c->arena, "%s-wal", conf->db);
	for (size_t i = 0; i < n; i++)
		if (path[i] != NULL && try_file(k, path[i], &tried))
			any = true;
	if (!any)
		check_say(k, CHECK_OK, "shown", "settings and database cannot be fetched (%d "
		    "addresses tried)", tried);
}
