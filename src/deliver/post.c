/* One HTTP request by libcurl. */
#include "deliver/post.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "deliver/authorities.h"
#include "deliver/libcurl.h"

#define HEADER_MOST	8192	/* bytes of one line */
#define USER_AGENT	"hookkeeper/" HK_VERSION

/* The most that fits is kept; the rest is read and dropped. */
static size_t
keep(char *p, size_t size, size_t n, void *ctx)
{
	struct buf	*b = ctx;
	size_t		 len = size * n, room = b->most - b->len;

	buf_put(b, p, len < room ? len : room);
	return buf_ok(b) ? len : 0;
}

/* A token, and a value that cannot start a line of its own. */
static bool
header_valid(const struct post_header *h)
{
	if (*h->name == '\0')
		return false;
	for (const char *p = h->name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("!#$%&'*+-.^_`|~", *p) == NULL)
			return false;
	return strpbrk(h->value, "\r\n") == NULL;
}

static enum hk_err
append(struct curl_slist **list, const char *line)
{
	struct curl_slist	*more = curl_slist_append(*list, line);

	if (more == NULL)
		return err_note(HK_NOMEM, "no memory for a request's headers");
	*list = more;
	return HK_OK;
}

/* What the caller gave, and nothing of libcurl's own. */
static enum hk_err
headers(const struct post_header *h, size_t n, struct curl_slist **list)
{
	char		line[HEADER_MOST];
	bool		typed = false;
	enum hk_err	e = append(list, "Expect:");

	for (size_t i = 0; e == HK_OK && i < n; i++) {
		int	len;

		if (!header_valid(&h[i]))
			return err_tell(HK_SYNTAX, "'%s' is no header: a name is a token, "
			    "a value one line", h[i].name);
		/* libcurl's way to write an empty value */
		len = snprintf(line, sizeof(line), *h[i].value != '\0' ? "%s: %s" : "%s;",
		    h[i].name, h[i].value);
		if (len < 0 || (size_t)len >= sizeof(line))
			return err_tell(HK_SYNTAX, "the header %s is longer than %d bytes",
			    h[i].name, HEADER_MOST);
		typed = typed || strcasecmp(h[i].name, "content-type") == 0;
		e = append(list, line);
	}
	if (e == HK_OK && !typed)
		e = append(list, "Content-Type:");
	return e;
}

#define SET(option, value)	(r == CURLE_OK ? \
	(void)(r = curl_easy_setopt(c, option, value)) : (void)0)

static CURLcode
prepare(CURL *c, const char *url, const struct curl_slist *list, struct span body,
    int timeout_s, char *why, struct buf *answer)
{
	const char	*believed = authorities(NULL);
	CURLcode	 r = CURLE_OK;

	SET(CURLOPT_ERRORBUFFER, why);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	if (believed != NULL)
		SET(CURLOPT_CAINFO, believed);
	SET(CURLOPT_TIMEOUT, (long)timeout_s);
	SET(CURLOPT_USERAGENT, USER_AGENT);
	SET(CURLOPT_HTTPHEADER, list);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	SET(CURLOPT_POSTFIELDS, body.len > 0 ? body.p : "");
	SET(CURLOPT_WRITEFUNCTION, keep);
	SET(CURLOPT_WRITEDATA, answer);
	return r;
}

static enum hk_err
judge(CURLcode r, const char *url, const char *why)
{
	const char	*text = *why != '\0' ? why : curl_easy_strerror(r);

	switch (r) {
	case CURLE_OK:
		return HK_OK;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_tell(HK_SYNTAX, "'%s' is no http or https URL: %s", url, text);
	case CURLE_OPERATION_TIMEDOUT:
		return err_tell(HK_TIMEOUT, "no answer from %s in time: %s", url, text);
	default:
		return err_tell(HK_IO, "no answer from %s: %s", url, text);
	}
}

/* Ready to go: the method is POST. */
static enum hk_err
open_transfer(const char *url, const struct post_header *h, size_t n, CURL **c,
    struct curl_slist **list)
{
	enum hk_err	e;

	if ((e = libcurl_start()) != HK_OK)
		return e;
	/* Without a scheme libcurl would guess one. */
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return err_tell(HK_SYNTAX, "'%s' is no URL: it must start with http:// or "
		    "https://", url);
	if ((*c = curl_easy_init()) == NULL)
		return err_note(HK_NOMEM, "no memory for libcurl");
	return headers(h, n, list);
}

enum hk_err
post_send(const char *url, const struct post_header *h, size_t n, struct span body,
    int timeout_s, int *status, struct buf *answer)
{
	char			 why[CURL_ERROR_SIZE] = "";
	struct curl_slist	*list = NULL;
	CURL			*c = NULL;
	CURLcode		 r;
	enum hk_err		 e;
	long			 code = 0;

	if ((e = open_transfer(url, h, n, &c, &list)) != HK_OK)
		goto out;
	if ((r = prepare(c, url, list, body, timeout_s, why, answer)) == CURLE_OK &&
	    (r = curl_easy_perform(c)) == CURLE_OK)
		r = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code);
	if ((e = judge(r, url, why)) == HK_OK)
		*status = (int)code;
out:
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
	return e;
}

/* ---- any method, and more of the answer ------------------------------------------ */

/* Stops when there is no room left: who asks has seen enough. */
static size_t
keep_first(char *p, size_t size, size_t n, void *ctx)
{
	struct buf	*b = ctx;
	size_t		 len = size * n, room = b->most - b->len;

	buf_put(b, p, len < room ? len : room);
	return buf_ok(b) && len <= room ? len : 0;
}

static void
read_answer(CURL *c, struct post_answer *a)
{
	char	*text = NULL;
	long	 code = 0, login = 0;

	*a = (struct post_answer){ .status = 0 };
	if (curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK)
		a->status = (int)code;
	if (curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text != NULL)
		snprintf(a->type, sizeof(a->type), "%s", text);
	if (curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &text) == CURLE_OK && text != NULL)
		snprintf(a->leads_to, sizeof(a->leads_to), "%s", text);
	if (curl_easy_getinfo(c, CURLINFO_HTTPAUTH_AVAIL, &login) == CURLE_OK)
		a->asks_login = (login & (CURLAUTH_BASIC | CURLAUTH_DIGEST)) != 0;
}

enum hk_err
post_ask(const char *method, const char *url, const struct post_header *h, size_t n,
    struct span body, int timeout_s, struct post_answer *a, struct buf *answer)
{
	char			 why[CURL_ERROR_SIZE] = "";
	struct curl_slist	*list = NULL;
	CURL			*c = NULL;
	CURLcode		 r;
	enum hk_err		 e;

	if ((e = open_transfer(url, h, n, &c, &list)) != HK_OK)
		goto out;
	r = prepare(c, url, list, body, timeout_s, why, answer);
	SET(CURLOPT_WRITEFUNCTION, keep_first);
	if (strcmp(method, "GET") == 0)
		SET(CURLOPT_HTTPGET, 1L);
	if (r == CURLE_OK)
		r = curl_easy_perform(c);
	if (r == CURLE_WRITE_ERROR && buf_ok(answer))
		r = CURLE_OK;	/* cut off by keep_first() */
	if ((e = judge(r, url, why)) == HK_OK)
		read_answer(c, a);
out:
	curl_slist_free_all(list);
	curl_easy_cleanup(c);
	return e;
}
