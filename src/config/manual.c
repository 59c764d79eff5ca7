/* The table of keys for people: the file of a first start, and docs/configuration.md. */
#include "config/inside.h"
#include <assert.h>

/* Words of text, each line behind `lead`. */
static void add_wrapped(struct buf *b, const char *lead, const char *text, size_t columns)
{
	size_t at = 0;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (at && at + 1 + n > columns) {
			buf_addc(b, '\n');
			at = 0;
		}
		if (!at) {
			buf_adds(b, lead);
			at = strlen(lead);
		}
		if (at > strlen(lead)) {
			buf_addc(b, ' ');
			at++;
		}
		buf_add_slice(b, slice_of(text, n));
		at += n;
		text += n;
		text += strspn(text, " ");
	}
	buf_addc(b, '\n');
}

static bool is_text(const struct config_key *k)
{
	return k->kind == CONFIG_ADDRESS || k->kind == CONFIG_LINK || k->kind == CONFIG_POSTGRES ||
	       k->kind == CONFIG_SECRET || k->kind == CONFIG_REDIS || k->kind == CONFIG_WORD || k->kind == CONFIG_TEXT;
}

static void add_key(struct buf *b, const struct config_key *k, const char *name, const char *indent)
{
	bool is_listen = strcmp(k->path, "listen") == 0;
	const char *quote = is_text(k) ? "\"" : "", *value = k->initial;
	char lead[32];
	snprintf(lead, sizeof lead, "%s# ", indent);
	add_wrapped(b, lead, k->help, 96);
	if (k->kind == CONFIG_STRINGS)
		value = "[]";
	else if (k->kind == CONFIG_PATH)
		value = strcmp(k->path, "data_dir") == 0     ? "gatehouse-data" :
			strcmp(k->path, "catalog/path") == 0 ? "gatehouse-data/catalog.db" :
							       "/etc/ssl/certs/ca-certificates.crt";
	buf_addf(b, "%s%s%s: %s%s%s\n", is_listen ? "" : "#", indent, name, quote, value, quote);
}

static void add_entry_examples(struct buf *b)
{
	buf_adds(
		b,
		"\n# Servers and policies may stand here, too; `gatehouse server add` and `gatehouse policy apply`\n"
		"# need no file. Where both say something, this file wins. ${NAME} is replaced by the environment\n"
		"# variable NAME, so that secrets need not stand here.\n"
		"#servers:\n"
		"#  files:\n"
		"#    command: [npx, -y, \"@modelcontextprotocol/server-filesystem\", /home/me/shared]\n"
		"#  tickets:\n"
		"#    url: https://mcp.example.com/mcp\n"
		"#    headers:\n"
		"#      Authorization: Bearer ${TICKETS_TOKEN}\n"
		"#policies:\n"
		"#  read-only:\n"
		"#    file: read-only.json\n");
}

/* "console/oidc" of "console/oidc/name"; of "listen" nothing. */
static struct slice section_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slice_of(path, slash ? (size_t)(slash - path) : 0);
}

/* Begins those sections of a key that the key before it was not in; its depth. */
static int add_sections(struct buf *b, struct slice section, struct slice before)
{
	int depth = 0;
	for (size_t at = 0; at < section.n; depth++) {
		const char *slash = memchr(section.p + at, '/', section.n - at);
		size_t end = slash ? (size_t)(slash - section.p) : section.n;
		bool is_old = before.n >= end && memcmp(before.p, section.p, end) == 0 &&
			      (before.n == end || before.p[end] == '/');
		if (!is_old)
			buf_addf(b, "%s#%*s%.*s:\n", depth ? "" : "\n", 2 * depth, "", (int)(end - at), section.p + at);
		at = end + 1;
	}
	return depth;
}

void config_write_default(struct buf *b)
{
	struct slice before = slice_of("", 0);
	char indent[24];
	buf_adds(
		b,
		"# The configuration of Gatehouse. Every key may be left out; what stands behind a # is the\n"
		"# default. `gatehouse doctor` checks this file; a running gate reads it anew on SIGHUP.\n");
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		struct slice section = section_of(k->path);
		snprintf(indent, sizeof indent, "%*s", 2 * add_sections(b, section, before), "");
		if (!section.n)
			buf_addc(b, '\n');
		add_key(b, k, section.n ? k->path + section.n + 1 : k->path, indent);
		before = section;
	}
	add_entry_examples(b);
}

static void add_amount(struct buf *b, enum config_kind kind, uint64_t v)
{
	static const struct {
		uint64_t ms;
		const char *unit;
	} units[] = {
		{ 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" }
	};
	if (kind == CONFIG_SIZE) {
		bool is_mib = v >= (1u << 20) && v % (1u << 20) == 0;
		buf_addf(b, "%llu%s", (unsigned long long)(is_mib ? v >> 20 : v >> 10),
			 is_mib ? "MiB" : "KiB");
		return;
	}
	for (size_t i = 0; kind == CONFIG_DURATION && v && i < ARRAY_LEN(units); i++) {
		if (v % units[i].ms == 0) {
			buf_addf(b, "%llu%s", (unsigned long long)(v / units[i].ms), units[i].unit);
			return;
		}
	}
	buf_addf(b, "%llu", (unsigned long long)v);
}

static void add_dotted(struct buf *b, const char *path)
{
	for (; *path; path++)
		buf_addc(b, *path == '/' ? '.' : *path);
}

static void add_rows(struct buf *b)
{
	buf_adds(
		b,
		"| key | value | default | range | changes | meaning |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		buf_adds(b, "| `");
		add_dotted(b, k->path);
		buf_addf(b, "` | %s | ", config_kind_text(k->kind));
		if (k->initial[0])
			buf_addf(b, "`%s`", k->initial);
		buf_adds(b, " | ");
		if (k->max) {
			add_amount(b, k->kind, k->min);
			buf_adds(b, " to ");
			add_amount(b, k->kind, k->max);
		}
		buf_addf(b, " | %s | %s |\n", k->is_live ? "live" : "at start", k->help);
	}
}

static void add_entry_rows(struct buf *b, const struct config_entry_key *k)
{
	buf_adds(b, "| key | value | meaning |\n|---|---|---|\n");
	for (; k->name; k++)
		buf_addf(b, "| `%s` | %s | %s |\n", k->name, config_kind_text(k->kind), k->help);
}

void config_write_manual(struct buf *b)
{
	buf_adds(b, "# The configuration file\n\n"
	            "<!-- Printed by `gatehouse help --configuration`; edit src/config/config.def instead. -->\n\n"
	            "`gatehouse up` reads `gatehouse.yaml` in the current folder, or the file of `--config` or\n"
	            "`$GATEHOUSE_CONFIG`. With none, it writes one with every key and its default. The file is YAML, or JSON.\n"
	            "Of YAML a safe part is read: no anchors, aliases, tags or merge keys, no duplicate keys, and no words\n"
	            "that programs read differently (`yes`, `on`, `010`).\n\n"
	            "Every mistake is reported with file, line and column, and the exit code is 2. A running gate reads the file\n"
	            "anew on SIGHUP and after each command that changes something; a file with a mistake changes nothing. It\n"
	            "then takes over servers, policies and the keys that are called live below; others wait for the next start.\n"
	            "Live keys can also be set in the console, or by `PATCH /api/v1/settings`, without the file: what the file says\n"
	            "wins.\n\n"
	            "Durations have a unit: `ms`, `s`, `m`, `h`, `d`, `w`. Sizes may have one: `KiB`, `MiB`, `GiB`. `${NAME}`\n"
	            "in any text is replaced by the environment variable `NAME`; `$${` stands for `${`.\n\n");
	add_rows(b);
	buf_adds(
		b,
		"\n## servers\n\nNames with these keys below them. A server that stands here and in the database is taken from here.\n\n");
	add_entry_rows(b, config_server_keys);
	buf_adds(
		b,
		"\n## policies\n\nNames with one of these keys below them. A policy that stands here and in the database is taken\n"
		"from here.\n\n");
	add_entry_rows(b, config_policy_keys);
	buf_adds(b, "\n## Example\n\n```yaml\nlisten: \"127.0.0.1:8811\"\nservers:\n  files:\n"
	            "    command: [npx, -y, \"@modelcontextprotocol/server-filesystem\", /home/me/shared]\n"
	            "  tickets:\n    url: https://mcp.example.com/mcp\n    headers:\n"
	            "      Authorization: Bearer ${TICKETS_TOKEN}\npolicies:\n  read-only:\n    file: read-only.json\n```\n");
}
