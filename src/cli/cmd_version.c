/* hookkeeper version */
#include "cli/cli.h"

static int
run(struct cli *c)
{
	if (!c->json) {
		buf_printf(&c->out, "hookkeeper %s, schema %d\n", HK_VERSION,
		    db_schema_version());
		return 0;
	}
	jw_open(&c->jw, NULL, '{');
	jw_text(&c->jw, "version", SPAN(HK_VERSION));
	jw_int(&c->jw, "schema", db_schema_version());
	jw_close(&c->jw, '}');
	buf_putc(&c->out, '\n');
	return 0;
}

const struct command cmd_version = {
	.name		= "version",
	.operands	= "",
	.about		= "say which version this is, and of which database schema",
	.run		= run,
};
