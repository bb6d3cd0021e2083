/* The channel "command". */
#include "deliver/command.h"

#include "base/clock.h"
#include "deliver/trusted.h"
#include "outbox/body.h"
#include "outbox/message.h"

#define ARGS_MOST	32
#define INPUT_MOST	((size_t)64 << 20)

const char *const *
command_env(const struct channels *c, const struct flight *f)
{
	const struct delivery	*d = &f->delivery;
	struct arena		*a = f->arena;
	const char		**env = arena_zero(a, COMMAND_FACTS * sizeof(*env));
	char			 msg[MESSAGE_NAME], ep[ENDPOINT_NAME];
	size_t			 n = 0;

	if (env == NULL)
		return NULL;
	message_name(msg, d->message, d->message_us);
	endpoint_name(ep, d->endpoint);
	env[n++] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
	env[n++] = arena_printf(a, "HOOKKEEPER_MESSAGE=%s", msg);
	env[n++] = arena_printf(a, "HOOKKEEPER_TYPE=%.*s", SPAN_ARG(d->type));
	env[n++] = arena_printf(a, "HOOKKEEPER_ATTEMPT=%lld", (long long)d->attempts);
	env[n++] = arena_printf(a, "HOOKKEEPER_ENDPOINT=%s", ep);
	env[n++] = c->conf->mode == MODE_LIVE ? "HOOKKEEPER_MODE=live" : "HOOKKEEPER_MODE=test";
	for (size_t i = 0; i < n; i++)
		if (env[i] == NULL)
			return NULL;
	return env;
}

const struct conf_channel *
command_settings(struct channels *c, struct flight *f, enum conf_channel_kind kind)
{
	const struct conf_channel	*ch = conf_channel(c->conf, f->endpoint->name);

	if (f->delivery.expires_us != 0 && now_us() >= f->delivery.expires_us)
		flight_failed(c, f, "E_EXPIRED", true);
	else if (ch == NULL || ch->kind != kind)
		flight_failed(c, f, "E_CHANNEL", false);
	else
		return ch;
	return NULL;
}

/* The path, and the words of args. */
static const char *const *
arguments(struct arena *a, const struct conf_channel *ch)
{
	const char	**argv = arena_zero(a, (ARGS_MOST + 2) * sizeof(*argv));
	struct span	  rest = span_str(ch->args), word;
	size_t		  n = 0;

	if (argv == NULL)
		return NULL;
	argv[n++] = ch->path;
	while (rest.p != NULL && n <= ARGS_MOST)
		if ((word = span_trim(span_cut(&rest, ' '))).len > 0 &&
		    (argv[n++] = arena_str(a, word)) == NULL)
			return NULL;
	return argv;
}

/* As a webhook's body. */
static struct span
input(const struct flight *f)
{
	const struct delivery	*d = &f->delivery;
	struct span		 out;
	struct buf		 b;

	buf_init(&b, INPUT_MOST);
	message_body(&b, d->message, d->message_us, d->type, d->payload, f->endpoint->word.thin);
	out = buf_ok(&b) ? arena_span(f->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	return out;
}

static void
command_start(struct channels *c, struct flight *f)
{
	const struct conf_channel	*ch = command_settings(c, f, CHANNEL_COMMAND);
	struct child			*k;

	if (ch == NULL)
		return;
	if (trusted_file(ch->path, true) != HK_OK) {
		f->result.answer = arena_span(f->arena, span_str(err_last()));
		flight_failed(c, f, "E_FILE", false);
		return;
	}
	if ((k = arena_zero(f->arena, sizeof(*k))) == NULL ||
	    (k->argv = arguments(f->arena, ch)) == NULL || (k->env = command_env(c, f)) == NULL ||
	    (k->input = input(f)).p == NULL) {
		flight_failed(c, f, "E_MEMORY", false);
		return;
	}
	f->result.address = arena_span(f->arena, span_str(ch->path));
	k->limit_us = ch->timeout_s * US_PER_S;
	k->later = (int)ch->later_exit;
	child_begin(c, f, k);
}

const struct channel channel_command = {
	.name = "command", .start = command_start, .abort = child_abort,
};
