/* Which eras of MCP a server speaks (MCP 2026-07-28, Versioning): what its answers prove,
 * and for how long that is believed. */
#include "base/limits.h"
#include "upstream/exchange.h"
#include "upstream/handshake.h"

void verdict_set(struct upstream *u, struct verdict *v, bool is_yes)
{
	*v = (struct verdict){is_yes ? UPSTREAM_YES : UPSTREAM_NO, loop_now_us(u->loop)};
}

enum upstream_verdict verdict_get(const struct upstream *u, const struct verdict *v)
{
	bool is_fresh = loop_now_us(u->loop) - v->at_us < LIMIT_ERA_TTL_MS * 1000ull;
	return is_fresh ? v->v : UPSTREAM_NOT_ASKED;
}

void era_found(struct upstream *u, enum mcp_era era, bool is_yes)
{
	verdict_set(u, &u->speaks[era], is_yes);
}

enum upstream_verdict upstream_speaks(const struct upstream *u, enum mcp_era era)
{
	return verdict_get(u, &u->speaks[era]);
}

void upstream_doubt(struct upstream *u, enum mcp_era era)
{
	u->speaks[era].v = UPSTREAM_NOT_ASKED;
}

static bool has_common_version(const struct json *names)
{
	for (struct json_iter it = json_iter(names); json_next(&it);)
		if (mcp_version_era(mcp_version_of(json_string(it.value))) == MCP_ERA_MODERN)
			return true;
	return false;
}

static int64_t error_code(const struct mcp_message *m)
{
	int64_t code = 0;
	return m->kind == MCP_ERROR && json_int64(json_gets(m->error, "code"), &code) ? code : 0;
}

bool era_is_modern_error(const struct mcp_message *m)
{
	int64_t code = error_code(m);
	return code == MCP_HEADER_MISMATCH || code == MCP_MISSING_CAPABILITY ||
	       code == MCP_UNSUPPORTED_VERSION;
}

bool era_is_modern_only(const struct mcp_message *m)
{
	const struct json *supported = json_gets(json_gets(m->error, "data"), "supported");
	return era_is_modern_error(m) || error_code(m) == MCP_METHOD_NOT_FOUND ||
	       (m->kind == MCP_ERROR && has_common_version(supported));
}

enum era_finding era_judge(const struct mcp_message *m)
{
	if (m->kind == MCP_RESULT) {
		const struct json *names = json_gets(m->result, "supportedVersions");
		if (!json_is(names, JSON_ARRAY))
			return ERA_NOT_MODERN;
		return has_common_version(names) ? ERA_MODERN : ERA_NO_COMMON;
	}
	if (m->kind != MCP_ERROR)
		return ERA_UNPROVEN;
	if (!era_is_modern_error(m))
		return ERA_NOT_MODERN;
	if (error_code(m) != MCP_UNSUPPORTED_VERSION)
		return ERA_AGAIN;
	const struct json *names = json_gets(json_gets(m->error, "data"), "supported");
	return has_common_version(names) ? ERA_AGAIN : ERA_NO_COMMON;
}

void era_ask_again(struct exchange *x)
{
	struct buf params = BUF_INIT(4096), id = BUF_INIT(32);
	x->is_asked_again = true;
	x->wire_id = ++x->u->wire_last;
	buf_add_u64(&id, x->wire_id);
	handshake_write_discover(&params, MCP_MODERN_LATEST, x->t.client_caps);
	buf_clear(&x->text);
	mcp_write_request(&x->text, buf_slice(&id), SLICE_LIT("server/discover"),
			  buf_slice(&params));
	buf_release(&params);
	buf_release(&id);
}
