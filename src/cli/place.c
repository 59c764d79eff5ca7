/* Finds configuration and data folder, the same for every command. */
#include "cli/place.h"
#include <sys/stat.h>
#include <unistd.h>

const char *place_config_file(const struct cli *c)
{
	const char *of_env = getenv("GATEHOUSE_CONFIG");
	if (c->config_file)
		return c->config_file;
	if (of_env && of_env[0])
		return of_env;
	return access(CONFIG_FILE, F_OK) == 0 ? CONFIG_FILE : NULL;
}

int place_find(struct cli *c, struct place *p)
{
	struct config_opts o = { .file = place_config_file(c), .data_dir = c->data_dir };
	struct config_problems problems;
	*p = (struct place){ 0 };
	p->config = config_load(&o, &problems);
	if (!p->config && c->data_dir && !c->config_file) {
		config_problems_release(&problems);
		o.file = NULL;
		p->config = config_load(&o, &problems);
	}
	if (!p->config) {
		struct buf b = BUF_INIT(1u << 20);
		config_problems_write(&b, &problems);
		fputs(buf_str(&b), stderr);
		buf_release(&b);
	}
	config_problems_release(&problems);
	return p->config ? CLI_OK : CLI_WRONG;
}

int place_open(struct cli *c, struct place *p, bool may_create)
{
	struct err e = { 0 };
	struct stat st;
	int code = place_find(c, p);
	if (code != CLI_OK)
		return code;
	const char *dir = p->config->data_dir;
	if (!may_create && stat(dir, &st) != 0) {
		code = cli_fail(
			CLI_FAILED,
			"there is no data folder '%s': start a gate with 'gatehouse up', or name another with --data-dir",
			dir);
		place_close(p);
		return code;
	}
	struct store_opts o = { .data_dir = dir };
	p->store = store_open(&o, &e);
	if (p->store)
		return CLI_OK;
	code = cli_fail(CLI_FAILED, "%s", e.text);
	place_close(p);
	return code;
}

void place_close(struct place *p)
{
	if (p->store)
		store_close(&p->store);
	config_unref(&p->config);
}

static int refuse_change(const struct place *p, const char *what, const char *name)
{
	return cli_fail(CLI_WRONG, "%s '%s' stands in '%s': change it there", what, name,
			p->config->file);
}

int place_check_server(const struct place *p, const char *name)
{
	return config_server_get(p->config, name) ? refuse_change(p, "server", name) : CLI_OK;
}

int place_check_policy(const struct place *p, const char *name)
{
	return config_policy_get(p->config, name) ? refuse_change(p, "policy", name) : CLI_OK;
}

int place_policy_version(struct cli *c, const char *word, const char **name, int64_t *version)
{
	const char *at = strchr(word, '@');
	unsigned long long n = 0;
	*name = word;
	*version = 0;
	if (!at)
		return CLI_OK;
	*name = arena_strndup(&c->arena, word, (size_t)(at - word));
	if (!*name || !slice_u64(slice_str(at + 1), &n) || !n || n > INT64_MAX)
		return cli_fail(CLI_WRONG, "'%.80s' is no version of a policy; write NAME@3", word);
	*version = (int64_t)n;
	return CLI_OK;
}
