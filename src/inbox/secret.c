/* Which signing secret is in use. */
#include "base/clock.h"
#include "inbox/secret.h"

#define MINUTE_US	(60 * US_PER_S)

enum hk_err
secret_seen(struct db *db, const struct desk *d, const char *label, int64_t now)
{
	struct stmt	*q;
	size_t		 k = 0;
	enum hk_err	 e;

	while (k < d->nkey && d->key[k].label != label)
		k++;
	if (label == NULL || k == d->nkey || now - d->seen_us[k] < MINUTE_US)
		return HK_OK;
	if ((e = db_stmt(db, S_SECRET_SEEN, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(d->sender->name));
	bind_text(q, ":label", span_str(label));
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) == HK_OK)
		d->seen_us[k] = now;
	return e;
}
