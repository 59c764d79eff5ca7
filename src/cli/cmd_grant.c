/* gatehouse grant list, show, revoke */
#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"

static const char *state_of(const struct store_grant *g)
{
	if (g->revoked_us)
		return "revoked";
	return g->expires_us && g->expires_us <= clock_wall_us() ? "expired" : "valid";
}

/* To the second, for people; NULL for 0. */
static char *short_time(struct cli *c, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (!us)
		return NULL;
	clock_text(us, time);
	return arena_printf(&c->arena, "%.10s %.5s", time, time + 11);
}

static void add_time(struct buf *b, const char *key, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (!us)
		return;
	clock_text(us, time);
	buf_addf(b, ",\"%s\":\"%s\"", key, time);
}

static void add_json(struct buf *b, const struct store_grant *g)
{
	buf_addf(b, "{\"id\":\"%s\",\"label\":", g->id);
	buf_add_json_string(b, slice_str(g->label));
	buf_addf(b, ",\"state\":\"%s\"", state_of(g));
	if (g->subject && g->subject[0]) {
		buf_adds(b, ",\"subject\":");
		buf_add_json_string(b, slice_str(g->subject));
	}
	buf_adds(b, ",\"tags\":[");
	for (size_t i = 0; i < g->tag_n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(g->tags[i]));
	}
	buf_adds(b, "],\"servers\":[");
	for (size_t i = 0; i < g->binding_n; i++) {
		buf_addf(b, "%s{\"server\":\"%s\",\"policy\":", i ? "," : "",
			 g->bindings[i].server);
		if (g->bindings[i].policy)
			buf_add_json_string(b, slice_str(g->bindings[i].policy));
		else
			buf_adds(b, "null");
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	add_time(b, "created", g->created_us);
	add_time(b, "expires", g->expires_us);
	add_time(b, "revoked", g->revoked_us);
	buf_addc(b, '}');
}

static char *servers_of(struct cli *c, const struct store_grant *g)
{
	struct buf b = BUF_INIT(1u << 20);
	for (size_t i = 0; i < g->binding_n; i++)
		buf_addf(&b, "%s%s=%s", i ? " " : "", g->bindings[i].server,
			 g->bindings[i].policy ? g->bindings[i].policy : "(none)");
	char *copy = arena_strndup(&c->arena, b.n ? b.p : "-", b.n ? b.n : 1);
	buf_release(&b);
	return copy;
}

static int print_list(struct cli *c, const struct store_grant *v, size_t n)
{
	static const char *const headings[] = {
		"LABEL", "STATE", "CREATED", "EXPIRES", "SERVERS AND POLICIES", NULL
	};
	bool shows_all = cli_has(c, "all");
	struct buf b = BUF_INIT(64u << 20);
	struct table t;
	size_t shown = 0;
	table_init(&t, &c->arena, headings);
	if (c->is_json)
		buf_addc(&b, '[');
	for (size_t i = 0; i < n; i++) {
		if (v[i].revoked_us && !shows_all)
			continue;
		if (c->is_json) {
			buf_adds(&b, shown ? "," : "");
			add_json(&b, &v[i]);
		} else {
			const char *cells[] = { v[i].label, state_of(&v[i]),
						short_time(c, v[i].created_us),
						short_time(c, v[i].expires_us),
						servers_of(c, &v[i]) };
			table_add(&t, cells);
		}
		shown++;
	}
	if (c->is_json)
		buf_adds(&b, "]\n");
	else if (shown)
		table_write(&b, &t, table_terminal_columns());
	else
		cli_note("no grants yet: gatehouse grant add LABEL --server SERVER=POLICY");
	return cli_print(&b);
}

static int run_list(struct cli *c)
{
	struct place p;
	struct store_grant *v;
	struct err e = { 0 };
	size_t n;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = store_grants(p.store, &c->arena, &v, &n, &e) ? print_list(c, v, n)
							    : cli_fail_err(&e);
	place_close(&p);
	return code;
}

static void write_grant(struct buf *b, struct cli *c, const struct store_grant *g)
{
	const char *expires = short_time(c, g->expires_us),
		   *subject = g->subject && g->subject[0] ? g->subject : "-";
	buf_addf(b, "label      %s\nid         %s\nstate      %s\nsubject    %s\n", g->label, g->id,
		 state_of(g), subject);
	buf_addf(b, "created    %s\nexpires    %s\n", short_time(c, g->created_us),
		 expires ? expires : "never");
	if (g->revoked_us)
		buf_addf(b, "revoked    %s\n", short_time(c, g->revoked_us));
	for (size_t i = 0; i < g->tag_n; i++)
		buf_addf(b, "tag        %s\n", g->tags[i]);
	for (size_t i = 0; i < g->binding_n; i++)
		buf_addf(b, "server     %s: %s%s\n", g->bindings[i].server,
			 g->bindings[i].policy ? "policy " : "",
			 g->bindings[i].policy ? g->bindings[i].policy
					       : "no policy, every call is refused");
}

static int run_show(struct cli *c)
{
	struct place p;
	struct store_grant g;
	struct err e = { 0 };
	struct buf b = BUF_INIT(16u << 20);
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_there = store_grant_get(p.store, c->args[0], &c->arena, &g, &e);
	if (is_there && c->is_json) {
		add_json(&b, &g);
		buf_addc(&b, '\n');
	} else if (is_there) {
		write_grant(&b, c, &g);
	}
	place_close(&p);
	return is_there ? cli_print(&b) : cli_fail_err(&e);
}

static int run_revoke(struct cli *c)
{
	struct place p;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	bool is_running = false;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	struct changed ch = changed_begin(c, &p, "grant", c->args[0]);
	code = store_grant_revoke(p.store, c->args[0], &e) ? changed_end(&ch, "grant.revoke", c->args[0]) : cli_fail_err(&e);
	if (code == CLI_OK)
		code = admin_reload(p.config->data_dir, &is_running);
	place_close(&p);
	if (code != CLI_OK)
		return code;
	if (c->is_json) {
		buf_adds(&b, "{\"grant\":");
		buf_add_json_string(&b, slice_str(c->args[0]));
		buf_addf(&b, ",\"done\":\"revoked\",\"in_force\":%s}\n",
			 is_running ? "true" : "false");
	} else {
		buf_addf(&b, "grant '%s' is revoked: %s\n", c->args[0],
			 admin_reloaded_text(is_running));
	}
	return cli_print(&b);
}

static const struct cli_option list_options[] = {
	{ "all", NULL, "revoked ones, too", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_grant_list = {
	.name = "grant list",
	.usage = "",
	.summary = "list who may use what",
	.example = "gatehouse grant list\n",
	.options = list_options,
	.run = run_list,
};

const struct cli_command cmd_grant_show = {
	.name = "grant show",
	.usage = "LABEL|ID",
	.summary = "show one grant",
	.example = "gatehouse grant show my-agent\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_show,
};

const struct cli_command cmd_grant_revoke = {
	.name = "grant revoke",
	.usage = "LABEL|ID",
	.summary = "end a grant; its next request is refused",
	.example = "gatehouse grant revoke my-agent\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_revoke,
};
