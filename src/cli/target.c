/* Whose events send pretends to send. */
#include "cli/target.h"

#define CUSTOM	"custom:"

static enum hk_err
open_custom(struct cli *c, const char *name, struct target *t)
{
	const struct conf_sender *s;
	enum hk_err		  e;

	if ((e = cli_conf(c, false)) != HK_OK)
		return e;
	if ((s = conf_sender(c->conf, name)) == NULL) {
		cli_say("hookkeeper send: the settings have no section [custom %s]",
		    name + strlen(CUSTOM));
		return HK_NOTFOUND;
	}
	*t = (struct target){ .pv = &provider_custom, .name = s->name, .title = s->name };
	if ((t->path = arena_printf(c->arena, "custom/%s", name + strlen(CUSTOM))) == NULL)
		return err_note(HK_NOMEM, "no memory for an address");
	return custom_open(&t->custom, c->conf, s, c->arena);
}

enum hk_err
target_open(struct cli *c, const char *name, struct target *t)
{
	const struct provider	*pv = provider_find(span_str(name));

	if (span_starts(span_str(name), CUSTOM))
		return open_custom(c, name, t);
	if (pv == NULL)
		return err_tell(HK_USAGE, "no sender is called '%s'", name);
	*t = (struct target){ pv, NULL, pv->name, pv->title, pv->name };
	return HK_OK;
}

const struct scheme *
target_scheme(const struct target *t)
{
	return t->custom != NULL ? t->custom->scheme : t->pv->scheme;
}

/* NULL: none is set, or none of this label. */
static const struct conf_secret *
secret_of(const struct conf_sender *s, const char *label)
{
	for (size_t i = 0; s != NULL && i < s->nsecret; i++)
		if (label == NULL || strcmp(s->secret[i].label, label) == 0)
			return &s->secret[i];
	return NULL;
}

enum hk_err
target_key(struct cli *c, const struct target *t, const char *secret, const char *label,
    struct sign_key *key)
{
	const struct conf_secret *s;
	struct span		  text = span_str(secret);
	enum hk_err		  e;

	if (text.p == NULL) {
		if (c->conf == NULL && (e = cli_conf(c, false)) != HK_OK)
			return e;	/* a custom sender's are read already */
		if ((s = secret_of(conf_sender(c->conf, t->name), label)) == NULL) {
			cli_say("hookkeeper send: no secret%s%s is set for %s; give one by --secret",
			    label != NULL ? " of the label " : "", label != NULL ? label : "",
			    t->title);
			return HK_CONF;
		}
		text = s->text;
	}
	if ((e = target_scheme(t)->key(key, text)) == HK_CONF)
		cli_say("hookkeeper send: %s", err_last());
	key->how = t->custom != NULL ? t->custom->how : NULL;
	return e;
}

static bool
among(const struct signed_fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->name[i], name) == 0)
			return true;
	return false;
}

size_t
target_fields(const struct target *t, const struct signed_fields *f, const char *id,
    const char *type, struct target_field out[2])
{
	const char	*name;
	size_t		 n = 0;

	if (t->custom == NULL)
		return 0;
	name = t->custom->from[FROM_ID].header;
	if (name != NULL && id != NULL && !among(f, name))
		out[n++] = (struct target_field){ name, id };
	name = t->custom->from[FROM_TYPE].header;
	if (name != NULL && type != NULL && !among(f, name))
		out[n++] = (struct target_field){ name, type };
	return n;
}
