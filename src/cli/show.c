/* What came in, shown: JSON in a form for its reader, or byte for byte. */
#include "cli/cli.h"
#include "cli/text.h"

enum hk_err
show_json(struct cli *c, const char *key, struct span text)
{
	struct json	*root = NULL;
	struct buf	 b;
	enum hk_err	 e = HK_OK;

	buf_init(&b, c->out.most);
	if (json_parse(text, &root) == HK_OK)
		json_print(&b, root, !c->json);
	else
		buf_putspan(&b, text);
	if (!buf_ok(&b))
		e = err_note(HK_NOMEM, "no memory to print %s", key);
	else if (!c->json) {
		heading(c, key);
		text_escape(&c->out, buf_span(&b), true);
		buf_putc(&c->out, '\n');
	} else if (root != NULL)
		jw_raw(&c->jw, key, buf_span(&b));
	else
		jw_text(&c->jw, key, text);
	json_free(root);
	buf_release(&b);
	return e;
}

void
show_raw(struct cli *c, struct span body)
{
	if (c->screen.width > 0)
		text_escape(&c->out, body, true);
	else
		buf_putspan(&c->out, body);
}
