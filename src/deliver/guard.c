/* Nobody is reached who may not be, whatever a name means by now. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "deliver/channels.h"
#include "outbox/target.h"

static bool
ip_of(const struct curl_sockaddr *sa, struct ip *ip)
{
	const struct sockaddr	*any = &sa->addr;

	*ip = (struct ip){ .byte = { [10] = 0xff, [11] = 0xff } };
	if (sa->family == AF_INET)
		memcpy(ip->byte + 12, &((const struct sockaddr_in *)(const void *)any)->sin_addr, 4);
	else if (sa->family == AF_INET6)
		memcpy(ip->byte, &((const struct sockaddr_in6 *)(const void *)any)->sin6_addr, 16);
	else
		return false;
	return true;
}

curl_socket_t
guard_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *sa)
{
	struct guard	*g = ctx;
	struct ip	 ip;

	(void)purpose;
	if (!ip_of(sa, &ip) || !target_may(&ip, g->allowed)) {
		g->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}
