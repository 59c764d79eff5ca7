/* Text in pages, and forms that come back. */
#include "admin/html.h"
#include "tap.h"
#include <string.h>

static bool shows(const char *text, const char *as)
{
	struct buf b = BUF_INIT(4096);
	html_add(&b, slice_str(text), 0);
	bool is_same = strcmp(buf_str(&b), as) == 0;
	if (!is_same)
		printf("# '%s'\n", buf_str(&b));
	buf_release(&b);
	return is_same;
}

static bool gives(const char *body, const char *name, const char *value)
{
	char out[8];
	bool is_there = form_value(slice_str(body), name, out, sizeof out);
	return value ? is_there && strcmp(out, value) == 0 : !is_there && !out[0];
}

int main(void)
{
	struct buf b = BUF_INIT(4096);
	ok(shows("a <b> & \"c\" 'd'", "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"), "markup is text");
	ok(shows("\xd0\xb6\n\tx", "\xd0\xb6\n\tx"), "other alphabets, lines and tabs stay");
	ok(shows("a\xe2\x80\xae" "b", "a<span class=\"odd\">U+202E</span>b"), "what turns text is shown by its number");
	ok(shows("\xf3\xa0\x81\x81", "<span class=\"odd\">U+E0041</span>"), "so are tags");
	ok(shows("\xef\xbb\xbf\x1b", "<span class=\"odd\">U+FEFF</span><span class=\"odd\">U+001B</span>"), "marks and controls");
	ok(shows("\xff\xc3", "<span class=\"odd\">U+FFFD</span><span class=\"odd\">U+FFFD</span>"), "and what is no UTF-8");
	ok(!html_add(&b, SLICE_LIT("abc"), 3) && strcmp(buf_str(&b), "abc") == 0, "a text on the limit is whole");
	buf_clear(&b);
	ok(html_add(&b, SLICE_LIT("abcd"), 3) && strcmp(buf_str(&b), "abc") == 0, "one past it is cut, and it is said");
	buf_clear(&b);
	ok(html_add(&b, SLICE_LIT("ab\xd0\xb6"), 3) && strcmp(buf_str(&b), "ab") == 0, "at a character");
	buf_release(&b);

	ok(gives("a=1&b=2", "b", "2") && gives("a=1&b=2", "a", "1"), "values of a form");
	ok(gives("a=%41+%2b&b", "a", "A +"), "are decoded");
	ok(gives("ab=1", "a", NULL) && gives("b=a=1", "a", NULL) && gives("", "a", NULL) && gives("a", "a", NULL), "names are whole");
	ok(gives("a=%0", "a", NULL) && gives("a=%", "a", NULL) && gives("a=%zz", "a", NULL) && gives("a=%00", "a", NULL),
	   "an escape that is none, and NUL, are refused");
	ok(gives("a=1234567", "a", "1234567") && gives("a=12345678", "a", NULL), "so is what does not fit");
	return tap_done();
}
