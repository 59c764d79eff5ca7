/* Which file, which server, which tool. */
#include "cli/catalog_file.h"
#include "base/check.h"
#include "catalog/show.h"
#include "cli/place.h"
#include "cli/table.h"
#include <sys/stat.h>

int catalog_path(struct cli *c, const char **out)
{
	const char *db = cli_value(c, "db");
	struct place p;
	*out = db;
	if (db)
		return CLI_OK;
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	*out = arena_printf(&c->arena, "%s", p.config->catalog_path);
	BUG_ON(!*out);
	place_close(&p);
	return CLI_OK;
}

int catalog_open(struct cli *c, enum index_mode mode, struct index **out)
{
	const char *path;
	struct err e = { 0 };
	struct stat st;
	int code = catalog_path(c, &path);
	*out = NULL;
	if (code != CLI_OK)
		return code;
	const char *slash = strrchr(path, '/');
	if (mode == INDEX_WRITE && !cli_value(c, "db") && slash && slash != path) {
		char *dir = arena_strndup(&c->arena, path, (size_t)(slash - path));
		BUG_ON(!dir);
		if (stat(dir, &st) != 0 && mkdir(dir, 0700) != 0)
			return cli_fail(CLI_FAILED, "cannot make the data folder '%s': name the catalogue with --db FILE", dir);
	}
	*out = index_open(path, mode, &e);
	return *out ? CLI_OK : cli_fail_err(&e);
}

int catalog_find_server(struct cli *c, struct index *x, const char *id, struct index_server *out)
{
	struct err e = { 0 };
	struct slice near = { 0 };
	if (index_server(x, slice_str(id), &c->arena, out, &e))
		return CLI_OK;
	if (e.kind != ERR_NONE || !index_nearest_server(x, slice_str(id), &c->arena, &near, &e))
		return cli_fail_err(&e);
	const char *shown = table_safe(&c->arena, slice_str(id));
	if (near.n)
		return cli_fail(CLI_FAILED, "the catalogue has no server '%s' (did you mean '%s'?)", shown, table_safe(&c->arena, near));
	return cli_fail(CLI_FAILED, "the catalogue has no server '%s': 'gatehouse catalog search' finds tools by words", shown);
}

/* Ids have slashes, and names of tools may: the longest id that is there. */
static int split(struct cli *c, struct index *x, struct slice word, struct index_server *server, struct slice *tool)
{
	struct err e = { 0 };
	for (size_t n = word.n; n > 0; n--) {
		if (n < word.n && word.p[n] != '/')
			continue;
		if (index_server(x, slice_of(word.p, n), &c->arena, server, &e)) {
			*tool = n < word.n ? slice_of(word.p + n + 1, word.n - n - 1) : slice_of("", 0);
			return CLI_OK;
		}
		if (e.kind != ERR_NONE)
			return cli_fail_err(&e);
	}
	return catalog_find_server(c, x, word.p, server);
}

int catalog_find(struct cli *c, struct index *x, struct index_server *server, struct slice *tool)
{
	*tool = slice_of("", 0);
	if (c->arg_n == 1)
		return split(c, x, slice_str(c->args[0]), server, tool);
	*tool = slice_str(c->args[1]);
	return catalog_find_server(c, x, c->args[0], server);
}
