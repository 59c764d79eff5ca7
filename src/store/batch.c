/*
 * Two walks over the piece: the first collects outcomes, so that the second can write a
 * call that is already over as one row. Only what outlasts a batch needs a row of its own.
 */
#include "store/batch.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/inside.h"
#include "store/segment.h"

/* Links between two checkpoints. A signature costs as much as ten rows. */
#define LINKS_PER_CHECKPOINT 1000

void batch_init(struct batch *b, struct store *s, struct db *d, const char *dir, size_t bytes_max)
{
	const size_t least = FRAME_HEAD + LIMIT_JOURNAL_ENTRY;
	memset(b, 0, sizeof *b);
	b->db = d;
	b->dir = dir;
	b->bytes_max = bytes_max < least ? least : bytes_max;
	chain_keys_init(&b->keys, s);
	buf_init(&b->bytes, b->bytes_max);
	buf_init(&b->scratch, 2 * LIMIT_JOURNAL_ENTRY);
	buf_init(&b->row.keys, LIMIT_JOURNAL_ENTRY);
	map_init(&b->outcomes);
	counter_sums_init(&b->sums);
	past_moves_init(&b->past);
	stats_sums_init(&b->stats);
	b->put_record = stmt_new(d, "INSERT INTO records (" ROW_RECORD_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, "
	                            "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
	                            "ON CONFLICT (id) DO NOTHING");
	b->put_outcome = stmt_new(d, "INSERT INTO outcomes (" ROW_OUTCOME_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, "
	                             "?, ?, ?, ?) ON CONFLICT (id) DO NOTHING");
	b->get_record = stmt_new(d, "SELECT seq, server, method, decision FROM records WHERE id = ?");
}

void batch_release(struct batch *b)
{
	stmt_release(&b->put_record);
	stmt_release(&b->put_outcome);
	buf_release(&b->bytes);
	buf_release(&b->scratch);
	buf_release(&b->row.keys);
	map_release(&b->outcomes);
	counter_sums_release(&b->sums);
	past_moves_release(&b->past);
	stats_sums_release(&b->stats);
	stmt_release(&b->get_record);
	chain_keys_release(&b->keys);
}

static bool copy_digest(struct slice value, unsigned char out[DIGEST_SIZE])
{
	if (value.n != DIGEST_SIZE)
		return false;
	memcpy(out, value.p, DIGEST_SIZE);
	return true;
}

bool batch_load(struct batch *b, struct err *e)
{
	struct stmt q = stmt_new(b->db, "SELECT segment, offset, seq, chain, digest, (SELECT coalesce(max(seq), 0) "
	                                "FROM checkpoints) FROM mover");
	bool ok = stmt_step(&q, e) == STMT_ROW;
	if (ok) {
		b->at = (struct place){ (uint64_t)stmt_col_int(&q, 0), (uint64_t)stmt_col_int(&q, 1) };
		b->chain.seq = stmt_col_int(&q, 2);
		ok = copy_digest(stmt_col(&q, 3), b->chain.link) && copy_digest(stmt_col(&q, 4), b->chain.digest);
		b->signed_seq = stmt_col_int(&q, 5);
		if (!ok)
			err_set(e, ERR_REMOTE, "'%s' is damaged: the end of the chain is missing", b->db->path);
	}
	stmt_release(&q);
	return ok;
}

/* The whole frames at the front. */
static size_t whole_frames(struct slice bytes)
{
	struct slice entry;
	size_t n = 0;
	while (n < bytes.n && frame_read(slice_of(bytes.p + n, bytes.n - n), &entry) == FRAME_OK)
		n += FRAME_HEAD + entry.n;
	return n;
}

/* The file after this one, or the one that is being written. */
static bool next_segment(struct batch *b, struct place end, struct err *e)
{
	uint64_t *numbers;
	size_t n, i = 0;
	if (!segment_list(b->dir, &numbers, &n, e))
		return false;
	while (i < n && numbers[i] <= b->at.segment)
		i++;
	b->at.segment = i < n && numbers[i] < end.segment ? numbers[i] : end.segment;
	b->at.offset = 0;
	free(numbers);
	return true;
}

static bool is_before(struct place a, struct place b)
{
	return a.segment < b.segment || (a.segment == b.segment && a.offset < b.offset);
}

static void skip_damage(struct batch *b, struct place end)
{
	log_error("journal", "file %llu is damaged at byte %llu: what follows in it is lost",
	          (unsigned long long)b->at.segment, (unsigned long long)b->at.offset);
	if (b->at.segment == end.segment)
		b->at = end;
}

/* Fills b->bytes with whole frames, or reaches the end without any. */
static bool read_piece(struct batch *b, struct place end, struct err *e)
{
	buf_clear(&b->bytes);
	while (is_before(b->at, end)) {
		size_t max = b->bytes_max;
		bool is_gone, is_last = b->at.segment == end.segment;
		if (is_last && end.offset - b->at.offset < max)
			max = (size_t)(end.offset - b->at.offset);
		if (!segment_read(b->dir, b->at.segment, b->at.offset, max, &b->bytes, &is_gone, e))
			return false;
		size_t whole = whole_frames(buf_slice(&b->bytes));
		if (whole) {
			b->bytes.n = whole;
			return true;
		}
		if (b->bytes.n || is_last)
			skip_damage(b, end);
		buf_clear(&b->bytes);
		if (!is_last && !next_segment(b, end, e))
			return false;
	}
	return true;
}

static void collect_outcomes(struct batch *b)
{
	struct slice rest = buf_slice(&b->bytes), entry, id;
	enum audit_part part;
	while (frame_read(rest, &entry) == FRAME_OK) {
		if (audit_peek(entry, &part, &id) && part == AUDIT_PART_OUTCOME)
			map_put(&b->outcomes, id, (void *)(uintptr_t)(entry.p - b->bytes.p));
		rest.p += FRAME_HEAD + entry.n;
		rest.n -= FRAME_HEAD + entry.n;
	}
}

/* Entries stand behind a frame's head, so a place is never 0. Its length is read once more. */
static bool decode_at(struct batch *b, size_t place, struct audit_entry *out)
{
	struct slice frame = slice_of(b->bytes.p + place - FRAME_HEAD, b->bytes.n - place + FRAME_HEAD), entry;
	return frame_read(frame, &entry) == FRAME_OK && audit_decode(entry, out);
}

/* A row that was not taken, because its id is there already, is no link. */
static bool keep_link(struct batch *b, struct stmt *q, const struct chain *next, bool *is_new, struct err *e)
{
	stmt_blob(q, next->link, DIGEST_SIZE);
	if (!stmt_run(q, e))
		return false;
	*is_new = sqlite3_changes(b->db->h) == 1;
	if (*is_new)
		b->chain = *next;
	else if (!b->dropped++)
		log_error("journal", "an id was used twice: the second record is dropped, and so will others");
	return true;
}

static bool write_record(struct batch *b, const struct audit_record *r, struct err *e)
{
	struct chain next = b->chain;
	chain_add(&next, &b->keys, next.seq + 1, AUDIT_PART_WHOLE, r, &b->scratch);
	bool is_new;
	stmt_int(&b->put_record, next.seq);
	row_bind_record(&b->put_record, r, &b->row);
	if (!keep_link(b, &b->put_record, &next, &is_new, e))
		return false;
	if (is_new)
		stats_sums_add(&b->stats, r);
	return true;
}

/* The decision was moved before: it says whose outcome this is. */
static bool count_outcome(struct batch *b, const struct audit_record *outcome, struct err *e)
{
	struct audit_record r = *outcome;
	struct stmt *q = &b->get_record;
	unsigned char id[AUDIT_ID_SIZE];
	if (!audit_id_read(slice_str(r.id), id))
		return true;
	stmt_blob(q, id, sizeof id);
	enum stmt_result state = stmt_step(q, e);
	int64_t decision = state == STMT_ROW ? stmt_col_int(q, 3) : -1;
	/* What was not counted yet will be, with its outcome. */
	if (decision >= 0 && decision <= AUDIT_ALLOW && stmt_col_int(q, 0) > b->uncounted_seq) {
		r.server = stmt_col(q, 1);
		r.method = stmt_col(q, 2);
		r.decision = (enum audit_decision)decision;
		stats_sums_end(&b->stats, &r);
	}
	stmt_reset(q);
	return state != STMT_FAILED;
}

static bool write_outcome(struct batch *b, const struct audit_record *r, struct err *e)
{
	struct chain next = b->chain;
	chain_add(&next, &b->keys, next.seq + 1, AUDIT_PART_OUTCOME, r, &b->scratch);
	bool is_new;
	stmt_int(&b->put_outcome, next.seq);
	row_bind_outcome(&b->put_outcome, r, &b->row);
	return keep_link(b, &b->put_outcome, &next, &is_new, e) && (!is_new || count_outcome(b, r, e));
}

static void take_outcome(struct batch *b, struct slice id)
{
	size_t place = (size_t)(uintptr_t)map_del(&b->outcomes, id);
	struct audit_record *r = &b->entry.record;
	if (!place || !decode_at(b, place, &b->outcome))
		return;
	r->outcome = b->outcome.record.outcome;
	r->http_status = b->outcome.record.http_status;
	r->duration_us = b->outcome.record.duration_us;
	r->upstream_us = b->outcome.record.upstream_us;
	r->result_bytes = b->outcome.record.result_bytes;
	r->redactions = b->outcome.record.redactions;
	r->injection = b->outcome.record.injection;
}

static bool skip_entry(const struct batch *b)
{
	log_error("journal", "an entry of file %llu cannot be understood: it is lost",
	          (unsigned long long)b->at.segment);
	return true;
}

static bool move_entry(struct batch *b, struct slice text, struct err *e)
{
	struct audit_entry *it = &b->entry;
	enum audit_part part;
	struct slice id;
	bool is_known = true;
	if (past_is_entry(text))
		return past_moves_add(&b->past, b->db, text, &is_known, e) && (is_known || skip_entry(b));
	if (!audit_decode(text, it) || !audit_peek(text, &part, &id))
		return skip_entry(b);
	bool is_taken = part == AUDIT_PART_DECISION || part == AUDIT_PART_WHOLE;
	counter_sums_add(&b->sums, it->claims, it->claim_n, is_taken ? COUNTER_TAKE : COUNTER_GIVE_BACK);
	switch (part) {
	case AUDIT_PART_DECISION:
		take_outcome(b, id);
		return write_record(b, &it->record, e);
	case AUDIT_PART_WHOLE:
		return write_record(b, &it->record, e);
	case AUDIT_PART_OUTCOME:
		/* Gone when the decision took it. */
		return !map_del(&b->outcomes, id) || write_outcome(b, &it->record, e);
	case AUDIT_PART_GIVE_BACK:
	case AUDIT_NO_PART:
		break;
	}
	return true;
}

static bool move_entries(struct batch *b, struct err *e)
{
	struct slice rest = buf_slice(&b->bytes), entry;
	map_release(&b->outcomes);
	map_init(&b->outcomes);
	counter_sums_clear(&b->sums);
	past_moves_clear(&b->past);
	stats_sums_clear(&b->stats);
	if (!stats_uncounted(b->db, &b->uncounted_seq, e))
		return false;
	collect_outcomes(b);
	while (frame_read(rest, &entry) == FRAME_OK) {
		if (!move_entry(b, entry, e))
			return false;
		rest.p += FRAME_HEAD + entry.n;
		rest.n -= FRAME_HEAD + entry.n;
	}
	b->at.offset += b->bytes.n;
	return counter_sums_apply(&b->sums, b->db, clock_wall_us(), e) &&
	       past_moves_apply(&b->past, b->db, clock_wall_us(), e) && stats_sums_apply(&b->stats, b->db, e);
}

static bool write_checkpoint(struct batch *b, struct err *e)
{
	unsigned char signature[SIGN_SIZE];
	int64_t now = clock_wall_us();
	struct stmt q = stmt_new(b->db, "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)");
	chain_sign(&b->chain, &b->keys, now, signature);
	stmt_int(&q, b->chain.seq);
	stmt_int(&q, now);
	stmt_blob(&q, b->chain.link, DIGEST_SIZE);
	stmt_blob(&q, b->chain.digest, DIGEST_SIZE);
	stmt_blob(&q, signature, sizeof signature);
	if (!stmt_finish(&q, e))
		return false;
	b->signed_seq = b->chain.seq;
	return true;
}

static bool write_place(struct batch *b, struct err *e)
{
	struct stmt q = stmt_new(b->db, "UPDATE mover SET (segment, offset, seq, chain, digest) = (?, ?, ?, ?, ?)");
	stmt_int(&q, (int64_t)b->at.segment);
	stmt_int(&q, (int64_t)b->at.offset);
	stmt_int(&q, b->chain.seq);
	stmt_blob(&q, b->chain.link, DIGEST_SIZE);
	stmt_blob(&q, b->chain.digest, DIGEST_SIZE);
	return stmt_finish(&q, e);
}

bool batch_move(struct batch *b, struct place end, enum batch_checkpoint checkpoint, struct err *e)
{
	if (!db_begin(b->db, e))
		return false;
	bool ok = batch_load(b, e) && read_piece(b, end, e) && move_entries(b, e);
	int64_t links = b->chain.seq - b->signed_seq;
	if (ok && (links >= LINKS_PER_CHECKPOINT || (links > 0 && checkpoint == BATCH_CHECKPOINT)))
		ok = write_checkpoint(b, e);
	return db_end(b->db, ok && write_place(b, e), e);
}

/* The first checkpoint behind the oldest record, when all before it is old. */
static bool find_old(struct batch *b, int64_t before_us, int64_t *seq, struct err *e)
{
	struct stmt q = stmt_new(b->db, "SELECT seq FROM (SELECT min(seq) AS seq FROM checkpoints WHERE seq >= "
	                                "(SELECT min(seq) FROM records)) AS c WHERE seq IS NOT NULL AND NOT "
	                                "EXISTS (SELECT 1 FROM records r WHERE r.seq <= c.seq AND r.time_us >= ?)");
	stmt_int(&q, before_us);
	enum stmt_result r = stmt_step(&q, e);
	*seq = r == STMT_ROW ? stmt_col_int(&q, 0) : 0;
	stmt_release(&q);
	return r != STMT_FAILED;
}

static bool delete_up_to(struct batch *b, const char *sql, int64_t seq, int64_t *n, struct err *e)
{
	struct stmt q = stmt_new(b->db, sql);
	stmt_int(&q, seq);
	if (!stmt_finish(&q, e))
		return false;
	*n += sqlite3_changes64(b->db->h);
	return true;
}

bool batch_retain(struct batch *b, int64_t before_us, bool *has_more, struct err *e)
{
	int64_t seq, n = 0, forgotten = 0;
	*has_more = false;
	if (!db_begin(b->db, e))
		return false;
	bool ok = find_old(b, before_us, &seq, e);
	if (ok && seq) {
		ok = delete_up_to(b, "DELETE FROM records WHERE seq <= ?", seq, &n, e) &&
		     delete_up_to(b, "DELETE FROM outcomes WHERE seq <= ?", seq, &n, e) &&
		     delete_up_to(b, "DELETE FROM checkpoints WHERE seq < ?", seq, &n, e);
	}
	ok = ok && stats_forget(b->db, before_us, &forgotten, e);
	ok = db_end(b->db, ok, e);
	*has_more = ok && ((seq && n > 0) || forgotten >= LIMIT_STATS_FORGET);
	return ok;
}

bool batch_count_past(struct batch *b, bool *has_more, struct err *e)
{
	return stats_count_past(&b->stats, b->db, has_more, e);
}

bool batch_make_tops(struct batch *b, bool *has_more, struct err *e)
{
	return stats_make_tops(b->db, clock_wall_us() / 1000000, has_more, e);
}
