/* What a client sent: its messages to calls, and answers back to where they belong. */
#include "gate/merge.h"
#include "gate/play.h"
#include "base/check.h"
#include "base/limits.h"
#include "http/sse.h"

/* Idle ones kept for the next message; more would only hold memory after a burst. */
#define FREE_MAX 256

struct inbound *inbound_new(struct gate *g, struct http_request_id http)
{
	struct inbound *in;
	if (list_empty(&g->free_inbounds)) {
		in = mem_zalloc(sizeof *in);
		arena_init(&in->arena, LIMIT_REQUEST_ARENA);
		buf_init(&in->out, g->o.message_bytes_max + 65536 + 2);
		buf_init(&in->new_session, 4096);
	} else {
		in = list_entry(g->free_inbounds.next, struct inbound, link);
		list_del(&in->link);
		g->free_inbound_n--;
	}
	list_init(&in->link);
	list_init(&in->ears);
	in->gate = g;
	in->id = idtable_add(&g->inbounds, in);
	in->http = http;
	in->grants = g->grants ? grants_ref(g->grants) : NULL;
	return in;
}

void inbound_free(struct inbound *in)
{
	struct gate *g = in->gate;
	BUG_ON(in->waiting);
	idtable_del(&g->inbounds, in->id);
	if (in->is_modern && in->http.v) {
		char key[8];
		gate_key_of(in->http.v, key);
		map_del(&g->inbounds_by_http, slice_of(key, 8));
	}
	ear_take_off(in, "the client has gone");
	subscription_release(in);
	pressure_forget(in);
	if (in->play)
		play_end(&in->play);
	if (in->replay)
		replay_close(&g->replay, in->replay, !in->is_listening);
	if (in->grants)
		grants_unref(&in->grants);
	list_del(&in->link);
	if (in->is_listening)
		arena_release(&in->arena); /* too small for most requests, or grown by one that lasted */
	else
		arena_reset(&in->arena);
	struct arena arena = in->arena;
	struct buf out = in->out, new_session = in->new_session;
	buf_clear(&out);
	buf_clear(&new_session);
	if (out.cap > 65536)
		buf_release(&out);
	*in = (struct inbound){ .gate = g, .arena = arena, .out = out, .new_session = new_session };
	list_init(&in->ears);
	if (g->free_inbound_n < FREE_MAX) {
		g->free_inbound_n++;
		list_add_head(&g->free_inbounds, &in->link);
		return;
	}
	arena_release(&in->arena);
	buf_release(&in->out);
	buf_release(&in->new_session);
	free(in);
}

enum mcp_era inbound_era(const struct inbound *in)
{
	return in->is_modern ? MCP_ERA_MODERN : MCP_ERA_LEGACY;
}

/* What a client says of itself, or said in its handshake, for a server that is told with every
 * request. What is too long for that is cut to name and version. */
static const char *write_client_info(struct inbound *in)
{
	struct buf b = BUF_INIT(4096);
	if (in->is_modern)
		json_write(&b, in->envelope.client_info);
	if (in->is_modern && buf_ok(&b)) {
		const char *said = arena_strndup(&in->arena, b.p, b.n);
		buf_release(&b);
		return said;
	}
	buf_clear(&b);
	buf_adds(&b, "{\"name\":");
	buf_add_json_string(&b, slice_str(in->session.client_name));
	buf_adds(&b, ",\"version\":");
	buf_add_json_string(&b, slice_str(in->session.client_version_text));
	buf_addc(&b, '}');
	const char *text = arena_strndup(&in->arena, b.p, b.n);
	buf_release(&b);
	return text;
}

struct bridge_target inbound_target(struct inbound *in)
{
	if (!in->client_info && in->session.client_name[0] &&
	    (merge_is_door(in) || mcp_version_era(in->session.server_version) == MCP_ERA_MODERN))
		in->client_info = write_client_info(in);
	return (struct bridge_target){
		.to = {
			.session = slice_str(in->session.server_session),
			.version = in->session.server_version,
			.grant_id = in->grant ? in->grant->id : SLICE_LIT(""),
			.client_session = slice_str(in->session.id),
			.client_caps = in->session.client_caps,
		},
		.client_version = in->session.client_version,
		.client_info = slice_str(in->client_info),
		.is_held = merge_is_door(in),
	};
}

static void write_line(struct inbound *in, struct slice text)
{
	in->gate->o.write_line(in->gate->o.line_ctx, text);
}

static size_t answer_headers(struct inbound *in, struct http_header *h, bool is_stream)
{
	size_t n = 0;
	h[n++] = (struct http_header){ SLICE_LIT("Content-Type"),
		                       is_stream ? SLICE_LIT("text/event-stream") : SLICE_LIT("application/json") };
	if (is_stream) {
		h[n++] = (struct http_header){ SLICE_LIT("Cache-Control"), SLICE_LIT("no-cache") };
		h[n++] = (struct http_header){ SLICE_LIT("X-Accel-Buffering"), SLICE_LIT("no") };
	}
	if (in->new_session.n)
		h[n++] = (struct http_header){ SLICE_LIT("Mcp-Session-Id"), buf_slice(&in->new_session) };
	return n;
}

/* With an id where the client can come back for what it missed; what is written while it is away
 * waits for it. False: nobody will ever see it. */
static bool write_event(struct inbound *in, struct slice text)
{
	struct gate *g = in->gate;
	char id[REPLAY_ID_SIZE] = "";
	if (in->is_closed && !in->replay)
		return false;
	if (resume_is_possible(in)) {
		if (!in->replay)
			in->replay = replay_open(&g->replay, in, in->session.id, !in->is_listening);
		replay_write_id(in->replay, replay_add(&g->replay, in->replay, loop_now_us(g->o.loop), text), id);
	}
	if (!in->is_closed) {
		struct buf b = BUF_INIT(text.n * 2 + 128);
		sse_write(&b, SLICE_LIT("message"), slice_str(id), text);
		if (!buf_ok(&b) || !http_write(g->o.http, in->http, buf_slice(&b)))
			in->is_closed = true;
		buf_release(&b);
	}
	if (!in->is_closed)
		pressure_check(in);
	return !in->is_closed || in->replay;
}

/* As one list. Answers are parted by line ends, which printed JSON does not have. */
static struct slice collected_list(struct inbound *in)
{
	for (char *at = in->out.p; (at = memchr(at, '\n', (size_t)(in->out.p + in->out.n - at)));)
		*at = ',';
	buf_addc(&in->out, ']');
	return buf_slice(&in->out);
}

/* What a batch has collected so far: on a stream each answer is an event. */
static void send_collected(struct inbound *in)
{
	if (!in->http.v) {
		write_line(in, collected_list(in));
	} else {
		struct slice rest = slice_of(in->out.p + 1, in->out.n - 1);
		for (const char *end; (end = memchr(rest.p, '\n', rest.n));) {
			size_t n = (size_t)(end - rest.p);
			write_event(in, slice_of(rest.p, n));
			rest = slice_of(end + 1, rest.n - n - 1);
		}
		write_event(in, rest);
	}
	buf_clear(&in->out);
	in->collected = 0;
}

void inbound_begin_again(struct inbound *in)
{
	struct http_header h[4];
	in->is_streaming = true;
	if (!http_begin(in->gate->o.http, in->http, 200, h, answer_headers(in, h, true)))
		in->is_closed = true;
}

/* MCP 2025-11-25, Transports: an event with an id and no text, so that the client can come back
 * before anything was said. */
static void write_priming(struct inbound *in)
{
	char id[REPLAY_ID_SIZE];
	struct buf b = BUF_INIT(128);
	in->replay = replay_open(&in->gate->replay, in, in->session.id, true);
	replay_write_id(in->replay, 0, id);
	buf_addf(&b, "retry: %d\n", LIMIT_REPLAY_RETRY_MS);
	sse_write(&b, slice_of(NULL, 0), slice_str(id), slice_of(NULL, 0));
	if (!http_write(in->gate->o.http, in->http, buf_slice(&b)))
		in->is_closed = true;
	buf_release(&b);
	gate_watch_streams(in->gate);
}

void inbound_begin_stream(struct inbound *in)
{
	if (in->is_streaming || in->is_closed)
		return;
	inbound_begin_again(in);
	if (!in->is_closed && !in->is_listening && resume_is_possible(in) &&
	    mcp_version_has_priming(in->session.client_version))
		write_priming(in);
	if (in->collected)
		send_collected(in);
	gate_watch_streams(in->gate);
}

void inbound_changed(struct inbound *in, const char *method)
{
	struct buf b = BUF_INIT(256);
	mcp_write_request(&b, slice_of(NULL, 0), slice_str(method), slice_of(NULL, 0));
	(void)inbound_message(in, buf_slice(&b));
	buf_release(&b);
}

static void collect(struct inbound *in, struct slice text)
{
	/* Room for the end of the list, too. */
	if (in->collected && text.n + 2 > in->out.max - in->out.n) {
		if (in->http.v) {
			inbound_begin_stream(in);
			write_event(in, text);
			return;
		}
		send_collected(in);
	}
	buf_addc(&in->out, in->collected++ ? '\n' : '[');
	buf_add_slice(&in->out, text);
}

bool inbound_message(struct inbound *in, struct slice text)
{
	if (in->is_closed && !in->replay)
		return false;
	if (!in->http.v) {
		write_line(in, text);
		return true;
	}
	if (!in->can_stream)
		return false;
	inbound_begin_stream(in);
	return write_event(in, text);
}

static void finish(struct inbound *in)
{
	if (in->is_listening || in == in->gate->line)
		return;
	if (in->old_stream) {
		inbound_free(in); /* 202 long since; the stream is not its own */
		return;
	}
	if (!in->is_closed && in->http.v) {
		struct http_header h[4];
		if (in->is_streaming) {
			http_end(in->gate->o.http, in->http);
		} else if (in->collected) {
			http_respond(in->gate->o.http, in->http, 200, h, answer_headers(in, h, false),
			             collected_list(in));
		} else if (!in->answers) {
			http_respond(in->gate->o.http, in->http, 202, NULL, 0, slice_of(NULL, 0));
		}
	} else if (!in->http.v && in->collected) {
		send_collected(in);
	}
	inbound_free(in);
}

void inbound_answer(struct inbound *in, int status, struct slice text)
{
	struct http_header h[4];
	BUG_ON(!in->waiting);
	in->waiting--;
	in->answers++;
	if (in->is_streaming) {
		write_event(in, text);
	} else if (in->is_batch) {
		collect(in, text);
	} else if (!in->http.v) {
		write_line(in, text);
	} else if (!in->is_closed) {
		http_respond(in->gate->o.http, in->http, status, h, answer_headers(in, h, false), text);
		in->is_closed = true;
	}
	if (!in->waiting)
		finish(in);
}

void inbound_drop_call(struct inbound *in)
{
	BUG_ON(!in->waiting);
	if (--in->waiting == 0)
		finish(in);
}

static void fail_with(struct inbound *in, int status, struct slice text)
{
	if (!in->http.v) {
		write_line(in, text);
	} else if (!in->is_closed) {
		struct http_header h[2] = { { SLICE_LIT("Content-Type"), SLICE_LIT("application/json") } };
		size_t n = 1;
		if (status == 401)
			h[n++] = (struct http_header){ SLICE_LIT("WWW-Authenticate"),
				                       SLICE_LIT("Bearer realm=\"gatehouse\"") };
		if (in->is_streaming)
			http_abort(in->gate->o.http, in->http);
		else
			http_respond(in->gate->o.http, in->http, status, h, n, text);
		in->is_closed = true;
	}
	if (in->waiting)
		in->waiting--;
	if (!in->waiting && in != in->gate->line)
		inbound_free(in);
}

void inbound_fail(struct inbound *in, int status, int code, struct slice id, const char *text)
{
	struct buf b = BUF_INIT(8192);
	mcp_write_error(&b, id, code, text, slice_of(NULL, 0));
	fail_with(in, status, buf_slice(&b));
	buf_release(&b);
}

void inbound_refuse(struct inbound *in, const struct mcp_refusal *r, const struct json *id)
{
	struct buf text = BUF_INIT(LIMIT_RPC_ID * 6 + 8), b = BUF_INIT(16384);
	if (json_is(id, JSON_STRING) || json_is(id, JSON_NUMBER))
		json_write(&text, id);
	mcp_refusal_write(&b, r, buf_ok(&text) ? buf_slice(&text) : slice_of(NULL, 0));
	fail_with(in, r->status, buf_slice(&b));
	buf_release(&text);
	buf_release(&b);
}

/* A message that is none is answered with an error; every kind of it is dealt with exactly once. */
static void dispatch_one(struct inbound *in, const struct json *root)
{
	struct mcp_message m;
	struct err e = { 0 };
	if (!mcp_message_read(root, &m, &e)) {
		struct buf id = BUF_INIT(4096), b = BUF_INIT(8192);
		bool has_id = json_is(m.id, JSON_STRING) || json_is(m.id, JSON_NUMBER);
		if (has_id)
			json_write(&id, m.id);
		mcp_write_error(&b, has_id && buf_ok(&id) ? buf_slice(&id) : slice_of(NULL, 0), MCP_INVALID_REQUEST,
		                e.text, slice_of(NULL, 0));
		inbound_answer(in, 200, buf_slice(&b));
		buf_release(&id);
		buf_release(&b);
		return;
	}
	if (m.kind == MCP_REQUEST) {
		call_begin(in, &m);
		return;
	}
	if (m.kind == MCP_NOTIFICATION)
		relay_notification(in, &m);
	else
		relay_answer(in, &m);
	inbound_drop_call(in);
}

/* `waiting` counts every message until it is dealt with, and one more here, so that the
 * last answer of a fast call does not end what is still being read. */
void inbound_dispatch(struct inbound *in, const struct json *root)
{
	if (!json_is(root, JSON_ARRAY)) {
		in->waiting = 1;
		dispatch_one(in, root);
		return;
	}
	in->is_batch = true;
	in->waiting = json_count(root) + 1;
	for (struct json_iter it = json_iter(root); json_next(&it);)
		dispatch_one(in, it.value);
	inbound_drop_call(in);
}
