/*
 * A change of a unit as bytes: an entry of the journal, and the state of a unit in a store. All
 * numbers little-endian. The first byte tells it from the entries of audit/codec.c.
 */
#ifndef PAST_CODEC_H
#define PAST_CODEC_H
#include "base/limits.h"
#include "past/past.h"

/* In one entry. */
#define PAST_ENTRY_IDENTIFIERS 2048

/* Appends one entry: the unit, and as many identifiers from `*at` on as it has room for; moves
 * *at behind them. Again until *at == c->identifier_n. At most LIMIT_JOURNAL_ENTRY bytes. */
void past_encode(struct buf *out, const struct past_change *c, size_t *at);

struct past_entry {
	struct past_change change; /* names borrow from the text; the rest points into this struct */
	struct past_mark marks[LIMIT_PAST_MARKS];
	struct past_identifier identifiers[PAST_ENTRY_IDENTIFIERS];
	struct slice state; /* the part of the text that is the unit without its identifiers */
};
/* Is it an entry of ours at all? */
bool past_is_entry(struct slice entry);
/* False on anything that past_encode does not write. */
bool past_decode(struct slice entry, struct past_entry *out) MUST_CHECK;
/* The same of such a state alone: without identifiers. */
bool past_decode_state(struct slice state, struct past_entry *out) MUST_CHECK;
/* How long the identifier matters to its unit. */
int64_t past_identifier_until(const struct past_change *c, const struct past_identifier *it);

#endif
