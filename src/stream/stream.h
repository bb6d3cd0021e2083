/*
 * Live events for one user's room: server-sent events (HTML Living Standard,
 * section 9.2) of the messages whose owner is that user.
 *
 *	GET /stream?token=ROOM_TOKEN		(api/room.h)
 *	GET /stream  Authorization: Bearer ROOM_TOKEN or CLERK_SESSION
 *	(or X-Hookkeeper-Token, where Apache drops Authorization)
 *
 * Each message is one event: id is its name (outbox/message.h), event its type,
 * data its payload on one line.  Rooms hear credit_balance_updated,
 * credits_granted, user.* and subscription.*.  Last-Event-ID (field, or
 * ?last_event_id=) goes on after that one, without a miss or a repeat; without
 * it a room begins with what comes from now on; the first words name that place.
 * A name that is no place here gets the event "reset": read the state anew.
 * After user.deleted the stream ends, and there is nothing but 204.
 *
 * One thread looks for new messages and writes to all listeners; nobody waits
 * for a slow one: more than 64 KB he reads from the store at his own pace, and
 * who takes nothing for 15 s is dropped and comes again by himself.  A comment every
 * 15 s keeps proxies from hanging up.  A room whose token is over is told so
 * (event "token_expired") and ends.
 *
 * One user has an eighth of the places at most, so that nobody keeps all others
 * out: 429.
 *
 * Where a process serves one request at a time (plain CGI, mod_fcgid) what is
 * new is answered at once with "retry: 2000", and the browser asks again.
 *
 * Neither token nor payload is ever logged.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

/* The whole of stream.fcgi's main(); returns its exit status (sysexits.h). */
int		 stream_main(void);

#endif
