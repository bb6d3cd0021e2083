/*
 * The log: one line per fact, on stderr (which the web server writes to its
 * error log) as "<program>[<pid>]: <level>: text", or to the system's log.  Control characters in
 * the text are shown as \xNN, so no sender can forge a line or colour a
 * terminal.  Never pass a secret, a signature key or a whole environment.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Before the first line; name is kept, not copied. */
void	 log_open(const char *name, enum log_level most);
/*
 * From now on lines go to the system's log by this socket (LOG_SYSTEM, RFC 3164,
 * facility daemon); NULL: to stderr again.  So does a line that the socket does not
 * take.  path is kept, not copied.
 */
#define LOG_SYSTEM	"/dev/log"
void	 log_system(const char *path);
void	 log_line(enum log_level, const char *fmt, ...) HK_PRINTF(2, 3);

#define log_error(...)	log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)	log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)	log_line(LOG_INFO, __VA_ARGS__)

#endif
