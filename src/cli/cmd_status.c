/* gatehouse status */
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "json/json.h"

static long long number_of(const struct json *object, const char *key)
{
	int64_t v = 0;
	return json_int64(json_gets(object, key), &v) ? (long long)v : 0;
}

static const char *text_of(struct cli *c, const struct json *object, const char *key)
{
	struct slice s = json_string(json_gets(object, key));
	return s.n ? arena_strndup(&c->arena, s.p, s.n) : NULL;
}

static void add_servers(struct buf *b, struct cli *c, const struct json *servers)
{
	static const char *const headings[] = { "SERVER",   "BY",	"STATE",      "CALLS",
						"PROGRAMS", "RESTARTS", "LAST ERROR", NULL };
	struct table t;
	table_init(&t, &c->arena, headings);
	for (struct json_iter it = json_iter(servers); json_next(&it);) {
		const char *cells[] = {
			text_of(c, it.value, "name"),
			text_of(c, it.value, "transport"),
			text_of(c, it.value, "state"),
			arena_printf(&c->arena, "%lld", number_of(it.value, "calls_in_flight")),
			arena_printf(&c->arena, "%lld", number_of(it.value, "children")),
			arena_printf(&c->arena, "%lld", number_of(it.value, "restarts")),
			text_of(c, it.value, "last_error")
		};
		table_add(&t, cells);
	}
	buf_addc(b, '\n');
	table_write(b, &t, table_terminal_columns());
}

static void write_status(struct buf *b, struct cli *c, const struct json *v)
{
	long long up = number_of(v, "uptime_s"),
		  backlog = number_of(json_gets(v, "journal"), "backlog_bytes");
	const struct json *calls = json_gets(v, "calls"), *journal = json_gets(v, "journal"),
			  *servers = json_gets(v, "servers");
	buf_addf(b, "version      %s\naddress      http://%s\n", text_of(c, v, "version"),
		 text_of(c, v, "listen"));
	buf_addf(b, "running for  %lldd %02lld:%02lld:%02lld\n", up / 86400, up / 3600 % 24,
		 up / 60 % 60, up % 60);
	buf_addf(
		b,
		"grants       %lld\ncalls        %lld allowed, %lld refused, %lld failed, %lld under way\n",
		number_of(v, "grants"), number_of(calls, "allowed"), number_of(calls, "refused"),
		number_of(calls, "failed"), number_of(calls, "in_flight"));
	buf_addf(b, "clients      %lld connections, %lld streams\n", number_of(v, "connections"),
		 number_of(v, "streams"));
	buf_addf(b, "records      %s, %lld bytes wait to be moved\n",
		 json_true(json_gets(journal, "healthy"))
			 ? "are written"
			 : "CANNOT BE WRITTEN: every call is refused",
		 backlog);
	const struct json *approvals = json_gets(v, "approvals");
	buf_addf(b, "approvals    %lld wait for a person%s", number_of(approvals, "pending"),
		 approvals && !json_true(json_gets(approvals, "reachable"))
			 ? "; THEIR DATABASE CANNOT BE USED"
			 : "");
	if (number_of(approvals, "webhooks_failed"))
		buf_addf(b, "; %lld webhooks were given up in the last day",
			 number_of(approvals, "webhooks_failed"));
	buf_addc(b, '\n');
	if (json_count(servers))
		add_servers(b, c, servers);
	else
		buf_adds(
			b,
			"servers      none: gatehouse server add NAME URL, or gatehouse server add NAME -- COMMAND…\n");
}

static int print_status(struct cli *c, struct slice answer)
{
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct err e = { 0 };
	const struct json *v = json_read(answer, &c->arena, &e);
	if (!v)
		return cli_fail(CLI_FAILED, "the gate's answer cannot be read: %s", e.text);
	bool is_healthy = json_true(json_gets(json_gets(v, "journal"), "healthy"));
	if (c->is_json) {
		json_write(&b, v);
		buf_addc(&b, '\n');
	} else {
		write_status(&b, c, v);
	}
	int code = cli_print(&b);
	return code == CLI_OK && !is_healthy ? CLI_FAILED : code;
}

static int run(struct cli *c)
{
	struct buf answer = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct place p;
	struct err e = { 0 };
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	enum admin_answer how =
		admin_ask(p.config->data_dir, "GET", "/api/v1/status", 10, &answer, &e);
	place_close(&p);
	if (how == ADMIN_DONE)
		code = print_status(c, buf_slice(&answer));
	else
		code = cli_fail(how == ADMIN_UNREACHABLE ? CLI_UNREACHABLE : CLI_FAILED, "%s",
				e.text);
	buf_release(&answer);
	return code;
}

const struct cli_command cmd_status = {
	.name = "status",
	.usage = "",
	.summary = "say how the running gate is: servers, calls, records",
	.details = "The exit code is 1 when records cannot be written, and 3 when no gate runs.",
	.example = "gatehouse status --json\n",
	.run = run,
};
