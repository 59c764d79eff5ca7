/* POST /playground: a person calls a tool as a grant. The call is real: gate/gate.h, gate_play(). */
#include "admin/routes.h"
#include "base/check.h"
#include "base/limits.h"

struct playing {
	struct slice grant_id, server, tool;
	const struct json *arguments;
};

static bool read_play(struct api_call *c, struct playing *k)
{
	static const char *const members[] = { "grant", "server", "tool", "arguments", NULL };
	struct slice grant = SLICE_LIT("");
	struct store_grant g;
	struct err e = { 0 };
	k->arguments = json_gets(c->json, "arguments");
	if (!api_only(c, members) || !api_text(c, "grant", LIMIT_NAME, &grant) || !api_text(c, "server", LIMIT_NAME, &k->server) ||
	    !api_text(c, "tool", LIMIT_TOOL_NAME, &k->tool))
		return false;
	if (!grant.n)
		return api_field(c, "/grant", "name the grant, by its id or label");
	if (!k->server.n)
		return api_field(c, "/server", "name the server");
	if (!k->tool.n)
		return api_field(c, "/tool", "name the tool");
	if (k->arguments && !json_is(k->arguments, JSON_OBJECT))
		return api_field(c, "/arguments", "'arguments' must be an object");
	if (!api_permit(c, MAY_MANAGE, k->server))
		return false;
	if (!store_grant_get(c->store, grant.p, &c->arena, &g, &e))
		return e.kind == ERR_INPUT ? api_field(c, "/grant", "%s", e.text) : api_fail_err(c, &e, 503);
	bool is_known = principal_may(&c->who, MAY_SEE, slice_of(NULL, 0));
	for (size_t i = 0; !is_known && i < g.binding_n; i++)
		is_known = principal_may(&c->who, MAY_SEE, slice_str(g.bindings[i].server));
	if (!is_known)
		return api_field(c, "/grant", "there is no grant '%.80s'", grant.p);
	char *id = arena_strndup(&c->arena, g.id, strlen(g.id));
	k->grant_id = slice_str(id);
	return id || api_fail(c, 413, "the request is too large");
}

void playground_work(struct api_call *c)
{
	struct playing *k = arena_zalloc(&c->arena, sizeof *k);
	c->own = k;
	if (!k)
		api_fail(c, 413, "the request is too large");
	else
		(void)read_play(c, k);
}

static void write_text(struct buf *b, const char *key, const char *text)
{
	if (!text[0])
		return;
	buf_addf(b, ",\"%s\":", key);
	buf_add_json_string(b, slice_str(text));
}

/* What the agent would see: a result or an error. */
static void write_answer(struct api_call *c, struct slice answer)
{
	const struct json *root = answer.n ? json_read(answer, &c->arena, NULL) : NULL;
	const struct json *result = json_gets(root, "result"), *error = json_gets(root, "error");
	buf_addf(&c->out, ",\"result_bytes\":%zu", answer.n);
	if (answer.n > LIMIT_PLAY_RESULT || !root) {
		buf_addf(&c->out, ",\"is_left_out\":%s", answer.n ? "true" : "false");
		return;
	}
	buf_adds(&c->out, result ? ",\"result\":" : ",\"error\":");
	json_write(&c->out, result ? result : error);
}

static void on_played(void *ctx, const struct gate_played *p)
{
	struct api_call *c = ctx;
	const struct playing *k = c->own;
	struct buf what = BUF_INIT(4096);
	if (!p) {
		api_fail(c, 503, "the call was cancelled");
		api_answer(c);
		return;
	}
	buf_addf(&c->out, "{\"record_id\":\"%s\",\"decision\":\"%s\",\"outcome\":\"%s\",\"is_shadow\":%s,\"is_forwarded\":%s,\"rule\":", p->record_id,
		 p->decision, p->outcome, p->is_shadow ? "true" : "false", p->is_forwarded ? "true" : "false");
	buf_add_json_string(&c->out, slice_str(p->rule));
	buf_adds(&c->out, ",\"message\":");
	buf_add_json_string(&c->out, slice_str(p->message));
	write_text(&c->out, "pointer", p->pointer);
	write_text(&c->out, "allowed", p->allowed);
	write_text(&c->out, "approval", p->approval);
	write_text(&c->out, "approval_url", p->approval_url);
	if (p->retry_after_us > 0)
		buf_addf(&c->out, ",\"retry_after_s\":%lld", (long long)((p->retry_after_us + 999999) / 1000000));
	buf_addf(&c->out, ",\"duration_us\":%llu,\"upstream_us\":%llu", (unsigned long long)p->duration_us, (unsigned long long)p->upstream_us);
	write_answer(c, p->answer);
	buf_addc(&c->out, '}');
	buf_adds(&what, "{\"server\":");
	buf_add_json_string(&what, k->server);
	buf_adds(&what, ",\"tool\":");
	buf_add_json_string(&what, k->tool);
	buf_addf(&what, ",\"record\":\"%s\",\"decision\":\"%s\"}", p->record_id, p->decision);
	api_changed(c, "playground.call", "grant", k->grant_id, slice_of("", 0), buf_slice(&what));
	c->event_server = k->server;
	buf_release(&what);
	api_answer(c);
}

void playground_begin(struct api_call *c)
{
	const struct playing *k = c->own;
	struct err e = { 0 };
	struct gate_play o = {
		.grant_id = k->grant_id,
		.server = k->server,
		.tool = k->tool,
		.arguments = k->arguments,
		.person = slice_str(c->who.name),
		.address = c->address,
		.http = c->request,
	};
	if (gate_play(c->admin->o.gate, &o, on_played, c, &e))
		return;
	if (e.kind == ERR_LIMIT)
		api_field(c, "/arguments", "%s", e.text);
	else
		api_field(c, "/grant", "%s", e.text);
	api_answer(c);
}
