/* The settings file: its first text, and a key for an older one. */
#include "cli/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/conf.h"
#include "base/id.h"
#include "crypto/hmac.h"

#define CONF_MOST	65536
#define KEY_LEN		24	/* bytes of a Svix secret */
#define STRIPE_LEN	32	/* letters and digits of a Stripe secret */

/* As Stripe shows one: whsec_ and letters and digits. */
static void
put_stripe_secret(struct buf *b)
{
	static const char	set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";

	buf_puts(b, "secrets = whsec_");
	for (int i = 0; i < STRIPE_LEN; i++)
		buf_putc(b, set[random_below(sizeof(set) - 1)]);
	buf_putc(b, '\n');
}

/* As Svix shows one: whsec_ and base64. */
static void
put_svix_secret(struct buf *b)
{
	uint8_t	key[KEY_LEN];
	char	text[BASE64_LEN(KEY_LEN) + 1];

	random_fill(key, sizeof(key));
	base64_encode(text, key, sizeof(key));
	buf_printf(b, "secrets = whsec_%s\n", text);
	crypto_cleanse(key, sizeof(key));
	crypto_cleanse(text, sizeof(text));
}

static void
put_key(struct buf *b)
{
	uint8_t	key[CONF_KEY];
	char	text[BASE64_LEN(CONF_KEY) + 1];

	random_fill(key, sizeof(key));
	base64_encode(text, key, sizeof(key));
	buf_printf(b, "# Seals what is secret in the database; keep it with a backup of that.\n"
	    "key = %s\n", text);
	crypto_cleanse(key, sizeof(key));
	crypto_cleanse(text, sizeof(text));
}

static void
put_settings(struct buf *b, const char *db, const char *mode, bool test_secrets)
{
	static const struct {
		const char	*name, *where;
		void		(*put)(struct buf *);
	} sender[] = {
		{ "stripe", "Stripe: Workbench > Webhooks > the endpoint > Signing secret",
		    put_stripe_secret },
		{ "clerk", "Clerk: Configure > Webhooks > the endpoint > Signing Secret",
		    put_svix_secret },
		{ "resend", "Resend: Webhooks > the endpoint > Signing Secret",
		    put_svix_secret },
	};

	buf_puts(b, "# Settings of hookkeeper.  \"hookkeeper config --reference\" lists them all.\n"
	    "# This file holds secrets: its mode must stay 0600.\n\n");
	buf_printf(b, "[hookkeeper]\ndb = %s\nmode = %s\n", db, mode);
	put_key(b);
	for (size_t i = 0; i < sizeof(sender) / sizeof(sender[0]); i++) {
		buf_printf(b, "\n# %s\n[%s]\n", sender[i].where, sender[i].name);
		if (test_secrets)
			sender[i].put(b);
		else
			buf_puts(b, "#secrets = whsec_...\n");
	}
}

static enum hk_err
write_new(const char *path, struct span text)
{
	int	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t	n;

	if (fd == -1)
		return err_note(HK_IO, "cannot make %s: %s", path, strerror(errno));
	n = write(fd, text.p, text.len);
	if (n != (ssize_t)text.len || fsync(fd) != 0) {
		enum hk_err	e = err_note(HK_IO, "cannot write %s: %s", path,
				    n >= 0 && n != (ssize_t)text.len ? "no room" :
				    strerror(errno));

		close(fd);
		unlink(path);
		return e;
	}
	close(fd);
	return HK_OK;
}

/* It holds secrets: they leave no copy. */
static void
forget(struct buf *b)
{
	if (b->p != NULL)
		crypto_cleanse(b->p, b->len);
	buf_release(b);
}

enum hk_err
conf_file_make(const char *path, const char *db, const char *mode, bool secrets)
{
	struct buf	b;
	enum hk_err	e;

	buf_init(&b, CONF_MOST);
	put_settings(&b, db, mode, secrets);
	e = buf_ok(&b) ? write_new(path, buf_span(&b)) :
	    err_note(HK_NOMEM, "no memory for the settings");
	forget(&b);
	return e;
}

/* As settings ask of a file with secrets, see base/conf_file.c. */
static enum hk_err
check_private(int fd, const char *path, off_t *size)
{
	struct stat	st;

	if (fstat(fd, &st) != 0)
		return err_note(HK_IO, "cannot look at %s: %s", path, strerror(errno));
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_tell(HK_SKIP, "no key was made, for others can read %s: chmod 600 it, "
		    "and run this again", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_tell(HK_SKIP, "no key was made: run this as the owner of %s", path);
	*size = st.st_size;
	return HK_OK;
}

/* At its end: a section may go on anywhere. */
static enum hk_err
append(int fd, const char *path, struct span text)
{
	off_t		size = 0;
	ssize_t		n;
	enum hk_err	e;

	if ((e = check_private(fd, path, &size)) != HK_OK)
		return e;
	if ((n = write(fd, text.p, text.len)) == (ssize_t)text.len && fsync(fd) == 0)
		return HK_OK;
	e = err_note(HK_IO, "cannot add a key to %s: %s", path, n >= 0 &&
	    n != (ssize_t)text.len ? "no room" : strerror(errno));
	if (ftruncate(fd, size) != 0)
		e = err_note(HK_IO, "half a line stays at the end of %s: remove it", path);
	return e;
}

enum hk_err
conf_file_add_key(const char *path)
{
	struct buf	b;
	enum hk_err	e;
	int		fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);

	if (fd == -1)
		return err_note(HK_IO, "cannot add a key to %s: %s", path, strerror(errno));
	buf_init(&b, CONF_MOST);
	buf_puts(&b, "\n[hookkeeper]\n");
	put_key(&b);
	e = buf_ok(&b) ? append(fd, path, buf_span(&b)) :
	    err_note(HK_NOMEM, "no memory for a key");
	close(fd);
	forget(&b);
	return e;
}
