/*
 * One delivery through one channel, without an engine or a database's rows.
 */
#ifndef TESTS_DELIVER_FLIGHTS_H
#define TESTS_DELIVER_FLIGHTS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "deliver/channel.h"

static char	place[64];		/* a folder of this test's own */
static int	never;			/* a descriptor that cannot be read */

static inline void
place_make(void)
{
	strcpy(place, "/tmp/hk-test-channel-XXXXXX");
	if (mkdtemp(place) == NULL || (never = eventfd(0, EFD_CLOEXEC)) < 0)
		abort();
}

static inline void
place_remove(void)
{
	char	line[128];

	close(never);
	snprintf(line, sizeof(line), "rm -rf %s", place);
	if (system(line) != 0)
		abort();
}

/* A file in it; its path is good until the next eight. */
static inline const char *
place_file(const char *name, const char *text, mode_t mode)
{
	static char	path[8][128];
	static int	at;
	char		*p = path[at++ % 8];
	FILE		*to;

	snprintf(p, sizeof(path[0]), "%s/%s", place, name);
	unlink(p);
	if ((to = fopen(p, "w")) == NULL || fputs(text, to) == EOF || fclose(to) != 0 || chmod(p, mode) != 0)
		abort();
	return p;
}

/* What is in a file there; "" when there is none.  Good until the next. */
static inline const char *
place_read(const char *name)
{
	static char	text[65536];
	char		path[128];
	int		fd;
	ssize_t		n = 0;

	snprintf(path, sizeof(path), "%s/%s", place, name);
	if ((fd = open(path, O_RDONLY)) >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static inline struct flight *
flight_of(const char *channel, const char *name, const char *type, const char *payload)
{
	struct arena	*a = arena_new((size_t)8 << 20);
	struct flight	*fl = arena_zero(a, sizeof(*fl));

	fl->arena = a;
	fl->endpoint = arena_zero(a, sizeof(*fl->endpoint));
	*fl->endpoint = (struct endpoint){ .id = 7, .channel = span_str(channel), .name = span_str(name) };
	fl->delivery = (struct delivery){ .id = 9, .endpoint = 7, .message = 12, .attempts = 2,
	    .subject = SPAN("u1"), .type = span_str(type), .owner_kind = SPAN("user"),
	    .owner = SPAN("u1"), .payload = span_str(payload),
	    .message_us = INT64_C(1700000000000000) };
	fl->result = (struct delivered){ .delivery = 9, .endpoint = 7, .dns_us = -1, .connect_us = -1,
	    .tls_us = -1, .first_us = -1, .retry_after_s = -1 };
	fl->began_us = mono_us();
	return fl;
}

/* Wait until n are over; they are freed by the caller, in the order they ended. */
static inline void
flights_wait(struct channels *c, struct flight **fl, int n)
{
	int64_t	until = mono_us() + 30 * US_PER_S;

	for (int i = 0; i < n;) {
		channels_wait(c, never, US_PER_S);
		while (i < n && (fl[i] = channels_done(c)) != NULL)
			i++;
		if (mono_us() > until)
			abort();
	}
}

static inline struct flight *
flight_run(struct channels *c, struct flight *fl)
{
	channel_find(fl->endpoint->channel)->start(c, fl);
	flights_wait(c, &fl, 1);
	return fl;
}

#endif
