/* gatehouse catalog classify: what each tool of a stream can do, a line each. Holds one line at a time. */
#include "base/check.h"
#include "base/limits.h"
#include "catalog/profile.h"
#include "catalog/show.h"
#include "cli/commands.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)

struct classifying {
	const char *file, *server; /* server NULL: each row's own */
	int fd;
	struct buf line, out;
	struct arena row, profile;
	size_t number, bad;
	bool is_lines;
	bool is_lost; /* standard output takes no more */
};

static void flush(struct classifying *c)
{
	size_t done = 0;
	while (!c->is_lost && done < c->out.n) {
		ssize_t n = write(STDOUT_FILENO, c->out.p + done, c->out.n - done);
		if (n < 0 && errno == EINTR)
			continue;
		c->is_lost = n <= 0;
		done += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&c->out);
}

/* The place of a bad row is kept, so that the n-th object belongs to the n-th row. */
static void complain(struct classifying *c, const char *why)
{
	struct buf text = BUF_INIT(4096);
	show_text(&text, slice_str(why), 400);
	if (c->is_lines)
		cli_note("'%s': line %zu: %s", c->file, c->number, buf_str(&text));
	else
		cli_note("'%s': %s", c->file, buf_str(&text));
	buf_addf(&c->out, "{\"error\":");
	show_json(&c->out, slice_str(why), 400);
	buf_addf(&c->out, ",\"line\":%zu}\n", c->number);
	buf_release(&text);
	c->bad++;
}

/* A row of a corpus calls the name `tool`, and has null for a schema that nobody gave. */
static const struct json *definition_of(struct classifying *c, const struct json *row, struct err *e)
{
	struct buf text = BUF_INIT(LIMIT_MESSAGE_BYTES * 2);
	if (!json_is(json_gets(row, "tool"), JSON_STRING) || json_gets(row, "name"))
		return row;
	buf_adds(&text, "{\"name\":");
	json_write(&text, json_gets(row, "tool"));
	for (struct json_iter it = json_iter(row); json_next(&it);) {
		if (slice_is(it.key, "tool") || slice_is(it.key, "server") || json_is(it.value, JSON_NULL))
			continue;
		buf_addc(&text, ',');
		buf_add_json_string(&text, it.key);
		buf_addc(&text, ':');
		json_write(&text, it.value);
	}
	buf_addc(&text, '}');
	const struct json *v = NULL;
	if (buf_ok(&text))
		v = json_read(buf_slice(&text), &c->row, e);
	else
		err_set(e, ERR_LIMIT, "the definition is too large");
	buf_release(&text);
	return v;
}

static void classify_one(struct classifying *c, const struct json *row, struct slice server)
{
	struct err e = { 0 };
	struct profile p;
	if (!json_is(row, JSON_OBJECT)) {
		complain(c, "a tool must be an object");
		return;
	}
	const struct json *definition = definition_of(c, row, &e);
	if (!definition) {
		complain(c, e.text);
		return;
	}
	if (json_string(json_gets(row, "server")).n)
		server = json_string(json_gets(row, "server"));
	if (c->server)
		server = slice_str(c->server);
	profile_make(definition, server, &c->profile, &p);
	buf_adds(&c->out, "{\"server\":");
	show_json(&c->out, server, 0);
	buf_addc(&c->out, ',');
	size_t brace = c->out.n;
	profile_write(&c->out, &p);
	if (buf_ok(&c->out)) {
		memmove(c->out.p + brace, c->out.p + brace + 1, c->out.n - brace - 1);
		c->out.n--;
		buf_addc(&c->out, '\n');
	} else {
		buf_clear(&c->out);
		complain(c, "the profile is too large");
	}
	arena_reset(&c->profile);
	if (c->out.n > CHUNK)
		flush(c);
}

/* A tool, a list of tools, or an object with one: as tools/list answers, or the whole answer. */
static void classify_value(struct classifying *c, const struct json *v)
{
	const struct json *inner = json_gets(v, "result") ? json_gets(v, "result") : v;
	const struct json *tools = json_is(v, JSON_ARRAY) && !c->is_lines ? v : json_gets(inner, "tools");
	if (!json_is(tools, JSON_ARRAY)) {
		classify_one(c, v, slice_of("", 0));
		return;
	}
	for (struct json_iter it = json_iter(tools); json_next(&it);)
		classify_one(c, it.value, json_string(json_gets(v, "server")));
}

static void classify_text(struct classifying *c, struct slice text)
{
	struct err e = { 0 };
	const struct json *v = json_read(text, &c->row, &e);
	/* A row is one line of its own: only its column tells something. */
	bool is_first = c->is_lines && strncmp(e.text, "line 1, ", 8) == 0;
	if (v)
		classify_value(c, v);
	else
		complain(c, e.text + (is_first ? 8 : 0));
	arena_reset(&c->row);
}

static void end_line(struct classifying *c)
{
	c->number++;
	if (!buf_ok(&c->line))
		complain(c, "it is longer than the largest message");
	else if (slice_trim(buf_slice(&c->line)).n && !(c->line.n == 1 && c->line.p[0] == '\r'))
		classify_text(c, buf_slice(&c->line));
	buf_clear(&c->line);
}

static void take(struct classifying *c, struct slice piece)
{
	while (c->is_lines && piece.n && !c->is_lost) {
		const char *end = memchr(piece.p, '\n', piece.n);
		size_t n = end ? (size_t)(end - piece.p) : piece.n;
		buf_add(&c->line, piece.p, n);
		if (!end)
			return;
		end_line(c);
		piece = slice_of(end + 1, piece.n - n - 1);
	}
	buf_add_slice(&c->line, piece);
}

static int read_all(struct classifying *c)
{
	char *chunk = mem_alloc(CHUNK);
	ssize_t n = 0;
	while (!c->is_lost && (n = read(c->fd, chunk, CHUNK)) != 0) {
		if (n > 0)
			take(c, slice_of(chunk, (size_t)n));
		else if (errno != EINTR)
			break;
	}
	free(chunk);
	if (n < 0)
		return cli_fail(CLI_FAILED, "cannot read '%s': %s", c->file, strerror(errno));
	if (c->line.n || !buf_ok(&c->line) || !c->is_lines)
		end_line(c);
	flush(c);
	if (c->is_lost)
		return cli_fail(CLI_FAILED, "cannot write the result: %s", strerror(errno));
	return c->bad ? CLI_FAILED : CLI_OK;
}

static int run_classify(struct cli *cli)
{
	struct classifying c = { .file = cli->arg_n ? cli->args[0] : "-",
				 .server = cli_value(cli, "server"),
				 .is_lines = cli_has(cli, "jsonl"),
				 .fd = STDIN_FILENO };
	if (strcmp(c.file, "-") != 0 && (c.fd = open(c.file, O_RDONLY | O_CLOEXEC)) < 0)
		return cli_fail(CLI_WRONG, "cannot read '%s': %s", c.file, strerror(errno));
	c.line = BUF_INIT(c.is_lines ? LIMIT_LINE_BYTES : LIMIT_ADMIN_BYTES);
	c.out = BUF_INIT(LIMIT_ADMIN_BYTES);
	arena_init(&c.row, LIMIT_REQUEST_ARENA);
	arena_init(&c.profile, LIMIT_REQUEST_ARENA);
	int code = read_all(&c);
	arena_release(&c.row);
	arena_release(&c.profile);
	buf_release(&c.line);
	buf_release(&c.out);
	if (c.fd != STDIN_FILENO)
		close(c.fd);
	return code;
}

static const struct cli_option classify_options[] = {
	{ "jsonl", NULL, "one tool a line; without it the input is one document", false },
	{ "server", "NAME", "whose tools they are, where the rows do not say it or say it wrong", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_classify = {
	.name = "catalog classify",
	.usage = "[FILE]",
	.summary = "say what each tool can do, how dangerous that is, and why",
	.details =
		"Reads definitions of tools from FILE or standard input and prints one JSON object a line, in the same order: server, "
		"tool, category, severity, confidence, evidence, signals, labels, branches, attacks, recommended and more "
		"(docs/catalog.md has the shape). With --jsonl a line is a tool as tools/list has it, or a row with `server`, `tool` "
		"or `name`, `description`, `inputSchema` and `annotations`; any number of lines is read, one at a time. Without it the "
		"input is one document: a tool, an array of tools, or {\"tools\": […]}.\n\n"
		"Annotations are repeated as claims and not believed. A line that is no JSON object gets one line on standard error "
		"and {\"error\", \"line\"} in its place; then the exit code is 1. Exit code 2: the input cannot be opened.",
	.example = "gatehouse catalog classify --jsonl < tools.jsonl\n"
		   "gatehouse catalog classify tools.json | jq -r 'select(.severity == \"critical\") | .tool'\n",
	.options = classify_options,
	.args_max = 1,
	.run = run_classify,
};
