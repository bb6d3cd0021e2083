/* stripe - FastCGI program: receives Stripe webhooks. */
#include "inbox/receive.h"

int
main(void)
{
	return receive_main(&provider_stripe);
}
