/* IP addresses and networks. */
#include "base/net.h"

#include <arpa/inet.h>

static const uint8_t	mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool
ip_parse(struct span s, struct ip *ip)
{
	char	text[INET6_ADDRSTRLEN];

	if (s.len == 0 || s.len >= sizeof(text) || memchr(s.p, '\0', s.len) != NULL)
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET6, text, ip->byte) == 1)
		return true;
	memcpy(ip->byte, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ip->byte + sizeof(mapped)) == 1;
}

/* The bits of a that count. */
static struct ip
masked(const struct ip *a, int bits)
{
	struct ip	m = *a;

	for (int i = 0; i < 16; i++)
		if (bits < 8 * i + 8)
			m.byte[i] &= bits <= 8 * i ? 0 : (uint8_t)(0xff << (8 * i + 8 - bits));
	return m;
}

bool
net_parse(struct span s, struct net *n)
{
	struct span	addr = span_cut(&s, '/');
	bool		v4 = memchr(addr.p != NULL ? addr.p : "", ':', addr.len) == NULL;
	int64_t		bits = v4 ? 32 : 128;
	struct ip	m;

	if (!ip_parse(addr, &n->ip) ||
	    (s.p != NULL && (s.len > 3 || !span_u63(s, &bits) || bits > (v4 ? 32 : 128))))
		return false;
	n->bits = (int)bits + (v4 ? 96 : 0);
	m = masked(&n->ip, n->bits);
	return memcmp(&m, &n->ip, sizeof(m)) == 0;
}

bool
net_has(const struct net *n, const struct ip *ip)
{
	struct ip	m = masked(ip, n->bits);

	return memcmp(&m, &n->ip, sizeof(m)) == 0;
}

/* The next word off *list; len 0 at the end. */
static struct span
word(const char **list)
{
	const char	*from = *list + strspn(*list, " \t");

	*list = from + strcspn(from, " \t");
	return span_of(from, (size_t)(*list - from));
}

bool
nets_have(const char *list, const struct ip *ip)
{
	struct span	w;
	struct net	n;

	while (list != NULL && (w = word(&list)).len > 0)
		if (net_parse(w, &n) && net_has(&n, ip))
			return true;
	return false;
}

struct span
nets_wrong(const char *list)
{
	struct span	w;
	struct net	n;

	while (list != NULL && (w = word(&list)).len > 0)
		if (!net_parse(w, &n))
			return w;
	return SPAN_NULL;
}
