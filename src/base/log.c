/* One fact, one line, one write(2): lines of several threads do not mix. */
#include "base/log.h"
#include "base/codec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A pipe takes this much in one piece (PIPE_BUF), among several processes too. */
#define LINE_MAX_LEN	4096
#define TEXT_MAX_LEN	2048
#define CUT		"..."

static const char *const level_names[] = { "error", "warning", "info", "debug" };

static const char	*program = "hookkeeper";
static enum log_level	 most = LOG_INFO;
static const char	*system_log;	/* socket; NULL: stderr */

void
log_open(const char *name, enum log_level upto)
{
	program = name;
	most = upto;
}

void
log_system(const char *path)
{
	system_log = path;
}

/*
 * A socket for each line: a log that is started anew is found again, and no
 * descriptor is left open for those we start.
 */
static bool
put_system(enum log_level level, struct span line)
{
	static const int	 severity[] = { 3, 4, 6, 7 };
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	char			 text[LINE_MAX_LEN + 64], when[32];
	time_t			 now = time(NULL);
	struct tm		 tm;
	int			 fd, len;
	bool			 done;

	if (strlen(system_log) >= sizeof(sun.sun_path) || localtime_r(&now, &tm) == NULL ||
	    strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm) == 0)
		return false;
	strcpy(sun.sun_path, system_log);
	len = snprintf(text, sizeof(text), "<%d>%s %.*s", 3 << 3 | severity[level], when,
	    SPAN_ARG(line));
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return false;
	done = sendto(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT,
	    (struct sockaddr *)&sun, sizeof(sun)) == len;
	close(fd);
	return done;
}

/*
 * Bytes of the character at the start of s that a terminal may see; 0: show
 * its first byte as \xNN.  U+0080..U+009F are control characters as well.
 */
static size_t
showable(struct span s)
{
	unsigned char	c = (unsigned char)s.p[0];

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	if (c == 0xc2 && s.len > 1 && (unsigned char)s.p[1] < 0xa0)
		return 0;
	return utf8_step(s);
}

/* What is shown of a byte that is not. */
static void
escape(char *out, char c)
{
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[(unsigned char)c >> 4];
	out[3] = digits[(unsigned char)c & 15];
}

/* Append text to the line at len, or what fits and CUT; leaves one byte free. */
static size_t
put_safely(char *line, size_t len, struct span text, bool cut)
{
	size_t	n;

	while (text.len > 0 && len + 4 + sizeof(CUT) <= LINE_MAX_LEN) {
		if ((n = showable(text)) > 0) {
			memcpy(line + len, text.p, n);
			len += n;
		} else {
			escape(line + len, text.p[0]);
			len += 4;
			n = 1;
		}
		text = span_of(text.p + n, text.len - n);
	}
	if (cut || text.len > 0) {
		memcpy(line + len, CUT, sizeof(CUT) - 1);
		len += sizeof(CUT) - 1;
	}
	return len;
}

void
log_line(enum log_level level, const char *fmt, ...)
{
	char	line[LINE_MAX_LEN], text[TEXT_MAX_LEN];
	size_t	len;
	int	n, errno_was = errno;
	bool	cut;
	va_list	ap;

	if (level > most)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = snprintf(text, sizeof(text), "cannot format: %s", fmt);
	if ((cut = (size_t)n >= sizeof(text)))
		n = sizeof(text) - 1;
	len = (size_t)snprintf(line, 256, "%.200s[%ld]: %s: ", program, (long)getpid(),
	    level_names[level]);
	len = put_safely(line, len, span_of(text, (size_t)n), cut);
	if (system_log != NULL && put_system(level, span_of(line, len))) {
		errno = errno_was;
		return;
	}
	line[len++] = '\n';
	/* A log that cannot be written has nobody left to tell. */
	while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
		continue;
	errno = errno_was;
}
