/* The rate of requests, by the generic cell rate algorithm. */
#include "api/limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define FILE_BYTES	(sizeof(atomic_llong) * LIMIT_SLOTS * LIMIT_KINDS)

struct limit {
	atomic_llong	*until;		/* LIMIT_KINDS times LIMIT_SLOTS */
};

/*
 * All of the file is on the disk before it is mapped: a full disk would
 * otherwise end the program when it touches a page.  -1: errno says why.
 */
static int
file_open(const char *folder)
{
	char		path[4096];
	struct stat	st;
	int		fd, error;

	snprintf(path, sizeof(path), "%s/api.limit", folder);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_size >= (off_t)FILE_BYTES)
		return fd;
	if ((error = posix_fallocate(fd, 0, (off_t)FILE_BYTES)) == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

enum hk_err
limit_open(struct limit **out, const char *folder)
{
	struct limit	*l = malloc(sizeof(*l));
	void		*p = MAP_FAILED;
	int		 fd;

	if (l == NULL)
		return err_note(HK_NOMEM, "no memory to count requests");
	if ((fd = file_open(folder)) != -1) {
		p = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	if (p == MAP_FAILED) {
		log_warn("%s/api.limit: %s; each process counts requests by itself", folder,
		    strerror(errno));
		p = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	if (p == MAP_FAILED) {
		free(l);
		return err_note(HK_NOMEM, "no memory to count requests");
	}
	l->until = p;
	*out = l;
	return HK_OK;
}

void
limit_close(struct limit *l)
{
	if (l == NULL)
		return;
	munmap(l->until, FILE_BYTES);
	free(l);
}

/* FNV-1a */
uint64_t
limit_slot(struct span s)
{
	uint64_t	h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return h ^ h >> 32;
}

struct cell {
	int64_t	 each;		/* us that one request takes off */
	int64_t	 most;		/* us: the whole burst */
};

static struct cell
cell_of(const struct limit_rate *r)
{
	struct cell	c = { .each = US_PER_S / r->per_s };

	if (c.each < 1)
		c.each = 1;
	c.most = c.each * r->burst;
	return c;
}

/* From what is kept to what it is now: nothing is owed longer than a burst lasts. */
static int64_t
owed(int64_t until, int64_t now, const struct cell *c)
{
	return until <= now || until - now > c->most + c->each ? 0 : until - now;
}

static bool
fits(int64_t debt, const struct cell *c, struct limit_left *left)
{
	bool	ok = debt + c->each <= c->most;

	if (left == NULL)
		return ok;
	left->wait_us = ok ? 0 : debt + c->each - c->most;
	if (ok)
		debt += c->each;
	left->left = (c->most - debt) / c->each;
	left->full_us = debt;
	return ok;
}

bool
limit_take(struct limit *l, enum limit_of of, uint64_t slot, const struct limit_rate *rate,
    int64_t now, struct limit_left *left)
{
	struct cell	 c = cell_of(rate);
	atomic_llong	*at = &l->until[(size_t)of * LIMIT_SLOTS + slot % LIMIT_SLOTS];
	long long	 was = atomic_load_explicit(at, memory_order_relaxed);
	int64_t		 debt;

	do {
		debt = owed(was, now, &c);
		if (!fits(debt, &c, left))
			return false;
	} while (!atomic_compare_exchange_weak(at, &was, now + debt + c.each));
	return true;
}
