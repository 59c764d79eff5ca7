/* A text as a result and as an argument: of what the argument asks for at least one was met. */
#include "base/check.h"
#include "base/map.h"
#include "policy/ident.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct met {
	struct map seen;
	struct arena a;
	size_t asked, known;
};

static void learn(void *ctx, const struct ident *i)
{
	struct slice identifier = i->text;
	struct met *m = ctx;
	BUG_ON(i->is_field || !(i->kind & IDENT_ALL));
	BUG_ON(identifier.n == 0 || identifier.n > IDENT_MAX + 2);
	if (map_get(&m->seen, identifier))
		return;
	char *copy = arena_alloc(&m->a, identifier.n);
	BUG_ON(!copy);
	memcpy(copy, identifier.p, identifier.n);
	map_put(&m->seen, slice_of(copy, identifier.n), m);
}

static void ask(void *ctx, const struct ident *i)
{
	struct met *m = ctx;
	m->asked++;
	m->known += map_get(&m->seen, i->text) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct met m = {0};
	struct err e = {0};
	struct buf json = BUF_INIT(1 << 20);
	if (n > 20000)
		return 0;
	arena_init(&m.a, 64 << 20);
	map_init(&m.seen);
	buf_add_json_string(&json, slice_of((const char *)data, n));
	const struct json *v = json_read(buf_slice(&json), &m.a, &e);
	BUG_ON(!v);
	BUG_ON(!ident_each(json_string(v), IDENT_ALL, learn, &m));
	BUG_ON(!ident_each_asked(v, IDENT_ALL, ask, &m));
	BUG_ON(m.asked && !m.known);
	map_release(&m.seen);
	arena_release(&m.a);
	buf_release(&json);
	return 0;
}
