/* initialize: a session with the server is made for the client's, and sealed into its id. */
#include "gate/changes.h"
#include "base/check.h"
#include "base/log.h"
#include "mcp/envelope.h"

void open_begin(struct call *c)
{
	struct inbound *in = c->in;
	const struct json *info = json_gets(c->m.params, "clientInfo");
	const struct json *capabilities = json_gets(c->m.params, "capabilities");
	struct session *s = &in->session;
	if (in->http.v && !in->old_stream)
		in->can_stream = false; /* the head of its answer names the session, which is not there yet */
	*s = (struct session){ .created_us = c->began_wall_us, .client_caps = mcp_client_can(capabilities) };
	s->client_version = mcp_version_negotiate(json_string(json_gets(c->m.params, "protocolVersion")));
	snprintf(s->id, sizeof s->id, "%016llx", (unsigned long long)random_u64());
	session_set_text(s->grant_id, sizeof s->grant_id, in->grant->id);
	session_set_text(s->server, sizeof s->server, slice_str(in->server));
	session_set_text(s->client_name, sizeof s->client_name, json_string(json_gets(info, "name")));
	session_set_text(s->client_version_text, sizeof s->client_version_text, json_string(json_gets(info, "version")));
}

struct exchange_id open_session(struct call *c, const struct upstream_events *ev)
{
	open_begin(c);
	struct bridge_target t = inbound_target(c->in);
	return bridge_open(c->gate->bridge, c->upstream, &t, json_gets(c->m.params, "clientInfo"),
	                   json_gets(c->m.params, "capabilities"), ev, c);
}

bool open_seal(struct call *c)
{
	struct inbound *in = c->in;
	struct err e = { 0 };
	if (in->http.v && !in->old_stream && !session_seal(&in->session, c->gate->o.session_key, &in->new_session, &e)) {
		log_warn(in->server, "%s", e.text);
		return false;
	}
	in->has_session = true;
	oldstream_keep(in);
	if (!in->http.v) {
		c->gate->line->session = in->session;
		c->gate->line->client_info = NULL;
		c->gate->line->has_session = true;
	}
	return true;
}

static bool keep_session(struct call *c)
{
	struct inbound *in = c->in;
	struct session *s = &in->session;
	struct slice server_session = { NULL, 0 };
	if (!bridge_opened(c->gate->bridge, c->upstream, c->exchange, &server_session, &s->server_version) ||
	    server_session.n >= sizeof s->server_session) {
		log_warn(c->server, "its session id is longer than the %zu bytes that the gate carries",
		         sizeof s->server_session - 1);
		return false;
	}
	session_set_text(s->server_session, sizeof s->server_session, server_session);
	return open_seal(c);
}

/* The server's own answer, with the revision that was agreed with this client. */
void open_answer(struct buf *b, struct call *c)
{
	struct buf id = BUF_INIT(4096), result = BUF_INIT(b->max), version = BUF_INIT(64), can = BUF_INIT(b->max);
	json_write(&id, c->m.id);
	if (!keep_session(c)) {
		mcp_write_error(b, buf_slice(&id), MCP_INTERNAL_ERROR, "the server's session cannot be used",
		                slice_of(NULL, 0));
	} else {
		buf_add_json_string(&version, slice_str(mcp_version_name(c->in->session.client_version)));
		changes_write_capabilities(&can, json_gets(c->answer->result, "capabilities"));
		struct member changes[] = {
			{ SLICE_LIT("protocolVersion"), buf_slice(&version) },
			{ SLICE_LIT("capabilities"), buf_slice(&can) },
		};
		members_write(&result, c->answer->result, changes, ARRAY_LEN(changes));
		mcp_write_result(b, buf_slice(&id), buf_slice(&result));
	}
	buf_release(&id);
	buf_release(&result);
	buf_release(&version);
	buf_release(&can);
	if (!c->in->http.v && c->in->has_session)
		ear_put(c->gate->line);
}
