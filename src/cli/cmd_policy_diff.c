/* gatehouse policy diff */
#include "author/difference.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/place.h"
#include <unistd.h>

/* A file, else what was applied under that name; NAME@N is always that. */
static int read_document(struct cli *c, const char *word, struct buf *text)
{
	struct store_policy v;
	struct place p;
	struct err e = { 0 };
	const char *name;
	int64_t version;
	if (!strchr(word, '@') && (access(word, F_OK) == 0 || strchr(word, '/') || strchr(word, '.')))
		return file_read(word, text, &e) ? CLI_OK : cli_fail(CLI_WRONG, "%s", e.text);
	int code = place_policy_version(c, word, &name, &version);
	if (code == CLI_OK)
		code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	if (store_policy_get(p.store, name, version, &c->arena, &v, &e))
		buf_add_slice(text, v.text);
	else
		code = cli_fail_err(&e);
	place_close(&p);
	return code;
}

static const struct json *parse(struct cli *c, const char *word, struct slice text, int *code)
{
	struct err e = { 0 };
	const struct json *v = json_read(slice_of(text.p ? text.p : "", text.n), &c->arena, &e);
	if (!v)
		*code = cli_fail(CLI_WRONG, "'%s' is no JSON: %s", word, e.text);
	return v;
}

static int print_differences(struct cli *c, const struct json *from, const struct json *to)
{
	struct differences d;
	struct buf out = BUF_INIT(64u << 20);
	if (!differences_find(from, to, &c->arena, &d))
		return cli_fail(CLI_FAILED, "the documents differ in more than %d places", LIMIT_DIFFERENCES);
	if (c->is_json) {
		buf_adds(&out, "{\"changes\":");
		differences_write_json(&out, &d);
		buf_adds(&out, "}\n");
	} else if (d.n) {
		differences_write(&out, &d);
	} else {
		buf_adds(&out, "no difference\n");
	}
	return cli_print(&out);
}

static int run(struct cli *c)
{
	struct buf a = BUF_INIT(LIMIT_POLICY_BYTES), b = BUF_INIT(LIMIT_POLICY_BYTES);
	const struct json *from = NULL, *to = NULL;
	int code = read_document(c, c->args[0], &a);
	if (code == CLI_OK)
		code = read_document(c, c->args[1], &b);
	if (code == CLI_OK)
		from = parse(c, c->args[0], buf_slice(&a), &code);
	if (code == CLI_OK)
		to = parse(c, c->args[1], buf_slice(&b), &code);
	if (code == CLI_OK)
		code = print_differences(c, from, to);
	buf_release(&a);
	buf_release(&b);
	return code;
}

const struct cli_command cmd_policy_diff = {
	.name = "policy diff",
	.usage = "A B",
	.summary = "say what two policies differ in",
	.details =
		"A and B are files, or policies that were applied: NAME is the version in force, NAME@3 one of its history. Each "
		"difference stands on a line with its JSON Pointer: + is only in B, - only in A, ~ in both.",
	.example = "gatehouse policy diff read-only@2 read-only@3\ngatehouse policy diff read-only new.json\n",
	.args_min = 2,
	.args_max = 2,
	.run = run,
};
