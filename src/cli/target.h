/*
 * Whose events send pretends to send: a built-in sender's, or those of a
 * [custom NAME] section.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli/cli.h"
#include "provider/custom.h"

struct target {
	const struct provider	*pv;
	const struct custom	*custom;	/* NULL: built-in */
	const char		*name;		/* "stripe", "custom:github" */
	const char		*title;		/* "Stripe", "custom:github" */
	const char		*path;		/* "stripe", "custom/github" */
};

/*
 * HK_USAGE: name is no sender's; HK_NOTFOUND: it has no section in the settings.
 * Reads the settings for a custom one; errors are said or noted.
 */
enum hk_err	 target_open(struct cli *, const char *name, struct target *) HK_MUST_USE;
/*
 * The key to sign with: of this text, else the one that is set by this label,
 * else the first.  HK_CONF: said.
 */
enum hk_err	 target_key(struct cli *, const struct target *, const char *secret,
		    const char *label, struct sign_key *) HK_MUST_USE;
const struct scheme *target_scheme(const struct target *);
/*
 * The fields of a custom sender's id and type, as far as these are not in the
 * body, and the signature does not bring them.  Returns how many: at most 2.
 */
struct target_field {
	const char	*name, *value;
};
size_t		 target_fields(const struct target *, const struct signed_fields *,
		    const char *id, const char *type, struct target_field out[2]);

#endif
