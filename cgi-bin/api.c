/* api - FastCGI program: the interface for the site's own application. */
#include "api/api.h"

int
main(void)
{
	return api_main();
}
