/* Everything that /api/v1 can be asked, but for approvals and the catalogue: who may, and who answers. */
#include "admin/routes.h"

const struct api_route api_routes[] = {
	{ HTTP_POST, "/reload", MAY_MANAGE, 0, NULL, reload_begin, NULL },
	{ HTTP_GET, "/jobs/:id", MAY_SEE, API_ANYWHERE, NULL, job_get, NULL },
	{ HTTP_DELETE, "/jobs/:id", MAY_SEE, API_ANYWHERE, NULL, job_delete, NULL },
};
const size_t api_route_count = ARRAY_LEN(api_routes);
