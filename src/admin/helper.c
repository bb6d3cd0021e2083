/* The hookkeeper command, by a child process. */
#include "admin/helper.h"

#include <stdatomic.h>
#include <unistd.h>

#define VARIABLES	32
#define RUNNING_MOST	2	/* at once: what does not answer must not hold all threads */

/* Beside the running program, as it is installed and as it is built. */
enum hk_err
helper_find(const struct visit *v, const char **out)
{
	static const char *const	places[] = { "hookkeeper", "../bin/hookkeeper" };
	char				exe[4096];
	ssize_t				n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char				*slash;

	*out = v->conf->admin_command;
	if (*out != NULL)
		return (*out)[0] == '/' && access(*out, X_OK) == 0 ? HK_OK : err_tell(HK_CONF,
		    "the setting [admin] command names no program that can be run: %s", *out);
	exe[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(exe, '/')) != NULL)
		slash[1] = '\0';
	for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
		*out = arena_printf(v->arena, "%s%s", exe, places[i]);
		if (*out != NULL && access(*out, X_OK) == 0)
			return HK_OK;
	}
	return err_tell(HK_CONF, "the hookkeeper command is neither beside this program nor in "
	    "../bin: name it by the setting [admin] command");
}

/* Settings may come by the environment; everything else of it stays here. */
static bool
passes_on(const char *variable)
{
	static const char *const	begin[] = { "HOOKKEEPER_", "STRIPE_WEBHOOK_SECRET=",
					    "CLERK_WEBHOOK_", "RESEND_WEBHOOK_SECRET=" };

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (strncmp(variable, begin[i], strlen(begin[i])) == 0)
			return strncmp(variable, "HOOKKEEPER_CONF=", 16) != 0;
	return false;
}

static enum hk_err
environment(const struct visit *v, const char *env[VARIABLES + 1])
{
	size_t	n = 0;

	env[n++] = "PATH=/usr/bin:/bin";
	env[n++] = "LC_ALL=C";
	if (v->conf->file != NULL && (env[n++] = arena_printf(v->arena, "HOOKKEEPER_CONF=%s",
	    v->conf->file)) == NULL)
		return err_note(HK_NOMEM, "no memory for an environment");
	for (char **e = environ; *e != NULL && n < VARIABLES; e++)
		if (passes_on(*e))
			env[n++] = *e;
	env[n] = NULL;
	return HK_OK;
}

enum hk_err
helper_run(const struct visit *v, struct child *c)
{
	static atomic_int running;
	const char	*env[VARIABLES + 1];
	enum hk_err	 e;

	c->env = env;
	if (atomic_fetch_add(&running, 1) >= RUNNING_MOST)
		e = err_tell(HK_BUSY, "other samples are being sent; try again");
	else if ((e = environment(v, env)) == HK_OK && (e = child_run(c)) == HK_OK &&
	    c->out.len == 0) {
		struct span	said = span_trim(buf_span(&c->err));

		e = err_tell(HK_IO, "%.*s", SPAN_ARG(said.len > 0 ? said :
		    SPAN("the hookkeeper command ended without a word")));
	}
	atomic_fetch_sub(&running, 1);
	return e;
}
