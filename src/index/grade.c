/* A server's grade: what the worst of its tools can do, and how many are like it (docs/catalog.md). */
#include "index/index.h"

/* What could not be judged counts as critical, and cannot be called. */
static uint32_t unknown_of(const struct index_server *s, uint64_t of)
{
	uint32_t n = s->by_category[CATEGORY_UNKNOWN];
	return n < of ? n : (uint32_t)of;
}

static const char *worst_of(const struct index_server *s, int *step)
{
	uint32_t critical = s->by_severity[SEVERITY_CRITICAL];
	critical -= unknown_of(s, critical);
	*step = critical ? 3 : s->by_severity[SEVERITY_HIGH] ? 2 : s->by_severity[SEVERITY_MEDIUM] ? 1 : 0;
	static const char *const words[] = { "low", "medium", "high", "critical" };
	return words[*step];
}

char index_grade(const struct index_server *s, struct buf *explanation)
{
	uint32_t tools = s->tools - unknown_of(s, s->tools);
	uint64_t grave = (uint64_t)s->by_severity[SEVERITY_HIGH] + s->by_severity[SEVERITY_CRITICAL];
	int step = 0, base;
	struct buf none = BUF_INIT(0), *b = explanation ? explanation : &none;
	if (!s->tools) {
		buf_adds(b, s->has_list ? "no grade: it lists no tools" : "no grade: nobody has listed its tools");
		return '-';
	}
	grave -= unknown_of(s, grave);
	struct buf why = BUF_INIT(4096);
	const char *worst = worst_of(s, &base);
	step = base;
	buf_addf(&why, "the worst of %u %s is %s: %c", tools, tools == 1 ? "tool" : "tools", worst, 'A' + base);
	if (tools && grave * 4 >= tools) {
		step++;
		buf_addf(&why, "; %llu of %u can do high or critical harm, a quarter or more: one letter worse",
			 (unsigned long long)grave, tools);
	}
	if (tools && grave * 2 >= tools) {
		step++;
		buf_adds(&why, "; half or more: one more");
	}
	if (s->refused) {
		step++;
		buf_addf(&why, "; %u %s no valid tool: one letter worse", s->refused,
			 s->refused == 1 ? "definition is" : "definitions are");
	}
	char grade = (char)('A' + (step > 5 ? 5 : step));
	buf_addf(b, "%c: ", grade);
	buf_add_slice(b, buf_slice(&why));
	buf_release(&why);
	return grade;
}
