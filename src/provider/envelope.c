/* Reading envelopes: the parts all senders share. */
#include "provider/envelope.h"

struct span
envelope_word(const struct scan_found *found, struct arena *arena, size_t most)
{
	struct span	s = scan_text(found, arena);

	return span_graph(s, most) ? s : SPAN_NULL;
}

enum hk_err
envelope_need(const struct scan_found *found, struct arena *arena, const char *name,
    size_t most, struct span *out)
{
	struct span	s = envelope_word(found, arena, most);

	if (found->type == SCAN_ABSENT)
		return err_tell(HK_SYNTAX, "\"%s\" is missing", name);
	if (s.p == NULL)
		return err_tell(HK_SYNTAX,
		    "\"%s\" is no text of 1 to %zu printable characters", name, most);
	*out = s;
	return HK_OK;
}

enum hk_err
envelope_message_id(struct span message_id, struct span *out)
{
	if (!span_graph(message_id, EVENT_ID_MAX))
		return err_tell(HK_SYNTAX, "the message id is no text of 1 to %d"
		    " printable characters", EVENT_ID_MAX);
	*out = message_id;
	return HK_OK;
}

bool
envelope_own(struct envelope *env, struct arena *arena)
{
	struct span *const	 all[] = { &env->event_id, &env->type, &env->lane,
				    &env->api_version, &env->instance, &env->challenge };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i]->p != NULL && (*all[i] = arena_span(arena, *all[i])).p == NULL)
			return false;
	return true;
}
