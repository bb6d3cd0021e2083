/* resend - FastCGI program: receives Resend webhooks. */
#include "inbox/receive.h"

int
main(void)
{
	return receive_main(&provider_resend);
}
