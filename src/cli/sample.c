/* An event to send, made fresh. */
#include "cli/sample.h"

#include <errno.h>

#include "base/clock.h"
#include "base/id.h"

/* Where each sender's body says which event it is, and of when. */
static const struct fresh {
	const char	*provider, *prefix;	/* of an id */
	const char	*id;			/* NULL: only a header has it */
	const char	*time;
	enum { SECONDS, MILLISECONDS, ISO } unit;
	bool		 pretty;		/* as the sender prints */
} fresh[] = {
	{ "stripe", "evt_",	"id",	"created",	SECONDS,	true },
	{ "clerk",  "msg_",	NULL,	"timestamp",	MILLISECONDS,	false },
	{ "resend", "msg_",	NULL,	"created_at",	ISO,		false },
	/* a sender without a row: the body stays as it is */
	{ NULL,	    "msg_",	NULL,	NULL,		SECONDS,	false },
};

static const struct fresh *
fresh_of(const struct provider *p)
{
	const struct fresh	*f = fresh;

	while (f->provider != NULL && strcmp(f->provider, p->name) != 0)
		f++;
	return f;
}

static enum hk_err
read_file(const char *name, struct buf *b)
{
	FILE		*f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	char		 block[16384];
	size_t		 n;
	enum hk_err	 e = HK_OK;

	if (f == NULL)
		return err_note(HK_IO, "cannot read %s: %s", name, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_put(b, block, n);
	if (ferror(f))
		e = err_note(HK_IO, "cannot read %s: %s", name, strerror(errno));
	else if (!buf_ok(b))
		e = err_tell(HK_TOOBIG, "%s is larger than %zu bytes", name, b->most);
	if (f != stdin)
		fclose(f);
	return e;
}

static enum hk_err
check_set(const struct texts *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (strchr(set->v[i], '=') == NULL || set->v[i][0] == '=')
			return err_tell(HK_USAGE, "--set must be PATH=VALUE, not '%s'",
			    set->v[i]);
	return HK_OK;
}

enum hk_err
sample_of(struct sample *s, const struct provider *p, struct span body, const struct texts *set)
{
	*s = (struct sample){ .provider = p, .set = set, .body = body };
	buf_init(&s->text, SAMPLE_MOST);
	buf_init(&s->file, SAMPLE_MOST);
	return check_set(set);
}

enum hk_err
sample_open(struct sample *s, const struct provider *p, const char *type,
    const char *file, const struct texts *set)
{
	enum hk_err	e;

	*s = (struct sample){ .provider = p, .set = set, .fresh = file == NULL };
	buf_init(&s->text, SAMPLE_MOST);
	buf_init(&s->file, SAMPLE_MOST);
	if (file != NULL) {
		if ((e = read_file(file, &s->file)) != HK_OK)
			return e;
		s->body = buf_span(&s->file);
	} else if ((s->body = provider_sample(p, span_str(type))).p == NULL)
		return err_tell(HK_NOTFOUND, "there is no sample of %s's '%s'; "
		    "hookkeeper send --list shows what there is", p->title, type);
	return check_set(set);
}

static enum hk_err
set_text(struct json *root, const char *path, struct span text)
{
	char		quoted[SIGN_ID_MAX + 3];

	snprintf(quoted, sizeof(quoted), "\"%.*s\"", SPAN_ARG(text));
	return json_set(root, path, span_str(quoted));
}

static enum hk_err
set_time(struct json *root, const struct fresh *f, int64_t now)
{
	char	text[ISO_LEN + 1];

	if (f->time == NULL)
		return HK_OK;
	if (f->unit == ISO) {
		iso_format(text, now);
		return set_text(root, f->time, span_str(text));
	}
	snprintf(text, sizeof(text), "%lld",
	    (long long)(now / (f->unit == SECONDS ? US_PER_S : US_PER_MS)));
	return json_set(root, f->time, span_str(text));
}

static enum hk_err
set_given(struct json *root, const struct texts *set)
{
	enum hk_err	e = HK_OK;

	for (size_t i = 0; e == HK_OK && i < set->n; i++) {
		char	path[512];
		size_t	len = strcspn(set->v[i], "=");

		if (len >= sizeof(path))
			return err_tell(HK_USAGE, "--set: the path is longer than %zu bytes",
			    sizeof(path) - 1);
		memcpy(path, set->v[i], len);
		path[len] = '\0';
		e = json_set(root, path, span_str(set->v[i] + len + 1));
	}
	return e;
}

/* Quotes and backslashes have no place in an id. */
static enum hk_err
take_id(struct sample *s, const struct fresh *f, struct span id)
{
	if (id.p == NULL) {
		id_make(s->made, f->prefix);
		s->id = span_str(s->made);
		return HK_OK;
	}
	if (!span_graph(id, SIGN_ID_MAX) || memchr(id.p, '"', id.len) != NULL ||
	    memchr(id.p, '\\', id.len) != NULL)
		return err_tell(HK_USAGE, "--id must be 1 to %d printable characters without "
		    "blank, quote and backslash", SIGN_ID_MAX);
	s->id = id;
	return HK_OK;
}

enum hk_err
sample_make(struct sample *s, struct span id, int64_t now)
{
	const struct fresh	*f = fresh_of(s->provider);
	bool			 own_id = f->id != NULL && (s->fresh || id.p != NULL);
	enum hk_err		 e;

	if ((e = take_id(s, f, id)) != HK_OK)
		return e;
	if (s->root == NULL)
		e = json_parse(s->body, &s->root);
	if (f->id != NULL && !own_id)
		s->id = json_text(s->root, f->id);
	if (!s->fresh && s->set->n == 0 && !own_id)
		return HK_OK;		/* a file, byte for byte, JSON or not */
	if (e != HK_OK)
		return e;
	if ((own_id && (e = set_text(s->root, f->id, s->id)) != HK_OK) ||
	    (s->fresh && (e = set_time(s->root, f, now)) != HK_OK) ||
	    (e = set_given(s->root, s->set)) != HK_OK)
		return e;
	buf_clear(&s->text);
	json_print(&s->text, s->root, f->pretty);
	if (!buf_ok(&s->text))
		return err_tell(HK_TOOBIG, "the body is larger than %zu bytes", SAMPLE_MOST);
	s->body = buf_span(&s->text);
	return HK_OK;
}

void
sample_close(struct sample *s)
{
	json_free(s->root);
	buf_release(&s->text);
	buf_release(&s->file);
}
