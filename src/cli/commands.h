/* Every command of the table, and what those of one noun share. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H
#include "cli/cli.h"
#include "policy/policy.h"

extern const struct cli_command
	cmd_approval_approve,
	cmd_approval_deny,
	cmd_approval_list,
	cmd_approval_show,
	cmd_approver_add,
	cmd_approver_list,
	cmd_approver_revoke,
	cmd_audit,
	cmd_audit_changes,
	cmd_audit_public_key,
	cmd_audit_verify,
	cmd_catalog_add,
	cmd_catalog_changes,
	cmd_catalog_classify,
	cmd_catalog_export,
	cmd_catalog_list,
	cmd_catalog_remove,
	cmd_catalog_search,
	cmd_catalog_show,
	cmd_catalog_site,
	cmd_doctor,
	cmd_grant_add,
	cmd_grant_bind,
	cmd_grant_list,
	cmd_grant_revoke,
	cmd_grant_rotate,
	cmd_grant_show,
	cmd_help,
	cmd_import,
	cmd_init,
	cmd_policy_apply,
	cmd_policy_check,
	cmd_policy_decide,
	cmd_policy_diff,
	cmd_policy_explain,
	cmd_policy_history,
	cmd_policy_import,
	cmd_policy_list,
	cmd_policy_rollback,
	cmd_policy_schema,
	cmd_policy_show,
	cmd_policy_simulate,
	cmd_policy_test,
	cmd_scan,
	cmd_server_add,
	cmd_server_disable,
	cmd_server_enable,
	cmd_server_list,
	cmd_server_remove,
	cmd_server_show,
	cmd_status,
	cmd_token_add,
	cmd_token_list,
	cmd_token_remove,
	cmd_tools,
	cmd_tools_accept,
	cmd_tools_reject,
	cmd_tools_review,
	cmd_up,
	cmd_user_add,
	cmd_user_disable,
	cmd_user_enable,
	cmd_user_link,
	cmd_user_list,
	cmd_user_password,
	cmd_user_remove,
	cmd_user_role,
	cmd_user_show,
	cmd_wrap;

/* "file:line:column: text" for each; "warning: " before what does not refuse the document. */
void problems_write(struct buf *b, const char *file, const struct policy_problems *p);
/* The same as a JSON array. */
void problems_write_json(struct buf *b, const struct policy_problems *p);
bool problems_refuse(const struct policy_problems *p);

#endif
