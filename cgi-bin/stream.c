/* stream - FastCGI program: live events for the user's own browser. */
#include "stream/stream.h"

int
main(void)
{
	return stream_main();
}
