/* The words of one command to the store. */
#ifndef LEDGER_ARGS_H
#define LEDGER_ARGS_H
#include "base/buf.h"
#include "quota/quota.h"

/* A script with the claims of one call is the longest: nine words and two keys of each. */
#define ARGS_MAX 8192

struct args {
	struct buf text;
	size_t *ends, n, cap; /* where each word ends in text */
};

void args_init(struct args *a);
void args_release(struct args *a);
void args_clear(struct args *a);
void args_add(struct args *a, struct slice word);
void args_add_str(struct args *a, const char *word);
void args_addf(struct args *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
void args_add_amount(struct args *a, quota_amount v); /* three words: limbs of nine digits */
struct slice args_at(const struct args *a, size_t i);

#endif
