/* Growing buffers: the maximum holds exactly, and a failed append is remembered. */
#include "base/buf.h"
#include "tap.h"

int main(void)
{
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
