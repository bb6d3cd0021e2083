/*
 * A long Stripe event: an invoice with as many lines as there is room for.  A
 * run of one letter would be packed to nothing and scanned in no time, so each
 * line has ids, times, amounts, taxes and words of its own, in the form and
 * with the white space that Stripe sends.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invoice.h"

#define LINE_ROOM	4096
#define TAIL_ROOM	256

/* xorshift64: the same invoice on every run. */
static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static const char *
token(uint64_t *state, char *out, size_t len)
{
	static const char	 of[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < len; i++)
		out[i] = of[next(state) % (sizeof(of) - 1)];
	out[len] = '\0';
	return out;
}

static const char *
pick(uint64_t *state)
{
	static const char *const words[] = { "annual", "archive", "backup", "bandwidth",
	    "basic", "compute", "credit", "database", "domain", "egress", "enterprise",
	    "frankfurt", "gigabyte", "hosted", "image", "instance", "license", "mailbox",
	    "managed", "metered", "minutes", "monthly", "overage", "plan", "premium",
	    "project", "relay", "request", "seat", "snapshot", "storage", "support",
	    "team", "tokens", "transfer", "upgrade", "usage", "volume", "worker", "zone" };

	return words[next(state) % (sizeof(words) / sizeof(words[0]))];
}

static int
line(char *out, uint64_t *state, int64_t now_s)
{
	char	 id[8][32];
	int	 amount = (int)(next(state) % 900000) + 100, quantity = (int)(next(state) % 40) + 1;
	int	 tax = amount * 19 / 119;
	int64_t	 start = now_s - (int64_t)(next(state) % 2592000);

	for (int i = 0; i < 8; i++)
		token(state, id[i], i == 7 ? 14 : 24);
	return snprintf(out, LINE_ROOM,
	    "          {\n            \"id\": \"il_1%s\",\n            \"object\": \"line_item\",\n"
	    "            \"amount\": %d,\n            \"currency\": \"eur\",\n"
	    "            \"description\": \"%d \\u00d7 %s %s %s (at \\u20ac%d.%02d / month)\",\n"
	    "            \"discount_amounts\": [],\n            \"discountable\": true,\n"
	    "            \"discounts\": [],\n            \"invoice\": \"in_1%s\",\n"
	    "            \"livemode\": true,\n            \"metadata\": {\n"
	    "              \"order\": \"%s\",\n              \"cost_center\": \"%d\"\n            },\n"
	    "            \"parent\": {\n              \"invoice_item_details\": null,\n"
	    "              \"subscription_item_details\": {\n                \"invoice_item\": null,\n"
	    "                \"proration\": false,\n                \"proration_details\": {\n"
	    "                  \"credited_items\": null\n                },\n"
	    "                \"subscription\": \"sub_1%s\",\n"
	    "                \"subscription_item\": \"si_%s\"\n              },\n"
	    "              \"type\": \"subscription_item_details\"\n            },\n"
	    "            \"period\": {\n              \"end\": %lld,\n              \"start\": %lld\n"
	    "            },\n            \"pretax_credit_amounts\": [],\n            \"pricing\": {\n"
	    "              \"price_details\": {\n                \"price\": \"price_1%s\",\n"
	    "                \"product\": \"prod_%s\"\n              },\n"
	    "              \"type\": \"price_details\",\n"
	    "              \"unit_amount_decimal\": \"%d\"\n            },\n"
	    "            \"quantity\": %d,\n            \"taxes\": [\n              {\n"
	    "                \"amount\": %d,\n                \"tax_behavior\": \"inclusive\",\n"
	    "                \"tax_rate_details\": {\n                  \"tax_rate\": \"txr_1%s\"\n"
	    "                },\n                \"taxability_reason\": \"standard_rated\",\n"
	    "                \"taxable_amount\": %d,\n                \"type\": \"tax_rate_details\"\n"
	    "              }\n            ]\n          }",
	    id[0], amount, quantity, pick(state), pick(state), pick(state),
	    amount / quantity / 100, amount / quantity % 100, id[1], id[7],
	    (int)(next(state) % 9000) + 1000, id[2], id[7], (long long)(start + 2592000),
	    (long long)start, id[3], id[4], amount / quantity, quantity, tax, id[5], amount - tax);
}

static size_t
lines(char *out, size_t room, int64_t now_s)
{
	uint64_t	 state = UINT64_C(88172645463325252);
	char		 one[LINE_ROOM];
	size_t		 at = 0;
	int		 n;

	for (;;) {
		n = line(one, &state, now_s);
		if (at + (size_t)n + 2 > room)
			return at;
		if (at > 0) {
			memcpy(out + at, ",\n", 2);
			at += 2;
		}
		memcpy(out + at, one, (size_t)n);
		at += (size_t)n;
	}
}

/* What is left of the room is a note in words. */
static void
words(char *out, size_t len)
{
	uint64_t	 state = len + 1;
	size_t		 at = 0, n;
	const char	*w;

	while (at < len) {
		w = pick(&state);
		n = strlen(w) < len - at ? strlen(w) : len - at;
		memcpy(out + at, w, n);
		at += n;
		if (at < len)
			out[at++] = ' ';
	}
}

/*
 * What differs stands at the end, where Stripe has it at the front: so only the
 * end needs to be made and signed anew.
 */
char *
invoice_make(size_t len, int64_t now_s)
{
	static const char	 tail[] = "\",\n      \"id\": \"in_1PqRsTuVwXyZ0123456789ab\",\n"
	    "      \"customer\": \"";
	static const char	 between[] = "\n        ],\n        \"has_more\": false\n      },\n"
	    "      \"footer\": \"";
	char			*out = malloc(len + TAIL_ROOM);
	size_t			 at, n;

	if (out == NULL)
		return NULL;
	len -= INVOICE_END;
	at = (size_t)sprintf(out,
	    "{\n  \"object\": \"event\",\n  \"api_version\": \"2026-10-28.endive\",\n"
	    "  \"created\": %lld,\n  \"livemode\": true,\n  \"pending_webhooks\": 1,\n"
	    "  \"type\": \"invoice.updated\",\n  \"data\": {\n    \"object\": {\n"
	    "      \"object\": \"invoice\",\n      \"currency\": \"eur\",\n"
	    "      \"lines\": {\n        \"object\": \"list\",\n        \"data\": [\n",
	    (long long)now_s);
	at += lines(out + at, len - at - sizeof(between) - sizeof(tail), now_s);
	memcpy(out + at, between, sizeof(between) - 1);
	at += sizeof(between) - 1;
	n = len - at - (sizeof(tail) - 1);
	words(out + at, n);
	memcpy(out + at + n, tail, sizeof(tail) - 1);
	return out;
}

void
invoice_end(char out[INVOICE_END], int64_t now_us, int64_t serial)
{
	char	text[INVOICE_END + 1];
	int	n = snprintf(text, sizeof(text),
		    "cus_%014llx\"\n    }\n  },\n  \"id\": \"evt_%014llx%06llx\"\n}",
		    (unsigned long long)serial & 0xffffffffffffff,
		    (unsigned long long)now_us & 0xffffffffffffff,
		    (unsigned long long)serial & 0xffffff);

	assert(n == INVOICE_END);
	memcpy(out, text, INVOICE_END);
}
