/*
 * Two points to go back to are enough: the last `**` and, behind it, the last `*`.
 * The earliest match of what stands before a wildcard leaves the most for the rest, and
 * a `*` that may not cross the separator cannot profit from an earlier one beyond it.
 */
#include "base/glob.h"

struct retry {
	size_t p, t; /* pattern behind the wildcard; text where the next try starts */
	bool is_set;
};

/* Bytes of the UTF-8 character at t: a `?` must not split one. */
static size_t character(struct slice text, size_t t)
{
	size_t n = 1;
	while (t + n < text.n && ((unsigned char)text.p[t + n] & 0xc0) == 0x80)
		n++;
	return n;
}

bool glob_match(struct slice pattern, struct slice text, char separator)
{
	struct retry one = {0}, all = {0};
	size_t p = 0, t = 0;
	if (pattern.n == 1 && pattern.p[0] == '*')
		return true;
	for (;;) {
		if (p < pattern.n && pattern.p[p] == '*') {
			bool is_all = p + 1 < pattern.n && pattern.p[p + 1] == '*';
			while (p < pattern.n && pattern.p[p] == '*')
				p++;
			*(is_all || !separator ? &all : &one) = (struct retry){p, t, true};
			if (is_all || !separator)
				one.is_set = false;
			continue;
		}
		if (p == pattern.n && t == text.n)
			return true;
		if (p < pattern.n && t < text.n) {
			if (pattern.p[p] == '?' && (!separator || text.p[t] != separator)) {
				t += character(text, t);
				p++;
				continue;
			}
			if (pattern.p[p] != '?' && pattern.p[p] == text.p[t]) {
				p++, t++;
				continue;
			}
		}
		if (one.is_set && one.t < text.n && text.p[one.t] != separator) {
			p = one.p;
			t = ++one.t;
		} else if (all.is_set && all.t < text.n) {
			p = all.p;
			t = ++all.t;
			one.is_set = false;
		} else {
			return false;
		}
	}
}

bool glob_is_pattern(struct slice s)
{
	return s.n && (memchr(s.p, '*', s.n) || memchr(s.p, '?', s.n));
}

size_t glob_literal(struct slice pattern)
{
	size_t n = 0;
	for (size_t i = 0; i < pattern.n; i++)
		n += pattern.p[i] != '*' && pattern.p[i] != '?';
	return n;
}
