/*
 * The channel "command": a program of the settings gets the message.
 */
#ifndef DELIVER_COMMAND_H
#define DELIVER_COMMAND_H

#include "deliver/children.h"

#define COMMAND_FACTS	8

/*
 * The environment of a program that carries out this delivery: PATH, and what
 * HOOKKEEPER_* tells of the message.  In the flight's arena; NULL: no memory.
 */
const char *const *command_env(const struct channels *, const struct flight *);
/*
 * The section of the settings this delivery is for; NULL: there is none by now,
 * or the delivery is too late, and the flight is over.
 */
const struct conf_channel *command_settings(struct channels *, struct flight *,
		    enum conf_channel_kind);

#endif
