/* hookkeeper - set up, watch and run a hookkeeper. */
#include "cli/cli.h"

#ifdef HK_WHOLE
#include <nss.h>
#endif

int
main(int argc, char **argv)
{
#ifdef HK_WHOLE
	/*
	 * A static program must not load the host's modules for names, which
	 * are made for the host's own libc.
	 */
	if (__nss_configure_lookup("hosts", "files dns") != 0 ||
	    __nss_configure_lookup("passwd", "files") != 0)
		return EXIT_CONF;
#endif
	return cli_main(argc, argv, stdout, stderr);
}
