/* Which configuration file a program reads. */
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf_part.h"
#include "base/log.h"

#define FILE_MOST	(1 << 20)
#define SYSTEM_FILE	"/etc/hookkeeper/hookkeeper.conf"
#define HOME_FILE	"/.config/hookkeeper/hookkeeper.conf"
#define POINTER		"hookkeeper.where"

struct search {
	struct arena		*arena;		/* for paths, until the file is read */
	const char *const	*env;
	const char		*file;		/* the one that was found, or NULL */
	struct stat		 st;
	char			*text;
	size_t			 len;
};

/* HK_NOTFOUND: look further. */
static enum hk_err
try(struct search *s, const char *path)
{
	struct place	here = { path, 0, NULL };
	enum hk_err	e;

	if (path == NULL)
		return conf_nomem();
	if ((e = file_read(path, FILE_MOST, &s->st, &s->text, &s->len)) != HK_OK)
		return e;
	s->file = path;
	if (s->st.st_mode & S_IWOTH)
		return conf_wrong(&here, "anybody can change this file: chmod o-w %s", path);
	return HK_OK;
}

static enum hk_err
try_environment(struct search *s)
{
	const char	*path = env_get(s->env, "HOOKKEEPER_CONF");
	struct place	 here = { NULL, 0, "HOOKKEEPER_CONF" };
	enum hk_err	 e;

	if (path == NULL)
		return HK_NOTFOUND;
	e = try(s, path_from(s->arena, NULL, path));
	return e != HK_NOTFOUND ? e : conf_wrong(&here, "there is no file %s", path);
}

/* A pointer file: the path of the configuration, and nothing else. */
static enum hk_err
follow(struct search *s, const char *dir, uid_t owner)
{
	const char	*pointer = arena_printf(s->arena, "%s/" POINTER, dir), *path;
	struct place	 here = { pointer, 0, NULL };
	struct stat	 st;
	char		*text;
	size_t		 len;
	enum hk_err	 e;

	if (pointer == NULL)
		return conf_nomem();
	if ((e = file_read(pointer, PATH_MAX, &st, &text, &len)) != HK_OK)
		return e;
	path = arena_str(s->arena, span_trim(span_of(text, len)));
	free(text);
	if (path == NULL)
		return conf_nomem();
	if ((st.st_mode & S_IWOTH) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != owner))
		return conf_wrong(&here, "somebody else can change this file; it must belong "
		    "to the program's owner and be writable by nobody else");
	if (*path == '\0' || strchr(path, '\n') != NULL)
		return conf_wrong(&here, "the file must hold one line, a path");
	e = try(s, path_from(s->arena, dir, path));
	return e != HK_NOTFOUND ? e : conf_wrong(&here, "there is no file %s", path);
}

/* Beside the running program, or one folder up. */
static enum hk_err
try_pointer(struct search *s)
{
	char		 exe[PATH_MAX], *dir;
	ssize_t		 n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct stat	 st;
	enum hk_err	 e;

	if (n <= 0 || stat("/proc/self/exe", &st) != 0)
		return HK_NOTFOUND;	/* no /proc: nothing to go by */
	exe[n] = '\0';
	if ((dir = path_dir(s->arena, exe)) == NULL)
		return conf_nomem();
	if ((e = follow(s, dir, st.st_uid)) != HK_NOTFOUND)
		return e;
	if ((dir = path_dir(s->arena, dir)) == NULL)
		return conf_nomem();
	return follow(s, dir, st.st_uid);
}

/*
 * The home folder from /etc/passwd itself: getpwuid(3) would load NSS
 * modules, which a static program cannot.  $HOME of a CGI program is
 * whatever the web server was started with, so it does not count there.
 */
static const char *
home(struct search *s)
{
	FILE		*f = fopen("/etc/passwd", "re");
	struct passwd	*pw;
	const char	*dir = NULL;

	while (f != NULL && dir == NULL && (pw = fgetpwent(f)) != NULL)
		if (pw->pw_uid == geteuid())
			dir = arena_str(s->arena, span_str(pw->pw_dir));
	if (f != NULL)
		fclose(f);
	if (dir == NULL && env_get(s->env, "GATEWAY_INTERFACE") == NULL)
		dir = env_get(s->env, "HOME");
	return dir;
}

static enum hk_err
try_home(struct search *s)
{
	const char	*dir = home(s);

	if (dir == NULL || dir[0] != '/')
		return HK_NOTFOUND;
	return try(s, arena_printf(s->arena, "%s" HOME_FILE, dir));
}

enum hk_err
conf_load(struct conf **out, bool need_db)
{
	struct search	s = {
		.arena = arena_new(1 << 20),
		.env = (const char *const *)environ,
	};
	enum hk_err	e;

	if (s.arena == NULL)
		return conf_nomem();
	if ((e = try_environment(&s)) == HK_NOTFOUND &&
	    (e = try_pointer(&s)) == HK_NOTFOUND &&
	    (e = try_home(&s)) == HK_NOTFOUND)
		e = try(&s, SYSTEM_FILE);
	if (e == HK_OK || e == HK_NOTFOUND)
		e = conf_parse(out, s.file, span_of(s.text, s.len),
		    s.file != NULL && file_private(&s.st), s.env, need_db);
	if (e == HK_OK)
		log_system((*out)->log_to == LOG_TO_SYSTEM ? LOG_SYSTEM : NULL);
	if (s.text != NULL)
		explicit_bzero(s.text, s.len);
	free(s.text);
	arena_free(s.arena);
	return e;
}
