/* SQL: what holds for some kinds holds for more of them, and stays as it is with a semicolon and
 * a comment behind it; nothing crashes. The first two bytes are the kinds. */
#include "base/check.h"
#include "policy/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2 || n > 4000)
		return 0;
	struct sql_rule few = {.kinds = (uint32_t)(data[0] | data[1] << 8)}, all = {.kinds = 0xffff};
	struct slice text = slice_of((const char *)data + 2, n - 2);
	struct buf more = BUF_INIT(1 << 16);
	enum holds h = sql_judge(text, &few);
	buf_add_slice(&more, text);
	buf_adds(&more, "\n;/* and no more */ --");
	BUG_ON(h == HOLDS_YES && sql_judge(text, &all) != HOLDS_YES);
	BUG_ON(h == HOLDS_YES && sql_judge(buf_slice(&more), &few) != HOLDS_YES);
	buf_release(&more);
	return 0;
}
