/* What the one who asks may see: for handlers whose answers are about many servers. */
#ifndef ADMIN_SIGHT_H
#define ADMIN_SIGHT_H
#include "admin/api.h"
#include "store/records.h"

/* ctx: a struct principal. May it see records, tools and counts of this server? */
bool sight_of_server(void *principal, struct slice server);
typedef bool sight_fn(void *principal, struct slice server);
/* NULL: all servers, with no need to ask; else the function above. */
sight_fn *sight_of(const struct principal *who);
sight_fn *sight_of_audit(const struct principal *who); /* the same of those that one audits */

/* The filters of GET /records from the query; texts in the call's arena. False: the call has failed. */
bool records_filter(struct api_call *c, struct audit_filter *f);
/* The one server that is all that the principal may see, for a filter; else what the filter has. */
struct slice sight_narrow(const struct principal *who, struct slice server);

#endif
