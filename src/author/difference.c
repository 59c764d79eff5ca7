/* Objects by key, lists by the longest common row of equal elements. */
#include "author/difference.h"
#include "base/limits.h"

/* Lists beyond this are compared place by place: matching takes the square of it. */
#define MATCHED_MAX 500

struct finder {
	struct arena *arena;
	struct differences *out;
	struct buf pointer;
	size_t room; /* in out->v */
	bool is_full;
};

static void compare(struct finder *f, const struct json *from, const struct json *to);

static void add(struct finder *f, const struct json *from, const struct json *to)
{
	struct differences *d = f->out;
	if (d->n == LIMIT_DIFFERENCES) {
		f->is_full = true;
		return;
	}
	struct difference *v = d->v;
	if (d->n == f->room)
		v = arena_realloc(f->arena, v, d->n * sizeof *v, (f->room = d->n ? 2 * d->n : 16) * sizeof *v);
	char *pointer = arena_strndup(f->arena, f->pointer.p ? f->pointer.p : "", f->pointer.n);
	if (!v || !pointer) {
		f->is_full = true;
		return;
	}
	d->v = v;
	d->v[d->n++] = (struct difference){slice_str(pointer), from, to};
}

static void compare_member(struct finder *f, struct slice token, const struct json *from,
			   const struct json *to)
{
	size_t mark = f->pointer.n;
	json_pointer_add(&f->pointer, token);
	compare(f, from, to);
	f->pointer.n = mark;
}

static void compare_element(struct finder *f, size_t index, const struct json *from,
			    const struct json *to)
{
	char text[24];
	snprintf(text, sizeof text, "%zu", index);
	compare_member(f, slice_str(text), from, to);
}

static void compare_objects(struct finder *f, const struct json *from, const struct json *to)
{
	for (struct json_iter it = json_iter(from); json_next(&it);)
		compare_member(f, it.key, it.value, json_get(to, it.key));
	for (struct json_iter it = json_iter(to); json_next(&it);)
		if (!json_get(from, it.key))
			compare_member(f, it.key, NULL, it.value);
}

/* Elements [i, i_end) became [j, j_end), and none of them is equal: the first ones are pairs. */
static void compare_gap(struct finder *f, const struct json *from, size_t i, size_t i_end,
			const struct json *to, size_t j, size_t j_end)
{
	for (; i < i_end && j < j_end; i++, j++)
		compare_element(f, j, json_at(from, i), json_at(to, j));
	for (; i < i_end; i++)
		compare_element(f, i, json_at(from, i), NULL);
	for (; j < j_end; j++)
		compare_element(f, j, NULL, json_at(to, j));
}

/* length[i * (m + 1) + j]: of the longest common row of from[i…] and to[j…]. */
static void walk_rows(struct finder *f, const struct json *from, size_t n, const struct json *to,
		      size_t m, const unsigned *length)
{
	size_t i = 0, j = 0, i0 = 0, j0 = 0;
	while (i < n && j < m) {
		if (json_equal(json_at(from, i), json_at(to, j))) {
			compare_gap(f, from, i0, i, to, j0, j);
			i0 = ++i;
			j0 = ++j;
		} else if (length[(i + 1) * (m + 1) + j] >= length[i * (m + 1) + j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	compare_gap(f, from, i0, n, to, j0, m);
}

static void compare_lists(struct finder *f, const struct json *from, const struct json *to)
{
	size_t n = json_count(from), m = json_count(to);
	unsigned *length = n <= MATCHED_MAX && m <= MATCHED_MAX
				   ? arena_zalloc(f->arena, (n + 1) * (m + 1) * sizeof *length)
				   : NULL;
	if (!length) {
		compare_gap(f, from, 0, n, to, 0, m);
		return;
	}
	for (size_t i = n; i-- > 0;)
		for (size_t j = m; j-- > 0;) {
			unsigned down = length[(i + 1) * (m + 1) + j], right = length[i * (m + 1) + j + 1];
			length[i * (m + 1) + j] = json_equal(json_at(from, i), json_at(to, j))
							  ? length[(i + 1) * (m + 1) + j + 1] + 1
						  : down > right ? down
								 : right;
		}
	walk_rows(f, from, n, to, m, length);
}

static void compare(struct finder *f, const struct json *from, const struct json *to)
{
	if (f->is_full || (from && to && json_equal(from, to)))
		return;
	if (json_is(from, JSON_OBJECT) && json_is(to, JSON_OBJECT))
		compare_objects(f, from, to);
	else if (json_is(from, JSON_ARRAY) && json_is(to, JSON_ARRAY))
		compare_lists(f, from, to);
	else
		add(f, from, to);
}

bool differences_find(const struct json *from, const struct json *to, struct arena *a,
		      struct differences *out)
{
	struct finder f = {.arena = a, .out = out, .pointer = BUF_INIT(1u << 16)};
	*out = (struct differences){0};
	compare(&f, from, to);
	buf_release(&f.pointer);
	return !f.is_full;
}

void differences_write(struct buf *b, const struct differences *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct difference *v = &d->v[i];
		buf_addf(b, "%s %.*s: ", !v->from ? "+" : !v->to ? "-" : "~",
			 SLICE_ARG(v->pointer.n ? v->pointer : SLICE_LIT("(document)")));
		if (v->from)
			json_write(b, v->from);
		buf_adds(b, v->from && v->to ? " -> " : "");
		if (v->to)
			json_write(b, v->to);
		buf_addc(b, '\n');
	}
}

void differences_write_json(struct buf *b, const struct differences *d)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < d->n; i++) {
		buf_adds(b, i ? ",{\"pointer\":" : "{\"pointer\":");
		buf_add_json_string(b, d->v[i].pointer);
		if (d->v[i].from) {
			buf_adds(b, ",\"from\":");
			json_write(b, d->v[i].from);
		}
		if (d->v[i].to) {
			buf_adds(b, ",\"to\":");
			json_write(b, d->v[i].to);
		}
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}
