/* Walks the chain from its oldest checkpoint to its end, over both tables in the order of seq. */
#include "base/check.h"
#include "base/limits.h"
#include "store/chain.h"
#include "store/inside.h"
#include "store/records.h"
#include "store/row.h"

struct verifier {
	struct db *db;
	const struct chain_keys *keys; /* NULL: only the public one is known */
	const unsigned char *public_key;
	struct chain chain;
	struct stmt records, outcomes, checkpoints;
	enum stmt_result record, outcome, checkpoint; /* is there a current row? */
	struct audit_entry entry;
	struct buf scratch;
	struct records_verdict *out;
	records_watch_fn *watch; /* NULL: nobody */
	void *watch_ctx;
	uint64_t done, total;
	bool is_ended;
};

#define WATCH_EVERY 2000

static bool broken(struct verifier *v, int64_t seq, const char *id, const char *why)
{
	struct records_verdict *out = v->out;
	out->is_broken = true;
	out->broken_seq = seq;
	snprintf(out->broken_id, sizeof out->broken_id, "%s", id);
	snprintf(out->why, sizeof out->why, "%s", why);
	return false;
}

static bool is_digest(struct slice value, const unsigned char is[DIGEST_SIZE])
{
	return value.n == DIGEST_SIZE && digest_equal(value.p, is, DIGEST_SIZE);
}

/* The chain must stand at this checkpoint, and its signature must be ours. */
static bool check_checkpoint(struct verifier *v)
{
	struct stmt *q = &v->checkpoints;
	struct slice signature = stmt_col(q, 4);
	int64_t seq = stmt_col_int(q, 0);
	if (seq != v->chain.seq || !is_digest(stmt_col(q, 2), v->chain.link) ||
	    !is_digest(stmt_col(q, 3), v->chain.digest))
		return broken(v, seq, "", "a checkpoint does not fit the records before it");
	if (signature.n != SIGN_SIZE || !chain_is_signed(&v->chain, v->public_key, stmt_col_int(q, 1),
	                                                 (const unsigned char *)signature.p))
		return broken(v, seq, "", "the signature of a checkpoint is not ours");
	v->out->checkpoints++;
	v->out->unsigned_links = 0;
	v->out->signed_us = stmt_col_int(q, 1);
	return true;
}

/* Everything up to the oldest checkpoint may have been deleted by age: then the walk begins there. */
static bool begin_at_anchor(struct verifier *v, int64_t first)
{
	struct stmt *q = &v->checkpoints;
	if (first == 1 || v->checkpoint != STMT_ROW)
		return true;
	struct slice link = stmt_col(q, 2), digest = stmt_col(q, 3);
	if (link.n != DIGEST_SIZE || digest.n != DIGEST_SIZE)
		return broken(v, stmt_col_int(q, 0), "", "a checkpoint is damaged");
	if (first > 0 && stmt_col_int(q, 0) >= first)
		return true;
	v->chain.seq = stmt_col_int(q, 0);
	memcpy(v->chain.link, link.p, DIGEST_SIZE);
	memcpy(v->chain.digest, digest.p, DIGEST_SIZE);
	return true;
}

static bool step(struct stmt *q, enum stmt_result *state, struct err *e)
{
	*state = stmt_step(q, e);
	return *state != STMT_FAILED;
}

static bool check_row(struct verifier *v, bool is_record, struct err *e)
{
	struct stmt *q = is_record ? &v->records : &v->outcomes;
	struct audit_record *r = &v->entry.record;
	int64_t seq = stmt_col_int(q, 0);
	struct slice id = stmt_col(q, 1);
	bool ok = id.n == AUDIT_ID_SIZE;
	if (seq != v->chain.seq + 1)
		return broken(v, v->chain.seq + 1, "", "a record is missing");
	if (ok && is_record) {
		ok = row_read_record(q, &v->entry);
	} else if (ok) {
		memset(r, 0, sizeof *r);
		audit_id_text((const unsigned char *)id.p, r->id);
		ok = row_read_outcome(q, r, 2);
	}
	if (!ok)
		return broken(v, seq, "", "a record has values that no record has");
	struct slice link = stmt_col(q, is_record ? ROW_RECORD_CHAIN : ROW_OUTCOME_CHAIN);
	chain_add(&v->chain, v->keys, seq, is_record ? AUDIT_PART_WHOLE : AUDIT_PART_OUTCOME, r, &v->scratch);
	if (!v->keys && link.n == DIGEST_SIZE)
		memcpy(v->chain.link, link.p, DIGEST_SIZE);
	if (!is_digest(link, v->chain.link))
		return broken(v, seq, r->id, is_record ? "a record was changed" : "an outcome was changed");
	v->out->records += is_record;
	v->out->unsigned_links++;
	if (v->watch && ++v->done % WATCH_EVERY == 0 && !v->watch(v->watch_ctx, v->done, v->total)) {
		v->is_ended = true;
		return false;
	}
	return step(q, is_record ? &v->record : &v->outcome, e);
}

static bool check_end(struct verifier *v, struct err *e)
{
	struct stmt q = stmt_new(v->db, "SELECT seq, chain, digest FROM mover");
	enum stmt_result r = stmt_step(&q, e);
	bool fits = r == STMT_ROW && stmt_col_int(&q, 0) == v->chain.seq &&
	            is_digest(stmt_col(&q, 1), v->chain.link) && is_digest(stmt_col(&q, 2), v->chain.digest);
	stmt_release(&q);
	if (r == STMT_FAILED || fits)
		return fits;
	return broken(v, v->chain.seq + 1, "", "the newest records are missing");
}

/* False with *e untouched: broken. */
static bool walk(struct verifier *v, struct err *e)
{
	if (!step(&v->records, &v->record, e) || !step(&v->outcomes, &v->outcome, e) ||
	    !step(&v->checkpoints, &v->checkpoint, e))
		return false;
	int64_t record = v->record == STMT_ROW ? stmt_col_int(&v->records, 0) : INT64_MAX;
	int64_t outcome = v->outcome == STMT_ROW ? stmt_col_int(&v->outcomes, 0) : INT64_MAX;
	int64_t first = record < outcome ? record : outcome;
	if (!begin_at_anchor(v, first == INT64_MAX ? 0 : first))
		return false;
	for (;;) {
		if (v->checkpoint == STMT_ROW && stmt_col_int(&v->checkpoints, 0) <= v->chain.seq) {
			if (!check_checkpoint(v) || !step(&v->checkpoints, &v->checkpoint, e))
				return false;
			continue;
		}
		record = v->record == STMT_ROW ? stmt_col_int(&v->records, 0) : INT64_MAX;
		outcome = v->outcome == STMT_ROW ? stmt_col_int(&v->outcomes, 0) : INT64_MAX;
		if (record == INT64_MAX && outcome == INT64_MAX)
			break;
		if (!check_row(v, record < outcome, e))
			return false;
	}
	if (v->checkpoint == STMT_ROW)
		return broken(v, v->chain.seq + 1, "", "the newest records are missing");
	return check_end(v, e);
}

static bool verify(struct verifier *v, struct records_verdict *out, struct err *e)
{
	memset(out, 0, sizeof *out);
	if (!db_exec(v->db, "BEGIN", e))
		return false;
	v->out = out;
	buf_init(&v->scratch, 2 * LIMIT_JOURNAL_ENTRY);
	v->records = stmt_new(v->db, "SELECT " ROW_RECORD_COLUMNS " FROM records ORDER BY seq");
	v->outcomes = stmt_new(v->db, "SELECT " ROW_OUTCOME_COLUMNS " FROM outcomes ORDER BY seq");
	v->checkpoints = stmt_new(v->db, "SELECT seq, time_us, chain, digest, signature FROM checkpoints "
	                                 "ORDER BY seq");
	bool ok = walk(v, e) || out->is_broken || v->is_ended;
	stmt_release(&v->records);
	stmt_release(&v->outcomes);
	stmt_release(&v->checkpoints);
	buf_release(&v->scratch);
	return db_end(v->db, ok, e);
}

static bool count_links(struct verifier *v, struct err *e)
{
	int64_t first = 0, last = 0;
	if (!db_int(v->db, "SELECT coalesce(min(seq), 0) FROM records", &first, e) || !db_int(v->db, "SELECT seq FROM mover", &last, e))
		return false;
	v->total = first && last >= first ? (uint64_t)(last - first + 1) : 0;
	return true;
}

bool records_verify_watched(struct store *s, records_watch_fn *fn, void *ctx, struct records_verdict *out, bool *is_ended,
                            struct err *e)
{
	struct chain_keys keys;
	struct verifier *v = mem_zalloc(sizeof *v);
	chain_keys_init(&keys, s);
	v->db = &s->db;
	v->keys = &keys;
	v->public_key = keys.public_key;
	v->watch = fn;
	v->watch_ctx = ctx;
	bool ok = (!fn || count_links(v, e)) && verify(v, out, e);
	*is_ended = v->is_ended;
	chain_keys_release(&keys);
	free(v);
	return ok;
}

bool records_verify(struct store *s, struct records_verdict *out, struct err *e)
{
	bool is_ended;
	return records_verify_watched(s, NULL, NULL, out, &is_ended, e);
}

bool records_verify_public(const char *data_dir, const unsigned char key[SIGN_PUBLIC_SIZE],
                           struct records_verdict *out, struct err *e)
{
	char path[4096];
	struct db db = { 0 };
	memset(out, 0, sizeof *out);
	int n = snprintf(path, sizeof path, "%s/" STORE_DB_FILE, data_dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(e, ERR_INPUT, "the name of the data folder is too long");
	if (!db_open(&db, path, DB_READ, e))
		return false;
	struct verifier *v = mem_zalloc(sizeof *v);
	v->db = &db;
	v->public_key = key;
	bool ok = verify(v, out, e);
	free(v);
	db_close(&db);
	return ok;
}

void records_public_key(const struct store *s, unsigned char out[SIGN_PUBLIC_SIZE])
{
	struct chain_keys keys;
	chain_keys_init(&keys, s);
	memcpy(out, keys.public_key, SIGN_PUBLIC_SIZE);
	chain_keys_release(&keys);
}

bool records_chain(struct store *s, struct arena *a, struct records_chain *out, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT m.seq, coalesce(c.seq, 0), coalesce(c.time_us, 0), coalesce((SELECT time_us FROM records "
	                                 "ORDER BY seq LIMIT 1), 0), coalesce(v.time_us, 0), coalesce(v.result, '') FROM mover m LEFT JOIN "
	                                 "checkpoints c ON c.seq = (SELECT max(seq) FROM checkpoints) LEFT JOIN audit_verified v ON true");
	enum stmt_result r = stmt_step(&q, e);
	bool full = false;
	memset(out, 0, sizeof *out);
	if (r == STMT_ROW) {
		out->last_seq = stmt_col_int(&q, 0);
		out->signed_seq = stmt_col_int(&q, 1);
		out->signed_us = stmt_col_int(&q, 2);
		out->oldest_us = stmt_col_int(&q, 3);
		out->verified_us = stmt_col_int(&q, 4);
		out->verified = stmt_col_text(&q, 5, a, &full);
	}
	stmt_release(&q);
	if (full)
		return store_full(e);
	return r == STMT_ROW || (r == STMT_DONE && err_set(e, ERR_REMOTE, "'%s' is damaged: the end of the chain is missing", s->db_path));
}

bool records_verified_put(struct store *s, int64_t time_us, struct slice json, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT OR REPLACE INTO audit_verified VALUES (1, ?, ?)");
	stmt_int(&q, time_us);
	stmt_slice(&q, json);
	return stmt_finish(&q, e);
}
