/*
 * What a client sends, with its headers: three lines (version, method, name; "-" is no header), then
 * the body. What is taken as modern has an envelope or is a notification, and says in its headers
 * what it says in its body; what is refused has a status, a code and a reason. Headers that we make
 * of a value are taken for that value.
 */
#include "base/check.h"
#include "mcp/mirror.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice take_line(struct slice *rest)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : rest->n;
	struct slice line = slice_of(rest->p, n);
	*rest = end ? slice_of(end + 1, rest->n - n - 1) : slice_of("", 0);
	return slice_is(line, "-") ? (struct slice){ NULL, 0 } : line;
}

static void check_refused(const struct mcp_refusal *r, struct arena *a)
{
	struct err e;
	struct buf b = BUF_INIT(4096);
	BUG_ON((r->status != 400 && r->status != 404) || !r->code || !r->text[0]);
	mcp_refusal_write(&b, r, SLICE_LIT("1"));
	BUG_ON(!json_read(buf_slice(&b), a, &e));
	buf_release(&b);
}

static void check_modern(const struct mcp_inbound *in, const struct mcp_headers *h)
{
	BUG_ON(in->is_batch || in->m.kind == MCP_RESULT || in->m.kind == MCP_ERROR);
	bool is_request = in->m.kind == MCP_REQUEST;
	BUG_ON(is_request && (mcp_version_era(in->envelope.version) != MCP_ERA_MODERN || !in->envelope.capabilities));
	if (!h)
		return;
	BUG_ON(is_request && (!h->method.p || !h->version.p));
	BUG_ON(h->method.p && !slice_eq(slice_trim(h->method), in->m.method));
	BUG_ON(h->version.p && mcp_version_era(mcp_version_of(slice_trim(h->version))) != MCP_ERA_MODERN);
	struct slice name = mcp_name_of(&in->m), said;
	if (!is_request || !name.n || !h->name.p)
		return;
	struct buf scratch = BUF_INIT(1 << 20);
	BUG_ON(!mcp_header_decode(h->name, &scratch, &said) || !slice_eq(said, name));
	buf_release(&scratch);
}

static void check_encoding(struct slice value)
{
	struct buf b = BUF_INIT(8u << 20), scratch = BUF_INIT(8u << 20);
	struct slice back;
	mcp_header_encode(&b, value);
	BUG_ON(slice_printable(buf_slice(&b)) != b.n || slice_trim(buf_slice(&b)).n != b.n || !b.n);
	BUG_ON(!mcp_header_decode(buf_slice(&b), &scratch, &back) || !slice_eq(back, value));
	buf_release(&b);
	buf_release(&scratch);
}

/* The body's params as a schema, and their arguments as those of a call. */
static void check_params(const struct json *params, struct arena *a)
{
	struct mcp_params p;
	struct mcp_refusal r;
	struct err e = { 0 };
	const struct mcp_header *v;
	size_t n;
	const struct json *arguments = json_gets(params, "arguments");
	if (!mcp_params_read(params, a, &p, &e)) {
		BUG_ON(!e.text[0]);
		return;
	}
	if (!mcp_params_write(&p, arguments, a, &v, &n, &e))
		return;
	BUG_ON(n > p.n || !mcp_params_check(&p, arguments, v, n, &r));
	if (n)
		BUG_ON(mcp_params_check(&p, arguments, v + 1, n - 1, &r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct err e;
	struct mcp_refusal r;
	struct mcp_inbound in;
	struct slice rest = slice_of((const char *)data, size);
	struct slice version = take_line(&rest), method = take_line(&rest), name = take_line(&rest);
	struct mcp_headers h = { version, method, name };
	check_encoding(name);
	arena_init(&a, 64u << 20);
	const struct json *root = json_read(rest, &a, &e);
	for (size_t i = 0; root && i < 2; i++) {
		const struct mcp_headers *headers = i ? &h : NULL;
		if (!mcp_classify(root, headers, &in, &r)) {
			check_refused(&r, &a);
			continue;
		}
		BUG_ON(in.era == MCP_ERA_NONE);
		if (in.era == MCP_ERA_MODERN)
			check_modern(&in, headers);
		if (!mcp_envelope_may(&in.m, &in.envelope, &r))
			check_refused(&r, &a);
	}
	if (root)
		check_params(json_gets(root, "params"), &a);
	arena_release(&a);
	return 0;
}
