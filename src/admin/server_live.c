/* See server_live.h. */
#include "admin/server_live.h"

static const char *const words[SERVER_STATES] = { "unknown", "up", "down", "disabled" };

const char *server_state_word(enum server_state s)
{
	return words[s];
}

bool server_state_of(struct slice word, enum server_state *out)
{
	for (size_t i = 0; i < SERVER_STATES; i++)
		if (slice_is(word, words[i])) {
			*out = (enum server_state)i;
			return true;
		}
	return false;
}

static enum server_state state_of(const struct upstream *u)
{
	struct upstream_status s;
	upstream_status(u, &s);
	switch (s.state) {
	case UPSTREAM_UP: return SERVER_UP;
	case UPSTREAM_DOWN: return SERVER_DOWN;
	case UPSTREAM_UNKNOWN: break;
	}
	return SERVER_UNKNOWN;
}

void server_live(const struct admin *a, const char *name, bool is_enabled, struct server_live *out)
{
	struct slice server = slice_str(name);
	size_t at = 0;
	*out = (struct server_live){ .upstream = registry_get(a->o.registry, server) };
	out->state = !is_enabled ? SERVER_DISABLED : out->upstream ? state_of(out->upstream) : SERVER_UNKNOWN;
	if (!out->upstream)
		return;
	out->is_known = catalog_status(a->o.catalog, server, loop_now_us(a->o.loop)).is_known;
	for (const struct catalog_tool *t; (t = catalog_next(a->o.catalog, server, &at)); out->tools++) {
		out->by_severity[t->risk.severity]++;
		out->held += a->o.pins && pins_holds(a->o.pins, t->pin);
		if (t->risk.severity > out->worst)
			out->worst = t->risk.severity;
	}
}

void server_live_write(struct buf *b, const struct server_live *v)
{
	struct upstream_status s = { 0 };
	if (v->upstream)
		upstream_status(v->upstream, &s);
	buf_addf(b, ",\"state\":\"%s\"", words[v->state]);
	if (v->upstream && s.last_error[0]) {
		buf_adds(b, ",\"error\":");
		buf_add_json_string(b, slice_str(s.last_error));
	}
	if (v->upstream && upstream_speaks(v->upstream, MCP_ERA_MODERN) == UPSTREAM_YES)
		buf_adds(b, ",\"era\":\"modern\"");
	else if (v->upstream && upstream_speaks(v->upstream, MCP_ERA_LEGACY) == UPSTREAM_YES)
		buf_adds(b, ",\"era\":\"legacy\"");
	buf_addf(b, ",\"tools\":{\"is_known\":%s,\"total\":%zu,\"held\":%zu,\"by_severity\":{", v->is_known ? "true" : "false", v->tools,
		 v->held);
	for (size_t i = SEVERITY_LOW; i < SEVERITIES; i++)
		buf_addf(b, "%s\"%s\":%zu", i > SEVERITY_LOW ? "," : "", severity_word((enum severity)i),
			 v->by_severity[i] + (i == SEVERITY_CRITICAL ? v->by_severity[SEVERITY_UNKNOWN] : 0));
	buf_addf(b, "}},\"calls_in_flight\":%zu,\"children\":%zu,\"restarts\":%llu", s.calls_in_flight, s.children,
		 (unsigned long long)s.restarts);
}
