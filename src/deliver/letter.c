/* What a mail says. */
#include "deliver/letter.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mailbox.h"
#include "deliver/trusted.h"
#include "http/template.h"
#include "outbox/body.h"

#define TEXT_MOST	((size_t)8 << 20)
#define FILE_MOST	((size_t)256 << 10)

/* ---- texts of our own ---------------------------------------------------------- */

static const struct own {
	const char	*type, *subject, *text;
} own[] = {
	{ "user.created", "Welcome{{#data.first_name}}, {{.}}{{/data.first_name}}",
	    "Hello{{#data.first_name}} {{.}}{{/data.first_name}},\n\n"
	    "your account is there. Its e-mail address is {{data.email}}.\n" },
	{ "credits_granted", "Credits: {{data.amount}} more",
	    "Hello,\n\nyour account got {{data.amount}} credits; it has {{data.balance}} now.\n" },
	{ "subscription.past_due", "A payment failed",
	    "Hello,\n\na payment of your subscription {{data.id}} failed. Please look after it, "
	    "for until then no credits can be used.\n" },
	{ NULL, "{{type}}", "{{type}}\n{{timestamp}}\n\n{{data}}\n" },
};

static const struct own *
own_of(struct span type)
{
	const struct own	*o = own;

	while (o->type != NULL && !span_is(type, o->type))
		o++;
	return o;
}

/* ---- templates --------------------------------------------------------------------- */

struct letter {
	const struct flight		*f;
	const struct conf_channel	*ch;
	struct json			*doc;	/* as a webhook's body */
	const char			**error;
};

static enum hk_err
wrong(struct letter *l, const char *error, enum hk_err e)
{
	*l->error = error;
	return e;
}

static enum hk_err
read_template(struct letter *l, struct span *out)
{
	int		 fd = -1;
	struct stat	 st;
	char		*text;
	ssize_t		 n;
	enum hk_err	 e;

	if ((e = trusted_file(l->ch->template, false)) != HK_OK)
		return wrong(l, "E_FILE", e);
	if ((fd = open(l->ch->template, O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &st) != 0)
		e = wrong(l, "E_FILE", err_tell(HK_CONF, "%s: %s", l->ch->template, strerror(errno)));
	else if (st.st_size < 0 || (size_t)st.st_size > FILE_MOST)
		e = wrong(l, "E_FILE", err_tell(HK_CONF, "%s is larger than %zu bytes",
		    l->ch->template, FILE_MOST));
	else if ((text = arena_zero(l->f->arena, (size_t)st.st_size + 1)) == NULL)
		e = wrong(l, "E_MEMORY", HK_NOMEM);
	else if ((n = read(fd, text, (size_t)st.st_size)) != st.st_size)
		e = wrong(l, "E_FILE", err_tell(HK_CONF, "%s cannot be read", l->ch->template));
	else
		*out = span_of(text, (size_t)n);
	if (fd >= 0)
		close(fd);
	return e;
}

/*
 * Templates escape for pages.  Plain text is made by taking that back: what the
 * template itself says is escaped before, so that it survives.
 */
static void
escape(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '&')
			buf_puts(b, "&amp;");
		else
			buf_putc(b, s.p[i]);
}

static void
unescape(struct buf *b, struct span s)
{
	static const struct { const char *word; char c; }	words[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&#39;", '\'' },
	};
	size_t	k;

	while (s.len > 0) {
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (span_starts(s, words[k].word))
				break;
		buf_putc(b, k < sizeof(words) / sizeof(words[0]) ? words[k].c : *s.p);
		k = k < sizeof(words) / sizeof(words[0]) ? strlen(words[k].word) : 1;
		s = span_of(s.p + k, s.len - k);
	}
}

static enum hk_err
render(struct letter *l, struct span template, bool page, struct span *out)
{
	struct buf			 text, made;
	struct embedded			 file[] = { { "mail", SPAN_NULL }, { NULL, SPAN_NULL } };
	const struct template_set	 set = { .file = file };
	enum hk_err			 e;

	buf_init(&text, TEXT_MOST);
	buf_init(&made, TEXT_MOST);
	if (page)
		buf_putspan(&text, template);
	else
		escape(&text, template);
	buf_putc(&text, '\0');
	if (!buf_ok(&text)) {
		e = wrong(l, "E_MEMORY", HK_NOMEM);
		goto out;
	}
	file[0].data = span_of(text.p, text.len - 1);
	if ((e = template_render(&made, &set, "mail", l->doc, NULL)) != HK_OK) {
		e = wrong(l, e == HK_NOMEM ? "E_MEMORY" : "E_TEMPLATE", e);
		goto out;
	}
	buf_clear(&text);
	if (page)
		buf_putspan(&text, buf_span(&made));
	else
		unescape(&text, buf_span(&made));
	*out = buf_ok(&text) ? arena_span(l->f->arena, buf_span(&text)) : SPAN_NULL;
	if (out->p == NULL)
		e = wrong(l, "E_MEMORY", HK_NOMEM);
out:
	buf_release(&text);
	buf_release(&made);
	return e;
}

static bool
is_page(const char *path)
{
	size_t	n = strlen(path);

	return (n > 5 && strcmp(path + n - 5, ".html") == 0) ||
	    (n > 4 && strcmp(path + n - 4, ".htm") == 0);
}

static enum hk_err
by_template(struct letter *l, struct mail *m)
{
	const struct own	*o = own_of(l->f->delivery.type);
	bool			 page = l->ch->template != NULL && is_page(l->ch->template);
	struct span		 template = span_str(o->text);
	enum hk_err		 e;

	if ((e = render(l, span_str(l->ch->subject != NULL ? l->ch->subject : o->subject), false,
	    &m->subject)) != HK_OK)
		return e;
	if (l->ch->template != NULL && (e = read_template(l, &template)) != HK_OK)
		return e;
	return render(l, template, page, page ? &m->html : &m->text);
}

/* ---- the whole ------------------------------------------------------------------------- */

static bool
keep(struct arena *a, struct json *doc, const char *path, struct span *out)
{
	struct span	s = json_text(doc, path);

	*out = arena_span(a, s.p != NULL ? s : SPAN(""));
	return out->p != NULL;
}

/* Clerk has composed it, down to the last word. */
static enum hk_err
as_composed(struct letter *l, struct mail *m)
{
	struct arena	*a = l->f->arena;

	if (!keep(a, l->doc, "data.subject", &m->subject) || !keep(a, l->doc, "data.text", &m->text) ||
	    !keep(a, l->doc, "data.html", &m->html))
		return wrong(l, "E_MEMORY", HK_NOMEM);
	return HK_OK;
}

static enum hk_err
addresses(struct letter *l, struct mail *m)
{
	const char	*to = span_is(l->f->delivery.type, "clerk.email") ? "data.to" : l->ch->to;

	if (!mailbox_split(span_str(l->ch->from), &m->from_name, &m->from))
		return wrong(l, "E_CHANNEL", err_tell(HK_CONF, "[%s] from is no address",
		    l->ch->section));
	if (strchr(to, '@') != NULL)
		m->to = span_str(to);
	else if (!keep(l->f->arena, l->doc, to, &m->to))
		return wrong(l, "E_MEMORY", HK_NOMEM);
	m->to = span_trim(m->to);
	if (!mailbox_good(m->to))
		return wrong(l, "E_RECIPIENT", err_tell(HK_NEVER, "%s of the message is no address we "
		    "can write to", to));
	return HK_OK;
}

enum hk_err
letter_write(const struct flight *f, const struct conf_channel *ch, struct mail *m,
    const char **error)
{
	const struct delivery	*d = &f->delivery;
	struct letter		 l = { .f = f, .ch = ch, .error = error };
	struct buf		 body;
	enum hk_err		 e;

	*m = (struct mail){ .message = d->message, .message_us = d->message_us };
	buf_init(&body, TEXT_MOST);
	message_body(&body, d->message, d->message_us, d->type, d->payload, false);
	if (!buf_ok(&body))
		e = wrong(&l, "E_MEMORY", HK_NOMEM);
	else if ((e = json_parse(buf_span(&body), &l.doc)) != HK_OK)
		e = wrong(&l, "E_MEMORY", e);
	else if ((e = addresses(&l, m)) == HK_OK)
		e = span_is(d->type, "clerk.email") ? as_composed(&l, m) : by_template(&l, m);
	json_free(l.doc);
	buf_release(&body);
	return e;
}
