/*
 * A policy in mode shadow lets everything through and records what it would have done; one in force
 * tells what would pass; classes come from what the server says of its tools.
 */
#include "gate_rig.h"

static char decided[16], rule[64], mode[16];
static int denied;

static void copy(char *out, size_t size, struct slice s)
{
	snprintf(out, size, "%.*s", SLICE_ARG(s));
}

static void on_record(struct rig *r, const struct audit_entry *en)
{
	(void)r;
	if (en->part == AUDIT_PART_OUTCOME)
		return;
	copy(decided, sizeof decided, slice_str(audit_decision_name(en->record.decision)));
	copy(rule, sizeof rule, en->record.rule);
	copy(mode, sizeof mode, en->record.mode);
	denied += en->part == AUDIT_PART_WHOLE;
}

static void use(struct rig *r, const char *policy)
{
	rig_set_policy(r, policy);
	rig_load_grants(r);
}

/* Does the call reach the server, and is it recorded so? */
static bool passes(struct rig *r, const char *session, const char *body, const char *as, const char *by)
{
	struct asked a;
	int before = r->calls;
	bool is_done = ask_wait(r, &a, session, body) && a.status == 200 && asked_has(&a, "\"result\"") &&
	               !asked_has(&a, "POLICY");
	asked_release(&a);
	if (strcmp(decided, as) != 0 || strcmp(rule, by) != 0 || strcmp(mode, "shadow") != 0)
		printf("# %s by '%s' in mode '%s'\n", decided, rule, mode);
	return is_done && r->calls == before + 1 && strcmp(decided, as) == 0 && strcmp(rule, by) == 0 &&
	       strcmp(mode, "shadow") == 0;
}

#define READ(uri) "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"resources/read\",\"params\":{\"uri\":\"" uri "\"}}"
#define LIST "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/list\"}"

static void test_shadow(struct rig *r)
{
	char session[2048];
	struct asked a;
	use(r, "{\"version\":\"1\",\"mode\":\"shadow\",\"default\":\"deny\",\"hide\":[\"free\"],\"tools\":{\"few\":{"
	       "\"max_result_bytes\":1,\"limits\":[{\"counter\":\"c\",\"window\":\"month\",\"max\":1}]}}}");
	rig_session(r, RIG_INIT("2025-11-25"), session);
	ok(ask_wait(r, &a, session, LIST) && asked_has(&a, "\"free\"") && asked_has(&a, "\"never\""), "all tools are listed");
	asked_release(&a);
	ok(passes(r, session, RIG_CALL("1", "never"), "deny", "(default deny)"), "what nothing allows passes");
	ok(passes(r, session, RIG_CALL("2", "free"), "deny", "(hidden)"), "what is hidden passes");
	ok(passes(r, session, RIG_CALL("3", "few"), "allow", ""), "what is allowed passes, and its bounds do not bind");
	ok(passes(r, session, RIG_CALL("4", "few"), "deny", "/tools/few/limits/c"), "what a limit would refuse passes");
	ok(passes(r, session, READ("file:///x"), "deny", "/resources"), "so do resources");
	ok(denied == 0, "nothing was refused");
	use(r, "{\"version\":\"1\",\"mode\":\"shadow\",\"default\":\"deny\",\"tools\":{\"few\":{\"action\":\"require_approval\"}}}");
	ok(passes(r, session, RIG_CALL("3", "few"), "approve", "/tools/few/action"), "nobody is asked");
	use(r, "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"few\":{\"limits\":[{\"counter\":\"c\",\"window\":\"month\","
	       "\"max\":1}]}}}");
	ok(ask_wait(r, &a, session, RIG_CALL("5", "few")) && !asked_has(&a, "POLICY") && !mode[0],
	   "what was counted in shadow does not count in force");
	asked_release(&a);
	ok(ask_wait(r, &a, session, RIG_CALL("6", "few")) && asked_has(&a, "the next call can pass in") &&
	           !asked_has(&a, "Allowed"),
	   "a limit says when, once");
	asked_release(&a);
	use(r, "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"few\":{\"limits\":[{\"counter\":\"c\",\"window\":\"month\","
	       "\"max\":3,\"increment\":2.5}]}}}");
	ok(ask_wait(r, &a, session, RIG_CALL("7", "few")) && asked_has(&a, "\"Allowed: 2 of 3 are left, and more in "),
	   "and what it has left");
	asked_release(&a);
}

static void test_allowed(struct rig *r)
{
	char session[2048];
	struct asked a;
	use(r, "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"free\":{\"require\":[{\"on_deny\":\"not this one\","
	       "\"conditions\":[{\"path\":\"args.a\",\"op\":\"lte\",\"value\":5}]}]},\"few\":{\"deny_if\":[{\"conditions\":[{"
	       "\"path\":\"args.a\",\"op\":\"gt\",\"value\":5}]}]}}}");
	rig_session(r, RIG_INIT("2025-11-25"), session);
	ok(ask_wait(r, &a, session, RIG_CALL("1", "free")) &&
	           asked_has(&a, "[{\"type\":\"text\",\"text\":\"[POLICY DENIED] not this one\"},"
	                         "{\"type\":\"text\",\"text\":\"Allowed: 'args.a' must be at most 5\"}]") &&
	           asked_has(&a, "\"allowed\":\"'args.a' must be at most 5\""),
	   "what would pass stands beside the author's words");
	asked_release(&a);
	ok(ask_wait(r, &a, session,
	            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"few\",\"arguments\":{\"a\":6}}}") &&
	           asked_has(&a, "\"[POLICY DENIED] 'args.a' must not be greater than 5\"}]"),
	   "and not twice");
	asked_release(&a);
}

#define TOOL(name, text, more) \
	"{\"name\":\"" name "\",\"description\":\"" text "\",\"inputSchema\":{\"type\":\"object\"}" more "}"

static void list_classes(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id,
	          "{\"tools\":[" TOOL("get_note", "Returns the text of a note.", "")
	          "," TOOL("list_notes", "Lists all notes.", ",\"annotations\":{\"destructiveHint\":true}")
	          "," TOOL("update_note", "Changes the text of a note.", ",\"annotations\":{\"readOnlyHint\":true}")
	          "," TOOL("delete_note", "Deletes a note for ever.", ",\"annotations\":{\"readOnlyHint\":true,\"destructiveHint\":false}")
	          "]}");
}

static void test_classes(struct rig *r)
{
	char session[2048];
	struct asked a;
	use(r, "{\"version\":\"1\",\"default\":\"deny\",\"classes\":{\"read\":{},\"write\":{\"action\":\"deny\",\"reason\":\"no writing\"}}}");
	r->on_list = list_classes;
	r->server_number++;
	rig_put_server(r);
	rig_session(r, RIG_INIT("2025-11-25"), session);
	ok(ask_wait(r, &a, session, RIG_CALL("1", "get_note")) && !asked_has(&a, "POLICY"), "a tool that only reads, before any list");
	asked_release(&a);
	ok(ask_wait(r, &a, session, RIG_CALL("2", "update_note")) && asked_has(&a, "no writing"), "one that writes, whatever it claims");
	asked_release(&a);
	ok(ask_wait(r, &a, session, RIG_CALL("3", "delete_note")) && asked_has(&a, "(default deny)"), "nor does one that destroys become milder");
	asked_release(&a);
	ok(ask_wait(r, &a, session, RIG_CALL("4", "list_notes")) && asked_has(&a, "(default deny)"), "but a claim can make one worse");
	asked_release(&a);
	ok(ask_wait(r, &a, session, LIST) && asked_has(&a, "\"get_note\"") && asked_has(&a, "\"update_note\"") &&
	           !asked_has(&a, "\"delete_note\"") && !asked_has(&a, "\"list_notes\""),
	   "the list is by class, too");
	asked_release(&a);
}

int main(void)
{
	struct rig r;
	log_set_level(LOG_ERROR);
	rig_start(&r, NULL);
	r.on_record = on_record;
	test_shadow(&r);
	test_allowed(&r);
	test_classes(&r);
	rig_stop(&r);
	return tap_done();
}
