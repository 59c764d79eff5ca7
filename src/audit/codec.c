/*
 * Records as bytes: one entry of the journal. All numbers little-endian; a text is its
 * length in two bytes and its bytes. The order of fields is that of the tables below.
 *
 * Version 1 has the first AUDIT_TEXTS_1 texts, version 2 all, version 3 also those of an outcome. What version 1 can say is written
 * in it: the chain over records of an older program still fits.
 */
#include "audit/fields.h"
#include "base/check.h"
#include "base/limits.h"

#define CODEC_VERSION 3
#define CLAIM_BYTES (QUOTA_KEY_SIZE + 8 + 8 + 16)

static_assert(sizeof(((struct audit_entry *)0)->keys) / sizeof(struct slice) == LIMIT_RECORD_KEYS,
              "an entry has room for all names of arguments");

const struct audit_text_field audit_texts[AUDIT_TEXTS] = {
	{ offsetof(struct audit_record, grant_id), "grant.id" },
	{ offsetof(struct audit_record, grant_label), "grant.label" },
	{ offsetof(struct audit_record, subject), "user.id" },
	{ offsetof(struct audit_record, session), "session" },
	{ offsetof(struct audit_record, server), "server" },
	{ offsetof(struct audit_record, method), "mcp.method.name" },
	{ offsetof(struct audit_record, target), NULL },
	{ offsetof(struct audit_record, rule), "rule" },
	{ offsetof(struct audit_record, pointer), "pointer" },
	{ offsetof(struct audit_record, message), "message" },
	{ offsetof(struct audit_record, policy), "policy.name" },
	{ offsetof(struct audit_record, client_name), "client.name" },
	{ offsetof(struct audit_record, client_version), "client.version" },
	{ offsetof(struct audit_record, client_ip), "client.address" },
	{ offsetof(struct audit_record, rpc_id), NULL },
	{ offsetof(struct audit_record, trace_id), "trace_id" },
	{ offsetof(struct audit_record, approval), "approval" },
	{ offsetof(struct audit_record, mode), "mode" },
	{ offsetof(struct audit_record, session_labels), "session.labels" },
};

struct slice *audit_text(struct audit_record *r, size_t i)
{
	return (struct slice *)(void *)((char *)r + audit_texts[i].offset);
}

struct slice audit_text_of(const struct audit_record *r, size_t i)
{
	return *(const struct slice *)(const void *)((const char *)r + audit_texts[i].offset);
}

/* Value and 16: 0 for what is no lower-case digit. */
static const unsigned char hex_values[256] = {
	['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21, ['6'] = 22, ['7'] = 23,
	['8'] = 24, ['9'] = 25, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
};

bool audit_id_read(struct slice text, unsigned char out[AUDIT_ID_SIZE])
{
	size_t n = 0;
	if (text.n != RANDOM_UUID_SIZE - 1)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text.p[i] != '-')
				return false;
			continue;
		}
		unsigned char high = hex_values[(unsigned char)text.p[i]], low = hex_values[(unsigned char)text.p[i + 1]];
		if (!high || !low)
			return false;
		out[n++] = (unsigned char)((high & 15) << 4 | (low & 15));
		i++;
	}
	return true;
}

void audit_id_text(const unsigned char id[AUDIT_ID_SIZE], char out[RANDOM_UUID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < AUDIT_ID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[id[i] >> 4];
		*out++ = hex[id[i] & 15];
	}
	*out = '\0';
}

/* Cuts at a character, not within one. */
static struct slice cut_text(struct slice s, size_t max)
{
	if (s.n <= max)
		return s;
	s.n = max;
	for (int back = 0; back < 3 && s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80; back++)
		s.n--;
	return s;
}

static char *put_u16(char *at, size_t v)
{
	*at++ = (char)(unsigned char)v;
	*at++ = (char)(unsigned char)(v >> 8);
	return at;
}

static char *put_bytes(char *at, const void *p, size_t n)
{
	if (n)
		memcpy(at, p, n);
	return at + n;
}

static char *put_u64(char *at, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		at[i] = (char)(unsigned char)(v >> (8 * i));
	return at + 8;
}

static char *put_text(char *at, struct slice s, size_t max)
{
	s = cut_text(s, max);
	return put_bytes(put_u16(at, s.n), s.p, s.n);
}

static bool is_less(struct slice a, struct slice b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
	return order ? order < 0 : a.n < b.n;
}

/* Up to the first control character: the database keeps one name a line. */
static struct slice cut_key(struct slice key)
{
	size_t n = 0;
	while (n < key.n && (unsigned char)key.p[n] >= 0x20)
		n++;
	return cut_text(slice_of(n ? key.p : "", n), LIMIT_RECORD_KEY_BYTES);
}

/* Few keys: an insertion sort. The cut is made first, so that what is stored is sorted. */
static size_t sort_keys(const struct audit_record *r, struct slice out[LIMIT_RECORD_KEYS])
{
	size_t n = r->argument_key_n < LIMIT_RECORD_KEYS ? r->argument_key_n : LIMIT_RECORD_KEYS;
	for (size_t i = 0; i < n; i++) {
		struct slice key = cut_key(r->argument_keys[i]);
		size_t at = i;
		for (; at > 0 && is_less(key, out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = key;
	}
	return n;
}

static bool part_has_decision(enum audit_part part)
{
	return part == AUDIT_PART_DECISION || part == AUDIT_PART_WHOLE;
}

static bool part_has_outcome(enum audit_part part)
{
	return part == AUDIT_PART_OUTCOME || part == AUDIT_PART_WHOLE;
}

static char version_of(enum audit_part part, const struct audit_record *r)
{
	if (part_has_outcome(part) && (r->redactions.n || r->injection.n))
		return 3;
	for (size_t i = AUDIT_TEXTS_1; part_has_decision(part) && i < AUDIT_TEXTS; i++)
		if (audit_text_of(r, i).n)
			return 2;
	return 1;
}

static size_t texts_of(char version)
{
	return version == 1 ? AUDIT_TEXTS_1 : AUDIT_TEXTS;
}

static char *put_decision(char *at, const struct audit_record *r, char version)
{
	struct slice keys[LIMIT_RECORD_KEYS];
	size_t key_n = sort_keys(r, keys);
	at = put_u64(at, (uint64_t)r->time_us);
	at = put_u64(at, (uint64_t)r->policy_version);
	*at++ = (char)r->decision;
	for (size_t i = 0; i < texts_of(version); i++)
		at = put_text(at, audit_text_of(r, i), LIMIT_RECORD_TEXT);
	*at++ = (char)key_n;
	for (size_t i = 0; i < key_n; i++)
		at = put_text(at, keys[i], LIMIT_RECORD_KEY_BYTES);
	return at;
}

static char *put_outcome(char *at, const struct audit_record *r, char version)
{
	*at++ = (char)r->outcome;
	at = put_u16(at, (size_t)r->http_status);
	at = put_u64(at, r->duration_us);
	at = put_u64(at, r->upstream_us);
	at = put_u64(at, r->result_bytes);
	if (version < 3)
		return at;
	at = put_text(at, r->redactions, LIMIT_RECORD_TEXT);
	return put_text(at, r->injection, LIMIT_RECORD_TEXT);
}

static char *put_claim(char *at, const struct quota_claim *c)
{
	at = put_bytes(at, c->key, QUOTA_KEY_SIZE);
	at = put_u64(at, (uint64_t)c->window_start_us);
	at = put_u64(at, (uint64_t)c->window_end_us);
	at = put_u64(at, (uint64_t)c->amount);
	/* Amounts have 90 bits: the last byte of them is free for the kind. */
	return put_u64(at, (uint64_t)(c->amount >> 64) | (uint64_t)c->kind << 56);
}

static size_t bytes_needed(enum audit_part part, const struct audit_record *r, size_t claim_n)
{
	size_t n = 128 + claim_n * CLAIM_BYTES + cut_text(r->redactions, LIMIT_RECORD_TEXT).n +
	           cut_text(r->injection, LIMIT_RECORD_TEXT).n;
	if (!part_has_decision(part))
		return n;
	for (size_t i = 0; i < AUDIT_TEXTS; i++)
		n += 2 + cut_text(audit_text_of(r, i), LIMIT_RECORD_TEXT).n;
	for (size_t i = 0; i < r->argument_key_n && i < LIMIT_RECORD_KEYS; i++)
		n += 2 + LIMIT_RECORD_KEY_BYTES;
	return n;
}

void audit_encode(struct buf *out, enum audit_part part, const struct audit_record *r,
                  const struct quota_claim *claims, size_t claim_n)
{
	unsigned char id[AUDIT_ID_SIZE];
	BUG_ON(part == AUDIT_NO_PART);
	BUG_ON(claim_n > AUDIT_CLAIMS_MAX);
	BUG_ON(!audit_id_read(slice_str(r->id), id));
	if (!buf_reserve(out, bytes_needed(part, r, claim_n)))
		return;
	char *at = out->p + out->n, version = version_of(part, r);
	*at++ = version;
	*at++ = (char)part;
	at = put_bytes(at, id, sizeof id);
	if (part_has_decision(part))
		at = put_decision(at, r, version);
	if (part_has_outcome(part))
		at = put_outcome(at, r, version);
	*at++ = (char)claim_n;
	for (size_t i = 0; i < claim_n; i++)
		at = put_claim(at, &claims[i]);
	out->n = (size_t)(at - out->p);
}

struct reader {
	const unsigned char *at;
	size_t left;
	bool failed;
};

static const unsigned char *take(struct reader *r, size_t n)
{
	static const unsigned char nothing[QUOTA_KEY_SIZE];
	if (r->failed || r->left < n) {
		r->failed = true;
		BUG_ON(n > sizeof nothing);
		return nothing;
	}
	const unsigned char *p = r->at;
	r->at += n;
	r->left -= n;
	return p;
}

static size_t take_u16(struct reader *r)
{
	const unsigned char *p = take(r, 2);
	return (size_t)p[0] | (size_t)p[1] << 8;
}

static uint64_t take_u64(struct reader *r)
{
	const unsigned char *p = take(r, 8);
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static struct slice take_text(struct reader *r, size_t max)
{
	size_t n = take_u16(r);
	if (r->failed || n > max || n > r->left) {
		r->failed = true;
		return slice_of("", 0);
	}
	struct slice s = { (const char *)r->at, n };
	r->at += n;
	r->left -= n;
	return s;
}

static void read_decision(struct reader *r, struct audit_entry *e, char version)
{
	struct audit_record *d = &e->record;
	d->time_us = (int64_t)take_u64(r);
	d->policy_version = (int64_t)take_u64(r);
	unsigned decision = *take(r, 1);
	r->failed |= decision > AUDIT_ALLOW;
	d->decision = r->failed ? AUDIT_DENY : (enum audit_decision)decision;
	for (size_t i = 0; i < texts_of(version); i++)
		*audit_text(d, i) = take_text(r, LIMIT_RECORD_TEXT);
	size_t key_n = *take(r, 1);
	r->failed |= key_n > LIMIT_RECORD_KEYS;
	for (size_t i = 0; i < key_n && !r->failed; i++) {
		e->keys[i] = take_text(r, LIMIT_RECORD_KEY_BYTES);
		r->failed |= cut_key(e->keys[i]).n != e->keys[i].n;
		r->failed |= i > 0 && is_less(e->keys[i], e->keys[i - 1]);
	}
	d->argument_keys = e->keys;
	d->argument_key_n = r->failed ? 0 : key_n;
}

static void read_outcome(struct reader *r, struct audit_record *d, char version)
{
	unsigned outcome = *take(r, 1);
	r->failed |= outcome > AUDIT_REFUSED;
	d->outcome = r->failed ? AUDIT_PENDING : (enum audit_outcome)outcome;
	d->http_status = (int)take_u16(r);
	d->duration_us = take_u64(r);
	d->upstream_us = take_u64(r);
	d->result_bytes = take_u64(r);
	if (version < 3)
		return;
	d->redactions = take_text(r, LIMIT_RECORD_TEXT);
	d->injection = take_text(r, LIMIT_RECORD_TEXT);
}

static void read_claim(struct reader *r, struct quota_claim *c)
{
	memcpy(c->key, take(r, QUOTA_KEY_SIZE), QUOTA_KEY_SIZE);
	c->window_start_us = (int64_t)take_u64(r);
	c->window_end_us = (int64_t)take_u64(r);
	r->failed |= c->window_end_us < c->window_start_us;
	uint64_t low = take_u64(r);
	uint64_t high = take_u64(r);
	unsigned kind = (unsigned)(high >> 56);
	high &= UINT64_MAX >> 8;
	r->failed |= kind > QUOTA_SLIDING;
	c->kind = r->failed ? QUOTA_FIXED : (enum quota_kind)kind;
	/* Amounts have 27 digits at most: more is damage, and could overflow a sum. */
	r->failed |= high >> 32 != 0;
	c->amount = r->failed ? 0 : (quota_amount)high << 64 | low;
}

bool audit_decode(struct slice entry, struct audit_entry *out)
{
	struct reader r = { (const unsigned char *)entry.p, entry.n, false };
	memset(&out->record, 0, sizeof out->record);
	char version = (char)*take(&r, 1);
	if (version < 1 || version > CODEC_VERSION)
		return false;
	unsigned part = *take(&r, 1);
	if (part == AUDIT_NO_PART || part > AUDIT_PART_GIVE_BACK)
		return false;
	out->part = (enum audit_part)part;
	audit_id_text(take(&r, AUDIT_ID_SIZE), out->record.id);
	if (part_has_decision(out->part))
		read_decision(&r, out, version);
	if (part_has_outcome(out->part))
		read_outcome(&r, &out->record, version);
	out->claim_n = *take(&r, 1);
	if (out->claim_n > AUDIT_CLAIMS_MAX)
		return false;
	memset(out->claims, 0, out->claim_n * sizeof *out->claims);
	for (size_t i = 0; i < out->claim_n; i++)
		read_claim(&r, &out->claims[i]);
	/* One way to write each record: a chain goes over these bytes. */
	return !r.failed && r.left == 0 && version == version_of(out->part, &out->record);
}

bool audit_peek(struct slice entry, enum audit_part *part, struct slice *id)
{
	if (entry.n < 2 + AUDIT_ID_SIZE || entry.p[0] < 1 || entry.p[0] > CODEC_VERSION || entry.p[1] <= AUDIT_NO_PART ||
	    entry.p[1] > AUDIT_PART_GIVE_BACK)
		return false;
	*part = (enum audit_part)entry.p[1];
	*id = slice_of(entry.p + 2, AUDIT_ID_SIZE);
	return true;
}
