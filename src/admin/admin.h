/*
 * The pages: what a person sees of hookkeeper, and may do to it.
 *
 * A page is a JSON document plus a template of www/: its function writes the
 * document, and the same address gives that document itself to who asks for
 * application/json.  An action is a POST.  Both are rows of admin/routes.def;
 * a new page is a function, a template and a row.
 *
 * Before a function is called, the frame has found the person and the role,
 * and of a POST checked where it comes from and its form token.  What it
 * refuses is written into the audit log.  Every answer forbids scripts that
 * are not ours.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "admin/zone.h"
#include "base/conf.h"
#include "base/json.h"
#include "http/form.h"
#include "http/http.h"
#include "http/route.h"
#include "store/store.h"

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMIN };

const char	*role_name(enum role);		/* "viewer"; "nobody" */
enum role	 role_of(struct span);		/* ROLE_NONE: none of these */

/* Who is asking. */
struct visitor {
	int64_t		 person;	/* person.id; 0: nobody is logged in */
	enum role	 role;
	const char	*name;		/* "nobody" */
	const char	*form_token;	/* what a form must carry back; never NULL */
	bool		 by_server;	/* the web server said who it is (REMOTE_USER) */
	struct span	 login;		/* login.token; SPAN_NULL: none */
};

/* One request, from beginning to end; everything lives as long as its arena. */
struct visit {
	const struct conf	*conf;
	const struct http_request *rq;
	struct arena		*arena;
	/*
	 * A page's: inside a snapshot, read only.  An action's: can write, and
	 * no transaction is open; it opens one, writes what it does and the
	 * audit log's line in it, and commits.
	 */
	struct db		*db;
	int64_t			 now;		/* us */
	struct route		 route;		/* route_get(&v->route, "id") */
	struct form		 query;		/* of the address */
	struct form		 form;		/* of a POST's body */
	struct visitor		 who;
	struct span		 remote_addr;	/* behind trusted proxies */
	struct jw		*doc;		/* an object is open: the page's document */
	struct view		 view;		/* how times are shown */
	/* Set by the function: */
	int			 status;	/* 200 */
	const char		*title;		/* NULL: the route's */
	const char		*then;		/* go there instead (303): "/events/12" */
	/*
	 * A sentence for the next page: the name of a row of admin/said.def
	 * and a number in it; or NULL.
	 */
	const char		*said;
	int64_t			 said_n;
	struct buf		*cookies;	/* lines of cookie_put() */
};

/*
 * Write the members of the document with jw_*(v->doc, ...), or set v->then.
 * Errors are answered by the page of that error, with what err_last() says:
 * HK_NOTFOUND, HK_SYNTAX (a filter that makes no sense), HK_BUSY, ...
 */
typedef enum hk_err visit_fn(struct visit *);
/*
 * Answers by itself: http_reply() or http_stream_*() exactly once, also when
 * something is wrong.
 */
typedef void download_fn(struct visit *, struct http_exchange *);

/* A decimal ":id" of the address.  HK_NOTFOUND: it is no number. */
enum hk_err	 visit_id(const struct visit *, int64_t *id) HK_MUST_USE;
/* The value of a field, trimmed; SPAN_NULL when it is empty or not there. */
struct span	 visit_query(const struct visit *, const char *name);
struct span	 visit_form(const struct visit *, const char *name);
/* For v->then.  Sets it; HK_NOMEM. */
enum hk_err	 visit_then(struct visit *, const char *fmt, ...) HK_PRINTF(2, 3) HK_MUST_USE;
/* Of a download: answers with the page of an error, as err_last() says. */
void		 visit_fail(struct visit *, struct http_exchange *, enum hk_err);

enum route_kind { R_PAGE, R_ACTION, R_DOWNLOAD };

struct admin_route {
	enum route_kind	 kind;		/* a page and a download: GET, HEAD; an action: POST */
	const char	*path;		/* below the base: "/events/:id" */
	enum role	 role;		/* at least; ROLE_NONE: everybody */
	visit_fn	*run;
	download_fn	*download;
	const char	*template;	/* of www/; NULL: an action that always sets v->then */
	const char	*section;	/* which entry of the navigation is this; or NULL */
	const char	*title;
};

/* All of them, as in routes.def; ends with { .path = NULL }. */
extern const struct admin_route admin_routes[];

#define ADMIN_BASE	"/admin"

/* The whole of admin.fcgi's main(); returns its exit status (sysexits.h). */
int		 admin_main(void);

#define PAGE(path, role, fn, template, section, title)	visit_fn fn;
#define ACTION(path, role, fn, template, section, title) visit_fn fn;
#define DOWNLOAD(path, role, fn)			download_fn fn;
#include "admin/routes.def"
#undef PAGE
#undef ACTION
#undef DOWNLOAD

#endif
