/* A saved list of tools, or that of a server behind the running gate. */
#include "cli/tools.h"
#include "base/file.h"
#include "cli/admin_client.h"
#include "cli/place.h"
#include "json/json.h"

/* The named server's, of the answer for all. */
static int pick_server(struct cli *c, const char *server, struct slice answer, struct buf *text)
{
	const struct json *servers = json_gets(json_read(answer, &c->arena, NULL), "servers");
	for (struct json_iter it = json_iter(servers); json_next(&it);) {
		if (!slice_is(json_string(json_gets(it.value, "name")), server))
			continue;
		const struct json *list = json_gets(it.value, "tools");
		struct slice why = json_string(json_gets(it.value, "error"));
		if (!json_count(list) && why.n)
			return cli_fail(CLI_FAILED, "server '%s' lists no tools: %.*s", server, SLICE_ARG(why));
		json_write(text, list);
		return CLI_OK;
	}
	return cli_fail(CLI_WRONG, "the gate has no server '%s'", server);
}

static int ask_server(struct cli *c, const char *server, struct buf *text)
{
	struct buf answer = BUF_INIT(text->max);
	struct place p;
	struct err e = { 0 };
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	enum admin_answer how = admin_ask(p.config->data_dir, "GET", "/api/v1/tool-report", 180, &answer, &e);
	place_close(&p);
	if (how == ADMIN_DONE)
		code = pick_server(c, server, buf_slice(&answer), text);
	else
		code = cli_fail(how == ADMIN_UNREACHABLE ? CLI_UNREACHABLE : CLI_FAILED, "%s", e.text);
	buf_release(&answer);
	return code;
}

int tools_read(struct cli *c, struct buf *text, struct slice *out)
{
	const char *file = cli_value(c, "tools"), *server = cli_value(c, "server");
	struct err e = { 0 };
	int code = CLI_OK;
	*out = slice_of(NULL, 0);
	if (file && server)
		return cli_fail(CLI_WRONG, "name either --tools or --server");
	if (file && !file_read(file, text, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	if (server)
		code = ask_server(c, server, text);
	if (code == CLI_OK && (file || server))
		*out = slice_of(text->p ? text->p : "", text->n);
	return code;
}
