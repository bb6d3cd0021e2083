/*
 * Packed texts: any text comes back from its frame, and any bytes taken for a
 * frame yield either a refusal or a text of just the length they say, within
 * what is allowed.
 */
#include "base/pack.h"
#include "fuzz.h"

#define MOST	((size_t)1 << 20)
#define CEILING	((size_t)8 << 20)

static void
there_and_back(struct span text, struct arena *arena)
{
	struct span	frame = pack(text, arena), back;

	if (frame.p == NULL)
		return;
	must(frame.len < text.len, "%zu bytes became %zu", text.len, frame.len);
	must(packed_len(frame) == text.len, "%zu, says the frame", packed_len(frame));
	frame = fuzz_copy(frame);
	must(unpack(frame, text.len, arena, &back) == HK_OK, "%s", err_last());
	must(span_eq(back, text), "another text came back");
	must(unpack(frame, text.len - 1, arena, &back) == HK_TOOBIG, "longer than allowed");
}

static void
taken_for_a_frame(struct span frame, struct arena *arena)
{
	struct span	back;
	enum hk_err	e = unpack(frame, MOST, arena, &back);

	must(e == HK_OK || e == HK_SYNTAX || e == HK_TOOBIG, "%s", err_name(e));
	if (e != HK_OK)
		return;
	must(back.len == packed_len(frame) && back.len <= MOST, "%zu bytes", back.len);
	fuzz_touch(back);
}

/* Bytes over and over again, or hardly any text would shrink. */
static struct span
grown(struct span in)
{
	size_t	 len = in.len * 40 < 200000 ? in.len * 40 : 200000;
	char	*p = fuzz_room(len);

	for (size_t i = 0; i < len; i++)
		p[i] = (char)(in.p[i % in.len] ^ (i / in.len % 7 == 3));
	return span_of(p, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	 in = fuzz_copy(span_of((const char *)data, size));
	struct arena	*arena = arena_new(CEILING);

	must(arena != NULL, "no memory");
	taken_for_a_frame(in, arena);
	there_and_back(in, arena);
	if (in.len > 0)
		there_and_back(grown(in), arena);
	arena_free(arena);
	fuzz_forget();
	return 0;
}
