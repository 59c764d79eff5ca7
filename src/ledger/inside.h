/* What the two backends of a ledger share. */
#ifndef LEDGER_INSIDE_H
#define LEDGER_INSIDE_H
#include "ledger/ledger.h"

struct valkey;

struct ledger {
	struct quota *quota; /* memory */
	struct past *past;
	struct valkey *valkey; /* NULL: memory */
	ledger_answer_fn on_answer;
	void *ctx;
};

/* What a call is told that cannot ask: LEDGER_UNCOUNTED when all its claims pass then. */
enum ledger_result ledger_unreachable(const struct quota_claim *claims, size_t n);

#endif
