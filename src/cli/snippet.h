/* What a person pastes into a client so that it uses a grant. */
#ifndef CLI_SNIPPET_H
#define CLI_SNIPPET_H
#include "base/buf.h"
#include "store/store.h"

/* base: "http://127.0.0.1:8811". */
void snippet_write(struct buf *b, const char *base, const char *token,
		   const struct store_binding *v, size_t n);

#endif
