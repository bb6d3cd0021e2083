/* The doctor's look at what comes in, and what becomes of it. */
#include <unistd.h>

#include "base/clock.h"
#include "cli/checkup.h"
#include "inbox/advice.h"
#include "inbox/desk.h"
#include "inbox/wakeup.h"

#define DAY_US		(86400 * US_PER_S)
#define CLOCK_US	(60 * US_PER_S)		/* so far apart two clocks may be */
#define CRON_US		(10 * 60 * US_PER_S)	/* cron that is alive has come within */
#define LATE_US		(60 * US_PER_S)		/* so long an event may be due */

/* A number asked of the database; says why when there is none. */
static bool
ask(struct checkup *k, enum stmt_id which, const char *name, int64_t *out)
{
	struct stmt	*q = NULL;

	*out = 0;
	if (db_stmt(k->c->db, which, &q) == HK_OK && stmt_int(q, out) == HK_OK)
		return true;
	check_say(k, CHECK_FAIL, name, "%s", err_last());
	return false;
}

/* ---- clock ---------------------------------------------------------------- */

int64_t
signed_time_s(struct span signature, struct span headers)
{
	struct json	*root = NULL;
	struct span	 item;
	int64_t		 s = 0;

	while (signature.p != NULL) {
		item = span_cut(&signature, ',');
		if (span_starts(item, "t=") &&
		    span_u63(span_of(item.p + 2, item.len - 2), &s))
			return s;
	}
	if (headers.p != NULL && json_parse(headers, &root) == HK_OK &&
	    !span_u63(json_text(root, "svix-timestamp"), &s))
		(void)span_u63(json_text(root, "webhook-timestamp"), &s);
	json_free(root);
	return s;
}

/* apart: by how much our clock is ahead of the sender's, or the event was late. */
static void
say_clock(struct checkup *k, int64_t created, int64_t apart)
{
	char	text[TIME_LEN + 1];

	time_text(text, created);
	if (apart < CLOCK_US && apart > -CLOCK_US)
		check_say(k, CHECK_OK, "clock", "the newest event's sender and we agree (%s UTC)",
		    text);
	else
		check_say(k, CHECK_WARN, "clock", "the event of %s UTC was signed %lld s %s our "
		    "clock: see that this host's time is kept by NTP (timedatectl); past %lld s "
		    "events are refused", text,
		    (long long)((apart < 0 ? -apart : apart) / US_PER_S),
		    apart < 0 ? "after the time of" : "before the time of",
		    (long long)k->c->conf->tolerance_s);
}

/* What an event without a signed time says: it cannot be made in the future. */
static int64_t
ahead_only(int64_t created, int64_t occurred)
{
	return occurred > created ? created - occurred : 0;
}

void
check_clock(struct checkup *k)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 s, created;
	bool		 row = false;

	if ((e = db_stmt(k->c->db, S_CLI_DOCTOR_CLOCK, &q)) == HK_OK &&
	    (e = stmt_step(q, &row)) == HK_OK && row) {
		created = col_int(q, 0);
		s = signed_time_s(col_text(q, 1), col_text(q, 3));
		say_clock(k, created, s != 0 ? created - s * US_PER_S :
		    ahead_only(created, col_int(q, 2)));
	}
	stmt_reset(q);
	if (e != HK_OK)
		check_say(k, CHECK_FAIL, "clock", "%s", err_last());
	else if (!row)
		check_say(k, CHECK_OK, "clock", "no event yet to compare it with");
}

/* ---- senders -------------------------------------------------------------- */

/* ", last event 2026-11-22 23:41:11 UTC", or nothing. */
static void
last_seen(struct checkup *k, const char *sender, char *text, size_t room)
{
	struct stmt	*q = NULL;
	char		 time[TIME_LEN + 1];
	int64_t		 us = 0;

	text[0] = '\0';
	if (k->c->db == NULL)
		return;
	if (db_stmt(k->c->db, S_CLI_DOCTOR_SEEN, &q) != HK_OK) {
		check_say(k, CHECK_FAIL, sender, "%s", err_last());
		return;
	}
	bind_text(q, ":provider", span_str(sender));
	if (stmt_int(q, &us) != HK_OK)
		check_say(k, CHECK_FAIL, sender, "%s", err_last());
	else if (us == 0)
		snprintf(text, room, ", no event yet");
	else {
		time_text(time, us);
		snprintf(text, room, ", last event %s UTC", time);
	}
}

static void
say_sender(struct checkup *k, const struct desk *d)
{
	const char	*name = d->sender->name;
	char		 last[64];

	last_seen(k, name, last, sizeof(last));
	if (!d->sender->verify)
		check_say(k, CHECK_WARN, name, "verification is switched off: anybody can send "
		    "events");
	else if (d->nkey > 0)
		check_say(k, CHECK_OK, name, "%zu secret%s%s", d->nkey, d->nkey == 1 ? "" : "s",
		    last);
	else if (d->custom != NULL)
		check_say(k, CHECK_WARN, name, "no secret: its requests are answered 503; set "
		    "[%s] secrets", d->sender->section);
	else
		check_say(k, CHECK_OK, name, "no secret, so not in use: its requests are "
		    "answered 503");
}

static size_t
check_program(struct checkup *k, const struct provider *pv)
{
	struct desks	ds;
	size_t		keys = 0;

	if (desks_open(&ds, pv, k->c->conf) != HK_OK)
		check_say(k, CHECK_FAIL, pv->name, "%s", err_last());
	else
		for (size_t i = 0; i < ds.n; i++) {
			keys += ds.desk[i].nkey;
			say_sender(k, &ds.desk[i]);
		}
	desks_close(&ds);
	return keys;
}

void
check_senders(struct checkup *k)
{
	size_t	keys = 0;

	for (int i = 0; providers[i] != NULL; i++)
		keys += check_program(k, providers[i]);
	keys += check_program(k, &provider_custom);
	if (keys == 0)
		check_say(k, CHECK_FAIL, "secrets", "no sender has a secret, so nothing can be "
		    "received: enter those of the senders' dashboards");
}

/* ---- refused requests ----------------------------------------------------- */

static void
say_refused(struct checkup *k, struct stmt *q)
{
	struct span	sender = col_text(q, 0), reason = col_text(q, 1);
	bool		noise = col_int(q, 3) == 0;

	if (noise)
		check_say(k, CHECK_OK, "refused", "%lld at %.*s, %.*s: none of them looks like "
		    "the sender's", (long long)col_int(q, 2), SPAN_ARG(sender), SPAN_ARG(reason));
	else
		check_say(k, CHECK_WARN, "refused", "%lld at %.*s, %.*s. %s (hookkeeper "
		    "quarantine list --provider %.*s --reason %.*s)", (long long)col_int(q, 2),
		    SPAN_ARG(sender), SPAN_ARG(reason), advice_for(reason), SPAN_ARG(sender),
		    SPAN_ARG(reason));
}

void
check_refused(struct checkup *k)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row = false, any = false;

	if ((e = db_stmt(k->c->db, S_CLI_DOCTOR_REFUSED, &q)) == HK_OK) {
		bind_int(q, ":since", now_us() - DAY_US);
		while ((e = stmt_step(q, &row)) == HK_OK && row) {
			any = true;
			say_refused(k, q);
		}
	}
	stmt_reset(q);
	if (e != HK_OK)
		check_say(k, CHECK_FAIL, "refused", "%s", err_last());
	else if (!any)
		check_say(k, CHECK_OK, "refused", "nothing in the last 24 hours that is kept and "
		    "not accepted");
}

/* ---- work ------------------------------------------------------------------ */

/* Nobody works all the time: does cron? */
static void
check_cron(struct checkup *k)
{
	const struct conf	*conf = k->c->conf;
	int64_t			 once = work_once_us(conf);
	char			 text[TIME_LEN + 1];

	time_text(text, once);
	if (once > now_us() - CRON_US)
		check_say(k, CHECK_OK, "worker", "one worked once at %s UTC: cron is alive", text);
	else if (once != 0)
		check_say(k, CHECK_WARN, "worker", "the last `worker --once` was at %s UTC: is the "
		    "line for cron still there (crontab -l), and can cron run it?", text);
	else if (conf->slice)
		check_say(k, CHECK_OK, "worker", "none is running: receivers work events off after "
		    "their answers. What is due later waits for the next event, unless cron "
		    "runs `hookkeeper worker --once`");
	else
		check_say(k, CHECK_WARN, "worker", "none is running and work_after_reply is off: "
		    "nothing is worked off but by cron; start `hookkeeper worker`");
}

static bool
check_worker(struct checkup *k)
{
	int	fd = -1;
	bool	there = wakeup_send(k->c->conf, &fd);

	if (fd != -1)
		close(fd);
	if (there)
		check_say(k, CHECK_OK, "worker", "one is running and works events off as they "
		    "come");
	else
		check_cron(k);
	return there;
}

static void
check_queue(struct checkup *k, bool worker)
{
	char	text[TIME_LEN + 1];
	int64_t	due;

	if (!ask(k, S_QUEUE_NEXT, "queue", &due))
		return;
	time_text(text, due);
	if (due == 0 || due > now_us())
		check_say(k, CHECK_OK, "queue", due == 0 ? "nothing is pending" :
		    "nothing is due before %s UTC", text);
	else if (due > now_us() - LATE_US)
		check_say(k, CHECK_OK, "queue", "events are due since %s UTC", text);
	else
		check_say(k, CHECK_WARN, "queue", "an event is due since %s UTC: %s", text,
		    worker ? "the worker does not keep up, or its log says what stops it" :
		    "run `hookkeeper worker`, or `hookkeeper worker --once` from cron");
}

static void
check_failed(struct checkup *k)
{
	int64_t	n;

	if (!ask(k, S_CLI_DOCTOR_FAILED, "failed", &n))
		return;
	if (n == 0)
		check_say(k, CHECK_OK, "failed", "no event has failed");
	else
		check_say(k, CHECK_WARN, "failed", "%lld event%s failed: `hookkeeper events list "
		    "--status failed` shows them, `events retry` works them again once the cause "
		    "is gone", (long long)n, n == 1 ? " has" : "s have");
}

void
check_foreign(struct checkup *k)
{
	int64_t	n;

	if (!ask(k, S_CLI_DOCTOR_FOREIGN, "mode", &n) || n == 0)
		return;
	check_say(k, CHECK_WARN, "mode", "of the newest 1000 events %lld were ignored, being of the "
	    "other mode (this is %s): set mode right, or take the address out of the other "
	    "mode's endpoints at the sender", (long long)n,
	    k->c->conf->mode == MODE_LIVE ? "live" : "test");
}

void
check_work(struct checkup *k)
{
	check_queue(k, check_worker(k));
	check_failed(k);
}
