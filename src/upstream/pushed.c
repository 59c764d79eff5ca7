/*
 * What a server says on the stream of a session of HTTP+SSE: answers by the gate's own
 * id, the rest to whichever exchange of the session it can be about.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "upstream/pushed.h"

static struct exchange *find_kind(struct push *p, enum exchange_kind kind, unsigned cap)
{
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (x->kind == kind && !x->is_over && !x->failure &&
		    (x->t.client_caps & cap) == cap)
			return x;
	}
	return NULL;
}

/* What is about a call comes on its stream, where a client surely reads; the rest where it
 * listens. */
static struct exchange *find_reader(struct push *p, bool is_of_call, unsigned cap)
{
	struct exchange *caller = find_kind(p, EXCHANGE_REQUEST, cap);
	struct exchange *listener = find_kind(p, EXCHANGE_LISTEN, cap);
	if (is_of_call)
		return caller ? caller : listener;
	return listener ? listener : caller;
}

static void take_answer(struct push *p, const struct mcp_message *m)
{
	int64_t id;
	struct exchange *found = NULL;
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		bool is_asking = x->kind == EXCHANGE_REQUEST ||
				 (x->kind == EXCHANGE_OPEN && !x->remote.is_confirming);
		if (is_asking && !x->is_over && !x->failure && json_int64(m->id, &id) && id >= 0 &&
		    (uint64_t)id == x->wire_id)
			found = x;
	}
	if (!found) {
		upstream_complain(p->u, "answered a request that is not under way; dropped");
		return;
	}
	found->remote.status = 200;
	if (found->kind == EXCHANGE_OPEN && !found->remote.session)
		found->remote.session = mem_strdup(p->session);
	heard_answer(found, m);
}

static void answer_ourselves(struct push *p, const struct mcp_message *m)
{
	struct upstream_target t = {.session = slice_str(p->session), .version = p->version};
	if (p->opener) {
		upstream_complain(p->u, "asked something before the handshake was over; dropped");
		return;
	}
	upstream_clear_line(p->u);
	upstream_write_own_answer(&p->u->line, m);
	remote_tell(p->u, &t, HTTP_POST, buf_slice(&p->u->line));
}

static void take_request(struct push *p, const struct mcp_message *m, bool may_wait)
{
	unsigned cap = 0;
	bool is_known = upstream_ask_needs(m, &cap);
	struct exchange *x = is_known ? find_reader(p, true, cap) : NULL;
	bool has_clients = find_reader(p, true, 0) != NULL;
	if (is_known && may_wait && !has_clients && early_keep(&p->early, m))
		return;
	if (!x || p->ask_n >= LIMIT_OPEN_ASKS) {
		answer_ourselves(p, m);
		return;
	}
	struct ask *a = ask_new(x, 0, m);
	list_add_tail(&p->asks, &a->node);
	p->ask_n++;
	exchange_show(x, m);
}

void pushed_early(void *push, const struct mcp_message *m)
{
	take_request(push, m, false);
}

void pushed_early_soon(struct push *p)
{
	if (find_reader(p, true, 0))
		early_soon(&p->early);
}

static struct exchange *find_progressing(struct push *p, const struct mcp_message *m)
{
	uint64_t n = upstream_progress_call(m);
	list_each_safe(it, tmp, &p->exchanges)
	{
		struct exchange *x = list_entry(it, struct exchange, of_process);
		if (n && x->kind == EXCHANGE_REQUEST && !x->is_over && x->t.progress_id == n)
			return x;
	}
	return NULL;
}

static void take_notification(struct push *p, const struct mcp_message *m)
{
	struct exchange *x;
	upstream_noticed(p->u, m);
	if (slice_is(m->method, "notifications/progress")) {
		x = find_progressing(p, m);
	} else if (slice_is(m->method, "notifications/cancelled")) {
		struct ask *a =
			ask_find_by_server_id(&p->asks, json_gets(m->params, "requestId"));
		x = a ? find_reader(p, true, 0) : NULL;
		if (a) {
			ask_free(a);
			p->ask_n--;
		}
	} else {
		x = find_reader(p, slice_is(m->method, "notifications/message"), 0);
	}
	if (x)
		exchange_show(x, m);
	else
		log_debug(p->u->o.name, "a notification for nobody; dropped");
}

static void take_message(struct push *p, const struct mcp_message *m)
{
	switch (m->kind) {
	case MCP_RESULT:
	case MCP_ERROR:
		take_answer(p, m);
		return;
	case MCP_REQUEST:
		take_request(p, m, true);
		return;
	case MCP_NOTIFICATION:
		take_notification(p, m);
		return;
	case MCP_INVALID:
		BUG_ON(true);
	}
}

void pushed_text(struct push *p, struct slice text)
{
	struct upstream *u = p->u;
	struct mcp_message m, one;
	struct err e;
	if (!upstream_read(u, text, &m, &e)) {
		upstream_complain(u, "sent what is not a message: %s", e.text);
		return;
	}
	if (m.kind != MCP_INVALID) {
		take_message(p, &m);
		return;
	}
	if (!mcp_version_has_batches(p->version) || json_count(m.root) > LIMIT_BATCH) {
		upstream_complain(u, "sent a batch that is not one; dropped");
		return;
	}
	for (struct json_iter it = json_iter(m.root); !p->is_over && json_next(&it);) {
		if (mcp_message_read(it.value, &one, &e))
			take_message(p, &one);
		else
			upstream_complain(u, "sent a message that is not one: %s", e.text);
	}
}
