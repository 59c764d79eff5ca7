/* Edit distance for "did you mean": optimal string alignment over three rows. */
#include "base/nearest.h"

#define NEAREST_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t nearest_distance(struct slice a, struct slice b)
{
	size_t rows[3][NEAREST_MAX + 1];
	if (a.n > NEAREST_MAX || b.n > NEAREST_MAX)
		return a.n + b.n;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool is_same = a.p[i - 1] == b.p[j - 1];
			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + !is_same);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

const char *nearest_word(struct slice word, const char *const *known)
{
	const char *found = NULL;
	size_t best = word.n / 3 + 1; /* farther is not what was meant */
	for (; *known; known++) {
		size_t d = nearest_distance(word, slice_str(*known));
		if (d <= best && (!found || d < best)) {
			best = d;
			found = *known;
		}
	}
	return found;
}
