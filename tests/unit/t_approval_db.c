/* Requests for a person's yes: the same test for SQLite and PostgreSQL. */
#include "approval/db.h"
#include "base/limits.h"
#include "folder.h"
#include "postgres.h"
#include "tap.h"
#include <pthread.h>

#define NOW 1700000000000000
#define SECOND 1000000

static struct approval_request request(const char *grant, const char *tool, unsigned char fill)
{
	struct approval_request r = {
		.binding = { .grant_id = slice_str(grant), .server = SLICE_LIT("shop"), .tool = slice_str(tool),
		             .policy = SLICE_LIT("buyers"), .pointer = SLICE_LIT("/tools/buy/approve_if/0") },
		.grant_label = SLICE_LIT("agent"), .subject = SLICE_LIT("Alice@example.com"),
		.session = SLICE_LIT("5f3a"), .client_name = SLICE_LIT("test"),
		.arguments = SLICE_LIT("{\"item\":\"hat\",\"secret\":\"x\"}"),
		.description = SLICE_LIT("Buys things."), .tool_class = SLICE_LIT("financial"),
		.tool_severity = SLICE_LIT("high"), .rule = SLICE_LIT("/tools/buy/approve_if/item-eq"),
		.message = SLICE_LIT("buying needs a yes"), .hints = SLICE_LIT("[\"a hint\"]"), .expires_s = 600, .quorum = 1,
	};
	memset(r.binding.arguments, fill, DIGEST_SIZE);
	return r;
}

static enum approval_asked ask(struct approval_db *db, const struct approval_request *r, int64_t now, struct approval *out,
                               struct arena *a)
{
	struct err e = { 0 };
	enum approval_asked how = approval_db_ask(db, r, now, a, out, &e);
	if (how == APPROVAL_ASK_FAILED)
		printf("# %s\n", e.text);
	return how;
}

static enum approval_verdict vote(struct approval_db *db, const char *id, const char *person, const char *subject,
                                  bool is_yes, int64_t now, struct approval *out, struct arena *a)
{
	struct approval_vote v = { .person = person, .subject = subject, .is_yes = is_yes, .note = is_yes ? "" : "not today" };
	struct err e = { 0 };
	enum approval_verdict verdict = approval_db_vote(db, id, &v, now, a, out, &e);
	if (verdict == APPROVAL_VOTE_FAILED)
		printf("# %s\n", e.text);
	return verdict;
}

static bool use(struct approval_db *db, const char *id, const struct approval_request *r, int64_t now)
{
	struct err e = { 0 };
	bool is_ours = false;
	if (!approval_db_use(db, id, &r->binding, SLICE_LIT("018bcfe5-687b-7463-8000-000000000001"), now, &is_ours, &e))
		printf("# %s\n", e.text);
	return is_ours;
}

static void check_life(struct approval_db *db, struct arena *a)
{
	struct approval_request r = request("g1", "buy", 1);
	struct approval x, y, all;
	struct err e = { 0 };
	ok(ask(db, &r, NOW, &x, a) == APPROVAL_ASK_NEW && x.state == APPROVAL_PENDING, "a request is made");
	ok(ask(db, &r, NOW + 1, &y, a) == APPROVAL_ASK_FOUND && strcmp(x.id, y.id) == 0, "the same call finds it");
	struct approval_request other = request("g1", "buy", 2);
	ok(ask(db, &other, NOW, &y, a) == APPROVAL_ASK_NEW && strcmp(x.id, y.id) != 0, "other arguments are another request");
	ok(!use(db, x.id, &r, NOW + 2), "a request that waits lets nothing through");
	ok(approval_db_get(db, x.id, NOW, a, &all, &e) && all.arguments && strstr(all.arguments, "hat") &&
	   strcmp(all.description, "Buys things.") == 0 && strcmp(all.recent, "[]") == 0 && all.quorum == 1,
	   "an approver sees all of it");
	ok(vote(db, x.id, "bob", "bob@example.com", true, NOW + 3, &all, a) == APPROVAL_VOTE_COUNTED &&
	   all.state == APPROVAL_APPROVED && all.vote_n == 1 && all.votes[0].is_yes, "one yes approves it");
	ok(vote(db, x.id, "eve", "eve", false, NOW + 4, &all, a) == APPROVAL_VOTE_CLOSED, "what is decided takes no votes");
	ok(!use(db, x.id, &other, NOW + 5), "it does not let other arguments through");
	ok(use(db, x.id, &r, NOW + 5), "it lets its own call through");
	ok(!use(db, x.id, &r, NOW + 6), "once");
	ok(ask(db, &r, NOW + 7, &y, a) == APPROVAL_ASK_NEW && strcmp(x.id, y.id) != 0, "the next one is asked for anew");
	ok(approval_db_get(db, x.id, NOW, a, &all, &e) && all.state == APPROVAL_USED && all.used_us == NOW + 5 &&
	   strcmp(all.record_id, "018bcfe5-687b-7463-8000-000000000001") == 0, "the used one names the call");
}

static void check_refusals(struct approval_db *db, struct arena *a)
{
	struct approval_request r = request("g2", "buy", 1);
	struct approval x, y;
	ask(db, &r, NOW, &x, a);
	ok(vote(db, x.id, "unix:al", "alice@EXAMPLE.com", true, NOW, &y, a) == APPROVAL_VOTE_OWN &&
	   vote(db, x.id, "alice@example.com", "other", true, NOW, &y, a) == APPROVAL_VOTE_OWN,
	   "whom the grant speaks for cannot say yes, however spelt");
	ok(vote(db, x.id, "carl", "carl", false, NOW + 1, &y, a) == APPROVAL_VOTE_COUNTED && y.state == APPROVAL_DENIED,
	   "one no denies it");
	ok(ask(db, &r, NOW + 2, &y, a) == APPROVAL_ASK_FOUND && y.state == APPROVAL_DENIED, "the same call hears of it");
	ok(!use(db, x.id, &r, NOW + 3), "and does not pass");
	struct approval_seen seen = { 0 };
	struct err e = { 0 };
	memcpy(seen.id, x.id, sizeof seen.id);
	ok(approval_db_look(db, &seen, 1, NOW + 3, &e) && seen.state == APPROVAL_DENIED &&
	   strcmp(seen.note, "not today") == 0 && strcmp(seen.person, "carl") == 0, "who looks sees why");
	ok(ask(db, &r, NOW + 601 * (int64_t)SECOND, &y, a) == APPROVAL_ASK_NEW, "when it has expired, people are asked again");
	ok(vote(db, "018bcfe5-687b-7463-8000-00000000000f", "carl", "carl", true, NOW, &y, a) == APPROVAL_VOTE_UNKNOWN,
	   "there is no vote on nothing");
}

static void check_expiry(struct approval_db *db, struct arena *a)
{
	struct approval_request r = request("g3", "buy", 1);
	struct approval x, y;
	struct err e = { 0 };
	int64_t end = NOW + 600 * (int64_t)SECOND;
	ask(db, &r, NOW, &x, a);
	ok(vote(db, x.id, "bob", "bob", true, end, &y, a) == APPROVAL_VOTE_CLOSED, "an expired request takes no votes");
	ok(vote(db, x.id, "bob", "bob", true, end - 1, &y, a) == APPROVAL_VOTE_COUNTED, "just before, it does");
	ok(!use(db, x.id, &r, end), "an approval that expired lets nothing through");
	ok(approval_db_get(db, x.id, end, a, &y, &e) && y.state == APPROVAL_EXPIRED, "it is seen as expired");
	ok(approval_db_sweep(db, end, &e) && approval_db_get(db, x.id, NOW, a, &y, &e) && y.state == APPROVAL_EXPIRED,
	   "sweeping marks it");
	ok(approval_db_sweep(db, end + LIMIT_APPROVAL_KEEP_US + 1, &e) && approval_db_get(db, x.id, NOW, a, &y, &e) &&
	   y.state == APPROVAL_NONE, "and deletes it in the end");
}

static void check_quorum(struct approval_db *db, struct arena *a)
{
	struct approval_request r = request("g4", "buy", 1);
	struct approval x, y;
	r.quorum = 2;
	ask(db, &r, NOW, &x, a);
	ok(vote(db, x.id, "bob", "bob@x", true, NOW, &y, a) == APPROVAL_VOTE_COUNTED && y.state == APPROVAL_PENDING &&
	   y.yes == 1, "one of two is not enough");
	ok(vote(db, x.id, "unix:bob", "BOB@x", true, NOW, &y, a) == APPROVAL_VOTE_AGAIN, "one person has one vote");
	ok(!use(db, x.id, &r, NOW), "nothing passes meanwhile");
	ok(vote(db, x.id, "unix:a", "alice@example.com", true, NOW, &y, a) == APPROVAL_VOTE_OWN, "not the asker, also with others");
	ok(vote(db, x.id, "carl", "carl@x", true, NOW, &y, a) == APPROVAL_VOTE_COUNTED && y.state == APPROVAL_APPROVED,
	   "two people are");
	ok(use(db, x.id, &r, NOW), "and it passes");
}

static void check_people(struct approval_db *db, struct arena *a)
{
	unsigned char hash[DIGEST_SIZE] = { 7 }, wrong[DIGEST_SIZE] = { 8 };
	struct approval_person p, *v;
	struct err e = { 0 };
	size_t n = 0;
	ok(approval_db_person_add(db, "bob", "bob@x", hash, NOW, &e), "an approver is added");
	ok(!approval_db_person_add(db, "bob", "bob@y", wrong, NOW, &e), "a name is given once: %s", e.text);
	ok(approval_db_person_add(db, "unix:carl", "carl@x", NULL, NOW, &e), "a local user needs no token");
	ok(approval_db_person_find(db, NULL, hash, a, &p, &e) && p.name && strcmp(p.subject, "bob@x") == 0,
	   "a token finds its owner");
	ok(approval_db_person_find(db, NULL, wrong, a, &p, &e) && !p.name, "another finds nobody");
	ok(approval_db_person_find(db, "unix:carl", NULL, a, &p, &e) && p.name && strcmp(p.subject, "carl@x") == 0,
	   "a name finds its owner");
	ok(approval_db_people(db, a, &v, &n, &e) && n == 2 && v[0].has_token && !v[1].has_token, "they are listed");
	ok(approval_db_person_revoke(db, "bob", NOW + 1, &e) && approval_db_person_find(db, NULL, hash, a, &p, &e) && !p.name,
	   "who was revoked is nobody");
	ok(!approval_db_person_revoke(db, "bob", NOW + 1, &e), "once: %s", e.text);
}

static size_t pending_now(struct approval_db *db)
{
	uint64_t pending = 0, failed = 0;
	struct err e = { 0 };
	return approval_db_count(db, NOW, &pending, &failed, &e) ? (size_t)pending : 0;
}

static void check_note(struct approval_db *db, struct arena *a)
{
	char note[LIMIT_APPROVAL_NOTE + 2];
	struct approval x, y;
	struct err e = { 0 };
	struct approval_request r = request("g8", "buy", 1);
	struct approval_vote v = { .person = "bob", .subject = "bob", .is_yes = false, .note = note };
	memset(note, 'n', sizeof note);
	note[LIMIT_APPROVAL_NOTE + 1] = '\0';
	ask(db, &r, NOW, &x, a);
	ok(approval_db_vote(db, x.id, &v, NOW, a, &y, &e) == APPROVAL_VOTE_FAILED && e.kind == ERR_LIMIT, "a note past its limit: %s", e.text);
	note[LIMIT_APPROVAL_NOTE] = '\0';
	ok(approval_db_vote(db, x.id, &v, NOW, a, &y, &e) == APPROVAL_VOTE_COUNTED, "one on it");
}

static void check_limits(struct approval_db *db, const struct approval_db_opts *o, struct arena *a)
{
	struct approval x;
	struct err e = { 0 };
	static char large[LIMIT_APPROVAL_ARGUMENTS + 1];
	unsigned made = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct approval_request r = request("g5", "buy", (unsigned char)(10 + i));
		made += ask(db, &r, NOW, &x, a) == APPROVAL_ASK_NEW;
	}
	struct approval_request r = request("g5", "buy", 99);
	ok(made == 3 && ask(db, &r, NOW, &x, a) == APPROVAL_ASK_FULL, "a grant has so many that wait, and no more");
	ok(ask(db, &r, NOW + 601 * (int64_t)SECOND, &x, a) == APPROVAL_ASK_NEW, "those that expired make room");
	struct approval_db_opts few = *o;
	few.pending_max = pending_now(db) + 1;
	few.pending_grant_max = 10;
	struct approval_db *narrow = approval_db_open(&few, &e);
	struct approval_request one = request("g51", "buy", 1), two = request("g52", "buy", 1);
	ok(ask(narrow, &one, NOW, &x, a) == APPROVAL_ASK_NEW && ask(narrow, &two, NOW, &x, a) == APPROVAL_ASK_FULL,
	   "so have all grants together");
	approval_db_close(&narrow);
	memset(large, ' ', sizeof large);
	r = request("g6", "buy", 1);
	r.arguments = slice_of(large, sizeof large);
	ok(approval_db_ask(db, &r, NOW, a, &x, &e) == APPROVAL_ASK_FAILED && e.kind == ERR_LIMIT,
	   "arguments past the limit are not asked about");
	r.arguments.n--;
	ok(ask(db, &r, NOW, &x, a) == APPROVAL_ASK_NEW, "on it they are");
}

static void check_notices(struct approval_db *db, struct arena *a)
{
	struct approval_due due;
	struct approval x;
	struct err e = { 0 };
	bool is_there = true;
	size_t n = 0;
	int64_t now = NOW + 3600 * (int64_t)SECOND;
	while (approval_db_notice_take(db, now, 60 * SECOND, a, &due, &is_there, &e) && is_there && n < 200)
		n++;
	ok(n == 10, "everything that was asked and decided left a notice (%zu)", n);
	ok(approval_db_notice_take(db, now + 61 * SECOND, 60 * SECOND, a, &due, &is_there, &e) && is_there && due.attempts == 2,
	   "one that was not settled is due again");
	ok(approval_db_notice_done(db, due.seq, "status 500", 0, now, &e) &&
	   approval_db_get(db, due.approval.id, NOW, a, &x, &e) && x.notice_n && strcmp(x.notices[0].state, "failed") == 0 &&
	   strcmp(x.notices[0].error, "status 500") == 0, "one that was given up is shown so");
	uint64_t pending = 0, failed = 0;
	ok(approval_db_count(db, NOW, &pending, &failed, &e) && pending > 0 && failed == 1, "and counted");
}

static void check_votes_taken(struct approval_db *db, struct arena *a)
{
	struct approval_unrecorded *v;
	struct err e = { 0 };
	size_t n = 0;
	ok(approval_db_take_votes(db, a, &v, &n, &e) && n == 2 && v[0].approval.tool[0], "each vote is given to be recorded (%zu)", n);
	ok(approval_db_take_votes(db, a, &v, &n, &e) && n == 0, "once");
}

struct racer {
	const struct approval_db_opts *o;
	const char *id;
	unsigned won;
};

static void *race(void *ctx)
{
	struct racer *it = ctx;
	struct err e = { 0 };
	struct approval_db *db = approval_db_open(it->o, &e);
	struct approval_request r = request("g7", "buy", 1);
	for (int i = 0; db && i < 10; i++)
		it->won += use(db, it->id, &r, NOW + i);
	approval_db_close(&db);
	return NULL;
}

/* Several connections at once, as several gates have them. */
static void check_race(struct approval_db *db, const struct approval_db_opts *o, struct arena *a)
{
	struct approval_request r = request("g7", "buy", 1);
	struct approval x, y;
	pthread_t threads[4];
	struct racer racers[4];
	unsigned won = 0;
	ask(db, &r, NOW, &x, a);
	vote(db, x.id, "bob", "bob", true, NOW, &y, a);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		racers[i] = (struct racer){ o, x.id, 0 };
		pthread_create(&threads[i], NULL, race, &racers[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], NULL);
		won += racers[i].won;
	}
	ok(won == 1, "of many at once, on connections of their own, one has it (%u)", won);
}

static void check_all(const struct approval_db_opts *o)
{
	struct arena a;
	struct err e = { 0 };
	struct approval *v;
	size_t n = 0;
	struct approval_db *db = approval_db_open(o, &e);
	arena_init(&a, 64 << 20);
	ok(db != NULL, "the database opens %s", e.text);
	if (!db)
		return;
	check_life(db, &a);
	check_refusals(db, &a);
	check_expiry(db, &a);
	check_quorum(db, &a);
	check_votes_taken(db, &a);
	check_people(db, &a);
	check_limits(db, o, &a);
	check_notices(db, &a);
	check_race(db, o, &a);
	check_note(db, &a);
	ok(approval_db_list(db, APPROVAL_USED, "", 1, NOW, &a, &v, &n, &e) && n == 1 && !v[0].arguments, "a page, the newest first, without arguments");
	const char *last = v[0].id;
	ok(approval_db_list(db, APPROVAL_USED, last, 10, NOW, &a, &v, &n, &e) && n == 1 && strcmp(v[0].id, last) < 0, "the page after it (%zu)", n);
	approval_db_close(&db);
	db = approval_db_open(o, &e);
	ok(db && approval_db_list(db, APPROVAL_NONE, "", 0, NOW, &a, &v, &n, &e) && n > 8, "a restart forgets nothing (%zu)", n);
	approval_db_close(&db);
	arena_release(&a);
}

/* A server that goes away and comes back: refused meanwhile, found again by itself. */
static void check_lost(struct postgres_server *s, const struct approval_db_opts *o)
{
	struct arena a;
	struct err e = { 0 };
	struct approval x;
	struct approval_request r = request("g9", "buy", 1);
	struct approval_db *db = approval_db_open(o, &e);
	char data[300];
	arena_init(&a, 64 << 20);
	ok(ask(db, &r, NOW, &x, &a) == APPROVAL_ASK_NEW, "a request is made");
	postgres_stop(s);
	ok(approval_db_ask(db, &r, NOW, &a, &x, &e) == APPROVAL_ASK_FAILED && e.kind == ERR_REMOTE,
	   "a database that is away is told: %s", e.text);
	ok(!strstr(e.text, "sesame"), "the password is in no error");
	snprintf(data, sizeof data, "%s/data", s->folder.path);
	const char *const serve[] = { "postgres", "-D", data, "-k", s->folder.path, "-c", "listen_addresses=", "-F", NULL };
	postgres_run(s, serve, false, &s->pid);
	enum approval_asked how = APPROVAL_ASK_FAILED;
	for (int i = 0; i < 1000 && how == APPROVAL_ASK_FAILED; i++) {
		how = approval_db_ask(db, &r, NOW, &a, &x, &e);
		usleep(20000);
	}
	ok(how == APPROVAL_ASK_FOUND, "when it is back the request is there");
	approval_db_close(&db);
	arena_release(&a);
}

static void check_postgres(struct approval_db_opts *o)
{
	struct postgres_server s = { .pid = 0 };
	const char *why = postgres_start(&s);
	if (why) {
		ok(true, "approvals in PostgreSQL # SKIP %s", why);
	} else {
		char url[700];
		snprintf(url, sizeof url, "%s&password=sesame", s.url);
		o->url = url;
		check_all(o);
		check_lost(&s, o);
	}
	postgres_stop(&s);
	if (s.folder.path[0])
		folder_remove(&s.folder);
}

int main(void)
{
	struct folder dir = folder_new();
	struct approval_db_opts o = { .data_dir = dir.path, .has_webhook = true, .pending_grant_max = 3 };
	check_all(&o);
	check_postgres(&o);
	folder_remove(&dir);
	return tap_done();
}
