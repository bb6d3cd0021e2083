/*
 * The channel "mail": a mail through sendmail.  The program gets the sender's
 * address as an argument and everything else on standard input; no shell is between.
 */
#include "base/clock.h"
#include "deliver/command.h"
#include "deliver/letter.h"
#include "deliver/trusted.h"

#define LIMIT_US	(20 * US_PER_S)
#define TEMPFAIL	75	/* sysexits.h */
#define ARGS		6
#define MAIL_MOST	((size_t)32 << 20)

static void
refuse(struct channels *c, struct flight *f, const char *error, bool final)
{
	f->result.answer = arena_span(f->arena, span_str(err_last()));
	flight_failed(c, f, error, final);
}

static bool
make_child(struct channels *c, struct flight *f, const struct conf_channel *ch,
    const struct mail *m, struct child *k)
{
	const char	**argv = arena_zero(f->arena, ARGS * sizeof(*argv));
	struct buf	  b;

	buf_init(&b, MAIL_MOST);
	compose(&b, m);
	k->input = buf_ok(&b) ? arena_span(f->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	if (argv == NULL || k->input.p == NULL || (k->env = command_env(c, f)) == NULL)
		return false;
	argv[0] = ch->sendmail;
	argv[1] = "-i";
	argv[2] = "-t";
	argv[3] = "-f";
	argv[4] = arena_str(f->arena, m->from);
	k->argv = argv;
	k->limit_us = LIMIT_US;
	k->later = TEMPFAIL;
	return argv[4] != NULL;
}

static void
mail_start(struct channels *c, struct flight *f)
{
	const struct conf_channel	*ch = command_settings(c, f, CHANNEL_MAIL);
	const char			*error = "E_MEMORY";
	struct child			*k = arena_zero(f->arena, sizeof(*k));
	struct mail			 m;
	enum hk_err			 e;

	if (ch == NULL)
		return;
	if (trusted_file(ch->sendmail, true) != HK_OK)
		refuse(c, f, "E_FILE", false);
	else if ((e = letter_write(f, ch, &m, &error)) != HK_OK)
		refuse(c, f, error, e == HK_NEVER);
	else if (k == NULL || !make_child(c, f, ch, &m, k))
		flight_failed(c, f, "E_MEMORY", false);
	else {
		f->result.address = arena_span(f->arena, m.to);
		child_begin(c, f, k);
	}
}

const struct channel channel_mail = {
	.name = "mail", .start = mail_start, .abort = child_abort,
};
