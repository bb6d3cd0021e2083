/*
 * The interface for the site's own application: JSON over HTTP, /api/v1.
 *
 * Every address is a row of api/routes.def, and an operation of
 * docs/openapi.json, which is served as /api/v1/openapi.json; a test holds the
 * two against each other.  A new address is a function, a row and an operation.
 *
 * Before a function is called the frame has found out who asks (a bearer token
 * with scopes, or a user's own browser with a Clerk session), whether they may,
 * whether it is too often, and has read the body.  Of a call that changes
 * something with an Idempotency-Key the first answer is kept for a day and
 * given again; the same key for another request is refused.
 *
 * Errors are application/problem+json (RFC 9457):
 *	{"type":"/problems/CODE","title":...,"status":N,"detail":...,"code":CODE}
 * The codes are the rows of api/problems.def.
 */
#ifndef API_API_H
#define API_API_H

#include "base/conf.h"
#include "base/json.h"
#include "books/books.h"
#include "http/form.h"
#include "http/http.h"
#include "http/route.h"
#include "store/store.h"

#define API_BASE	"/api/v1"
#define API_BODY_MOST	(256 << 10)	/* of a request */
#define API_PAGE	50		/* rows of a page, unless limit= says so */
#define API_PAGE_MOST	200

/* Every problem we tell of: P(name, status, "code", "title"). */
enum problem {
	PROBLEM_NONE,
#define P(name, status, code, title)	PROBLEM_##name,
#include "api/problems.def"
#undef P
	PROBLEM_COUNT
};

/* Who is asking. */
struct caller {
	int64_t		 token;		/* api_token.id; 0: a browser, or nobody */
	const char	*name;		/* the token's; for the audit log */
	struct span	 scopes;
	char		 user[UUID_LEN + 1];	/* of a session: own id; else "" */
};

/* A number that a problem tells besides: a member of it. */
struct call_number {
	const char	*name;
	int64_t		 value;
};
#define CALL_TOLD	4

/*
 * One request.  Everything lives as long as its arena.  A function of a row
 * that writes runs inside a transaction it shares with others' and may run
 * twice: it starts from rq, query and in each time.
 */
struct call {
	const struct conf	*conf;
	const struct http_request *rq;
	struct arena		*arena;
	struct db		*db;		/* of a read: in a snapshot */
	int64_t			 now;		/* us */
	struct route		 route;		/* route_get(&c->route, "id") */
	struct form		 query;		/* of the address */
	struct json		*in;		/* the body, an object; NULL: none was sent */
	struct span		 key;		/* Idempotency-Key; SPAN_NULL: none */
	struct caller		 who;
	struct jw		*out;		/* an object is open: the answer */
	/* Set by the function: */
	int			 status;	/* 200 */
	enum problem		 problem;	/* see call_problem() */
	const char		*detail;
	int64_t			 wait_s;	/* of a problem: Retry-After, 0 none */
	struct call_number	 told[CALL_TOLD + 1];	/* of a problem; ends with name NULL */
	bool			 woken;		/* events are due now: wake a worker */
};

/*
 * Write the members of the answer with jw_*(c->out, ...).  Errors that are the
 * caller's: return call_problem(...).  Errors of ours (the database's) are
 * returned as they are, and answered by 503.
 */
typedef enum hk_err call_fn(struct call *);

/*
 * The answer is this problem instead, whatever c->out has by now.  Returns
 * HK_OK.  A function that has written something before is taken back for it.
 * detail: a sentence that names the thing, the rule it broke and what to do.
 */
enum hk_err	 call_problem(struct call *, enum problem, const char *detail, ...)
		    HK_PRINTF(3, 4) HK_MUST_USE;
/*
 * A verb's error as a problem: HK_NOTFOUND, HK_EXISTS, HK_SHORT, HK_SYNTAX,
 * HK_NEVER with err_last() as its detail; any other error is returned as it is.
 */
enum hk_err	 call_failed(struct call *, enum hk_err) HK_MUST_USE;

/* ---- what came in ------------------------------------------------------------ */

/*
 * Members of the body, by name.  Each returns HK_OK with *out untouched when it
 * is absent or null and not needed; c->problem is set when it is needed, of
 * another kind, or out of range: then return at once.
 */
enum hk_err	 call_text(struct call *, const char *name, bool needed, size_t most,
		    struct span *out) HK_MUST_USE;
enum hk_err	 call_int(struct call *, const char *name, bool needed, int64_t least,
		    int64_t most, int64_t *out) HK_MUST_USE;
/* Members that nobody asked for are a mistake of the caller's: names ends with NULL. */
enum hk_err	 call_only(struct call *, const char *const *names) HK_MUST_USE;
/* Of a list: ?limit=, ?after= (what "next" said; SPAN_NULL: from the beginning). */
enum hk_err	 call_page(struct call *, int64_t *limit, struct span *after) HK_MUST_USE;
/*
 * The user ":user" of the address, any id user_find() takes; of /me the
 * session's own.  Deleted ones are found: look at u->deleted.  c->problem is
 * NOT_FOUND when there is none, or when it is an address that several have.
 */
enum hk_err	 call_user(struct call *, struct user *) HK_MUST_USE;
/* The same by a text, e.g. of the body's member `name`. */
enum hk_err	 call_user_named(struct call *, const char *name, struct span any, struct user *)
		    HK_MUST_USE;

/* ---- the rows ------------------------------------------------------------------ */

enum call_kind {
	CALL_READ,	/* GET, HEAD */
	CALL_WRITE,	/* POST, DELETE, PATCH: in the writer's transaction */
	CALL_SECRET	/* a CALL_WRITE whose answer has a secret: kept sealed or not at all */
};

struct api_route {
	enum call_kind	 kind;
	const char	*method;	/* "GET"; HEAD comes along */
	const char	*path;		/* below API_BASE, or whole when it begins with "//" */
	const char	*scope;		/* "credits:burn"; "session": a user's own browser; NULL: everybody */
	call_fn		*run;
};

extern const struct api_route api_routes[];	/* ends with path NULL */

#define CALL(kind, method, path, scope, fn)	call_fn fn;
#include "api/routes.def"
#undef CALL

/* The whole of api.fcgi's main(); returns its exit status (sysexits.h). */
int		 api_main(void);

#endif
