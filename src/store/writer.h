/*
 * The writer thread: commits all that waits in one transaction, then tells
 * each.  One per process, with its own connection, plus a checkpointer thread
 * that copies the log back so that no commit has to.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/store.h"

struct job {
	struct job	*next;		/* the queue's */
	enum hk_err	 err;		/* the writer's */
	/*
	 * Inside a transaction shared with other jobs.  On an error the whole
	 * transaction is taken back and each job runs again in one of its own,
	 * so a job may run twice and must start from its input each time.
	 */
	enum hk_err	(*run)(struct job *, struct db *);
	/*
	 * Called once on the writer thread: HK_OK after the commit is on disk,
	 * else nothing of the job happened.  May free the job.
	 */
	void		(*done)(struct job *, enum hk_err);
};

struct writer;

struct writer_opts {
	const char	*path;
	int64_t		 busy_timeout_ms;
	int		 most;		/* jobs in one transaction */
	/*
	 * Start although the database cannot be opened for a reason that may
	 * pass (HK_BUSY, HK_FULL, HK_READONLY, HK_IO, HK_NOMEM): jobs get the
	 * error, and with a job at most once a second it is tried again.
	 */
	bool		 patient;
	int64_t		 log_most;	/* bytes of log before it is restarted; 0: 64 MB, less on a full disk */
	/* After each commit that had jobs (all done() called); may be NULL. */
	void		(*committed)(void *ctx);
	void		*ctx;
};

/*
 * Opens the database (errors as db_open()).  With thread false there are no
 * threads: writer_put() runs the job at once (plain CGI).
 *
 * A connection that failed (HK_IO, HK_CORRUPT, HK_MOVED) is opened again with
 * the next job, then at most once a second.  A database that vanished is not
 * made anew: HK_MOVED until one is back at its path, or the next start.
 * Trouble is logged when it begins, when it changes and when it is over.
 */
enum hk_err	 writer_start(struct writer **, const struct writer_opts *,
		    bool thread) HK_MUST_USE;
/* From any thread.  After writer_stop() began: done(job, HK_STOPPING) at once. */
void		 writer_put(struct writer *, struct job *);
/* Jobs waiting right now: a courtesy for those who want to give way. */
int		 writer_waiting(const struct writer *);
/* Finish all jobs, join the threads, close.  NULL is fine. */
void		 writer_stop(struct writer *);

#endif
