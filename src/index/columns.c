/* Rows of the file as structs. */
#include "index/inside.h"
#include "base/digest.h"

bool column_copy(struct stmt *q, int column, struct arena *a, struct slice *out, struct err *e)
{
	struct slice v = stmt_col(q, column);
	char *p = arena_strndup(a, v.p, v.n);
	*out = slice_of(p ? p : "", p ? v.n : 0);
	return p || err_set(e, ERR_LIMIT, "a row of '%s' does not fit the memory for it", q->db->path);
}

/* Any other length than that of a pin or digest is none. */
void column_pin(struct stmt *q, int column, char out[65])
{
	struct slice v = stmt_col(q, column);
	out[0] = '\0';
	if (v.n == PIN_SIZE)
		digest_hex((const unsigned char *)v.p, v.n, out);
}

/* The file may be damaged: what is no number of the enumeration is unknown. */
static unsigned column_below(struct stmt *q, int column, unsigned end)
{
	int64_t v = stmt_col_int(q, column);
	return v < 0 || v >= end ? 0 : (unsigned)v;
}

bool read_server(struct stmt *q, struct arena *a, struct index_server *out, struct err *e)
{
	*out = (struct index_server){ .source = (enum index_source)column_below(q, 1, INDEX_REGISTRY + 1) };
	out->has_list = stmt_col_int(q, 2) != 0;
	out->added_us = stmt_col_int(q, 3);
	out->seen_us = stmt_col_int(q, 4);
	out->changed_us = stmt_col_int(q, 5);
	out->tools = (uint32_t)stmt_col_int(q, 6);
	for (int i = 0; i < CATEGORIES; i++)
		out->by_category[i] = (uint32_t)stmt_col_int(q, 7 + i);
	for (int i = SEVERITY_LOW; i < SEVERITIES; i++)
		out->by_severity[i] = (uint32_t)stmt_col_int(q, 12 + i);
	out->refused = (uint32_t)stmt_col_int(q, 17);
	out->disputed = (uint32_t)stmt_col_int(q, 18);
	out->tokens = (uint64_t)stmt_col_int(q, 19);
	column_pin(q, 20, out->digest);
	out->grade = index_grade(out, NULL);
	return column_copy(q, 0, a, &out->id, e) && column_copy(q, 21, a, &out->title, e) &&
	       column_copy(q, 22, a, &out->version, e) && column_copy(q, 23, a, &out->package, e) &&
	       column_copy(q, 24, a, &out->remote, e) && column_copy(q, 25, a, &out->website, e) &&
	       column_copy(q, 26, a, &out->repository, e) && column_copy(q, 27, a, &out->status, e) &&
	       column_copy(q, 28, a, &out->where, e) && column_copy(q, 29, a, &out->description, e) &&
	       column_copy(q, 30, a, &out->document, e) && column_copy(q, 31, a, &out->entry, e);
}

bool read_tool(struct stmt *q, struct arena *a, struct index_tool *out, struct err *e)
{
	*out = (struct index_tool){ .category = (enum category)column_below(q, 2, CATEGORIES),
				    .severity = (enum severity)column_below(q, 3, SEVERITIES),
				    .confidence = (double)stmt_col_int(q, 4) / 10000,
				    .labels = (unsigned)stmt_col_int(q, 5),
				    .signals = (unsigned)stmt_col_int(q, 6),
				    .is_disputed = stmt_col_int(q, 7) != 0,
				    .tokens = (uint32_t)stmt_col_int(q, 8),
				    .added_us = stmt_col_int(q, 9),
				    .changed_us = stmt_col_int(q, 10),
				    .removed_us = stmt_col_int(q, 11) };
	column_pin(q, 12, out->pin);
	return column_copy(q, 0, a, &out->server, e) && column_copy(q, 1, a, &out->name, e) &&
	       column_copy(q, 13, a, &out->refused, e) && column_copy(q, 14, a, &out->definition, e);
}
