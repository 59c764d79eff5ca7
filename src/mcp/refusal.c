/* Refusals of the modern era, and which HTTP status goes with which code. */
#include "mcp/refusal.h"
#include "mcp/version.h"
#include <stdarg.h>
#include <stdio.h>

enum { REQUESTED_SHOWN = 64 };

int mcp_error_status(int code, bool is_ours)
{
	if (code == MCP_MISSING_CAPABILITY)
		return 400;
	if (!is_ours)
		return 200;
	return code == MCP_METHOD_NOT_FOUND ? 404 : 400;
}

bool mcp_refuse(struct mcp_refusal *r, int code, const char *fmt, ...)
{
	va_list args;
	*r = (struct mcp_refusal){ .status = mcp_error_status(code, true), .code = code };
	va_start(args, fmt);
	vsnprintf(r->text, sizeof r->text, fmt, args);
	va_end(args);
	return false;
}

static struct slice cut(struct slice s)
{
	if (s.n <= REQUESTED_SHOWN)
		return s;
	s.n = REQUESTED_SHOWN;
	while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
		s.n--;
	return s;
}

/* Newest first, and of the modern era alone: who asks by an envelope can use no other, and
 * server/discover names the same. */
static void write_versions(struct buf *b, const struct mcp_refusal *r)
{
	bool is_first = true;
	buf_adds(b, "{\"supported\":[");
	for (enum mcp_version v = MCP_2026_07_28; mcp_version_era(v) == MCP_ERA_MODERN; v--) {
		if (!is_first)
			buf_addc(b, ',');
		is_first = false;
		buf_add_json_string(b, slice_str(mcp_version_name(v)));
	}
	buf_adds(b, "],\"requested\":");
	buf_add_json_string(b, cut(r->requested));
	buf_addc(b, '}');
}

void mcp_refusal_data(struct buf *b, const struct mcp_refusal *r)
{
	if (r->code == MCP_UNSUPPORTED_VERSION) {
		write_versions(b, r);
	} else if (r->code == MCP_MISSING_CAPABILITY && r->required) {
		buf_adds(b, "{\"requiredCapabilities\":");
		buf_adds(b, r->required);
		buf_addc(b, '}');
	}
}

void mcp_refusal_write(struct buf *b, const struct mcp_refusal *r, struct slice id)
{
	struct buf data = BUF_INIT(4096);
	mcp_refusal_data(&data, r);
	mcp_write_error(b, id, r->code, r->text, buf_slice(&data));
	buf_release(&data);
}
