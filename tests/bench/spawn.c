/*
 * spawn - start plain CGI programs as a web server does, each time with a fresh
 * signed Stripe event, and take the time.
 *
 *	spawn [-n starts] [-b body bytes] -k secret PROGRAM...
 *
 * The programs take turns.  Prints a line for each start: which program (from
 * 0), microseconds from posix_spawn() to the first byte of the answer and to
 * the end of the process, and the answer's status (0: none).
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "event.h"

#define PIPE_HOLDS	65536	/* bytes: the whole body lies ready */
#define MOST_ENV	64
#define FIELDS		7	/* that cgi_env() adds */

struct start {
	int64_t	 first_us, end_us;
	int	 status;
};

static void
die(const char *what)
{
	perror(what);
	exit(74);
}

/* Our own environment and the request, as a NULL-terminated array. */
static char **
cgi_env(const struct event *ev)
{
	static char	 length[48], signature[192];
	static char	 gateway[] = "GATEWAY_INTERFACE=CGI/1.1", protocol[] = "SERVER_PROTOCOL=HTTP/1.1";
	static char	 method[] = "REQUEST_METHOD=POST", uri[] = "REQUEST_URI=/webhooks/stripe";
	static char	 type[] = "CONTENT_TYPE=application/json";
	static char	*env[MOST_ENV];
	size_t		 n = 0;

	snprintf(length, sizeof(length), "CONTENT_LENGTH=%zu", ev->len);
	snprintf(signature, sizeof(signature), "HTTP_STRIPE_SIGNATURE=%s", ev->signature);
	for (; environ[n] != NULL && n + FIELDS + 1 < MOST_ENV; n++)
		env[n] = environ[n];
	env[n++] = gateway;
	env[n++] = protocol;
	env[n++] = method;
	env[n++] = uri;
	env[n++] = type;
	env[n++] = length;
	env[n++] = signature;
	env[n] = NULL;
	return env;
}

static pid_t
program_start(char *program, char **env, int in, int out)
{
	posix_spawn_file_actions_t	 fa;
	char				*argv[] = { program, NULL };
	pid_t				 pid;

	if (posix_spawn_file_actions_init(&fa) != 0 ||
	    posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO) != 0 ||
	    posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO) != 0 ||
	    (errno = posix_spawn(&pid, program, &fa, NULL, argv, env)) != 0)
		die(program);
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

/* The answer to its end; true when the time of its first byte is known. */
static void
answer_read(int fd, int64_t began, struct start *s)
{
	char	 answer[4096];
	size_t	 len = 0;
	ssize_t	 n;

	while (len < sizeof(answer) - 1 &&
	    (n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0) {
		if (len == 0)
			s->first_us = mono_us() - began;
		len += (size_t)n;
	}
	answer[len] = '\0';
	s->status = strncmp(answer, "Status: ", 8) == 0 ? atoi(answer + 8) : 0;
}

static void
one_start(char *program, struct sender *sender, struct start *s)
{
	static char	 body[EVENT_MOST];
	struct event	 ev;
	int		 in[2], out[2], status;
	int64_t		 began;
	char		**env;
	pid_t		 pid;

	event_make(sender, &ev, body);
	env = cgi_env(&ev);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
	    (ev.alike.len > 0 &&
	    write(in[1], ev.alike.p, ev.alike.len) != (ssize_t)ev.alike.len) ||
	    write(in[1], body, ev.own) != (ssize_t)ev.own)
		die("pipe");
	close(in[1]);
	began = mono_us();
	pid = program_start(program, env, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	answer_read(out[0], began, s);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	s->end_us = mono_us() - began;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		s->status = 0;
	close(out[0]);
}

int
main(int argc, char **argv)
{
	struct sender	 sender = { .body_len = 2048 };
	const char	*secret = "", *err;
	int		 starts = 300, o;

	while ((o = getopt(argc, argv, "n:b:k:")) != -1)
		switch (o) {
		case 'n': starts = atoi(optarg); break;
		case 'b': sender.body_len = (size_t)atol(optarg); break;
		case 'k': secret = optarg; break;
		default: return 64;
		}
	if (optind == argc || sender.body_len < EVENT_LEAST || sender.body_len > PIPE_HOLDS ||
	    !sender_init(&sender, false, secret, NULL, &err)) {
		fprintf(stderr, "usage: spawn [-n starts] [-b body bytes, %d to %d] -k secret PROGRAM...\n",
		    EVENT_LEAST, PIPE_HOLDS);
		return 64;
	}
	for (int i = 0; i < starts; i++)
		for (int p = optind; p < argc; p++) {
			struct start	s = { 0, 0, 0 };

			one_start(argv[p], &sender, &s);
			printf("%d %lld %lld %d\n", p - optind, (long long)s.first_us,
			    (long long)s.end_us, s.status);
		}
	return 0;
}
