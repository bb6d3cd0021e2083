/*
 * Settings: read once at the start, then constant and shared by all threads.
 *
 * Which file: $HOOKKEEPER_CONF; else the path in a pointer file
 * "hookkeeper.where" beside the running binary (or one folder up); else
 * ~/.config/hookkeeper/hookkeeper.conf, home by /etc/passwd, for suEXEC cleans
 * the environment; else /etc/hookkeeper/hookkeeper.conf.
 * No file at all is fine when the environment has what is needed.
 * Environment wins over the file; an empty variable is one that is not set.
 *
 * The file is INI (inih): a line has at most 198 bytes; lists (secrets, events,
 * instances) go on in indented lines; '#' or ';' at the beginning of a line,
 * and ';' after a blank, begin a comment.  Values have no quotes.  A relative
 * path is seen from the file's folder, the environment's from the working one.
 *
 * Everything wrong is HK_CONF with a line that names the setting, the file
 * and line, and what is allowed: unknown section or key, a key twice, a value
 * out of range, secrets in a file that others can read, a file that anybody
 * can change, a configuration, database or secret_file under $DOCUMENT_ROOT,
 * verify = off in a normal build.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/arena.h"
#include "base/buf.h"

enum { MODE_TEST = 0, MODE_LIVE = 1 };
enum { LOG_TO_STDERR = 0, LOG_TO_SYSTEM = 1 };	/* log_to */
/* unkey_burn_at */
enum { UNKEY_BURNS_HERE = 0, UNKEY_BURNS_THERE = 1 };
enum { NEGATIVE_ALLOW = 0, NEGATIVE_FLOOR = 1 };
/* remote_user_role; as enum role of admin/admin.h */
enum { REMOTE_NONE = 0, REMOTE_VIEWER = 1, REMOTE_OPERATOR = 2, REMOTE_ADMIN = 3 };
#define CONF_KEY	32	/* bytes of one key */
enum { UNKNOWN_DEFAULT = 0, UNKNOWN_STORE = 1, UNKNOWN_REJECT = 2 };

/* struct conf_custom: scheme, encoding */
enum { CUSTOM_STANDARD = 0, CUSTOM_HMAC = 1, CUSTOM_BEARER = 2, CUSTOM_BASIC = 3 };
enum { CUSTOM_HEX = 0, CUSTOM_BASE64 = 1 };

/*
 * One configured signing secret: a text, or "label=" and a text; the label has
 * 1 to 32 of A-Z a-z 0-9 . _ - and does not begin with "whsec_".
 * The same text twice is kept once; two texts of one label are refused.
 */
struct conf_secret {
	struct span	text;	/* as the provider shows it; never print it */
	const char	*label;	/* given, or conf_fingerprint(); safe to show */
};

/*
 * What only a [custom NAME] section says.  A text that was not set is NULL.
 * Names of header fields are in lower case; *_from is "header:name" or
 * "body:a.b" of at most CONF_PATH_STEPS names.  item_separator is 0 for none,
 * else which of ; , & | blank, from 1.
 */
#define CONF_PATH_STEPS	6
struct conf_custom {
#define CUSTOM_STR(field, ...)	const char *field;
#define CUSTOM_PICK(field, ...)	int field;
#include "base/conf.def"
};

struct conf_sender {
	const char		*name;		/* "stripe", "custom:github": as in the database */
	const char		*section;	/* "stripe", "custom github": as in the file */
	struct conf_secret	*secret;	/* newest first; file's after the environment's */
	size_t			 nsecret;
	/* secrets is NULL after loading: what it said is in secret[] */
#define SENDER_STR(field, ...)	const char *field;
#define SENDER_PICK(field, ...)	int field;
#define BUILTIN_STR(field, ...)	const char *field;
#include "base/conf.def"
	struct conf_custom	 custom;	/* not of the first CONF_SENDERS */
};

/*
 * A [command NAME] or [mail NAME]: where messages can be sent to besides webhooks.
 * A text that was not set is NULL, or its default; to begins with "data." or is
 * an address.
 */
enum conf_channel_kind { CHANNEL_COMMAND, CHANNEL_MAIL };
struct conf_channel {
	const char		*name;		/* "command:welcome": as in the database */
	const char		*section;	/* "command welcome": as in the file */
	enum conf_channel_kind	 kind;
#define CHANNEL_STR(field, ...)	const char *field;
#define COMMAND_STR(field, ...)	const char *field;
#define COMMAND_INT(field, ...)	int64_t field;
#define MAIL_STR(field, ...)	const char *field;
#include "base/conf.def"
};
#define CONF_CHANNELS_MOST	32

#define CONF_SENDERS		3	/* stripe, clerk, resend, in this order */
#define CONF_CUSTOM_MOST	64	/* [custom NAME] sections */
#define CONF_CUSTOM_NAME	32	/* characters of a NAME: a-z 0-9 _ - */

struct conf {
	struct arena	*arena;	/* holds all strings */
	const char	*file;	/* the file that was read, or NULL */
	/* What `key` said, newest first; the field itself is NULL after loading. */
	const uint8_t	(*keys)[CONF_KEY];
	size_t		 nkeys;
#define INT(field, ...)		int64_t field;
#define STR(field, ...)		const char *field;
#define PICK(field, ...)	int field;
#include "base/conf.def"
	/* The fixed ones, then those of [custom NAME] in the file's order. */
	struct conf_sender sender[CONF_SENDERS + CONF_CUSTOM_MOST];
	size_t	 ncustom;
	/* [command NAME] and [mail NAME], in the file's order. */
	struct conf_channel channel[CONF_CHANNELS_MOST];
	size_t	 nchannel;
};

/* How many of sender[] there are. */
static inline size_t
conf_senders(const struct conf *c)
{
	return CONF_SENDERS + c->ncustom;
}

/*
 * Load for a program, whose /proc/self/exe finds the pointer file; from then on it
 * logs where the settings say.
 * *out is freed by conf_free(), which cleanses the secrets.
 * need_db: db and mode must be set; without, they may be NULL and -1.
 */
enum hk_err	 conf_load(struct conf **out, bool need_db) HK_MUST_USE;
/*
 * The same from given text (SPAN_NULL: none) and environment (NULL-terminated
 * "K=V"): for tests.  private_file: nobody else can read the file.
 */
enum hk_err	 conf_parse(struct conf **out, const char *file, struct span text,
		    bool private_file, const char *const *env, bool need_db) HK_MUST_USE;
void		 conf_free(struct conf *);	/* NULL is fine */

/* NULL when there is no such sender. */
const struct conf_sender *conf_sender(const struct conf *, const char *name);
/* "command:welcome"; NULL: there is none. */
const struct conf_channel *conf_channel(const struct conf *, struct span name);
/* Does the sender's `events` setting let this type through?  SPAN_NULL: by '*' alone. */
bool		 conf_wants(const struct conf_sender *, struct span type);
/*
 * "FILE:LINE" of a custom sender's setting, or of its section when the setting
 * was not made there: for those who find out later that it makes no sense.
 * NULL: no memory.  Only for a struct conf of conf_load() or conf_parse().
 */
const char	*conf_where(const struct conf *, const struct conf_sender *, const char *key,
		    struct arena *);

#define CONF_FINGERPRINT	8
/*
 * Eight hex digits that name a text: 32 bits of FNV-1a.  Showing them tells 32
 * bits at most, which leaves nothing to guess of a secret of 192 random bits.
 */
void		 conf_fingerprint(char out[CONF_FINGERPRINT + 1], struct span);

/*
 * Every setting with its value, unit and source (json: and its sentence);
 * secrets only as labels.
 */
void		 conf_print(const struct conf *, struct buf *, bool json);
/* The reference, as text: section, key, allowed values, default, sentence. */
void		 conf_reference(struct buf *);

#endif
