/* gatehouse audit verify, gatehouse audit public-key */
#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/persons.h"
#include "store/records.h"
#include <unistd.h>

/* The record of what people changed; its chain needs the key. */
struct changes {
	uint64_t rows;
	bool is_checked, is_whole;
	char why[128];
};

#define KEY_TEXT_MAX 200 /* of a file with a key in it */

static const char *read_key_text(struct cli *c, const char *given, struct err *e)
{
	struct buf text = BUF_INIT(KEY_TEXT_MAX);
	if (access(given, R_OK) != 0)
		return given;
	const char *copy = NULL;
	if (file_read(given, &text, e)) {
		struct slice s = slice_trim(buf_slice(&text));
		copy = arena_strndup(&c->arena, s.p, s.n);
	}
	buf_release(&text);
	return copy;
}

static bool read_key(struct cli *c, const char *given, unsigned char key[SIGN_PUBLIC_SIZE], struct err *e)
{
	const char *text = read_key_text(c, given, e);
	if (!text)
		return false;
	if (digest_unhex(slice_str(text), key, SIGN_PUBLIC_SIZE))
		return true;
	return err_set(e, ERR_INPUT,
	               "'--public-key %.40s' is neither a key of %d hexadecimal digits nor a file with one: see "
	               "'gatehouse audit public-key'",
	               given, 2 * SIGN_PUBLIC_SIZE);
}

static void write_json(struct buf *b, const struct records_verdict *v, const struct changes *ch)
{
	char time[CLOCK_TEXT_SIZE];
	buf_addf(b, "{\"intact\":%s,\"records\":%llu,\"checkpoints\":%llu,\"unsigned\":%llu", v->is_broken ? "false" : "true",
	         (unsigned long long)v->records, (unsigned long long)v->checkpoints, (unsigned long long)v->unsigned_links);
	clock_text(v->signed_us, time);
	if (v->signed_us)
		buf_addf(b, ",\"signedUntil\":\"%s\"", time);
	if (v->is_broken) {
		buf_addf(b, ",\"broken\":{\"seq\":%lld,\"why\":", (long long)v->broken_seq);
		buf_add_json_string(b, slice_str(v->why));
		if (v->broken_id[0])
			buf_addf(b, ",\"id\":\"%s\"", v->broken_id);
		buf_addc(b, '}');
	}
	if (ch->is_checked)
		buf_addf(b, ",\"changes\":{\"intact\":%s,\"rows\":%llu", ch->is_whole ? "true" : "false", (unsigned long long)ch->rows);
	if (ch->is_checked && !ch->is_whole) {
		buf_adds(b, ",\"why\":");
		buf_add_json_string(b, slice_str(ch->why));
	}
	buf_adds(b, ch->is_checked ? "}}\n" : "}\n");
}

static void write_changes(struct buf *b, const struct changes *ch)
{
	if (ch->is_checked && ch->is_whole)
		buf_addf(b, "intact: %llu changes by people\n", (unsigned long long)ch->rows);
	else if (ch->is_checked)
		buf_addf(b, "broken: %s\n", ch->why);
}

static void write_words(struct buf *b, const struct records_verdict *v, bool has_key)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->signed_us, time);
	if (v->is_broken)
		buf_addf(b, "broken at row %lld%s%s: %s\n", (long long)v->broken_seq, v->broken_id[0] ? ", record " : "",
		         v->broken_id, v->why);
	else
		buf_addf(b, "intact: %llu records\n", (unsigned long long)v->records);
	if (v->signed_us)
		buf_addf(b, "%llu checkpoints are signed, the last at %s\n", (unsigned long long)v->checkpoints, time);
	else
		buf_adds(b, "there is no signed checkpoint yet\n");
	if (!v->is_broken && v->unsigned_links)
		buf_addf(b, "%llu rows behind it are %s\n", (unsigned long long)v->unsigned_links,
		         has_key ? "proved by the key of this data folder alone" : "not proved: they need the key, or the next checkpoint");
}

static int tell(const struct cli *c, const struct records_verdict *v, const struct changes *ch, bool has_key)
{
	struct buf b = BUF_INIT(1u << 16);
	if (c->is_json)
		write_json(&b, v, ch);
	else
		write_words(&b, v, has_key);
	if (!c->is_json)
		write_changes(&b, ch);
	int code = cli_print(&b);
	bool is_broken = v->is_broken || (ch->is_checked && !ch->is_whole);
	return code == CLI_OK && is_broken ? CLI_FAILED : code;
}

static int verify_with_store(struct cli *c)
{
	struct records_verdict v;
	struct changes ch = { .is_checked = true };
	struct persons p;
	struct err e = { 0 };
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_done = records_verify(p.place.store, &v, &e) &&
		       people_changes_verify(p.people, &ch.rows, &ch.is_whole, ch.why, &e);
	code = is_done ? tell(c, &v, &ch, true) : cli_fail_err(&e);
	persons_close(&p);
	return code;
}

static int run_verify(struct cli *c)
{
	const char *given = cli_value(c, "public-key");
	unsigned char key[SIGN_PUBLIC_SIZE];
	struct records_verdict v;
	struct place p;
	struct err e = { 0 };
	if (!given)
		return verify_with_store(c);
	if (!read_key(c, given, key, &e))
		return cli_fail_err(&e);
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	code = records_verify_public(p.config->data_dir, key, &v, &e) ? tell(c, &v, &(struct changes){ 0 }, false) : cli_fail_err(&e);
	place_close(&p);
	return code;
}

static int run_public_key(struct cli *c)
{
	unsigned char key[SIGN_PUBLIC_SIZE];
	char text[2 * SIGN_PUBLIC_SIZE + 1];
	struct buf b = BUF_INIT(256);
	struct place p;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	records_public_key(p.store, key);
	digest_hex(key, sizeof key, text);
	if (c->is_json)
		buf_addf(&b, "{\"publicKey\":\"%s\"}\n", text);
	else
		buf_addf(&b, "%s\n", text);
	place_close(&p);
	return cli_print(&b);
}

static const struct cli_option options[] = {
	{ "public-key", "KEY", "this public key, or a file with it, in place of the master key", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_audit_verify = {
	.name = "audit verify",
	.usage = "",
	.summary = "check that no record was changed, inserted or taken away",
	.details =
		"Walks the whole chain of records and the signatures of its checkpoints, and the chain of what people changed. With --public-key neither the master key "
		"nor a running gate is needed: a copy of the database in a folder is enough, and what stands behind the last "
		"checkpoint is only counted. Exit code 1: the chain is broken, and the first row that does not fit is named.",
	.example = "gatehouse audit verify\ngatehouse audit verify --data-dir copy --public-key audit.pub --json\n",
	.options = options,
	.run = run_verify,
};

const struct cli_command cmd_audit_public_key = {
	.name = "audit public-key",
	.usage = "",
	.summary = "print the public key that checkpoints of the records are signed with",
	.details = "Whoever has it can check the records with 'gatehouse audit verify --public-key', and can write none.",
	.example = "gatehouse audit public-key > audit.pub\n",
	.run = run_public_key,
};
