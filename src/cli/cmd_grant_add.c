/* gatehouse grant add */
#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/snippet.h"
#include "grant/token.h"

#define BINDINGS_MAX 1000
#define TAGS_MAX 100

/* "server" or "server=policy". */
static bool read_bindings(struct cli *c, struct store_grant *g, struct err *e)
{
	struct store_binding *v = arena_zalloc(&c->arena, BINDINGS_MAX * sizeof *v);
	size_t at = 0;
	for (const char *text; v && (text = cli_next_value(c, "server", &at));) {
		const char *equals = strchr(text, '=');
		size_t n = equals ? (size_t)(equals - text) : strlen(text);
		if (g->binding_n == BINDINGS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d servers in one grant",
				       BINDINGS_MAX);
		if (!n || (equals && !equals[1]))
			return err_set(e, ERR_INPUT,
				       "'--server %.80s' is not SERVER or SERVER=POLICY", text);
		v[g->binding_n].server = arena_strndup(&c->arena, text, n);
		v[g->binding_n++].policy = equals ? equals + 1 : NULL;
	}
	g->bindings = v;
	return g->binding_n ||
	       err_set(e, ERR_INPUT, "name the servers that it may use: --server SERVER=POLICY");
}

static bool read_grant(struct cli *c, struct store_grant *g, struct err *e)
{
	const char **tags = arena_zalloc(&c->arena, TAGS_MAX * sizeof *tags);
	const char *expires = cli_value(c, "expires"), *subject = cli_value(c, "subject");
	uint64_t ms;
	size_t at = 0;
	*g = (struct store_grant){ .label = c->args[0], .subject = subject ? subject : "", .tags = tags };
	for (const char *tag; tags && (tag = cli_next_value(c, "tag", &at)); g->tag_n++) {
		if (g->tag_n == TAGS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d tags", TAGS_MAX);
		tags[g->tag_n] = tag;
	}
	if (expires && config_duration_ms(slice_str(expires), &ms) && ms &&
	    ms < (uint64_t)INT64_MAX / 2000)
		g->expires_us = clock_wall_us() + (int64_t)ms * 1000;
	else if (expires && !clock_parse(slice_str(expires), &g->expires_us))
		return err_set(
			e, ERR_INPUT,
			"'--expires %.40s' is neither a duration, as 30d, nor a time, as 2030-01-01T00:00:00Z",
			expires);
	if (g->expires_us && g->expires_us <= clock_wall_us())
		return err_set(e, ERR_INPUT, "'--expires %.40s' is in the past", expires);
	return read_bindings(c, g, e);
}

static void write_json(struct buf *b, const struct store_grant *g, const char *token,
		       const char *base, bool is_running)
{
	char time[CLOCK_TEXT_SIZE];
	buf_addf(b, "{\"id\":\"%s\",\"label\":", g->id);
	buf_add_json_string(b, slice_str(g->label));
	buf_addf(b, ",\"token\":\"%s\"", token);
	if (g->expires_us) {
		clock_text(g->expires_us, time);
		buf_addf(b, ",\"expires\":\"%s\"", time);
	}
	buf_adds(b, ",\"servers\":[");
	for (size_t i = 0; i < g->binding_n; i++) {
		buf_addf(b, "%s{\"server\":\"%s\",\"policy\":", i ? "," : "",
			 g->bindings[i].server);
		if (g->bindings[i].policy)
			buf_add_json_string(b, slice_str(g->bindings[i].policy));
		else
			buf_adds(b, "null");
		buf_addf(b, ",\"url\":\"%s/mcp/%s\"}", base, g->bindings[i].server);
	}
	buf_addf(b, "],\"in_force\":%s}\n", is_running ? "true" : "false");
}

static int print_grant(const struct cli *c, const struct store_grant *g, const char *token,
		       const char *base, bool is_running)
{
	struct buf b = BUF_INIT(16u << 20);
	if (c->is_json) {
		write_json(&b, g, token, base, is_running);
		return cli_print(&b);
	}
	for (size_t i = 0; i < g->binding_n; i++)
		if (!g->bindings[i].policy)
			cli_note(
				"server '%s' has no policy in this grant: every call is refused until there is one",
				g->bindings[i].server);
	buf_addf(&b,
		 "grant '%s' is %s\ntoken: %s\n(shown this once; only a hash of it is kept)\n\n",
		 g->label, admin_reloaded_text(is_running), token);
	snippet_write(&b, base, token, g->bindings, g->binding_n);
	int code = cli_print(&b);
	return code;
}

static int run(struct cli *c)
{
	struct store_grant g;
	struct place p;
	struct err e = { 0 };
	char token[TOKEN_SIZE];
	bool is_running = false;
	if (!read_grant(c, &g, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	int code = place_open(c, &p, true);
	if (code != CLI_OK)
		return code;
	token_new(token, g.token_hash);
	code = store_grant_add(p.store, &g, &e) ? CLI_OK : cli_fail_err(&e);
	if (code == CLI_OK) {
		/* The token is shown even if the gate does not take the grant over: it is stored by now. */
		struct changed ch = changed_begin(c, &p, "grant", NULL);
		int recorded = changed_end(&ch, NULL, g.id);
		int reloaded = admin_reload(p.config->data_dir, &is_running);
		const char *base = admin_base_url(c, p.config->data_dir, p.config->listen);
		code = print_grant(c, &g, token, base ? base : "",
				   is_running && reloaded == CLI_OK);
		code = code == CLI_OK ? reloaded : code;
		code = code == CLI_OK ? recorded : code;
	}
	explicit_bzero(token, sizeof token);
	place_close(&p);
	return code;
}

static const struct cli_option options[] = {
	{ "server", "SERVER[=POLICY]",
	  "a server that it may use, and the policy that decides its calls", true },
	{ "subject", "TEXT", "the person or workload that it speaks for", false },
	{ "tag", "TEXT", "a word that policies may ask for", true },
	{ "expires", "TIME", "how long it is valid, as 30d, or until when, as 2030-01-01T00:00:00Z",
	  false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_grant_add = {
	.name = "grant add",
	.usage = "LABEL",
	.summary = "let an agent in: makes a token and shows it once",
	.details =
		"A grant names the servers that its holder may use, each with a policy. A server without one refuses every call. "
		"Beside the token, ready settings for Claude Code, Cursor and Claude Desktop are printed.",
	.example = "gatehouse grant add my-agent --server files=read-only --expires 30d\n",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
