/* Unsigned requests: counted, explained, kept within budgets. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "inbox/event.h"
#include "inbox/quarantine.h"

#define WAIT_BYTES	(1 << 20)	/* of copies that wait for the thread */
#define WAIT_MOST	64
#define GATHER_US	(500 * US_PER_MS)	/* one transaction at most in this time */
#define TRIM_EVERY	16		/* batches */
#define DOCTOR_ARENA	(4 << 20)
#define HEADERS_MOST	(16 << 10)	/* of a row; real senders' are a tenth of it */
#define MINUTE_US	(60 * US_PER_S)

/* A copy; its fields and their bytes lie behind it in the same block. */
struct entry {
	struct entry	*next;
	const char	*owner;
	const struct scheme *scheme;
	const struct sign_how *how;
	const char	*secret_field;
	struct fields	 fields;
	struct span	 body, remote_addr;
	size_t		 size, block;
	int64_t		 received_us;
	/* The doctor's. */
	struct diagnosis found;
	struct buf	 headers;
};

/* So many are kept in a minute; the rest is only counted. */
struct bucket {
	int64_t		 per_minute, tokens, since_us;
};

struct tally {
	const char	*owner;
	int64_t		 times[SIGN_REASONS];
};
#define TALLIES	64	/* senders of one program */

struct quarantine {
	struct quarantine_opts	 o;
	bool			 threaded, stopping;
	pthread_t		 thread;
	pthread_mutex_t		 mutex;
	pthread_cond_t		 cond;
	/* Under the mutex: */
	struct entry		*head, **tail;
	size_t			 bytes;
	int			 waiting;
	struct bucket		 shaped, noise;
	struct tally		 tally[TALLIES];
	bool			 counted;	/* something to write */
	int			 batches;
	int64_t			 unsaid, said_us;	/* refused since the last line in the log */
};

/* ---- on the request's thread ------------------------------------------- */

static bool
bucket_take(struct bucket *b, int64_t now)
{
	if (now - b->since_us >= MINUTE_US) {
		b->since_us = now;
		b->tokens = b->per_minute;
	}
	if (b->tokens == 0)
		return false;
	b->tokens--;
	return true;
}

static struct span
copy(char **at, struct span s)
{
	struct span	c = span_of(*at, s.len);

	if (s.p == NULL)
		return SPAN_NULL;
	if (s.len > 0)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return c;
}

static struct entry *
entry_copy(const struct refused *r)
{
	const struct http_request *rq = r->rq;
	struct span	 body = rq->body.len <= QUARANTINE_BODY ? rq->body : SPAN_NULL;
	size_t		 block = sizeof(struct entry) + rq->fields.n * sizeof(struct field) +
			    body.len + r->remote_addr.len;
	struct entry	*en;
	struct field	*f;
	char		*at;

	for (size_t i = 0; i < rq->fields.n; i++)
		block += rq->fields.v[i].name.len + rq->fields.v[i].value.len;
	if (FAULT_FAIL("quarantine.copy") || (en = malloc(block)) == NULL)
		return NULL;
	f = (struct field *)(en + 1);
	at = (char *)(f + rq->fields.n);
	*en = (struct entry){ .owner = r->owner, .scheme = r->scheme, .how = r->how,
	    .secret_field = r->secret_field, .size = rq->body.len, .block = block, .received_us = rq->received_us };
	en->fields = (struct fields){ f, rq->fields.n };
	for (size_t i = 0; i < rq->fields.n; i++)
		f[i] = (struct field){ copy(&at, rq->fields.v[i].name),
		    copy(&at, rq->fields.v[i].value) };
	en->body = copy(&at, body);
	en->remote_addr = copy(&at, r->remote_addr);
	return en;
}

static void
count(struct quarantine *q, const struct refused *r)
{
	struct tally	*t = q->tally;

	while (t < q->tally + TALLIES - 1 && t->owner != NULL && t->owner != r->owner)
		t++;
	if (t->owner == NULL)
		t->owner = r->owner;
	if (t->owner == r->owner) {
		t->times[r->why]++;
		q->counted = true;
	}
}

/* A signature header at all, or none: what a look without the doctor tells. */
static bool
worth_it(struct quarantine *q, const struct refused *r, int64_t now)
{
	bool	shaped = r->why != SIGN_MISSING_HEADER && r->why != SIGN_MISSING_HEADERS &&
		    r->why != SIGN_BAD_HEADER;

	return q->waiting < WAIT_MOST && q->bytes < WAIT_BYTES &&
	    bucket_take(shaped ? &q->shaped : &q->noise, now);
}

/* ---- on the quarantine's ------------------------------------------------ */

/*
 * A sender that shows its secret, and was given another's address, shows it in
 * a field of which nobody here knows that it is one.
 */
static void
hide_secrets(const struct quarantine *q, struct entry *en)
{
	struct field	*f = (struct field *)(en + 1);
	struct span	 s;

	for (size_t i = 0; i < en->fields.n; i++)
		for (size_t k = 0; k < q->o.nsecret; k++) {
			s = q->o.secret[k].secret;
			if (f[i].value.len >= s.len &&
			    memmem(f[i].value.p, f[i].value.len, s.p, s.len) != NULL)
				f[i].value = SPAN("(a configured secret, not kept)");
		}
}

static void
diagnose(struct quarantine *q, struct entry *en, struct arena *arena)
{
	const struct doctor_case	dc = {
		.owner = en->owner, .scheme = en->scheme, .how = en->how,
		.fields = &en->fields, .body = en->body,
		.secret = q->o.secret, .nsecret = q->o.nsecret,
		.now_s = en->received_us / US_PER_S, .tolerance_s = q->o.tolerance_s,
		.mode = q->o.mode,
	};

	doctor_diagnose(&en->found, &dc, arena);
	if (arena != NULL)
		arena_reset(arena);
	hide_secrets(q, en);
	buf_init(&en->headers, HEADERS_MOST);
	event_headers_but(&en->headers, &en->fields, en->secret_field);
}

/* What goes into one transaction, and who waits for it. */
struct batch {
	struct job	 job;		/* first */
	struct quarantine *q;
	struct entry	*list;
	struct tally	 tally[TALLIES];
	bool		 trim, spent, over;
};

/*
 * A plain CGI program is new each time and has no bucket: what was counted in
 * this hour stands for it.  Past that nothing is written at all.
 */
static enum hk_err
spent(struct db *db, const struct quarantine *q, bool *yes)
{
	struct stmt	*st;
	int64_t		 times = 0;
	enum hk_err	 e;

	*yes = false;
	if (q->threaded)
		return HK_OK;
	if ((e = db_stmt(db, S_REFUSAL_COUNTED, &st)) != HK_OK)
		return e;
	bind_int(st, ":since", now_us() - 60 * MINUTE_US);
	if ((e = stmt_int(st, &times)) == HK_OK)
		*yes = times >= q->o.per_minute * 10;
	return e;
}

static enum hk_err
write_entry(struct db *db, const struct entry *en)
{
	struct span		id = field_get(&en->fields, "svix-id");
	const struct refusal	r = {
		.provider = en->owner, .reason = en->found.reason,
		.detail = span_str(en->found.detail), .shaped = en->found.shaped,
		.event_id = span_graph(id, SIGN_ID_MAX) ? id : SPAN_NULL,
		.remote_addr = en->remote_addr, .headers = buf_span(&en->headers),
		.body = en->body, .size = en->size, .received_us = en->received_us,
	};

	return refusal_store(db, &r);
}

static enum hk_err
batch_run(struct job *job, struct db *db)
{
	struct batch	*b = (struct batch *)job;
	int64_t		 now = now_us();
	enum hk_err	 e;

	if ((e = spent(db, b->q, &b->spent)) != HK_OK || b->spent)
		return e;
	for (struct entry *en = b->list; e == HK_OK && en != NULL; en = en->next)
		if (buf_ok(&en->headers))
			e = write_entry(db, en);
	for (struct tally *t = b->tally; e == HK_OK && t < b->tally + TALLIES &&
	    t->owner != NULL; t++)
		for (int why = 0; e == HK_OK && why < SIGN_REASONS; why++)
			if (t->times[why] > 0)
				e = refusal_count(db, t->owner, sign_reason_name(why),
				    t->times[why], now);
	FAULT_DIE("quarantine.half");
	return e == HK_OK && b->trim ? refusal_trim(db) : e;
}

/* The writer's thread. */
static void
batch_done(struct job *job, enum hk_err e)
{
	struct batch	*b = (struct batch *)job;

	(void)e;	/* told in the log by the writer, which serves better guests too */
	pthread_mutex_lock(&b->q->mutex);
	b->over = true;
	pthread_cond_broadcast(&b->q->cond);
	pthread_mutex_unlock(&b->q->mutex);
}

static void
entries_free(struct entry *en)
{
	struct entry	*next;

	for (; en != NULL; en = next) {
		next = en->next;
		buf_release(&en->headers);
		free(en);
	}
}

static void
batch_free(struct batch *b)
{
	entries_free(b->list);
	free(b);
}

/*
 * One line a minute, and of plain CGI one for each that is kept: a flood must
 * not fill the log either.
 */
static void
say(struct quarantine *q, const struct batch *b)
{
	const struct entry	*en = b->list;
	int64_t			 now = mono_us();

	for (const struct tally *t = b->tally; t < b->tally + TALLIES; t++)
		for (int why = 0; why < SIGN_REASONS; why++)
			q->unsaid += t->times[why];
	if (en == NULL || (q->said_us != 0 && now - q->said_us < MINUTE_US))
		return;
	log_warn("%s: refused %lld without a good signature; one from %.*s, %s: %s",
	    en->owner, (long long)q->unsaid, SPAN_ARG(en->remote_addr),
	    en->found.reason, en->found.detail);
	q->said_us = now;
	q->unsaid = 0;
}

/*
 * Take what waits, explain it, write it.  The mutex is held on entry and exit,
 * and not meanwhile.  False: no memory.
 */
static bool
write_batch(struct quarantine *q)
{
	struct batch	*b = FAULT_FAIL("quarantine.batch") ? NULL : calloc(1, sizeof(*b));
	struct arena	*arena;

	if (b == NULL)
		return false;	/* it waits on; when full, new ones are only counted */
	b->job.run = batch_run;
	b->job.done = batch_done;
	b->q = q;
	b->list = q->head;
	b->trim = q->batches++ % TRIM_EVERY == 0;
	memcpy(b->tally, q->tally, sizeof(b->tally));
	memset(q->tally, 0, sizeof(q->tally));
	q->head = NULL;
	q->tail = &q->head;
	q->bytes = 0;
	q->waiting = 0;
	q->counted = false;
	pthread_mutex_unlock(&q->mutex);

	arena = b->list != NULL ? arena_new(DOCTOR_ARENA) : NULL;
	for (struct entry *en = b->list; en != NULL; en = en->next)
		diagnose(q, en, arena);
	arena_free(arena);
	FAULT_DIE("quarantine.put");
	writer_put(q->o.writer, &b->job);

	pthread_mutex_lock(&q->mutex);
	while (!b->over)
		pthread_cond_wait(&q->cond, &q->mutex);
	pthread_mutex_unlock(&q->mutex);
	if (!b->spent)
		say(q, b);
	batch_free(b);
	pthread_mutex_lock(&q->mutex);
	return true;
}

static void *
quarantine_thread(void *arg)
{
	struct quarantine	*q = arg;
	struct timespec		 until;
	int64_t			 us;

	pthread_mutex_lock(&q->mutex);
	for (;;) {
		while (q->head == NULL && !q->counted && !q->stopping)
			pthread_cond_wait(&q->cond, &q->mutex);
		us = now_us() + GATHER_US;
		until = (struct timespec){ us / US_PER_S, us % US_PER_S * 1000 };
		while (!q->stopping &&
		    pthread_cond_timedwait(&q->cond, &q->mutex, &until) == 0)
			continue;
		if ((q->head != NULL || q->counted) && write_batch(q))
			continue;	/* what was put meanwhile waits */
		if (q->stopping)
			break;		/* nobody puts any more; without memory this was all */
	}
	pthread_mutex_unlock(&q->mutex);
	return NULL;
}

void
quarantine_put(struct quarantine *q, const struct refused *r)
{
	struct entry	*en = NULL;
	bool		 first;

	pthread_mutex_lock(&q->mutex);
	first = q->head == NULL && !q->counted;
	count(q, r);
	if (worth_it(q, r, mono_us()) && (en = entry_copy(r)) != NULL) {
		*q->tail = en;
		q->tail = &en->next;
		q->bytes += en->block;
		q->waiting++;
	}
	if (first)
		pthread_cond_broadcast(&q->cond);
	pthread_mutex_unlock(&q->mutex);
}

enum hk_err
quarantine_start(struct quarantine **out, const struct quarantine_opts *o, bool thread)
{
	struct quarantine	*q = calloc(1, sizeof(*q));

	if (q == NULL)
		return err_note(HK_NOMEM, "no memory for the quarantine");
	q->o = *o;
	q->threaded = thread;
	q->tail = &q->head;
	q->shaped.per_minute = q->shaped.tokens = o->per_minute;
	q->noise.per_minute = q->noise.tokens = (o->per_minute + 9) / 10;
	q->shaped.since_us = q->noise.since_us = mono_us();
	pthread_mutex_init(&q->mutex, NULL);
	pthread_cond_init(&q->cond, NULL);
	if (thread && pthread_create(&q->thread, NULL, quarantine_thread, q) != 0) {
		free(q);
		return err_note(HK_NOMEM, "no thread for the quarantine");
	}
	*out = q;
	return HK_OK;
}

void
quarantine_stop(struct quarantine *q)
{
	if (q == NULL)
		return;
	pthread_mutex_lock(&q->mutex);
	q->stopping = true;
	pthread_cond_broadcast(&q->cond);
	if (!q->threaded && q->counted)
		(void)write_batch(q);	/* without memory nothing is counted either */
	pthread_mutex_unlock(&q->mutex);
	if (q->threaded)
		pthread_join(q->thread, NULL);
	/* What there was no memory to write. */
	entries_free(q->head);
	pthread_mutex_destroy(&q->mutex);
	pthread_cond_destroy(&q->cond);
	free(q);
}
