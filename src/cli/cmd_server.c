/* gatehouse server list, show, remove, enable, disable: what needs little more than the store. */
#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"

static const char *per_name(enum store_per per)
{
	static const char *const names[] = { [STORE_PER_GRANT] = "grant",
					     [STORE_PER_SESSION] = "session",
					     [STORE_PER_SERVER] = "server" };
	return names[per];
}

/* Names only: values of headers and variables are secrets. */
static void add_names(struct buf *b, const char *key, const struct store_pair *v, size_t n)
{
	buf_addf(b, ",\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(v[i].name));
	}
	buf_addc(b, ']');
}

static void add_json(struct buf *b, const struct store_server *s)
{
	char time[CLOCK_TEXT_SIZE];
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, slice_str(s->name));
	buf_addf(b, ",\"enabled\":%s", s->is_enabled ? "true" : "false");
	if (s->transport != STORE_STDIO) {
		buf_addf(b, ",\"transport\":\"%s\",\"url\":", s->transport == STORE_HTTP ? "http" : "builtin");
		buf_add_json_string(b, slice_str(s->url));
		add_names(b, "headers", s->headers, s->header_n);
	} else {
		buf_adds(b, ",\"transport\":\"stdio\",\"command\":[");
		for (size_t i = 0; s->argv && s->argv[i]; i++) {
			buf_adds(b, i ? "," : "");
			buf_add_json_string(b, slice_str(s->argv[i]));
		}
		buf_addc(b, ']');
		add_names(b, "env", s->env, s->env_n);
		buf_addf(b, ",\"per\":\"%s\"", per_name(s->per));
		if (s->cwd) {
			buf_adds(b, ",\"cwd\":");
			buf_add_json_string(b, slice_str(s->cwd));
		}
	}
	if (s->call_timeout_ms)
		buf_addf(b, ",\"call_timeout_ms\":%llu", (unsigned long long)s->call_timeout_ms);
	if (s->start_timeout_ms)
		buf_addf(b, ",\"start_timeout_ms\":%llu", (unsigned long long)s->start_timeout_ms);
	clock_text(s->updated_us, time);
	buf_addf(b, ",\"updated\":\"%s\"}", time);
}

static char *where_of(struct cli *c, const struct store_server *s)
{
	struct buf b = BUF_INIT(1u << 20);
	if (s->transport != STORE_STDIO)
		buf_adds(&b, s->url);
	for (size_t i = 0; s->transport == STORE_STDIO && s->argv && s->argv[i]; i++) {
		bool is_plain = s->argv[i][0] && !strpbrk(s->argv[i], " \t\n\"'\\$");
		buf_addf(&b, is_plain ? "%s%s" : "%s'%s'", i ? " " : "", s->argv[i]);
	}
	char *copy = arena_strndup(&c->arena, b.n ? b.p : "", b.n);
	buf_release(&b);
	return copy;
}

static int print_list(struct cli *c, const struct store_server *v, size_t n)
{
	static const char *const headings[] = { "NAME", "STATE", "PER", "WHERE", NULL };
	struct buf b = BUF_INIT(64u << 20);
	struct table t;
	if (c->is_json) {
		buf_adds(&b, "[");
		for (size_t i = 0; i < n; i++) {
			buf_adds(&b, i ? "," : "");
			add_json(&b, &v[i]);
		}
		buf_adds(&b, "]\n");
		return cli_print(&b);
	}
	if (!n)
		cli_note(
			"no servers yet: gatehouse server add NAME URL, or gatehouse server add NAME -- COMMAND…");
	table_init(&t, &c->arena, headings);
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = { v[i].name, v[i].is_enabled ? "enabled" : "disabled",
					v[i].transport != STORE_STDIO ? NULL : per_name(v[i].per),
					where_of(c, &v[i]) };
		table_add(&t, cells);
	}
	if (n)
		table_write(&b, &t, table_terminal_columns());
	return cli_print(&b);
}

static int run_list(struct cli *c)
{
	struct place p;
	struct store_server *v;
	struct err e = { 0 };
	size_t n;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = store_servers(p.store, &c->arena, &v, &n, &e) ? print_list(c, v, n)
							     : cli_fail_err(&e);
	place_close(&p);
	return code;
}

static void write_server(struct buf *b, struct cli *c, const struct store_server *s)
{
	char time[CLOCK_TEXT_SIZE];
	buf_addf(b, "name       %s\nstate      %s\n%s%s\n", s->name,
		 s->is_enabled ? "enabled" : "disabled",
		 s->transport != STORE_STDIO ? "url        " : "command    ", where_of(c, s));
	for (size_t i = 0; i < s->header_n; i++)
		buf_addf(b, "header     %s: (hidden)\n", s->headers[i].name);
	for (size_t i = 0; i < s->env_n; i++)
		buf_addf(b, "env        %s=(hidden)\n", s->env[i].name);
	if (s->transport == STORE_STDIO)
		buf_addf(b, "per        %s\n", per_name(s->per));
	if (s->cwd)
		buf_addf(b, "cwd        %s\n", s->cwd);
	if (s->call_timeout_ms)
		buf_addf(b, "call       %llums at most\n", (unsigned long long)s->call_timeout_ms);
	if (s->start_timeout_ms)
		buf_addf(b, "start      %llums at most\n", (unsigned long long)s->start_timeout_ms);
	clock_text(s->updated_us, time);
	buf_addf(b, "updated    %s\n", time);
}

static int run_show(struct cli *c)
{
	struct place p;
	struct store_server s;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 20);
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_there = store_server_get(p.store, c->args[0], &c->arena, &s, &e);
	if (is_there && c->is_json) {
		add_json(&b, &s);
		buf_addc(&b, '\n');
	} else if (is_there) {
		write_server(&b, c, &s);
	}
	place_close(&p);
	return is_there ? cli_print(&b) : cli_fail_err(&e);
}

enum change { REMOVE = 1, ENABLE, DISABLE };

static int run_change(struct cli *c, enum change what, const char *done)
{
	struct place p;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	bool is_running = false, is_good;
	const char *name = c->args[0];
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = place_check_server(&p, name);
	if (code == CLI_OK) {
		static const char *const actions[] = { [REMOVE] = "server.delete", [ENABLE] = "server.enable",
						       [DISABLE] = "server.disable" };
		struct changed ch = changed_begin(c, &p, "server", name);
		is_good = what == REMOVE ? store_server_del(p.store, name, &e)
		                         : store_server_enable(p.store, name, what == ENABLE, &e);
		code = is_good ? changed_end(&ch, actions[what], name) : cli_fail_err(&e);
		if (code == CLI_OK)
			code = admin_reload(p.config->data_dir, &is_running);
	}
	place_close(&p);
	if (code != CLI_OK)
		return code;
	if (c->is_json)
		buf_addf(&b, "{\"name\":\"%s\",\"done\":\"%s\",\"in_force\":%s}\n", name, done,
			 is_running ? "true" : "false");
	else
		buf_addf(&b, "server '%s' is %s: %s\n", name, done,
			 admin_reloaded_text(is_running));
	return cli_print(&b);
}

static int run_remove(struct cli *c)
{
	return run_change(c, REMOVE, "removed");
}

static int run_enable(struct cli *c)
{
	return run_change(c, ENABLE, "enabled");
}

static int run_disable(struct cli *c)
{
	return run_change(c, DISABLE, "disabled");
}

const struct cli_command cmd_server_list = {
	.name = "server list",
	.usage = "",
	.summary = "list the servers behind the gate",
	.example = "gatehouse server list\n",
	.run = run_list,
};

const struct cli_command cmd_server_show = {
	.name = "server show",
	.usage = "NAME",
	.summary = "show one server; values of headers and variables stay hidden",
	.example = "gatehouse server show files --json\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_show,
};

const struct cli_command cmd_server_remove = {
	.name = "server remove",
	.usage = "NAME",
	.summary = "remove a server, also from every grant",
	.example = "gatehouse server remove files\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_remove,
};

const struct cli_command cmd_server_enable = {
	.name = "server enable",
	.usage = "NAME",
	.summary = "offer a server that was disabled",
	.example = "gatehouse server enable files\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_enable,
};

const struct cli_command cmd_server_disable = {
	.name = "server disable",
	.usage = "NAME",
	.summary = "keep a server, but offer it to nobody",
	.example = "gatehouse server disable files\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_disable,
};
