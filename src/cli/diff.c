/* Columns in words. */
#include "cli/diff.h"

#define VALUE_MOST	65536

/* What is not there is "none", an empty text is "". */
static void
put_value(struct buf *out, struct json *v)
{
	struct buf	b;

	buf_init(&b, VALUE_MOST);
	json_show(&b, v);
	if (json_kind(v) == JSON_ABSENT)
		buf_puts(out, "none");
	else if (b.len == 0)
		buf_puts(out, "\"\"");
	else
		buf_putspan(out, buf_span(&b));
	buf_release(&b);
}

void
diff_put(struct buf *out, struct json *columns, bool update)
{
	struct span	 name;
	struct json	*value;
	void		*at = NULL;

	while (json_next(columns, &at, &name, &value)) {
		if (out->len > 0)
			buf_puts(out, ", ");
		buf_putspan(out, name);
		buf_putc(out, ' ');
		if (update) {
			put_value(out, json_at(value, 0));
			buf_puts(out, " -> ");
			value = json_at(value, 1);
		}
		put_value(out, value);
	}
}
