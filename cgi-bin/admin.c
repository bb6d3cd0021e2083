/* admin - FastCGI program: the pages. */
#include "admin/admin.h"

int
main(void)
{
	return admin_main();
}
