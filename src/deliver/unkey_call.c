/* One call of Unkey's API. */
#include "deliver/unkey_call.h"

#include "outbox/target.h"

static size_t
keep(char *data, size_t size, size_t n, void *ctx)
{
	struct unkey_call	*k = ctx;
	size_t			 len = size * n, room = sizeof(k->answer) - k->len;

	memcpy(k->answer + k->len, data, len < room ? len : room);
	k->len += len < room ? len : room;
	return len <= room ? len : 0;		/* no answer of theirs is as long */
}

static bool
append(struct curl_slist **list, const char *line)
{
	struct curl_slist	*more = line != NULL ? curl_slist_append(*list, line) : NULL;

	if (more != NULL)
		*list = more;
	return more != NULL;
}

#define SET(option, value)	(r == CURLE_OK ? \
	(void)(r = curl_easy_setopt(k->h, option, value)) : (void)0)

static CURLcode
prepare(struct channels *c, struct flight *f, struct unkey_call *k, const char *url,
    struct span body)
{
	const struct transfer	t = { .url = url, .fields = k->fields, .body = body,
				    .flight = f, .guard = &k->guard };
	CURLcode		r = transfer_prepare(c, k->h, &t);

	SET(CURLOPT_TIMEOUT_MS, UNKEY_CALL_MS);
	/* On a connection used before libcurl repeats by itself what got no answer. */
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_WRITEFUNCTION, keep);
	SET(CURLOPT_WRITEDATA, k);
	return r;
}

enum hk_err
unkey_call_begin(struct channels *c, struct flight *f, struct unkey_call *k, const char *method,
    struct span body)
{
	struct arena	*a = f->arena;
	const char	*url = arena_printf(a, "%s/v2/%s", c->conf->unkey_api, method);
	struct target	 t;
	enum hk_err	 e;

	*k = (struct unkey_call){ .guard = { .allowed = c->conf->allow_private } };
	if (url == NULL)
		return err_note(HK_NOMEM, "no memory to ask Unkey");
	if ((e = target_parse(&t, span_str(url), c->conf->allow_private)) != HK_OK)
		return e;
	if (!append(&k->fields, "Expect:") || !append(&k->fields, "Content-Type: application/json") ||
	    !append(&k->fields, arena_printf(a, "Authorization: Bearer %s", c->conf->unkey_root_key)) ||
	    (k->h = channels_handle(c)) == NULL || prepare(c, f, k, url, body) != CURLE_OK ||
	    curl_multi_add_handle(c->multi, k->h) != CURLM_OK) {
		unkey_call_drop(c, k);
		return err_note(HK_NOMEM, "no memory to ask Unkey");
	}
	k->in_multi = true;
	return HK_OK;
}

void
unkey_call_drop(struct channels *c, struct unkey_call *k)
{
	if (k->in_multi)
		(void)curl_multi_remove_handle(c->multi, k->h);
	if (k->h != NULL)
		channels_put(c, k->h);
	curl_slist_free_all(k->fields);
	k->h = NULL;
	k->fields = NULL;
	k->in_multi = false;
}

static const char *
error_of(CURLcode r, const struct unkey_call *k)
{
	if (k->guard.refused)
		return "E_ADDRESS";
	switch (r) {
	case CURLE_OPERATION_TIMEDOUT:
		return "E_TIMEOUT";
	case CURLE_COULDNT_RESOLVE_HOST:
		return "E_DNS";
	case CURLE_COULDNT_CONNECT:
		return "E_CONNECT";
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return "E_TLS";
	default:
		return "E_RESET";
	}
}

enum call_end
unkey_call_end(struct channels *c, struct flight *f, struct unkey_call *k, CURLcode r)
{
	struct delivered	*d = &f->result;
	long			 status = 0, sent = 0;
	curl_off_t		 after = 0;
	enum call_end		 end;

	/* Neither fails for a handle that is there. */
	(void)curl_easy_getinfo(k->h, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(k->h, CURLINFO_REQUEST_SIZE, &sent);
	d->retry_after_s = curl_easy_getinfo(k->h, CURLINFO_RETRY_AFTER, &after) == CURLE_OK &&
	    after > 0 ? after : -1;
	d->answer = arena_span(f->arena, span_of(k->answer, k->len));
	d->status = r == CURLE_OK ? (int)status : 0;
	d->error = r == CURLE_OK ? NULL : error_of(r, k);
	if (r != CURLE_OK)
		end = sent == 0 ? CALL_NOT_SENT : CALL_UNKNOWN;
	else
		end = status >= 200 && status <= 299 ? CALL_GOOD :
		    status >= 500 ? CALL_UNKNOWN : CALL_REFUSED;
	unkey_call_drop(c, k);
	return end;
}
