/* Forms that come back. */
#include "admin/form.h"

static bool decode(struct slice s, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] == '+' ? ' ' : s.p[i];
		if (c == '%') {
			int high = s.n - i > 2 ? slice_hex_digit(s.p[i + 1]) : -1, low = s.n - i > 2 ? slice_hex_digit(s.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(unsigned char)(high << 4 | low);
			i += 2;
		}
		if (!c || n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

bool form_value(struct slice body, const char *name, char *out, size_t size)
{
	size_t name_n = strlen(name);
	out[0] = '\0';
	while (body.n) {
		const char *end = memchr(body.p, '&', body.n);
		size_t n = end ? (size_t)(end - body.p) : body.n;
		if (n > name_n && memcmp(body.p, name, name_n) == 0 && body.p[name_n] == '=') {
			bool is_fine = decode(slice_of(body.p + name_n + 1, n - name_n - 1), out, size);
			if (!is_fine)
				out[0] = '\0';
			return is_fine;
		}
		body = slice_of(body.p + n + (end != NULL), body.n - n - (end != NULL));
	}
	return false;
}
