/* The doctor's look at settings, files, folders and the disk. */
#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/checkup.h"
#include "deliver/authorities.h"

#define SPACE_LEAST	(INT64_C(100) << 20)

void
check_settings(struct checkup *k)
{
	struct cli	*c = k->c;

	if (cli_conf(c, true) != HK_OK) {
		check_say(k, CHECK_FAIL, "settings", "%s", err_last());
		return;
	}
	check_say(k, CHECK_OK, "settings", "%s%s, %s mode", c->conf->file != NULL ?
	    c->conf->file : "no file, all of them come from the environment",
	    c->conf->file != NULL ? " loads" : "",
	    c->conf->mode == MODE_LIVE ? "live" : "test");
}

const char *
mode_lets(mode_t mode, enum file_kind kind, enum check_state *state)
{
	*state = CHECK_FAIL;
	if (mode & S_IWOTH)
		return "anybody can change it";
	*state = CHECK_WARN;
	if (mode & S_IWGRP)
		return "its group can change it";
	if (kind == FILE_FOLDER)
		return mode & (S_IROTH | S_IXOTH) ? "others can look into it" : NULL;
	return mode & 077 ? "others can read it" : NULL;
}

bool
looks_public(const char *folder)
{
	static const char *const names[] = {
		"public_html", "htdocs", "httpdocs", "wwwroot", "html", NULL
	};
	static const char *const pages[] = {
		".htaccess", "index.html", "index.php", NULL
	};
	const char	*slash = strrchr(folder, '/');
	char		 path[4096];

	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(slash != NULL ? slash + 1 : folder, names[i]) == 0)
			return true;
	for (size_t i = 0; pages[i] != NULL; i++)
		if (snprintf(path, sizeof(path), "%s/%s", folder, pages[i]) <
		    (int)sizeof(path) && access(path, F_OK) == 0)
			return true;
	return false;
}

/* The folder of a path, from "/a/b" to "/a", then "". */
static const char *
folder_of(struct cli *c, const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash == NULL ? "" : arena_str(c->arena, span_of(path, (size_t)(slash - path)));
}

/* Of all folders a path lies in. */
static void
check_public(struct checkup *k, const char *path)
{
	const char	*dir = folder_of(k->c, path);

	for (; dir != NULL && *dir != '\0'; dir = folder_of(k->c, dir))
		if (looks_public(dir)) {
			check_say(k, CHECK_WARN, "place", "%s lies in %s, which looks like a "
			    "folder that a web server shows: move it elsewhere", path, dir);
			return;
		}
}

static const char *
user_name(uid_t uid, char *text, size_t room)
{
	const struct passwd	*pw = getpwuid(uid);

	if (pw != NULL)
		snprintf(text, room, "%s", pw->pw_name);
	else
		snprintf(text, room, "user %u", (unsigned int)uid);
	return text;
}

/* *owner is left when it cannot be looked at. */
static void
check_mode(struct checkup *k, const char *path, enum file_kind kind, uid_t *owner)
{
	static const char *const name[] = {
		[FILE_CONF] = "settings file", [FILE_DB] = "database file",
		[FILE_FOLDER] = "folder",
	};
	static const char *const want[] = {
		[FILE_CONF] = "0600", [FILE_DB] = "0600", [FILE_FOLDER] = "0700",
	};
	enum check_state	 state;
	const char		*lets;
	struct stat		 st;

	if (stat(path, &st) != 0) {
		if (errno != ENOENT)	/* a missing database is its own check's */
			check_say(k, CHECK_FAIL, name[kind], "%s: %s", path, strerror(errno));
		return;
	}
	*owner = st.st_uid;
	lets = mode_lets(st.st_mode, kind, &state);
	if (lets != NULL)
		check_say(k, state, name[kind], "%s has mode %04o, %s: chmod %s %s", path,
		    (unsigned int)st.st_mode & 07777, lets, want[kind], path);
	else
		check_say(k, CHECK_OK, name[kind], "%s has mode %04o", path,
		    (unsigned int)st.st_mode & 07777);
}

/* Receivers are one user; what is another's fails them, or soon will. */
static void
check_owners(struct checkup *k, uid_t conf, uid_t db, uid_t folder)
{
	char	one[64], two[64];

	if (db != folder)
		check_say(k, CHECK_WARN, "owner", "the database belongs to %s, its folder to "
		    "%s: the user the web server runs receivers as must own both",
		    user_name(db, one, sizeof(one)), user_name(folder, two, sizeof(two)));
	else if (conf != db)
		check_say(k, CHECK_WARN, "owner", "the settings belong to %s, the database to "
		    "%s: the user the web server runs receivers as must own both",
		    user_name(conf, one, sizeof(one)), user_name(db, two, sizeof(two)));
	else if (db == 0)
		check_say(k, CHECK_WARN, "owner", "the database belongs to root, and web servers "
		    "do not run programs as root: chown it, its folder and the settings to "
		    "the user of yours");
	else
		check_say(k, CHECK_OK, "owner", "everything belongs to %s",
		    user_name(db, one, sizeof(one)));
}

void
check_files(struct checkup *k)
{
	const struct conf	*conf = k->c->conf;
	const char		*dir = folder_of(k->c, conf->db);
	uid_t			 file = (uid_t)-1, db = (uid_t)-1, folder = (uid_t)-1;

	if (dir == NULL)
		return;
	dir = *dir == '\0' ? "/" : dir;
	check_mode(k, dir, FILE_FOLDER, &folder);
	if (strcmp(conf->state_dir, dir) != 0)
		check_mode(k, conf->state_dir, FILE_FOLDER, &(uid_t){ 0 });
	check_mode(k, conf->db, FILE_DB, &db);
	if (conf->file != NULL) {
		check_mode(k, conf->file, FILE_CONF, &file);
		check_public(k, conf->file);
	} else
		file = db;
	check_public(k, conf->db);
	if (db != (uid_t)-1 && folder != (uid_t)-1 && file != (uid_t)-1)
		check_owners(k, file, db, folder);
}

void
check_disk(struct checkup *k)
{
	const char	*dir = folder_of(k->c, k->c->conf->db);
	struct statvfs	 fs;
	int64_t		 left;

	if (dir == NULL || statvfs(*dir == '\0' ? "/" : dir, &fs) != 0) {
		check_say(k, CHECK_FAIL, "disk", "%s: %s; make the folder, or change the "
		    "setting db", dir != NULL ? dir : "", strerror(errno));
		return;
	}
	left = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (left < SPACE_LEAST)
		check_say(k, CHECK_WARN, "disk", "only %lld MB are free for the database: make "
		    "room, for on a full disk every event is answered 503",
		    (long long)(left >> 20));
	else
		check_say(k, CHECK_OK, "disk", "%lld MB are free for the database",
		    (long long)(left >> 20));
}

void
check_authorities(struct checkup *k)
{
	const char	*set = k->c->conf->ca_file, *file = authorities(set);

	if (file == NULL)
		check_say(k, CHECK_WARN, "authorities", "there is no file of certificate authorities, "
		    "so nothing can be sent to https: install ca-certificates, or name one as "
		    "[outbox] ca_file");
	else if (access(file, R_OK) != 0)
		check_say(k, CHECK_FAIL, "authorities", "%s: %s; nothing can be sent to https: set "
		    "[outbox] ca_file to a PEM file that this user can read, or take it out", file,
		    strerror(errno));
	else
		check_say(k, CHECK_OK, "authorities", "https servers are checked against %s", file);
}
