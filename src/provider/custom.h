/*
 * Custom senders: what a [custom NAME] section says, made ready for requests.
 * Their events are kept; nothing is done for them.
 */
#ifndef PROVIDER_CUSTOM_H
#define PROVIDER_CUSTOM_H

#include "base/conf.h"
#include "base/fields.h"
#include "base/scan.h"
#include "provider/provider.h"

#define CHALLENGE_MAX	1024

/* Where a value of the envelope is: a field, or a place in the body. */
struct custom_from {
	const char	*header;	/* or NULL */
	int		 want;		/* in custom.want[], or -1 */
};

enum { FROM_ID, FROM_TYPE, FROM_LANE, FROM_OCCURRED, FROM_CHALLENGE, CUSTOM_FROMS };
#define CUSTOM_WANTS	(CUSTOM_FROMS * CONF_PATH_STEPS + 1)	/* and "type" */

struct custom {
	const struct conf_sender *sender;
	const struct scheme	*scheme;
	const struct sign_how	*how;		/* for struct sign_key; or NULL */
	/* A field that shows the secret, so must not be kept; or NULL. */
	const char		*secret_field;
	/* custom.c's own: */
	struct sign_how		 made;
	struct custom_from	 from[CUSTOM_FROMS];
	int			 body_type;	/* "type" in want[] */
	struct scan_want	 want[CUSTOM_WANTS];
	size_t			 nwant;
	bool			 needs_json, reads_body;
};

/*
 * Make ready a sender that has a [custom NAME] section.  Lives as long as conf
 * and arena.  HK_CONF: settings that do not go together, noted with file and
 * line; HK_NOMEM.
 */
enum hk_err	 custom_open(const struct custom **, const struct conf *,
		    const struct conf_sender *, struct arena *) HK_MUST_USE;

/*
 * Read the envelope of a verified request.
 *
 *	id	id_from; else of scheme standard message_id (the signed header),
 *		else the SHA-256 of the body in hex.  A request that carries a
 *		challenge may lack what id_from names: it is no event to repeat.
 *	type	type_from, else the body's "type"; else it is not said
 *
 * A number counts as its text.  The body must be a JSON object for scheme
 * standard, and when id_from or type_from is in it; else it may be anything.
 * HK_SYNTAX: err_last() names what is missing or wrong; HK_NOMEM.
 */
enum hk_err	 custom_envelope(const struct custom *, const struct fields *,
		    struct span body, struct span message_id, struct arena *,
		    struct envelope *) HK_MUST_USE;

/* As provider_dispose(): the sender's `events` are its catalogue. */
struct disposition custom_dispose(const struct custom *, const struct envelope *);

#endif
