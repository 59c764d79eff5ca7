/*
 * HTTP+SSE, the transport of 2024-11-05, on the same endpoint: a GET of a client that has no session
 * is its event stream, and says first where to POST to. What is POSTed there is decided as anything
 * else; its answers go to the stream. The session is the stream's: it lives in this process and ends
 * with it.
 */
#include "gate/call.h"
#include "base/check.h"
#include "base/limits.h"
#include "http/sse.h"

#define ID_BYTES 16

bool oldstream_is_get(const struct http_request *r)
{
	return !http_header_get(r->headers, "mcp-session-id").p && !http_header_get(r->headers, "mcp-protocol-version").p;
}

static struct slice id_of(const struct http_request *r)
{
	struct slice name = SLICE_LIT("session="), q = r->query;
	return slice_starts(q, name) ? slice_of(q.p + name.n, q.n - name.n) : slice_of(NULL, 0);
}

bool oldstream_is_post(const struct http_request *r)
{
	return id_of(r).n && !http_header_get(r->headers, "mcp-session-id").p;
}

static void draw_id(char out[ID_BYTES * 2 + 1])
{
	unsigned char bytes[ID_BYTES];
	random_bytes(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* MCP 2024-11-05, Transports, HTTP with SSE: the first event is "endpoint" with the URI. */
static void write_endpoint(struct inbound *in, const struct http_request *r)
{
	struct buf uri = BUF_INIT(LIMIT_NAME + 128), b = BUF_INIT(uri.max * 2);
	buf_add_slice(&uri, r->path);
	buf_addf(&uri, "?session=%s", in->old_id);
	sse_write(&b, SLICE_LIT("endpoint"), slice_of(NULL, 0), buf_slice(&uri));
	if (!http_write(in->gate->o.http, in->http, buf_slice(&b)))
		in->is_closed = true;
	buf_release(&uri);
	buf_release(&b);
}

void oldstream_open(struct inbound *in, const struct http_request *r)
{
	char id[ID_BYTES * 2 + 1];
	draw_id(id);
	in->old_id = arena_strndup(&in->arena, id, sizeof id - 1);
	if (!in->old_id || !stream_has_room(in->gate)) {
		in->old_id = NULL;
		inbound_fail(in, 503, MCP_INTERNAL_ERROR, slice_of(NULL, 0), "the gate has as many streams open as it may");
		return;
	}
	in->old_stream = in->id;
	map_put(&in->gate->old_streams, slice_str(in->old_id), in);
	stream_begin(in);
	write_endpoint(in, r);
}

/* NULL: as for an id that never was, also where it is another grant's. */
static struct inbound *find(const struct inbound *in, struct slice id)
{
	struct inbound *stream = map_get(&in->gate->old_streams, id);
	if (!stream || !slice_eq(stream->grant->id, in->grant->id) || strcmp(stream->server, in->server) != 0)
		return NULL;
	return stream;
}

static const char *check(const struct inbound *stream, const struct json *root)
{
	bool is_batch = json_is(root, JSON_ARRAY), is_opening = !is_batch && endpoint_is_initialize(root);
	if (is_opening && stream->old_asked)
		return "this stream has its session: open another for another";
	if (!is_opening && !stream->has_session)
		return "initialize first";
	return is_batch ? endpoint_check_batch(&stream->session, root) : NULL;
}

void oldstream_post(struct inbound *in, const struct http_request *r)
{
	struct gate *g = in->gate;
	struct err e = { 0 };
	struct inbound *stream = find(in, id_of(r));
	if (!stream) {
		inbound_fail(in, 404, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "this session has ended, or is of another process: open an event stream again");
		return;
	}
	if (!endpoint_is_json(http_header_get(r->headers, "content-type"))) {
		inbound_fail(in, 415, MCP_INVALID_REQUEST, slice_of(NULL, 0), "the Content-Type must be application/json");
		return;
	}
	const struct json *root = json_read(r->body, &in->arena, &e);
	const char *why = root ? check(stream, root) : e.text;
	if (why) {
		inbound_fail(in, 400, root ? MCP_INVALID_REQUEST : MCP_PARSE_ERROR, slice_of(NULL, 0), why);
		return;
	}
	http_respond(g->o.http, r->id, 202, NULL, 0, slice_of(NULL, 0));
	stream->old_asked = true;
	in->old_stream = stream->id;
	in->http = stream->http;
	in->can_stream = in->is_streaming = true;
	in->session = stream->session;
	in->has_session = stream->has_session;
	inbound_dispatch(in, root);
}

void oldstream_keep(struct inbound *in)
{
	struct inbound *stream = in->old_stream ? idtable_get(&in->gate->inbounds, in->old_stream) : NULL;
	if (!stream || !in->has_session)
		return;
	stream->session = in->session;
	stream->client_info = NULL;
	stream->has_session = true;
	ear_put(stream);
}

void oldstream_gone(struct inbound *in)
{
	map_del(&in->gate->old_streams, slice_str(in->old_id));
	if (in->has_session)
		endpoint_close_session(in);
}
