/* gatehouse server add */
#include "admin/server_check.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"

#define PAIRS_MAX 1000

/* Splits "NAME<separator>value" at the first separator. */
static bool split(struct cli *c, const char *text, char separator, struct store_pair *out)
{
	const char *at = strchr(text, separator);
	if (!at || at == text)
		return false;
	struct slice value = slice_trim(slice_str(at + 1));
	out->name = arena_strndup(&c->arena, text, (size_t)(at - text));
	out->value = separator == ':' ? arena_strndup(&c->arena, value.n ? value.p : "", value.n)
				      : at + 1;
	return out->name && out->value;
}

static bool read_stdin_value(struct cli *c, const char **out, struct err *e)
{
	struct buf b = BUF_INIT(65536);
	bool is_good = file_read("-", &b, e);
	while (is_good && b.n && (b.p[b.n - 1] == '\n' || b.p[b.n - 1] == '\r'))
		b.n--;
	*out = is_good ? arena_strndup(&c->arena, b.n ? b.p : "", b.n) : NULL;
	if (b.p)
		explicit_bzero(b.p, b.cap);
	buf_release(&b);
	return *out != NULL;
}

/* --header-env NAME=VARIABLE, --env-from VARIABLE: the value is in our environment. */
static bool take_from_env(struct cli *c, const char *text, bool is_header, struct store_pair *out,
			  struct err *e)
{
	struct store_pair named = { text, text };
	if (is_header && !split(c, text, '=', &named))
		return err_set(e, ERR_INPUT, "'--header-env %.60s' is not NAME=VARIABLE", text);
	const char *value = getenv(named.value);
	if (!value)
		return err_set(e, ERR_INPUT, "the environment variable '%.60s' is not set",
			       named.value);
	*out = (struct store_pair){ named.name, value };
	return true;
}

static bool take_pairs(struct cli *c, const char *option, struct store_pair *v, size_t *n,
		       struct err *e)
{
	size_t at = 0;
	bool is_header = strncmp(option, "header", 6) == 0;
	for (const char *text; (text = cli_next_value(c, option, &at));) {
		if (*n == PAIRS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d headers or variables",
				       PAIRS_MAX);
		struct store_pair *p = &v[(*n)++];
		if (strcmp(option, "header-env") == 0 || strcmp(option, "env-from") == 0) {
			if (!take_from_env(c, text, is_header, p, e))
				return false;
		} else if (strcmp(option, "header-stdin") == 0) {
			p->name = text;
			if (!read_stdin_value(c, &p->value, e))
				return false;
		} else if (!split(c, text, is_header ? ':' : '=', p)) {
			/* The text is not shown: it may be the secret itself. */
			return err_set(e, ERR_INPUT,
				       is_header ? "a value of '--header' is not 'NAME: VALUE'"
						 : "a value of '--env' is not NAME=VALUE");
		}
	}
	return true;
}

static bool take_per(const char *text, enum store_per *per, struct err *e)
{
	static const char *const names[] = { [STORE_PER_GRANT] = "grant",
					     [STORE_PER_SESSION] = "session",
					     [STORE_PER_SERVER] = "server" };
	for (size_t i = 0; text && i < ARRAY_LEN(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*per = (enum store_per)i;
			return true;
		}
	}
	return !text ||
	       err_set(e, ERR_INPUT, "'--per %.40s' is not grant, session or server", text);
}

static bool take_duration(const struct cli *c, const char *option, uint64_t *ms, struct err *e)
{
	const char *text = cli_value(c, option);
	if (!text || (config_duration_ms(slice_str(text), ms) && *ms))
		return true;
	return err_set(e, ERR_INPUT, "'--%s %.40s' is not a duration with its unit, as 30s or 5m",
		       option, text);
}

static bool check_where(const struct cli *c, struct store_server *s, struct err *e)
{
	const char *url = c->arg_n > 1 ? c->args[1] : NULL;
	bool has_command = c->argv != NULL;
	if (!url == !has_command)
		return err_set(e, ERR_INPUT,
			       "a server needs either a URL or, behind '--', a command");
	if (has_command && !c->argv[0])
		return err_set(e, ERR_INPUT, "behind '--' stands no command");
	if (url && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return err_set(
			e, ERR_INPUT,
			"'%.80s' is no address: it must begin with http:// or https:// (a command stands behind '--')",
			url);
	s->transport = url ? STORE_HTTP : STORE_STDIO;
	s->url = url;
	s->argv = c->argv;
	static const char *const of_http[] = { "header", "header-env", "header-stdin" };
	static const char *const of_stdio[] = { "env", "env-from", "cwd", "per" };
	for (size_t i = 0; !url && i < ARRAY_LEN(of_http); i++)
		if (cli_has(c, of_http[i]))
			return err_set(e, ERR_INPUT, "'--%s' is for servers with a URL",
				       of_http[i]);
	for (size_t i = 0; url && i < ARRAY_LEN(of_stdio); i++)
		if (cli_has(c, of_stdio[i]))
			return err_set(e, ERR_INPUT, "'--%s' is for servers with a command",
				       of_stdio[i]);
	return true;
}

static bool read_server(struct cli *c, struct store_server *s, struct err *e)
{
	struct store_pair *headers = arena_zalloc(&c->arena, PAIRS_MAX * sizeof *headers);
	struct store_pair *env = arena_zalloc(&c->arena, PAIRS_MAX * sizeof *env);
	const char *cwd = cli_value(c, "cwd");
	if (!headers || !env)
		return err_set(e, ERR_LIMIT, "out of memory");
	*s = (struct store_server){ .name = c->args[0], .headers = headers, .env = env, .is_enabled = !cli_has(c, "disabled") };
	if (!check_where(c, s, e) || !take_pairs(c, "header", headers, &s->header_n, e) ||
	    !take_pairs(c, "header-env", headers, &s->header_n, e) ||
	    !take_pairs(c, "header-stdin", headers, &s->header_n, e) ||
	    !take_pairs(c, "env", env, &s->env_n, e) ||
	    !take_pairs(c, "env-from", env, &s->env_n, e))
		return false;
	if (cwd) {
		char *real = realpath(cwd, NULL);
		s->cwd = real ? arena_strndup(&c->arena, real, strlen(real)) : NULL;
		free(real);
		if (!s->cwd)
			return err_set(e, ERR_INPUT, "there is no folder '%.120s'", cwd);
	}
	return take_per(cli_value(c, "per"), &s->per, e) &&
	       take_duration(c, "call-timeout", &s->call_timeout_ms, e) &&
	       take_duration(c, "start-timeout", &s->start_timeout_ms, e) && server_is_good(s, e);
}

static int run(struct cli *c)
{
	struct store_server s;
	struct place p;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	bool is_running = false;
	if (!read_server(c, &s, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	int code = place_open(c, &p, true);
	if (code != CLI_OK)
		return code;
	code = place_check_server(&p, s.name);
	if (code == CLI_OK) {
		struct changed ch = changed_begin(c, &p, "server", s.name);
		bool is_good = cli_has(c, "replace") ? store_server_put(p.store, &s, &e)
						     : store_server_add(p.store, &s, &e);
		code = is_good ? changed_end(&ch, NULL, s.name) : cli_fail_err(&e);
		if (code == CLI_OK)
			code = admin_reload(p.config->data_dir, &is_running);
	}
	place_close(&p);
	if (code != CLI_OK)
		return code;
	if (c->is_json)
		buf_addf(&b, "{\"name\":\"%s\",\"transport\":\"%s\",\"in_force\":%s}\n", s.name,
			 s.url ? "http" : "stdio", is_running ? "true" : "false");
	else
		buf_addf(
			&b,
			"server '%s' is %s\nlet an agent use it: gatehouse grant add LABEL --server %s=POLICY\n",
			s.name, admin_reloaded_text(is_running), s.name);
	return cli_print(&b);
}

static const struct cli_option options[] = {
	{ "header", "'NAME: VALUE'",
	  "send this header to it; other users of this machine can see it while this command runs",
	  true },
	{ "header-env", "NAME=VARIABLE",
	  "send this header, its value taken from the environment now", true },
	{ "header-stdin", "NAME", "send this header, its value read from standard input", false },
	{ "env", "NAME=VALUE", "a variable of its environment", true },
	{ "env-from", "VARIABLE",
	  "a variable of its environment, taken from this command's own now", true },
	{ "cwd", "DIR", "the folder it runs in", false },
	{ "per", "WHAT",
	  "one program for each 'grant' (default), each 'session', or one for the whole 'server'",
	  false },
	{ "call-timeout", "TIME", "until it has answered a call", false },
	{ "start-timeout", "TIME", "until it is ready", false },
	{ "disabled", NULL, "keep it, but offer it to nobody yet", false },
	{ "replace", NULL, "replace the server of that name", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_server_add = {
	.name = "server add",
	.usage = "NAME (URL | -- COMMAND [ARGUMENTS])",
	.summary = "put a server behind the gate",
	.details =
		"A server is the URL of one that speaks Streamable HTTP, or a program that speaks MCP on its pipes; the gate starts "
		"it when it is first used. Values of headers and variables are sealed at rest and never shown again.",
	.example =
		"gatehouse server add files -- npx -y @modelcontextprotocol/server-filesystem /home/me/shared\n"
		"gatehouse server add tickets https://mcp.example.com/mcp --header-env Authorization=TICKETS_TOKEN\n",
	.options = options,
	.args_min = 1,
	.args_max = 2,
	.takes_command = true,
	.run = run,
};
