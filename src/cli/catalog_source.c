/* A server that is started or asked now, whose settings stand in the store, in the configuration or on the
 * command line. What is kept of where it was asked holds no secret: arguments and queries are left out. */
#include "cli/catalog_source.h"
#include "app/ask_tools.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/place.h"
#include "cli/table.h"
#include <sys/stat.h>
#include <unistd.h>

#define ENV_MAX 512

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "npx -y @owner/name@1.2": the package and, where it is said, the version. */
static void set_package(struct cli *c, const char *const *argv, struct index_server *s)
{
	const char *program = base_name(argv[0]), *word = NULL;
	bool is_npm = !strcmp(program, "npx") || !strcmp(program, "bunx"), is_pypi = !strcmp(program, "uvx") || !strcmp(program, "pipx");
	char address[LIMIT_INDEX_WORD + 1];
	for (size_t i = 1; argv[i] && (is_npm || is_pypi); i++) {
		if (!strcmp(argv[i], "--package") || !strcmp(argv[i], "-p") || !strcmp(argv[i], "--from")) {
			word = argv[i + 1];
			break;
		}
		if (argv[i][0] != '-' && strcmp(argv[i], "run") != 0) {
			word = argv[i];
			break;
		}
	}
	if (!word || word[0] == '.' || word[0] == '/')
		return;
	size_t n = strlen(word), end = n;
	for (size_t i = 1; i < n && end == n; i++)
		if (word[i] == '@' || (is_pypi && strchr("=<>[", word[i])))
			end = i;
	size_t size = index_package(is_npm ? SLICE_LIT("npm") : SLICE_LIT("pypi"), slice_of(word, end), address, sizeof address);
	char *copy = size ? arena_strndup(&c->arena, address, size) : NULL;
	s->package = slice_of(copy, copy ? size : 0);
}

static const char *where_of(struct cli *c, const char *url, const char *const *argv, struct index_server *s)
{
	char address[LIMIT_INDEX_WORD + 1] = "";
	if (url) {
		size_t n = index_remote(slice_str(url), address, sizeof address);
		char *copy = arena_strndup(&c->arena, address, n);
		s->remote = slice_of(copy, copy ? n : 0);
		return copy ? copy : "";
	}
	set_package(c, argv, s);
	const char *text = arena_printf(&c->arena, "%s%s%.*s", base_name(argv[0]), s->package.n ? " " : "", SLICE_ARG(s->package));
	return text ? text : "";
}

/* Variables of the environment that a child gets in any case, and its own. */
static const char *const *env_of(struct cli *c, const struct store_server *s)
{
	static const char *const inherited[] = { "HOME", "PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER" };
	const char **env = arena_alloc(&c->arena, (ARRAY_LEN(inherited) + s->env_n + 1) * sizeof *env);
	size_t n = 0;
	BUG_ON(!env);
	for (size_t i = 0; i < ARRAY_LEN(inherited); i++)
		if (getenv(inherited[i]))
			env[n++] = arena_printf(&c->arena, "%s=%s", inherited[i], getenv(inherited[i]));
	for (size_t i = 0; i < s->env_n; i++)
		env[n++] = arena_printf(&c->arena, "%s=%s", s->env[i].name, s->env[i].value);
	env[n] = NULL;
	return env;
}

static struct http_header *headers_of(struct cli *c, const struct store_server *s)
{
	struct http_header *h = arena_alloc(&c->arena, (s->header_n + 1) * sizeof *h);
	BUG_ON(!h);
	for (size_t i = 0; i < s->header_n; i++)
		h[i] = (struct http_header){ slice_str(s->headers[i].name), slice_str(s->headers[i].value) };
	return h;
}

/* As the store has it: what stands in the configuration is put there when a gate starts. */
static int find_registered(struct cli *c, const char *name, struct ask_tools_opts *o)
{
	struct place p;
	struct store_server s;
	struct err e = { 0 };
	struct stat st;
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	bool has_gate = stat(p.config->data_dir, &st) == 0;
	place_close(&p);
	if (!has_gate)
		return cli_fail(CLI_WRONG, "'%s' is no file, and there is no gate here whose server it could be",
				table_safe(&c->arena, slice_str(name)));
	code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_there = store_server_get(p.store, name, &c->arena, &s, &e);
	place_close(&p);
	if (!is_there)
		return cli_fail(CLI_FAILED, "'%s' is neither a file nor a server of this gate: %s", table_safe(&c->arena, slice_str(name)),
				e.text);
	if (s.transport != STORE_HTTP && s.transport != STORE_STDIO)
		return cli_fail(CLI_FAILED, "server '%s' is a part of the gate: it is not asked", name);
	*o = (struct ask_tools_opts){ .name = s.name, .url = s.url, .cwd = s.cwd, .argv = s.argv };
	if (s.transport == STORE_HTTP) {
		o->headers = headers_of(c, &s);
		o->header_n = s.header_n;
	} else {
		o->env = env_of(c, &s);
	}
	return CLI_OK;
}

/* As errors call it: a legal name of a server, which an id need not be. */
static const char *legal_name(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
	return n && n <= LIMIT_NAME && !name[n] && name[0] != '-' && name[n - 1] != '-' ? name : "asked";
}

int source_find(struct cli *c, const char *name, const char *url, struct ask_tools_opts *o)
{
	*o = (struct ask_tools_opts){ .name = legal_name(name), .url = url, .argv = c->argv, .env = (const char *const *)environ };
	return url || c->argv ? CLI_OK : find_registered(c, name, o);
}

int source_ask(struct cli *c, const struct ask_tools_opts *o, struct buf *tools, struct index_server *s)
{
	struct ask_tools_server who;
	struct err e = { 0 };
	log_set_level(LOG_ERROR); /* the error says it all */
	if (!ask_tools(o, tools, &who, &e))
		return cli_fail(CLI_FAILED, "%s", table_safe(&c->arena, slice_str(e.text)));
	char *title = arena_strndup(&c->arena, who.name, strlen(who.name)), *version = arena_strndup(&c->arena, who.version, strlen(who.version));
	s->source = INDEX_LIVE;
	s->title = slice_str(title ? title : "");
	s->version = slice_str(version ? version : "");
	s->where = slice_str(where_of(c, o->url, o->argv, s));
	return CLI_OK;
}
