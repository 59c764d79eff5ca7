/* A server that no gate runs is asked for its tools, and ended. */
#include "app/ask_tools.h"
#include "net/child.h"
#include "tap.h"
#include <stdlib.h>

static bool ask(const char *mode, uint64_t timeout_ms, struct buf *tools, struct ask_tools_server *who, struct err *e)
{
	const char *argv[] = { getenv("GH_STDIO_SERVER"), mode, NULL }, *env[] = { NULL };
	struct ask_tools_opts o = { .name = "s", .argv = argv, .env = env, .timeout_ms = timeout_ms };
	buf_clear(tools);
	*e = (struct err){ 0 };
	return ask_tools(&o, tools, who, e);
}

int main(int argc, char **argv)
{
	struct buf tools = BUF_INIT(1u << 20), small = BUF_INIT(8);
	struct ask_tools_server who;
	struct err e = { 0 };
	child_supervise(argc, argv);
	ok(ask("list", 0, &tools, &who, &e), "a server on stdio lists its tools: %s", e.text);
	ok(slice_is(buf_slice(&tools), "[{\"name\":\"a\"},{\"name\":\"b\",\"outputSchema\":{}}]"),
	   "all pages, each definition whole: %s", buf_str(&tools));
	ok(who.name[0], "it says who it is: %s %s", who.name, who.version);
	ok(!ask("list-endless", 0, &tools, NULL, &e) && strstr(e.text, "more pages"), "one that never ends its pages is given up: %s",
	   e.text);
	ok(!ask("list", 0, &small, NULL, &e) && strstr(e.text, "longer than"), "more than there is room for is refused: %s", e.text);
	ok(!ask("normal", 0, &tools, NULL, &e) && strstr(e.text, "no array 'tools'"), "an answer that is no list: %s", e.text);
	ok(!ask("refuse", 0, &tools, NULL, &e) && e.kind == ERR_REMOTE, "a refused handshake: %s", e.text);
	ok(!ask("crash-at-start", 0, &tools, NULL, &e) && e.kind == ERR_REMOTE, "one that ends at once: %s", e.text);
	ok(!ask("mute", 50, &tools, NULL, &e) && e.text[0], "one that says nothing: %s", e.text);
	struct ask_tools_opts bad = { .name = "s", .url = "ftp://x/" };
	ok(!ask_tools(&bad, &tools, NULL, &e) && e.kind == ERR_INPUT, "an address that is none: %s", e.text);
	buf_release(&tools);
	buf_release(&small);
	return tap_done();
}
