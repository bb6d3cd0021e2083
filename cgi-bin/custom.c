/* custom - FastCGI program: receives the webhooks of [custom NAME] senders. */
#include "inbox/receive.h"

int
main(void)
{
	return receive_main(&provider_custom);
}
