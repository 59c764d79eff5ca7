/* gatehouse catalog site */
#include "cli/catalog_file.h"
#include "cli/commands.h"
#include "site/site.h"

static int run(struct cli *c)
{
	struct site_opts o = { .dir = c->args[0], .title = cli_value(c, "title"), .base_url = cli_value(c, "base-url"),
			       .gate_url = cli_value(c, "gate-url") };
	struct site_done done;
	struct index *x;
	struct err e = { 0 };
	struct buf out = BUF_INIT(4096);
	int code = catalog_open(c, INDEX_READ, &x);
	if (code != CLI_OK)
		return code;
	bool is_good = site_write(x, &o, &done, &e);
	index_close(&x);
	if (!is_good)
		return cli_fail_err(&e);
	if (c->is_json)
		buf_addf(&out, "{\"servers\":%llu,\"tools\":%llu,\"files\":%llu,\"written\":%llu,\"kept\":%llu,\"deleted\":%llu}\n",
			 (unsigned long long)done.servers, (unsigned long long)done.tools, (unsigned long long)done.pages,
			 (unsigned long long)done.written, (unsigned long long)done.kept, (unsigned long long)done.deleted);
	else
		buf_addf(&out, "%llu servers, %llu tools: %llu files, %llu written, %llu as before, %llu deleted\n",
			 (unsigned long long)done.servers, (unsigned long long)done.tools, (unsigned long long)done.pages,
			 (unsigned long long)done.written, (unsigned long long)done.kept, (unsigned long long)done.deleted);
	return cli_print(&out);
}

static const struct cli_option options[] = {
	CATALOG_OPTION_DB,
	{ "base-url", "URL", "where the site will stand: for sitemaps, feeds and canonical links", false },
	{ "title", "TEXT", "the name of the site", false },
	{ "gate-url", "URL", "where a reader applies a rule at their own gate; {server} and {tool} in it are replaced", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_site = {
	.name = "catalog site",
	.usage = "DIR",
	.summary = "write the catalogue as static pages, fit to be published",
	.details = "One page a server, a tool, a risk level, a category and an attack pattern, what changed with a feed, and a search that "
		   "needs no server. All links are relative: the folder works from any address and from the disk. Nothing is fetched "
		   "from elsewhere. The folder must be empty or a site that this command wrote; files that would be the same are left "
		   "alone, and pages of servers that are no longer in the catalogue are deleted.",
	.example = "gatehouse catalog site public --base-url https://tools.example.org/\n",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
