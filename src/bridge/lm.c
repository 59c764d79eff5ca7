/*
 * A legacy client and a server of the modern era: its handshake, and what it sends that the
 * server has no word for. Requests are lm_call.c's.
 */
#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "bridge/lm.h"

struct lm *lm_of(struct bridge *b)
{
	if (b->lm)
		return b->lm;
	struct lm *lm = mem_zalloc(sizeof *lm);
	lm->bridge = b;
	map_init(&lm->asks);
	map_init(&lm->clients);
	list_init(&lm->idle);
	list_init(&lm->busy);
	b->lm = lm;
	return lm;
}

void lm_free(struct bridge *b)
{
	struct lm *lm = b->lm;
	size_t at = 0;
	void *value;
	if (!lm)
		return;
	while (map_next(&lm->clients, &at, NULL, &value))
		lm_client_free(value);
	map_release(&lm->clients);
	map_release(&lm->asks);
	free(lm);
	b->lm = NULL;
}

void lm_random_id(char out[LM_ID_SIZE])
{
	unsigned char bytes[16];
	random_bytes(bytes, sizeof bytes);
	memcpy(out, "gh-", 3);
	digest_hex(bytes, sizeof bytes, out + 3);
}

static void add_member(struct buf *b, const char *text)
{
	if (b->p[b->n - 1] != '{')
		buf_addc(b, ',');
	buf_adds(b, text);
}

/* What this client can be asked, which is all that its server may know. */
static void write_capabilities(struct buf *b, unsigned can, bool with_tasks)
{
	buf_addc(b, '{');
	if (can & MCP_CAN_ROOTS)
		add_member(b, "\"roots\":{}");
	if (can & MCP_CAN_SAMPLING_TOOLS)
		add_member(b, "\"sampling\":{\"tools\":{}}");
	else if (can & MCP_CAN_SAMPLING)
		add_member(b, "\"sampling\":{}");
	if ((can & MCP_CAN_ELICITATION) && (can & MCP_CAN_ELICITATION_URL))
		add_member(b, "\"elicitation\":{\"form\":{},\"url\":{}}");
	else if (can & MCP_CAN_ELICITATION)
		add_member(b, "\"elicitation\":{\"form\":{}}");
	else if (can & MCP_CAN_ELICITATION_URL)
		add_member(b, "\"elicitation\":{\"url\":{}}");
	if (with_tasks)
		add_member(b, "\"extensions\":{\"" MCP_EXTENSION_TASKS "\":{}}");
	buf_addc(b, '}');
}

struct mcp_speaker lm_speaker(const struct crossing *x, enum mcp_log_level level, bool with_tasks,
                              struct buf *capabilities)
{
	struct slice own = SLICE_LIT("{\"name\":\"gatehouse\",\"version\":\"" GATEHOUSE_VERSION "\"}");
	write_capabilities(capabilities, x->t.to.client_caps, with_tasks);
	return (struct mcp_speaker){
		.version = MCP_MODERN_LATEST,
		.info = x->t.client_info.n ? x->t.client_info : own,
		.capabilities = buf_slice(capabilities),
		.log_level = level,
	};
}

void lm_show(struct crossing *x, const struct mcp_message *m)
{
	struct buf b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
	/* Servers of this era send no requests (2026-07-28, basic/patterns/mrtr). */
	if (m->kind != MCP_NOTIFICATION) {
		log_debug(x->behind->name, "dropped a message that is no notification");
		return;
	}
	if (!json_gets(json_gets(m->params, "_meta"), MCP_META_SUBSCRIPTION)) {
		crossing_show(x, m);
		return;
	}
	mcp_notification_write(&b, m, slice_of(NULL, 0));
	if (buf_ok(&b))
		crossing_show_text(x, buf_slice(&b));
	buf_release(&b);
}

/* The handshake */

static bool on_opened(const struct crossing *x, struct slice *session, enum mcp_version *version)
{
	(void)x;
	*session = slice_of("", 0);
	*version = MCP_MODERN_LATEST;
	return true;
}

static void write_initialize(struct buf *b, const struct crossing *x, const struct json *discover)
{
	struct buf info = BUF_INIT(4096), result = BUF_INIT(LIMIT_MESSAGE_BYTES);
	buf_adds(&info, "{\"name\":");
	buf_add_json_string(&info, slice_str(x->behind->name));
	buf_adds(&info, ",\"version\":\"unknown\"}");
	mcp_discover_to_initialize(&result, discover, x->t.client_version, buf_slice(&info));
	mcp_write_result(b, SLICE_LIT("0"), buf_slice(&result));
	b->failed |= result.failed;
	buf_release(&info);
	buf_release(&result);
}

static void on_discovered(struct crossing *x, enum upstream_failure f, const struct mcp_message *m,
                          const char *why, int http_status)
{
	struct buf b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
	if (f != UPSTREAM_OK || !m) {
		upstream_doubt(x->behind->u, MCP_ERA_MODERN);
		crossing_done(x, f, m, why, http_status);
		return;
	}
	if (m->kind == MCP_RESULT && json_is(m->result, JSON_OBJECT)) {
		const struct json *ext =
			json_gets(json_gets(m->result, "capabilities"), "extensions");
		x->behind->has_tasks = json_is(json_gets(ext, MCP_EXTENSION_TASKS), JSON_OBJECT);
		write_initialize(&b, x, m->result);
	} else if (m->kind == MCP_ERROR) {
		struct buf error = BUF_INIT(LIMIT_MESSAGE_BYTES);
		upstream_doubt(x->behind->u, MCP_ERA_MODERN);
		mcp_error_to_legacy(&error, SLICE_LIT("initialize"), m->error);
		buf_adds(&b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":");
		buf_add_slice(&b, buf_slice(&error));
		buf_addc(&b, '}');
		b.failed |= error.failed;
		buf_release(&error);
	}
	if (b.n && buf_ok(&b))
		crossing_answer(x, buf_slice(&b), http_status);
	else
		crossing_fail(x, UPSTREAM_BROKEN, http_status,
		              "server '%s' answered server/discover with no result", x->behind->name);
	buf_release(&b);
}

static void open_client(struct crossing *x)
{
	static const struct crossing_ops ops = { .on_done = on_discovered, .opened = on_opened };
	struct buf caps = BUF_INIT(4096), params = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct upstream_target to = x->t.to;
	struct mcp_speaker s = lm_speaker(x, MCP_LOG_NONE, x->t.client_version == MCP_2025_11_25, &caps);
	x->ops = &ops;
	to.session = slice_of(NULL, 0);
	to.version = MCP_MODERN_LATEST;
	mcp_params_to_modern(&params, NULL, &s);
	if (buf_ok(&params))
		crossing_set_inner(x, upstream_request(x->behind->u, &to, SLICE_LIT("server/discover"),
		                                       buf_slice(&params), 0, &crossing_events, x));
	else
		crossing_fail_soon(x, UPSTREAM_UNREACHED, "what the client says of itself is too large");
	buf_release(&caps);
	buf_release(&params);
}

/* What a client sends beside requests. Of notifications the server knows only those of the
 * gate's own doing: progress and roots belong to a session that it does not have. */
static void take_note(struct crossing *x)
{
	struct arena a;
	struct mcp_message m;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(x->text, &a, &e);
	if (!root || !mcp_message_read(root, &m, &e))
		crossing_fail_soon(x, UPSTREAM_REFUSED, "the message cannot be read");
	else if (m.kind == MCP_NOTIFICATION || lm_take_answer(x, &m))
		crossing_end_soon(x);
	else
		crossing_fail_soon(x, UPSTREAM_REFUSED,
		                   "server '%s' has asked this session nothing with this id",
		                   x->behind ? x->behind->name : "");
	arena_release(&a);
}

/* The session was made with a server that was of this era. */
static bool is_another_now(const struct crossing *x)
{
	if (x->kind == CROSSING_OPEN || x->t.is_held)
		return false;
	return x->modern == UPSTREAM_NO ||
	       (x->modern == UPSTREAM_NOT_ASKED && upstream_speaks(x->behind->u, MCP_ERA_MODERN) == UPSTREAM_NO);
}

void lm_begin(struct crossing *x)
{
	if (is_another_now(x)) {
		crossing_fail_soon(x, UPSTREAM_GONE_SESSION, "server '%s' no longer speaks %s",
		                   x->behind->name, mcp_version_name(MCP_MODERN_LATEST));
		return;
	}
	switch (x->kind) {
	case CROSSING_OPEN: open_client(x); break;
	case CROSSING_REQUEST: lm_call_begin(x); break;
	case CROSSING_NOTIFY: take_note(x); break;
	case CROSSING_LISTEN: lm_listen_begin(x); break;
	case CROSSING_SUBSCRIBE:
	case CROSSING_NONE: BUG_ON(true);
	}
}

void lm_close(struct bridge *b, struct upstream *u, const struct bridge_target *t)
{
	struct crossing who = { .bridge = b, .t = *t };
	if (!b->lm)
		return;
	who.behind = behind_of(b, u);
	struct lm_client *k = lm_client_find(&who);
	if (k)
		lm_client_free(k);
}

void lm_forget(struct behind *s)
{
	struct lm *lm = s->bridge->lm;
	size_t at = 0;
	void *value;
	while (lm && map_next(&lm->clients, &at, NULL, &value)) {
		struct lm_client *k = value;
		if (k->behind == s)
			lm_client_free(k);
	}
	list_each_safe(it, next, &s->modern)
	{
		struct crossing *x = list_entry(it, struct crossing, of_state);
		/* What the server is asked ends with the server; what the client is asked, here. */
		if (!x->inner.v && !s->bridge->is_ending)
			crossing_fail_soon(x, UPSTREAM_BROKEN, "server '%s' has been removed", s->name);
	}
}
