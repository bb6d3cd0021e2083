/*
 * turn - how long a process waits for its turn to write, when several want to
 * all the time.
 *
 *	turn [-p processes] [-s seconds] DATABASE
 *
 * Each process opens the database, and when all have, writes one row in a
 * transaction of its own, over and over.  The wait is that of db_begin().
 * Prints one line of JSON: commits and longest wait of each process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

#define MOST_PROCESSES	64
#define BUSY_MS		30000

struct result {
	int	 process;
	bool	 failed;
	int64_t	 commits, longest_us, waited_us;
};

static struct {
	int		 processes, seconds;
	const char	*path;
} opt = { .processes = 8, .seconds = 3 };

static enum hk_err
write_row(struct db *db, int process, int64_t n, int64_t *waited_us)
{
	struct stmt	*q = NULL;
	int64_t		 began = mono_us();
	char		 who[24];
	enum hk_err	 e;

	snprintf(who, sizeof(who), "process %d", process);
	if ((e = db_begin(db)) != HK_OK)
		return e;
	*waited_us = mono_us() - began;
	if ((e = db_stmt(db, S_REFUSAL_COUNT, &q)) != HK_OK)
		goto out;
	bind_text(q, ":provider", SPAN("turn"));
	bind_text(q, ":reason", span_str(who));
	bind_int(q, ":hour", n);
	bind_int(q, ":times", 1);
	if ((e = stmt_run(q)) != HK_OK)
		goto out;
	e = db_commit(db);
out:
	db_rollback(db);
	return e;
}

/* A child's life: ready is told once, go is closed when all are. */
static void
take_turns(struct result *r, int ready, int go)
{
	struct db	*db = NULL;
	int64_t		 end, waited = 0;
	enum hk_err	 e = db_open(&db, opt.path, DB_RW, BUSY_MS);
	char		 byte = e == HK_OK ? '+' : '-';

	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 0)
		e = HK_IO;
	end = mono_us() + opt.seconds * US_PER_S;
	while (e == HK_OK && mono_us() < end) {
		if ((e = write_row(db, r->process, r->commits, &waited)) != HK_OK)
			break;
		r->commits++;
		r->waited_us += waited;
		if (waited > r->longest_us)
			r->longest_us = waited;
	}
	r->failed = e != HK_OK;
	db_close(db);
}

static void
die(const char *what)
{
	perror(what);
	exit(74);
}

static void
children_start(const int ready[2], const int go[2], const int results[2])
{
	for (int i = 0; i < opt.processes; i++) {
		struct result	r = { .process = i };
		pid_t		pid = fork();

		if (pid == -1)
			die("fork");
		if (pid != 0)
			continue;
		close(go[1]);
		take_turns(&r, ready[1], go[0]);
		/* Short enough to go through the pipe in one piece. */
		_exit(write(results[1], &r, sizeof(r)) == sizeof(r) ? 0 : 74);
	}
}

static void
options(int argc, char **argv)
{
	int	 o;

	while ((o = getopt(argc, argv, "p:s:")) != -1)
		switch (o) {
		case 'p': opt.processes = atoi(optarg); break;
		case 's': opt.seconds = atoi(optarg); break;
		default: exit(64);
		}
	if (optind != argc - 1 || opt.processes < 1 || opt.processes > MOST_PROCESSES ||
	    opt.seconds < 1) {
		fprintf(stderr, "usage: turn [-p processes, 1 to %d] [-s seconds] DATABASE\n",
		    MOST_PROCESSES);
		exit(64);
	}
	opt.path = argv[optind];
}

int
main(int argc, char **argv)
{
	int		 ready[2], go[2], results[2], failed = 0;
	const char	*comma = "";
	struct result	 r;
	char		 byte;

	options(argc, argv);
	log_open("turn", LOG_ERROR);
	if (pipe(ready) != 0 || pipe(go) != 0 || pipe(results) != 0)
		die("pipe");
	children_start(ready, go, results);
	close(ready[1]);
	close(go[0]);
	close(results[1]);
	for (int i = 0; i < opt.processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a process did not start");
	close(go[1]);
	printf("{\"processes\":[");
	while (read(results[0], &r, sizeof(r)) == sizeof(r)) {
		printf("%s{\"process\":%d,\"commits\":%lld,\"longest_ms\":%.3f,\"mean_ms\":%.3f}",
		    comma, r.process, (long long)r.commits,
		    (double)r.longest_us / US_PER_MS, r.commits == 0 ? 0.0 :
		    (double)r.waited_us / (double)r.commits / US_PER_MS);
		failed += r.failed;
		comma = ",";
	}
	printf("],\"failed\":%d}\n", failed);
	while (wait(NULL) > 0)
		continue;
	return failed == 0 ? 0 : 1;
}
