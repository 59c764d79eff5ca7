/* A gate's storage for tests: its store, journal and mover, records to put in, and tallies of what is read. */
#ifndef MOVING_H
#define MOVING_H
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "folder.h"
#include "store/db.h"
#include "store/mover.h"
#include "store/records.h"

struct gate {
	struct folder *folder;
	struct store *store;
	struct journal *journal;
	struct mover *mover;
	struct buf entry;
};

static inline void must(bool fine, const struct err *e)
{
	if (fine)
		return;
	printf("# %s\n", e->text);
	abort();
}

static inline void gate_open(struct gate *g, struct folder *f, const struct mover_opts *o)
{
	struct err e = { 0 };
	struct store_opts so = { .data_dir = f->path };
	memset(g, 0, sizeof *g);
	g->folder = f;
	buf_init(&g->entry, LIMIT_JOURNAL_ENTRY);
	must((g->store = store_open(&so, &e)) != NULL, &e);
	must((g->journal = journal_open(g->store, &e)) != NULL, &e);
	must((g->mover = mover_new(g->store, g->journal, o, &e)) != NULL, &e);
}

static inline void gate_close(struct gate *g)
{
	mover_free(&g->mover);
	journal_close(&g->journal);
	store_close(&g->store);
	buf_release(&g->entry);
}

static const struct mover_opts plain = { 0 };
/* The least a batch may have: some hundred entries. */
static const struct mover_opts small = { .batch_bytes = 1 };

static const struct slice keys[] = { { "path", 4 }, { "head", 4 } };

static inline struct audit_record record_of(int i, int64_t time_us)
{
	struct audit_record r = {
		.time_us = time_us,
		.grant_id = SLICE_LIT("0192aaaa"),
		.grant_label = i % 2 ? SLICE_LIT("odd") : SLICE_LIT("even"),
		.server = SLICE_LIT("files"),
		.method = SLICE_LIT("tools/call"),
		.target = i % 3 ? SLICE_LIT("read") : SLICE_LIT("write"),
		.argument_keys = keys,
		.argument_key_n = 2,
		.decision = AUDIT_ALLOW,
		.policy = SLICE_LIT("p"),
		.policy_version = 4,
		.rpc_id = SLICE_LIT("17"),
	};
	random_uuid7(time_us, r.id);
	return r;
}

static inline void add(struct gate *g, enum audit_part part, const struct audit_record *r, const struct quota_claim *c,
                size_t n)
{
	struct err e = { .text = "the journal takes no entry" };
	buf_clear(&g->entry);
	audit_encode(&g->entry, part, r, c, n);
	must(journal_add(g->journal, buf_slice(&g->entry)), &e);
}

static inline void flush(struct gate *g)
{
	struct err e = { .text = "the journal cannot be written" };
	must(journal_flush(g->journal), &e);
}

static inline void add_outcome(struct gate *g, struct audit_record *r, enum audit_outcome o)
{
	r->outcome = o;
	r->duration_us = 1000;
	r->upstream_us = 900;
	r->result_bytes = 64;
	r->http_status = 200;
	r->redactions = SLICE_LIT("email=2");
	r->injection = SLICE_LIT("tool-steering");
	add(g, AUDIT_PART_OUTCOME, r, NULL, 0);
}

static inline void move_all(struct gate *g)
{
	struct err e = { 0 };
	must(mover_all(g->mover, &e), &e);
}

struct tally {
	size_t n, pending, ok, doubled, unordered;
	char last[RANDOM_UUID_SIZE];
};

static inline bool count(void *ctx, const struct audit_record *r)
{
	struct tally *t = ctx;
	t->n++;
	t->pending += r->outcome == AUDIT_PENDING;
	t->ok += r->outcome == AUDIT_OK && r->duration_us == 1000 && slice_is(r->redactions, "email=2") &&
	         slice_is(r->injection, "tool-steering");
	t->doubled += t->last[0] && strcmp(r->id, t->last) == 0;
	t->unordered += t->last[0] && strcmp(r->id, t->last) > 0;
	memcpy(t->last, r->id, sizeof t->last);
	return true;
}

static inline struct tally tally_of(struct store *s, const struct audit_filter *f)
{
	struct tally t = { 0 };
	struct err e = { 0 };
	must(records_query(s, f, count, &t, &e), &e);
	return t;
}

static inline struct tally all_of(struct store *s)
{
	struct audit_filter f = { .limit = LIMIT_RECORD_PAGE };
	return tally_of(s, &f);
}

static inline int64_t number(struct folder *f, const char *sql)
{
	char path[512];
	struct db d;
	struct err e = { 0 };
	int64_t v = -1;
	snprintf(path, sizeof path, "%s/gatehouse.db", f->path);
	must(db_open(&d, path, DB_READ, &e) && db_int(&d, sql, &v, &e), &e);
	db_close(&d);
	return v;
}

static inline void change(struct folder *f, const char *sql)
{
	char path[512];
	struct db d;
	struct err e = { 0 };
	snprintf(path, sizeof path, "%s/gatehouse.db", f->path);
	must(db_open(&d, path, DB_WRITE, &e) && db_exec(&d, sql, &e), &e);
	db_close(&d);
}

static inline struct records_verdict verdict_of(struct store *s)
{
	struct records_verdict v;
	struct err e = { 0 };
	must(records_verify(s, &v, &e), &e);
	return v;
}
#endif
