/* Connections to lend. */
#include <pthread.h>
#include <stdlib.h>

#include "store/seats.h"

struct seat {
	struct seat	*next;
	struct db	*ro, *rw;
};

struct seats {
	pthread_mutex_t	 m;
	struct seat	*idle;
	const char	*path;
	int64_t		 busy_timeout_ms;
};

enum hk_err
seats_open(struct seats **out, const char *path, int64_t busy_timeout_ms, bool make)
{
	struct seats	*s = calloc(1, sizeof(*s));
	struct seat	*first = NULL;
	struct db	*db;
	enum hk_err	 e = HK_OK;

	if (s == NULL)
		return err_note(HK_NOMEM, "no memory for connections");
	pthread_mutex_init(&s->m, NULL);
	s->path = path;
	s->busy_timeout_ms = busy_timeout_ms;
	if (make && (e = seat_take(s, &first)) == HK_OK) {
		e = seat_db(s, first, DB_RW, &db);
		seat_put(s, first, e);
	}
	if (e != HK_OK) {
		seats_close(s);
		return e;
	}
	*out = s;
	return HK_OK;
}

static void
seat_empty(struct seat *seat)
{
	db_close(seat->ro);
	db_close(seat->rw);
	seat->ro = seat->rw = NULL;
}

void
seats_close(struct seats *s)
{
	struct seat	*next;

	if (s == NULL)
		return;
	for (struct seat *seat = s->idle; seat != NULL; seat = next) {
		next = seat->next;
		seat_empty(seat);
		free(seat);
	}
	pthread_mutex_destroy(&s->m);
	free(s);
}

enum hk_err
seat_take(struct seats *s, struct seat **out)
{
	pthread_mutex_lock(&s->m);
	if ((*out = s->idle) != NULL)
		s->idle = (*out)->next;
	pthread_mutex_unlock(&s->m);
	if (*out == NULL && (*out = calloc(1, sizeof(**out))) == NULL)
		return err_note(HK_NOMEM, "no memory for a connection");
	return HK_OK;
}

enum hk_err
seat_db(struct seats *s, struct seat *seat, enum db_use use, struct db **out)
{
	struct db	**db = use == DB_RW ? &seat->rw : &seat->ro;
	enum hk_err	  e;

	if (*db == NULL &&
	    (e = db_open(db, s->path, use, s->busy_timeout_ms)) != HK_OK) {
		*db = NULL;
		return e;
	}
	*out = *db;
	return HK_OK;
}

static bool
is_sick(enum hk_err e)
{
	return e == HK_IO || e == HK_CORRUPT || e == HK_MOVED || e == HK_NOMEM;
}

void
seat_put(struct seats *s, struct seat *seat, enum hk_err e)
{
	if (seat == NULL)
		return;
	if (seat->ro != NULL)
		db_rollback(seat->ro);
	if (seat->rw != NULL)
		db_rollback(seat->rw);
	if (is_sick(e))
		seat_empty(seat);
	pthread_mutex_lock(&s->m);
	seat->next = s->idle;
	s->idle = seat;
	pthread_mutex_unlock(&s->m);
}
