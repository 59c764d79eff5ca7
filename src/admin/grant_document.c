/* See grant_document.h. */
#include "admin/grant_document.h"
#include "admin/policies.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdio.h>

const char *grant_state_word(const struct store_grant *g, int64_t now_us)
{
	if (g->revoked_us)
		return "revoked";
	return g->expires_us && g->expires_us <= now_us ? "expired" : "valid";
}

static void add_time(struct buf *b, const char *name, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (!us)
		return;
	clock_text(us, time);
	buf_addf(b, ",\"%s\":\"%s\"", name, time);
}

void grant_write(struct buf *b, const struct store_grant *g, const struct principal *who, int64_t now_us, int64_t used_us)
{
	bool is_first = true;
	buf_addf(b, "{\"id\":\"%s\",\"label\":", g->id);
	buf_add_json_string(b, slice_str(g->label));
	buf_adds(b, ",\"subject\":");
	buf_add_json_string(b, slice_str(g->subject));
	buf_adds(b, ",\"tags\":[");
	for (size_t i = 0; i < g->tag_n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(g->tags[i]));
	}
	buf_adds(b, "],\"bindings\":[");
	for (size_t i = 0; i < g->binding_n; i++) {
		const struct store_binding *v = &g->bindings[i];
		if (who && !principal_may(who, MAY_SEE, slice_str(v->server)))
			continue;
		buf_adds(b, is_first ? "{\"server\":" : ",{\"server\":");
		is_first = false;
		buf_add_json_string(b, slice_str(v->server));
		buf_adds(b, ",\"policy\":");
		if (v->policy)
			buf_add_json_string(b, slice_str(v->policy));
		else
			buf_adds(b, "null");
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
	add_time(b, "created_at", g->created_us);
	add_time(b, "expires_at", g->expires_us);
	add_time(b, "revoked_at", g->revoked_us);
	add_time(b, "last_used_at", used_us);
	buf_addf(b, ",\"state\":\"%s\"}", grant_state_word(g, now_us));
}

/* Text for people: no control characters. */
static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

static void read_label(struct api_call *c, struct store_grant *g)
{
	struct slice label = { NULL, 0 }, subject = { NULL, 0 };
	if (api_text(c, "label", LIMIT_NAME, &label) && label.p) {
		if (!label.n || !is_plain(label))
			api_field(c, "/label", "a label has 1 to %d characters, and no control characters", LIMIT_NAME);
		g->label = label.p;
	}
	if (api_text(c, "subject", LIMIT_GRANT_SUBJECT, &subject) && subject.p) {
		if (!is_plain(subject))
			api_field(c, "/subject", "a subject has no control characters");
		g->subject = subject.p;
	}
}

static void read_tags(struct api_call *c, struct store_grant *g)
{
	const struct json *list = json_gets(c->json, "tags");
	char pointer[40];
	size_t i = 0;
	if (!list)
		return;
	if (!json_is(list, JSON_ARRAY) || json_count(list) > LIMIT_GRANT_TAGS) {
		api_field(c, "/tags", "'tags' is a list of at most %d texts", LIMIT_GRANT_TAGS);
		return;
	}
	const char **tags = arena_zalloc(&c->arena, (json_count(list) + 1) * sizeof *tags);
	for (struct json_iter it = json_iter(list); tags && json_next(&it); i++) {
		struct slice s = json_string(it.value);
		snprintf(pointer, sizeof pointer, "/tags/%zu", i);
		if (!s.n || s.n > LIMIT_NAME || !is_plain(s) || memchr(s.p, 0, s.n))
			api_field(c, pointer, "a tag is a text of 1 to %d characters", LIMIT_NAME);
		tags[i] = arena_strndup(&c->arena, s.n ? s.p : "", s.n);
	}
	g->tags = tags;
	g->tag_n = i;
}

static void read_expiry(struct api_call *c, struct store_grant *g)
{
	const struct json *v = json_gets(c->json, "expires_at");
	int64_t at = 0;
	if (!v)
		return;
	if (!json_is(v, JSON_NULL) && (!json_is(v, JSON_STRING) || !clock_parse(json_string(v), &at) || at <= 0))
		api_field(c, "/expires_at", "'expires_at' is a time, as 2030-01-01T00:00:00Z, or null for never");
	else if (at && at != g->expires_us && at <= clock_wall_us())
		api_field(c, "/expires_at", "this time has passed: to end a grant now, revoke it");
	g->expires_us = at;
}

static const char *name_of(struct api_call *c, const struct json *v, const char *pointer)
{
	struct slice s = json_string(v);
	if (!s.n || s.n > LIMIT_NAME || memchr(s.p, 0, s.n)) {
		api_field(c, pointer, "a name is needed, of at most %d characters", LIMIT_NAME);
		return NULL;
	}
	return arena_strndup(&c->arena, s.p, s.n);
}

/* Both must be there: an error of the store would not say which of many is meant. */
/* Whom a policy is hidden from must not come to see it by using it. */
bool grant_policy_known(struct api_call *c, const char *name, const char *pointer)
{
	struct store_policy found;
	struct policy_users users;
	struct err e = { 0 };
	if (!store_policy_get(c->store, name, 0, &c->arena, &found, &e))
		return api_field(c, pointer, "%s", e.text);
	return policy_users(c, &users) && (policy_may(c, &users, MAY_SEE, name) || api_field(c, pointer, "there is no policy '%.80s'", name));
}

static bool is_server(struct api_call *c, const char *name, struct err *e)
{
	struct store_server server;
	if (!principal_may(&c->who, MAY_SEE, slice_str(name)))
		return err_set(e, ERR_INPUT, "there is no server '%.80s'", name);
	return strcmp(name, STORE_BUILTIN_NAME) == 0 || store_server_get(c->store, name, &c->arena, &server, e);
}

static void check_names(struct api_call *c, const struct store_binding *v, const char *pointer)
{
	struct err e = { 0 };
	char at[80];
	snprintf(at, sizeof at, "%s/server", pointer);
	if (v->server && !is_server(c, v->server, &e))
		api_field(c, at, "%s", e.text);
	snprintf(at, sizeof at, "%s/policy", pointer);
	if (v->policy)
		(void)!grant_policy_known(c, v->policy, at);
}

static void read_binding(struct api_call *c, const struct json *entry, size_t i, struct store_binding *out)
{
	static const char *const known[] = { "server", "policy", NULL };
	const struct json *policy = json_gets(entry, "policy");
	char pointer[40], at[80];
	size_t before = c->error_n;
	snprintf(pointer, sizeof pointer, "/bindings/%zu", i);
	if (!json_is(entry, JSON_OBJECT)) {
		api_field(c, pointer, "it must be an object: {\"server\", \"policy\"}");
		return;
	}
	for (struct json_iter it = json_iter(entry); json_next(&it);)
		if (!slice_is_among(it.key, known))
			api_field(c, pointer, "it has 'server' and 'policy', and nothing else");
	snprintf(at, sizeof at, "%s/server", pointer);
	out->server = name_of(c, json_gets(entry, "server"), at);
	snprintf(at, sizeof at, "%s/policy", pointer);
	if (policy && !json_is(policy, JSON_NULL))
		out->policy = name_of(c, policy, at);
	if (c->error_n == before)
		check_names(c, out, pointer);
}

static void read_bindings(struct api_call *c, struct store_grant *g)
{
	const struct json *list = json_gets(c->json, "bindings");
	char pointer[40];
	size_t i = 0;
	if (!list)
		return;
	if (!json_is(list, JSON_ARRAY) || json_count(list) > LIMIT_GRANT_BINDINGS) {
		api_field(c, "/bindings", "'bindings' is a list of at most %d, each {\"server\", \"policy\"}", LIMIT_GRANT_BINDINGS);
		return;
	}
	struct store_binding *v = arena_zalloc(&c->arena, (json_count(list) + 1) * sizeof *v);
	for (struct json_iter it = json_iter(list); v && json_next(&it); i++) {
		read_binding(c, it.value, i, &v[i]);
		for (size_t j = 0; v[i].server && j < i; j++)
			if (v[j].server && strcmp(v[i].server, v[j].server) == 0) {
				snprintf(pointer, sizeof pointer, "/bindings/%zu/server", i);
				api_field(c, pointer, "server '%s' stands twice: a grant has one policy for each", v[i].server);
				break;
			}
	}
	g->bindings = v;
	g->binding_n = i;
}

bool grant_read(struct api_call *c, struct store_grant *g)
{
	/* Those behind bindings are the gate's to say: who read a grant may send all of it back. */
	static const char *const known[] = { "label", "subject", "tags", "expires_at", "bindings", "id", "created_at", "revoked_at", "state", "last_used_at", NULL };
	(void)!api_only(c, known);
	read_label(c, g);
	read_tags(c, g);
	read_expiry(c, g);
	read_bindings(c, g);
	return c->error_n == 0;
}
