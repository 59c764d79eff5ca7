/* The table of the API, and its handlers: one a line. */
#ifndef ADMIN_ROUTES_H
#define ADMIN_ROUTES_H
#include "admin/api.h"

extern const struct api_route api_routes[];
extern const size_t api_route_count;

void session_get(struct api_call *c);
void session_post(struct api_call *c);
void session_delete(struct api_call *c);
void session_password_put(struct api_call *c);
void session_totp_post(struct api_call *c);
void session_totp_put(struct api_call *c);
void session_totp_delete(struct api_call *c);
void session_oidc_get(struct api_call *c);
void session_oidc_callback_get(struct api_call *c);
void setup_post(struct api_call *c);
void users_get(struct api_call *c);
void users_post(struct api_call *c);
void user_get(struct api_call *c);
void user_patch(struct api_call *c);
void user_delete(struct api_call *c);
void user_invite_post(struct api_call *c);
void user_sessions_delete(struct api_call *c);
void tokens_get(struct api_call *c);
void tokens_post(struct api_call *c);
void token_delete(struct api_call *c);
void changes_get(struct api_call *c);
void approvals_list_begin(struct api_call *c);
void approval_get_begin(struct api_call *c);
void approval_approve_begin(struct api_call *c);
void approval_deny_begin(struct api_call *c);
void catalog_call_begin(struct api_call *c);
void reload_begin(struct api_call *c);
void job_get(struct api_call *c);
void job_delete(struct api_call *c);
void policies_get(struct api_call *c);
void policy_schema(struct api_call *c);
void policy_check_work(struct api_call *c);
void policy_ask_begin(struct api_call *c);
void policy_explain_work(struct api_call *c);
void policy_ask_server_begin(struct api_call *c);
void policy_simulate_work(struct api_call *c);
void policy_simulate_begin(struct api_call *c);
void policy_recommend_work(struct api_call *c);
void policy_import(struct api_call *c);
void policy_get(struct api_call *c);
void policy_put_work(struct api_call *c);
void policy_delete(struct api_call *c);
void policy_versions(struct api_call *c);
void policy_version(struct api_call *c);
void policy_restore(struct api_call *c);
void policy_diff_work(struct api_call *c);
void policy_diff_begin(struct api_call *c);
void limits_work(struct api_call *c);
void limits_begin(struct api_call *c);
void playground_work(struct api_call *c);
void playground_begin(struct api_call *c);

void servers_get(struct api_call *c);
void servers_get_begin(struct api_call *c);
void servers_post(struct api_call *c);
void servers_try(struct api_call *c);
void servers_try_begin(struct api_call *c);
void server_get(struct api_call *c);
void server_get_begin(struct api_call *c);
void server_put(struct api_call *c);
void server_changed_begin(struct api_call *c);
void server_delete(struct api_call *c);
void server_check_work(struct api_call *c);
void server_check_begin(struct api_call *c);
void server_enable(struct api_call *c);
void server_disable(struct api_call *c);
void grants_get(struct api_call *c);
void grants_post(struct api_call *c);
void grant_get(struct api_call *c);
void grant_patch(struct api_call *c);
void grant_delete(struct api_call *c);
void grant_rotate(struct api_call *c);
void grant_binding_put(struct api_call *c);
void grant_binding_delete(struct api_call *c);
void grant_snippets(struct api_call *c);
void import_get(struct api_call *c);
void import_post(struct api_call *c);
void settings_get(struct api_call *c);
void settings_patch(struct api_call *c);
void settings_patch_begin(struct api_call *c);
void status_get(struct api_call *c);
void status_get_begin(struct api_call *c);

/* api_records.c, api_stats.c, api_tools.c, api_pins.c, api_audit.c, events.c */
void records_list(struct api_call *c);
void records_get(struct api_call *c);
void records_export(struct api_call *c);
void records_export_begin(struct api_call *c);
void stats_get(struct api_call *c);
void events_begin(struct api_call *c);
void tools_list(struct api_call *c);
void tools_list_begin(struct api_call *c);
void tool_get(struct api_call *c);
void tool_get_begin(struct api_call *c);
void pins_list(struct api_call *c);
void pins_review(struct api_call *c);
void pins_review_begin(struct api_call *c);
void audit_get(struct api_call *c);
void audit_verify_begin(struct api_call *c);

#endif
