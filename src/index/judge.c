/* A list as it is kept: each element with its name, its text and what the classifier says of it. */
#include "index/inside.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/map.h"

/* At a character's begin, so that what is left is UTF-8. */
static struct slice cut(struct slice s, size_t max)
{
	if (s.n <= max)
		return s;
	size_t n = max;
	while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return slice_of(s.p, n);
}

static bool copy(struct arena *a, struct slice s, struct slice *out)
{
	char *p = arena_strndup(a, s.n ? s.p : "", s.n);
	*out = slice_of(p, s.n);
	return p != NULL;
}

/* What is kept of a definition that is too large: a name, and how its description begins. */
static void write_cut(struct buf *b, const struct json *tool)
{
	buf_clear(b);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, cut(json_string(json_gets(tool, "name")), LIMIT_INDEX_NAME));
	buf_adds(b, ",\"description\":");
	buf_add_json_string(b, cut(json_string(json_gets(tool, "description")), LIMIT_INDEX_CUT_DESCRIPTION));
	buf_addc(b, '}');
}

static bool set_refused(struct index_row *row, const char *why)
{
	row->refused = slice_str(why);
	row->category = CATEGORY_UNKNOWN;
	row->severity = SEVERITY_CRITICAL;
	row->confidence = 0;
	return why != NULL;
}

static bool judge(struct index_row *row, const struct json *tool, struct slice server, struct arena *scratch, struct arena *a)
{
	struct profile *p = arena_zalloc(scratch, sizeof *p);
	if (!p)
		return false;
	profile_make(tool, server, scratch, p);
	row->category = p->category;
	row->severity = p->severity;
	row->confidence = (unsigned)(p->confidence * 10000 + 0.5);
	row->labels = p->labels;
	row->signals = p->signals;
	row->is_disputed = p->is_disputed;
	row->tokens = p->tokens > UINT32_MAX ? UINT32_MAX : (uint32_t)p->tokens;
	memcpy(row->pin, p->pin, sizeof row->pin);
	return copy(a, p->refused, &row->refused);
}

static bool add_row(struct index_row *row, const struct json *tool, size_t at, struct slice server, struct arena *scratch,
		    struct buf *text, struct arena *a)
{
	struct slice name = cut(json_string(json_gets(tool, "name")), LIMIT_INDEX_NAME);
	bool ok = true;
	buf_clear(text);
	json_write(text, tool);
	BUG_ON(!buf_ok(text)); /* no longer than the text that was read */
	if (text->n > LIMIT_INDEX_DEFINITION) {
		pin_of(tool, row->pin);
		ok = set_refused(row, arena_printf(a, "its definition has %zu bytes, more than %u: it was cut", text->n,
						   LIMIT_INDEX_DEFINITION));
		write_cut(text, tool);
	} else {
		ok = judge(row, tool, server, scratch, a);
	}
	if (!name.n) {
		char *made = arena_printf(a, "(element %zu)", at + 1);
		ok = ok && made;
		name = slice_str(made);
	}
	return ok && copy(a, name, &row->name) && copy(a, buf_slice(text), &row->definition);
}

/* Two of one name: the first is kept, and nobody knows which of them a call would reach. */
static bool add_once(struct index_list *list, struct map *names)
{
	struct index_row *row = &list->v[list->n], *twin = map_get(names, row->name);
	if (!twin) {
		map_put(names, row->name, row);
		list->n++;
		return true;
	}
	return twin->refused.n || set_refused(twin, INDEX_TWICE);
}

struct index_list *index_judge(struct slice server, const struct json *tools, struct arena *a, struct err *e)
{
	struct index_list *list = arena_zalloc(a, sizeof *list);
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	struct arena scratch;
	struct map names;
	bool ok = true;
	size_t at = 0, n = json_count(tools);
	if (!json_is(tools, JSON_ARRAY)) {
		err_set(e, ERR_INPUT, "the tools of '%.*s' are no array", SLICE_ARG(server));
		return NULL;
	}
	if (n > LIMIT_TOOLS_PER_SERVER) {
		err_set(e, ERR_LIMIT, "'%.*s' lists %zu tools, more than %d", SLICE_ARG(server), n, LIMIT_TOOLS_PER_SERVER);
		return NULL;
	}
	if (list)
		list->v = arena_zalloc(a, (n + 1) * sizeof *list->v);
	if (!list || !list->v) {
		err_set(e, ERR_LIMIT, "the tools of '%.*s' take too much memory", SLICE_ARG(server));
		return NULL;
	}
	arena_init(&scratch, LIMIT_REQUEST_ARENA);
	map_init(&names);
	for (struct json_iter it = json_iter(tools); ok && json_next(&it); at++) {
		ok = add_row(&list->v[list->n], it.value, at, server, &scratch, &text, a) && add_once(list, &names);
		arena_reset(&scratch);
	}
	map_release(&names);
	arena_release(&scratch);
	buf_release(&text);
	if (!ok)
		err_set(e, ERR_LIMIT, "the tools of '%.*s' take too much memory", SLICE_ARG(server));
	return ok ? list : NULL;
}

struct index_list_size index_list_size(const struct index_list *list)
{
	struct index_list_size size = { .tools = list ? list->n : 0 };
	for (size_t i = 0; i < size.tools; i++)
		size.refused += list->v[i].refused.n != 0;
	return size;
}

bool index_profile(const struct index_tool *t, struct arena *a, struct profile *out, struct err *e)
{
	const struct json *definition = json_read(t->definition, a, e);
	if (!definition)
		return false;
	profile_make(definition, t->server, a, out);
	/* Refused by its list: cut, or there were two of it. Then what is kept is not what was listed. */
	if (!t->refused.n || out->refused.n)
		return true;
	out->refused = t->refused;
	out->category = CATEGORY_UNKNOWN;
	out->severity = SEVERITY_CRITICAL;
	out->confidence = 0;
	return digest_unhex(slice_of(t->pin, 64), out->pin, sizeof out->pin) ||
	       err_set(e, ERR_INPUT, "the pin of '%.*s' is damaged", SLICE_ARG(t->name));
}
