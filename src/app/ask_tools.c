/* See ask_tools.h. A loop of its own, one server, one session; the same bridge as the gate's. */
#include "app/ask_tools.h"
#include "admin/admin.h"
#include "app/inside.h"
#include "base/check.h"
#include "base/random.h"
#include "bridge/bridge.h"
#include "catalog/show.h"
#include "http/client.h"

#define LOOK_MS 200

struct asking {
	const struct ask_tools_opts *o;
	struct loop *loop;
	struct http_client *client;
	struct upstream *upstream;
	struct bridge *bridge;
	struct loop_timer deadline, look;
	struct exchange_id exchange;
	char *session; /* NULL: not open yet */
	enum mcp_version version;
	size_t pages, n;
	struct buf *tools;
	struct ask_tools_server *who;
	bool is_good, is_stopping;
	struct err *e;
};

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
		    const char *why, int http_status);

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	(void)ctx;
	(void)id;
	(void)m; /* nobody is there to be asked */
}
static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };

static struct bridge_target target_of(const struct asking *a)
{
	return (struct bridge_target){
		.to = { .session = slice_str(a->session ? a->session : ""),
			.version = a->version,
			.grant_id = SLICE_LIT(""),
			.client_session = SLICE_LIT("(catalogue)") },
		.client_version = MCP_LEGACY_LATEST,
	};
}

static void on_gone(void *ctx)
{
	struct asking *a = ctx;
	loop_stop(a->loop);
}

static void end(struct asking *a)
{
	if (a->is_stopping)
		return;
	a->is_stopping = true;
	loop_cancel(a->loop, &a->deadline);
	loop_cancel(a->loop, &a->look);
	if (a->session) {
		struct bridge_target t = target_of(a);
		bridge_close(a->bridge, a->upstream, &t);
	}
	upstream_stop(a->upstream, on_gone, a);
}

static void fail(struct asking *a, const char *why)
{
	if (!a->is_stopping)
		err_set(a->e, ERR_REMOTE, "server '%s' lists no tools: %s", a->o->name, why);
	end(a);
}

static void on_deadline(void *ctx)
{
	struct asking *a = ctx;
	a->deadline = (struct loop_timer){ 0 };
	fail(a, "it did not answer in time");
}

static void on_look(void *ctx)
{
	struct asking *a = ctx;
	a->look = (struct loop_timer){ 0 };
	if (a->o->is_given_up(a->o->of))
		fail(a, "it is not waited for any longer");
	else
		a->look = loop_after(a->loop, LOOK_MS, on_look, a);
}

static void ask(struct asking *a, struct slice cursor)
{
	struct buf params = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct bridge_target t = target_of(a);
	if (cursor.n) {
		buf_adds(&params, "{\"cursor\":");
		buf_add_json_string(&params, cursor);
		buf_addc(&params, '}');
	}
	a->exchange = bridge_request(a->bridge, a->upstream, &t, SLICE_LIT("tools/list"), buf_slice(&params), 0,
				     &events, a);
	buf_release(&params);
}

static void copy_word(char *out, const struct json *v)
{
	struct slice s = json_string(v);
	size_t n = s.n > LIMIT_ASK_TOOLS_NAME ? LIMIT_ASK_TOOLS_NAME : s.n;
	memcpy(out, n ? s.p : "", n);
	out[n] = '\0';
}

static void on_opened(struct asking *a, const struct mcp_message *m)
{
	struct slice session = { NULL, 0 };
	if (!bridge_opened(a->bridge, a->upstream, a->exchange, &session, &a->version)) {
		fail(a, "its handshake cannot be used");
		return;
	}
	a->session = mem_strndup(session.n ? session.p : "", session.n);
	if (a->who) {
		const struct json *info = json_gets(m->result, "serverInfo");
		copy_word(a->who->name, json_gets(info, "name"));
		copy_word(a->who->version, json_gets(info, "version"));
	}
	ask(a, slice_of(NULL, 0));
}

static void take_page(struct asking *a, const struct mcp_message *m)
{
	const struct json *list = json_gets(m->result, "tools");
	struct slice cursor = json_string(json_gets(m->result, "nextCursor"));
	if (!json_is(list, JSON_ARRAY)) {
		fail(a, "its tools/list has no array 'tools'");
		return;
	}
	for (struct json_iter it = json_iter(list); json_next(&it) && a->n <= LIMIT_TOOLS_PER_SERVER; a->n++) {
		buf_addc(a->tools, a->n ? ',' : '[');
		json_write(a->tools, it.value);
	}
	if (a->n > LIMIT_TOOLS_PER_SERVER || !buf_ok(a->tools)) {
		fail(a, "its list is longer than this program takes");
	} else if (!cursor.n) {
		buf_adds(a->tools, a->n ? "]" : "[]");
		a->is_good = buf_ok(a->tools);
		end(a);
	} else if (++a->pages >= LIMIT_LIST_PAGES) {
		fail(a, "its list has more pages than this program reads");
	} else {
		ask(a, cursor);
	}
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
		    const char *why, int http_status)
{
	struct asking *a = ctx;
	(void)http_status;
	if (a->exchange.v != id.v || a->is_stopping)
		return;
	if (f || !m || m->kind != MCP_RESULT)
		fail(a, f && why ? why : "it answered with an error");
	else if (!a->session)
		on_opened(a, m);
	else
		take_page(a, m);
}

static void begin(void *ctx)
{
	struct asking *a = ctx;
	struct bridge_target t = target_of(a);
	a->exchange = bridge_open(a->bridge, a->upstream, &t, NULL, NULL, &events, a);
}

static bool make(struct asking *a)
{
	struct http_client_opts co = http_client_defaults();
	struct upstream_opts uo = upstream_defaults();
	struct bridge_opts bo = { 0 };
	uint64_t timeout_ms = a->o->timeout_ms ? a->o->timeout_ms : LIMIT_ASK_TOOLS_MS;
	uo.name = a->o->name;
	uo.url = a->o->url;
	uo.headers = a->o->headers;
	uo.header_n = a->o->header_n;
	uo.argv = a->o->argv;
	uo.env = a->o->env;
	uo.cwd = a->o->cwd;
	uo.per = UPSTREAM_PER_SERVER;
	uo.call_timeout_ms = uo.start_timeout_ms = timeout_ms;
	a->loop = loop_new();
	a->client = http_client_new(a->loop, &co);
	a->upstream = upstream_new(a->loop, a->client, &uo, a->e);
	if (!a->upstream)
		return false;
	bo.loop = a->loop;
	random_bytes(bo.key, sizeof bo.key);
	a->bridge = bridge_new(&bo);
	a->deadline = loop_after(a->loop, timeout_ms, on_deadline, a);
	if (a->o->is_given_up)
		a->look = loop_after(a->loop, LOOK_MS, on_look, a);
	loop_defer(a->loop, begin, a);
	return true;
}

bool ask_tools(const struct ask_tools_opts *o, struct buf *tools, struct ask_tools_server *who, struct err *e)
{
	struct asking a = { .o = o, .tools = tools, .who = who, .e = e };
	if (who)
		*who = (struct ask_tools_server){ 0 };
	if (make(&a))
		loop_run(a.loop);
	if (a.bridge)
		bridge_free(&a.bridge);
	if (a.upstream)
		upstream_free(&a.upstream);
	http_client_free(&a.client);
	loop_free(&a.loop);
	free(a.session);
	return a.is_good;
}

static bool ask_stored(const struct server_trial *t, struct buf *tools, struct ask_tools_server *who, struct err *e)
{
	struct upstream_opts u;
	struct arena arena;
	arena_init(&arena, 1u << 20);
	bool is_good = gateway_server_opts(t->config, t->server, &arena, &u, e);
	if (is_good) {
		struct ask_tools_opts o = { .name = u.name, .url = u.url, .headers = u.headers, .header_n = u.header_n, .argv = u.argv, .env = u.env, .cwd = u.cwd,
					    .is_given_up = t->is_given_up, .of = t->of };
		is_good = ask_tools(&o, tools, who, e);
	}
	arena_release(&arena);
	return is_good;
}

bool ask_tools_of(const struct config *c, const struct store_server *s, struct buf *tools, struct ask_tools_server *who,
		  struct err *e)
{
	const struct server_trial t = { .config = c, .server = s };
	return ask_stored(&t, tools, who, e);
}

bool ask_tools_to_try(const struct server_trial *t, struct buf *tools, struct buf *who, struct err *e)
{
	struct ask_tools_server of;
	if (!ask_stored(t, tools, &of, e))
		return false;
	buf_adds(who, "{\"name\":");
	show_json(who, slice_str(of.name), 0);
	buf_adds(who, ",\"version\":");
	show_json(who, slice_str(of.version), 0);
	buf_addc(who, '}');
	return true;
}
