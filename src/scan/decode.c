/* Texts within texts: base64 (RFC 4648, both alphabets), hex digits, percent (RFC 3986, 2.1). */
#include "scan/inside.h"

int base64_value(char c)
{
	if (is_upper(c))
		return c - 'A';
	if (is_letter(c))
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* What is encoded once more, or says something, is printable. */
bool is_mostly_printable(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] >= 0x20 && s.p[i] < 0x7f) || s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\t';
	return n * 8 >= s.n * 7;
}

void base64_decode(struct slice run, unsigned skip, struct buf *b)
{
	uint32_t bits = 0;
	unsigned n = 0;
	for (size_t i = 0; i < run.n; i++) {
		int v = base64_value(run.p[i]);
		if (v < 0)
			continue;
		if (skip) {
			skip--;
			continue;
		}
		bits = bits << 6 | (uint32_t)v;
		if (++n % 4 != 1)
			buf_addc(b, (char)(bits >> (n % 4 == 2 ? 4 : n % 4 == 3 ? 2 : 0)));
	}
}

bool percent_decode(struct slice text, struct buf *b)
{
	bool any = false;
	for (size_t i = 0; i < text.n; i++) {
		bool is_escape = text.p[i] == '%' && text.n - i > 2 && slice_hex_digit(text.p[i + 1]) >= 0 &&
				 slice_hex_digit(text.p[i + 2]) >= 0;
		any |= is_escape;
		if (is_escape) {
			buf_addc(b, (char)(slice_hex_digit(text.p[i + 1]) << 4 | slice_hex_digit(text.p[i + 2])));
			i += 2;
		} else {
			buf_addc(b, text.p[i]);
		}
	}
	return any;
}
