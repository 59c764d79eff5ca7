/*
 * Links to resources in what tools and prompts answer (MCP 2025-06-18 and later, ResourceLink): one
 * that the grant may not read is no way to learn of it. A resource that stands in the answer whole
 * is part of the answer, which the policy has allowed.
 */
#include "gate/call.h"
#include "base/limits.h"

#define NO_LINK "{\"type\":\"text\",\"text\":\"[POLICY DENIED] a link to a resource that the policy does not allow\"}"

static bool is_hidden(const struct policy *p, const struct json *block)
{
	return slice_is(json_string(json_gets(block, "type")), "resource_link") &&
	       !policy_allows_name(p, POLICY_RESOURCE, json_string(json_gets(block, "uri")));
}

static bool has_hidden(const struct policy *p, const struct json *content)
{
	bool is_there = is_hidden(p, content);
	for (struct json_iter it = json_iter(content); !it.is_object && !is_there && json_next(&it);)
		is_there = is_hidden(p, it.value);
	return is_there;
}

static void write_content(struct buf *b, const struct policy *p, const struct json *content)
{
	bool is_first = true;
	if (!json_is(content, JSON_ARRAY)) {
		if (is_hidden(p, content))
			buf_adds(b, NO_LINK);
		else
			json_write(b, content);
		return;
	}
	buf_addc(b, '[');
	for (struct json_iter it = json_iter(content); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		write_content(b, p, it.value);
	}
	buf_addc(b, ']');
}

static void write_object(struct buf *b, const struct policy *p, const struct json *object)
{
	struct buf content = BUF_INIT(b->max);
	write_content(&content, p, json_gets(object, "content"));
	json_write_with(b, object, SLICE_LIT("content"), buf_slice(&content));
	b->failed |= !buf_ok(&content);
	buf_release(&content);
}

static bool messages_have_hidden(const struct policy *p, const struct json *messages)
{
	bool is_there = false;
	for (struct json_iter it = json_iter(messages); !is_there && json_next(&it);)
		is_there = has_hidden(p, json_gets(it.value, "content"));
	return is_there;
}

static void write_messages(struct buf *b, const struct policy *p, const struct json *messages)
{
	bool is_first = true;
	buf_addc(b, '[');
	for (struct json_iter it = json_iter(messages); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		if (has_hidden(p, json_gets(it.value, "content")))
			write_object(b, p, it.value);
		else
			json_write(b, it.value);
	}
	buf_addc(b, ']');
}

/* NULL: there is none. */
static const struct json *without(struct call *c, const struct policy *p, const struct json *result, bool *is_failed)
{
	const struct json *messages = json_gets(result, "messages");
	struct buf b = BUF_INIT(c->gate->o.message_bytes_max + 65536), list = BUF_INIT(b.max);
	struct err e = { 0 };
	const struct json *of_task = json_gets(result, "result");
	if (has_hidden(p, json_gets(result, "content"))) {
		write_object(&b, p, result);
	} else if (has_hidden(p, json_gets(of_task, "content"))) {
		write_object(&list, p, of_task);
		json_write_with(&b, result, SLICE_LIT("result"), buf_slice(&list));
	} else if (messages_have_hidden(p, messages)) {
		write_messages(&list, p, messages);
		json_write_with(&b, result, SLICE_LIT("messages"), buf_slice(&list));
	} else {
		return NULL;
	}
	const struct json *shown = buf_ok(&b) && buf_ok(&list) ? json_read(buf_slice(&b), &c->in->arena, &e) : NULL;
	*is_failed = !shown;
	buf_release(&b);
	buf_release(&list);
	return shown;
}

void links_hide(struct call *c)
{
	bool is_failed = false;
	enum method_kind kind = c->method ? c->method->kind : METHOD_UNKNOWN;
	if (!c->answer || c->answer->kind != MCP_RESULT || !c->binding ||
	    (kind != METHOD_TOOL && kind != METHOD_PROMPT && kind != METHOD_PASS))
		return;
	const struct json *shown = without(c, c->binding->policy, c->answer->result, &is_failed);
	if (!shown && !is_failed)
		return;
	struct mcp_message *m = shown ? arena_alloc(&c->in->arena, sizeof *m) : NULL;
	if (!m) {
		c->answer = NULL; /* not passed as it is */
		c->failure = UPSTREAM_BROKEN;
		return;
	}
	*m = (struct mcp_message){ .kind = MCP_RESULT, .id = c->answer->id, .result = shown };
	c->answer = m;
	c->is_answer_ours = true;
}
