/* A folder of a test's own with a database to be in it, and the settings that say so. */
#ifndef TESTS_UNIT_PLACE_H
#define TESTS_UNIT_PLACE_H

#include "base/conf.h"

#include "folder.h"

struct place {
	char		 dir[128];
	struct conf	*conf;
};

static inline bool
place_make(struct place *p, const char *name)
{
	char			 db[200];
	const char *const	 env[] = { db, "HOOKKEEPER_MODE=test", NULL };

	if (!folder_make(p->dir, sizeof(p->dir), name))
		return false;
	snprintf(db, sizeof(db), "HOOKKEEPER_DB=%s/t.db", p->dir);
	return conf_parse(&p->conf, NULL, SPAN_NULL, true, env, true) == HK_OK;
}

/* 0, as cmocka wants it, or not. */
static inline int
place_remove(struct place *p)
{
	conf_free(p->conf);
	return folder_remove(p->dir);
}

#endif
