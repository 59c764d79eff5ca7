/* initialize and server/discover of the door to all servers: the gate's own, with what any of them can do. */
#include "base/limits.h"
#include "gate/merge.h"

/* Of the capabilities of a server (MCP 2026-07-28, ServerCapabilities) those that this door passes on. */
static const struct {
	const char *name;
	bool has_list; /* listChanged: the gate itself says so */
} capabilities[] = {
	{ "tools", true }, { "resources", true }, { "prompts", true }, { "completions", false }, { "logging", false },
};

struct said {
	const struct json *v;
	const char *server;
};

static size_t read_parts(struct call *c, struct said *said)
{
	size_t n = 0;
	struct err e;
	for (size_t i = 0; i < c->merge->part_n; i++) {
		struct merge_part *p = &c->merge->parts[i];
		if (p->is_left_out || !p->out.n || !buf_ok(&p->out))
			continue;
		said[n].server = p->server;
		said[n].v = json_read(buf_slice(&p->out), &c->in->arena, &e);
		if (said[n].v)
			n++;
	}
	return n;
}

static void write_capabilities(struct buf *b, const struct said *said, size_t n)
{
	bool is_first = true;
	buf_addc(b, '{');
	for (size_t k = 0; k < ARRAY_LEN(capabilities); k++) {
		bool has_it = false, has_subscribe = false;
		for (size_t i = 0; i < n; i++) {
			const struct json *v = json_gets(json_gets(said[i].v, "capabilities"), capabilities[k].name);
			has_it = has_it || v;
			has_subscribe = has_subscribe || json_true(json_gets(v, "subscribe"));
		}
		/* A server that is down now may have tools when it is back. */
		if (!has_it && k != 0)
			continue;
		buf_addf(b, "%s\"%s\":{", is_first ? "" : ",", capabilities[k].name);
		is_first = false;
		if (capabilities[k].has_list)
			buf_adds(b, "\"listChanged\":true");
		if (has_subscribe)
			buf_adds(b, ",\"subscribe\":true");
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

/* For the model: whose advice is whose. */
static void write_instructions(struct buf *b, const struct said *said, size_t n)
{
	struct buf text = BUF_INIT(LIMIT_MERGE_INSTRUCTIONS);
	for (size_t i = 0; i < n; i++) {
		struct slice own = json_string(json_gets(said[i].v, "instructions"));
		if (own.n && own.n + text.n + LIMIT_NAME + 16 < LIMIT_MERGE_INSTRUCTIONS)
			buf_addf(&text, "%s# %s\n\n%.*s", text.n ? "\n\n" : "", said[i].server, SLICE_ARG(own));
	}
	if (text.n && buf_ok(&text)) {
		buf_adds(b, ",\"instructions\":");
		buf_add_json_string(b, buf_slice(&text));
	}
	buf_release(&text);
}

#define OWN_INFO "{\"name\":\"gatehouse\",\"version\":\"" GATEHOUSE_VERSION "\"}"

void merge_write_open(struct buf *b, struct call *c)
{
	struct said *said = arena_zalloc(&c->in->arena, (c->merge->part_n + 1) * sizeof *said);
	size_t n = said ? read_parts(c, said) : 0;
	if (c->method->kind == METHOD_OPEN)
		buf_addf(b, "{\"protocolVersion\":\"%s\",\"capabilities\":", mcp_version_name(c->in->session.client_version));
	else
		buf_addf(b, "{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"supportedVersions\":[\"%s\"],"
		            "\"capabilities\":", mcp_version_name(MCP_MODERN_LATEST));
	write_capabilities(b, said, n);
	if (c->method->kind == METHOD_OPEN)
		buf_adds(b, ",\"serverInfo\":" OWN_INFO);
	else
		buf_adds(b, ",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":" OWN_INFO "}");
	write_instructions(b, said, n);
	buf_addc(b, '}');
}
