/* Inside admin/: policies as the API has them, for the handlers of /policies. */
#ifndef ADMIN_POLICIES_H
#define ADMIN_POLICIES_H
#include "admin/api.h"

/*
 * The document of a body: exactly one of "document" (an object) and "text" (JSON as it was written). *text: what is
 * kept, and what lines and columns are counted in; of a document it is printed for people. *where: the pointer that
 * errors begin with. False: it failed.
 */
bool policy_body(struct api_call *c, struct slice *text, const char **where);
/* [{"pointer","line","column","detail","is_warning"}…] */
void policy_write_problems(struct buf *b, const struct policy_problems *p);
bool policy_refuses(const struct policy_problems *p);
/* 422, with errors and "problems". False. */
bool policy_fail(struct api_call *c, const struct policy_problems *p, const char *where);
/* Is it a policy? Else policy_fail. */
bool policy_loads(struct api_call *c, struct slice text, const char *where);

/* Who uses policies: the grants that were not revoked. */
struct policy_users {
	struct store_grant *v;
	size_t n;
};
bool policy_users(struct api_call *c, struct policy_users *out);
/* May they see, or (MAY_POLICY) write it? One that nothing uses: by a role for anything. */
bool policy_may(const struct api_call *c, const struct policy_users *u, enum permission one, const char *name);
/* [{"grant","label","server"}…] of the servers that they see. */
void policy_write_users(struct buf *b, const struct api_call *c, const struct policy_users *u, const char *name);

/* The policy of the path (c->v[0]), in *out, if they may see it. *is_there false (with may_lack): there is none. Else 404. */
bool policy_find(struct api_call *c, int64_t version, bool may_lack, struct policy_users *u, struct store_policy *out, bool *is_there);
/* May they write it, and is it not the file's? 403, 409. */
bool policy_check_writable(struct api_call *c, const struct policy_users *u, const char *name);
/* What GET /policies/:name answers. */
void policy_write(struct buf *b, const struct api_call *c, const struct policy_users *u, const struct store_policy *v);
/* Puts `text` over the version `over` (0: there is none) and answers with what is there then: 200, 201, or 412. */
void policy_put(struct api_call *c, const struct policy_users *u, const struct store_policy *before, struct slice text, const char *note,
		const char *action);

#endif
