/* What two documents differ in: objects by key, lists by what is equal in both. */
#include "author/difference.h"
#include "base/limits.h"
#include "tap.h"

static void is_told(const char *from, const char *to, const char *want)
{
	struct arena a;
	struct differences d;
	struct err e = {0};
	struct buf b = BUF_INIT(1 << 20);
	arena_init(&a, 64 << 20);
	const struct json *x = json_read(slice_str(from), &a, &e), *y = json_read(slice_str(to), &a, &e);
	ok(x && y && differences_find(x, y, &a, &d), "%s and %s are compared", from, to);
	differences_write(&b, &d);
	ok(strcmp(buf_str(&b), want) == 0, "%s to %s: %s", from, to, buf_str(&b));
	buf_release(&b);
	arena_release(&a);
}

static void bounds(void)
{
	struct arena a;
	struct differences d;
	struct err e = {0};
	struct buf from = BUF_INIT(1 << 20), to = BUF_INIT(1 << 20);
	for (size_t n = LIMIT_DIFFERENCES; n <= LIMIT_DIFFERENCES + 1; n++) {
		arena_init(&a, 64 << 20);
		buf_clear(&from);
		buf_clear(&to);
		for (size_t i = 0; i < n; i++) {
			buf_adds(&from, i ? ",1" : "[1");
			buf_adds(&to, i ? ",2" : "[2");
		}
		buf_addc(&from, ']');
		buf_addc(&to, ']');
		bool is_all = differences_find(json_read(buf_slice(&from), &a, &e), json_read(buf_slice(&to), &a, &e),
					       &a, &d);
		ok(is_all == (n == LIMIT_DIFFERENCES) && d.n == LIMIT_DIFFERENCES, "%zu differences", n);
		arena_release(&a);
	}
	buf_release(&from);
	buf_release(&to);
}

int main(void)
{
	struct arena a;
	struct differences d;
	struct err e = {0};
	struct buf b = BUF_INIT(1 << 20);
	is_told("{\"a\":1,\"b\":[1,2]}", "{\"b\":[1,2.0],\"a\":1.0}", "");
	is_told("{\"a\":1}", "{\"a\":\"1\"}", "~ /a: 1 -> \"1\"\n");
	is_told("{\"a\":1,\"b\":{\"c\":null}}", "{\"b\":{\"d\":[]},\"e\":true}",
		"- /a: 1\n- /b/c: null\n+ /b/d: []\n+ /e: true\n");
	is_told("[1,2,3]", "[0,1,2,3]", "+ /0: 0\n");
	is_told("[1,2,3]", "[1,3]", "- /1: 2\n");
	is_told("[{\"x\":1},{\"y\":2}]", "[{\"x\":1},{\"y\":3},{\"z\":4}]", "~ /1/y: 2 -> 3\n+ /2: {\"z\":4}\n");
	is_told("[1,2,3,4]", "[2,9,4,5]", "- /0: 1\n~ /1: 3 -> 9\n+ /3: 5\n");
	is_told("[]", "[]", "");
	is_told("[]", "[1]", "+ /0: 1\n");
	is_told("5", "[5]", "~ (document): 5 -> [5]\n");
	is_told("{\"a/b\":{\"c~d\":1}}", "{\"a/b\":{\"c~d\":2}}", "~ /a~1b/c~0d: 1 -> 2\n");
	bounds();
	arena_init(&a, 1 << 20);
	ok(differences_find(json_read(SLICE_LIT("{\"a\":1,\"b\":2}"), &a, &e),
			    json_read(SLICE_LIT("{\"b\":3,\"c\":4}"), &a, &e), &a, &d), "as JSON");
	differences_write_json(&b, &d);
	ok(strcmp(buf_str(&b), "[{\"pointer\":\"/a\",\"from\":1},{\"pointer\":\"/b\",\"from\":2,\"to\":3},{\"pointer\":\"/c\",\"to\":4}]") == 0,
	   "%s", buf_str(&b));
	buf_release(&b);
	arena_release(&a);
	return tap_done();
}
