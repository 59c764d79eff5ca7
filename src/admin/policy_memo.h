/*
 * Inside admin/: what a version of a policy is found to be, remembered: a version never changes, and finding it takes
 * milliseconds for a large one. Each desk of the API has its own, so nothing is locked.
 */
#ifndef ADMIN_POLICY_MEMO_H
#define ADMIN_POLICY_MEMO_H
#include "admin/api.h"

struct policy_summary {
	size_t warnings;
	bool is_broken;    /* it does not load any more */
	char *description; /* "" when it has none */
};

struct policy_memo;
void policy_memo_free(struct policy_memo **m);
/* Of a version from a list, without its text. NULL: the store failed, and so has the call. */
const struct policy_summary *policy_summary(struct api_call *c, const struct store_policy *v);

#endif
