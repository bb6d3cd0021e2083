/*
 * checkpoint - copying the log back into the file, so that no commit has to.
 *
 * A checkpoint inside COMMIT is what the slowest requests wait for.  A thread
 * with its own connection copies what no reader needs any more; under load it
 * never finds the log at rest, so the writer starts the log anew itself when
 * it has grown.  How far it may grow depends on the disk: a log that has taken
 * the last of it cannot be copied back, since the file would have to grow for
 * that, and then nothing is written any more until somebody makes room.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/private.h"

#define PAUSE_MS	500	/* between two checkpoints */
#define BUSY_MS		1000	/* to open the connection */
#define LOG_LEAST	(512 << 10)	/* it may always become so large */
#define LOG_LOOK	(256 << 10)	/* it grew by this: look at the disk again */
#define LOG_TIGHT_US	(10 * 60 * US_PER_S)	/* after the disk was full */

struct checkpointer {
	pthread_t	 thread;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 wake;
	bool		 work, hurry, reopen, stop;	/* under the mutex */
	char		*path;
	struct db	*db;	/* the thread's; NULL until there is work */
	enum hk_err	 last;	/* an error is told once, not twice a second */
};

static int
checkpoint(struct db *db, int mode)
{
	int	 rc;

	sqlite3_busy_timeout(db->sql, 0);
	FAULT_DIE("checkpoint.before");
	rc = sqlite3_wal_checkpoint_v2(db->sql, "main", mode, NULL, NULL);
	FAULT_DIE("checkpoint.after");
	sqlite3_busy_timeout(db->sql, (int)db->busy_ms);
	return rc;
}

/*
 * All of the log goes back and the next commit starts it from its beginning.
 * Nobody else can write during the second part, so the first copies nearly all.
 */
static void
log_restart(struct db *db, int64_t bytes, int64_t most)
{
	int	 rc;

	rc = checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
	if (rc == SQLITE_OK) {
		if (lock_take(&db->lock, db->busy_ms) != HK_OK)
			return;		/* which was told; after the next commit, then */
		rc = checkpoint(db, SQLITE_CHECKPOINT_RESTART);
	}
	FAULT_DIE("log.restarted");
	lock_drop(&db->lock);
	if (rc == SQLITE_OK) {
		db->log_pages = 0;
		db->log_tell = 4 * db->log_most;
		db->log_stuck = false;
		return;
	}
	db->log_try = bytes + most / 8;
	if ((rc & 0xff) != SQLITE_BUSY) {
		store_hush(db->log_stuck);	/* once, not each time it grows */
		(void)db_fail(db, rc, "restart the log");
		store_hush(false);
		db->log_stuck = true;
	} else if (bytes >= db->log_tell) {
		log_warn("%s: the log has %lld MB and cannot shrink: a reader holds "
		    "on to it", db->path, (long long)(bytes >> 20));
		db->log_tell = 2 * bytes;
	}
}

/*
 * The last quarter is copied in parts while commits go on, so that little is left
 * for the restart, which they all wait for.  When that is due nobody else may copy,
 * or it finds the log in use again and again.
 */
bool
db_log_grew(struct db *db)
{
	int64_t	 bytes = (int64_t)db->log_pages * DB_PAGE, first = db->log_most / 4 * 3;

	if (bytes < first)
		db->log_soon = first;
	if (bytes < db->log_soon || bytes >= db->log_most)
		return false;
	db->log_soon = bytes + db->log_most / 16;
	return true;
}

/*
 * Three quarters of what is free are for the file that it is copied back into.  Of
 * a quota the system says nothing: who met its end keeps the log small for a while.
 */
static int64_t
log_allowed(struct db *db, int64_t bytes)
{
	struct statvfs	 fs;
	int64_t		 most = db->log_most;

	if (bytes < db->log_last)	/* it was begun anew, here or elsewhere */
		db->log_look = db->log_try = 0;
	db->log_last = bytes;
	if (bytes >= db->log_look) {
		db->log_look = bytes + LOG_LOOK;
		db->log_room = statvfs(db->path, &fs) == 0 ?
		    (int64_t)fs.f_bavail * (int64_t)fs.f_frsize : INT64_MAX;
	}
	if (db->log_room / 4 < most)
		most = db->log_room / 4;
	if (db->log_full_us != 0 && mono_us() - db->log_full_us < LOG_TIGHT_US)
		most = LOG_LEAST;
	return most > LOG_LEAST ? most : LOG_LEAST;
}

void
db_tend(struct db *db)
{
	int64_t	 bytes = (int64_t)db->log_pages * DB_PAGE, most;
	int	 rc;

	if (!db->wal)
		return;
	most = log_allowed(db, bytes);
	if (bytes >= most && bytes >= db->log_try) {
		log_restart(db, bytes, most);
	} else if (!db->tended && db->log_pages >= DB_LOG_TEND) {
		rc = checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
		if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
			(void)db_fail(db, rc, "copy the log back");
	}
}

enum hk_err
thread_start(pthread_t *t, void *(*run)(void *), void *arg)
{
	sigset_t	 all, before;
	int		 error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = FAULT_FAIL("thread") ? EAGAIN : pthread_create(t, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? HK_OK :
	    store_note(HK_NOMEM, "cannot start a thread: %s", strerror(error));
}

/* Copy back what can be; opened on first use, again after an error. */
static enum hk_err
copy_back(struct checkpointer *c)
{
	static const struct open_how	 how = {
		.use = DB_RW, .busy_ms = BUSY_MS, .existing = true, .tended = true,
		.cache_kb = 256
	};
	enum hk_err			 e = HK_OK;
	int				 rc;

	store_hush(c->last != HK_OK);
	if (c->db == NULL && (e = db_open_how(&c->db, c->path, &how)) != HK_OK)
		return e;
	rc = checkpoint(c->db, SQLITE_CHECKPOINT_PASSIVE);
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)	/* another one is at it */
		e = db_fail(c->db, rc, "copy the log back");
	if (c->db->sick) {
		db_close(c->db);
		c->db = NULL;
	}
	return e;
}

/* With the mutex: until somebody wants to stop, or the time is over. */
static void
pause_ms(struct checkpointer *c, int64_t ms)
{
	int64_t		 until = mono_us() + ms * US_PER_MS;
	struct timespec	 at = { until / US_PER_S, until % US_PER_S * 1000 };

	while (!c->stop && !c->hurry && pthread_cond_timedwait(&c->wake, &c->mutex, &at) != ETIMEDOUT)
		;
}

static void *
checkpointer_main(void *arg)
{
	struct checkpointer	*c = arg;

	pthread_mutex_lock(&c->mutex);
	for (;;) {
		while (!c->work && !c->hurry && !c->reopen && !c->stop)
			pthread_cond_wait(&c->wake, &c->mutex);
		if (c->stop)
			break;
		if (c->reopen) {
			db_close(c->db);
			c->db = NULL;
			c->reopen = false;
			continue;
		}
		c->work = c->hurry = false;
		pthread_mutex_unlock(&c->mutex);
		c->last = copy_back(c);
		pthread_mutex_lock(&c->mutex);
		pause_ms(c, PAUSE_MS);
	}
	pthread_mutex_unlock(&c->mutex);
	db_close(c->db);
	return NULL;
}

static void
checkpointer_free(struct checkpointer *c)
{
	pthread_mutex_destroy(&c->mutex);
	pthread_cond_destroy(&c->wake);
	free(c->path);
	free(c);
}

enum hk_err
checkpointer_start(struct checkpointer **out, const char *path)
{
	struct checkpointer	*c = calloc(1, sizeof(*c));
	pthread_condattr_t	 attr;
	enum hk_err		 e;

	if (c == NULL || (c->path = strdup(path)) == NULL) {
		free(c);
		return store_note(HK_NOMEM, "out of memory");
	}
	pthread_mutex_init(&c->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	if ((e = thread_start(&c->thread, checkpointer_main, c)) != HK_OK) {
		checkpointer_free(c);
		return e;
	}
	*out = c;
	return HK_OK;
}

static void
tell(struct checkpointer *c, bool *flag)
{
	bool	 news;

	pthread_mutex_lock(&c->mutex);
	news = !*flag;
	*flag = true;
	if (news)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->mutex);
}

void
checkpointer_poke(struct checkpointer *c)
{
	tell(c, &c->work);
}

void
checkpointer_hurry(struct checkpointer *c)
{
	tell(c, &c->hurry);
}

void
checkpointer_reopen(struct checkpointer *c)
{
	tell(c, &c->reopen);
}

void
checkpointer_stop(struct checkpointer *c)
{
	if (c == NULL)
		return;
	tell(c, &c->stop);
	pthread_join(c->thread, NULL);
	checkpointer_free(c);
}
