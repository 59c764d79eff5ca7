/* Is every record as it was written? Where the chain over the records stands, and a job that checks all of it. */
#include "admin/routes.h"
#include "base/clock.h"
#include "config/config.h"
#include "store/records.h"

static void add_time(struct buf *b, const char *name, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (!us)
		return;
	clock_text(us, time);
	buf_addf(b, ",\"%s\":\"%s\"", name, time);
}

void audit_get(struct api_call *c)
{
	struct buf *b = &c->out;
	struct records_chain chain;
	struct err e = { 0 };
	unsigned char key[SIGN_PUBLIC_SIZE];
	char hex[2 * SIGN_PUBLIC_SIZE + 1];
	if (!records_chain(c->store, &c->arena, &chain, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	records_public_key(c->store, key);
	digest_hex(key, sizeof key, hex);
	buf_addf(b, "{\"links\":%lld,\"unsigned_links\":%lld,\"public_key\":\"%s\",\"retention_s\":%lld", (long long)chain.last_seq,
	         (long long)(chain.last_seq - chain.signed_seq), hex, (long long)(c->config->retention_ms / 1000));
	add_time(b, "oldest_at", chain.oldest_us);
	if (chain.signed_us) {
		buf_addf(b, ",\"checkpoint\":{\"seq\":%lld", (long long)chain.signed_seq);
		add_time(b, "signed_at", chain.signed_us);
		buf_addc(b, '}');
	}
	if (chain.verified_us && chain.verified[0]) {
		buf_adds(b, ",\"last_verified\":");
		buf_adds(b, chain.verified);
	}
	buf_addc(b, '}');
}

static bool on_progress(void *job, uint64_t done, uint64_t total)
{
	job_progress(job, done, total);
	return !job_is_cancelled(job);
}

static void write_verdict(struct buf *b, const struct records_verdict *v, int64_t now_us)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(now_us, time);
	buf_addf(b, "{\"at\":\"%s\",\"is_whole\":%s,\"records\":%llu,\"checkpoints\":%llu,\"unsigned_links\":%llu", time,
	         v->is_broken ? "false" : "true", (unsigned long long)v->records, (unsigned long long)v->checkpoints,
	         (unsigned long long)v->unsigned_links);
	add_time(b, "signed_at", v->signed_us);
	if (v->is_broken) {
		buf_addf(b, ",\"broken\":{\"seq\":%lld,\"why\":", (long long)v->broken_seq);
		buf_add_json_string(b, slice_str(v->why));
		if (v->broken_id[0])
			buf_addf(b, ",\"id\":\"%s\"", v->broken_id);
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

static void verify(struct job *j, struct store *s, void *ctx)
{
	struct records_verdict v;
	struct err e = { 0 };
	bool is_ended = false;
	int64_t now = clock_wall_us();
	(void)ctx;
	if (!records_verify_watched(s, on_progress, j, &v, &is_ended, &e)) {
		job_fail(j, e.text);
		return;
	}
	if (is_ended)
		return;
	struct buf *out = job_result(j);
	write_verdict(out, &v, now);
	if (!records_verified_put(s, now, buf_slice(out), &e))
		job_fail(j, e.text);
}

void audit_verify_begin(struct api_call *c)
{
	struct job *j = job_start(c, "audit verify", verify, NULL, NULL);
	if (j)
		job_accept(c, j);
	api_answer(c);
}
