/*
 * A whole FastCGI connection: bytes come through a socket to fastcgi_open() and
 * request_read(), in one piece or in many, and the answer goes back.
 *
 * First byte: 0..127, the rest is what a peer sends, in messages of so many
 * bytes (0: a stream).  128 and more: the target makes a good request with the
 * rest as its body, and the byte decides how it is cut into records.
 *
 * What a slow second reading of the records takes is taken, with the same
 * parameters and body, and nothing else; an answer comes back whole; no
 * descriptor is lost, and no connection takes a second.
 */
#include "http/exchange.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "fuzz.h"
#include "http/record.h"

#define BYTES_MOST	4096
#define BODY_MOST	2048
#define ANSWER_MOST	(1 << 18)
#define TOO_LONG_US	US_PER_S
#define PARAMS		512

static const struct http_limits limits = {
	.threads = 1, .inflight = 1, .max_body = BODY_MOST, .arena_most = 1 << 20,
	.io_timeout_s = 1, .request_timeout_s = 1,
};

static const struct http_service service = { .handle = NULL };	/* nobody is called */

/* ---- the slow reading ---------------------------------------------------- */

static struct slow {
	bool		 opens;		/* a request with all its parameters came */
	bool		 whole;		/* and its body to the end */
	struct span	 params, body;
	char		*env[PARAMS + 1];
} slow;

/* The next record with its padding; false: there is none, or half of it. */
static bool
record(struct span *s, unsigned char head[8], struct span *content)
{
	size_t	n, padding;

	if (s->len < 8)
		return false;
	memcpy(head, s->p, 8);
	n = head[4] * 256u + head[5];
	padding = head[6];
	if (head[0] != 1 || s->len < 8 + n + padding)
		return false;
	*content = span_of(s->p + 8, n);
	*s = span_of(s->p + 8 + n + padding, s->len - 8 - n - padding);
	return true;
}

/* The content of all records of a type up to the empty one, joined. */
static bool
stream(struct span *s, int type, const unsigned char begin[8], struct span *joined)
{
	char		*out = fuzz_room(s->len);
	unsigned char	 head[8];
	struct span	 content;
	size_t		 n = 0;

	while (record(s, head, &content)) {
		if (head[2] == 0 && head[3] == 0)
			return false;		/* a management record */
		if (memcmp(head + 2, begin + 2, 2) != 0)
			continue;		/* another request's */
		if (head[1] != type)
			return false;
		*joined = span_of(out, n);
		if (content.len == 0)
			return true;
		memcpy(out + n, content.p, content.len);
		n += content.len;
	}
	return false;
}

static bool
length(struct span *s, size_t *n)
{
	size_t	size = s->len > 0 && (s->p[0] & 0x80) ? 4 : 1;

	if (s->len < size)
		return false;
	*n = 0;
	for (size_t i = 0; i < size; i++)
		*n = *n * 256 + (unsigned char)s->p[i];
	*n &= 0x7fffffff;
	*s = span_of(s->p + size, s->len - size);
	return true;
}

/* "NAME=value" strings. */
static bool
pairs(struct span s)
{
	size_t	i = 0, nname, nvalue;

	while (s.len > 0) {
		char	*one;

		if (i == PARAMS || !length(&s, &nname) || !length(&s, &nvalue) ||
		    nname + nvalue > s.len)
			return false;
		one = fuzz_room(nname + nvalue + 2);
		sprintf(one, "%.*s=%.*s", (int)nname, s.p, (int)nvalue, s.p + nname);
		if (nname == 0 || strlen(one) != nname + nvalue + 1 ||
		    strchr(one, '=') != one + nname)
			return false;
		slow.env[i++] = one;
		s = span_of(s.p + nname + nvalue, s.len - nname - nvalue);
	}
	slow.env[i] = NULL;
	return true;
}

static void
read_slowly(struct span s)
{
	unsigned char	begin[8];
	struct span	content;

	memset(&slow, 0, sizeof(slow));
	slow.opens = record(&s, begin, &content) && begin[1] == FCGI_BEGIN_REQUEST &&
	    content.len == 8 && (begin[2] != 0 || begin[3] != 0) &&
	    content.p[0] == 0 && content.p[1] == FCGI_RESPONDER &&
	    stream(&s, FCGI_PARAMS, begin, &slow.params) && pairs(slow.params);
	slow.whole = slow.opens && stream(&s, FCGI_STDIN, begin, &slow.body);
}

/* ---- a good request ------------------------------------------------------ */

static void
put_record(struct buf *b, int type, struct span content, int padding)
{
	unsigned char	head[8] = { 1, (unsigned char)type, 1, 0,
			    (unsigned char)(content.len >> 8), (unsigned char)content.len,
			    (unsigned char)padding, 0 };

	buf_put(b, head, sizeof(head));
	buf_putspan(b, content);
	for (; padding > 0; padding--)
		buf_putc(b, (char)padding);
}

/* In pieces of so many bytes, and the empty record that ends the stream. */
static void
put_stream(struct buf *b, int type, struct span s, size_t piece)
{
	while (s.len > 0) {
		struct span	front = span_of(s.p, s.len < piece ? s.len : piece);

		put_record(b, type, front, (int)(piece * 7 % 11));
		s = span_of(s.p + front.len, s.len - front.len);
	}
	put_record(b, type, SPAN_NULL, (int)(piece % 3));
}

static void
put_request(struct buf *b, int how, struct span body)
{
	static const char	params[] = "\x0e\x04" "REQUEST_METHODPOST" "\x0b\x02" "REQUEST_URI/x"
				    "\x0c\x80\x00\x00\x03" "HTTP_SVIX_IDmsg";

	put_record(b, FCGI_BEGIN_REQUEST, SPAN("\0\1\0\0\0\0\0\0"), how & 8);
	put_stream(b, FCGI_PARAMS, SPAN(params), how & 4 ? 3 : 1000);
	put_stream(b, FCGI_STDIN, body, (size_t)(how & 0x70) + 1);
}

/* ---- the connection ------------------------------------------------------ */

/* The peer sends all of it and ends; what does not fit is lost. */
static bool
send_all(int fd, struct span s, size_t piece)
{
	while (s.len > 0) {
		size_t	n = s.len < piece ? s.len : piece;

		if (send(fd, s.p, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n)
			break;
		s = span_of(s.p + n, s.len - n);
	}
	shutdown(fd, SHUT_WR);
	return s.len == 0;
}

/* Records of our own making; body: what the answer has to end with. */
static void
judge_answer(struct span s, bool answered, struct span body)
{
	unsigned char	head[8] = { 0 };
	struct span	content, text;
	struct buf	b;

	must(answered || s.len == 0, "an answer to no request");
	if (!answered)
		return;
	buf_init(&b, ANSWER_MOST);
	while (record(&s, head, &content) && head[1] == FCGI_STDOUT)
		buf_putspan(&b, content);
	must(s.len == 0 && head[1] == FCGI_END_REQUEST, "an answer without its end");
	text = buf_span(&b);
	must(span_starts(text, "Status: ") && fuzz_contains(text, SPAN("\r\n\r\n")),
	    "no answer: %.*s", SPAN_ARG(text));
	must(text.len >= body.len && (body.len == 0 ||
	    memcmp(text.p + text.len - body.len, body.p, body.len) == 0),
	    "the answer's body is another");
	buf_release(&b);
}

static void
judge_request(const struct exchange *x)
{
	const struct http_request	*rq = &x->pub.rq;

	for (size_t i = 0; i < rq->fields.n; i++) {
		fuzz_touch(rq->fields.v[i].name);
		fuzz_touch(rq->fields.v[i].value);
	}
	fuzz_touch(rq->path);
	fuzz_touch(rq->query);
	must(rq->method.len > 0 && rq->body.len <= BODY_MOST, "was to be refused");
	must(slow.whole && span_eq(rq->body, slow.body), "another body");
}

static void
judge_env(char *const *env)
{
	size_t	i = 0;

	for (; env[i] != NULL && slow.env[i] != NULL; i++)
		must(strcmp(env[i], slow.env[i]) == 0, "%s, slowly %s", env[i], slow.env[i]);
	must(env[i] == NULL && slow.env[i] == NULL, "another number of parameters");
}

/* A body of more than one record now and then; HEAD gets none. */
static struct span
answer(struct exchange *x)
{
	static char	text[150000];
	size_t		n = x->pub.rq.body.len * 2999 % sizeof(text);
	struct span	body;

	memset(text, 'y', sizeof(text));
	body = span_is(x->pub.rq.method, "HEAD") ? SPAN_NULL : span_of(text, n);
	http_reply(&x->pub, &(struct http_reply){ .status = 200, .body = span_of(text, n) });
	return body;
}

/* True: there was an answer. */
static bool
serve(struct pool *pool, int fd, bool good, struct span *body)
{
	static atomic_int	 cut = HK_OK;
	struct body_source	 src = { .read = fastcgi_body };
	struct exchange		*x = NULL;
	enum hk_err		 e = pool_take(pool, &x);

	must(e == HK_OK, "no exchange: %s", err_name(e));
	x->cut = &cut;
	*body = SPAN_NULL;
	if (!fastcgi_open(x, fd)) {
		must(!slow.opens, "a good beginning is not taken");
		pool_put(x);
		return false;
	}
	must(slow.opens, "taken, though it is no request");
	judge_env(x->fcgi.env);
	if (!request_read(x, x->fcgi.env, &src)) {
		must(!good, "a good request is refused");
		return true;
	}
	judge_request(x);
	*body = answer(x);
	return true;
}

/* How long it took. */
static int64_t
connect_once(struct pool *pool, struct span bytes, size_t piece, bool good)
{
	static char	got[ANSWER_MOST];
	int		fd[2], room = 1 << 20;
	ssize_t		n;
	size_t		len = 0;
	bool		answered;
	int64_t		from;
	struct span	body;

	if (socketpair(AF_UNIX, piece > 0 ? SOCK_SEQPACKET : SOCK_STREAM, 0, fd) != 0)
		abort();
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (!send_all(fd[1], bytes, piece > 0 ? piece : SIZE_MAX)) {
		close(fd[0]);
		close(fd[1]);
		return 0;
	}
	from = mono_us();
	answered = serve(pool, fd[0], good, &body);
	from = mono_us() - from;
	while ((n = recv(fd[1], got + len, sizeof(got) - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	must(n == 0 || errno == ECONNRESET, "the connection is still open");
	must(n == 0 || !good, "reset, for something was left unread");
	close(fd[1]);
	/* Who sends on behind the end of a request may be reset, and lose the answer. */
	if (n == 0)
		judge_answer(span_of(got, len), answered, body);
	return from;
}

static void
judge(struct span bytes, size_t piece, bool good)
{
	static struct pool	pool;
	int			before = dup(STDERR_FILENO), after;
	int64_t			us;

	close(before);
	if (pool.limits == NULL) {
		signal(SIGPIPE, SIG_IGN);
		pool_init(&pool, HTTP_FASTCGI, &service, &limits);
	}
	read_slowly(bytes);
	must(!good || slow.whole, "the target makes no good request");
	/* On a busy machine anything takes long once. */
	if ((us = connect_once(&pool, bytes, piece, good)) > TOO_LONG_US)
		us = connect_once(&pool, bytes, piece, good);
	must(us <= TOO_LONG_US, "the connection takes %lld ms", (long long)us / 1000);
	after = dup(STDERR_FILENO);
	must(before == after, "a descriptor is lost");
	close(after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	 input;
	struct buf	 b;

	if (size < 1 || size > BYTES_MOST)
		return 0;
	input = fuzz_copy(span_of((const char *)data + 1, size - 1));
	if (data[0] < 128)
		judge(input, data[0], false);
	else if (input.len <= BODY_MOST) {
		buf_init(&b, 1 << 20);
		put_request(&b, data[0], input);
		judge(buf_span(&b), data[0] & 1 ? 500 : 0, true);
		buf_release(&b);
	}
	fuzz_forget();
	return 0;
}
