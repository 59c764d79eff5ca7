/* The configuration: every key on its limit and past it, mistakes with their places, defaults. */
#include "base/check.h"
#include "base/limits.h"
#include "config/inside.h"
#include "tap.h"
#include <unistd.h>

static const char *fake_env(void *ctx, const char *name)
{
	(void)ctx;
	if (strcmp(name, "TOKEN") == 0)
		return "s3cret";
	if (strcmp(name, "EMPTY") == 0)
		return "";
	return strcmp(name, "HOME") == 0 ? "/home/me" : NULL;
}

struct read {
	struct config *c;
	struct config_problems p;
	struct buf text;
};

static const char *reads_as(struct read *r, const char *file, const char *text)
{
	struct config_opts o = { .file = file, .env = fake_env };
	r->c = config_read(&o, slice_str(text), &r->p);
	r->text = BUF_INIT(1 << 20);
	config_problems_write(&r->text, &r->p);
	return buf_str(&r->text);
}

static const char *reads(struct read *r, const char *text)
{
	return reads_as(r, "etc/gate.yaml", text);
}

static void done(struct read *r)
{
	config_unref(&r->c);
	config_problems_release(&r->p);
	buf_release(&r->text);
}

/* One line of it, for the name of a test. */
static const char *first(const struct read *r)
{
	return r->p.n ? r->p.v[0].text : "";
}

static void test_defaults(void)
{
	struct read r;
	reads(&r, "");
	ok(r.c && strcmp(r.c->listen, "127.0.0.1:8811") == 0 && !r.c->is_public && !r.c->reuse_port,
	   "the address");
	ok(r.c && strcmp(r.c->data_dir, "etc/gatehouse-data") == 0, "data beside the file: %s",
	   r.c ? r.c->data_dir : "");
	ok(r.c && r.c->connections_max == 4096 && r.c->body_bytes_max == 16u << 20, "limits");
	ok(r.c && r.c->call_timeout_ms == 300000 && r.c->session_age_ms == 604800000, "timeouts");
	ok(r.c && r.c->retention_ms == 7776000000 && r.c->log_level == LOG_INFO, "records and log");
	ok(r.c && r.c->allowed_origins && !r.c->allowed_origins[0] && !r.c->server_n,
	   "empty lists");
	done(&r);
	struct config_opts o = { .data_dir = "d", .env = fake_env };
	struct config_problems p;
	struct config *c = config_load(&o, &p);
	ok(c && !c->file && strcmp(c->data_dir, "d") == 0, "no file at all");
	config_unref(&c);
	config_problems_release(&p);
}

static void test_nested(void)
{
	struct read r;
	const char *said = reads(&r, "console:\n  url: https://gate.example.com/\n  oidc:\n    issuer: https://id.example.com\n"
				     "    client_id: gate\n    roles: [\"sre=approver@files\"]\n");
	ok(r.c && strcmp(r.c->oidc_issuer, "https://id.example.com") == 0 && strcmp(r.c->oidc_roles[0], "sre=approver@files") == 0,
	   "keys two levels down%s", said);
	ok(r.c && strcmp(r.c->console_url, "https://gate.example.com") == 0 && strcmp(r.c->approvals_url, r.c->console_url) == 0,
	   "one public address is enough");
	ok(r.c && strcmp(r.c->oidc_default_role, "viewer") == 0 && !r.c->oidc_client_secret && !r.c->oidc_trusts_email, "defaults");
	done(&r);
	said = reads(&r, "console:\n  oidc:\n    isuer: x\n");
	ok(!r.c && strstr(said, ":3:5: unknown key 'isuer' (did you mean 'issuer'?)"), "an unknown one: %s", said);
	done(&r);
	said = reads(&r, "console:\n  oidc: 3\n");
	ok(!r.c && strstr(said, ":2:9: must have keys of its own below it"), "no value for a section: %s", said);
	done(&r);
	said = reads(&r, "console:\n  oidc:\n    issuer: https://id.example.com\n");
	ok(!r.c && strstr(said, "client_id"), "an issuer without a client: %s", said);
	done(&r);
	said = reads(&r, "issuer: x\nlimits: {oidc: {}}\n");
	ok(!r.c && r.p.n == 2, "they are not known elsewhere: %s", said);
	done(&r);
}

/* A line for the last part of a path, and behind it the value; before it one for each section:
 * what is wrong stands in line 2, two sections down in 3. */
static void write_key(struct buf *b, const char *path, const char *value)
{
	const char *slash = strchr(path, '/');
	if (!slash) {
		buf_addf(b, "\n%s: %s\n", path, value);
		return;
	}
	for (int depth = 0; slash; slash = strchr(path, '/'), depth++) {
		buf_addf(b, "%*s%.*s:\n", 2 * depth, "", (int)(slash - path), path);
		path = slash + 1;
		if (!strchr(path, '/'))
			buf_addf(b, "%*s%s: %s\n", 2 * depth + 2, "", path, value);
	}
}

static bool number_fits(const struct config_key *k, uint64_t v)
{
	struct buf b = BUF_INIT(1000);
	const char *slash = strchr(k->path, '/'), *unit = k->kind == CONFIG_DURATION ? "ms" : "";
	struct read r;
	if (slash)
		buf_addf(&b, "%.*s: {%s: \"%llu%s\"}\n", (int)(slash - k->path), k->path, slash + 1,
			 (unsigned long long)v, unit);
	else
		buf_addf(&b, "%s: \"%llu%s\"\n", k->path, (unsigned long long)v, unit);
	reads(&r, buf_str(&b));
	bool fits = r.c && *(const uint64_t *)(const void *)((const char *)r.c + k->offset) == v;
	bool is_said =
		r.c || (r.p.n == 1 && strstr(r.p.v[0].text, "out of range") && r.p.v[0].line == 1);
	done(&r);
	buf_release(&b);
	return is_said && fits;
}

static void test_every_number(void)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		if (k->kind != CONFIG_COUNT && k->kind != CONFIG_SIZE && k->kind != CONFIG_DURATION)
			continue;
		ok(number_fits(k, k->min) && number_fits(k, k->max), "%s on its limits", k->path);
		ok(!number_fits(k, k->max + 1) && (!k->min || !number_fits(k, k->min - 1)),
		   "%s past its limits", k->path);
	}
}

/* Every kind of value refuses the others. */
static void test_every_type(void)
{
	static const char *const wrong[] = { "[]",	"{}",	"[1]",
					     "\"\\0\"", "~",	"\"${NOT_SET}\"",
					     "\"${\"",	"\"\"", "\"?\"" };
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		const char *slash = strchr(k->path, '/');
		for (size_t j = 0; j < ARRAY_LEN(wrong); j++) {
			struct buf text = BUF_INIT(1000);
			struct read r;
			write_key(&text, k->path, wrong[j]);
			reads(&r, buf_str(&text));
			buf_release(&text);
			bool is_fine = (k->kind == CONFIG_STRINGS && j == 0) ||
				       (k->kind == CONFIG_PATH && j == 8) ||
				       (k->kind == CONFIG_LINK && j == 7) ||
				       (k->kind == CONFIG_POSTGRES && j == 7) ||
				       (k->kind == CONFIG_REDIS && j == 7) ||
				       ((k->kind == CONFIG_SECRET || k->kind == CONFIG_TEXT) && j >= 7);
			if (k->kind == CONFIG_STRINGS && j == 2)
				is_fine = strcmp(k->path, "allowed_origins") != 0;
			ok(!!r.c == is_fine && (is_fine || (r.p.n == 1 && r.p.v[0].line == (slash && strchr(slash + 1, '/') ? 3 : 2))),
			   "%s: %s: %s", k->path, wrong[j], first(&r));
			done(&r);
		}
	}
}

static void test_mistakes(void)
{
	static const struct {
		const char *yaml, *said;
	} cases[] = {
		{ "lisen: x\n",
		  "etc/gate.yaml:1:1: unknown key 'lisen' (did you mean 'listen'?)\n" },
		{ "polcies: {}\n",
		  "etc/gate.yaml:1:1: unknown key 'polcies' (did you mean 'policies'?)\n" },
		{ "limits:\n  call: 5\n  zzzzzzz: 1\n",
		  "etc/gate.yaml:2:3: unknown key 'call' (did you mean 'calls'?)\n"
		  "etc/gate.yaml:3:3: unknown key 'zzzzzzz'\n" },
		{ "limits: 5\n", "etc/gate.yaml:1:9: must have keys of its own below it\n" },
		{ "- a\n", "etc/gate.yaml:1:1: must have keys, as 'listen: \"127.0.0.1:8811\"'\n" },
		{ "timeouts: {call: 30}\n",
		  "etc/gate.yaml:1:18: '30' is not a duration with its unit, as 250ms, 30s, 5m, 12h or 7d\n" },
		{ "limits: {body: 1MB}\n",
		  "etc/gate.yaml:1:16: '1MB' is not a size, as 65536, 64KiB or 16MiB\n" },
		{ "limits: {calls: -1}\n", "etc/gate.yaml:1:17: '-1' is not a whole number\n" },
		{ "log_level: loud\n",
		  "etc/gate.yaml:1:12: 'loud' is not error, warn, info or debug\n" },
		{ "listen: 8811\nreuse_port: 1\n",
		  "etc/gate.yaml:1:9: '8811' is no address: write numbers, as \"127.0.0.1:8811\" or "
		  "\"[::1]:8811\"\netc/gate.yaml:2:13: '1' is not true or false\n" },
		{ "listen: 127.0.0.1:65536\n",
		  "etc/gate.yaml:1:9: '127.0.0.1:65536' is no address: write numbers, as "
		  "\"127.0.0.1:8811\" or \"[::1]:8811\"\n" },
		{ "allowed_origins: [https://ok.example, example.com, \"*\"]\n",
		  "etc/gate.yaml:1:39: 'example.com' is not of the form \"https://console.example.com\"\n"
		  "etc/gate.yaml:1:52: '*' is not of the form \"https://console.example.com\"\n" },
		{ "allowed_hosts: [a/b]\n",
		  "etc/gate.yaml:1:17: 'a/b' is not of the form \"gate.example.com\"\n" },
		{ "servers:\n  a: {}\n  b: {url: http://h, command: [x]}\n  c: 5\n",
		  "etc/gate.yaml:2:3: server 'a' needs either 'url' or 'command'\n"
		  "etc/gate.yaml:3:3: server 'b' needs either 'url' or 'command'\n"
		  "etc/gate.yaml:4:6: must have 'url' or 'command' below it\n" },
		{ "servers:\n  a: {url: ftp://h}\n",
		  "etc/gate.yaml:2:12: an address begins with http:// or https://\n" },
		{ "servers:\n  a: {command: []}\n", "etc/gate.yaml:2:16: names no program\n" },
		{ "servers:\n  a: {url: http://h, env: {A: b}}\n",
		  "etc/gate.yaml:2:22: 'env' is for servers with a command\n" },
		{ "servers:\n  a: {command: [x], headers: {A: b}}\n",
		  "etc/gate.yaml:2:21: 'headers' is for servers with a url\n" },
		{ "servers:\n  a: {command: [x], per: user}\n",
		  "etc/gate.yaml:2:26: 'user' is not grant, session or server\n" },
		{ "servers:\n  a: {comand: [x]}\n",
		  "etc/gate.yaml:2:7: unknown key 'comand' (did you mean 'command'?)\n"
		  "etc/gate.yaml:2:3: server 'a' needs either 'url' or 'command'\n" },
		{ "servers:\n  a: {url: http://h, headers: {\"A:\": b, B: \"${TOKEN}\\n\"}}\n",
		  "etc/gate.yaml:2:32: a header's name has a character that HTTP forbids\n"
		  "etc/gate.yaml:2:44: the value of a header must not have control characters\n" },
		{ "servers:\n  a: {command: [x], env: {A=B: c}, cwd: \"\"}\n",
		  "etc/gate.yaml:2:41: must not be empty\n"
		  "etc/gate.yaml:2:27: a variable's name must not be empty or have a '='\n" },
		{ "servers: {a__b: {url: http://h}}\n",
		  "etc/gate.yaml:1:11: a name has 1 to 64 letters, digits, '-' or '_', begins and "
		  "ends with a letter or digit, and has no '__'\n" },
		{ "policies:\n  p: {}\n  q: {file: etc/none.json}\n  r: {document: {}, fil: x}\n",
		  "etc/gate.yaml:2:3: policy 'p' needs either 'file' or 'document'\n"
		  "etc/gate.yaml:3:13: cannot open 'etc/etc/none.json': No such file or directory\n"
		  "etc/gate.yaml:4:21: unknown key 'fil' (did you mean 'file'?)\n" },
		{ "a: 1\na: 2\n", "etc/gate.yaml:2:1: duplicate key 'a'\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct read r;
		const char *said = reads(&r, cases[i].yaml);
		ok(!r.c && strcmp(said, cases[i].said) == 0, "case %zu: %s", i, first(&r));
		done(&r);
	}
}

static void test_values(void)
{
	struct read r;
	const char *said = reads(
		&r,
		"listen: \"[::]:0\"\ndata_dir: data\nlog_level: debug\nallowed_hosts: [gate.example.com]\n"
		"limits: {body: 64KiB, calls: 7}\ntimeouts: {stop: 0, call: 1w}\n"
		"timeouts2: ~\n");
	ok(!r.c && r.p.n == 2 && strstr(said, "timeouts2") && strstr(said, "86400000ms"),
	   "both are told: %s", first(&r));
	done(&r);
	said = reads(
		&r,
		"listen: \"[::]:0\"\ndata_dir: data\nlog_level: debug\nallowed_hosts: [gate.example.com]\n"
		"limits: {body: 64KiB, calls: 7}\ntimeouts:\n");
	ok(r.c && r.c->is_public && strcmp(r.c->listen, "[::]:0") == 0, "an address of IPv6: %s",
	   first(&r));
	ok(r.c && strcmp(r.c->data_dir, "etc/data") == 0, "a path starts at the file");
	ok(r.c && r.c->log_level == LOG_DEBUG && r.c->body_bytes_max == 65536 &&
		   r.c->calls_max == 7,
	   "values are taken");
	ok(r.c && strcmp(r.c->allowed_hosts[0], "gate.example.com") == 0 && !r.c->allowed_hosts[1],
	   "a list is taken");
	done(&r);
	said = reads(&r, "listen: localhost:80\n");
	ok(r.c && !r.c->is_public && strcmp(r.c->listen, "127.0.0.1:80") == 0, "localhost: %s",
	   first(&r));
	done(&r);
}

static void test_servers(void)
{
	struct read r;
	const char *said = reads(&r, "servers:\n"
	                             "  z: {url: \"http://h/${EMPTY}mcp\", headers: {Authorization: \"Bearer ${TOKEN}\"}, calls_max: 3}\n"
	                             "  a:\n    command: [npx, -y, \"$${x}\", 5]\n    env: {A: \"${TOKEN}\", N: 5, T: true}\n"
	                             "    inherit_env: [HOME, A, ABSENT]\n    cwd: work\n    per: session\n    enabled: false\n"
	                             "    start_timeout: 2m\n    message_max: 1MiB\n");
	ok(r.c && r.c->server_n == 2, "two servers: %s", first(&r));
	if (!r.c)
		return;
	const struct config_server *a = &r.c->servers[0], *z = config_server_get(r.c, "z");
	ok(strcmp(a->name, "a") == 0 && z == &r.c->servers[1] && !config_server_get(r.c, "y"),
	   "sorted and found");
	ok(strcmp(z->url, "http://h/mcp") == 0 && strcmp(z->headers[0].value, "Bearer s3cret") == 0,
	   "variables are put in");
	ok(z->is_enabled && z->calls_max == 3 && !z->argv, "a server over HTTP");
	ok(strcmp(a->argv[2], "${x}") == 0 && strcmp(a->argv[3], "5") == 0 && !a->argv[4],
	   "arguments");
	ok(a->env_n == 4 && strcmp(a->env[3].name, "HOME") == 0 &&
		   strcmp(a->env[0].value, "s3cret") == 0,
	   "environment");
	ok(strcmp(a->cwd, "etc/work") == 0 && a->per == CONFIG_PER_SESSION && !a->is_enabled,
	   "the rest");
	ok(a->start_timeout_ms == 120000 && a->message_bytes_max == 1 << 20, "numbers");
	done(&r);
	said = reads(&r, "servers: {a: {url: http://h, headers: {A: \"${TOKEN} ${NOT_SET}\"}}}\n");
	ok(!r.c && strstr(said, "'NOT_SET' is not set") && !strstr(said, "s3cret"),
	   "no secret in a mistake: %s", first(&r));
	done(&r);
}

static void test_policies(void)
{
	char file[] = "/tmp/t_config-XXXXXX";
	struct read r;
	int fd = mkstemp(file), line, column;
	static const char text[] = "{\n \"default\": \"deny\"}";
	ok(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1, "a policy file");
	close(fd);
	char yaml[300];
	snprintf(
		yaml, sizeof yaml,
		"policies:\n  f: {file: %s}\n  d:\n    document:\n      default: deny\n      tools:\n"
		"        x: {limits: 5}\n",
		file);
	const char *name = "";
	reads(&r, yaml);
	ok(r.c && r.c->policy_n == 2, "two policies: %s", first(&r));
	if (r.c) {
		ok(slice_is(r.c->policies[0].text,
			    "{\"default\":\"deny\",\"tools\":{\"x\":{\"limits\":5}}}"),
		   "a document is JSON");
		config_policy_place(r.c, &r.c->policies[0], SLICE_LIT("/tools/x/limits"), &name,
				    &line, &column);
		ok(strcmp(name, "etc/gate.yaml") == 0 && line == 7 && column == 21,
		   "its values stand in the file: %d:%d", line, column);
		config_policy_place(r.c, config_policy_get(r.c, "f"), SLICE_LIT("/default"), &name,
				    &line, &column);
		ok(strcmp(name, file) == 0 && line == 2 && column == 13, "or in its own: %d:%d",
		   line, column);
	}
	done(&r);
	unlink(file);
}

static void test_list_limit(void)
{
	struct buf b = BUF_INIT(1 << 20);
	for (int over = 0; over < 2; over++) {
		struct read r;
		buf_clear(&b);
		buf_adds(&b, "allowed_hosts:\n");
		for (int i = 0; i < CONFIG_LIST_MAX + over; i++)
			buf_adds(&b, "  - h\n");
		reads(&r, buf_str(&b));
		ok(!!r.c == !over, "%d elements", CONFIG_LIST_MAX + over);
		done(&r);
		buf_clear(&b);
		buf_adds(&b, "servers:\n");
		for (int i = 0; i < CONFIG_LIST_MAX + over; i++)
			buf_addf(&b, "  s%d: {url: \"http://h\"}\n", i);
		reads(&r, buf_str(&b));
		ok(!!r.c == !over, "%d servers", CONFIG_LIST_MAX + over);
		done(&r);
		buf_clear(&b);
		buf_adds(&b, "servers: {a: {command: [x], env: {");
		for (int i = 0; i < CONFIG_LIST_MAX + over; i++)
			buf_addf(&b, "V%d: x, ", i);
		buf_adds(&b, "}}}\n");
		reads(&r, buf_str(&b));
		ok(!!r.c == !over, "%d variables", CONFIG_LIST_MAX + over);
		done(&r);
	}
	buf_clear(&b);
	for (int i = 0; i < 2 * CONFIG_PROBLEMS_MAX; i++)
		buf_addf(&b, "x%d: 1\n", i);
	struct read r;
	reads(&r, buf_str(&b));
	ok(!r.c && r.p.n == CONFIG_PROBLEMS_MAX, "mistakes end at %d", CONFIG_PROBLEMS_MAX);
	done(&r);
	buf_release(&b);
}

/* Every line "#key: value" of the written file, with its # taken away, is a valid file of defaults. */
static void test_default_file(void)
{
	struct buf b = BUF_INIT(1 << 16), bare = BUF_INIT(1 << 16);
	struct read r, plain;
	config_write_default(&b);
	reads_as(&r, NULL, buf_str(&b));
	ok(r.c != NULL, "the written file is valid: %s", first(&r));
	done(&r);
	char *examples = strstr(b.p, "#servers:");
	ok(examples != NULL, "it has examples");
	b.n = (size_t)(examples - b.p);
	for (const char *line = buf_str(&b); *line; line += strcspn(line, "\n") + (*line != '\0')) {
		size_t n = strcspn(line, "\n");
		bool is_key = line[0] == '#' && n > 1 && (line[1] != ' ' || line[2] == ' ');
		buf_add_slice(&bare, is_key ? slice_of(line + 1, n - 1) : slice_of(line, n));
		buf_addc(&bare, '\n');
		if (!line[n])
			break;
	}
	reads_as(&r, NULL, buf_str(&bare));
	reads_as(&plain, NULL, "");
	ok(r.c != NULL, "so it is with every key in force: %s", first(&r));
	for (size_t i = 0; r.c && i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		bool is_number = k->kind == CONFIG_COUNT || k->kind == CONFIG_SIZE ||
				 k->kind == CONFIG_DURATION;
		ok(strstr(bare.p, k->help) || strlen(k->help) > 80, "%s is described", k->path);
		if (is_number)
			ok(memcmp((char *)r.c + k->offset, (char *)plain.c + k->offset,
				  sizeof(uint64_t)) == 0,
			   "%s is its default", k->path);
	}
	done(&r);
	done(&plain);
	buf_release(&b);
	buf_release(&bare);
}

static void test_units(void)
{
	uint64_t v;
	ok(config_duration_ms(SLICE_LIT("250ms"), &v) && v == 250, "milliseconds");
	ok(config_duration_ms(SLICE_LIT("2w"), &v) && v == 1209600000, "weeks");
	ok(!config_duration_ms(SLICE_LIT("5"), &v) && !config_duration_ms(SLICE_LIT("s"), &v),
	   "number and unit");
	ok(!config_duration_ms(SLICE_LIT("-5s"), &v) && !config_duration_ms(SLICE_LIT("1.5s"), &v),
	   "whole numbers");
	ok(!config_duration_ms(SLICE_LIT("18446744073709551615d"), &v), "no overflow");
	ok(config_size_bytes(SLICE_LIT("2GiB"), &v) && v == (uint64_t)2 << 30, "gibibytes");
	ok(!config_size_bytes(SLICE_LIT("1kb"), &v) && !config_size_bytes(SLICE_LIT(""), &v),
	   "known units");
}

static struct config_setting setting(const struct config *c, const char *key, struct arena *a)
{
	struct config_setting s = { 0 };
	for (size_t i = 0; config_setting(c, i, a, &s); i++)
		if (strcmp(s.key, key) == 0)
			return s;
	return (struct config_setting){ .value = "(none)" };
}

static void test_settings(void)
{
	static const struct config_pair kept[] = {
		{ "log_level", "debug" }, { "timeouts/call", "90s" }, { "timeouts/start", "7s" }, { "timeouts/child_idle", "soon" },
		{ "listen", "0.0.0.0:1" }, { "of/tomorrow", "1" }, { "records/retention", "${HOME}" },
	};
	struct read r;
	struct arena a;
	arena_init(&a, 1 << 20);
	reads(&r, "timeouts: {call: 2m}\napprovals: {webhook_url: \"https://hooks.example.com/s3cret\"}\nallowed_hosts: [a.example.com]\n");
	config_overlay(r.c, kept, ARRAY_LEN(kept));
	struct config_setting s = setting(r.c, "log_level", &a);
	ok(r.c->log_level == LOG_DEBUG && s.source == CONFIG_OF_STORE && strcmp(s.value, "debug") == 0 && strcmp(s.initial, "info") == 0, "what the store has is in force");
	s = setting(r.c, "timeouts/call", &a);
	ok(r.c->call_timeout_ms == 120000 && s.source == CONFIG_OF_FILE && strcmp(s.value, "2m") == 0, "the file wins: %s", s.value);
	ok(r.c->start_timeout_ms == 7000 && strcmp(setting(r.c, "timeouts/start", &a).value, "7s") == 0, "beside it");
	ok(r.c->child_idle_ms == 600000 && setting(r.c, "timeouts/child_idle", &a).source == CONFIG_OF_DEFAULT, "what is no value is left aside");
	ok(strcmp(r.c->listen, "127.0.0.1:8811") == 0, "what only a start takes over is the file's alone");
	ok(r.c->retention_ms == 7776000000, "the environment is never put into a setting of the store");
	s = setting(r.c, "approvals/webhook_url", &a);
	ok(s.is_secret && strcmp(s.value, "(set)") == 0, "a secret is not shown");
	s = setting(r.c, "allowed_hosts", &a);
	ok(s.list && strcmp(s.list[0], "a.example.com") == 0 && !s.value[0], "a list");
	struct config *other = config_ref(r.c);
	config_unref(&other);
	ok(!other && r.c->log_level == LOG_DEBUG, "a reference of two is given back");
	done(&r);
	arena_release(&a);
	struct err e = { 0 };
	ok(config_setting_check("timeouts/call", SLICE_LIT("24h"), &e), "on the limit");
	ok(!config_setting_check("timeouts/call", SLICE_LIT("86400001ms"), &e) && strstr(e.text, "out of range"), "past it: %s", e.text);
	ok(!config_setting_check("listen", SLICE_LIT("127.0.0.1:1"), &e) && strstr(e.text, "only be set in the file"), "%s", e.text);
	ok(!config_setting_check("timeouts/cal", SLICE_LIT("1s"), &e) && strstr(e.text, "timeouts/call"), "%s", e.text);
	ok(!config_setting_check("log_level", SLICE_LIT("${HOME}"), &e) && !strstr(e.text, "/home"), "%s", e.text);
}

int main(void)
{
	test_settings();
	test_defaults();
	test_nested();
	test_every_number();
	test_every_type();
	test_mistakes();
	test_values();
	test_servers();
	test_policies();
	test_list_limit();
	test_default_file();
	test_units();
	return tap_done();
}
