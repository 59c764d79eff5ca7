/* Users, sign-in and its limits, sessions, links, and those whom a provider vouches for. */
#include "base/password.h"
#include "people_rig.h"
#include <pthread.h>

#define WRONG "wrong horse battery"

static void check_passwords(void)
{
	char hash[PASSWORD_HASH_SIZE], text[LIMIT_PASSWORD_MAX + 2];
	struct err e;
	ok(password_hash(slice_str(PASSWORD), hash, &e) && strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31) == 0, "Argon2id, interactive");
	ok(password_check(hash, slice_str(PASSWORD)) && !password_check(hash, slice_str(WRONG)) && !password_check(NULL, slice_str(PASSWORD)) &&
	   !password_check("", SLICE_LIT("")), "the right password, no other, none where there is none");
	ok(!password_is_dated(hash) && password_is_dated("$argon2id$v=19$m=32768,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
	   "RzHjWrPqBs6LrQpDkPqbVZAB3L3BYcb4MBmZFPQVb4w"), "one of other costs is dated");
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 26);
	ok(password_may_be(slice_of(text, LIMIT_PASSWORD_MIN), SLICE_LIT("ann"), &e) &&
	   !password_may_be(slice_of(text, LIMIT_PASSWORD_MIN - 1), SLICE_LIT("ann"), &e), "at least %d", LIMIT_PASSWORD_MIN);
	ok(password_may_be(slice_of(text, LIMIT_PASSWORD_MAX), SLICE_LIT("ann"), &e) &&
	   !password_may_be(slice_of(text, LIMIT_PASSWORD_MAX + 1), SLICE_LIT("ann"), &e), "at most %d", LIMIT_PASSWORD_MAX);
	ok(!password_may_be(SLICE_LIT("aaaabbbbccccdddd"), SLICE_LIT("ann"), &e) &&
	   !password_may_be(SLICE_LIT("Ann@Example.com"), SLICE_LIT("ann@example.com"), &e) &&
	   !password_may_be(SLICE_LIT("with\nline ends in"), SLICE_LIT("ann"), &e), "nor the name, the same few, line ends");
}

static void check_users(struct rig *r)
{
	static const char *const bad[] = { "", "with blank", "with/slash", "\xc3\xa4", "a\nb" };
	char name[LIMIT_NAME + 2];
	struct user u = { .name = "Ann@Example.com", .display_name = "Ann", .email = "Ann@Example.com", .is_enabled = true }, found, *v;
	size_t n, total;
	ok(people_user_add(r->p, &u, &r->e) == PEOPLE_OK && people_user_get(r->p, "ann@example.com", &r->a, &found, &r->e) == PEOPLE_OK &&
	   strcmp(found.id, u.id) == 0 && !found.has_password && found.role_n == 0, "a name is kept in small letters");
	ok(people_user_add(r->p, &u, &r->e) == PEOPLE_TAKEN, "and given once");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		u.name = bad[i];
		ok(people_user_add(r->p, &u, &r->e) == PEOPLE_WRONG, "name %zu cannot be one", i);
	}
	memset(name, 'n', sizeof name);
	name[LIMIT_NAME + 1] = '\0';
	u.name = name;
	ok(people_user_add(r->p, &u, &r->e) == PEOPLE_WRONG, "nor one of %d bytes", LIMIT_NAME + 1);
	name[LIMIT_NAME] = '\0';
	ok(people_user_add(r->p, &u, &r->e) == PEOPLE_OK, "one of %d can", LIMIT_NAME);
	u.name = "mail";
	u.email = "nobody";
	ok(people_user_add(r->p, &u, &r->e) == PEOPLE_WRONG, "an e-mail address has an @");
	ok(people_users(r->p, SLICE_LIT(""), NULL, 1, &r->a, &v, &n, &total, &r->e) && n == 1 && total == 2 &&
	   strcmp(v[0].name, "ann@example.com") == 0, "a page of users");
	ok(people_users(r->p, SLICE_LIT(""), v[0].name, 10, &r->a, &v, &n, &total, &r->e) && n == 1 && v[0].name[0] == 'n', "and the next");
	ok(people_users(r->p, SLICE_LIT("EXAMPLE"), NULL, 10, &r->a, &v, &n, &total, &r->e) && n == 2 && total == 2, "found by e-mail address, too");
	ok(people_user_get(r->p, "nobody", &r->a, &found, &r->e) == PEOPLE_UNKNOWN, "another is not known");
}

static void check_last_admin(struct rig *r)
{
	struct role_given viewer = { ROLE_VIEWER, NULL };
	const char *id = rig_user(r, "boss", ROLE_ADMIN, NULL);
	struct user u;
	people_user_get(r->p, id, &r->a, &u, &r->e);
	u.is_enabled = false;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_LAST_ADMIN, "the last admin is not disabled");
	u.is_enabled = true;
	u.roles = &viewer;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_LAST_ADMIN, "nor made a viewer");
	ok(people_user_del(r->p, id, &r->e) == PEOPLE_LAST_ADMIN, "nor removed");
	ok(people_user_get(r->p, id, &r->a, &u, &r->e) == PEOPLE_OK && u.is_enabled && u.roles[0].role == ROLE_ADMIN, "which changed nothing");
	rig_user(r, "deputy", ROLE_ADMIN, NULL);
	ok(people_user_del(r->p, id, &r->e) == PEOPLE_OK, "with another one there, he may go");
	ok(people_user_del(r->p, id, &r->e) == PEOPLE_UNKNOWN, "once");
}

static void check_sessions(struct rig *r)
{
	int64_t now = clock_wall_us();
	const char *id = rig_user(r, "sara", ROLE_VIEWER, PASSWORD);
	struct principal who;
	struct signed_in s = rig_sign_in(r, "Sara", PASSWORD, "", "127.0.0.1", now);
	ok(s.end == PEOPLE_OK && s.who.kind == PRINCIPAL_USER && strcmp(s.who.name, "sara") == 0 && strlen(s.cookie) == 43 &&
	   strlen(s.who.csrf) == 43, "name and password sign in, however the name is written");
	ok(people_session(r->p, slice_str(s.cookie), now, &r->a, &who, &r->e) && who.kind == PRINCIPAL_USER && strcmp(who.id, id) == 0 &&
	   strcmp(who.csrf, s.who.csrf) == 0 && who.expires_us == s.who.expires_us && principal_may(&who, MAY_SEE, (struct slice){ 0 }),
	   "the cookie is the session");
	struct signed_in other = rig_sign_in(r, "sara", PASSWORD, "", "", now);
	ok(strcmp(other.who.csrf, s.who.csrf) != 0, "another session has another csrf");
	char bad[PEOPLE_SECRET_SIZE];
	memcpy(bad, s.cookie, sizeof bad);
	bad[7] = bad[7] == 'x' ? 'y' : 'x';
	ok(rig_session(r, bad, now) == PRINCIPAL_NONE && rig_session(r, "", now) == PRINCIPAL_NONE, "another cookie is none");
	ok(rig_session(r, s.cookie, now + LIMIT_SESSION_IDLE_S * SECOND - 1) == PRINCIPAL_USER, "it lasts without use for so long");
	ok(rig_session(r, other.cookie, now + LIMIT_SESSION_IDLE_S * SECOND) == PRINCIPAL_NONE, "and no longer");
	int64_t end = now + LIMIT_SESSION_S * SECOND, at = now;
	for (; at < end; at += LIMIT_SESSION_IDLE_S * SECOND / 2)
		rig_session(r, s.cookie, at);
	ok(rig_session(r, s.cookie, end - 1) == PRINCIPAL_USER && rig_session(r, s.cookie, end) == PRINCIPAL_NONE, "used, it ends by its age");
	people_session_times(r->p, 60, 30);
	ok(rig_session(r, s.cookie, end - 1) == PRINCIPAL_NONE, "shorter times are in force at once");
	people_session_times(r->p, 0, 0);
	s = rig_sign_in(r, "sara", PASSWORD, "", "", now);
	ok(people_sign_out(r->p, s.who.session_hash, &r->e) == PEOPLE_OK && rig_session(r, s.cookie, now) == PRINCIPAL_NONE, "signing out ends it");
	s = rig_sign_in(r, "sara", PASSWORD, "", "", now);
	struct user u;
	people_user_get(r->p, id, &r->a, &u, &r->e);
	u.is_enabled = false;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK && rig_session(r, s.cookie, now) == PRINCIPAL_NONE &&
	   rig_sign_in(r, "sara", PASSWORD, "", "", now).end == PEOPLE_WRONG, "one who is disabled has none, and gets none");
	u.is_enabled = true;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK && rig_session(r, s.cookie, now) == PRINCIPAL_NONE, "enabled again, signs in anew");
}

static void check_many_sessions(struct rig *r)
{
	int64_t now = clock_wall_us();
	struct signed_in first = { 0 }, second = { 0 }, s;
	rig_user(r, "tabs", ROLE_VIEWER, PASSWORD);
	for (int i = 0; i < LIMIT_SESSIONS_OF_USER; i++) {
		s = rig_sign_in(r, "tabs", PASSWORD, "", "", now + i);
		first = i == 0 ? s : first;
		second = i == 1 ? s : second;
	}
	ok(rig_session(r, first.cookie, now) == PRINCIPAL_USER, "%d sessions of one user", LIMIT_SESSIONS_OF_USER);
	s = rig_sign_in(r, "tabs", PASSWORD, "", "", now + LIMIT_SESSIONS_OF_USER);
	ok(rig_session(r, first.cookie, now) == PRINCIPAL_NONE && rig_session(r, second.cookie, now) == PRINCIPAL_USER &&
	   rig_session(r, s.cookie, now) == PRINCIPAL_USER, "with one more, the oldest ends");
}

static void check_name_limit(struct rig *r)
{
	int64_t now = clock_wall_us();
	struct signed_in s;
	rig_user(r, "lock", ROLE_VIEWER, PASSWORD);
	int told = 0;
	for (int i = 0; i <= LIMIT_SIGN_IN_NAME; i++)
		told += rig_sign_in(r, "lock", WRONG, "", "", now).end == PEOPLE_WRONG;
	ok(told == LIMIT_SIGN_IN_NAME + 1, "%d wrong passwords cost no wait", LIMIT_SIGN_IN_NAME);
	s = rig_sign_in(r, "lock", PASSWORD, "", "", now);
	ok(s.end == PEOPLE_LATER && s.retry_s == 1, "after one more, even the right one waits a second");
	rig_close(r);
	rig_open(r);
	ok(rig_sign_in(r, "LOCK", PASSWORD, "", "", now).end == PEOPLE_LATER, "a restart does not help, nor other letters");
	int64_t wait = 1;
	for (int i = 0; i < 12; i++) {
		now += wait * SECOND;
		s = rig_sign_in(r, "lock", WRONG, "", "", now);
		struct signed_in next = rig_sign_in(r, "lock", WRONG, "", "", now);
		int64_t wanted = wait * 2 < LIMIT_SIGN_IN_WAIT_S ? wait * 2 : LIMIT_SIGN_IN_WAIT_S;
		if (s.end != PEOPLE_WRONG || next.end != PEOPLE_LATER || (int64_t)next.retry_s != wanted)
			break;
		wait = wanted;
	}
	ok(wait == LIMIT_SIGN_IN_WAIT_S, "the wait doubles up to %d seconds", LIMIT_SIGN_IN_WAIT_S);
	ok(rig_sign_in(r, "lock", PASSWORD, "", "", now + wait * SECOND).end == PEOPLE_OK, "then the right one signs in");
	ok(rig_sign_in(r, "lock", WRONG, "", "", now + wait * SECOND).end == PEOPLE_WRONG &&
	   rig_sign_in(r, "lock", PASSWORD, "", "", now + wait * SECOND).end == PEOPLE_OK, "and what was before is forgotten");
	for (int i = 0; i <= LIMIT_SIGN_IN_NAME; i++)
		s = rig_sign_in(r, "nobody-here", WRONG, "", "", now);
	ok(s.end == PEOPLE_WRONG && rig_sign_in(r, "nobody-here", WRONG, "", "", now).end == PEOPLE_LATER, "an unknown name is told the same");
	struct change_filter f = { .action = SLICE_LIT("user.sign_in_fail"), .object_type = SLICE_LIT("user") };
	struct change *v;
	size_t n = 0;
	ok(people_changes(r->p, &f, &r->a, &v, &n, &r->e) && n == 14 && !v[0].object_id[0] && !strstr(v[0].note, "nobody") &&
	   strcmp(v[1].who_kind, "none") == 0 && v[1].object_id[0], "attempts that cost a wait are recorded, and no name that was typed: %zu", n);
}

static void check_address_limit(struct rig *r)
{
	int64_t now = clock_wall_us();
	char name[16];
	rig_user(r, "good", ROLE_VIEWER, PASSWORD);
	for (int i = 0; i <= LIMIT_SIGN_IN_ADDRESS; i++) {
		snprintf(name, sizeof name, "spray%d", i);
		rig_sign_in(r, name, WRONG, "", "2001:db8::1", now);
		if (i == LIMIT_SIGN_IN_ADDRESS - 1)
			ok(rig_sign_in(r, "good", PASSWORD, "", "2001:db8::1", now).end == PEOPLE_OK, "%d from one address cost no wait", LIMIT_SIGN_IN_ADDRESS);
	}
	ok(rig_sign_in(r, "good", PASSWORD, "", "2001:db8::1", now).end == PEOPLE_LATER, "one more does");
	ok(rig_sign_in(r, "good", PASSWORD, "", "2001:db8::ffff:1", now).end == PEOPLE_LATER, "for the whole network of that customer");
	ok(rig_sign_in(r, "good", PASSWORD, "", "2001:db8:0:1::1", now).end == PEOPLE_OK && rig_sign_in(r, "good", PASSWORD, "", "", now).end == PEOPLE_OK,
	   "and for nobody else");
}

static void use(struct rig *r, const char *link, const char *name, const char *password, int64_t now, struct signed_in *out)
{
	people_use_link(r->p, slice_str(link), slice_str(name), slice_str(password), SLICE_LIT("The First"), now, &r->a, out, &r->e);
}

static void check_setup(void)
{
	struct rig r;
	struct signed_in s;
	struct user u;
	char old[PEOPLE_SECRET_SIZE], link[PEOPLE_SECRET_SIZE];
	bool needs = false;
	rig_init(&r);
	int64_t now = clock_wall_us();
	ok(people_needs_setup(r.p, &needs, &r.e) && needs, "nobody is there yet");
	ok(people_link_new(r.p, NULL, old, &r.e) == PEOPLE_OK && people_link_new(r.p, NULL, link, &r.e) == PEOPLE_OK && strncmp(link, "ghl_", 4) == 0,
	   "links for the first admin");
	use(&r, old, "first", PASSWORD, now, &s);
	ok(s.end == PEOPLE_WRONG, "a new link ends the old one");
	use(&r, link, "fir st", PASSWORD, now, &s);
	ok(s.end == PEOPLE_WRONG, "a bad name");
	use(&r, link, "first", "short", now, &s);
	ok(s.end == PEOPLE_WRONG, "or password does not use it up");
	use(&r, link, "first", PASSWORD, now + LIMIT_LINK_S * SECOND + SECOND, &s);
	ok(s.end == PEOPLE_WRONG, "it ends after a day");
	use(&r, link, "First", PASSWORD, now + LIMIT_LINK_S * SECOND - SECOND, &s);
	ok(s.end == PEOPLE_OK && principal_may(&s.who, MAY_MANAGE, (struct slice){ 0 }) &&
	   people_user_get(r.p, "first", &r.a, &u, &r.e) == PEOPLE_OK && strcmp(u.display_name, "The First") == 0, "before, it makes an admin");
	use(&r, link, "second", PASSWORD, now, &s);
	ok(s.end == PEOPLE_WRONG && people_needs_setup(r.p, &needs, &r.e) && !needs, "once");
	ok(people_link_new(r.p, NULL, link, &r.e) == PEOPLE_WRONG, "there is no other first");
	ok(rig_sign_in(&r, "first", PASSWORD, "", "", now).end == PEOPLE_OK, "the password is the one that was set");
	rig_release(&r);
}

static void check_links(struct rig *r)
{
	char link[PEOPLE_SECRET_SIZE];
	struct signed_in s, before;
	struct user u;
	int64_t now = clock_wall_us();
	const char *id = rig_user(r, "invited", ROLE_VIEWER, PASSWORD);
	ok(people_link_new(r->p, "018bcfe5-687b-7463-8000-00000000000f", link, &r->e) == PEOPLE_UNKNOWN, "no link for nobody");
	before = rig_sign_in(r, "invited", PASSWORD, "", "", now);
	ok(people_link_new(r->p, id, link, &r->e) == PEOPLE_OK, "a link for a user");
	use(r, link, "ignored", PASSWORD_2, now, &s);
	ok(s.end == PEOPLE_OK && strcmp(s.who.name, "invited") == 0 && !principal_may(&s.who, MAY_MANAGE, (struct slice){ 0 }), "signs that user in");
	ok(rig_session(r, before.cookie, now) == PRINCIPAL_NONE && rig_session(r, s.cookie, now) == PRINCIPAL_USER, "and ends the other sessions");
	ok(rig_sign_in(r, "invited", PASSWORD, "", "", now).end == PEOPLE_WRONG && rig_sign_in(r, "invited", PASSWORD_2, "", "", now).end == PEOPLE_OK,
	   "with the new password");
	use(r, link, "", PASSWORD, now, &s);
	ok(s.end == PEOPLE_WRONG, "once");
	ok(people_link_new(r->p, id, link, &r->e) == PEOPLE_OK && people_user_get(r->p, id, &r->a, &u, &r->e) == PEOPLE_OK, "another one");
	u.is_enabled = false;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK, "while the user is disabled");
	use(r, link, "", PASSWORD, now, &s);
	ok(s.end == PEOPLE_WRONG, "does not work");
}

static void check_password_set(struct rig *r)
{
	int64_t now = clock_wall_us();
	const char *id = rig_user(r, "change", ROLE_VIEWER, PASSWORD), *none = rig_user(r, "none", ROLE_VIEWER, NULL);
	struct signed_in mine = rig_sign_in(r, "change", PASSWORD, "", "", now), other = rig_sign_in(r, "change", PASSWORD, "", "", now);
	ok(people_password_set(r->p, id, slice_str(WRONG), slice_str(PASSWORD_2), now, mine.who.session_hash, &r->e) == PEOPLE_WRONG, "the old one is needed");
	ok(people_password_set(r->p, id, slice_str(PASSWORD), SLICE_LIT("short"), now, mine.who.session_hash, &r->e) == PEOPLE_WRONG, "and a good new one");
	ok(people_password_set(r->p, id, slice_str(PASSWORD), slice_str(PASSWORD_2), now, mine.who.session_hash, &r->e) == PEOPLE_OK, "then it is changed");
	ok(rig_session(r, mine.cookie, now) == PRINCIPAL_USER && rig_session(r, other.cookie, now) == PRINCIPAL_NONE, "other sessions end");
	ok(people_password_set(r->p, none, SLICE_LIT(""), slice_str(PASSWORD), now, NULL, &r->e) == PEOPLE_WRONG, "who has none sets none by himself");
	for (int i = 0; i <= LIMIT_SIGN_IN_NAME; i++)
		people_password_set(r->p, id, slice_str(WRONG), slice_str(PASSWORD), now, NULL, &r->e);
	ok(people_password_set(r->p, id, slice_str(PASSWORD_2), slice_str(PASSWORD), now, NULL, &r->e) == PEOPLE_LATER, "guesses are counted here, too");
}

static enum people_end vouch(struct rig *r, const char *subject, const char *email, bool is_verified, bool may_create, struct signed_in *out)
{
	static const struct role_given viewer = { ROLE_VIEWER, NULL };
	struct vouched v = { slice_str(subject), slice_str(email), SLICE_LIT("Wanda W"), is_verified, may_create, &viewer, 1 };
	people_vouched(r->p, &v, clock_wall_us(), &r->a, out, &r->e);
	return out->end;
}

static void check_vouched(struct rig *r)
{
	struct signed_in s;
	struct user u = { .name = "wanda", .display_name = "", .email = "Wanda@example.com", .is_enabled = true };
	ok(vouch(r, "https://idp 1", "new@example.com", true, false, &s) == PEOPLE_WRONG, "one who was not invited");
	ok(vouch(r, "https://idp 1", "new@example.com", true, true, &s) == PEOPLE_OK && strcmp(s.who.name, "new@example.com") == 0 &&
	   principal_may(&s.who, MAY_SEE, (struct slice){ 0 }) && !principal_may(&s.who, MAY_POLICY, (struct slice){ 0 }), "or made with these roles");
	const char *id = s.who.id;
	ok(vouch(r, "https://idp 1", "other@example.com", true, false, &s) == PEOPLE_OK && strcmp(s.who.id, id) == 0, "is known by the subject");
	ok(vouch(r, "https://idp 2", "new@example.com", true, true, &s) == PEOPLE_WRONG, "another subject with that address is not the same person");
	ok(vouch(r, "https://idp 2", "new@example.com", false, true, &s) == PEOPLE_OK && strcmp(s.who.name, "new@example.com-2") == 0,
	   "and an address nobody verified names nobody");
	ok(people_user_add(r->p, &u, &r->e) == PEOPLE_OK && vouch(r, "https://idp 3", "wanda@EXAMPLE.com", false, false, &s) == PEOPLE_WRONG,
	   "an invited user is not joined by an address that was not verified");
	ok(vouch(r, "https://idp 3", "wanda@EXAMPLE.com", true, false, &s) == PEOPLE_OK && strcmp(s.who.name, "wanda") == 0, "by a verified one she is");
	people_user_get(r->p, "wanda", &r->a, &u, &r->e);
	u.is_enabled = false;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK && vouch(r, "https://idp 3", "wanda@example.com", true, true, &s) == PEOPLE_WRONG,
	   "one who is disabled does not come in");
	ok(rig_sign_in(r, "new@example.com", "", "", "", clock_wall_us()).end == PEOPLE_WRONG, "no password is no password");
}

struct user_of_link {
	struct people *p;
	const char *link;
	enum people_end end;
};

static void *use_link(void *ctx)
{
	struct user_of_link *u = ctx;
	struct signed_in s;
	struct arena a;
	struct err e;
	arena_init(&a, 1u << 20);
	people_use_link(u->p, slice_str(u->link), SLICE_LIT("racer"), slice_str(PASSWORD_2), SLICE_LIT(""), clock_wall_us(), &a, &s, &e);
	u->end = s.end;
	arena_release(&a);
	return NULL;
}

/* All find the link before one of them has taken it: hashing a password takes that long. */
static void check_race(struct rig *r)
{
	char link[PEOPLE_SECRET_SIZE];
	pthread_t t[4];
	struct user_of_link u[4];
	size_t won = 0, lost = 0;
	const char *id = rig_user(r, "race", ROLE_VIEWER, NULL);
	ok(people_link_new(r->p, id, link, &r->e) == PEOPLE_OK, "a link");
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		u[i] = (struct user_of_link){ people_open(r->store, &r->e), link, PEOPLE_FAILED };
		pthread_create(&t[i], NULL, use_link, &u[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		pthread_join(t[i], NULL);
		won += u[i].end == PEOPLE_OK;
		lost += u[i].end == PEOPLE_WRONG;
		people_close(&u[i].p);
	}
	ok(won == 1 && lost == ARRAY_LEN(t) - 1, "of four who use it at once, one comes in: %zu, %zu", won, lost);
}

static void check_text_limits(struct rig *r)
{
	static const struct {
		const char *what;
		size_t max;
	} texts[] = { { "display name", LIMIT_DISPLAY_NAME }, { "e-mail address", LIMIT_EMAIL }, { "subject", LIMIT_OIDC_SUBJECT } };
	char text[LIMIT_OIDC_SUBJECT + 2], name[16];
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		for (size_t over = 0; over < 2; over++) {
			struct user u = { .name = name, .display_name = "", .email = "", .is_enabled = true };
			memset(text, 'x', sizeof text);
			text[1] = '@';
			text[texts[i].max + over] = '\0';
			const char **const of[] = { &u.display_name, &u.email, &u.oidc_subject };
			*of[i] = text;
			snprintf(name, sizeof name, "text%zu-%zu", i, over);
			ok((people_user_add(r->p, &u, &r->e) == PEOPLE_OK) == !over, "a %s of %zu bytes is %s", texts[i].what, texts[i].max + over,
			   over ? "too long" : "taken");
		}
}

/* Rows that are put in beside: it is the last one that counts. */
static void check_row_limits(void)
{
	struct rig r;
	char sql[400];
	rig_init(&r);
	struct user u = { .name = "last", .display_name = "", .email = "", .is_enabled = true };
	snprintf(sql, sizeof sql,
	         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO users (id, name, display_name, "
	         "email, is_enabled, created_us, seen_us) SELECT 'u' || i, 'u' || i, '', '', 1, 0, 0 FROM n", LIMIT_USERS - 1);
	ok(rig_sql(&r, sql) && people_user_add(r.p, &u, &r.e) == PEOPLE_OK && rig_count(&r, "users") == LIMIT_USERS, "%d users", LIMIT_USERS);
	u.name = "more";
	ok(people_user_add(r.p, &u, &r.e) == PEOPLE_WRONG && r.e.kind == ERR_LIMIT, "and not one more");
	int64_t now = clock_wall_us();
	snprintf(sql, sizeof sql,
	         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO sign_in_attempts (key, failures, "
	         "next_us, last_us) SELECT CAST('k' || i AS BLOB), 1, 0, %lld + i FROM n", LIMIT_SIGN_IN_ROWS - 1, (long long)now - 1000000);
	ok(rig_sql(&r, sql) && rig_sign_in(&r, "x", WRONG, "", "", now).end == PEOPLE_WRONG &&
	   rig_count(&r, "sign_in_attempts") == LIMIT_SIGN_IN_ROWS, "%d names and addresses are remembered", LIMIT_SIGN_IN_ROWS);
	ok(rig_sign_in(&r, "y", WRONG, "", "", now).end == PEOPLE_WRONG && rig_count(&r, "sign_in_attempts") == LIMIT_SIGN_IN_ROWS &&
	   rig_count(&r, "sign_in_attempts WHERE key = CAST('k1' AS BLOB)") == 0 &&
	   rig_count(&r, "sign_in_attempts WHERE key = CAST('k2' AS BLOB)") == 1, "with one more, the oldest goes");
	for (int i = 0; i <= LIMIT_SIGN_IN_NAME; i++)
		rig_sign_in(&r, "z", WRONG, "", "", now);
	int64_t later = now + LIMIT_SIGN_IN_KEPT_S * SECOND;
	ok(rig_sign_in(&r, "z", WRONG, "", "", later - 1).end == PEOPLE_WRONG && rig_sign_in(&r, "z", WRONG, "", "", later - 1).end == PEOPLE_LATER,
	   "for a day");
	ok(rig_sign_in(&r, "z", WRONG, "", "", later - 1 + LIMIT_SIGN_IN_KEPT_S * SECOND).end == PEOPLE_WRONG &&
	   rig_sign_in(&r, "z", WRONG, "", "", later - 1 + LIMIT_SIGN_IN_KEPT_S * SECOND).end == PEOPLE_WRONG &&
	   rig_count(&r, "sign_in_attempts") == 1, "then it begins anew");
	rig_release(&r);
}

int main(void)
{
	struct rig r;
	rig_init(&r);
	check_passwords();
	check_users(&r);
	check_last_admin(&r);
	check_sessions(&r);
	check_many_sessions(&r);
	check_name_limit(&r);
	check_address_limit(&r);
	check_links(&r);
	check_password_set(&r);
	check_vouched(&r);
	check_race(&r);
	check_text_limits(&r);
	rig_release(&r);
	check_setup();
	check_row_limits();
	return tap_done();
}
