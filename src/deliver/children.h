/*
 * Children: programs that carry out deliveries.  Nothing of ours is in them but
 * what is given: no descriptor but their three, no variable but the named ones,
 * no blocked signal, a session of their own.
 *
 * Input is a file in memory, so nobody waits for a child that does not read; of
 * what it prints the first EXCERPT_MOST bytes are kept.  After its time it gets
 * SIGTERM, and a moment later it and all of its session's first group SIGKILL.
 */
#ifndef DELIVER_CHILDREN_H
#define DELIVER_CHILDREN_H

#include "deliver/channels.h"

#define CHILDREN_MOST	16	/* at once; more wait for their turn */
#define CHILD_FDS	2	/* descriptors each is waited for by */

struct child {
	/* Given: */
	const char *const	*argv;		/* argv[0] is its path; ends with NULL */
	const char *const	*env;		/* all of it; ends with NULL */
	struct span		 input;
	int64_t			 limit_us;
	int			 later;		/* exit status that means: not now */
	/* The channels': */
	struct child		*next;
	struct flight		*f;
	int			 pid;		/* 0: its turn has not come */
	int			 pidfd, out;	/* -1: none */
	int64_t			 since_us, until_us;	/* mono */
	bool			 told, ended;	/* to stop; it has */
	int			 status;	/* as waitpid(2) has it */
	size_t			 len;
	char			 answer[EXCERPT_MOST];
};

/*
 * Begin, or wait for its turn; never waits.  f->state is the child, which is in
 * the flight's arena; the flight is over by children_look(), its result told:
 * good by exit 0, else E_LATER, E_EXIT, E_SIGNAL, E_TIMEOUT, E_COMMAND (it does
 * not start), E_BUSY (its turn did not come).
 */
void		 child_begin(struct channels *, struct flight *, struct child *);
/* Kill it now; nothing is told. */
void		 child_abort(struct channels *, struct flight *);

/* Descriptors to wait for, at most CHILDREN_MOST * CHILD_FDS; their number. */
size_t		 children_fds(const struct channels *, struct curl_waitfd *);
/* At most that long; less when one's time ends before. */
int64_t		 children_patience(const struct channels *, int64_t us);
/* What has happened to them meanwhile. */
void		 children_look(struct channels *);

#endif
