/*
 * Where we may send to: addresses of webhooks, and the networks behind them.
 *
 * What is saved must be an address that everybody reads alike, so only the
 * plain spelling is taken: http or https, a host name or an IPv4 address of four
 * decimal numbers or an IPv6 address in brackets, a port, a path, a query.  No
 * user, no zone, no fragment, no hexadecimal, octal or shortened numbers, no
 * backslash, blank or control character.
 */
#ifndef OUTBOX_TARGET_H
#define OUTBOX_TARGET_H

#include "base/err.h"
#include "base/net.h"

#define TARGET_MOST	2000	/* bytes of an address */

struct target {
	bool		 https;
	struct span	 host;		/* without brackets */
	bool		 is_ip;
	struct ip	 ip;
	int		 port;
	struct span	 rest;		/* path and query; may be empty */
};

/*
 * HK_SYNTAX: err_last() names what is wrong.  allowed: networks (blanks between)
 * of the setting allow_private, or NULL; an IP address that is not public and not
 * among them, and "localhost" and its like, are refused here already.
 */
enum hk_err	 target_parse(struct target *, struct span url, const char *allowed) HK_MUST_USE;
/*
 * May we connect to this address?  False for everything that is not a host on
 * the public internet: private, loopback, link-local (with the metadata services
 * of clouds), shared, documentation, multicast, reserved; also when it is mapped
 * or embedded in an IPv6 address (::ffff:, 64:ff9b::, 2002:, Teredo).
 * IANA's special-purpose registries; RFC 6890.
 */
bool		 target_may(const struct ip *, const char *allowed);

#endif
