/* Pages of a list that is in memory as a whole: the cursor is the number of the row to go on with. */
#include "admin/api.h"
#include <stdio.h>

bool api_page(struct api_call *c, size_t *from, size_t *limit)
{
	struct slice cursor = api_query(c, "cursor");
	unsigned long long n = 0;
	bool is_good = !cursor.n || (cursor.p[0] == 'r' && slice_u64(slice_of(cursor.p + 1, cursor.n - 1), &n) && n < SIZE_MAX / 2);
	*from = (size_t)n;
	return api_limit(c, limit) && (is_good || api_parameter(c, "cursor", "cursor is what 'next' of the page before was"));
}

void api_page_end(struct api_call *c, size_t total, size_t from, size_t limit)
{
	buf_addf(&c->out, "],\"total\":%zu", total);
	if (from < total && total - from > limit)
		buf_addf(&c->out, ",\"next\":\"r%zu\"", from + limit);
	buf_addc(&c->out, '}');
}
