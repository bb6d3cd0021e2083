/* Fault points: which step's turn it is. */
#ifdef HK_FAULT

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POINTS_MOST	128
#define ARMED_MOST	16
#define SPEC_MOST	1024

/* A step that was reached. */
struct point {
	const char	*step;
	bool		 dies;
	long		 times;
};

struct armed {
	const char	*step;
	long		 n;
	bool		 odds;	/* once in n times; else the n-th time */
};

static pthread_mutex_t	 mutex = PTHREAD_MUTEX_INITIALIZER;
static bool		 ready;
static struct point	 points[POINTS_MOST];
static size_t		 npoint;
static char		 spec[SPEC_MOST];
static struct armed	 armed[ARMED_MOST];
static size_t		 narmed;
static uint64_t		 dice;		/* of the random choices */

static void
give_up(const char *what)
{
	fprintf(stderr, "HK_FAULT: %s\n", what);
	abort();
}

/* splitmix64 */
static uint64_t
next_random(void)
{
	uint64_t	 z = dice += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* "step:3" or "step:%20" */
static void
arm(char *word)
{
	struct armed	*a = &armed[narmed++];
	char		*n = strrchr(word, ':'), *end;

	if (narmed > ARMED_MOST)
		give_up("too many steps");
	if (n == NULL || n == word)
		give_up("say step:n");
	*n++ = '\0';
	a->step = word;
	a->odds = *n == '%';
	a->n = strtol(a->odds ? n + 1 : n, &end, 10);
	if (*end != '\0' || a->n < 1)
		give_up("n is a number from 1");
}

static void
prepare(void)
{
	const char	*told = getenv("HK_FAULT"), *seed = getenv("HK_FAULT_SEED");
	char		*word, *rest = NULL;

	ready = true;
	dice = (seed != NULL ? strtoull(seed, NULL, 10) : 0) ^ (uint64_t)getpid() << 32;
	if (told == NULL)
		return;
	if (strlen(told) >= sizeof(spec))
		give_up("too long");
	memcpy(spec, told, strlen(told) + 1);
	for (word = strtok_r(spec, ",", &rest); word != NULL;
	    word = strtok_r(NULL, ",", &rest))
		arm(word);
}

/* One write(2) to the end of the file: the lines of several do not mix. */
static void
say(const struct point *p, const char *what, long times)
{
	const char	*log = getenv("HK_FAULT_LOG");
	char		 line[256];
	int		 fd, n;

	if (log == NULL)
		return;
	n = snprintf(line, sizeof(line), "%s %s %s %s", program_invocation_short_name,
	    p->dies ? "die" : "fail", p->step, what);
	n += snprintf(line + n, sizeof(line) - (size_t)n, times > 0 ? " %ld\n" : "\n", times);
	if ((fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) == -1 ||
	    write(fd, line, (size_t)n) != n)
		give_up("HK_FAULT_LOG cannot be written");
	close(fd);
}

static struct point *
point_of(const char *step, bool dies)
{
	struct point	*p;

	for (p = points; p < points + npoint; p++)
		if (p->step == step || strcmp(p->step, step) == 0)
			return p;
	if (npoint == POINTS_MOST)
		give_up("more steps than POINTS_MOST");
	npoint++;
	*p = (struct point){ .step = step, .dies = dies };
	say(p, "reached", 0);
	return p;
}

/* Has none fired in a process before us? */
static bool
first_ever(void)
{
	const char	*once = getenv("HK_FAULT_ONCE");
	int		 fd;

	if (once == NULL)
		return true;
	if ((fd = open(once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) == -1) {
		if (errno != EEXIST)
			give_up("HK_FAULT_ONCE cannot be made");
		return false;
	}
	close(fd);
	return true;
}

static bool
its_turn(const struct point *p)
{
	for (const struct armed *a = armed; a < armed + narmed; a++) {
		if (strcmp(a->step, p->step) != 0)
			continue;
		if (a->odds ? next_random() % (uint64_t)a->n == 0 :
		    p->times == a->n && first_ever())
			return true;
	}
	return false;
}

bool
fault_point(const char *step, bool dies)
{
	struct point	*p;
	bool		 yes;
	int		 errno_was = errno;

	pthread_mutex_lock(&mutex);
	if (!ready)
		prepare();
	p = point_of(step, dies);
	p->times++;
	if ((yes = its_turn(p)))
		say(p, "fired", 0);
	pthread_mutex_unlock(&mutex);
	errno = errno_was;
	return yes;
}

void
fault_kill(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void __attribute__((destructor))
say_times(void)
{
	for (const struct point *p = points; p < points + npoint; p++)
		say(p, "times", p->times);
}

#else

/* ISO C wants something in every file. */
typedef int	 no_faults;

#endif
