/*
 * JSON: what is read prints, and the print reads as the same value and prints as itself;
 * so does the canonical text, which a value printed otherwise shares; a refusal has a reason; comparing numbers is an order; a pointer made of any bytes leads
 * to a place in the text.
 */
#include "base/check.h"
#include "json/canonical.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NUMBERS_MAX 16

static void check_numbers(const struct json *array)
{
	struct slice n[NUMBERS_MAX];
	size_t count = 0;
	for (struct json_iter it = json_iter(array); json_next(&it) && count < NUMBERS_MAX;)
		if (json_is(it.value, JSON_NUMBER))
			n[count++] = json_number(it.value);
	for (size_t i = 0; i < count; i++) {
		BUG_ON(json_number_compare(n[i], n[i]) != 0);
		for (size_t k = 0; k < count; k++) {
			int ik = json_number_compare(n[i], n[k]);
			BUG_ON(ik != -json_number_compare(n[k], n[i]));
			for (size_t m = 0; m < count; m++)
				BUG_ON(ik <= 0 && json_number_compare(n[k], n[m]) <= 0 &&
				       json_number_compare(n[i], n[m]) > 0);
		}
	}
}

static void check_members(const struct json *root)
{
	for (struct json_iter it = json_iter(root); it.is_object && json_next(&it);)
		BUG_ON(json_get(root, it.key) != it.value);
}

static void check_canonical(const struct json *root, const struct json *again, struct arena *a)
{
	struct buf once = BUF_INIT(64u << 20), twice = BUF_INIT(64u << 20);
	unsigned char one[32], other[32];
	struct err e = { 0 };
	json_canonical(&once, root);
	const struct json *read = json_read(buf_slice(&once), a, &e);
	if (read) { /* nothing but memory can be in the way */
		BUG_ON(!json_equal(root, read));
		json_canonical(&twice, read);
		BUG_ON(!slice_eq(buf_slice(&once), buf_slice(&twice)));
	}
	json_canonical_digest(root, one);
	json_canonical_digest(again, other);
	BUG_ON(memcmp(one, other, sizeof one) != 0);
	buf_release(&once);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct buf once = BUF_INIT(32u << 20), twice = BUF_INIT(32u << 20);
	struct arena a;
	struct err e = { 0 };
	int line = 0, column = 0;

	arena_init(&a, 64u << 20);
	const struct json *root = json_read(text, &a, &e);
	if (root) {
		json_write(&once, root);
		const struct json *again = json_read(buf_slice(&once), &a, &e);
		BUG_ON(!again || !json_equal(root, again) || !json_equal(again, root));
		json_write(&twice, again);
		BUG_ON(!slice_eq(buf_slice(&once), buf_slice(&twice)));
		check_canonical(root, again, &a);
		check_numbers(root);
		check_members(root);
		json_locate(text, text, size & 1, &line, &column);
		BUG_ON(line < 1 || column < 1);
	} else {
		BUG_ON(e.kind == ERR_NONE || !e.text[0]);
	}
	buf_release(&once);
	buf_release(&twice);
	arena_release(&a);
	return 0;
}
