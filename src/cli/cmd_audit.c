/* gatehouse audit */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "store/records.h"
#include <errno.h>
#include <unistd.h>

#define FOLLOW_EVERY_US 300000
#define FOLLOW_BACK_US (int64_t)900000000 /* a call that runs longer than this is not seen to end */

struct listing {
	struct cli *c;
	struct buf out;
	struct table table;
	size_t wanted, seen;
	char last_id[RANDOM_UUID_SIZE];
	bool is_table;       /* else JSON lines */
	bool is_following;
	struct arena *arena; /* while following: of one turn, with the ids printed before and those of this turn */
	struct map *printed, *seen_now;
	const char **lines;  /* while following: newest first, turned round before they are printed */
	size_t line_n;
};

static char *copy(struct arena *a, struct slice s)
{
	return s.n ? arena_strndup(a, s.p, s.n) : NULL;
}

static char *because(struct arena *a, const struct audit_record *r)
{
	if (r->rule.n && r->message.n)
		return arena_printf(a, "%.*s: %.*s", SLICE_ARG(r->rule), SLICE_ARG(r->message));
	return copy(a, r->rule.n ? r->rule : r->message);
}

static void add_row(struct arena *a, struct table *t, const struct audit_record *r)
{
	char time[CLOCK_TEXT_SIZE];
	bool is_tool = slice_is(r->method, "tools/call");
	clock_text(r->time_us, time);
	const char *took = r->outcome == AUDIT_PENDING
				   ? NULL
				   : arena_printf(a, "%.1f", (double)r->duration_us / 1000);
	const char *what = is_tool ? copy(a, r->target)
				   : arena_printf(a, "%.*s %.*s", SLICE_ARG(r->method),
						  (int)r->target.n, r->target.n ? r->target.p : "");
	const char *cells[] = { arena_printf(a, "%.10s %.8s", time, time + 11),
				copy(a, r->grant_label),
				copy(a, r->server),
				what,
				audit_decision_name(r->decision),
				audit_outcome_name(r->outcome),
				took,
				because(a, r) };
	table_add(t, cells);
}

static void add_line(struct buf *b, const struct audit_record *r)
{
	audit_write_json(b, r);
	buf_addc(b, '\n');
}

/* A line of its own for each record, as it comes. */
static const char *follow_line(struct arena *a, const struct audit_record *r, bool is_json)
{
	struct buf b = BUF_INIT(1u << 20);
	char time[CLOCK_TEXT_SIZE];
	if (is_json) {
		add_line(&b, r);
	} else {
		clock_text(r->time_us, time);
		buf_addf(&b, "%.10s %.8s  ", time, time + 11);
		table_add_safe(&b, r->grant_label, 40);
		buf_adds(&b, "  ");
		table_add_safe(&b, r->server, 0);
		buf_addc(&b, ' ');
		table_add_safe(&b, r->target.n ? r->target : r->method, 0);
		buf_addf(&b, "  %s %s", audit_decision_name(r->decision),
			 audit_outcome_name(r->outcome));
		if (r->rule.n || r->message.n) {
			buf_adds(&b, "  ");
			table_add_safe(&b, slice_str(because(a, r)), 0);
		}
		buf_addc(&b, '\n');
	}
	char *line = arena_strndup(a, b.n ? b.p : "", b.n);
	buf_release(&b);
	return line;
}

static bool on_record(void *ctx, const struct audit_record *r)
{
	struct listing *l = ctx;
	l->seen++;
	memcpy(l->last_id, r->id, sizeof l->last_id);
	if (!l->is_following) {
		if (l->is_table)
			add_row(&l->c->arena, &l->table, r);
		else
			add_line(&l->out, r);
		return buf_ok(&l->out);
	}
	if (r->outcome == AUDIT_PENDING)
		return true;
	map_put(l->seen_now, slice_str(r->id), l);
	if (!map_get(l->printed, slice_str(r->id)) && l->line_n < LIMIT_RECORD_PAGE)
		l->lines[l->line_n++] = follow_line(l->arena, r, !l->is_table);
	return true;
}

/* A page after the other until `wanted` records were seen. JSON leaves page by page. */
static int list_records(struct listing *l, struct store *s, struct audit_filter *f)
{
	struct err e = { 0 };
	while (l->seen < l->wanted) {
		size_t left = l->wanted - l->seen, before = l->seen;
		f->limit = left < LIMIT_RECORD_PAGE ? left : LIMIT_RECORD_PAGE;
		if (!records_query(s, f, on_record, l, &e))
			return cli_fail_err(&e);
		if (!l->is_table) {
			int code = cli_print(&l->out);
			if (code != CLI_OK)
				return code;
		}
		if (l->seen - before < f->limit)
			break;
		f->before_id = slice_str(l->last_id);
	}
	return CLI_OK;
}

/* Prints what ended since the last turn, in the order of time. */
static int follow_turn(struct listing *l, struct store *s, struct audit_filter *f)
{
	struct map seen_now;
	struct err e = { 0 };
	map_init(&seen_now);
	l->seen_now = &seen_now;
	l->line_n = 0;
	bool is_good = records_query(s, f, on_record, l, &e);
	map_release(l->printed);
	*l->printed = seen_now;
	while (l->line_n)
		fputs(l->lines[--l->line_n], stdout);
	arena_reset(l->arena);
	if (!is_good)
		return cli_fail_err(&e);
	return fflush(stdout) == 0
		       ? CLI_OK
		       : cli_fail(CLI_FAILED, "cannot write the result: %s", strerror(errno));
}

static int follow(struct listing *l, struct store *s, struct audit_filter *f)
{
	struct map printed;
	struct arena arena;
	int64_t start = f->since_us ? f->since_us : clock_wall_us();
	int code = CLI_OK;
	map_init(&printed);
	arena_init(&arena, 64u << 20);
	l->printed = &printed;
	l->arena = &arena;
	l->lines = mem_zalloc(LIMIT_RECORD_PAGE * sizeof *l->lines);
	f->limit = LIMIT_RECORD_PAGE;
	while (code == CLI_OK) {
		int64_t back = clock_wall_us() - FOLLOW_BACK_US;
		f->since_us = back > start ? back : start;
		code = follow_turn(l, s, f);
		if (code == CLI_OK)
			usleep(FOLLOW_EVERY_US);
	}
	map_release(&printed);
	arena_release(&arena);
	free(l->lines);
	return code;
}

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
	       err_set(e, ERR_INPUT,
		       "'--%s %.40s' is neither a duration, as 1h, nor a time, as 2030-01-01T00:00:00Z",
		       option, text);
}

static bool read_filter(const struct cli *c, struct audit_filter *f, size_t *limit, struct err *e)
{
	const char *decision = cli_value(c, "decision"), *number = cli_value(c, "limit");
	unsigned long long n = 50;
	*f = (struct audit_filter){
		.id = slice_str(cli_value(c, "id")),
		.grant = slice_str(cli_value(c, "grant")),
		.server = slice_str(cli_value(c, "server")),
		.target = slice_str(cli_value(c, "tool")),
		.method = slice_str(cli_value(c, "method")),
		.subject = slice_str(cli_value(c, "subject")),
		.has_decision = decision != NULL,
	};
	if (decision && !audit_decision_of(slice_str(decision), &f->decision))
		return err_set(e, ERR_INPUT, "'--decision %.40s' is not allow, deny or approve",
			       decision);
	if (number && (!slice_u64(slice_str(number), &n) || !n || n > 10000000))
		return err_set(e, ERR_INPUT, "'--limit %.40s' is not a number from 1 to 10000000",
			       number);
	*limit = (size_t)n;
	return read_time(c, "since", &f->since_us, e) && read_time(c, "until", &f->until_us, e);
}

static int run(struct cli *c)
{
	static const char *const headings[] = { "TIME (UTC)", "GRANT",	  "SERVER",
						"TOOL",	      "DECISION", "OUTCOME",
						"MS",	      "BECAUSE",  NULL };
	struct listing l = { .c = c,
			     .out = BUF_INIT(1u << 30),
			     .is_table = !c->is_json,
			     .is_following = cli_has(c, "follow") };
	struct audit_filter f;
	struct place p;
	struct err e = { 0 };
	if (!read_filter(c, &f, &l.wanted, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	if (l.is_following) {
		code = follow(&l, p.store, &f);
	} else {
		table_init(&l.table, &c->arena, headings);
		code = list_records(&l, p.store, &f);
		if (code == CLI_OK && l.is_table) {
			table_write(&l.out, &l.table, table_terminal_columns());
			code = cli_print(&l.out);
		}
	}
	buf_release(&l.out);
	place_close(&p);
	return code;
}

static const struct cli_option options[] = {
	{ "since", "TIME", "from then on: 1h (ago), or 2030-01-01T00:00:00Z", false },
	{ "until", "TIME", "before then", false },
	{ "grant", "LABEL", "of this grant; its id will do, too", false },
	{ "server", "NAME", "of this server", false },
	{ "tool", "NAME", "of this tool, prompt or resource", false },
	{ "method", "NAME", "of this method, as tools/call", false },
	{ "subject", "TEXT", "of this subject", false },
	{ "decision", "WORD", "allow, deny or approve", false },
	{ "id", "ID", "exactly this record", false },
	{ "limit", "N", "at most so many; default: 50", false },
	{ "follow", NULL, "go on, and print calls as they end", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_audit = {
	.name = "audit",
	.usage = "",
	.summary = "read the record: who asked for what, what was decided, by which rule",
	.details =
		"Newest first. Records hold the names of arguments, never their values. With --json, one record a line, as "
		"docs/records.md describes it.",
	.example = "gatehouse audit --since 1h --decision deny\ngatehouse audit --follow --json\n",
	.options = options,
	.run = run,
};
