/* The user's own browser: who am I, and the key to my stream. */
#include "api/call_part.h"

#include "api/room.h"

enum hk_err
call_me(struct call *c)
{
	struct user	u;
	enum hk_err	e;

	if (stops(c, e = call_user(c, &u)))
		return e;
	if (u.deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "user %s is deleted", u.id);
	return put_user(c, u.id);
}

enum hk_err
call_room(struct call *c)
{
	struct span	text;
	int64_t		expires;
	struct user	u;
	enum hk_err	e;

	if (stops(c, e = call_user(c, &u)))
		return e;
	if (u.deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "user %s is deleted", u.id);
	if ((e = room_token(c->conf, u.id, c->now, c->arena, &text, &expires)) == HK_CONF)
		return call_problem(c, PROBLEM_NOT_READY,
		    "the settings have no key to seal a stream token with: hookkeeper init");
	if (e != HK_OK)
		return e;
	jw_text(c->out, "token", text);
	jw_time(c->out, "expires_at", expires);
	return HK_OK;
}
