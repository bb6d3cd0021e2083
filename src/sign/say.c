/* The doctor's words. */
#include "sign/doctor_part.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define FOREIGN_MAX	8	/* of a secret in the wrong header, too little to matter */

void
say(struct diagnosis *d, const char *fmt, ...)
{
	size_t	len = strlen(d->detail);
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(d->detail + len, sizeof(d->detail) - len, fmt, ap);
	va_end(ap);
}

void
say_foreign(struct diagnosis *d, struct span s)
{
	char	text[FOREIGN_MAX + 1];
	size_t	n = s.len < FOREIGN_MAX ? s.len : FOREIGN_MAX;

	for (size_t i = 0; i < n; i++)
		text[i] = s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?';
	text[n] = '\0';
	say(d, "\"%s%s\"", text, n < s.len ? "..." : "");
}

void
say_duration(struct diagnosis *d, int64_t seconds)
{
	static const struct {
		int64_t		 below, unit;
		const char	*name;
	} row[] = {
		{ 2 * 60,	1,	"seconds" },
		{ 2 * 3600,	60,	"minutes" },
		{ 2 * 86400,	3600,	"hours" },
		{ INT64_MAX,	86400,	"days" },
	};
	size_t	i = 0;

	while (seconds >= row[i].below)
		i++;
	say(d, "%" PRId64 " %s", seconds / row[i].unit, row[i].name);
}
