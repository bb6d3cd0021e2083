/* Where the keys for sessions come from: the settings, and files they name. */
#include "api/session_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS_MOST	16
#define FILE_MOST	65536

struct session_key {
	struct span	 kid;		/* SPAN_NULL: any */
	struct rs256	*key;
};

struct sessions {
	struct session_key	 key[KEYS_MOST];
	size_t			 n;
	struct arena		*arena;		/* of the names */
	const char		*parties;	/* the settings' */
};

bool
session_item(const char **list, struct span *item)
{
	*list += strspn(*list, " \t\r\n");
	*item = span_of(*list, strcspn(*list, " \t\r\n"));
	*list += item->len;
	return item->len > 0;
}

static enum hk_err
wrong(const char *path, const char *why)
{
	return err_note(HK_CONF, "clerk.session_keys: %s: %s", path, why);
}

/* A relative path is seen from the settings' folder. */
static const char *
path_of(struct sessions *s, const struct conf *c, struct span name)
{
	const char	*slash = c->file != NULL ? strrchr(c->file, '/') : NULL;

	if (slash == NULL || name.p[0] == '/')
		return arena_str(s->arena, name);
	return arena_printf(s->arena, "%.*s/%.*s", (int)(slash - c->file), c->file,
	    SPAN_ARG(name));
}

/* A regular file that not everybody can change; *fd is the caller's to close. */
static enum hk_err
open_key(const char *path, int *fd)
{
	struct stat	 st;

	if ((*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return wrong(path, strerror(errno));
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode))
		return wrong(path, "no ordinary file");
	if ((st.st_mode & S_IWOTH) != 0)
		return wrong(path, "everybody can change it: chmod o-w");
	return HK_OK;
}

static enum hk_err
read_key(const char *path, char *text, size_t *len)
{
	ssize_t		n = 1;
	int		fd = -1;
	enum hk_err	e;

	*len = 0;
	if ((e = open_key(path, &fd)) != HK_OK)
		goto out;
	while (*len < FILE_MOST && (n = read(fd, text + *len, FILE_MOST - *len)) > 0)
		*len += (size_t)n;
	if (n == -1)
		e = wrong(path, strerror(errno));
out:
	if (fd != -1)
		close(fd);
	return e;
}

/* from: the file, or the variable, for messages. */
static enum hk_err
add(struct sessions *s, struct span kid, const char *from, struct span pem)
{
	struct rs256	*key = NULL;
	enum hk_err	 e;

	for (size_t i = 0; i < s->n; i++)
		if (span_eq(s->key[i].kid, kid))
			return wrong(from, kid.p == NULL ? "a second key for any kid; say "
			    "kid=FILE" : "a second key for the same kid");
	if (s->n == KEYS_MOST)
		return wrong(from, "more than 16 keys");
	if ((e = rs256_open(&key, pem)) != HK_OK)
		return e == HK_SYNTAX ? wrong(from, err_last()) : e;
	s->key[s->n++] = (struct session_key){ kid, key };
	return HK_OK;
}

/* "kid=FILE" or "FILE". */
static enum hk_err
add_item(struct sessions *s, const struct conf *c, struct span item)
{
	struct span	 rest = item, kid = span_cut(&rest, '='), name = rest;
	const char	*path;
	char		*text;
	size_t		 len;
	enum hk_err	 e;

	if (rest.p == NULL || memchr(kid.p, '/', kid.len) != NULL) {
		kid = SPAN_NULL;
		name = item;
	}
	if ((path = path_of(s, c, name)) == NULL || (text = malloc(FILE_MOST)) == NULL)
		return err_note(HK_NOMEM, "no memory for the keys of sessions");
	if (kid.p != NULL && (!span_graph(kid, SESSION_KID_MOST) || name.len == 0))
		e = wrong(path, "what stands before '=' is the key's kid, as ins_2abc=FILE");
	else if ((e = read_key(path, text, &len)) == HK_OK)
		e = add(s, kid, path, span_of(text, len));
	free(text);
	return e;
}

/* The PEM text itself; a newline may be spelled "\n", for many env files are lines. */
static enum hk_err
add_text(struct sessions *s, const char *text)
{
	char	*pem = arena_str(s->arena, span_str(text)), *to = pem;

	if (pem == NULL)
		return err_note(HK_NOMEM, "no memory for the keys of sessions");
	for (const char *p = text; *p != '\0'; p++)
		if (p[0] == '\\' && p[1] == 'n') {
			*to++ = '\n';
			p++;
		} else
			*to++ = *p;
	return add(s, SPAN_NULL, "CLERK_JWT_KEY", span_of(pem, (size_t)(to - pem)));
}

static enum hk_err
add_all(struct sessions *s, const struct conf *c)
{
	const char	*list = c->session_keys != NULL ? c->session_keys : "";
	struct span	 item;
	enum hk_err	 e = HK_OK;

	if (strstr(list, "-----BEGIN") != NULL)
		return add_text(s, list);
	while (e == HK_OK && session_item(&list, &item))
		e = add_item(s, c, item);
	return e;
}

enum hk_err
sessions_open(struct sessions **out, const struct conf *c)
{
	struct sessions	*s = calloc(1, sizeof(*s));
	enum hk_err	 e;

	if (s == NULL || (s->arena = arena_new(1 << 20)) == NULL) {
		free(s);
		return err_note(HK_NOMEM, "no memory for the keys of sessions");
	}
	s->parties = c->authorized_parties;
	if ((e = add_all(s, c)) != HK_OK) {
		sessions_close(s);
		return e;
	}
	*out = s;
	return HK_OK;
}

void
sessions_close(struct sessions *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		rs256_close(s->key[i].key);
	arena_free(s->arena);
	free(s);
}

bool
sessions_have_keys(const struct sessions *s)
{
	return s->n > 0;
}

const struct rs256 *
sessions_key(const struct sessions *s, struct span kid)
{
	const struct rs256	*any = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (s->key[i].kid.p == NULL)
			any = s->key[i].key;
		else if (span_eq(s->key[i].kid, kid))
			return s->key[i].key;
	}
	return any;
}

const char *
sessions_parties(const struct sessions *s)
{
	return s->parties;
}
