/* URLs in a text: one more that is not in the list refuses whatever stands in front of it, and a
 * text that is a URL holds only where host_in says so, too. */
#include "base/check.h"
#include "policy/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum holds judge(enum holds (*test)(const struct operand *, const struct value *), struct slice text)
{
	const struct slice hosts[] = {SLICE_LIT("good.example"), SLICE_LIT("*.docs.example"),
					     SLICE_LIT("192.0.2.7")};
	struct operand o = {.texts = hosts, .text_n = ARRAY_LEN(hosts)};
	struct value v = {.type = JSON_STRING, .text = text};
	return test(&o, &v);
}

static bool is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("\"<>`|{}^[]()", s.p[i]))
			return false;
	return s.n && (s.p[s.n - 1] == '/' || (s.p[s.n - 1] >= 'a' && s.p[s.n - 1] <= 'z'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = slice_of((const char *)data, n);
	struct buf b = BUF_INIT(1 << 20);
	if (n > 20000)
		return 0;
	judge(test_host_in, text);
	judge(test_host_private, text);
	buf_add_slice(&b, text);
	buf_adds(&b, " https://evil.example/");
	BUG_ON(judge(test_urls_in_hosts, buf_slice(&b)) == HOLDS_YES);
	buf_clear(&b);
	buf_adds(&b, "https://");
	buf_add_slice(&b, text);
	BUG_ON(is_word(text) && judge(test_urls_in_hosts, buf_slice(&b)) == HOLDS_YES &&
	       judge(test_host_in, buf_slice(&b)) != HOLDS_YES);
	buf_release(&b);
	return 0;
}
