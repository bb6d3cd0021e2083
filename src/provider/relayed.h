/*
 * Received events as types of message: "stripe.invoice.paid" is Stripe's
 * invoice.paid, handed on to the endpoints that ask for it.
 */
#ifndef PROVIDER_RELAYED_H
#define PROVIDER_RELAYED_H

#include "provider/provider.h"

/* The provider and its own type; false: it is none of a catalogue's. */
bool		 relayed_type(struct span name, const struct provider **, const char **type);
/* Of the catalogue's i-th type: may it be handed on?  One-time codes never are. */
bool		 relayed_may(const struct provider *, const char *type);
/* A payload as its sender sends it; SPAN_NULL: the project has none. */
struct span	 relayed_sample(struct span name);

#endif
