/*
 * Which server, which tool, what is asked for. A tool that the catalogue does not know is
 * looked for once in the server's list, with the client's own session, before anything is
 * decided: without its schema its arguments cannot be judged.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "gate/call.h"
#include "gate/merge.h"
#include "gate/survey.h"
#include "gate/task.h"

/* Go's and other lenient parsers take "Name" for "name", the last one winning. */
static bool has_case_twin(const struct json *params, struct call *c)
{
	static const struct slice names[] = {
		{ "name", 4 }, { "arguments", 9 }, { "uri", 3 }, { "cursor", 6 }, { "_meta", 5 }, { "ref", 3 }, { "task", 4 }, { "type", 4 }, { "taskId", 6 },
		{ "inputResponses", 14 }, { "requestState", 12 }, { "notifications", 13 },
	};
	for (struct json_iter it = json_iter(params); json_next(&it);)
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (!slice_eq(it.key, names[i]) && slice_ieq(it.key, names[i])) {
				call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)",
				                  "a member of params differs from '%s' only in case", names[i].p);
				return true;
			}
	return false;
}

/* From here on it is the server's own id: records and Mcp-Name have that. */
static bool read_task(struct call *c)
{
	if (task_id_read(c->in, c->server, c->name, &c->name))
		return true;
	call_refuse_error(c, MCP_INVALID_PARAMS, "(unknown task)", "this client was given no task with this id");
	return false;
}

static bool read_name(struct call *c)
{
	const struct json *name = json_gets(c->m.params, c->method->param);
	size_t max = c->method->kind == METHOD_TOOL ? LIMIT_TOOL_NAME : LIMIT_URI;
	c->name = json_string(name);
	if (json_is(name, JSON_STRING) && c->name.n && c->name.n <= max && !memchr(c->name.p, 0, c->name.n))
		return !slice_is(slice_str(c->method->param), "taskId") || read_task(c);
	c->name = slice_of(NULL, 0);
	call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)", "params.%s must be a string of 1 to %zu bytes",
	                  c->method->param, max);
	return false;
}

static bool read_arguments(struct call *c)
{
	const struct json *arguments = json_gets(c->m.params, "arguments");
	c->arguments = arguments;
	if (!arguments || json_is(arguments, JSON_OBJECT))
		return true;
	c->arguments = NULL;
	call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)",
	                  "params.arguments must be an object; send {} for none");
	return false;
}

/* What completes an argument of a prompt or a template is judged as that prompt or template. */
static bool read_reference(struct call *c)
{
	const struct json *ref = json_gets(c->m.params, "ref");
	struct slice type = json_string(json_gets(ref, "type"));
	if (has_case_twin(ref, c))
		return false;
	if (slice_is(type, "ref/prompt"))
		c->name = json_string(json_gets(ref, "name"));
	else if (slice_is(type, "ref/resource"))
		c->name = json_string(json_gets(ref, "uri"));
	if (c->name.n && c->name.n <= LIMIT_URI)
		return true;
	c->name = slice_of(NULL, 0);
	call_refuse_error(c, MCP_INVALID_PARAMS, "(invalid params)",
	                  "params.ref must be a 'ref/prompt' with a name or a 'ref/resource' with a uri");
	return false;
}

static void on_surveyed(struct gate *g, uint64_t call_id, enum upstream_failure f, bool is_own)
{
	struct call *c = idtable_get(&g->calls, call_id);
	if (!c)
		return;
	if (f == UPSTREAM_GONE_SESSION && is_own)
		c->failure = f;
	else if (f == UPSTREAM_GONE_SESSION)
		c->did_survey = false; /* it was another client's session: this one can ask with its own */
	call_resume(c); /* runs this step again, with did_survey */
}

static enum step_result find_tool(struct call *c)
{
	struct gate *g = c->gate;
	struct slice server = slice_str(c->server);
	struct catalog_tool *t = catalog_tool(g->o.catalog, server, c->name);
	struct catalog_status s = catalog_status(g->o.catalog, server, loop_now_us(g->o.loop));
	bool is_wanted = policy_shows_tool(c->binding->policy, c->name, t ? risk_class(&t->risk) : slice_of(NULL, 0));
	if ((!t || s.is_stale) && is_wanted && !c->did_survey) {
		struct bridge_target target = inbound_target(c->in);
		c->did_survey = true;
		if (survey_for_call(g, c->upstream, &target, c->id, on_surveyed))
			return STEP_WAIT;
	}
	if (c->failure)
		call_refuse_error(c, MCP_INVALID_REQUEST, "(session ended)", "the session has ended at the server");
	else if (!t && is_wanted && !s.is_known)
		call_refuse_error(c, MCP_INTERNAL_ERROR, "(tools unknown)",
		                  "the server '%s' could not be asked for its tools; try again later", c->server);
	c->tool = t ? catalog_tool_ref(t) : NULL;
	if (!c->refusal)
		modern_check_params(c);
	return STEP_NEXT;
}

static bool is_able(struct call *c)
{
	struct mcp_refusal r;
	if (!c->in->is_modern || mcp_envelope_may(&c->m, &c->in->envelope, &r))
		return true;
	call_refuse_mcp(c, "(missing capability)", &r);
	return false;
}

enum step_result step_resolve(struct call *c)
{
	const struct method *m = c->method;
	if (c->merge || (merge_is_door(c->in) && (m->kind == METHOD_PING || m->kind == METHOD_LISTEN))) {
		if (is_able(c))
			(void)has_case_twin(c->m.params, c);
		return STEP_NEXT;
	}
	if (!c->upstream) {
		c->upstream = registry_get(c->gate->o.registry, slice_str(c->server));
		if (!c->upstream) {
			call_refuse_error(c, MCP_INTERNAL_ERROR, "(unknown server)",
			                  "the server '%s' is not registered or is switched off", c->server);
			return STEP_NEXT;
		}
		if (!is_able(c) || !ask_retry_is_sound(c) || has_case_twin(c->m.params, c) || (m->param && !read_name(c)) ||
		    (m->kind == METHOD_TOOL && !read_arguments(c)) ||
		    (m->kind == METHOD_COMPLETE && !read_reference(c)))
			return STEP_NEXT;
	}
	if (c->own_name.p) {
		merge_find_name(c);
		c->name = c->own_name;
	}
	return m->kind == METHOD_TOOL ? find_tool(c) : STEP_NEXT;
}
