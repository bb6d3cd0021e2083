/*
 * Parts of the settings that conf*.c share.  Nobody else includes this.
 */
#ifndef BASE_CONF_PART_H
#define BASE_CONF_PART_H

#include <sys/stat.h>

#include "base/conf.h"

enum conf_kind { KIND_INT, KIND_STR, KIND_PICK };
enum conf_of { OF_PROGRAM, OF_SENDER, OF_BUILTIN, OF_CUSTOM, OF_CHANNEL };

/* What conf.def says of a setting. */
struct conf_row {
	enum conf_of	 of;
	const char	*section;	/* OF_PROGRAM; the others stand in several */
	const char	*key;
	const char	*env;		/* or NULL */
	enum conf_kind	 kind;
	size_t		 at;		/* of the field, in struct conf or conf_sender */
	int64_t		 least, most;	/* KIND_INT */
	int64_t		 def;		/* KIND_INT, KIND_PICK */
	const char	*def_text;	/* KIND_STR, or NULL */
	const char	*choices;	/* KIND_PICK: "a|b" */
	const char	*unit;		/* or NULL */
	const char	*sentence;
};

enum {
#define INT(field, ...)		ROW_##field,
#define STR(field, ...)		ROW_##field,
#define PICK(field, ...)	ROW_##field,
#include "base/conf.def"
	GENERAL_ROWS
};
/* A sender's, in its section's order: what all have, then what its kind has. */
enum {
#define SENDER_STR(field, ...)	SENDER_ROW_##field,
#define SENDER_PICK(field, ...)	SENDER_ROW_##field,
#include "base/conf.def"
	SENDER_ROWS
};
enum {
	BUILTIN_BEFORE = SENDER_ROWS - 1,
#define BUILTIN_STR(field, ...)	BUILTIN_ROW_##field,
#include "base/conf.def"
	BUILTIN_ROWS
};
enum {
	CUSTOM_BEFORE = SENDER_ROWS - 1,
#define CUSTOM_STR(field, ...)	CUSTOM_ROW_##field,
#define CUSTOM_PICK(field, ...)	CUSTOM_ROW_##field,
#include "base/conf.def"
	CUSTOM_ROWS
};
/* A channel's: what both kinds have, then its own. */
enum {
#define CHANNEL_STR(field, ...)	COMMAND_ROW_##field,
#define COMMAND_STR(field, ...)	COMMAND_ROW_##field,
#define COMMAND_INT(field, ...)	COMMAND_ROW_##field,
#include "base/conf.def"
	COMMAND_ROWS
};
enum {
#define CHANNEL_STR(field, ...)	MAIL_ROW_##field,
#define MAIL_STR(field, ...)	MAIL_ROW_##field,
#include "base/conf.def"
	MAIL_ROWS
};

/* In the order of conf.def. */
extern const struct conf_row	rows_general[GENERAL_ROWS];
extern const struct conf_row	rows_builtin[BUILTIN_ROWS], rows_custom[CUSTOM_ROWS];
extern const struct conf_row	rows_command[COMMAND_ROWS], rows_mail[MAIL_ROWS];
extern const char *const	conf_sender_name[CONF_SENDERS];
/* Environment variables of their secrets; the first that is set counts. */
extern const char *const	conf_secret_env[CONF_SENDERS][3];

/* Is the value a list of items separated by blanks? */
bool		 row_is_list(const struct conf_row *);
/* Items of `secrets` and `key` must not be shown. */
bool		 row_is_secret(const struct conf_row *);

enum conf_source { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT };

/* A row in a section that there is. */
struct setting {
	const struct conf_row	*row;
	const char		*section;	/* the same pointer all through a section */
	size_t			 sender;	/* in sender[]; not OF_PROGRAM */
	size_t			 at;		/* of the field, in struct conf */
	enum conf_source	 source;
	int			 line;		/* where the file set it; 0: it did not */
};

struct wipe {
	struct wipe	*next;
	char		*p;
	size_t		 len;
};

#define SENDERS_MOST	(CONF_SENDERS + CONF_CUSTOM_MOST)

/* What a struct conf really lies in. */
struct whole {
	struct conf	 conf;		/* first: &whole->conf is what others hold */
	struct setting	*set;		/* the program's, then each sender's */
	size_t		 nset, room;
	struct {
		size_t			 first;		/* of its settings */
		int			 line;		/* of a custom section's beginning */
		const char *const	*env;		/* as conf_secret_env[] */
		unsigned int		 secrets_from;	/* bits 1 << enum conf_source */
	} sender[SENDERS_MOST];
	struct {
		size_t	 first;			/* of its settings */
		int	 line;			/* of the section's beginning */
	} channel[CONF_CHANNELS_MOST];
	struct wipe	*wipe;		/* what conf_free() cleanses */
};

static inline void *
set_field(const struct setting *s, struct conf *c)
{
	return (char *)c + s->at;
}

/* Of a sender: row is one of SENDER_ROW_*, BUILTIN_ROW_*, CUSTOM_ROW_*. */
static inline struct setting *
set_of(struct whole *w, size_t sender, int row)
{
	return &w->set[w->sender[sender].first + (size_t)row];
}

/* conf_table.c: the settings there are, at their defaults. */
enum hk_err	 table_begin(struct whole *) HK_MUST_USE;
/* The same for one more sender, whose name, section and env are set. */
enum hk_err	 table_sender(struct whole *, size_t sender) HK_MUST_USE;
/* The same for a channel, whose section and kind are set. */
enum hk_err	 table_channel(struct whole *, size_t channel) HK_MUST_USE;
/* NULL: there is none. */
struct setting	*table_find(struct whole *, const char *section, const char *key);
/* What to write instead of a name that does not exist. */
void		 table_suggest(const struct whole *, char *out, size_t room,
		    const char *section, const char *key);

/* Where a value comes from, for messages: a line of a file, or a variable. */
struct place {
	const char	*file;
	int		 line;		/* 0: the file as a whole */
	const char	*env;		/* not NULL: this variable */
};

/* Where a setting was made. */
struct place	 place_of(const struct whole *, const struct setting *);

/* Note what is wrong there: HK_CONF. */
enum hk_err	 conf_wrong(const struct place *, const char *fmt, ...) HK_PRINTF(2, 3);
enum hk_err	 conf_nomem(void);	/* notes it: HK_NOMEM */

/* NULL when the variable is not there or empty. */
const char	*env_get(const char *const *env, const char *name);

/* Room, or a copy, that conf_free() cleanses; NULL: no memory. */
char		*whole_wiped(struct whole *, size_t);
char		*whole_secret(struct whole *, struct span);

/* conf_read.c: the file's text and the environment into the fields. */
enum hk_err	 conf_read_text(struct whole *, const char *file, struct span text,
		    bool private_file) HK_MUST_USE;
enum hk_err	 conf_read_env(struct whole *, const char *const *env) HK_MUST_USE;

/* conf_custom.c */
/* Is the section's name meant as one of [custom NAME]? */
bool		 custom_meant(const char *section);
/* Make room for its settings, unless that is done; wrong names are noted. */
enum hk_err	 custom_section(struct whole *, const char *section, const struct place *)
		    HK_MUST_USE;
/* Do the settings of all of them have their form, and go together? */
enum hk_err	 custom_check(struct whole *) HK_MUST_USE;

/* conf_channel.c */
/* Is the section's name meant as one of [command NAME] or [mail NAME]? */
bool		 channel_meant(const char *section);
/* Make room for its settings, unless that is done; wrong names are noted. */
enum hk_err	 channel_section(struct whole *, const char *section, const struct place *)
		    HK_MUST_USE;
/* Do the settings of all of them, and of [unkey], have their form? */
enum hk_err	 channel_check(struct whole *) HK_MUST_USE;

/* conf_secret.c: all places of a sender's secrets into its list. */
enum hk_err	 conf_secrets(struct whole *, size_t sender, const char *file,
		    const char *const *env) HK_MUST_USE;

/* conf_key.c: what `key` says, into bytes. */
enum hk_err	 conf_keys(struct whole *) HK_MUST_USE;

/* conf_file.c */
/*
 * A regular file's text; *text is the caller's to cleanse and free().
 * HK_NOTFOUND: no such file (not noted); HK_CONF for all else (noted).
 */
enum hk_err	 file_read(const char *path, size_t most, struct stat *, char **text,
		    size_t *len) HK_MUST_USE;
/* Readable by its owner alone, who is us or root. */
bool		 file_private(const struct stat *);
/* The path seen from a folder (NULL: the working one); NULL: no memory. */
char		*path_from(struct arena *, const char *dir, const char *path);
/* All but the last step of an absolute path; NULL: no memory. */
char		*path_dir(struct arena *, const char *path);
/* Does it lie in that folder, symbolic links followed as far as it exists? */
bool		 path_under(const char *path, const char *dir);

#endif
