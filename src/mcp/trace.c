/* Trace context: what is not exactly as the format says does not exist. */
#include "mcp/trace.h"
#include "base/check.h"
#include "mcp/inside.h"
#include <stdio.h>

static bool is_hex(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

static bool is_zero(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '0')
			return false;
	return true;
}

static void copy(char *out, struct slice s)
{
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

bool mcp_traceparent_read(struct slice text, struct mcp_trace *t)
{
	const size_t length = MCP_TRACEPARENT_SIZE - 1;
	*t = (struct mcp_trace){ 0 };
	if (text.n < length || text.p[2] != '-' || text.p[35] != '-' || text.p[52] != '-')
		return false;
	struct slice version = slice_of(text.p, 2), trace = slice_of(text.p + 3, 32);
	struct slice parent = slice_of(text.p + 36, 16), flags = slice_of(text.p + 53, 2);
	if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(flags) ||
	    slice_is(version, "ff") || is_zero(trace) || is_zero(parent))
		return false;
	if (text.n > length && (slice_is(version, "00") || text.p[length] != '-'))
		return false;
	copy(t->trace_id, trace);
	copy(t->parent_id, parent);
	copy(t->flags, flags);
	return true;
}

static bool is_key_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*' || c == '/';
}

/* simple-key, or tenant@system. */
static bool is_key(struct slice s)
{
	const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;
	size_t tenant = at ? (size_t)(at - s.p) : 0, system = at ? s.n - tenant - 1 : 0;
	bool is_digit = s.n && s.p[0] >= '0' && s.p[0] <= '9';
	if (!s.n || s.n > 256 || (!(s.p[0] >= 'a' && s.p[0] <= 'z') && !(at && is_digit)))
		return false;
	if (at && (!tenant || tenant > 241 || !system || system > 14 || at[1] < 'a' || at[1] > 'z'))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_key_byte(s.p[i]) && s.p + i != at)
			return false;
	return true;
}

static bool is_state_value(struct slice s)
{
	if (!s.n || s.n > 256 || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == ',' || s.p[i] == '=')
			return false;
	return true;
}

static bool take_member(struct slice *rest, struct slice *member)
{
	if (!rest->p)
		return false;
	const char *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
	size_t n = comma ? (size_t)(comma - rest->p) : rest->n;
	*member = slice_trim(slice_of(rest->p, n));
	*rest = comma ? slice_of(comma + 1, rest->n - n - 1) : (struct slice){ NULL, 0 };
	return true;
}

bool mcp_tracestate_ok(struct slice text)
{
	struct slice keys[32], rest = text, member;
	size_t n = 0;
	if (text.n > 512)
		return false;
	while (take_member(&rest, &member)) {
		if (!member.n)
			continue; /* 3.3.1.1: empty members are allowed */
		const char *equal = memchr(member.p, '=', member.n);
		if (!equal || n == ARRAY_LEN(keys))
			return false;
		struct slice key = slice_of(member.p, (size_t)(equal - member.p));
		if (!is_key(key) || !is_state_value(slice_of(equal + 1, member.n - key.n - 1)))
			return false;
		for (size_t i = 0; i < n; i++)
			if (slice_eq(keys[i], key))
				return false;
		keys[n++] = key;
	}
	return n > 0;
}

bool mcp_trace_find(const struct json *params, struct slice http_parent, struct slice http_state,
		    struct mcp_trace *t)
{
	const struct json *meta = json_gets(params, "_meta");
	struct slice state = json_string(json_gets(meta, "tracestate"));
	if (!mcp_traceparent_read(json_string(json_gets(meta, "traceparent")), t)) {
		state = http_state;
		if (!mcp_traceparent_read(slice_trim(http_parent), t))
			return false;
	}
	if (mcp_tracestate_ok(state))
		t->state = state;
	return true;
}

void mcp_trace_write(char out[MCP_TRACEPARENT_SIZE], const struct mcp_trace *t, const char *span_id)
{
	BUG_ON(strlen(span_id) != 16);
	snprintf(out, MCP_TRACEPARENT_SIZE, "00-%s-%s-%s", t->trace_id, span_id, t->flags);
}

static void write_meta(struct buf *b, const struct json *meta, struct slice parent, struct slice state)
{
	static const char *const ours[] = { "traceparent", "tracestate", NULL };
	buf_addc(b, '{');
	add_members(b, meta, ours);
	add_string(b, "traceparent", parent);
	if (state.n)
		add_string(b, "tracestate", state);
	buf_addc(b, '}');
}

void mcp_trace_stamp(struct buf *b, const struct json *params, struct slice parent, struct slice state)
{
	struct buf meta = BUF_INIT(b->max);
	write_meta(&meta, json_gets(params, "_meta"), parent, state);
	if (!buf_ok(&meta))
		b->failed = true;
	else
		json_write_with(b, params, SLICE_LIT("_meta"), buf_slice(&meta));
	buf_release(&meta);
}
