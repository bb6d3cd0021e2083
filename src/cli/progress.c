/* A bar for people, lines for logs. */
#include "cli/progress.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/table.h"

#define BAR_US		(100 * US_PER_MS)	/* between two pictures of the bar */
#define LINE_US		(10 * US_PER_S)
#define BAR_MOST	60			/* cells */

void
progress_init(struct progress *p, FILE *to)
{
	*p = (struct progress){ .to = to };
	if (to == NULL || fileno(to) == -1 || !isatty(fileno(to)))
		return;
	p->terminal = true;
	p->width = screen_of(to).width;
}

/* "0:23", "1:02:03" */
static void
duration(char *out, size_t room, int64_t s)
{
	if (s >= 3600)
		snprintf(out, room, "%lld:%02lld:%02lld", (long long)(s / 3600),
		    (long long)(s / 60 % 60), (long long)(s % 60));
	else
		snprintf(out, room, "%lld:%02lld", (long long)(s / 60), (long long)(s % 60));
}

/* ", 5120/s, 0:23 left"; nothing before there is anything to reckon with. */
static void
pace(char *out, size_t room, const char *gap, int64_t done, int64_t all, int64_t took_us)
{
	int64_t	per_s = took_us > 0 ? (int64_t)((double)done * US_PER_S / (double)took_us) : 0;
	char	left[32];

	out[0] = '\0';
	if (per_s == 0 || took_us < US_PER_S / 5)
		return;
	duration(left, sizeof(left), (all - done + per_s - 1) / per_s);
	if (done < all)
		snprintf(out, room, "%s%lld/s%s%s left", gap, (long long)per_s, gap, left);
	else
		snprintf(out, room, "%s%lld/s", gap, (long long)per_s);
}

static void
bar(char *out, int cells, int64_t done, int64_t all)
{
	int	full = all > 0 ? (int)((double)cells * (double)done / (double)all) : 0;

	memset(out, '-', (size_t)cells);
	memset(out, '#', (size_t)full);
	out[cells] = '\0';
}

void
progress_text(char *out, size_t room, int width, const char *what, int64_t done, int64_t all,
    int64_t took_us)
{
	char	cells[BAR_MOST + 1], speed[80];
	int	percent, left;

	done = done < all ? done : all;
	percent = all > 0 ? (int)((double)done * 100 / (double)all) : 0;
	pace(speed, sizeof(speed), width > 0 ? "  " : ", ", done, all, took_us);
	if (width == 0) {
		snprintf(out, room, "%s: %lld of %lld (%d %%)%s", what, (long long)done,
		    (long long)all, percent, speed);
		return;
	}
	/* "what  [bar]  100 %" and the pace, one cell short of the line's end */
	left = width - 1 - (int)(strlen(what) + strlen("  []  100 %") + strlen(speed));
	left = left < BAR_MOST ? left : BAR_MOST;
	if (left < 4) {
		snprintf(out, room, "%s  %3d %%%s", what, percent, speed);
		return;
	}
	bar(cells, left, done, all);
	snprintf(out, room, "%s  [%s]  %3d %%%s", what, cells, percent, speed);
}

void
progress_tell(struct progress *p, const char *what, int64_t done, int64_t all)
{
	int64_t	now = mono_us();
	char	text[256];

	if (p->to == NULL)
		return;
	if (p->what == NULL || strcmp(p->what, what) != 0) {
		p->what = what;
		p->began_us = now;
		p->told_us = p->terminal ? 0 : now;
	}
	if (now - p->told_us < (p->terminal ? BAR_US : LINE_US))
		return;
	p->told_us = now;
	progress_text(text, sizeof(text), p->width, what, done, all, now - p->began_us);
	if (p->terminal)
		fprintf(p->to, "\r\033[K%s", text);
	else
		fprintf(p->to, "%s\n", text);
	fflush(p->to);
	p->shown = p->terminal;
}

void
progress_end(struct progress *p)
{
	if (p->shown) {
		fputs("\r\033[K", p->to);
		fflush(p->to);
	}
	p->shown = false;
}
