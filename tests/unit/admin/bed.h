/*
 * A visit of its own for a page's function: a database in memory, settings, a
 * person, and the document as it comes out.
 */
#ifndef TESTS_ADMIN_BED_H
#define TESTS_ADMIN_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "inbox/event.h"
#include "inbox/process.h"
#include "store/private.h"

#define BED_NOW	INT64_C(1790000000000000)	/* us; when the visits are */

static struct {
	struct db		*db;
	struct arena		*arena;
	struct conf		*conf;
	struct http_request	 rq;
	struct visit		 v;
	struct buf		 page, cookies;
	struct jw		 jw;
	struct json		*doc;
} bed;

static inline int
bed_setup(void **state)
{
	const char *const	 env[] = { "HOOKKEEPER_DB=/nowhere/test.db", "HOOKKEEPER_MODE=test",
				    "STRIPE_WEBHOOK_SECRET=old=whsec_old_0123456789abcdef", NULL };

	(void)state;
	assert_int_equal(db_memory(&bed.db), HK_OK);
	assert_non_null(bed.arena = arena_new(128 << 20));
	assert_int_equal(conf_parse(&bed.conf, "test.conf", SPAN("[hookkeeper]\nstate_dir = " P_tmpdir "\n"),
	    true, env, true), HK_OK);
	buf_init(&bed.page, 64 << 20);
	buf_init(&bed.cookies, 8192);
	bed.doc = NULL;
	return 0;
}

static inline int
bed_teardown(void **state)
{
	(void)state;
	json_free(bed.doc);
	db_close(bed.db);
	arena_free(bed.arena);
	conf_free(bed.conf);
	buf_release(&bed.page);
	buf_release(&bed.cookies);
	return 0;
}

/* The next visit, of this role; its fields are then anybody's to change. */
static inline struct visit *
bed_visit(enum role role, const char *query, const char *form)
{
	static const char *const names[] = { "nobody", "vera", "otto", "anna" };

	json_free(bed.doc);
	bed.doc = NULL;
	arena_reset(bed.arena);
	buf_clear(&bed.page);
	buf_clear(&bed.cookies);
	bed.rq = (struct http_request){ .method = form != NULL ? SPAN("POST") : SPAN("GET"),
	    .path = SPAN("/admin/"), .query = span_str(query), .received_us = BED_NOW };
	bed.v = (struct visit){ .conf = bed.conf, .rq = &bed.rq, .arena = bed.arena, .db = bed.db,
	    .now = BED_NOW, .remote_addr = SPAN("192.0.2.1"), .status = 200,
	    .view = { .name = "UTC" }, .cookies = &bed.cookies,
	    .who = { .person = role != ROLE_NONE ? (int64_t)role : 0, .role = role,
		.name = names[role], .form_token = "token" } };
	assert_int_equal(form_parse(&bed.v.query, span_str(query), bed.arena), HK_OK);
	assert_int_equal(form_parse(&bed.v.form, span_str(form), bed.arena), HK_OK);
	return &bed.v;
}

/* What stands for the ":id" of a route. */
static inline void
bed_route(const char *pattern, const char *path)
{
	assert_true(route_match(&bed.v.route, pattern, span_str(path)));
}

/* Call it as the frame does; bed.doc is its document. */
static inline enum hk_err
bed_run(visit_fn *fn)
{
	bool		action = span_is(bed.rq.method, "POST");
	enum hk_err	e;

	jw_init(&bed.jw, &bed.page);
	jw_open(&bed.jw, NULL, '{');
	bed.v.doc = &bed.jw;
	if (!action)
		assert_int_equal(db_begin(bed.db), HK_OK);
	e = fn(&bed.v);
	db_rollback(bed.db);
	jw_close(&bed.jw, '}');
	if (e == HK_OK && json_parse(buf_span(&bed.page), &bed.doc) != HK_OK)
		fail_msg("the document is no JSON: %s: %.400s", err_last(), bed.page.p);
	return e;
}

static inline enum hk_err
bed_get(visit_fn *fn, enum role role, const char *query)
{
	bed_visit(role, query, NULL);
	return bed_run(fn);
}

/* The text at a path of the document; "" when it is not there. */
static inline const char *
bed_text(const char *path)
{
	static char	 out[4][256];
	static int	 turn;
	struct span	 s = json_text(bed.doc, path);
	char		*to = out[turn++ % 4];

	snprintf(to, sizeof(out[0]), "%.*s", SPAN_ARG(s));
	return to;
}

static inline bool
bed_says(const char *text)
{
	return memmem(bed.page.p, bed.page.len, text, strlen(text)) != NULL;
}

struct bed_event {
	const char	*provider, *event_id, *type, *lane, *body, *headers, *signature, *secret;
	int		 livemode;	/* 0: not said, 1: live, -1: test */
	int64_t		 at;		/* 0: BED_NOW - an hour */
	const char	*skipped;	/* why; NULL: it is to be worked on */
};

static inline int64_t
bed_put(const struct bed_event *t)
{
	struct event	ev = {
		.provider = t->provider != NULL ? t->provider : "stripe",
		.env = { .event_id = span_str(t->event_id), .type = span_str(t->type),
		    .lane = span_str(t->lane), .livemode = t->livemode == 0 ? -1 : t->livemode > 0 },
		.disposition = { t->skipped != NULL ? DO_SKIP : DO_PROCESS, t->skipped },
		.headers = t->headers != NULL ? span_str(t->headers) : SPAN("{}"),
		.body = t->body != NULL ? span_str(t->body) : SPAN("{}"),
		.signature = span_str(t->signature), .secret_label = t->secret, .verified = true,
		.received_us = t->at != 0 ? t->at : BED_NOW - INT64_C(3600000000),
	};
	int64_t		id;
	bool		fresh;

	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(event_store(bed.db, &ev, &id, &fresh), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	assert_true(fresh);
	return id;
}

static inline void
bed_work(void)
{
	const struct process_opts	o = { .conf = bed.conf, .who = "test", .most = QUEUE_BATCH,
					    .slice_us = US_PER_S };
	struct arena			*arena = arena_new(8 << 20);
	int				 done = 1;

	while (done > 0) {
		arena_reset(arena);
		assert_int_equal(process_round(bed.db, &o, arena, &done), HK_OK);
	}
	arena_free(arena);
}

/* Behind the functions' back. */
static inline void
bed_sql(const char *sql)
{
	if (db_exec(bed.db, "test", sql) != HK_OK)
		fail_msg("%s: %s", sql, err_last());
}

/* The first column of the first row; -1: no row. */
static inline int64_t
bed_ask(const char *sql)
{
	int64_t	n = -1;

	if (db_ask(bed.db, sql, &n) != HK_OK)
		fail_msg("%s: %s", sql, err_last());
	return n;
}

/* vera (viewer), otto (operator), anna (admin): rows for who may keep things. */
static inline void
bed_people(void)
{
	bed_sql("INSERT INTO person (id, name, role, created_at, updated_at) VALUES"
	    " (1, 'vera', 'viewer', 1, 1), (2, 'otto', 'operator', 1, 1), (3, 'anna', 'admin', 1, 1)");
}

#endif
