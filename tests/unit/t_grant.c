/* Grants: a token finds its grant, time and revocation close it, a snapshot lives while it is held. */
#include "folder.h"
#include "grant/grant.h"
#include "grant/token.h"
#include "store/db.h"
#include "tap.h"

#define ALLOW "{\"version\":\"1\",\"default\":\"allow\"}"

static struct store *open_store(const struct folder *f)
{
	struct store_opts o = { .data_dir = f->path };
	struct err e;
	struct store *s = store_open(&o, &e);
	if (!s) {
		printf("# %s\n", e.text);
		abort();
	}
	return s;
}

static void must(bool fine, const struct err *e)
{
	if (!fine) {
		printf("# %s\n", e->text);
		abort();
	}
}

static void check_tokens(void)
{
	char a[TOKEN_SIZE], b[TOKEN_SIZE];
	unsigned char hash[DIGEST_SIZE], again[DIGEST_SIZE];
	token_new(a, hash);
	token_new(b, again);
	ok(strlen(a) == TOKEN_SIZE - 1 && strncmp(a, "gh_", 3) == 0 && strcmp(a, b) != 0, "tokens differ");
	ok(token_hash(slice_str(a), again) && memcmp(hash, again, sizeof hash) == 0, "a token has one hash");
	ok(!token_hash(slice_of(a, TOKEN_SIZE - 2), again), "a shorter one is none");
	ok(!token_hash(SLICE_LIT(""), again), "neither is nothing");
	a[0] = 'G';
	ok(!token_hash(slice_str(a), again), "neither is one that begins otherwise");
}

struct scene {
	struct folder folder;
	struct store *store;
	char token[TOKEN_SIZE];
	struct store_grant grant;
};

static void scene_open(struct scene *s)
{
	static const struct store_binding bindings[] = { { "files", "open" }, { "web", NULL } };
	static const char *const tags[] = { "ci", "eu" };
	static const char *const argv[] = { "true", NULL };
	struct err e = { 0 };
	int64_t version;
	s->folder = folder_new();
	s->store = open_store(&s->folder);
	struct store_server files = { .name = "files", .transport = STORE_STDIO, .argv = argv };
	struct store_server web = { .name = "web", .transport = STORE_HTTP, .url = "http://h/" };
	s->grant = (struct store_grant){ .label = "build", .subject = "ann", .tags = tags, .tag_n = 2,
		                         .bindings = bindings, .binding_n = 2, .expires_us = 5000 };
	token_new(s->token, s->grant.token_hash);
	must(store_server_put(s->store, &files, &e) && store_server_put(s->store, &web, &e) &&
	     store_policy_apply(s->store, "open", SLICE_LIT(ALLOW), "", "", &version, &e) &&
	     store_grant_add(s->store, &s->grant, &e), &e);
}

static void scene_close(struct scene *s)
{
	store_close(&s->store);
	folder_remove(&s->folder);
}

static struct grants *load(struct scene *s)
{
	struct err e = { 0 };
	struct grants *g = grants_load(s->store, &e);
	must(g != NULL, &e);
	return g;
}

static void check_snapshot(void)
{
	struct scene s;
	scene_open(&s);
	struct grants *g = load(&s);
	const struct grant *it = grants_find(g, slice_str(s.token));
	ok(it && slice_is(it->label, "build") && slice_is(it->subject, "ann") && it->tag_n == 2 &&
	   slice_is(it->tags[1], "eu") && slice_is(it->id, s.grant.id), "a token finds its grant");
	ok(grants_by_id(g, slice_str(s.grant.id)) == it && grants_count(g) == 1, "so does its id");
	const struct grant_binding *b = grant_binding(it, SLICE_LIT("files"));
	ok(b && b->policy && slice_is(b->policy_name, "open") && b->policy_version == 1 && !b->is_broken,
	   "a server comes with its policy");
	b = grant_binding(it, SLICE_LIT("web"));
	ok(b && !b->policy && !b->is_broken && b->policy_name.n == 0, "or with none");
	ok(!grant_binding(it, SLICE_LIT("file")) && !grant_binding(it, SLICE_LIT("filess")) &&
	   !grant_binding(it, SLICE_LIT("")), "others are not reached");
	char unknown[TOKEN_SIZE];
	unsigned char hash[DIGEST_SIZE];
	token_new(unknown, hash);
	ok(!grants_find(g, slice_str(unknown)) && grant_state(NULL, 0) == GRANT_UNKNOWN, "an unknown token finds none");
	ok(grant_state(it, 4999) == GRANT_VALID, "valid up to its time");
	ok(grant_state(it, 5000) == GRANT_EXPIRED && grant_state(it, 5001) == GRANT_EXPIRED,
	   "expired exactly at it, and one past");
	grants_unref(&g);
	scene_close(&s);
}

static void check_swap(void)
{
	struct scene s;
	struct err e = { 0 };
	int64_t version;
	scene_open(&s);
	struct grants *old = load(&s);
	struct grants *held = grants_ref(old);
	const struct grant *it = grants_find(held, slice_str(s.token));
	must(store_policy_apply(s.store, "open", SLICE_LIT("{\"version\":\"1\",\"default\":\"deny\"}"), "", "",
	                        &version, &e) &&
	     store_grant_revoke(s.store, "build", &e), &e);
	struct grants *new = load(&s);
	grants_unref(&old);
	const struct grant_binding *b = grant_binding(it, SLICE_LIT("files"));
	ok(old == NULL && grant_state(it, 0) == GRANT_VALID && b->policy_version == 1 && policy_description(b->policy),
	   "who holds the old snapshot still has all of it");
	const struct grant *now = grants_find(new, slice_str(s.token));
	ok(grant_state(now, 0) == GRANT_REVOKED, "in the new one the grant is revoked");
	ok(grant_binding(now, SLICE_LIT("files"))->policy_version == 2, "and the policy is another");
	grants_unref(&held);
	grants_unref(&new);
	scene_close(&s);
}

static void check_broken(void)
{
	struct scene s;
	struct err e = { 0 };
	int64_t version;
	struct policy_facts facts = { .server = SLICE_LIT("files"), .tool = SLICE_LIT("x") };
	static struct policy_decision d;
	scene_open(&s);
	must(store_policy_apply(s.store, "open", SLICE_LIT("{\"nonsense\":1}"), "", "", &version, &e), &e);
	struct grants *g = load(&s);
	const struct grant_binding *b = grant_binding(grants_find(g, slice_str(s.token)), SLICE_LIT("files"));
	ok(b && b->is_broken && !b->policy && b->policy_version == 2 && grants_broken(g) == 1,
	   "a document that does not compile leaves no policy");
	policy_decide(b->policy, &facts, &d);
	ok(d.effect == POLICY_DENY, "and every call is refused: %s", d.rule);
	grants_unref(&g);
	scene_close(&s);
}

/* A database that cannot be read builds no snapshot. */
static void check_failure(void)
{
	struct scene s;
	struct err e = { 0 };
	char path[512];
	struct db d;
	scene_open(&s);
	snprintf(path, sizeof path, "%s/gatehouse.db", s.folder.path);
	must(db_open(&d, path, DB_WRITE, &e) && db_exec(&d, "DROP TABLE grant_tags", &e), &e);
	db_close(&d);
	struct grants *g = grants_load(s.store, &e);
	ok(!g && strstr(e.text, "grant_tags"), "a failed load says why: %s", e.text);
	scene_close(&s);
}

int main(void)
{
	check_tokens();
	check_snapshot();
	check_swap();
	check_broken();
	check_failure();
	return tap_done();
}
