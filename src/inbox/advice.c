/* What to do about a refused request; the reasons are the doctor's and receive's. */
#include "inbox/advice.h"

static const struct {
	const char	*reason, *title, *text;
} advice[] = {
	{ "no_match", "no configured secret fits",
	    "Compare the endpoints in the sender's dashboard with the labels of `hookkeeper "
	    "secrets`: each endpoint has a secret of its own. Enter the one that is missing in "
	    "hookkeeper.conf, start the receivers anew, then accept the request. If none is "
	    "missing, it did not come from the sender: leave it." },
	{ "wrong_provider", "another sender's event",
	    "Give the sender the address of its own receiver, or move the secret to the right "
	    "section of hookkeeper.conf." },
	{ "missing_signature", "not signed",
	    "From a stranger who looks around: nothing to do. From the sender: a proxy or "
	    "firewall on the way drops its header fields and must let them pass." },
	{ "malformed_header", "signature of another shape",
	    "From a stranger: nothing to do. From the sender: something on the way rewrites its "
	    "header fields, or the address belongs to another kind of sender." },
	{ "clock", "signed for another time",
	    "See that the time of this host is kept by NTP (timedatectl). If it is right, "
	    "somebody sent an old request once more: leave it." },
	{ "body_changed", "changed on its way",
	    "Have whatever stands between the sender and us (proxy, content filter, a relay of "
	    "your own) hand on the body byte for byte. A request that was changed can never be "
	    "accepted: send the event again from the sender's dashboard." },
	{ "secret_text", "secret copied wrongly",
	    "Copy the secret once more from the sender's dashboard into hookkeeper.conf, start "
	    "the receivers anew, then accept the request." },
	{ "wrong_mode", "event of the other mode",
	    "Take the address out of the other mode's endpoints at Stripe. A host for tests "
	    "wants settings and a database of its own." },
	{ "unknown_type", "unknown type",
	    "Its signature is good, its type is on no list we have. Accept it to keep it as an "
	    "event that is skipped; `unknown_events = store` keeps all such at once." },
	{ "bad_body", "no event in it",
	    "Its signature is good, but the body is no event as this sender writes them. Look at "
	    "the body and at the kind of payload that is chosen in the sender's dashboard." },
	{ "ok", "could be accepted",
	    "Nothing is wrong with it any more: accept it." },
};

const char *
advice_title(struct span reason)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (span_is(reason, advice[i].reason))
			return advice[i].title;
	return NULL;
}

const char *
advice_for(struct span reason)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (span_is(reason, advice[i].reason))
			return advice[i].text;
	return "Look at the headers and the body, and compare them with what the sender's "
	    "dashboard says it sent.";
}
