/* The doctor's look at secrets and programs: are they of the right kind? */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/checkup.h"
#include "http/http.h"

/* ---- secrets ----------------------------------------------------------------------- */

/* What people take for a signing secret. */
static const struct {
	const char	*begin, *is;
} others[] = {
	{ "sk_live_", "a secret API key" }, { "sk_test_", "a secret API key" },
	{ "rk_live_", "a restricted API key" }, { "rk_test_", "a restricted API key" },
	{ "pk_live_", "a publishable API key" }, { "pk_test_", "a publishable API key" },
	{ "re_", "an API key of Resend" }, { "we_", "the endpoint's id" }, { "ep_", "the endpoint's id" },
	{ "http", "an address" }, { "evt_", "an event's id" },
};

static bool
letters_only(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= 'a' && s.p[i] <= 'z')))
			return false;
	return true;
}

/* A clause, or NULL: it may be one. */
const char *
secret_lacks(const char *sender, struct span text)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (span_starts(text, others[i].begin))
			return others[i].is;
	if (!span_starts(text, "whsec_"))
		return "no signing secret: those begin with whsec_";
	if (strcmp(sender, "stripe") == 0 && !letters_only(span_of(text.p + 6, text.len - 6)))
		return "no secret of Stripe's, which are letters and digits: it looks like one of "
		    "Clerk or Resend";
	return NULL;
}

static void
check_label(struct checkup *k, const struct conf_sender *s, const struct conf_secret *x)
{
	struct span	label = span_str(x->label);
	bool		live = k->c->conf->mode == MODE_LIVE;

	if (live && span_starts(label, "test"))
		check_say(k, CHECK_WARN, "secrets", "[%s] secret \"%s\" is a test's by its label, "
		    "and this is live mode: whoever has it can book; take it out when you have "
		    "tried what you wanted", s->section, x->label);
	else if (!live && span_starts(label, "live"))
		check_say(k, CHECK_WARN, "secrets", "[%s] secret \"%s\" is live by its label, and "
		    "this is test mode: live events would be ignored", s->section, x->label);
}

/* The same text is set for an earlier sender too. */
static void
check_twice(struct checkup *k, size_t sender, const struct conf_secret *x)
{
	const struct conf	*conf = k->c->conf;

	for (size_t i = 0; i < sender; i++)
		for (size_t j = 0; j < conf->sender[i].nsecret; j++)
			if (span_eq(conf->sender[i].secret[j].text, x->text))
				check_say(k, CHECK_FAIL, "secrets", "[%s] and [%s] have the same secret: "
				    "each endpoint has one of its own, copy them once more from "
				    "the senders' dashboards", conf->sender[i].section,
				    conf->sender[sender].section);
}

void
check_secrets(struct checkup *k)
{
	const struct conf	*conf = k->c->conf;
	const char		*is;

	for (size_t i = 0; i < conf_senders(conf); i++) {
		const struct conf_sender	*s = &conf->sender[i];

		for (size_t j = 0; j < s->nsecret; j++) {
			if (i < CONF_SENDERS && (is = secret_lacks(s->name, s->secret[j].text)) != NULL)
				check_say(k, CHECK_FAIL, "secrets", "[%s] secret \"%s\" is %s; the "
				    "signing secret is on the endpoint's page in the sender's "
				    "dashboard", s->section, s->secret[j].label, is);
			check_label(k, s, &s->secret[j]);
			check_twice(k, i, &s->secret[j]);
		}
	}
}

/* ---- programs ------------------------------------------------------------------------ */

/* The version a program's file says, in the arena; NULL: it is none of ours. */
static const char *
version_of(struct checkup *k, const char *path)
{
	static const char	 mark[] = HTTP_VERSION_MARK;
	int			 fd = open(path, O_RDONLY | O_CLOEXEC);
	const char		*out = NULL, *at;
	struct stat		 st;
	void			*p;

	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (p = mmap(NULL, (size_t)st.st_size, PROT_READ,
	    MAP_PRIVATE, fd, 0)) != MAP_FAILED) {
		at = memmem(p, (size_t)st.st_size, mark, strlen(mark));
		if (at != NULL) {
			size_t	left = (size_t)((const char *)p + st.st_size - at) - strlen(mark);

			at += strlen(mark);
			out = arena_str(k->c->arena, span_of(at, strnlen(at, left < 32 ? left : 32)));
		}
		munmap(p, (size_t)st.st_size);
	}
	close(fd);
	return out;
}

static void
check_program(struct checkup *k, const char *path, int *same, int *other)
{
	const char	*version = version_of(k, path);

	if (version != NULL && strcmp(version, HK_VERSION) == 0) {
		++*same;
		return;
	}
	++*other;
	check_say(k, CHECK_FAIL, "programs", "%s is %s%s, and this command is " HK_VERSION ": "
	    "install all programs of one version, then start them anew", path,
	    version != NULL ? "version " : "no program of ours, or one from before 0.1.0",
	    version != NULL ? version : "");
	if (access(path, X_OK) != 0)
		check_say(k, CHECK_FAIL, "programs", "%s cannot be run: chmod 755 %s", path, path);
}

static void
check_folder(struct checkup *k, const char *folder, int *same, int *other)
{
	DIR		*dir = folder != NULL ? opendir(folder) : NULL;
	struct dirent	*d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		struct span	 name = span_str(d->d_name);
		const char	*path;

		if (name.len < 5 || strcmp(d->d_name + name.len - 5, ".fcgi") != 0)
			continue;
		if ((path = arena_printf(k->c->arena, "%s/%s", folder, d->d_name)) != NULL)
			check_program(k, path, same, other);
	}
	if (dir != NULL)
		closedir(dir);
}

void
check_programs(struct checkup *k, const char *folder)
{
	static const char *const	 places[] = { "", "../cgi-bin", "../lib/hookkeeper" };
	char				 exe[4096];
	ssize_t				 n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char				*slash;
	int				 same = 0, other = 0;

	exe[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(exe, '/')) != NULL)
		slash[1] = '\0';
	for (size_t i = 0; slash != NULL && i < sizeof(places) / sizeof(places[0]); i++)
		check_folder(k, arena_printf(k->c->arena, "%s%s", exe, places[i]), &same, &other);
	if (folder != NULL)
		check_folder(k, folder, &same, &other);
	if (other == 0 && same > 0)
		check_say(k, CHECK_OK, "programs", "%d beside this command, all of version "
		    HK_VERSION, same);
	else if (other == 0)
		check_say(k, CHECK_OK, "programs", "none beside this command; --programs FOLDER "
		    "says where they are");
}
