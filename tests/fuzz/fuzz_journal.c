/* A segment of the journal as a kill, a disk or an attacker left it: frames, entries, their JSON. */
#include "audit/fields.h"
#include "base/check.h"
#include "base/limits.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, entry;
	check_entry(rest); /* without a frame: a checksum is hard to guess */
	while (frame_read(rest, &entry) == FRAME_OK) {
		BUG_ON(entry.n > rest.n - FRAME_HEAD);
		check_entry(entry);
		rest.p += FRAME_HEAD + entry.n;
		rest.n -= FRAME_HEAD + entry.n;
	}
	return 0;
}
