/* Addresses of webhooks: one spelling, and only public networks. */
#include "outbox/target.h"

#include <strings.h>

#define LABEL_MOST	63
#define NAME_MOST	253

/* ---- networks ------------------------------------------------------------------ */

/*
 * Not hosts on the public internet; IANA's registries of special-purpose IPv4
 * and IPv6 addresses.  Of IPv6 only 2000::/3 is given out, so what is named here
 * lies within it.
 */
static const char	closed_v4[] =
	"0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 "
	"192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 "
	"198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4";
static const char	closed_v6[] =
	"2001::/23 2001:db8::/32 2002::/16 3fff::/20";
static const char	given_v6[] = "2000::/3";
/* An IPv4 address stands in the last four bytes (RFC 6052): that is whom we reach. */
static const char	translated[] = "64:ff9b::/96";

static bool
is_v4(const struct ip *ip)
{
	struct net	n;

	return net_parse(SPAN("0.0.0.0/0"), &n) && net_has(&n, ip);
}

static struct ip
embedded(const struct ip *ip)
{
	struct ip	v4 = { .byte = { [10] = 0xff, [11] = 0xff } };

	memcpy(v4.byte + 12, ip->byte + 12, 4);
	return v4;
}

bool
target_may(const struct ip *ip, const char *allowed)
{
	struct ip	v4;

	if (nets_have(allowed, ip))
		return true;
	if (nets_have(translated, ip)) {
		v4 = embedded(ip);
		return target_may(&v4, allowed);
	}
	if (is_v4(ip))
		return !nets_have(closed_v4, ip);
	return nets_have(given_v6, ip) && !nets_have(closed_v6, ip);
}

/* ---- the spelling ---------------------------------------------------------------- */

static enum hk_err
wrong(const char *what)
{
	return err_tell(HK_SYNTAX, "url: %s", what);
}

static bool
is_label(struct span s)
{
	if (s.len == 0 || s.len > LABEL_MOST || s.p[0] == '-' || s.p[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

/* Browsers and resolvers take such a last label for a part of an IPv4 address. */
static bool
is_numeric(struct span label)
{
	if (label.len >= 2 && label.p[0] == '0' && (label.p[1] | 0x20) == 'x')
		return true;
	for (size_t i = 0; i < label.len; i++)
		if (label.p[i] < '0' || label.p[i] > '9')
			return false;
	return true;
}

static bool
ends_in(struct span host, const char *name)
{
	size_t	n = strlen(name);

	return host.len >= n && strncasecmp(host.p + host.len - n, name, n) == 0 &&
	    (host.len == n || host.p[host.len - n - 1] == '.');
}

/* Names that never mean a host on the public internet (RFC 6761 and others). */
static bool
is_local(struct span host)
{
	static const char *const	names[] = { "localhost", "local", "localdomain", "internal",
					    "intranet", "lan", "home.arpa", "test", "invalid",
					    "onion" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ends_in(host, names[i]))
			return true;
	return false;
}

static enum hk_err
name_parse(struct target *t, const char *allowed)
{
	struct span	rest = t->host, label = SPAN_NULL;

	if (rest.len > NAME_MOST)
		return wrong("the host name is longer than 253 characters");
	while (rest.p != NULL)
		if (!is_label(label = span_cut(&rest, '.')))
			return wrong("the host is no name of letters, digits and hyphens between "
			    "dots (write other alphabets in their xn-- form)");
	if (is_numeric(label))
		return wrong("an IPv4 address is written as four decimal numbers, as 192.0.2.1");
	/* Where somebody sends to his own machine, its name is fine too. */
	if (is_local(t->host) && (allowed == NULL || *allowed == '\0'))
		return wrong("that name is one of your own network; set allow_private to send there");
	return HK_OK;
}

static enum hk_err
host_parse(struct target *t, const char *allowed)
{
	t->is_ip = ip_parse(t->host, &t->ip);
	if (!t->is_ip)
		return name_parse(t, allowed);
	if (!target_may(&t->ip, allowed))
		return wrong("that address is not one of the public internet; set allow_private "
		    "to send there");
	return HK_OK;
}

static enum hk_err
port_parse(struct target *t, struct span port)
{
	int64_t	n;

	t->port = t->https ? 443 : 80;
	if (port.p == NULL)
		return HK_OK;
	if (port.len > 5 || !span_u63(port, &n) || n < 1 || n > 65535)
		return wrong("the port is no number from 1 to 65535");
	t->port = (int)n;
	return HK_OK;
}

/* "host", "host:port", "[ip]" or "[ip]:port". */
static enum hk_err
authority_parse(struct target *t, struct span s, const char *allowed)
{
	struct span	port = SPAN_NULL;
	enum hk_err	e;

	if (s.len > 0 && s.p[0] == '[') {
		s = span_of(s.p + 1, s.len - 1);
		t->host = span_cut(&s, ']');
		if (s.p == NULL || memchr(t->host.p, ':', t->host.len) == NULL ||
		    !ip_parse(t->host, &t->ip))
			return wrong("between [ and ] there is to be an IPv6 address, without a zone");
		if (s.len > 0 && s.p[0] != ':')
			return wrong("after ] there is to be a port or the path");
		if (s.len > 0)
			port = span_of(s.p + 1, s.len - 1);
	} else {
		t->host = span_cut(&s, ':');
		port = s;
	}
	if ((e = host_parse(t, allowed)) != HK_OK)
		return e;
	return port_parse(t, port);
}

enum hk_err
target_parse(struct target *t, struct span url, const char *allowed)
{
	size_t	n;

	*t = (struct target){ .rest = SPAN_NULL };
	if (url.len == 0 || url.len > TARGET_MOST)
		return wrong("it has 1 to 2000 characters");
	if (!span_graph(url, TARGET_MOST) || memchr(url.p, '\\', url.len) != NULL)
		return wrong("no blanks, backslashes, control or non-ASCII characters: encode them "
		    "as %XX");
	if (memchr(url.p, '#', url.len) != NULL)
		return wrong("a part after # is never sent: leave it out");
	if (url.len > 8 && strncasecmp(url.p, "https://", 8) == 0)
		t->https = true;
	else if (url.len <= 7 || strncasecmp(url.p, "http://", 7) != 0)
		return wrong("it begins with https:// or http://");
	n = t->https ? 8 : 7;
	url = span_of(url.p + n, url.len - n);
	for (n = 0; n < url.len && url.p[n] != '/' && url.p[n] != '?'; n++)
		if (url.p[n] == '@')
			return wrong("no user or password before the host: use a field of headers");
	t->rest = span_of(url.p + n, url.len - n);
	return authority_parse(t, span_of(url.p, n), allowed);
}
