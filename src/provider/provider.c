/* Providers as a whole: finding one, its types, and what becomes of an event. */
#include <stdio.h>
#include <stdlib.h>

#include "base/embed.h"
#include "provider/envelope.h"
#include "provider/provider.h"

const struct provider *const providers[] = {
	&provider_stripe, &provider_clerk, &provider_resend, NULL
};

const struct provider *
provider_find(struct span name)
{
	for (size_t i = 0; providers[i] != NULL; i++)
		if (span_is(name, providers[i]->name))
			return providers[i];
	return NULL;
}

static int
type_cmp(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

const char *
provider_type(const struct provider *pv, struct span type)
{
	char			 key[EVENT_TYPE_MAX + 1];
	const char *const	*row;
	size_t			 n = 0;

	if (!span_graph(type, EVENT_TYPE_MAX))
		return NULL;
	for (const struct alias *a = pv->aliases; a != NULL && a->sent != NULL; a++)
		if (span_is(type, a->sent))
			return a->means;
	memcpy(key, type.p, type.len);
	key[type.len] = '\0';
	while (pv->catalogue[n] != NULL)
		n++;
	row = bsearch(key, pv->catalogue, n, sizeof(*pv->catalogue), type_cmp);
	return row != NULL ? *row : NULL;
}

static const struct handler *
handler_of(const struct provider *pv, const char *type)
{
	for (const struct handler *h = pv->handlers; h->type != NULL; h++)
		if (strcmp(h->type, type) == 0)
			return h;
	return NULL;
}

/* Is it the thin kind of a type that is handled? */
static bool
has_twin(const struct provider *pv, const char *type)
{
	return pv->thin != NULL && strncmp(type, "v1.", 3) == 0 &&
	    handler_of(pv, type + 3) != NULL;
}

handler_fn *
provider_handler(const struct provider *pv, const char *type)
{
	const struct handler	*h = handler_of(pv, type);

	if (h != NULL)
		return h->run;
	return has_twin(pv, type) ? pv->thin : NULL;
}

const char *
provider_about(const struct provider *pv, const char *type)
{
	const struct handler	*h = handler_of(pv, type);

	if (h != NULL)
		return h->about;
	return has_twin(pv, type) ? "Looks for its snapshot event, which does the work." : NULL;
}

/* Is the word one of the list's, which blanks separate? */
static bool
listed(const char *list, struct span word)
{
	while (*list != '\0') {
		size_t	n = strcspn(list, " \t");

		if (n > 0 && span_eq(span_of(list, n), word))
			return true;
		list += n + strspn(list + n, " \t");
	}
	return false;
}

/* Why the event is none of ours, or NULL. */
static const char *
foreign(const struct conf *conf, const struct conf_sender *sender,
    const struct envelope *env)
{
	if (conf->mode == MODE_LIVE && env->livemode == 0)
		return "test mode event, and this is live mode";
	if (conf->mode == MODE_TEST && env->livemode == 1)
		return "live mode event, and this is test mode";
	if (sender != NULL && sender->instances != NULL && sender->instances[0] != '\0' &&
	    !listed(sender->instances, env->instance))
		return "its instance is not among the setting `instances`";
	return NULL;
}

const char *
provider_foreign(const struct provider *pv, const struct conf *conf, struct json *event)
{
	struct envelope	env = { .livemode = -1, .instance = json_text(event, "instance_id") };

	if (json_get(event, "livemode") != NULL)
		env.livemode = json_true(event, "livemode");
	if (env.instance.len == 0)
		env.instance = json_text(event, "account");
	return foreign(conf, conf_sender(conf, pv->name), &env);
}

static bool
rejects_unknown(const struct provider *pv, const struct conf_sender *sender)
{
	if (sender == NULL || sender->unknown_events == UNKNOWN_DEFAULT)
		return pv->reject_unknown;
	return sender->unknown_events == UNKNOWN_REJECT;
}

/* Both spellings of a type may stand in `events`. */
static bool
wanted(const struct conf_sender *sender, struct span sent, const char *type)
{
	return sender == NULL || conf_wants(sender, sent) ||
	    conf_wants(sender, span_str(type));
}

struct disposition
provider_dispose(const struct provider *pv, const struct conf *conf,
    const struct envelope *env)
{
	const struct conf_sender	*sender = conf_sender(conf, pv->name);
	const char			*type = provider_type(pv, env->type);
	const char			*why;

	if (type == NULL && rejects_unknown(pv, sender))
		return (struct disposition){ DO_REJECT, "unknown event type" };
	if ((why = foreign(conf, sender, env)) != NULL)
		return (struct disposition){ DO_IGNORE, why };
	if (env->thin && (type == NULL || !has_twin(pv, type)))
		return (struct disposition){ DO_SKIP,
		    "thin event: it names a thing but carries no data" };
	if (type == NULL)
		return (struct disposition){ DO_SKIP, "unknown event type" };
	if (!wanted(sender, env->type, type))
		return (struct disposition){ DO_SKIP, "filtered by the setting `events`" };
	if (provider_handler(pv, type) == NULL)
		return (struct disposition){ DO_SKIP, "no handler for this type" };
	return (struct disposition){ DO_PROCESS, NULL };
}

struct span
provider_sample(const struct provider *pv, struct span type)
{
	const char	*known = provider_type(pv, type);
	char		 name[EVENT_TYPE_MAX + 64];

	if (known == NULL)
		return SPAN_NULL;
	snprintf(name, sizeof(name), "%s/%s.json", pv->name, known);
	return embed_find(sample_files, name);
}
