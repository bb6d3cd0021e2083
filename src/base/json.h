/*
 * JSON as a tree (json-c, which nobody else includes), and a small writer.
 *
 * Paths are names joined by '.', e.g. "data.object.customer"; a missing step
 * or one through something that is no object gives "absent".
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

struct json;		/* a value inside a tree; lives as long as its root */

/*
 * The rules are the scanner's (base/scan.h), but the top may be any value;
 * for "null" *root is NULL.  *root is freed by json_free().
 * HK_SYNTAX (err_last() says where), HK_TOOBIG above 2 GB, HK_NOMEM.
 */
enum hk_err	 json_parse(struct span text, struct json **root) HK_MUST_USE;
void		 json_free(struct json *root);		/* NULL is fine */

/* All take NULL as "absent". path NULL means the value itself. */
struct json	*json_get(struct json *, const char *path);	/* NULL: absent or null */
size_t		 json_len(struct json *);		/* array length, else 0 */
struct json	*json_at(struct json *, size_t);	/* array element or NULL */
bool		 json_is_object(struct json *);
/*
 * An object's i-th member, in the text's order; value is SPAN_NULL when it is
 * no string.  False: it has not so many.
 */
bool		 json_member(struct json *, size_t i, struct span *name, struct span *value);
/* A string's bytes (may hold NUL); SPAN_NULL when absent or no string. */
struct span	 json_text(struct json *, const char *path);
/* As json_text(), but an object gives its "id": Stripe's expandable fields. */
struct span	 json_id(struct json *, const char *path);
/*
 * An integer, or a string of one ("12"), that fits; else false, *out untouched.
 * INT64_MIN counts only as a string, for json-c clamps smaller numbers to it.
 */
bool		 json_int(struct json *, const char *path, int64_t *out);
bool		 json_true(struct json *, const char *path);	/* is literally true */

enum json_kind {
	JSON_ABSENT,	/* or null */
	JSON_BOOL, JSON_INTEGER, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT
};
enum json_kind	 json_kind(struct json *);
/*
 * The member of just that name (no path); *value is NULL when it is null.
 * False: no object, or it has none, and *value is untouched.
 */
bool		 json_has(struct json *, const char *name, struct json **value);
/*
 * The next member of an object, in the text's order; *at is NULL before the
 * first call, *value NULL for null.  False: no more, or no object.  The object
 * must not be changed meanwhile.
 */
bool		 json_next(struct json *, void **at, struct span *name, struct json **value);
/*
 * The value as people read it: a string's bytes, a number as in the JSON text,
 * "true", "false", compact JSON for the others, nothing when absent.
 */
void		 json_show(struct buf *, struct json *);

/* Equal by kind and value: 5 is not "5", nor 5.0. */
bool		 json_same(struct json *, struct json *);

/*
 * Set the value at a path, making objects on the way; value is JSON when it
 * parses as such, else a string.  Array steps are numbers of existing
 * elements.  HK_SYNTAX: a step of the path is no object.
 */
enum hk_err	 json_set(struct json *root, const char *path, struct span value)
		    HK_MUST_USE;
/* Compact, or with two blanks a level.  An absent value prints "null". */
void		 json_print(struct buf *, struct json *, bool pretty);

/*
 * The writer.  jw_* calls in document order; commas and quotes are its work.
 * key NULL inside arrays.  Bytes that are no UTF-8 become U+FFFD.
 */
struct jw {
	struct buf	*out;
	bool		 comma;
};

void	 jw_init(struct jw *, struct buf *);
void	 jw_open(struct jw *, const char *key, char bracket);	/* '{' or '[' */
void	 jw_close(struct jw *, char bracket);			/* '}' or ']' */
void	 jw_text(struct jw *, const char *key, struct span);	/* SPAN_NULL: null */
void	 jw_int(struct jw *, const char *key, int64_t);
void	 jw_bool(struct jw *, const char *key, bool);
void	 jw_null(struct jw *, const char *key);
void	 jw_time(struct jw *, const char *key, int64_t us);	/* ISO; 0: null */
void	 jw_raw(struct jw *, const char *key, struct span json);	/* trusted JSON */

#endif
