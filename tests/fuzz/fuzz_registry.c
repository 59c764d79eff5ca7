/*
 * Entries of a registry: what is read has an id and a version, its document reads as the same entry, and
 * its addresses hold no credentials, query or control character; a refusal has a reason. A list of tools
 * is judged without harm, each row named and printable as JSON, no name twice.
 */
#include "base/check.h"
#include "base/limits.h"
#include "index/registry.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(struct slice s)
{
	BUG_ON(slice_printable(s) != s.n || s.n > LIMIT_INDEX_WORD);
	BUG_ON(s.n && memchr(s.p, ' ', s.n));
}

static void check_entry(const struct json *v, struct arena *a)
{
	struct index_server s, again;
	struct err e = { 0 };
	if (!registry_read(v, a, &s, &e)) {
		BUG_ON(e.kind == ERR_NONE || !e.text[0]);
		return;
	}
	BUG_ON(!s.id.n || s.id.n > LIMIT_INDEX_ID || !s.version.n);
	check_address(s.package);
	check_address(s.remote);
	BUG_ON(s.remote.n && (memchr(s.remote.p, '?', s.remote.n) || memchr(s.remote.p, '#', s.remote.n)));
	const struct json *document = json_read(s.document, a, &e);
	BUG_ON(!document || !registry_read(document, a, &again, &e));
	BUG_ON(!slice_eq(s.id, again.id) || !slice_eq(s.package, again.package) || !slice_eq(s.remote, again.remote));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 256u << 20);
	const struct json *v = json_read(slice_of((const char *)data, size), &a, &e);
	(void)registry_is_entry(v);
	(void)registry_is_older(v);
	if (v)
		check_entry(v, &a);
	for (struct json_iter it = json_iter(json_gets(v, "servers")); json_next(&it);)
		check_entry(it.value, &a);
	const struct json *tools = json_gets(v, "tools");
	if (tools) {
		const struct index_list *list = index_judge(SLICE_LIT("fuzz"), tools, &a, &e);
		BUG_ON(!list && e.kind == ERR_NONE);
		BUG_ON(index_list_size(list).tools > json_count(tools));
	}
	arena_release(&a);
	return 0;
}
