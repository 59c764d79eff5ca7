/* Who may do what: the table, for the organisation and for single servers, and of tokens. */
#include "people_rig.h"

static const struct {
	const char *role;
	bool may[5]; /* see, audit, approve, policy, manage */
} table[] = {
	{ "viewer", { true, false, false, false, false } },       { "auditor", { true, true, false, false, false } },
	{ "approver", { true, false, true, false, false } },      { "policy_manager", { true, false, false, true, false } },
	{ "admin", { true, true, true, true, true } },
};
static const enum permission all[] = { MAY_SEE, MAY_AUDIT, MAY_APPROVE, MAY_POLICY, MAY_MANAGE };

static void check_table(void)
{
	enum role r = ROLE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		ok(role_of(slice_str(table[i].role), &r) && strcmp(role_name(r), table[i].role) == 0, "%s is a role", table[i].role);
		struct role_given org = { r, NULL }, one = { r, "files" };
		struct principal o = { .kind = PRINCIPAL_USER, .roles = &org, .role_n = 1 }, s = o;
		s.roles = &one;
		for (size_t k = 0; k < ARRAY_LEN(all); k++) {
			bool may = table[i].may[k];
			const char *what = permission_name(all[k]);
			ok(principal_may(&o, all[k], (struct slice){ 0 }) == may && principal_may(&o, all[k], SLICE_LIT("files")) == may,
			   "%s of the organisation: %s %s", table[i].role, what, may ? "yes" : "no");
			ok(!principal_may(&s, all[k], (struct slice){ 0 }) && principal_may(&s, all[k], SLICE_LIT("files")) == may &&
			   !principal_may(&s, all[k], SLICE_LIT("other")) && principal_may_anywhere(&s, all[k]) == may,
			   "%s of one server: %s there %s, nowhere else", table[i].role, what, may ? "yes" : "no");
		}
	}
	struct principal nobody = { 0 };
	ok(!principal_may(&nobody, MAY_SEE, SLICE_LIT("files")) && !principal_may_anywhere(&nobody, MAY_SEE), "nobody may nothing");
	ok(!role_of(SLICE_LIT("none"), &r) && !role_of(SLICE_LIT("Admin"), &r) && !role_of(SLICE_LIT(""), &r), "other words are no roles");
	ok(role_for(MAY_SEE) == ROLE_VIEWER && role_for(MAY_POLICY) == ROLE_POLICY_MANAGER && role_for(MAY_MANAGE) == ROLE_ADMIN,
	   "the weakest role is named");
}

static unsigned bits(const struct principal *p, struct slice server)
{
	unsigned v = 0;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		v |= principal_may(p, all[i], server) ? (unsigned)all[i] : 0;
	return v;
}

static struct principal token_of(struct rig *r, const char *user_id, const struct role_given *roles, size_t n)
{
	static int number;
	char secret[PEOPLE_SECRET_SIZE], name[16];
	struct principal who = { 0 };
	snprintf(name, sizeof name, "t%d", number++);
	struct api_token t = { .name = name, .user_id = user_id, .roles = roles, .role_n = n };
	if (people_token_add(r->p, &t, secret, &r->e) != PEOPLE_OK ||
	    !people_token(r->p, slice_str(secret), clock_wall_us(), &r->a, &who, &r->e))
		printf("# %s\n", r->e.text);
	return who;
}

/* Every pair of roles, each for the organisation or a server: never more than the owner, and exactly what both have. */
static void check_pairs(struct rig *r)
{
	static const char *const at[] = { NULL, "files", "other" };
	const char *id = rig_user(r, "pairs", ROLE_VIEWER, NULL);
	size_t wrong = 0, pairs = 0;
	for (int x = ROLE_VIEWER; x <= ROLE_ADMIN; x++)
		for (int y = ROLE_VIEWER; y <= ROLE_ADMIN; y++)
			for (size_t i = 0; i < 9; i++) {
				struct role_given own[] = { { (enum role)x, at[i % 3] } }, asked[] = { { (enum role)y, at[i / 3] } };
				struct user u = { .id = id, .display_name = "", .email = "", .is_enabled = true, .roles = own, .role_n = 1 };
				struct principal o = { .roles = own, .role_n = 1 }, k = { .roles = asked, .role_n = 1 };
				struct api_token *v;
				size_t n = 0;
				bool is_put = people_user_put(r->p, &u, &r->e) == PEOPLE_OK;
				struct principal t = token_of(r, id, asked, 1);
				for (size_t s = 0; s < 3; s++)
					wrong += bits(&t, slice_str(at[s])) != (bits(&o, slice_str(at[s])) & bits(&k, slice_str(at[s])));
				wrong += !is_put || !people_tokens(r->p, id, &r->a, &v, &n, &r->e) || n != 1 ||
					 people_token_del(r->p, v[0].id, id, &r->e) != PEOPLE_OK;
				pairs++;
			}
	ok(wrong == 0, "a token has what both it and its owner have: %zu pairs, %zu wrong", pairs, wrong);
}

static void check_tokens(struct rig *r)
{
	struct principal who = { 0 };
	char secret[PEOPLE_SECRET_SIZE];
	const char *id = rig_user(r, "owner", ROLE_ADMIN, NULL), *other = rig_user(r, "second", ROLE_ADMIN, NULL);
	int64_t now = clock_wall_us();
	struct api_token t = { .name = "ci", .user_id = id, .expires_us = now + 60 * SECOND };
	ok(people_token_add(r->p, &t, secret, &r->e) == PEOPLE_OK && strncmp(secret, "ghp_", 4) == 0, "a token is made");
	ok(people_token(r->p, slice_str(secret), now, &r->a, &who, &r->e) && who.kind == PRINCIPAL_TOKEN &&
	   bits(&who, (struct slice){ 0 }) == MAY_ALL && strcmp(who.user_id, id) == 0 && strcmp(who.name, "owner/ci") == 0,
	   "without roles it has those of its owner");
	ok(people_token(r->p, slice_str(secret), now + 60 * SECOND, &r->a, &who, &r->e) && who.kind == PRINCIPAL_NONE, "it ends in time");
	secret[20] = secret[20] == 'A' ? 'B' : 'A';
	ok(people_token(r->p, slice_str(secret), now, &r->a, &who, &r->e) && who.kind == PRINCIPAL_NONE, "another is none");
	struct api_token again = { .name = "ci", .user_id = id };
	ok(people_token_add(r->p, &again, secret, &r->e) == PEOPLE_TAKEN, "a name is given once");
	again.name = "open";
	ok(people_token_add(r->p, &again, secret, &r->e) == PEOPLE_OK, "another name is fine");
	struct user u;
	ok(people_user_get(r->p, id, &r->a, &u, &r->e) == PEOPLE_OK, "the owner is found");
	u.is_enabled = false;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK && people_token(r->p, slice_str(secret), now, &r->a, &who, &r->e) &&
	   who.kind == PRINCIPAL_NONE, "the token of one who is disabled is none");
	u.is_enabled = true;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK && people_token(r->p, slice_str(secret), now, &r->a, &who, &r->e) &&
	   who.kind == PRINCIPAL_TOKEN, "and is one again afterwards");
	ok(people_token_del(r->p, again.id, other, &r->e) == PEOPLE_UNKNOWN, "somebody else cannot remove it");
	ok(people_token_del(r->p, again.id, id, &r->e) == PEOPLE_OK && people_token(r->p, slice_str(secret), now, &r->a, &who, &r->e) &&
	   who.kind == PRINCIPAL_NONE, "removed, it is none");
	ok(people_token_add(r->p, &again, secret, &r->e) == PEOPLE_OK && people_user_del(r->p, id, &r->e) == PEOPLE_OK &&
	   people_token(r->p, slice_str(secret), now, &r->a, &who, &r->e) && who.kind == PRINCIPAL_NONE,
	   "it goes with its owner");
	struct api_token past = { .name = "past", .user_id = other, .expires_us = now - 1 };
	ok(people_token_add(r->p, &past, secret, &r->e) == PEOPLE_WRONG, "one that has ended already is not made");
}

/* A token that was for a server that is gone must not become one without limits. */
static void check_server_gone(struct rig *r)
{
	struct store_server s = { .name = "files", .transport = STORE_HTTP, .url = "http://127.0.0.1:1/mcp", .is_enabled = true };
	struct role_given at = { ROLE_ADMIN, "files" };
	struct principal who;
	char secret[PEOPLE_SECRET_SIZE];
	const char *id = rig_user(r, "files-owner", ROLE_ADMIN, NULL);
	struct api_token t = { .name = "ci", .user_id = id, .roles = &at, .role_n = 1 };
	struct role_given own[] = { { ROLE_ADMIN, "files" }, { ROLE_VIEWER, NULL } };
	ok(store_server_add(r->store, &s, &r->e) && people_token_add(r->p, &t, secret, &r->e) == PEOPLE_OK &&
	   people_token(r->p, slice_str(secret), clock_wall_us(), &r->a, &who, &r->e) &&
	   bits(&who, SLICE_LIT("files")) == MAY_ALL && bits(&who, SLICE_LIT("other")) == 0, "a token is for one server");
	struct user u = { .id = id, .display_name = "", .email = "", .is_enabled = true, .roles = own, .role_n = 2 };
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK && store_server_del(r->store, "files", &r->e) &&
	   people_token(r->p, slice_str(secret), clock_wall_us(), &r->a, &who, &r->e) && who.kind == PRINCIPAL_TOKEN &&
	   who.role_n == 0, "when the server is gone, the token may nothing");
	ok(people_user_get(r->p, id, &r->a, &u, &r->e) == PEOPLE_OK && u.role_n == 1 && !u.roles[0].server,
	   "nor has its owner a role for a later server of that name");
}

static void check_limits(struct rig *r)
{
	char secret[PEOPLE_SECRET_SIZE], name[80];
	const char *id = rig_user(r, "many", ROLE_VIEWER, NULL);
	struct api_token t = { .name = name, .user_id = id };
	int made = 0;
	for (int i = 0; i < LIMIT_TOKENS_OF_USER; i++) {
		snprintf(name, sizeof name, "t%d", i);
		made += people_token_add(r->p, &t, secret, &r->e) == PEOPLE_OK;
	}
	snprintf(name, sizeof name, "more");
	ok(made == LIMIT_TOKENS_OF_USER && people_token_add(r->p, &t, secret, &r->e) == PEOPLE_WRONG && r->e.kind == ERR_LIMIT,
	   "%d tokens of one user, and not one more", LIMIT_TOKENS_OF_USER);
	static struct role_given v[LIMIT_ROLES_OF_ONE + 1];
	static char servers[LIMIT_ROLES_OF_ONE + 1][16];
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		snprintf(servers[i], sizeof servers[i], "s%zu", i);
		v[i] = (struct role_given){ ROLE_VIEWER, servers[i] };
	}
	struct user u = { .id = id, .display_name = "", .email = "", .is_enabled = true, .roles = v, .role_n = LIMIT_ROLES_OF_ONE };
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_OK, "%d roles of one user", LIMIT_ROLES_OF_ONE);
	u.role_n++;
	ok(people_user_put(r->p, &u, &r->e) == PEOPLE_WRONG, "and not one more");
	ok(people_user_get(r->p, id, &r->a, &u, &r->e) == PEOPLE_OK && u.role_n == LIMIT_ROLES_OF_ONE, "which changes nothing");
	memset(name, 'x', LIMIT_NAME + 1);
	name[LIMIT_NAME + 1] = '\0';
	const char *second = rig_user(r, "second-many", ROLE_VIEWER, NULL);
	t.user_id = second;
	ok(people_token_add(r->p, &t, secret, &r->e) == PEOPLE_WRONG, "a name of %d bytes is too long", LIMIT_NAME + 1);
	name[LIMIT_NAME] = '\0';
	ok(people_token_add(r->p, &t, secret, &r->e) == PEOPLE_OK, "one of %d is not", LIMIT_NAME);
}

int main(void)
{
	struct rig r;
	rig_init(&r);
	check_table();
	rig_user(&r, "root", ROLE_ADMIN, NULL);
	check_pairs(&r);
	check_tokens(&r);
	check_server_gone(&r);
	check_limits(&r);
	rig_release(&r);
	return tap_done();
}
