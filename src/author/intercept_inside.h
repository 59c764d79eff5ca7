/* What the files that read Intercept's policies share. For this folder only. */
#ifndef AUTHOR_INTERCEPT_INSIDE_H
#define AUTHOR_INTERCEPT_INSIDE_H
#include "author/intercept.h"
#include "json/yaml.h"

/* A state block, or a rate_limit, which is short for one. */
struct counter {
	const struct json *tool; /* whose: the value in `tools` */
	struct slice name, window, from, on_deny;
	size_t rule;	   /* its place in the tool's rules */
	size_t bound_at;   /* the condition of that rule that is its limit */
	int64_t increment; /* when from is empty */
	int64_t max;
	bool is_bound; /* else it is never counted there */
};

/* A tool's rules while they are made: JSON, elements of lists joined by commas. */
struct made {
	const struct json *tool;
	struct buf require, approve;
	bool is_denied, asks_always;
	struct slice reason, ask_reason, expires;
};

struct importer {
	struct arena arena;
	const struct yaml *yaml;
	const struct json *tools;
	const char *scope;
	struct import_notes *notes;
	struct buf pointer; /* of the value at hand */
	struct counter *counters;
	size_t counter_n;
};

size_t import_enter(struct importer *im, struct slice token);
size_t import_enter_at(struct importer *im, size_t index);
void import_leave(struct importer *im, size_t mark);

/* About the value at hand. import_refuse is always false. */
bool import_refuse(struct importer *im, const char *fmt, ...) PRINTF_LIKE(2, 3);
void import_note(struct importer *im, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Says of each key that the table does not have that it is left out. */
void import_check_keys(struct importer *im, const struct json *v, const char *const *known);
/* Strings, and what YAML reads as a number or truth but Intercept as text. */
struct slice import_text(const struct json *object, const char *key);

/* intercept_rule.c: a condition on an argument, as ours. False when it was refused. */
bool import_check_condition(struct importer *im, const struct json *c);
void import_write_condition(struct importer *im, const struct json *c, struct buf *out);
/* "args.a.b" as a path of ours; false when it is none. */
bool import_path(struct importer *im, struct slice path, struct buf *out);
bool import_is_window(struct slice word);

/* intercept_state.c: the counters of all tools, then each condition that reads one. */
void import_find_counters(struct importer *im);
void import_narrow(struct importer *im, struct made *m, size_t rule, size_t at,
		   const struct json *c, struct slice on_deny);
/* A limit of nothing refuses the tool. */
void import_close_empty(struct importer *im, struct made *m);
void import_write_limits(struct importer *im, const struct json *tool, struct buf *out);

#endif
