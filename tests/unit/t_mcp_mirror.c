/*
 * Runs tests/cases/mcp/mirror.json:
 *   {"decode": "header value", "is": "value" | null}
 *   {"encode": "value", "is": "header value"}
 *   {"name", "schema", "bad": "part of why"}: the tool must be left out
 *   {"name", "schema", "arguments", "headers": [["Mcp-Param-X", "v"], …], "refused": "part"?}
 *   {"name", "schema", "arguments", "sends": {"Mcp-Param-X": "v"}}
 */
#include "base/limits.h"
#include "mcp/mirror.h"
#include "cases.h"

static void check_decode(const struct json *c)
{
	struct slice value = json_string(json_gets(c, "decode")), out;
	struct buf scratch = BUF_INIT(4096);
	const struct json *want = json_gets(c, "is");
	bool is_read = mcp_header_decode(value, &scratch, &out);
	ok(is_read == json_is(want, JSON_STRING) && (!is_read || slice_eq(out, json_string(want))), "decodes '%.*s'",
	   (int)slice_printable(value), value.p);
	buf_release(&scratch);
}

static void check_encode(const struct json *c)
{
	struct slice value = json_string(json_gets(c, "encode")), out;
	struct buf b = BUF_INIT(4096), scratch = BUF_INIT(4096);
	mcp_header_encode(&b, value);
	ok(slice_eq(buf_slice(&b), json_string(json_gets(c, "is"))), "encodes as '%.*s'", SLICE_ARG(buf_slice(&b)));
	ok(mcp_header_decode(buf_slice(&b), &scratch, &out) && slice_eq(out, value), "and decodes to itself");
	buf_release(&b);
	buf_release(&scratch);
}

static void check_sent(const struct json *c, const struct mcp_params *p, struct arena *a)
{
	const struct mcp_header *v;
	const struct json *want = json_gets(c, "sends");
	size_t n = 0;
	struct err e = { 0 };
	bool is_same = mcp_params_write(p, json_gets(c, "arguments"), a, &v, &n, &e) && n == json_count(want);
	for (size_t i = 0; is_same && i < n; i++)
		is_same = slice_eq(json_string(json_get(want, v[i].name)), v[i].value) && json_get(want, v[i].name);
	ok(is_same, "%s: %zu headers are sent", case_name(c), n);
	struct mcp_refusal r = { 0 };
	ok(mcp_params_check(p, json_gets(c, "arguments"), v, n, &r), "%s: and taken again %s", case_name(c), r.text);
}

static void check_params(const struct json *c, struct arena *a)
{
	struct mcp_header headers[16];
	struct mcp_params p;
	struct mcp_refusal r = { 0 };
	struct err e = { 0 };
	size_t n = 0;
	const struct json *bad = json_gets(c, "bad"), *refused = json_gets(c, "refused");
	bool is_read = mcp_params_read(json_gets(c, "schema"), a, &p, &e);
	ok(is_read == !bad && (!bad || strstr(e.text, json_string(bad).p)), "%s: %s", case_name(c), e.text);
	if (!is_read)
		return;
	if (json_gets(c, "sends")) {
		check_sent(c, &p, a);
		return;
	}
	for (struct json_iter it = json_iter(json_gets(c, "headers")); json_next(&it);)
		headers[n++] = (struct mcp_header){ json_string(json_at(it.value, 0)), json_string(json_at(it.value, 1)) };
	bool is_taken = mcp_params_check(&p, json_gets(c, "arguments"), headers, n, &r);
	ok(is_taken == !refused && (!refused || (strstr(r.text, json_string(refused).p) && r.code == MCP_HEADER_MISMATCH)),
	   "%s: %s", case_name(c), is_taken ? "taken" : r.text);
}

/* A schema with n annotated parameters. */
static bool reads(size_t n, struct arena *a, struct mcp_params *p)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e;
	buf_adds(&b, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s\"p%zu\":{\"type\":\"string\",\"x-mcp-header\":\"P%zu\"}", i ? "," : "", i, i);
	buf_adds(&b, "}}");
	const struct json *schema = json_read(buf_slice(&b), a, &e);
	bool is_read = mcp_params_read(schema, a, p, &e);
	buf_release(&b);
	return is_read;
}

/* One argument of n bytes under the name Mcp-Param-P0. */
static bool sends(size_t n, const struct mcp_params *p, struct arena *a)
{
	const struct mcp_header *v;
	size_t count;
	struct err e;
	struct buf b = BUF_INIT(1 << 20);
	buf_adds(&b, "{\"p0\":\"");
	for (size_t i = 0; i < n; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"}");
	bool is_sent = mcp_params_write(p, json_read(buf_slice(&b), a, &e), a, &v, &count, &e);
	buf_release(&b);
	return is_sent;
}

static void check_limits(struct arena *a)
{
	struct mcp_params p;
	ok(reads(LIMIT_PARAM_HEADERS, a, &p) && p.n == LIMIT_PARAM_HEADERS, "as many headers as the limit");
	ok(!reads(LIMIT_PARAM_HEADERS + 1, a, &p), "and not one more");
	ok(reads(1, a, &p), "a schema with one");
	size_t name = sizeof "Mcp-Param-P0" - 1;
	ok(sends(LIMIT_PARAM_BYTES - name, &p, a), "headers as long as the limit");
	ok(!sends(LIMIT_PARAM_BYTES - name + 1, &p, a), "and not a byte more");
}

static void check_names(void)
{
	struct mcp_message m = { .method = SLICE_LIT("tools/call") };
	ok(strcmp(mcp_name_member(SLICE_LIT("prompts/get")), "name") == 0, "a prompt is known by its name");
	ok(strcmp(mcp_name_member(SLICE_LIT("resources/read")), "uri") == 0, "a resource by its URI");
	ok(strcmp(mcp_name_member(SLICE_LIT("tasks/update")), "taskId") == 0, "a task by its id");
	ok(!mcp_name_member(SLICE_LIT("tools/list")), "a list by nothing");
	ok(!mcp_name_of(&m).n, "a call without params has no name");
}

int main(void)
{
	struct arena a;
	arena_init(&a, 64u << 20);
	for (struct json_iter it = json_iter(cases_read("mcp/mirror.json", &a)); json_next(&it);) {
		if (json_gets(it.value, "decode"))
			check_decode(it.value);
		else if (json_gets(it.value, "encode"))
			check_encode(it.value);
		else
			check_params(it.value, &a);
	}
	check_limits(&a);
	check_names();
	arena_release(&a);
	return tap_done();
}
