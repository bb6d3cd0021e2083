/* hookkeeper doctor: is everything as it should be, and if not, what to do. */
#include <stdarg.h>

#include "cli/checkup.h"
#include "cli/text.h"

#define TEXT_MOST	2048

struct args {
	const char	*url, *programs;
	bool		 quick;
};

static const struct opt opts[] = {
	{ "url", OPT_TEXT, offsetof(struct args, url), "BASE",
	    "also try the addresses below BASE, e.g. https://example.org", 0, 0, 0, NULL },
	{ "programs", OPT_TEXT, offsetof(struct args, programs), "FOLDER",
	    "where the .fcgi programs are, if not beside this command", 0, 0, 0, NULL },
	{ "quick", OPT_FLAG, offsetof(struct args, quick), NULL,
	    "do not read the whole database", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const char *const words[CHECK_STATES] = {
	[CHECK_OK] = "ok", [CHECK_WARN] = "warn", [CHECK_FAIL] = "fail",
};
static const char *const colours[CHECK_STATES] = {
	[CHECK_OK] = "\033[32m", [CHECK_WARN] = "\033[33m", [CHECK_FAIL] = "\033[31m",
};

void
check_say(struct checkup *k, enum check_state state, const char *name, const char *fmt, ...)
{
	struct cli	*c = k->c;
	char		 text[TEXT_MOST];
	va_list		 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k->n[state]++;
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "name", span_str(name));
		jw_text(&c->jw, "state", span_str(words[state]));
		jw_text(&c->jw, "text", span_str(text));
		jw_close(&c->jw, '}');
		return;
	}
	buf_printf(&c->out, "%s%-4s%s  %-13s  ", c->screen.colour ? colours[state] : "",
	    words[state], c->screen.colour ? "\033[0m" : "", name);
	text_escape(&c->out, span_str(text), false);
	buf_putc(&c->out, '\n');
}

/* From outside. */
static void
check_site(struct checkup *k)
{
	check_reach(k);
	check_authorization(k);
	check_shown(k);
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct checkup		 k = { .c = c, .base = a->url, .quick = a->quick };

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_open(&c->jw, "checks", '[');
	}
	check_settings(&k);
	if (c->conf != NULL) {
		check_files(&k);
		check_disk(&k);
		check_authorities(&k);
		check_database(&k);
		check_senders(&k);
		check_secrets(&k);
		check_programs(&k, a->programs);
	}
	if (c->db != NULL) {
		check_clock(&k);
		check_refused(&k);
		check_foreign(&k);
		check_work(&k);
	}
	if (c->conf != NULL && a->url != NULL)
		check_site(&k);
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "\n%d ok, %d warn, %d fail\n", k.n[CHECK_OK],
		    k.n[CHECK_WARN], k.n[CHECK_FAIL]);
	return k.n[CHECK_FAIL] == 0 ? 0 : EXIT_NO;
}

const struct command cmd_doctor = {
	.name		= "doctor",
	.operands	= "",
	.about		= "check the installation, and say what to do",
	.help		=
	    "Looks at settings, file modes, database, disk, certificate authorities, clock,\n"
	    "senders, secrets, programs, refused requests and the queue; a line for each.  It\n"
	    "changes nothing.  Run it as the user the receivers run as.  It reads the whole\n"
	    "database, which takes its time when that is large; with --quick it does not.\n"
	    "\n"
	    "With --url it posts signed probes of 10 bytes, 200 KB and 1 MB to BASE/webhooks/NAME\n"
	    "of every sender that has a secret, which the receivers answer and do not keep; asks\n"
	    "whether Authorization arrives; and tries to fetch settings and database.\n"
	    "\n"
	    "Ends with status 1 when a check fails.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
