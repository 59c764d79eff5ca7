/* A segment of the journal as a kill, a disk or an attacker left it: frames, entries, their JSON. */
#include "audit/fields.h"
#include "base/check.h"
#include "base/limits.h"
#include "past/codec.h"
#include "store/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is understood is written again byte for byte, but for names of arguments that are equal. */
static void check_entry(struct slice text)
{
	static struct audit_entry e;
	enum audit_part part;
	struct slice id;
	if (!audit_decode(text, &e))
		return;
	struct buf again = BUF_INIT(2 * LIMIT_JOURNAL_ENTRY), json = BUF_INIT(16 * LIMIT_JOURNAL_ENTRY);
	BUG_ON(!audit_peek(text, &part, &id) || part != e.part);
	audit_encode(&again, e.part, &e.record, e.claims, e.claim_n);
	BUG_ON(!buf_ok(&again));
	BUG_ON(!slice_eq(text, buf_slice(&again)));
	audit_write_json(&json, &e.record);
	BUG_ON(!buf_ok(&json));
	buf_release(&again);
	buf_release(&json);
}

/* What a session did, in the same way. */
static void check_past(struct slice text)
{
	static struct past_entry e;
	size_t at = 0;
	if (!past_decode(text, &e))
		return;
	struct buf again = BUF_INIT(2 * LIMIT_JOURNAL_ENTRY);
	past_encode(&again, &e.change, &at);
	BUG_ON(!buf_ok(&again) || at != e.change.identifier_n || !slice_eq(text, buf_slice(&again)));
	struct past *p = past_new(&(struct past_opts){ .units_max = 4, .identifiers_max = 100 });
	struct past_unit u = { .key = e.change.key };
	struct policy_lesson l = { .labels = { SLICE_LIT("a"), SLICE_LIT("b") }, .label_n = 2, .wants_identifiers = true };
	struct past_found found = { 7, PAST_IN_TEXT };
	struct policy_past out;
	struct arena a;
	arena_init(&a, 1u << 20);
	past_restore(p, &e.change, 0);
	(void)!past_learn(p, &u, 1, &l, &found, 1, false);
	(void)!past_count_call(p, &u, 2);
	BUG_ON(!past_find(p, &u, 3, &a, &out));
	arena_release(&a);
	past_free(&p);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, entry;
	check_entry(rest); /* without a frame: a checksum is hard to guess */
	check_past(rest);
	while (frame_read(rest, &entry) == FRAME_OK) {
		BUG_ON(entry.n > rest.n - FRAME_HEAD);
		check_entry(entry);
		check_past(entry);
		rest.p += FRAME_HEAD + entry.n;
		rest.n -= FRAME_HEAD + entry.n;
	}
	return 0;
}
