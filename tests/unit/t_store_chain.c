/* The chain tells what was changed, and holds when old records are deleted by age. */
#include "moving.h"
#include "tap.h"

static void check_retention(void)
{
	struct folder f = folder_new();
	struct gate g;
	const struct mover_opts o = { .keep_us = 3600 * (int64_t)1000000 };
	int64_t now = clock_wall_us();
	gate_open(&g, &f, &plain);
	for (int i = 0; i < 40; i++) {
		struct audit_record r = record_of(i, now + (i < 20 ? -2 : 0) * 3600 * (int64_t)1000000 + i);
		add(&g, AUDIT_PART_DECISION, &r, NULL, 0);
		flush(&g);
		if (i % 5 == 4)
			move_all(&g);
		add_outcome(&g, &r, AUDIT_OK);
	}
	flush(&g);
	move_all(&g);
	gate_close(&g);
	gate_open(&g, &f, &o);
	move_all(&g);
	ok(all_of(g.store).n == 20, "what is older than asked for is deleted, nothing else");
	struct records_verdict v = verdict_of(g.store);
	ok(!v.is_broken && v.records == 20, "the chain holds from there on: %s", v.why);
	gate_close(&g);
	folder_remove(&f);
}

static struct records_verdict public_verdict_of(const struct folder *f, const unsigned char key[SIGN_PUBLIC_SIZE])
{
	struct records_verdict v;
	struct err e = { 0 };
	must(records_verify_public(f->path, key, &v, &e), &e);
	return v;
}

static void check_chain(void)
{
	static const struct {
		const char *sql, *what;
		int64_t seq;
		bool is_unsigned; /* not in what a checkpoint signs */
	} changes[] = {
		{ "UPDATE records SET message = 'nothing happened' WHERE seq = 7", "a message is changed", 7, false },
		{ "UPDATE records SET message = message || 'x' WHERE seq = 9", "a text is made longer", 9, false },
		{ "UPDATE records SET decision = 2 WHERE seq = 3", "a decision is changed", 3, false },
		{ "UPDATE records SET chain = zeroblob(32) WHERE seq = 5", "a link is changed", 5, true },
		{ "DELETE FROM records WHERE seq = 6", "a record is deleted", 6, false },
		{ "DELETE FROM records WHERE seq > 8; DELETE FROM outcomes WHERE seq > 8", "the end is deleted", 9, false },
		{ "DELETE FROM records WHERE seq < 4", "the beginning is deleted", 1, false },
		{ "UPDATE records SET target = 'x' || target WHERE seq = 2", "a tool is changed", 2, false },
		{ "UPDATE outcomes SET duration_us = 1 WHERE seq = 11", "an outcome is changed", 11, false },
		{ "UPDATE outcomes SET outcome = 99 WHERE seq = 11", "an outcome makes no sense", 11, false },
		{ "UPDATE checkpoints SET signature = zeroblob(64) WHERE seq = 10", "a signature is changed", 10, false },
		{ "UPDATE checkpoints SET time_us = 1 WHERE seq = 10", "the time of a checkpoint is changed", 10, false },
		{ "UPDATE mover SET seq = 10, chain = (SELECT chain FROM records WHERE seq = 10)", "the place is set back", 12, false },
	};
	struct folder f = folder_new();
	struct gate g;
	gate_open(&g, &f, &plain);
	for (int i = 0; i < 10; i++) {
		struct audit_record r = record_of(i, 1700000000000000 + i * (int64_t)1000);
		static char long_text[LIMIT_RECORD_TEXT];
		memset(long_text, 'm', sizeof long_text);
		r.decision = AUDIT_DENY;
		r.message = slice_of(long_text, sizeof long_text);
		add(&g, AUDIT_PART_DECISION, &r, NULL, 0);
		flush(&g);
		if (i == 9)
			move_all(&g);
		if (i > 7)
			add_outcome(&g, &r, AUDIT_OK);
	}
	flush(&g);
	move_all(&g);
	struct records_verdict v = verdict_of(g.store);
	ok(!v.is_broken && v.records == 10, "an untouched chain holds: %s", v.why);
	unsigned char public_key[SIGN_PUBLIC_SIZE];
	records_public_key(g.store, public_key);
	gate_close(&g);
	v = public_verdict_of(&f, public_key);
	ok(!v.is_broken && v.records == 10 && v.checkpoints == 2 && !v.unsigned_links && v.signed_us,
	   "the public key is enough to see that: %s %llu %llu %llu", v.why, (unsigned long long)v.records,
	   (unsigned long long)v.checkpoints, (unsigned long long)v.unsigned_links);
	struct folder early = folder_copy(&f);
	change(&early, "DELETE FROM checkpoints WHERE seq > 10");
	v = public_verdict_of(&early, public_key);
	ok(!v.is_broken && v.checkpoints == 1 && v.unsigned_links, "rows behind the last checkpoint are counted: %s", v.why);
	folder_remove(&early);
	public_key[0] ^= 1;
	ok(public_verdict_of(&f, public_key).is_broken, "another key is not");
	public_key[0] ^= 1;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct folder copy = folder_copy(&f);
		change(&copy, changes[i].sql);
		gate_open(&g, &copy, &plain);
		v = verdict_of(g.store);
		ok(v.is_broken && v.broken_seq == changes[i].seq, "%s: %lld, %s", changes[i].what,
		   (long long)v.broken_seq, v.why);
		gate_close(&g);
		v = public_verdict_of(&copy, public_key);
		ok(v.is_broken || changes[i].is_unsigned, "who has the public key notices that, too: %s", v.why);
		folder_remove(&copy);
	}
	folder_remove(&f);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_retention();
	check_chain();
	return tap_done();
}
