/* What may come back: the policy's `results`, as the gate applies it to answers. */
#ifndef POLICY_RESULTS_H
#define POLICY_RESULTS_H
#include "base/slice.h"
#include <stdint.h>
#include "scan/scan.h"

enum policy_injection {
	POLICY_INJECTION_PASS = 0, /* not looked for */
	POLICY_INJECTION_FLAG,
	POLICY_INJECTION_REFUSE,
};

/* Immutable, lives with its policy. */
struct policy_results {
	/* For `redact` and for injection, as far as either is asked for; NULL: neither is. */
	struct scanner *scanner;
	enum policy_injection on_injection;
	uint64_t max_bytes;                /* of a whole answer; 0: no bound of its own */
	const struct slice *content_types; /* "text", or of MIME, "image/" and a star included; none: all */
	size_t content_type_n;
};

#endif
