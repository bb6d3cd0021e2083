/* Styles, script and icon: part of the program, and named by their content. */
#include <stdio.h>

#include "admin/frame.h"
#include "base/embed.h"

static struct asset {
	const char	*name, *type;
	char		 tag[CONF_FINGERPRINT + 1];
	char		 url[64];
} assets[] = {
	{ "admin.css", "text/css; charset=utf-8", "", "" },
	{ "admin.js", "text/javascript; charset=utf-8", "", "" },
	{ "icon.svg", "image/svg+xml", "", "" },
};

#define ASSETS	(sizeof(assets) / sizeof(assets[0]))

void
static_open(void)
{
	for (size_t i = 0; i < ASSETS; i++) {
		conf_fingerprint(assets[i].tag, embed_find(www_files, assets[i].name));
		snprintf(assets[i].url, sizeof(assets[i].url), ADMIN_BASE "/%s?v=%s",
		    assets[i].name, assets[i].tag);
	}
}

const char *
static_url(const char *name)
{
	for (size_t i = 0; i < ASSETS; i++)
		if (strcmp(assets[i].name, name) == 0)
			return assets[i].url;
	return "";
}

/* One that was fetched by its content's name never changes; another may. */
static const char *
keep_lines(const struct http_request *rq, const struct asset *a)
{
	return rq->query.len == 2 + CONF_FINGERPRINT && span_starts(rq->query, "v=") &&
	    memcmp(rq->query.p + 2, a->tag, CONF_FINGERPRINT) == 0 ?
	    SAFE_LINES "Cache-Control: public, max-age=31536000, immutable\r\n" :
	    SAFE_LINES "Cache-Control: no-cache\r\n";
}

bool
static_answer(struct http_exchange *x, struct span path)
{
	for (size_t i = 0; i < ASSETS; i++) {
		if (path.len == 0 || !span_is(span_of(path.p + 1, path.len - 1), assets[i].name))
			continue;
		http_reply(x, &(struct http_reply){ .status = 200, .type = assets[i].type,
		    .extra = keep_lines(&x->rq, &assets[i]),
		    .body = embed_find(www_files, assets[i].name) });
		return true;
	}
	return false;
}
