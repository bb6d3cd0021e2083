/* Finding a file inside the binary. */
#include "base/embed.h"

struct span
embed_find(const struct embedded *files, const char *name)
{
	for (; files->name != NULL; files++)
		if (strcmp(files->name, name) == 0)
			return files->data;
	return SPAN_NULL;
}
