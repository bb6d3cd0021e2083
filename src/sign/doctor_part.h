/*
 * Parts of the doctor: what it says, how headers look, what a body may have
 * been.  Nobody outside the room includes this.
 */
#ifndef SIGN_DOCTOR_PART_H
#define SIGN_DOCTOR_PART_H

#include "sign/doctor.h"

/* ---- say.c: words for the owner ---- */

/* Add to the detail; what does not fit is cut off. */
void	 say(struct diagnosis *, const char *fmt, ...) HK_PRINTF(2, 3);
/* Foreign text in quotes: at most 32 bytes, what is not printable as '?'. */
void	 say_foreign(struct diagnosis *, struct span);
/* "3 minutes" */
void	 say_duration(struct diagnosis *, int64_t seconds);

/* ---- shape.c: the headers alone ---- */

enum shape { SHAPE_MISSING, SHAPE_BAD, SHAPE_GOOD };
/* What is missing or bad is said. */
enum shape doctor_shape(const struct doctor_case *, struct diagnosis *);
/* False for bearer and basic. */
bool	 doctor_signs_body(const struct scheme *);

/* ---- variant.c: what the body may have been before it came to us ---- */

struct variants {
	struct span	 body;
	unsigned int	 has;		/* what can be printed in more than one way */
	unsigned int	 edits;		/* that change something */
	char		*room;		/* for one variant; NULL: no memory */
	size_t		 nroom;
	size_t		 next;
};
/* object: the body, without a byte order mark, is a valid JSON object. */
void	 variants_begin(struct variants *, struct span body, bool object, struct arena *);
/*
 * The next body that is not the one that came; valid until the next call.
 * how and style, for a sentence: "the signature fits the body <how><style>".
 * False: that was all.
 */
bool	 variants_next(struct variants *, struct span *body, const char **how,
	    const char **style);

/* ---- reprint.c: JSON printed in another way ---- */

enum {			/* what of a JSON text depends on who prints it */
	HAS_SLASH	= 1,	/* / */
	HAS_BYTES	= 2,	/* not ASCII */
	HAS_ESCAPE	= 4,	/* \/ or \uXXXX */
	HAS_MARKUP	= 8,	/* < > & */
	HAS_JSON	= 16	/* it is JSON at all */
};
unsigned int reprint_has(struct span json);

struct layout {
	const char	*comma, *colon;
	int		 indent;	/* characters a level; 0: one line */
	char		 with;		/* ' ' or '\t' */
	bool		 open;		/* empty containers as Ruby's json prints them */
};
enum {			/* of strings; none of them: bytes as they are */
	STYLE_PLAIN	= 1,	/* shortest escapes, UTF-8 */
	STYLE_SLASH	= 2,	/* \/ */
	STYLE_ASCII	= 4,	/* \uXXXX for what is not ASCII */
	STYLE_MARKUP	= 8	/* \u003c \u003e \u0026 \u2028 \u2029 */
};
/*
 * Print valid JSON (by base/scan.h) in a layout, numbers as they are, into out.
 * SIZE_MAX: there is no room.
 */
size_t	 reprint(char *out, size_t room, struct span json, const struct layout *,
	    unsigned int style);

#endif
