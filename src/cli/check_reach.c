/*
 * The doctor's look from outside: signed probes to each receiver's address, as its
 * sender would send them, and what becomes of them on their way.
 */
#include <time.h>

#include "base/clock.h"
#include "cli/checkup.h"
#include "deliver/post.h"
#include "inbox/advice.h"
#include "inbox/answer.h"
#include "inbox/desk.h"

#define PATIENCE_S	20
#define ANSWER_MOST	8192
#define ECHO		"tab and \"quotes\", sem;colon, a=b, ~!*'()%41"
#define REASON_WAIT_MS	3000	/* the quarantine is written lazily */
#define FCGID_MOST	131072	/* mod_fcgid's own limit */

/* One answer to one probe. */
struct echo {
	const struct desk	*d;
	const char		*url;
	size_t			 bytes;		/* sent */
	size_t			 before;	/* so many had arrived well; 0: none yet */
	struct post_answer	 a;
	bool			 json;		/* our programs answer nothing else */
	struct span		 text;		/* the answer's body */
};

/* ---- what an answer means ---------------------------------------------------------- */

enum whose { ANYBODYS, OURS, NOT_OURS };

/* The first row that fits says it. */
static const struct meaning {
	int		 status, last;	/* from, to */
	enum whose	 whose;
	size_t		 above;		/* only of bodies larger than this */
	const char	*has;		/* in the answer; or NULL */
	const char	*why;
} meanings[] = {
	{ 200, 299, ANYBODYS, 0, NULL, "that is not hookkeeper's answer to a probe: another program "
	    "is at this address, or an older hookkeeper; see which file the web server starts" },
	{ 300, 399, ANYBODYS, 0, NULL, "senders do not follow: enter the address it leads to, or take "
	    "the redirection away for /webhooks" },
	{ 413, 413, OURS, 0, NULL, "that is the setting max_body: raise it" },
	{ 413, 413, NOT_OURS, 0, NULL, "that is the web server's own limit: client_max_body_size of "
	    "nginx, server.max-request-size of lighttpd, LimitRequestBody of Apache; 2 MB is "
	    "right" },
	{ 500, 500, NOT_OURS, FCGID_MOST, NULL, "that is mod_fcgid's limit of 128 KB: set "
	    "FcgidMaxRequestLen 2097152, or take hookkeeper's own .htaccess, which gives "
	    "large bodies to plain CGI" },
	{ 503, 503, OURS, 0, "Not configured yet", "the running program has no secret: the settings "
	    "were changed after it was started, or it reads others; start the receivers anew" },
	{ 503, 503, OURS, 0, "Not ready", "the running program cannot use its settings or its "
	    "database: the web server's error log has the reason" },
	{ 503, 503, OURS, 0, NULL, "the program is there, but could not ask its database: the web "
	    "server's error log has the reason" },
	{ 404, 404, OURS, 0, NULL, "the running program does not know this sender: start custom.fcgi "
	    "anew" },
	{ 404, 404, NOT_OURS, 0, NULL, "the web server has nothing there: hookkeeper's file of "
	    "cgi-bin/ for it is not included, or (.htaccess) not allowed by AllowOverride, or "
	    "RewriteEngine is off" },
	{ 405, 405, NOT_OURS, 0, NULL, "the web server shows the program instead of running it: its "
	    "handler is missing (AddHandler fcgid-script or cgi-script, Options +ExecCGI)" },
	{ 403, 403, NOT_OURS, 0, NULL, "the web server does not let it be run: the programs and their "
	    "folder need mode 755, Options +ExecCGI, and no rule that denies /webhooks" },
	{ 500, 500, NOT_OURS, 0, NULL, "the program does not start: mode 755, its owner (suEXEC), and "
	    "the web server's error log" },
	{ 502, 504, NOT_OURS, 0, NULL, "the web server reaches no running program: is it started, and "
	    "its socket where the web server looks?" },
	{ 508, 508, ANYBODYS, 0, NULL, "the host's limit of processes is reached" },
	{ 0, 999, ANYBODYS, 0, NULL, "the web server's error log says more" },
};

static bool
fits(const struct meaning *c, const struct echo *r)
{
	return r->a.status >= c->status && r->a.status <= c->last && r->bytes > c->above &&
	    (c->whose == ANYBODYS || (c->whose == OURS) == r->json) &&
	    (c->has == NULL || memmem(r->text.p, r->text.len, c->has, strlen(c->has)) != NULL);
}

static const char *
cause_of(const struct echo *r)
{
	const struct meaning	*c = meanings;

	if (r->a.asks_login && !r->json)
		return "the web server asks for a login before hookkeeper is asked: take that away "
		    "for /webhooks, for senders have none";
	while (!fits(c, r))
		c++;
	return c->why;
}

/* "10 bytes", "200 KB", "1 MB" */
static const char *
size_text(size_t bytes, char text[24])
{
	if (bytes < 1000)
		snprintf(text, 24, "%zu bytes", bytes);
	else if (bytes < 1000000)
		snprintf(text, 24, "%zu KB", bytes / 1000);
	else
		snprintf(text, 24, "%zu MB", bytes / 1000000);
	return text;
}

/* Why a signature of ours was refused, as the quarantine has it by now; or NULL. */
static const char *
refused_for(struct checkup *k, const char *sender, int64_t since)
{
	const struct timespec	 pause = { 0, 100 * 1000 * 1000 };
	struct stmt		*q = NULL;
	const char		*reason = NULL;
	bool			 row = false;

	for (int ms = 0; k->c->db != NULL && reason == NULL && ms < REASON_WAIT_MS; ms += 100) {
		if (db_stmt(k->c->db, S_CLI_DOCTOR_REFUSED, &q) != HK_OK)
			return NULL;
		bind_int(q, ":since", since);
		while (reason == NULL && stmt_step(q, &row) == HK_OK && row)
			if (span_is(col_text(q, 0), sender))
				reason = arena_str(k->c->arena, col_text(q, 1));
		stmt_reset(q);
		nanosleep(&pause, NULL);
	}
	return reason;
}

static void
say_unsigned(struct checkup *k, const struct echo *r, int64_t since)
{
	const char	*reason;
	char		 size[24], before[24];

	if (r->before > 0) {
		check_say(k, CHECK_FAIL, "reach", "%s takes a probe of %s, and refuses the signature "
		    "of one of %s: the body is changed on its way. %s", r->url,
		    size_text(r->before, before), size_text(r->bytes, size),
		    advice_for(SPAN("body_changed")));
		return;
	}
	reason = refused_for(k, r->d->sender->name, since);
	if (reason != NULL && strcmp(reason, "no_match") == 0)
		check_say(k, CHECK_FAIL, "reach", "%s does not take the secret that is set for %s "
		    "(no_match): the running program has others, or the body was changed on "
		    "its way; start the receivers anew, they read their settings when they "
		    "start", r->url, r->d->sender->name);
	else if (reason != NULL)
		check_say(k, CHECK_FAIL, "reach", "%s refuses the signature of a probe of %s "
		    "(%s): %s", r->url, size_text(r->bytes, size), reason,
		    advice_for(span_str(reason)));
	else
		check_say(k, CHECK_FAIL, "reach", "%s refuses the signature of a probe of %s: "
		    "something on the way changes header fields or body, or the program that "
		    "runs there uses other settings or another database", r->url,
		    size_text(r->bytes, size));
}

static void
say_other(struct checkup *k, const struct echo *r)
{
	char	size[24];

	check_say(k, CHECK_FAIL, "reach", "%s answers %d to %s%s%s: %s", r->url, r->a.status,
	    size_text(r->bytes, size), r->a.leads_to[0] != '\0' ? ", leading to " : "",
	    r->a.leads_to, cause_of(r));
}

/* ---- one probe ------------------------------------------------------------------------ */

static const char *
address(struct checkup *k, const struct desk *d)
{
	size_t	n = strlen(k->base);

	if (n > 0 && k->base[n - 1] == '/')
		n--;
	return d->custom != NULL ?
	    arena_printf(k->c->arena, "%.*s/webhooks/custom/%s", (int)n, k->base, d->title) :
	    arena_printf(k->c->arena, "%.*s/webhooks/%s", (int)n, k->base, d->sender->name);
}

/* Every byte there is, after the words that make it a probe. */
static struct span
probe_body(struct checkup *k, size_t bytes)
{
	char	*p = arena_get(k->c->arena, bytes);

	for (size_t i = 0; p != NULL && i < bytes; i++)
		p[i] = i < strlen(PROBE_BODY) ? PROBE_BODY[i] : (char)(unsigned char)(i * 7 + i / 256);
	return p != NULL ? span_of(p, bytes) : SPAN_NULL;
}

static enum hk_err
probe(const struct desk *d, const char *url, struct span body, struct post_answer *a,
    struct buf *answer)
{
	struct post_header	 head[SIGN_FIELDS + 2];
	struct signed_fields	 f = { .n = 0 };
	char			 id[48];
	size_t			 n = 0;
	enum hk_err		 e;

	snprintf(id, sizeof(id), "msg_probe_%lld", (long long)now_us());
	if ((e = d->scheme->sign(body, span_str(id), &d->key[0], 1, now_us() / US_PER_S, &f)) != HK_OK)
		return e;
	head[n++] = (struct post_header){ "Content-Type", "application/json; charset=utf-8" };
	head[n++] = (struct post_header){ PROBE_FIELD, ECHO };
	for (size_t i = 0; i < f.n; i++)
		head[n++] = (struct post_header){ f.name[i], f.value[i] };
	return post_ask("POST", url, head, n, body, PATIENCE_S, a, answer);
}

/* What a probe that arrived says of the program there. */
static bool
arrived_well(struct checkup *k, const struct echo *r, struct json *root)
{
	struct span	version = json_text(root, "version");
	int64_t		bytes = -1;

	if (!json_int(root, "bytes", &bytes) || bytes != (int64_t)r->bytes)
		check_say(k, CHECK_FAIL, "reach", "%s: of %zu bytes %lld arrived: something on the "
		    "way changes bodies", r->url, r->bytes, (long long)bytes);
	else if (!span_is(json_text(root, "echo"), ECHO))
		check_say(k, CHECK_WARN, "reach", "%s: a header field did not arrive as it was "
		    "sent (" PROBE_FIELD "): something on the way rewrites fields", r->url);
	else if (!span_is(version, HK_VERSION))
		check_say(k, CHECK_WARN, "reach", "%s is answered by version %.*s, and this is "
		    HK_VERSION ": start the receivers anew, or install all programs of one "
		    "version", r->url, SPAN_ARG(version));
	else
		return true;
	return false;
}

/* True: it arrived as it was sent. */
static bool
probe_once(struct checkup *k, struct echo *r, struct span body)
{
	int64_t		 since = now_us();
	struct json	*root = NULL;
	struct buf	 answer;
	bool		 good = false;

	buf_init(&answer, ANSWER_MOST);
	if (probe(r->d, r->url, body, &r->a, &answer) != HK_OK) {
		check_say(k, CHECK_FAIL, "reach", "%s; does the web server run, does its name lead "
		    "here, and is its certificate good?", err_last());
		goto out;
	}
	r->text = buf_span(&answer);
	if (r->text.p == NULL)
		r->text = SPAN("");
	r->json = span_starts(span_str(r->a.type), "application/json") &&
	    json_parse(r->text, &root) == HK_OK && json_is_object(root);
	if (r->a.status == 200 && r->json && json_true(root, "probe"))
		good = arrived_well(k, r, root);
	else if (r->json && span_is(json_text(root, "error"), "Invalid signature"))
		say_unsigned(k, r, since);
	else
		say_other(k, r);
out:
	json_free(root);
	buf_release(&answer);
	return good;
}

static void
reach_desk(struct checkup *k, const struct desk *d)
{
	static const size_t	sizes[] = { 10, 200000, 1000000 };
	struct echo		r = { .d = d, .url = address(k, d) };
	char			largest[24];

	if (d->nkey == 0 || !d->sender->verify)
		return;
	if (d->key[0].kind == SIGN_PUBLIC) {
		check_say(k, CHECK_OK, "reach", "%s is not tried: with a public key nobody but "
		    "its sender can sign", d->sender->name);
		return;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct span	body;

		if ((int64_t)sizes[i] > k->c->conf->max_body)
			break;
		if (r.url == NULL || (body = probe_body(k, sizes[i])).p == NULL) {
			check_say(k, CHECK_FAIL, "reach", "no memory for a probe");
			return;
		}
		r.bytes = sizes[i];
		if (!probe_once(k, &r, body))
			return;
		r.before = sizes[i];
	}
	check_say(k, CHECK_OK, "reach", "%s: signed bodies up to %s arrive unchanged", r.url,
	    size_text(r.before, largest));
}

void
check_reach(struct checkup *k)
{
	struct desks	ds;

	for (int i = 0; providers[i] != NULL; i++) {
		if (desks_open(&ds, providers[i], k->c->conf) == HK_OK)
			for (size_t n = 0; n < ds.n; n++)
				reach_desk(k, &ds.desk[n]);
		desks_close(&ds);	/* what does not open is check_senders()'s to say */
	}
	if (desks_open(&ds, &provider_custom, k->c->conf) == HK_OK)
		for (size_t n = 0; n < ds.n; n++)
			reach_desk(k, &ds.desk[n]);
	desks_close(&ds);
}

/* ---- Authorization ------------------------------------------------------------------------ */

/* The interface says which of the two it met: no token, or one that nobody has. */
void
check_authorization(struct checkup *k)
{
	const struct post_header head = { "Authorization", "Bearer hkt_0_this_is_a_probe_of_the_doctor_and_no_token" };
	struct post_answer	 a;
	struct json		*root = NULL;
	struct buf		 answer;
	size_t			 n = strlen(k->base);
	const char		*url = arena_printf(k->c->arena, "%.*s/api/v1/users",
				    (int)(n > 0 && k->base[n - 1] == '/' ? n - 1 : n), k->base);

	buf_init(&answer, ANSWER_MOST);
	if (url == NULL || post_ask("GET", url, &head, 1, SPAN(""), PATIENCE_S, &a, &answer) != HK_OK)
		check_say(k, CHECK_FAIL, "authorization", "%s", url != NULL ? err_last() : "no memory");
	else if (json_parse(buf_span(&answer), &root) != HK_OK || json_text(root, "code").p == NULL)
		check_say(k, CHECK_WARN, "authorization", "%s answers %d, and that is not the "
		    "interface: is api.fcgi installed, and its address in the web server's "
		    "configuration?", url, a.status);
	else if (a.status == 401 && span_starts(json_text(root, "detail"), "send a token"))
		check_say(k, CHECK_FAIL, "authorization", "the web server keeps the field "
		    "Authorization to itself: CGIPassAuth On for api.fcgi, custom.fcgi and "
		    "stream.fcgi (Apache), else send tokens as X-Hookkeeper-Token");
	else if (a.status == 401 || a.status == 429)
		check_say(k, CHECK_OK, "authorization", "the field arrives at the interface");
	else
		check_say(k, CHECK_WARN, "authorization", "the interface answers %d: %.*s; the web "
		    "server's error log says more", a.status, SPAN_ARG(json_text(root, "detail")));
	json_free(root);
	buf_release(&answer);
}
