/* Forms that come back. */
#include "admin/form.h"

bool form_value(struct slice body, const char *name, char *out, size_t size)
{
	size_t name_n = strlen(name);
	out[0] = '\0';
	while (body.n) {
		const char *end = memchr(body.p, '&', body.n);
		size_t n = end ? (size_t)(end - body.p) : body.n;
		if (n > name_n && memcmp(body.p, name, name_n) == 0 && body.p[name_n] == '=') {
			bool is_fine = slice_percent_decode(slice_of(body.p + name_n + 1, n - name_n - 1), true, out, size);
			if (!is_fine)
				out[0] = '\0';
			return is_fine;
		}
		body = slice_of(body.p + n + (end != NULL), body.n - n - (end != NULL));
	}
	return false;
}
