/*
 * IP addresses and networks as text.  An IPv4 address is kept as the IPv6
 * address that maps it (::ffff:a.b.c.d), so there is one kind to compare.
 */
#ifndef BASE_NET_H
#define BASE_NET_H

#include "base/span.h"

struct ip {
	uint8_t	byte[16];
};

struct net {
	struct ip	 ip;
	int		 bits;	/* of 128 */
};

/* "192.0.2.1" or "2001:db8::1", nothing else: no port, zone, octal or short form. */
bool	 ip_parse(struct span, struct ip *);
/* An address, or one with "/bits"; bits after them must be 0. */
bool	 net_parse(struct span, struct net *);
bool	 net_has(const struct net *, const struct ip *);

/* Is the address in one of the networks, which are separated by blanks? */
bool	 nets_have(const char *list, const struct ip *);
/* The first that is none; SPAN_NULL: all are good.  list may be NULL. */
struct span nets_wrong(const char *list);

#endif
