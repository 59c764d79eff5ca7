/* gatehouse audit changes */
#include "base/clock.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/persons.h"
#include "cli/table.h"

#define LINES_MAX 10000000

/* "1h" is an hour ago; else a time. */
static bool read_time(const struct cli *c, const char *option, int64_t *us, struct err *e)
{
	const char *text = cli_value(c, option);
	uint64_t ms;
	if (!text)
		return true;
	if (config_duration_ms(slice_str(text), &ms) && ms < (uint64_t)INT64_MAX / 2000) {
		*us = clock_wall_us() - (int64_t)ms * 1000;
		return true;
	}
	return clock_parse(slice_str(text), us) ||
	       err_set(e, ERR_INPUT, "'--%s %.40s' is neither a duration, as 1h, nor a time, as 2030-01-01T00:00:00Z", option, text);
}

static bool read_filter(const struct cli *c, struct change_filter *f, size_t *wanted, struct err *e)
{
	const char *number = cli_value(c, "limit");
	unsigned long long n = 50;
	*f = (struct change_filter){
		.who = slice_str(cli_value(c, "who")),
		.action = slice_str(cli_value(c, "action")),
		.object_type = slice_str(cli_value(c, "type")),
		.object_id = slice_str(cli_value(c, "object")),
	};
	if (number && (!slice_u64(slice_str(number), &n) || !n || n > LINES_MAX))
		return err_set(e, ERR_INPUT, "'--limit %.40s' is not a number from 1 to %d", number, LINES_MAX);
	*wanted = (size_t)n;
	return read_time(c, "since", &f->since_us, e) && read_time(c, "until", &f->until_us, e);
}

static void add_text(struct buf *b, const char *key, const char *text)
{
	buf_addf(b, "\"%s\":", key);
	buf_add_json_string(b, slice_str(text));
}

static void add_json(struct buf *b, const struct change *v)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->time_us, time);
	buf_addf(b, "{\"id\":\"%s\",\"time\":\"%s\",\"who\":{", v->id, time);
	add_text(b, "kind", v->who_kind);
	buf_addc(b, ',');
	add_text(b, "id", v->who_id);
	buf_addc(b, ',');
	add_text(b, "name", v->who_name);
	buf_adds(b, "},");
	if (v->address[0]) {
		add_text(b, "address", v->address);
		buf_addc(b, ',');
	}
	add_text(b, "action", v->action);
	buf_adds(b, ",\"object\":{");
	add_text(b, "type", v->object_type);
	buf_addc(b, ',');
	add_text(b, "id", v->object_id);
	buf_addc(b, '}');
	if (v->before.n)
		buf_addf(b, ",\"before\":%.*s", SLICE_ARG(v->before));
	if (v->after.n)
		buf_addf(b, ",\"after\":%.*s", SLICE_ARG(v->after));
	if (v->note[0]) {
		buf_addc(b, ',');
		add_text(b, "note", v->note);
	}
	buf_adds(b, "}\n");
}

static void add_row(struct cli *c, struct table *t, const struct change *v)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->time_us, time);
	const char *cells[] = { arena_printf(&c->arena, "%.10s %.8s", time, time + 11),
				arena_printf(&c->arena, "%s %s", v->who_kind, v->who_name),
				v->address[0] ? v->address : NULL,
				v->action,
				arena_printf(&c->arena, "%s %s", v->object_type, v->object_id),
				v->note[0] ? v->note : NULL };
	table_add(t, cells);
}

static int list(struct cli *c, struct persons *p, struct change_filter *f, size_t wanted)
{
	static const char *const headings[] = { "TIME (UTC)", "WHO", "FROM", "WHAT", "OBJECT", "NOTE", NULL };
	struct buf b = BUF_INIT(1u << 30);
	struct table t;
	struct err e = { 0 };
	size_t n = 1, seen = 0;
	table_init(&t, &c->arena, headings);
	while (n && seen < wanted) {
		struct change *v;
		struct arena a;
		char last[RANDOM_UUID_SIZE] = "";
		f->limit = wanted - seen < LIMIT_CHANGE_PAGE ? wanted - seen : LIMIT_CHANGE_PAGE;
		arena_init(&a, (size_t)1 << 30);
		bool is_read = people_changes(p->people, f, c->is_json ? &a : &c->arena, &v, &n, &e);
		for (size_t i = 0; is_read && i < n; i++) {
			if (c->is_json)
				add_json(&b, &v[i]);
			else
				add_row(c, &t, &v[i]);
			memcpy(last, v[i].id, sizeof last);
		}
		seen += is_read ? n : 0;
		f->before_id = arena_strndup(&c->arena, last, strlen(last));
		arena_release(&a);
		if (!is_read || !f->before_id) {
			buf_release(&b);
			return is_read ? cli_fail(CLI_FAILED, "out of memory") : cli_fail_err(&e);
		}
	}
	if (!c->is_json)
		table_write(&b, &t, table_terminal_columns());
	return cli_print(&b);
}

static int run(struct cli *c)
{
	struct change_filter f;
	struct persons p;
	struct err e = { 0 };
	size_t wanted;
	if (!read_filter(c, &f, &wanted, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = list(c, &p, &f, wanted);
	persons_close(&p);
	return code;
}

static const struct cli_option options[] = {
	{ "since", "TIME", "from then on: 1h (ago), or 2030-01-01T00:00:00Z", false },
	{ "until", "TIME", "before then", false },
	{ "who", "NAME", "by this user, token or local user; an id will do, too", false },
	{ "action", "WORD", "policy.update; 'policy.' is all that was done to policies", false },
	{ "type", "WORD", "of objects of this kind: server, policy, grant, user, …", false },
	{ "object", "ID", "of this object", false },
	{ "limit", "N", "at most so many; default: 50", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_audit_changes = {
	.name = "audit changes",
	.usage = "",
	.summary = "read what people changed: who, when, what, before and after",
	.details =
		"Newest first. With --json, one change a line, with the object before and after; secrets are not in it. "
		"'gatehouse audit verify' checks that none was altered or taken away.",
	.example = "gatehouse audit changes --since 7d\ngatehouse audit changes --action policy. --json\n",
	.options = options,
	.run = run,
};
