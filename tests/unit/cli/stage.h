/*
 * The command, run inside the test: a folder of its own, and what it printed.
 */
#ifndef STAGE_H
#define STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "inbox/event.h"

#include "../folder.h"

struct stage {
	char	 dir[32], conf[64], db[64];
	char	*out, *err;	/* of the last run() */
	size_t	 out_len, err_len;
	int	 status;
};

/* Words separated by blanks; a '~' in one stands for a blank. */
static inline int
run(struct stage *s, const char *line)
{
	char	*words = strdup(line), *argv[64] = { NULL }, *save = NULL;
	int	 argc = 0;
	FILE	*out, *err;

	free(s->out);
	free(s->err);
	assert_non_null(words);
	assert_non_null(out = open_memstream(&s->out, &s->out_len));
	assert_non_null(err = open_memstream(&s->err, &s->err_len));
	argv[argc++] = words + strlen(words);
	for (char *w = strtok_r(words, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		for (char *p = w; *p != '\0'; p++)
			*p = *p == '~' ? ' ' : *p;
		assert_true(argc < 63);
		argv[argc++] = w;
	}
	s->status = cli_main(argc, argv, out, err);
	fclose(out);
	fclose(err);
	free(words);
	return s->status;
}

/* A run that must end so; says all it printed when it does not. */
static inline void
must(struct stage *s, int status, const char *line)
{
	if (run(s, line) != status)
		fail_msg("hookkeeper %s: status %d, want %d\n%s%s", line, s->status, status,
		    s->out, s->err);
}

static inline void
says(const char *line, const char *text, const char *phrase)
{
	if (strstr(text, phrase) == NULL)
		fail_msg("hookkeeper %s: no \"%s\" in\n%s", line, phrase, text);
}

/* One JSON document and nothing behind it but a newline. */
static inline struct json *
document(struct stage *s)
{
	struct json	*root = NULL;

	assert_true(s->out_len > 0 && s->out[s->out_len - 1] == '\n');
	if (json_parse(span_of(s->out, s->out_len), &root) != HK_OK)
		fail_msg("no JSON: %s\n%s", err_last(), s->out);
	assert_true(json_is_object(root));
	return root;
}

static inline int
stage_setup(void **state)
{
	struct stage	*s = calloc(1, sizeof(*s));

	assert_non_null(s);
	strcpy(s->dir, "/tmp/hk-cli-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->conf, sizeof(s->conf), "%s/hookkeeper.conf", s->dir);
	snprintf(s->db, sizeof(s->db), "%s/hookkeeper.db", s->dir);
	unsetenv("HOOKKEEPER_DB");
	unsetenv("HOOKKEEPER_MODE");
	unsetenv("STRIPE_WEBHOOK_SECRET");
	unsetenv("CLERK_WEBHOOK_SECRET");
	unsetenv("CLERK_WEBHOOK_SIGNING_SECRET");
	unsetenv("RESEND_WEBHOOK_SECRET");
	setenv("HOOKKEEPER_CONF", s->conf, 1);
	*state = s;
	return 0;
}

static inline int
stage_with_database(void **state)
{
	stage_setup(state);
	must(*state, 0, "init --mode test --with-test-secrets --no-admin");
	return 0;
}

static inline int
stage_teardown(void **state)
{
	struct stage	*s = *state;

	assert_int_equal(folder_remove(s->dir), 0);
	free(s->out);
	free(s->err);
	free(s);
	return 0;
}

/* A stored event, waiting to be worked; its id. */
static inline int64_t
put_event(struct stage *s, const char *event_id, const char *type, const char *body)
{
	struct event	 ev = { .provider = "stripe", .verified = true,
			    .env = { .event_id = span_str(event_id), .type = span_str(type),
			    .livemode = 0 }, .headers = SPAN("{\"accept\":\"*/*\"}"),
			    .body = span_str(body), .signature = SPAN("t=1,v1=0"),
			    .secret_label = "test", .received_us = now_us() };
	struct db	*db;
	int64_t		 id;
	bool		 fresh;

	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(event_store(db, &ev, &id, &fresh), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
	return id;
}

#endif
