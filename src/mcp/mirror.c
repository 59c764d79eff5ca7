/* Values in headers, and the standard headers against the body. */
#include "mcp/mirror.h"
#include "base/digest.h"

#define BASE64_BEGIN "=?base64?"
#define BASE64_END   "?="

/* RFC 9110, 5.5, without obs-text: this revision sends other bytes as base64. */
static bool is_value_byte(char c)
{
	return c == '\t' || (c >= 0x20 && c <= 0x7e);
}

static bool is_value(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_value_byte(s.p[i]))
			return false;
	return true;
}

static bool is_base64(struct slice s)
{
	return s.n >= sizeof BASE64_BEGIN BASE64_END - 1 && slice_starts(s, SLICE_LIT(BASE64_BEGIN)) &&
	       slice_ends(s, SLICE_LIT(BASE64_END));
}

bool mcp_header_decode(struct slice value, struct buf *scratch, struct slice *out)
{
	size_t n = 0;
	value = slice_trim(value);
	*out = value;
	if (!is_value(value))
		return false;
	if (!is_base64(value))
		return true;
	value.p += sizeof BASE64_BEGIN - 1;
	value.n -= sizeof BASE64_BEGIN BASE64_END - 1;
	buf_clear(scratch);
	if (!buf_reserve(scratch, value.n / 4 * 3 + 3) ||
	    !base64_read(value, (unsigned char *)scratch->p, &n))
		return false;
	scratch->n = n;
	*out = buf_slice(scratch);
	return true;
}

void mcp_header_encode(struct buf *out, struct slice value)
{
	bool is_plain = value.n && slice_printable(value) == value.n && slice_trim(value).n == value.n &&
			!is_base64(value);
	if (is_plain) {
		buf_add_slice(out, value);
		return;
	}
	buf_adds(out, BASE64_BEGIN);
	base64_add(out, value);
	buf_adds(out, BASE64_END);
}

static const struct name_source {
	const char *method, *member;
	bool is_demanded;
} name_sources[] = {
	{ "tools/call", "name", true },       { "prompts/get", "name", true },
	{ "resources/read", "uri", true },    { "tasks/get", "taskId", false },
	{ "tasks/update", "taskId", false },  { "tasks/cancel", "taskId", false },
};

static const struct name_source *find_source(struct slice method)
{
	for (size_t i = 0; i < ARRAY_LEN(name_sources); i++)
		if (slice_is(method, name_sources[i].method))
			return &name_sources[i];
	return NULL;
}

const char *mcp_name_member(struct slice method)
{
	const struct name_source *s = find_source(method);
	return s ? s->member : NULL;
}

struct slice mcp_name_of(const struct mcp_message *m)
{
	const struct name_source *s = find_source(m->method);
	return s ? json_string(json_gets(m->params, s->member)) : (struct slice){ NULL, 0 };
}

static bool check_name(const struct mcp_message *m, struct slice header, struct mcp_refusal *r)
{
	const struct name_source *s = find_source(m->method);
	const struct json *v = s ? json_gets(m->params, s->member) : NULL;
	struct slice said;
	if (!s)
		return true;
	if (!header.p)
		return !json_is(v, JSON_STRING) || !s->is_demanded ||
		       mcp_refuse(r, MCP_HEADER_MISMATCH, "header 'Mcp-Name' is missing, it must repeat 'params.%s'",
				  s->member);
	struct buf scratch = BUF_INIT(header.n + 4);
	bool is_read = mcp_header_decode(header, &scratch, &said);
	bool is_same = is_read && (!json_is(v, JSON_STRING) || slice_eq(said, json_string(v)));
	buf_release(&scratch);
	if (!is_read)
		return mcp_refuse(r, MCP_HEADER_MISMATCH, "header 'Mcp-Name' has invalid characters or invalid base64");
	return is_same || mcp_refuse(r, MCP_HEADER_MISMATCH, "header 'Mcp-Name' does not equal 'params.%s' of the body",
				     s->member);
}

bool mcp_mirror_check(const struct mcp_message *m, const struct mcp_headers *h, struct mcp_refusal *r)
{
	if (!h)
		return true;
	bool is_request = m->kind == MCP_REQUEST;
	if (is_request && !h->version.p)
		return mcp_refuse(r, MCP_HEADER_MISMATCH, "header 'MCP-Protocol-Version' is missing");
	if (is_request && !h->method.p)
		return mcp_refuse(r, MCP_HEADER_MISMATCH, "header 'Mcp-Method' is missing");
	if (h->method.p && !slice_eq(slice_trim(h->method), m->method))
		return mcp_refuse(r, MCP_HEADER_MISMATCH, "header 'Mcp-Method' does not equal the method of the body");
	return !is_request || check_name(m, h->name, r);
}
