/* Words, one behind the other in one buffer. */
#include "ledger/args.h"
#include "base/check.h"
#include "base/limits.h"
#include <stdarg.h>

void args_init(struct args *a)
{
	*a = (struct args){.text = BUF_INIT(LIMIT_LEDGER_COMMAND)};
}

void args_release(struct args *a)
{
	buf_release(&a->text);
	free(a->ends);
	args_init(a);
}

void args_clear(struct args *a)
{
	buf_clear(&a->text);
	a->n = 0;
}

static void end_word(struct args *a)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 64;
		a->ends = mem_realloc(a->ends, a->cap * sizeof *a->ends);
	}
	a->ends[a->n++] = a->text.n;
}

void args_add(struct args *a, struct slice word)
{
	buf_add_slice(&a->text, word);
	end_word(a);
}

void args_add_str(struct args *a, const char *word)
{
	args_add(a, slice_str(word));
}

void args_addf(struct args *a, const char *fmt, ...)
{
	char word[128];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(word, sizeof word, fmt, ap);
	va_end(ap);
	BUG_ON(n < 0 || (size_t)n >= sizeof word);
	args_add_str(a, word);
}

void args_add_amount(struct args *a, quota_amount v)
{
	BUG_ON(v < 0);
	args_addf(a, "%lld", (long long)(v / QUOTA_ONE / QUOTA_ONE));
	args_addf(a, "%lld", (long long)(v / QUOTA_ONE % QUOTA_ONE));
	args_addf(a, "%lld", (long long)(v % QUOTA_ONE));
}

struct slice args_at(const struct args *a, size_t i)
{
	size_t from = i ? a->ends[i - 1] : 0;
	return slice_of(a->text.p + from, a->ends[i] - from);
}
