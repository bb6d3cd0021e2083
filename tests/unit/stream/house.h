/*
 * A house for tests: stream.fcgi's hub in a child process, a database, users with
 * rooms, and ears that listen by FastCGI.  Included by test programs; everything
 * is static.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include "../folder.h"
#include "../http/peer.h"

#include "api/room.h"
#include "books/books.h"
#include "outbox/message.h"
#include "stream/ask.h"

#define WAIT_MS	10000		/* a test that waits so long has failed */

static const uint8_t	 house_key[1][CONF_KEY] = { { 7 } };
static const struct conf house_conf = { .keys = house_key, .nkeys = 1,
	.api_origins = "https://app.example.com  http://localhost:3000" };

struct house {
	pid_t		 pid;
	char		 dir[32], sock[64], path[64], log[64];
	struct db	*db;
	int		 messages;	/* put so far: makes causes */
};

/* ---- the program ---- */

static void
house_drain(void *ctx)
{
	hub_stop(((struct ask *)ctx)->hub);
}

static void
house_run(const struct house *h, const struct hub_opts *opts)
{
	struct ask	 a = { .conf = &house_conf };
	struct sessions	*sessions = NULL;
	struct http_service sv = { .handle = ask_handle, .drain = house_drain, .ctx = &a };
	struct http_limits limits = usual;
	enum http_way	 way = http_start();

	(void)h;
	if (sessions_open(&sessions, &house_conf) != HK_OK ||
	    hub_start(&a.hub, opts, true) != HK_OK)
		_exit(97);
	a.sessions = sessions;
	if (http_serve(way, &sv, &limits) != HK_OK)
		_exit(96);
	hub_free(a.hub);
	sessions_close(sessions);
	exit(0);	/* not _exit(): a sanitizer looks for leaks */
}

static UNUSED struct hub_opts
house_opts(void)
{
	return (struct hub_opts){ .busy_timeout_ms = 5000, .listeners = 512,
	    .look_us = 5 * US_PER_MS, .beat_us = 15 * US_PER_S };
}

static UNUSED void
house_open(struct house *h, const struct hub_opts *opts)
{
	struct hub_opts	 o = *opts;
	int		 fd;

	memset(h, 0, sizeof(*h));
	strcpy(h->dir, "/tmp/hk-house-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->sock, sizeof(h->sock), "%s/s", h->dir);
	snprintf(h->log, sizeof(h->log), "%s/log", h->dir);
	snprintf(h->path, sizeof(h->path), "%s/db", h->dir);
	o.path = h->path;
	fd = listen_at(h->sock);
	fflush(NULL);
	if ((h->pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(fd, 0) == -1 || freopen(h->log, "w", stderr) == NULL)
			_exit(98);
		close(fd);
		house_run(h, &o);
	}
	close(fd);
	assert_int_equal(db_open(&h->db, h->path, DB_RW, 10000), HK_OK);
}

/* Milliseconds it took to stop. */
static UNUSED int64_t
house_stop(struct house *h)
{
	int64_t	 since = mono_us();
	int	 status;

	assert_int_equal(kill(h->pid, SIGTERM), 0);
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	h->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the program ended by %d; see %s", status, h->log);
	return (mono_us() - since) / US_PER_MS;
}

/* Does the program's log have it? */
static UNUSED bool
house_logged(const struct house *h, const char *what)
{
	static char	 text[1 << 20];
	FILE		*f = fopen(h->log, "r");
	size_t		 n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return strstr(text, what) != NULL;
}

static UNUSED void
house_close(struct house *h)
{
	if (h->pid != 0)
		(void)house_stop(h);
	db_close(h->db);
	assert_int_equal(folder_remove(h->dir), 0);
}

/* ---- what happens there ---- */

static UNUSED void
house_user(struct house *h, const char *name, char id[UUID_LEN + 1])
{
	struct cause	 c = { .db = h->db, .now = now_us() };
	struct app_user	 a = { .app_id = span_str(name) };
	struct user	 u;
	bool		 made;

	assert_int_equal(db_begin(h->db), HK_OK);
	assert_int_equal(user_ensure(&c, &a, &u, &made), HK_OK);
	assert_int_equal(db_commit(h->db), HK_OK);
	memcpy(id, u.id, sizeof(u.id));
}

/* By any connection; its number is the payload's n. */
static UNUSED void
put_message(struct db *db, const char *kind, const char *owner, const char *type, const char *cause,
    const char *payload)
{
	struct message	m = { .type = type, .owner_kind = kind, .owner = span_str(owner),
			    .payload = span_str(payload), .cause = span_str(cause), .now = now_us() };
	bool		fresh;

	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(message_put(db, &m, &fresh), HK_OK);
	assert_true(fresh);
	assert_int_equal(db_commit(db), HK_OK);
}

static UNUSED void
house_say(struct house *h, const char *owner, const char *type, const char *payload)
{
	char	cause[32];

	snprintf(cause, sizeof(cause), "unit:%d", h->messages++);
	put_message(h->db, "user", owner, type, cause, payload);
}

/* n of them in one transaction, {"n":0} and so on. */
static UNUSED void
house_say_many(struct house *h, const char *owner, int n)
{
	char		cause[32], payload[32];
	struct message	m = { .type = "credits_granted", .owner_kind = "user",
			    .owner = span_str(owner), .now = now_us() };

	assert_int_equal(db_begin(h->db), HK_OK);
	for (int i = 0; i < n; i++) {
		snprintf(cause, sizeof(cause), "unit:%d", h->messages++);
		snprintf(payload, sizeof(payload), "{\"n\":%d}", i);
		m.cause = span_str(cause);
		m.payload = span_str(payload);
		assert_int_equal(message_put(h->db, &m, NULL), HK_OK);
	}
	assert_int_equal(db_commit(h->db), HK_OK);
}

/* ---- ears ---- */

#define ID_MOST	64

struct ear {
	int		 fd;
	bool		 ended;		/* with FCGI_END_REQUEST */
	bool		 cut;		/* the connection is over */
	struct buf	 raw, text;	/* bytes of records, and what they say */
	size_t		 at;		/* in text: heard so far */
	int		 status;
	char		 head[2048];
	char		 last[ID_MOST];	/* the last id that was heard */
	int		 beats;
};

/* One event. */
struct said {
	char	 id[ID_MOST], type[64];
	char	*data;			/* in the ear's text; ended by a NUL */
};

static UNUSED char *
room_text(const char *user, int64_t at)
{
	struct arena	*a = arena_new(65536);
	struct span	 text;
	int64_t		 until;
	char		*copy;

	assert_int_equal(room_token(&house_conf, user, at, a, &text, &until), HK_OK);
	copy = strndup(text.p, text.len);
	assert_non_null(copy);
	arena_free(a);
	return copy;
}

/* Pairs of CGI names and values follow, up to a NULL. */
static UNUSED void
ear_ask(struct ear *e, const struct house *h, const char *method, const char *uri,
    const char *name, const char *value)
{
	struct buf	 b;

	memset(e, 0, sizeof(*e));
	buf_init(&e->raw, 64 << 20);
	buf_init(&e->text, 64 << 20);
	buf_init(&b, 1 << 20);
	put_head(&b, method, uri, -1, "QUERY_STRING",
	    strchr(uri, '?') != NULL ? strchr(uri, '?') + 1 : "", name, value, NULL);
	put_end(&b, STDIN);
	while ((e->fd = dial(h->sock)) == -1)
		usleep(1000);
	assert_true(send_bytes(e->fd, b.p, b.len));
	buf_release(&b);
}

/* In the user's room, after a place (NULL: from now on). */
static UNUSED void
ear_open(struct ear *e, const struct house *h, const char *user, const char *last)
{
	char	*token = room_text(user, now_us()), uri[512];

	snprintf(uri, sizeof(uri), "/stream?token=%s", token);
	ear_ask(e, h, "GET", uri, last != NULL ? "HTTP_LAST_EVENT_ID" : NULL, last);
	free(token);
}

static UNUSED void
ear_close(struct ear *e)
{
	close(e->fd);
	buf_release(&e->raw);
	buf_release(&e->text);
}

/* Whole records of raw into text. */
static void
ear_unpack(struct ear *e)
{
	size_t	at = 0, len;

	while (e->raw.len - at >= 8) {
		const unsigned char	*h = (unsigned char *)e->raw.p + at;

		len = (size_t)h[4] << 8 | h[5];
		if (e->raw.len - at < 8 + len + h[6])
			break;
		if (h[1] == STDOUT)
			buf_put(&e->text, h + 8, len);
		else if (h[1] == END)
			e->ended = true;
		at += 8 + len + h[6];
	}
	if (at > 0) {
		memmove(e->raw.p, e->raw.p + at, e->raw.len - at);
		e->raw.len -= at;
	}
}

/* Some more bytes.  False: nothing came in time, or it is over. */
static bool
ear_more(struct ear *e, int wait_ms)
{
	struct pollfd	 p = { .fd = e->fd, .events = POLLIN };
	char		 bytes[65536];
	ssize_t		 n;

	if (e->ended || e->cut || poll(&p, 1, wait_ms) != 1)
		return false;
	if ((n = read(e->fd, bytes, sizeof(bytes))) <= 0) {
		e->cut = true;
		return false;
	}
	buf_put(&e->raw, bytes, (size_t)n);
	ear_unpack(e);
	return true;
}

/* The next whole block up to a blank line; NULL: none in time. */
static char *
ear_block(struct ear *e, const char *end, int wait_ms)
{
	int64_t	 until = mono_us() + wait_ms * US_PER_MS;
	char	*found, *from;

	for (;;) {
		from = e->text.p != NULL ? e->text.p + e->at : NULL;
		if (from != NULL && (found = strstr(from, end)) != NULL) {
			*found = '\0';
			e->at = (size_t)(found - e->text.p) + strlen(end);
			return from;
		}
		if (mono_us() >= until || !ear_more(e, (int)((until - mono_us()) / US_PER_MS) + 1))
			return NULL;
	}
}

/* The answer's head.  False: none. */
static UNUSED bool
ear_head(struct ear *e)
{
	char	*head = ear_block(e, "\r\n\r\n", WAIT_MS);

	if (head == NULL)
		return false;
	snprintf(e->head, sizeof(e->head), "%s\r\n", head);
	assert_int_equal(sscanf(head, "Status: %d ", &e->status), 1);
	return true;
}

/* As a browser reads it (HTML, section 9.2.6).  False: no event in time, or the end. */
static UNUSED bool
ear_hear(struct ear *e, struct said *s, int wait_ms)
{
	int64_t	 until = mono_us() + wait_ms * US_PER_MS;
	char	*block, *line, *next;

	if (e->status == 0 && !ear_head(e))
		return false;
	for (;;) {
		memset(s, 0, sizeof(*s));
		block = ear_block(e, "\n\n", (int)((until - mono_us()) / US_PER_MS));
		if (block == NULL)
			return false;
		for (line = block; line != NULL; line = next) {
			if ((next = strchr(line, '\n')) != NULL)
				*next++ = '\0';
			if (strncmp(line, "id: ", 4) == 0)
				snprintf(e->last, sizeof(e->last), "%s", line + 4);
			else if (strncmp(line, "event: ", 7) == 0)
				snprintf(s->type, sizeof(s->type), "%s", line + 7);
			else if (strncmp(line, "data: ", 6) == 0)
				s->data = line + 6;
			else if (line[0] == ':')
				e->beats++;
		}
		if (s->data != NULL) {
			snprintf(s->id, sizeof(s->id), "%s", e->last);
			return true;
		}
	}
}

/* Was it greeted, so that it hears all from here on? */
static UNUSED void
ear_ready(struct ear *e)
{
	char	*block;

	assert_true(ear_head(e));
	assert_int_equal(e->status, 200);
	block = ear_block(e, "\n\n", WAIT_MS);
	assert_non_null(block);
	assert_int_equal(sscanf(block, "retry: 2000\nid: %63s", e->last), 1);
}

#endif
