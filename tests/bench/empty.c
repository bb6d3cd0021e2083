/*
 * empty - the plain CGI program that does nothing but answer: what starting and
 * ending any static program costs.
 */
#include <unistd.h>

int
main(void)
{
	static const char	reply[] = "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n"
				    "{\"received\":true}";

	return write(STDOUT_FILENO, reply, sizeof(reply) - 1) == sizeof(reply) - 1 ? 0 : 1;
}
