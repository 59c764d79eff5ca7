/* Why a tool needs a policy, in sentences. */
#include "catalog/profile.h"
#include "catalog/show.h"

#define QUOTE_SHOWN 160

static const char *const what_it_is[CATEGORIES] = {
	[CATEGORY_UNKNOWN] = "cannot be judged",
	[CATEGORY_READ] = "observes only",
	[CATEGORY_WRITE] = "creates or changes something, reversibly",
	[CATEGORY_EXECUTE] = "runs something whose effect depends on the arguments",
	[CATEGORY_DESTRUCTIVE] = "deletes or changes something beyond recall",
	[CATEGORY_FINANCIAL] = "moves money or commits spending",
};

void profile_explain(struct buf *b, const struct profile *p)
{
	if (p->refused.p && p->category == CATEGORY_UNKNOWN) {
		buf_addf(b, "This is no valid tool and is refused for use: %.*s.", SLICE_ARG(p->refused));
		return;
	}
	buf_adds(b, "It ");
	buf_adds(b, what_it_is[p->category]);
	if (p->evidence_n) {
		buf_addf(b, ": %s says \"", p->evidence[0].pointer);
		show_text(b, p->evidence[0].quote, QUOTE_SHOWN);
		buf_addc(b, '"');
	}
	buf_addc(b, '.');
	if (p->is_undescribed)
		buf_adds(b, " The description is empty, so this rests on the name and the schema alone.");
}
