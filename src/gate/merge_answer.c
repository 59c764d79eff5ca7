/* Answers of one server with their URIs as the door to all shows them, and the merged answers. */
#include "base/check.h"
#include "base/limits.h"
#include "gate/merge.h"

/* Where a URI of the server may stand in what it says (MCP 2025-11-25 and 2026-07-28: ResourceLink,
 * EmbeddedResource, ReadResourceResult, PromptMessage, resources/updated). Text that a model reads
 * is not searched: what stands in it is no link. */
struct rewriter {
	struct slice server;
	struct buf *out;
	struct gate *gate;
};

static void write_uri(const struct rewriter *w, const struct json *uri)
{
	struct buf b = BUF_INIT(LIMIT_URI + LIMIT_NAME + 8);
	mcp_merged_uri(&b, w->server, json_string(uri));
	if (json_is(uri, JSON_STRING) && json_string(uri).n <= LIMIT_URI && buf_ok(&b))
		buf_add_json_string(w->out, buf_slice(&b));
	else
		json_write(w->out, uri);
	buf_release(&b);
}

enum place { PLACE_RESULT = 1, PLACE_CONTENT, PLACE_RESOURCE, PLACE_MESSAGE };

static void rewrite(const struct rewriter *w, const struct json *v, enum place place);

static void rewrite_list(const struct rewriter *w, const struct json *v, enum place place)
{
	bool is_first = true;
	if (!json_is(v, JSON_ARRAY)) {
		rewrite(w, v, place);
		return;
	}
	buf_addc(w->out, '[');
	for (struct json_iter it = json_iter(v); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(w->out, ',');
		rewrite(w, it.value, place);
	}
	buf_addc(w->out, ']');
}

static void rewrite_member(const struct rewriter *w, const struct json *of, struct slice key, const struct json *v,
                           enum place place)
{
	bool is_link = slice_is(json_string(json_gets(of, "type")), "resource_link");
	if (place == PLACE_RESULT && slice_is(key, "cacheScope"))
		buf_adds(w->out, "\"private\""); /* what is shown depends on the grant */
	else if (slice_is(key, "uri") && (place == PLACE_RESOURCE || (place == PLACE_CONTENT && is_link)))
		write_uri(w, v);
	else if (place == PLACE_RESULT && slice_is(key, "contents"))
		rewrite_list(w, v, PLACE_RESOURCE);
	else if (place == PLACE_RESULT && slice_is(key, "messages"))
		rewrite_list(w, v, PLACE_MESSAGE);
	else if ((place == PLACE_RESULT || place == PLACE_MESSAGE) && slice_is(key, "content"))
		rewrite_list(w, v, PLACE_CONTENT);
	else if (place == PLACE_CONTENT && slice_is(key, "resource"))
		rewrite(w, v, PLACE_RESOURCE);
	else
		json_write(w->out, v);
}

static void rewrite(const struct rewriter *w, const struct json *v, enum place place)
{
	bool is_first = true;
	if (!json_is(v, JSON_OBJECT)) {
		json_write(w->out, v);
		return;
	}
	buf_addc(w->out, '{');
	for (struct json_iter it = json_iter(v); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(w->out, ',');
		buf_add_json_string(w->out, it.key);
		buf_addc(w->out, ':');
		rewrite_member(w, v, it.key, it.value, place);
	}
	buf_addc(w->out, '}');
}

void merge_write_result(struct buf *b, const struct call *c, const struct mcp_message *m, struct slice id)
{
	struct buf result = BUF_INIT(b->max);
	struct rewriter w = { slice_str(c->server), &result, c->gate };
	rewrite(&w, m->result, PLACE_RESULT);
	if (buf_ok(&result))
		mcp_write_result(b, id, buf_slice(&result));
	else
		b->failed = true;
	buf_release(&result);
}

bool merge_rewrites(struct buf *out, const char *server, const struct mcp_message *m)
{
	struct buf params = BUF_INIT(out->max);
	struct rewriter w = { slice_str(server), &params, NULL };
	if (!slice_is(m->method, "notifications/resources/updated"))
		return false;
	rewrite(&w, m->params, PLACE_RESOURCE);
	if (buf_ok(&params))
		json_write_with(out, m->root, SLICE_LIT("params"), buf_slice(&params));
	buf_release(&params);
	return true;
}

void merge_answer(struct buf *b, struct call *c, struct slice id)
{
	struct buf result = BUF_INIT(b->max);
	if (c->method->kind == METHOD_LIST)
		merge_write_list(&result, c);
	else if (c->method->kind == METHOD_OPEN || c->method->kind == METHOD_DISCOVER)
		merge_write_open(&result, c);
	else
		buf_adds(&result, "{}");
	if (!buf_ok(&result))
		b->failed = true;
	else if (c->method->kind == METHOD_OPEN && !open_seal(c))
		mcp_write_error(b, id, MCP_INTERNAL_ERROR, "the session cannot be used", slice_of(NULL, 0));
	else
		mcp_write_result(b, id, buf_slice(&result));
	buf_release(&result);
}
