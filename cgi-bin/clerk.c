/* clerk - FastCGI program: receives Clerk webhooks. */
#include "inbox/receive.h"

int
main(void)
{
	return receive_main(&provider_clerk);
}
