/* All channels together: what is in flight, what is over. */
#include "deliver/channels.h"

#include <stdlib.h>

#include "base/clock.h"
#include "deliver/authorities.h"
#include "deliver/children.h"
#include "deliver/libcurl.h"

#define SOCKETS_MOST	512	/* connections that are kept */

const struct channel *
channel_find(struct span name)
{
	static const struct channel *const	all[] = { &channel_webhook, &channel_command,
						    &channel_mail, &channel_unkey };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (span_is(name, all[i]->name))
			return all[i];
	return NULL;
}

enum hk_err
channels_open(struct channels **out, const struct conf *conf)
{
	struct channels	*c;
	enum hk_err	 e;

	if ((e = libcurl_start()) != HK_OK)
		return e;
	if ((c = calloc(1, sizeof(*c))) == NULL || (c->multi = curl_multi_init()) == NULL) {
		free(c);
		return err_note(HK_NOMEM, "no memory to send anything");
	}
	c->conf = conf;
	c->over_end = &c->over;
	/* Refused: more connections are made than need be, nothing else. */
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)SOCKETS_MOST);
	*out = c;
	return HK_OK;
}

void
channels_close(struct channels *c)
{
	if (c == NULL)
		return;
	while (c->nidle > 0)
		curl_easy_cleanup(c->idle[--c->nidle]);
	curl_multi_cleanup(c->multi);
	db_close(c->db);
	free(c);
}

#define SET(option, value)	(r == CURLE_OK ? \
	(void)(r = curl_easy_setopt(h, option, value)) : (void)0)

CURLcode
transfer_prepare(const struct channels *c, CURL *h, const struct transfer *t)
{
	const char	*believed = authorities(c->conf->ca_file);
	CURLcode	 r = CURLE_OK;

	SET(CURLOPT_URL, t->url);
	SET(CURLOPT_PRIVATE, t->flight);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	if (believed != NULL)
		SET(CURLOPT_CAINFO, believed);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_USERAGENT, "hookkeeper/" HK_VERSION);
	SET(CURLOPT_HTTPHEADER, t->fields);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.len);
	SET(CURLOPT_POSTFIELDS, t->body.p);
	SET(CURLOPT_OPENSOCKETFUNCTION, guard_socket);
	SET(CURLOPT_OPENSOCKETDATA, t->guard);
	return r;
}

CURL *
channels_handle(struct channels *c)
{
	CURL	*h;

	if (c->nidle == 0)
		return curl_easy_init();
	h = c->idle[--c->nidle];
	curl_easy_reset(h);
	return h;
}

void
channels_put(struct channels *c, CURL *h)
{
	if (c->nidle < sizeof(c->idle) / sizeof(c->idle[0]))
		c->idle[c->nidle++] = h;
	else
		curl_easy_cleanup(h);
}

/* Transfers that are over go to their channels. */
static void
collect(struct channels *c)
{
	CURLMsg	*m;
	int	 left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		char		*data = NULL;
		CURLcode	 result = m->data.result;
		struct flight	*f;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &data) != CURLE_OK || data == NULL)
			continue;
		f = (struct flight *)(void *)data;
		channel_find(f->endpoint->channel)->collect(c, f, (int)result);
	}
}

void
channels_wait(struct channels *c, int wake_fd, int64_t most_us)
{
	struct curl_waitfd	 fd[1 + CHILDREN_MOST * CHILD_FDS];
	unsigned int		 n = 1 + (unsigned int)children_fds(c, fd + 1);
	int			 running;
	int64_t			 ms = (children_patience(c, most_us) + US_PER_MS - 1) / US_PER_MS;

	fd[0] = (struct curl_waitfd){ .fd = wake_fd, .events = CURL_WAIT_POLLIN };
	if (c->over == NULL && ms > 0)
		(void)curl_multi_poll(c->multi, fd, n, ms > 60000 ? 60000 : (int)ms, NULL);
	children_look(c);
	/* What goes wrong with one is told by its message; with all, by their time limits. */
	(void)curl_multi_perform(c->multi, &running);
	collect(c);
}

struct flight *
channels_done(struct channels *c)
{
	struct flight	*f = c->over;

	if (f != NULL && (c->over = f->next) == NULL)
		c->over_end = &c->over;
	return f;
}

void
flight_over(struct channels *c, struct flight *f)
{
	f->result.took_us = mono_us() - f->began_us;
	f->state = NULL;
	f->next = NULL;
	*c->over_end = f;
	c->over_end = &f->next;
}

void
flight_failed(struct channels *c, struct flight *f, const char *error, bool final)
{
	f->result.status = 0;
	f->result.good = false;
	f->result.error = error;
	f->result.final = final;
	flight_over(c, f);
}
