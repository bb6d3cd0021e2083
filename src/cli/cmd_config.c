/* hookkeeper config: the settings as they are, as they may be, and whether they work. */
#include "cli/cli.h"
#include "inbox/desk.h"

struct args {
	bool	reference, check;
};

static const struct opt opts[] = {
	{ "reference", OPT_FLAG, offsetof(struct args, reference), NULL,
	    "every setting with what is allowed, instead (always text)", 0, 0, 0, NULL },
	{ "check", OPT_FLAG, offsetof(struct args, check), NULL,
	    "also try the secrets and open the database, read-only", 0, 0, 0, NULL },
	{ .name = NULL }
};

/* Is each secret one of its sender's scheme?  A sender without is said, not refused. */
static enum hk_err
check_secrets(const struct conf *conf)
{
	struct sign_key	key;
	enum hk_err	e = HK_OK;

	for (int i = 0; e == HK_OK && providers[i] != NULL; i++) {
		const struct provider	 *p = providers[i];
		const struct conf_sender *s = conf_sender(conf, p->name);

		if (s == NULL || s->nsecret == 0)
			cli_say("%s has no secret: its requests are answered with 503", p->title);
		for (size_t k = 0; s != NULL && e == HK_OK && k < s->nsecret; k++)
			if ((e = p->scheme->key(&key, s->secret[k].text)) != HK_OK)
				cli_say("the secret %s of %s is none: %s", s->secret[k].label,
				    p->title, err_last());
	}
	memset(&key, 0, sizeof(key));
	return e;
}

/* The same for [custom NAME] sections, whose settings must go together, too. */
static enum hk_err
check_custom(const struct conf *conf)
{
	struct desks	ds;
	enum hk_err	e = desks_open(&ds, &provider_custom, conf);

	for (size_t i = 0; e == HK_OK && i < ds.n; i++)
		if (ds.desk[i].nkey == 0)
			cli_say("%s has no secret: its requests are answered with 503",
			    ds.desk[i].sender->name);
	desks_close(&ds);
	return e;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	enum hk_err		 e;

	if (a->reference) {
		conf_reference(&c->out);
		return 0;
	}
	if ((e = a->check ? cli_open(c, DB_RO) : cli_conf(c, false)) != HK_OK)
		return cli_fail(e);
	if (a->check && (check_secrets(c->conf) != HK_OK || check_custom(c->conf) != HK_OK))
		return EXIT_CONF;
	conf_print(c->conf, &c->out, c->json);
	if (a->check && !c->json)
		cli_say("the settings are fine, and the database opens");
	return 0;
}

const struct command cmd_config = {
	.name		= "config",
	.operands	= "",
	.about		= "show the settings and where they come from",
	.help		= "Secrets are never shown, only their labels.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
