/* Mistakes of policies, for people and programs. */
#include "cli/commands.h"

bool problems_refuse(const struct policy_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->v[i].is_warning)
			return true;
	return false;
}

void problems_write(struct buf *b, const char *file, const struct policy_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		buf_addf(b, "%s:%d:%d: %s%s\n", file, p->v[i].line, p->v[i].column,
			 p->v[i].is_warning ? "warning: " : "", p->v[i].text);
}

void problems_write_json(struct buf *b, const struct policy_problems *p)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < p->n; i++) {
		buf_addf(b, "%s{\"line\":%d,\"column\":%d,\"pointer\":", i ? "," : "", p->v[i].line,
			 p->v[i].column);
		buf_add_json_string(b, slice_str(p->v[i].pointer));
		buf_adds(b, ",\"text\":");
		buf_add_json_string(b, slice_str(p->v[i].text));
		buf_addf(b, ",\"warning\":%s}", p->v[i].is_warning ? "true" : "false");
	}
	buf_addc(b, ']');
}
