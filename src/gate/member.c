/* Objects printed with some members changed. */
#include "gate/member.h"

static const struct member *find(const struct member *changes, size_t n, struct slice key)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(changes[i].key, key))
			return &changes[i];
	return NULL;
}

static void write_one(struct buf *b, bool *is_first, struct slice key)
{
	if (!*is_first)
		buf_addc(b, ',');
	*is_first = false;
	buf_add_json_string(b, key);
	buf_addc(b, ':');
}

void members_write(struct buf *b, const struct json *object, const struct member *changes, size_t n)
{
	bool is_first = true;
	buf_addc(b, '{');
	for (struct json_iter it = json_iter(object); it.is_object && json_next(&it);) {
		const struct member *m = find(changes, n, it.key);
		if (m && !m->raw.p)
			continue;
		write_one(b, &is_first, it.key);
		if (m)
			buf_add_slice(b, m->raw);
		else
			json_write(b, it.value);
	}
	for (size_t i = 0; i < n; i++) {
		if (!changes[i].raw.p || json_get(object, changes[i].key))
			continue;
		write_one(b, &is_first, changes[i].key);
		buf_add_slice(b, changes[i].raw);
	}
	buf_addc(b, '}');
}
