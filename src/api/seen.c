/* Tokens that were good a moment ago. */
#include "api/seen.h"

#include "crypto/hmac.h"

void
seen_init(struct seen *s)
{
	memset(s->v, 0, sizeof(s->v));
	pthread_mutex_init(&s->m, NULL);
}

void
seen_release(struct seen *s)
{
	pthread_mutex_destroy(&s->m);
}

/* Where it would be: two tokens of one place push each other out. */
static struct seen_token *
place(struct seen *s, const uint8_t digest[32])
{
	return &s->v[digest[0] % SEEN_MOST];
}

static bool
is_it(const struct seen_token *t, const uint8_t digest[32])
{
	return t->id != 0 && crypto_equal(t->digest, digest, sizeof(t->digest));
}

void
seen_put(struct seen *s, const uint8_t digest[32], int64_t id, int64_t rate)
{
	struct seen_token	*t = place(s, digest);

	pthread_mutex_lock(&s->m);
	memcpy(t->digest, digest, sizeof(t->digest));
	t->id = id;
	t->rate = rate;
	pthread_mutex_unlock(&s->m);
}

void
seen_drop(struct seen *s, const uint8_t digest[32])
{
	struct seen_token	*t = place(s, digest);

	pthread_mutex_lock(&s->m);
	if (is_it(t, digest))
		t->id = 0;
	pthread_mutex_unlock(&s->m);
}

bool
seen_has(struct seen *s, const uint8_t digest[32], int64_t *id, int64_t *rate)
{
	const struct seen_token	*t = place(s, digest);
	bool			 yes;

	pthread_mutex_lock(&s->m);
	if ((yes = is_it(t, digest))) {
		*id = t->id;
		*rate = t->rate;
	}
	pthread_mutex_unlock(&s->m);
	return yes;
}
