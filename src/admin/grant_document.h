/* Grants as JSON: what people read and write of them (docs/openapi.yaml, Grant). A token is never in it. */
#ifndef ADMIN_GRANT_DOCUMENT_H
#define ADMIN_GRANT_DOCUMENT_H
#include "admin/api.h"

/* An object. who: bindings are those of servers that they may see; NULL: all. used_us: 0 is left out. */
void grant_write(struct buf *b, const struct store_grant *g, const struct principal *who, int64_t now_us, int64_t used_us);
const char *grant_state_word(const struct store_grant *g, int64_t now_us); /* "valid", "expired", "revoked" */
/* Those of the body's members that are there, into *g. False: what is wrong stands in c. */
bool grant_read(struct api_call *c, struct store_grant *g);

/* Is there a policy of this name that they may see? Else the field of the pointer is wrong. */
bool grant_policy_known(struct api_call *c, const char *name, const char *pointer);

#endif
