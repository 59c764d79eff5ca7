/* What is wrong with the definitions of tools: what each can do, what its text says to the model, how the
 * tools of several servers stand to each other. */
#ifndef REPORT_CHECK_H
#define REPORT_CHECK_H
#include "report/report.h"
#include "scan/scan.h"

/* One server's list, as it gave it. */
struct report_list {
	const char *server;       /* harmless */
	const struct json *tools; /* the array of tools/list */
	/* Where a value stands: a JSON Pointer into tools ("/3/description"). */
	void (*place)(void *ctx, const char *pointer, struct report_place *out);
	void *ctx;
};

/* s: of SCAN_DEFINITION and SCAN_INJECTION. Lists whose comparison would be more than
 * LIMIT_REPORT_PEERS bytes of work are each looked at alone, which is noted. */
void report_check_lists(struct report *r, const struct scanner *s, const struct report_list *v, size_t n);

#endif
