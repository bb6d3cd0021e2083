/*
 * Parts of the settings that conf*.c share.  Nobody else includes this.
 */
#ifndef BASE_CONF_PART_H
#define BASE_CONF_PART_H

#include <sys/stat.h>

#include "base/conf.h"

enum conf_kind { KIND_INT, KIND_STR, KIND_PICK };

/* A setting of one section: a row of conf.def, a sender's row three times. */
struct conf_row {
	const char	*section, *key;
	const char	*env;		/* or NULL */
	enum conf_kind	 kind;
	size_t		 at;		/* of the field, in struct conf */
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
enum {
#define SENDER_STR(field, ...)	SENDER_ROW_##field,
#define SENDER_PICK(field, ...)	SENDER_ROW_##field,
#include "base/conf.def"
	SENDER_ROWS
};
#define CONF_ROWS	(GENERAL_ROWS + CONF_SENDERS * SENDER_ROWS)

/* General rows first, then each sender's, in the order of conf.def. */
extern const struct conf_row	conf_rows[CONF_ROWS];
extern const char *const	conf_sender_name[CONF_SENDERS];
/* Environment variables of a sender's secrets; the first that is set counts. */
extern const char *const	conf_secret_env[CONF_SENDERS][3];

static inline size_t
sender_row(size_t sender, int row)
{
	return GENERAL_ROWS + sender * SENDER_ROWS + (size_t)row;
}

/* CONF_ROWS: there is none. */
size_t		 row_find(const char *section, const char *key);
/* Is the value a list of items separated by blanks? */
bool		 row_is_list(const struct conf_row *);
/* Items of `secrets` must not be shown. */
bool		 row_is_secret(const struct conf_row *);
/* What to write instead of a name that does not exist. */
void		 row_suggest(char *out, size_t room, const char *section, const char *key);

enum conf_source { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT };

struct wipe {
	struct wipe	*next;
	char		*p;
	size_t		 len;
};

/* What a struct conf really lies in. */
struct whole {
	struct conf	 conf;		/* first: &whole->conf is what others hold */
	enum conf_source source[CONF_ROWS];
	int		 line[CONF_ROWS];	/* where the file set it; 0: it did not */
	unsigned int	 secrets_from[CONF_SENDERS];	/* bits 1 << enum conf_source */
	struct wipe	*wipe;		/* what conf_free() cleanses */
};

static inline void *
row_field(const struct conf_row *row, struct conf *c)
{
	return (char *)c + row->at;
}

/* Where a value comes from, for messages: a line of a file, or a variable. */
struct place {
	const char	*file;
	int		 line;		/* 0: the file as a whole */
	const char	*env;		/* not NULL: this variable */
};

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

/* conf_secret.c: all places of a sender's secrets into its list. */
enum hk_err	 conf_secrets(struct whole *, size_t sender, const char *file,
		    const char *const *env) HK_MUST_USE;

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
