/* initialize and what follows it. A server gets the capabilities of the client that
 * opened it and no others: what it may ask for is what somebody can answer. */
#include "upstream/handshake.h"

#define OWN_INFO "{\"name\":\"gatehouse\",\"version\":\"" GATEHOUSE_VERSION "\"}"

static void write_capabilities(struct buf *b, unsigned caps)
{
	const char *comma = "";
	buf_addc(b, '{');
	if (caps & UPSTREAM_CAN_ROOTS) {
		buf_adds(b, "\"roots\":{}");
		comma = ",";
	}
	if (caps & UPSTREAM_CAN_SAMPLING) {
		buf_addf(b, "%s\"sampling\":%s", comma,
			 caps & UPSTREAM_CAN_SAMPLING_TOOLS ? "{\"tools\":{}}" : "{}");
		comma = ",";
	}
	if ((caps & UPSTREAM_CAN_ELICITATION) && (caps & UPSTREAM_CAN_ELICITATION_URL))
		buf_addf(b, "%s\"elicitation\":{\"form\":{},\"url\":{}}", comma);
	else if (caps & UPSTREAM_CAN_ELICITATION_URL)
		buf_addf(b, "%s\"elicitation\":{\"url\":{}}", comma);
	else if (caps & UPSTREAM_CAN_ELICITATION)
		buf_addf(b, "%s\"elicitation\":{}", comma);
	buf_addc(b, '}');
}

void handshake_write(struct buf *b, enum mcp_version version, const struct json *client_info,
		     const struct json *capabilities, unsigned client_caps)
{
	buf_addf(b, "{\"protocolVersion\":\"%s\",\"capabilities\":", mcp_version_name(version));
	if (json_is(capabilities, JSON_OBJECT))
		json_write(b, capabilities);
	else
		write_capabilities(b, client_caps);
	buf_adds(b, ",\"clientInfo\":");
	if (json_is(client_info, JSON_OBJECT))
		json_write(b, client_info);
	else
		buf_adds(b, OWN_INFO);
	buf_addc(b, '}');
}

void handshake_write_discover(struct buf *b, enum mcp_version version, unsigned client_caps)
{
	buf_addf(b, "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"%s\","
		    "\"io.modelcontextprotocol/clientInfo\":" OWN_INFO ","
		    "\"io.modelcontextprotocol/clientCapabilities\":",
		 mcp_version_name(version));
	write_capabilities(b, client_caps);
	buf_adds(b, "}}");
}

void handshake_write_initialized(struct buf *b)
{
	mcp_write_request(b, slice_of(NULL, 0), SLICE_LIT("notifications/initialized"),
			  slice_of(NULL, 0));
}

bool handshake_read(const struct mcp_message *answer, const char *server, enum mcp_version *version,
		    struct err *e)
{
	struct slice name = json_string(json_gets(answer->result, "protocolVersion"));
	*version = mcp_version_of(name);
	if (mcp_version_era(*version) == MCP_ERA_LEGACY)
		return true; /* the modern era has no initialize */
	if (!name.n || name.n > 32)
		return err_set(e, ERR_REMOTE,
			       "server '%s' answered the handshake without a protocol version",
			       server);
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || (unsigned char)name.p[i] >= 0x7f)
			return err_set(
				e, ERR_REMOTE,
				"server '%s' answered the handshake with a bad protocol version",
				server);
	return err_set(e, ERR_REMOTE,
		       "server '%s' speaks protocol version '%.*s'; the gate speaks %s to %s",
		       server, SLICE_ARG(name), mcp_version_name(MCP_2024_11_05),
		       mcp_version_name(MCP_LEGACY_LATEST));
}
