/*
 * What the files of the frame share: from an exchange to the call of a page,
 * and from its document to the answer.
 */
#ifndef ADMIN_FRAME_H
#define ADMIN_FRAME_H

#include <stdatomic.h>

#include "admin/admin.h"
#include "http/template.h"
#include "store/seats.h"

#define DOCUMENT_MOST	((size_t)32 << 20)	/* bytes of a page's document */
#define ANSWER_MOST	((size_t)64 << 20)	/* of a page */

struct admin {
	struct conf	*conf;
	struct seats	*seats;
	atomic_int	 downloads;	/* running now */
};

/* A frame around one request. */
struct frame {
	struct admin		*admin;
	struct http_exchange	*x;
	const struct admin_route *route;	/* NULL: none yet */
	struct visit		 v;
	struct buf		 page;		/* the document as the page wrote it */
	struct jw		 jw;
	struct buf		 cookies;
	bool			 json;		/* the document is wanted */
	struct {			/* for the navigation; -1: not known */
		int64_t	failed, refused;
	}			 badge;
};

/* dispatch.c */
void		 frame_handle(struct http_exchange *, void *admin);

/* render.c: the end of a request */
void		 frame_page(struct frame *);
void		 frame_then(struct frame *);
void		 frame_error(struct frame *, enum hk_err, const char *text);
/* Sees to it that `to` is told apart: 401 for JSON, else the login page. */
void		 frame_login(struct frame *);

/* filters.c */
extern const struct template_filter admin_filters[];
struct moment {				/* the filters' ctx */
	int64_t			 now;
	const struct view	*view;
};

/* static.c: styles and scripts, by their content for ever */
bool		 static_answer(struct http_exchange *, struct span path);
/* "/admin/admin.css?v=1f2e3d4c"; static storage. */
const char	*static_url(const char *name);
/* Call once, before any thread. */
void		 static_open(void);

/* Lines that every answer has. */
#define SAFE_LINES \
	"X-Content-Type-Options: nosniff\r\n" \
	"X-Frame-Options: DENY\r\n" \
	"Referrer-Policy: same-origin\r\n" \
	"Cross-Origin-Opener-Policy: same-origin\r\n" \
	"Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; " \
	"img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; " \
	"frame-ancestors 'none'\r\n"

#endif
