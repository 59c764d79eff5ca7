/* Growing buffers: the maximum holds exactly, and a failed append is remembered. */
#include "base/buf.h"
#include "tap.h"
#include <stdio.h>

/* Whole words are looked at first: every byte in every place of them. */
static void scan_words(void)
{
	char text[20], want[40];
	bool is_plain = true, is_escaped = true;
	struct buf b = BUF_INIT(100);
	for (size_t at = 0; at < sizeof text; at++) {
		for (int c = 0; c < 256; c++) {
			memset(text, 'x', sizeof text);
			text[at] = (char)c;
			bool is_printable = c >= 0x20 && c < 0x7f;
			is_plain &= slice_printable(slice_of(text, sizeof text)) == (is_printable ? sizeof text : at);
			if (!is_printable)
				continue;
			bool is_special = c == '"' || c == '\\';
			int n = snprintf(want, sizeof want, "\"%.*s%s%c%.*s\"", (int)at, text, is_special ? "\\" : "", c,
			                 (int)(sizeof text - at - 1), text + at + 1);
			buf_clear(&b);
			buf_add_json_string(&b, slice_of(text, sizeof text));
			is_escaped &= slice_eq(buf_slice(&b), slice_of(want, (size_t)n));
		}
	}
	ok(is_plain, "the first byte that is not printable is found");
	ok(is_escaped, "quotes and backslashes are escaped wherever they stand");
	buf_release(&b);
	buf_init(&b, 12);
	buf_add_json_string(&b, SLICE_LIT("0123456789"));
	ok(buf_ok(&b) && b.n == 12, "a string takes exactly the maximum");
	buf_clear(&b);
	buf_add_json_string(&b, SLICE_LIT("0123456789a"));
	ok(!buf_ok(&b), "and not one byte more");
	buf_release(&b);
}

int main(void)
{
	scan_words();
	struct buf b = BUF_INIT(8);
	buf_adds(&b, "12345678");
	ok(buf_ok(&b) && b.n == 8, "a buffer takes exactly its maximum");
	buf_addc(&b, '9');
	ok(!buf_ok(&b) && b.n == 0, "one byte more fails and empties it");
	buf_addc(&b, 'x');
	ok(b.n == 0, "a failed buffer takes nothing");
	buf_clear(&b);
	buf_addf(&b, "%d", 42);
	ok(slice_is(buf_slice(&b), "42"), "cleared, it works again");
	buf_release(&b);
	ok(b.cap == 0 && b.n == 0, "release leaves nothing");

	struct buf j = BUF_INIT(1000);
	buf_add_json_string(&j, SLICE_LIT("a\"b\\c\n\x01\xff\xc3\xa9\xed\xa0\x80"));
	ok(slice_is(buf_slice(&j), "\"a\\\"b\\\\c\\n\\u0001\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""),
	   "JSON strings are escaped and their UTF-8 is made whole: %s", buf_str(&j));
	buf_release(&j);
	return tap_done();
}
