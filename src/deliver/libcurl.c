/* libcurl, started once. */
#include "deliver/libcurl.h"

#include <pthread.h>

#include <curl/curl.h>

static pthread_once_t	once = PTHREAD_ONCE_INIT;
static CURLcode		started;

/* Not thread-safe in libcurl, so once for all and never undone. */
static void
start(void)
{
	started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum hk_err
libcurl_start(void)
{
	pthread_once(&once, start);
	if (started != CURLE_OK)
		return err_note(HK_IO, "libcurl does not start: %s", curl_easy_strerror(started));
	return HK_OK;
}
