/* Text of anywhere in a page. */
#include "base/html.h"
#include "tap.h"

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

static bool shows_plainly(const char *text, const char *as)
{
	struct buf b = BUF_INIT(4096);
	html_add_plain(&b, slice_str(text), 0);
	bool is_same = strcmp(buf_str(&b), as) == 0;
	buf_release(&b);
	return is_same;
}

int main(void)
{
	struct buf b = BUF_INIT(4096);
	ok(shows("a <b> & \"c\" 'd'", "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"), "markup is text");
	ok(shows("\xd0\xb6\n\tx", "\xd0\xb6\n\tx"), "other alphabets, lines and tabs stay");
	ok(shows("a\xe2\x80\xae" "b", "a<span class=\"odd\">U+202E</span>b"), "what turns text is shown by its number");
	ok(shows("\xf3\xa0\x81\x81", "<span class=\"odd\">U+E0041</span>"), "so are tags");
	ok(shows("\xef\xbb\xbf\x1b", "<span class=\"odd\">U+FEFF</span><span class=\"odd\">U+001B</span>"), "marks and controls");
	ok(shows("\xee\x80\x80", "<span class=\"odd\">U+E000</span>"), "and what has no meaning but a private one");
	ok(shows("\xe2\x9a\xa0\xef\xb8\x8f", "\xe2\x9a\xa0\xef\xb8\x8f"), "a picture in colours is one");
	ok(shows("\xe2\x9a\xa0\xef\xb8\x8f\xef\xb8\x8f", "\xe2\x9a\xa0\xef\xb8\x8f<span class=\"odd\">U+FE0F</span>") &&
		   shows("a\xef\xb8\x8f", "a<span class=\"odd\">U+FE0F</span>"),
	   "selectors that ask for nothing are shown");
	ok(shows("\xff\xc3", "<span class=\"odd\">U+FFFD</span><span class=\"odd\">U+FFFD</span>"), "and what is no UTF-8");
	ok(!html_add(&b, SLICE_LIT("abc"), 3) && strcmp(buf_str(&b), "abc") == 0, "a text on the limit is whole");
	buf_clear(&b);
	ok(html_add(&b, SLICE_LIT("abcd"), 3) && strcmp(buf_str(&b), "abc") == 0, "one past it is cut, and it is said");
	buf_clear(&b);
	ok(html_add(&b, SLICE_LIT("ab\xd0\xb6"), 3) && strcmp(buf_str(&b), "ab") == 0, "at a character");
	buf_release(&b);
	ok(shows_plainly("a<b\n\xe2\x80\xae", "a&lt;b [U+202E]"), "in an attribute there are no elements and no lines");
	html_add_visible(&b, SLICE_LIT("a<b\t\"\x01"), 0);
	ok(strcmp(buf_str(&b), "a<b \"[U+0001]") == 0, "for another writer nothing is escaped but what is hidden");
	buf_release(&b);
	return tap_done();
}
