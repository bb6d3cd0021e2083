/* Bytes as people read them. */
#include "cli/sizes.h"

#include <stdio.h>

void
size_text(char out[SIZE_TEXT], int64_t bytes)
{
	static const char *const	units[] = { "KB", "MB", "GB", "TB" };
	double				n = (double)bytes / 1024;
	size_t				i = 0;

	if (bytes < 1024) {
		snprintf(out, SIZE_TEXT, "%d byte%s", (int)bytes, bytes == 1 ? "" : "s");
		return;
	}
	for (; n >= 1024 && i < 3; i++)
		n /= 1024;
	snprintf(out, SIZE_TEXT, "%.1f %s", n, units[i]);
}
