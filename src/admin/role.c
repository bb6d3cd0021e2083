/* Roles: each may do what the one before it may. */
#include "admin/admin.h"

static const char *const names[] = { "nobody", "viewer", "operator", "admin" };

const char *
role_name(enum role r)
{
	return names[r];
}

enum role
role_of(struct span name)
{
	for (enum role r = ROLE_VIEWER; r <= ROLE_ADMIN; r++)
		if (span_is(name, names[r]))
			return r;
	return ROLE_NONE;
}
