/* The store: what is put comes back, names that are unknown are told, secrets are not in the file. */
#include "base/check.h"
#include "base/limits.h"
#include "folder.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/store.h"
#include "tap.h"
#include <fcntl.h>
#include <sys/wait.h>

static struct store *open_store(const char *dir, struct err *e)
{
	struct store_opts o = { .data_dir = dir };
	return store_open(&o, e);
}

static bool file_has(const char *dir, const char *name, const char *text)
{
	char path[600];
	static char bytes[4 << 20];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
	if (f)
		fclose(f);
	return memmem(bytes, n, text, strlen(text)) != NULL;
}

static unsigned mode_of(const char *dir, const char *name)
{
	char path[600];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void check_opening(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	char dir[512], sql[128];
	unsigned char a[32], b[32], c[32];
	snprintf(dir, sizeof dir, "%s/data", f.path);
	struct store *s = open_store(dir, &e);
	ok(s != NULL, "a store is made at the first start: %s", e.text);
	ok(mode_of(f.path, "data") == 0700 && mode_of(dir, "secret.key") == 0600 &&
	   mode_of(dir, "gatehouse.db") == 0600, "others can read neither folder nor files");
	store_subkey(s, "one", a);
	store_subkey(s, "two", b);
	store_close(&s);
	s = open_store(dir, &e);
	store_subkey(s, "one", c);
	ok(s && memcmp(a, c, 32) == 0 && memcmp(a, b, 32) != 0,
	   "a subkey is the same after a restart, and differs by purpose");
	store_close(&s);

	struct db d;
	char path[600];
	snprintf(path, sizeof path, "%s/gatehouse.db", dir);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", migration_count + 1);
	ok(db_open(&d, path, DB_WRITE, &e) && db_exec(&d, sql, &e), "a newer program writes its version");
	ok(!open_store(dir, &e) && strstr(e.text, "newer"), "its database is refused: %s", e.text);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d; PRAGMA application_id = 5", migration_count);
	ok(db_exec(&d, sql, &e) && !open_store(dir, &e) && strstr(e.text, "another program"),
	   "so is another program's: %s", e.text);
	db_close(&d);
	folder_remove(&f);
}

static void check_key(void)
{
	struct folder f = folder_new(), g = folder_new();
	struct err e = { 0 };
	char path[512], other[512];
	struct store *s = open_store(f.path, &e);
	store_close(&s);
	s = open_store(g.path, &e);
	store_close(&s);
	snprintf(path, sizeof path, "%s/secret.key", f.path);
	snprintf(other, sizeof other, "%s/secret.key", g.path);
	struct store_opts o = { .data_dir = f.path, .key_file = other };
	ok(!store_open(&o, &e) && strstr(e.text, "does not belong"), "a foreign key is refused: %s", e.text);
	chmod(path, 0640);
	ok(!open_store(f.path, &e) && strstr(e.text, "chmod 600"), "a key others can read, too: %s", e.text);
	chmod(path, 0600);
	if (truncate(path, 31) != 0)
		abort();
	ok(!open_store(f.path, &e) && strstr(e.text, "32 bytes"), "and a short one: %s", e.text);
	unlink(path);
	ok(!open_store(f.path, &e) && access(path, F_OK) != 0,
	   "a lost key is not replaced by a new one: %s", e.text);
	snprintf(path, sizeof path, "%s/none/data", f.path);
	ok(!open_store(path, &e) && strstr(e.text, "cannot create"), "parents are not made: %s", e.text);
	folder_remove(&f);
	folder_remove(&g);
}

static const struct store_pair headers[] = { { "Authorization", "Bearer sesame-header-secret" },
	                                     { "X-Team", "core" } };
static const struct store_pair env[] = { { "API_KEY", "sesame-env-secret" } };
static const char *const argv_files[] = { "npx", "-y", "server filesystem", NULL };

static void check_servers(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	struct store_server v, *list;
	size_t n;
	arena_init(&a, 1 << 20);
	struct store *s = open_store(f.path, &e);
	struct store_server web = { .name = "web", .transport = STORE_HTTP, .url = "http://127.0.0.1:9/mcp",
		                    .headers = headers, .header_n = 2, .is_enabled = true,
		                    .call_timeout_ms = 30000 };
	struct store_server files = { .name = "files", .transport = STORE_STDIO, .argv = argv_files,
		                      .env = env, .env_n = 1, .cwd = "/srv", .per = STORE_PER_SESSION,
		                      .is_enabled = true, .children_max = 4 };
	ok(store_server_add(s, &web, &e) && store_server_add(s, &files, &e), "servers are added: %s", e.text);
	ok(!store_server_add(s, &web, &e) && strstr(e.text, "already"), "but not twice: %s", e.text);
	ok(store_servers(s, &a, &list, &n, &e) && n == 2 && strcmp(list[0].name, "files") == 0 &&
	   strcmp(list[1].name, "web") == 0, "they are listed by name");
	ok(list[1].header_n == 2 && strcmp(list[1].headers[0].value, headers[0].value) == 0 &&
	   strcmp(list[1].headers[1].name, "X-Team") == 0 && list[1].call_timeout_ms == 30000 && !list[1].argv &&
	   !list[1].cwd, "a server over http comes back whole");
	ok(strcmp(list[0].argv[2], "server filesystem") == 0 && !list[0].argv[3] && list[0].env_n == 1 &&
	   strcmp(list[0].env[0].value, "sesame-env-secret") == 0 && list[0].per == STORE_PER_SESSION &&
	   strcmp(list[0].cwd, "/srv") == 0 && !list[0].url, "so does one on stdio");
	web.header_n = 1;
	web.url = "http://127.0.0.1:10/mcp";
	ok(store_server_put(s, &web, &e) && store_server_get(s, "web", &a, &v, &e) && v.header_n == 1 &&
	   strcmp(v.url, web.url) == 0 && v.updated_us >= v.created_us && v.created_us == list[1].created_us,
	   "putting replaces, and keeps the day of birth");
	ok(store_server_enable(s, "web", false, &e) && store_server_get(s, "web", &a, &v, &e) && !v.is_enabled,
	   "a server is disabled");
	ok(!store_server_get(s, "fles", &a, &v, &e) && strstr(e.text, "did you mean 'files'"),
	   "an unknown name is told with the nearest: %s", e.text);
	ok(!store_server_del(s, "something-else", &e) && !strstr(e.text, "mean"), "or without: %s", e.text);
	store_close(&s);
	ok(!file_has(f.path, "gatehouse.db", "sesame") && !file_has(f.path, "gatehouse.db-wal", "sesame") &&
	   file_has(f.path, "gatehouse.db", "Authorization"), "secrets cannot be read in the file");
	arena_release(&a);
	folder_remove(&f);
}

/* A sealed value that is moved to another place does not open there. */
static void check_sealing(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	struct store_server v;
	struct db d;
	char path[512];
	arena_init(&a, 1 << 20);
	struct store *s = open_store(f.path, &e);
	struct store_server web = { .name = "web", .transport = STORE_HTTP, .url = "http://h/", .headers = headers,
		                    .header_n = 2 };
	static const struct store_pair other = { "Authorization", "Bearer of evil" };
	struct store_server evil = { .name = "evil", .transport = STORE_HTTP, .url = "http://e/",
		                     .headers = &other, .header_n = 1 };
	snprintf(path, sizeof path, "%s/gatehouse.db", f.path);
	ok(store_server_put(s, &web, &e) && store_server_put(s, &evil, &e) && db_open(&d, path, DB_WRITE, &e) &&
	   db_exec(&d, "UPDATE server_pairs SET value = (SELECT value FROM server_pairs WHERE server = 'web' "
	               "AND position = 0) WHERE server = 'evil'", &e), "a sealed value is copied: %s", e.text);
	ok(!store_server_get(s, "evil", &a, &v, &e) && strstr(e.text, "was changed"), "it does not open: %s", e.text);
	db_close(&d);
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
}

static void check_names(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	char name[LIMIT_NAME + 2];
	static const char *const bad[] = { "", "a b", "-a", "a_", "a__b", "a/b", "\xc3\xa9", "a.b" };
	struct store *s = open_store(f.path, &e);
	struct store_server v = { .transport = STORE_HTTP, .url = "http://h/", .name = name };
	memset(name, 'a', sizeof name);
	name[LIMIT_NAME] = '\0';
	ok(store_server_put(s, &v, &e), "a name at the limit is taken: %s", e.text);
	name[LIMIT_NAME] = 'a';
	name[LIMIT_NAME + 1] = '\0';
	ok(!store_server_put(s, &v, &e), "one past it is not: %s", e.text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		v.name = bad[i];
		ok(!store_server_put(s, &v, &e), "'%s' is no name", bad[i]);
	}
	v = (struct store_server){ .name = "x", .transport = STORE_STDIO };
	ok(!store_server_put(s, &v, &e) && strstr(e.text, "command"), "a server on stdio needs a command: %s", e.text);
	v = (struct store_server){ .name = "x", .transport = STORE_HTTP, .argv = argv_files, .url = "http://h/" };
	ok(!store_server_put(s, &v, &e), "one over http has none: %s", e.text);
	store_close(&s);
	folder_remove(&f);
}

static void check_policies(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	struct store_policy p, *list;
	size_t n;
	int64_t version = 0;
	arena_init(&a, 8 << 20);
	struct store *s = open_store(f.path, &e);
	ok(store_policy_apply(s, "readers", SLICE_LIT("{\"a\":1}"), "ann", "first", &version, &e) && version == 1,
	   "a policy begins with version 1: %s", e.text);
	ok(store_policy_apply(s, "readers", SLICE_LIT("{\"a\":2}"), NULL, NULL, &version, &e) && version == 2,
	   "each apply adds one");
	ok(store_policy_apply(s, "readers", SLICE_LIT("{\"a\":2}"), NULL, NULL, &version, &e) && version == 2,
	   "the same text again does not");
	ok(store_policy_get(s, "readers", 0, &a, &p, &e) && p.version == 2 && slice_is(p.text, "{\"a\":2}") &&
	   p.is_current && p.created_us > 0, "the current one is the last");
	ok(store_policy_get(s, "readers", 1, &a, &p, &e) && slice_is(p.text, "{\"a\":1}") && !p.is_current &&
	   strcmp(p.author, "ann") == 0 && strcmp(p.note, "first") == 0, "older ones are kept");
	ok(store_policy_apply(s, "readers", SLICE_LIT("{\"a\":1}"), NULL, NULL, &version, &e) && version == 3,
	   "an older text again is a version of its own");
	ok(store_policy_history(s, "readers", &a, &list, &n, &e) && n == 3 && list[0].version == 3 &&
	   list[0].is_current && list[2].version == 1 && list[2].text.n == 0, "the history, newest first");
	ok(store_policies(s, &a, &list, &n, &e) && n == 1 && list[0].version == 3, "the list has the current ones");
	bool is_stale = true;
	ok(store_policy_apply_over(s, "readers", 3, SLICE_LIT("{\"a\":4}"), "bob", "over", &version, &is_stale, &e) && !is_stale &&
	   version == 4, "over the version that was read");
	ok(store_policy_apply_over(s, "readers", 3, SLICE_LIT("{\"a\":5}"), "bob", "", &version, &is_stale, &e) && is_stale &&
	   version == 4, "not over one that is no longer current");
	ok(store_policy_apply_over(s, "readers", 0, SLICE_LIT("{\"a\":5}"), "bob", "", &version, &is_stale, &e) && is_stale,
	   "nor as if there were none");
	ok(store_policy_apply_over(s, "fresh", 1, SLICE_LIT("{}"), "", "", &version, &is_stale, &e) && is_stale &&
	   !store_policy_get(s, "fresh", 0, &a, &p, &e), "nor over one that is gone");
	ok(store_policy_apply_over(s, "fresh", 0, SLICE_LIT("{}"), "", "", &version, &is_stale, &e) && !is_stale && version == 1 &&
	   store_policy_del(s, "fresh", &e), "a first version where there is none");
	ok(!store_policy_get(s, "readers", 9, &a, &p, &e) && strstr(e.text, "newest is 4"), "no version 9: %s", e.text);
	ok(!store_policy_get(s, "reader", 0, &a, &p, &e) && strstr(e.text, "'readers'"), "unknown: %s", e.text);
	char *big = mem_zalloc(LIMIT_POLICY_BYTES + 1);
	memset(big, ' ', LIMIT_POLICY_BYTES + 1);
	ok(store_policy_apply(s, "big", slice_of(big, LIMIT_POLICY_BYTES), NULL, NULL, &version, &e) &&
	   !store_policy_apply(s, "big", slice_of(big, LIMIT_POLICY_BYTES + 1), NULL, NULL, &version, &e),
	   "a document at the limit is taken, one past it is not: %s", e.text);
	free(big);
	ok(store_policy_del(s, "big", &e) && !store_policy_del(s, "big", &e), "deleted once: %s", e.text);
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
}

static void check_grants(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	struct store_grant *list, got;
	size_t n;
	int64_t version;
	static const char *const tags[] = { "prod", "eu" };
	arena_init(&a, 1 << 20);
	struct store *s = open_store(f.path, &e);
	struct store_server web = { .name = "web", .transport = STORE_HTTP, .url = "http://h/" };
	struct store_server db = { .name = "db", .transport = STORE_HTTP, .url = "http://d/" };
	struct store_binding bindings[] = { { "web", "p" }, { "db", NULL } };
	struct store_grant g = { .label = "ci", .subject = "build", .tags = tags, .tag_n = 2, .expires_us = 77,
		                 .bindings = bindings, .binding_n = 2, .token_hash = { 1, 2, 3 } };
	ok(store_server_put(s, &web, &e) && store_server_put(s, &db, &e), "two servers");
	ok(!store_grant_add(s, &g, &e) && strstr(e.text, "policy 'p'"), "an unknown policy: %s", e.text);
	ok(store_grants(s, &a, &list, &n, &e) && n == 0, "and nothing was added");
	ok(store_policy_apply(s, "p", SLICE_LIT("{}"), NULL, NULL, &version, &e) && store_grant_add(s, &g, &e) &&
	   strlen(g.id) == 36 && g.created_us > 0, "a grant is added: %s", e.text);
	ok(store_grant_get(s, "ci", &a, &got, &e) && strcmp(got.id, g.id) == 0 && got.tag_n == 2 &&
	   strcmp(got.tags[1], "eu") == 0 && got.expires_us == 77 && got.token_hash[2] == 3 &&
	   strcmp(got.subject, "build") == 0, "it comes back by label");
	ok(got.binding_n == 2 && strcmp(got.bindings[0].server, "db") == 0 && !got.bindings[0].policy &&
	   strcmp(got.bindings[1].policy, "p") == 0, "with its servers in order");
	ok(!store_policy_del(s, "p", &e), "a policy in use stays: %s", e.text);
	struct store_grant twin = { .label = "ci", .token_hash = { 9 } };
	ok(!store_grant_add(s, &twin, &e) && strstr(e.text, "already"), "a label is taken once: %s", e.text);
	ok(store_grant_bind(s, "ci", "db", "p", &e) && store_grant_unbind(s, "ci", "web", &e) &&
	   store_grant_get(s, g.id, &a, &got, &e) && got.binding_n == 1 && strcmp(got.bindings[0].policy, "p") == 0,
	   "servers are bound and unbound: %s", e.text);
	ok(!store_grant_unbind(s, "ci", "web", &e) && !store_grant_bind(s, "ci", "wab", NULL, &e) &&
	   strstr(e.text, "'web'"), "unknown ones are told: %s", e.text);
	ok(store_grant_expire(s, "ci", 99, &e) && store_grant_get(s, "ci", &a, &got, &e) && got.expires_us == 99,
	   "its time is changed");
	ok(store_grant_revoke(s, "ci", &e) && !store_grant_revoke(s, "ci", &e) &&
	   store_grant_get(s, "ci", &a, &got, &e) && got.revoked_us > 0, "revoked once: %s", e.text);
	ok(store_policy_del(s, "p", &e), "a revoked grant holds no policy: %s", e.text);
	ok(store_grant_add(s, &twin, &e), "the label is free again: %s", e.text);
	ok(store_grant_bind(s, "ci", "db", NULL, &e) && store_server_del(s, "db", &e) &&
	   store_grant_get(s, "ci", &a, &got, &e) && got.binding_n == 0 && strcmp(got.id, twin.id) == 0,
	   "a server that goes is taken out of grants");
	struct store_server own = { .name = STORE_BUILTIN_NAME, .transport = STORE_HTTP, .url = "http://127.0.0.1:9/" };
	ok(!store_server_add(s, &own, &e) && strstr(e.text, "gate's own"), "no other server is called like the gate's own: %s", e.text);
	ok(!store_server_get(s, STORE_BUILTIN_NAME, &a, &own, &e), "which is not there before a grant wants it");
	ok(store_grant_bind(s, "ci", STORE_BUILTIN_NAME, NULL, &e) && store_grant_bind(s, "ci", STORE_BUILTIN_NAME, NULL, &e) &&
	   store_server_get(s, STORE_BUILTIN_NAME, &a, &own, &e) && own.transport == STORE_BUILTIN && own.is_enabled,
	   "and is once it does: %s", e.text);
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
}

static void check_settings(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	const char *value = "x";
	struct store_pair *v;
	size_t n;
	arena_init(&a, 1 << 16);
	struct store *s = open_store(f.path, &e);
	ok(store_setting_get(s, "keep_days", &a, &value, &e) && !value, "never set");
	ok(store_setting_put(s, "keep_days", "30", &e) && store_setting_put(s, "keep_days", "60", &e) &&
	   store_setting_get(s, "keep_days", &a, &value, &e) && strcmp(value, "60") == 0, "set: %s", e.text);
	ok(store_settings(s, &a, &v, &n, &e) && n == 1 && strcmp(v[0].name, "keep_days") == 0, "listed");
	ok(store_setting_put(s, "keep_days", NULL, &e) && store_setting_get(s, "keep_days", &a, &value, &e) &&
	   !value, "forgotten");
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
}

/* Several processes start for the first time at once, and write. */
static void check_processes(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	struct store_policy *v;
	size_t n;
	int failed = 0, status;
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			struct store *s = open_store(f.path, &e);
			char text[32];
			int64_t version;
			bool fine = s != NULL;
			for (int k = 0; fine && k < 10; k++) {
				snprintf(text, sizeof text, "{\"n\":%d}", i * 100 + k);
				fine = store_policy_apply(s, "shared", slice_str(text), "", "", &version, &e);
			}
			if (!fine)
				fprintf(stderr, "# %s\n", e.text);
			_exit(fine ? 0 : 1);
		}
	}
	for (int i = 0; i < 4; i++) {
		wait(&status);
		failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	}
	arena_init(&a, 1 << 20);
	struct store *s = open_store(f.path, &e);
	ok(failed == 0, "four processes start for the first time and write at once");
	ok(s && store_policy_history(s, "shared", &a, &v, &n, &e) && n == 40 && v[0].version == 40,
	   "no version is lost or doubled");
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
}

static void check_grant_changes(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	struct arena a;
	arena_init(&a, 1 << 20);
	struct store *s = open_store(f.path, &e);
	static const char *const tags[] = { "ci", "night" }, *const argv[] = { "x", NULL };
	const struct store_server server = { .name = "files", .transport = STORE_STDIO, .argv = argv };
	const struct store_binding files = { "files", NULL };
	struct store_grant one = { .label = "one", .subject = "alice", .tags = tags, .tag_n = 2, .bindings = &files, .binding_n = 1 };
	struct store_grant two = { .label = "two", .subject = "" }, got;
	unsigned char hash[32];
	int64_t used = 1;
	memset(one.token_hash, 1, sizeof one.token_hash);
	memset(two.token_hash, 2, sizeof two.token_hash);
	memset(hash, 3, sizeof hash);
	ok(store_server_add(s, &server, &e) && store_grant_add(s, &one, &e) && store_grant_add(s, &two, &e), "two grants: %s", e.text);
	struct store_grant changed = one;
	changed.label = "first";
	changed.subject = "bob";
	changed.tag_n = 1;
	changed.binding_n = 0;
	changed.expires_us = 5;
	ok(store_grant_put(s, &changed, &e) && store_grant_get(s, one.id, &a, &got, &e) && strcmp(got.label, "first") == 0 &&
		   strcmp(got.subject, "bob") == 0 && got.tag_n == 1 && got.binding_n == 0 && got.expires_us == 5 && got.created_us == one.created_us &&
		   memcmp(got.token_hash, one.token_hash, sizeof got.token_hash) == 0,
	   "all of a grant is changed but its token: %s", e.text);
	changed.label = "two";
	ok(!store_grant_put(s, &changed, &e) && strstr(e.text, "there is a grant 'two' already"), "not to a label that is taken: %s", e.text);
	changed.label = "first";
	const struct store_binding nowhere = { "nowhere", NULL };
	changed.bindings = &nowhere;
	changed.binding_n = 1;
	ok(!store_grant_put(s, &changed, &e) && store_grant_get(s, one.id, &a, &got, &e) && got.tag_n == 1 && got.binding_n == 0,
	   "all of it or nothing");
	ok(store_grant_rotate(s, one.id, hash, &e) && store_grant_get(s, one.id, &a, &got, &e) && memcmp(got.token_hash, hash, sizeof hash) == 0 &&
		   strcmp(got.id, one.id) == 0,
	   "another token for the same grant: %s", e.text);
	const struct store_grant *asked = &got;
	ok(store_grants_used(s, &asked, 1, &used, &e) && used == 0, "it was never used: %s", e.text);
	ok(store_grant_revoke(s, one.id, &e) && !store_grant_rotate(s, one.id, hash, &e) && strstr(e.text, "revoked"), "not of a revoked one: %s", e.text);
	ok(!store_grant_put(s, &one, &e) && strstr(e.text, "revoked"), "nor is that changed: %s", e.text);
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
}

struct faults {
	char text[512];
};

static void on_fault(void *ctx, const char *pointer, const char *text)
{
	struct faults *f = ctx;
	(void)text;
	snprintf(f->text + strlen(f->text), sizeof f->text - strlen(f->text), "%s ", pointer);
}

static void check_server_faults(void)
{
	static const struct store_pair pairs[] = { { "A", "s3cret" }, { "A", "" }, { "B=", "" }, { "", "" } };
	struct store_server v = { .name = "a b", .transport = STORE_HTTP, .url = "http://h/", .headers = pairs, .header_n = 4 };
	struct store_server w = v;
	struct faults f = { "" };
	ok(!store_server_check(&v, on_fault, &f) && strcmp(f.text, "/name /headers/1/name /headers/2/name /headers/3/name ") == 0, "each fault has its place: %s", f.text);
	ok(store_server_same(&v, &w), "the same");
	w.calls_max = 1;
	ok(!store_server_same(&v, &w), "another limit");
	w = v;
	w.header_n = 3;
	ok(!store_server_same(&v, &w), "a header less");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_opening();
	check_key();
	check_servers();
	check_sealing();
	check_names();
	check_policies();
	check_grants();
	check_settings();
	check_processes();
	check_grant_changes();
	check_server_faults();
	return tap_done();
}
