/* Places in files: bytes to lines and columns, JSON Pointers to bytes. */
#include "base/limits.h"
#include "cli/scan.h"
#include <stdlib.h>

void scan_text_index(struct scan_text *t, struct arena *a)
{
	size_t n = 1;
	for (size_t i = 0; i < t->text.n; i++)
		n += t->text.p[i] == '\n';
	t->lines = arena_alloc(a, n * sizeof *t->lines);
	if (!t->lines)
		return;
	t->lines[t->line_n++] = 0;
	for (size_t i = 0; i < t->text.n; i++)
		if (t->text.p[i] == '\n')
			t->lines[t->line_n++] = i + 1;
}

static void locate(const struct scan_text *t, size_t at, int *line, int *column)
{
	size_t low = 0, high = t->line_n;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (t->lines[mid] <= at)
			low = mid;
		else
			high = mid;
	}
	*line = (int)low + 1;
	*column = 1;
	for (size_t i = t->lines[low]; i < at && i < t->text.n; i++)
		*column += ((unsigned char)t->text.p[i] & 0xc0) != 0x80;
}

struct report_place scan_place(const struct scan_text *t, size_t at, size_t end)
{
	struct report_place p = { .file = t->shown };
	if (!t->line_n)
		return p;
	locate(t, at, &p.line, &p.column);
	if (end > at)
		locate(t, end, &p.end_line, &p.end_column);
	return p;
}

struct report_place scan_place_of(const struct scan_text *t, const struct node *n)
{
	return n ? scan_place(t, n->at, n->end) : scan_place(t, 0, 0);
}

/* The end of a key is not kept: it is on the line, before its value. */
struct report_place scan_place_of_key(const struct scan_text *t, const struct node *n)
{
	return n ? scan_place(t, n->key_at, n->key_at) : scan_place(t, 0, 0);
}

static const struct node *child_at(const struct node *n, const char *token, size_t length)
{
	unsigned long long i;
	if (node_type(n) == NODE_OBJECT)
		return node_get(n, slice_of(token, length));
	if (node_type(n) != NODE_LIST || !slice_u64(slice_of(token, length), &i))
		return NULL;
	const struct node *child = n->first;
	while (child && i--)
		child = child->next;
	return child;
}

const struct node *scan_follow(const struct node *root, const char *pointer)
{
	const struct node *n = root;
	while (*pointer == '/') {
		size_t length = strcspn(++pointer, "/");
		const struct node *child = child_at(n, pointer, length);
		if (!child)
			break;
		n = child;
		pointer += length;
	}
	const struct node *name = node_gets(n, "name");
	return !*pointer && node_type(name) == NODE_STRING ? name : n;
}

void scan_invalid(struct scanning *s, const struct scan_text *t, enum report_rule rule, const char *why)
{
	struct buf b = BUF_INIT(8192);
	struct report_place p = { .file = t->shown };
	int used = 0;
	if (sscanf(why, "line %d, column %d: %n", &p.line, &p.column, &used) == 2 && used > 0)
		why += used;
	buf_adds(&b, rule == RULE_POLICY_WARNING ? "the policy loads, but " : "the file cannot be used: ");
	report_quote(&b, slice_str(why), 400);
	report_add(&s->report, &(struct report_finding){ .rule = rule,
							 .severity = report_rule_text(rule)->severity,
							 .place = p,
							 .detail = why,
							 .message = buf_str(&b) });
	buf_release(&b);
}

bool scan_grow(struct scanning *s, void *list, size_t n, size_t *cap, size_t size)
{
	void **v = list, *grown;
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 16;
	grown = arena_realloc(&s->arena, *v, *cap * size, more * size);
	if (!grown) {
		s->report.is_cut = true;
		return false;
	}
	*v = grown;
	*cap = more;
	return true;
}

static bool is_free(const struct scanning *s, const char *name, bool is_list)
{
	size_t at = (size_t)(uintptr_t)map_get(&s->report.by_server, slice_str(name));
	return !at || (is_list && !s->report.servers[at - 1].is_listed);
}

const char *scan_server_name(struct scanning *s, struct slice name, const char *file, bool is_list)
{
	const char *plain = report_name(&s->report, name);
	if (is_free(s, plain, is_list))
		return plain;
	const char *longer = report_printf(&s->report, "%s (%s)", plain, file);
	for (unsigned i = 2; !is_free(s, longer, is_list) && i < LIMIT_REPORT_SERVERS; i++)
		longer = report_printf(&s->report, "%s (%s, %u)", plain, file, i);
	return longer;
}
