/* Everything that /api/v1 can be asked, but for approvals and the catalogue: who may, and who answers. */
#include "admin/routes.h"

const struct api_route api_routes[] = {
	{ HTTP_POST, "/reload", MAY_MANAGE, 0, NULL, reload_begin, NULL },
	{ HTTP_GET, "/jobs/:id", MAY_SEE, API_ANYWHERE, NULL, job_get, NULL },
	{ HTTP_DELETE, "/jobs/:id", MAY_SEE, API_ANYWHERE, NULL, job_delete, NULL },
	{ HTTP_GET, "/policies", MAY_SEE, API_ANYWHERE, policies_get, NULL, "q limit cursor" },
	{ HTTP_GET, "/policies/schema", MAY_SEE, API_ANYWHERE, policy_schema, NULL, NULL },
	{ HTTP_POST, "/policies/check", MAY_SEE, API_ANYWHERE | API_BODY, policy_check_work, policy_ask_begin, NULL },
	{ HTTP_POST, "/policies/explain", MAY_SEE, API_ANYWHERE | API_BODY, policy_explain_work, policy_ask_server_begin, NULL },
	{ HTTP_POST, "/policies/simulate", MAY_SEE, API_ANYWHERE | API_BODY, policy_simulate_work, policy_simulate_begin, NULL },
	{ HTTP_POST, "/policies/recommend", MAY_SEE, API_ANYWHERE | API_BODY, policy_recommend_work, policy_ask_server_begin, NULL },
	{ HTTP_POST, "/policies/import", MAY_SEE, API_ANYWHERE | API_BODY, policy_import, NULL, NULL },
	{ HTTP_GET, "/policies/:name", MAY_SEE, API_ANYWHERE, policy_get, NULL, NULL },
	{ HTTP_PUT, "/policies/:name", MAY_POLICY, API_ANYWHERE | API_BODY | API_CHANGES, policy_put_work, NULL, NULL },
	{ HTTP_DELETE, "/policies/:name", MAY_POLICY, API_ANYWHERE | API_CHANGES, policy_delete, NULL, NULL },
	{ HTTP_GET, "/policies/:name/versions", MAY_SEE, API_ANYWHERE, policy_versions, NULL, "limit cursor" },
	{ HTTP_GET, "/policies/:name/versions/:version", MAY_SEE, API_ANYWHERE, policy_version, NULL, NULL },
	{ HTTP_POST, "/policies/:name/restore", MAY_POLICY, API_ANYWHERE | API_BODY | API_CHANGES, policy_restore, NULL, NULL },
	{ HTTP_GET, "/policies/:name/diff", MAY_SEE, API_ANYWHERE, policy_diff_work, policy_diff_begin, "from to server" },
	{ HTTP_GET, "/limits", MAY_SEE, API_ANYWHERE, limits_work, limits_begin, "grant server limit cursor" },
	{ HTTP_POST, "/playground", MAY_MANAGE, API_ANYWHERE | API_BODY, playground_work, playground_begin, NULL },
};
const size_t api_route_count = ARRAY_LEN(api_routes);
