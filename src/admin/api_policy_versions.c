/* /policies/:name/…: the versions of a policy, going back to one, and what two of them decide differently. */
#include "admin/live.h"
#include "admin/policies.h"
#include "admin/routes.h"
#include "author/compare.h"
#include "author/difference.h"
#include "base/clock.h"
#include "base/limits.h"

static bool read_number(struct slice text, int64_t *out)
{
	unsigned long long n;
	if (!slice_u64(text, &n) || !n || n > INT64_MAX)
		return false;
	*out = (int64_t)n;
	return true;
}

static void write_version(struct buf *b, const struct store_policy *v)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->created_us, time);
	buf_addf(b, "{\"version\":%lld,\"is_current\":%s,\"author\":", (long long)v->version, v->is_current ? "true" : "false");
	buf_add_json_string(b, slice_str(v->author));
	buf_adds(b, ",\"note\":");
	buf_add_json_string(b, slice_str(v->note));
	buf_addf(b, ",\"created_at\":\"%s\"", time);
}

void policy_versions(struct api_call *c)
{
	struct slice cursor;
	struct policy_users u;
	struct store_policy current, *v;
	struct err e = { 0 };
	int64_t below = INT64_MAX, last = 0;
	size_t n, limit, shown = 0;
	bool is_there, is_more = false;
	if (!api_limit(c, &limit) || !api_cursor(c, &cursor))
		return;
	if (cursor.n && !read_number(cursor, &below)) {
		api_parameter(c, "cursor", "it is the next of the page before");
		return;
	}
	if (!policy_find(c, 0, false, &u, &current, &is_there))
		return;
	if (!store_policy_history(c->store, current.name, &c->arena, &v, &n, &e)) {
		api_fail_err(c, &e, 404);
		return;
	}
	buf_adds(&c->out, "{\"versions\":[");
	for (size_t i = 0; i < n; i++) {
		if (v[i].version >= below)
			continue;
		is_more = shown == limit;
		if (is_more)
			break;
		buf_adds(&c->out, shown++ ? "," : "");
		write_version(&c->out, &v[i]);
		buf_addc(&c->out, '}');
		last = v[i].version;
	}
	buf_addf(&c->out, "],\"total\":%zu", n);
	if (is_more)
		buf_addf(&c->out, ",\"next\":\"%lld\"", (long long)last);
	buf_addc(&c->out, '}');
}

void policy_version(struct api_call *c)
{
	struct policy_users u;
	struct store_policy v;
	struct arena a;
	int64_t number;
	bool is_there;
	if (!read_number(c->v[1], &number)) {
		api_fail(c, 404, "a version is a number from 1");
		return;
	}
	if (!policy_find(c, number, false, &u, &v, &is_there))
		return;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *document = json_read(v.text, &a, NULL);
	write_version(&c->out, &v);
	if (document) {
		buf_adds(&c->out, ",\"document\":");
		json_write(&c->out, document);
	}
	buf_adds(&c->out, ",\"text\":");
	buf_add_json_string(&c->out, v.text);
	buf_addc(&c->out, '}');
	arena_release(&a);
}

/* An old text becomes a new version, so that the history also says who went back, and when. */
void policy_restore(struct api_call *c)
{
	static const char *const members[] = { "version", "note", NULL };
	struct policy_users u;
	struct store_policy now, old;
	struct slice note = SLICE_LIT("");
	uint64_t version = 0;
	struct err e = { 0 };
	bool is_there;
	if (!policy_find(c, 0, false, &u, &now, &is_there) || !policy_check_writable(c, &u, now.name) || !api_only(c, members) ||
	    !api_count(c, "version", INT64_MAX, &version) || !api_text(c, "note", LIMIT_POLICY_NOTE, &note))
		return;
	if (!version || !store_policy_get(c->store, now.name, (int64_t)version, &c->arena, &old, &e)) {
		api_field(c, "/version", "%s", version ? e.text : "name the version: a number from 1");
		return;
	}
	const char *text = note.n ? note.p : arena_printf(&c->arena, "version %llu again", (unsigned long long)version);
	if (policy_loads(c, old.text, "/version"))
		policy_put(c, &u, &now, old.text, text ? text : "", "policy.restore");
}

struct comparing {
	struct live live;
	struct slice text[2];
};

static bool read_side(struct api_call *c, const char *name, int64_t otherwise, struct slice *text)
{
	struct slice word = api_query(c, name);
	struct store_policy v;
	struct err e = { 0 };
	int64_t version = otherwise;
	if (word.n && !read_number(word, &version))
		return api_parameter(c, name, "a version is a number from 1");
	if (!store_policy_get(c->store, c->v[0].p, version, &c->arena, &v, &e))
		return e.kind == ERR_INPUT ? api_parameter(c, name, "%s", e.text) : api_fail_err(c, &e, 503);
	*text = v.text;
	return true;
}

/* Both must load, as the judge needs them: an older version of the program may have kept what this one refuses. */
static bool loads(struct api_call *c, const char *name, struct slice text)
{
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(text, &problems);
	bool is_good = p || api_parameter(c, name, "this version does not load any more: %s", problems.n ? problems.v[0].text : "");
	policy_problems_release(&problems);
	policy_unref(&p);
	return is_good;
}

void policy_diff_work(struct api_call *c)
{
	struct policy_users u;
	struct store_policy now;
	struct comparing *k = arena_zalloc(&c->arena, sizeof *k);
	bool is_there;
	if (!policy_find(c, 0, false, &u, &now, &is_there))
		return;
	if (!k) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	k->live.wants_definitions = true;
	c->own = k;
	if (!api_query_text(c, "server", LIMIT_NAME, &k->live.server))
		return;
	if (k->live.server.n && !api_permit(c, MAY_SEE, k->live.server))
		return;
	if (read_side(c, "from", now.version > 1 ? now.version - 1 : 1, &k->text[0]) && read_side(c, "to", now.version, &k->text[1]) &&
	    loads(c, "from", k->text[0]))
		(void)loads(c, "to", k->text[1]);
}

static void write_diff(struct api_call *c, const struct differences *d, const struct comparison *m)
{
	buf_adds(&c->out, "{\"difference\":");
	differences_write_json(&c->out, d);
	buf_adds(&c->out, ",\"decisions\":{");
	comparison_write_json(&c->out, m);
	buf_adds(&c->out, "}}");
}

static void compare(struct api_call *c)
{
	struct comparing *k = c->own;
	struct buf tools = BUF_INIT(LIMIT_API_ANSWER);
	struct arena a;
	struct comparison m;
	struct differences d;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	struct compare_opts o = { .documents = { k->text[0], k->text[1] }, .now_us = clock_wall_us(), .arena = &a };
	const struct json *from = json_read(k->text[0], &a, NULL), *to = json_read(k->text[1], &a, NULL);
	if (k->live.is_known && !live_write(&k->live, &tools, &a))
		api_fail(c, 422, "the definitions of the tools are too large to look at at once");
	else if (!differences_find(from, to, &a, &d))
		api_fail(c, 422, "the versions differ in more than %d places", LIMIT_DIFFERENCES);
	if (!c->status) {
		o.tools = k->live.is_known ? buf_slice(&tools) : slice_of(NULL, 0);
		if (compare_policies(&o, &m, &e))
			write_diff(c, &d, &m);
		else
			api_fail_err(c, &e, 422);
	}
	buf_release(&tools);
	arena_release(&a);
}

static void on_live(struct api_call *c)
{
	struct comparing *k = c->own;
	if (c->status < 400 && !k->live.is_known)
		api_parameter(c, "server", "the tools of this server are not known: it cannot be asked for them now");
	if (c->status >= 400)
		api_answer(c);
	else
		api_work(c, compare);
}

/* Without a server, the names that the documents have: nothing has to be asked for. */
void policy_diff_begin(struct api_call *c)
{
	struct comparing *k = c->own;
	if (!k->live.server.n) {
		api_work(c, compare);
		return;
	}
	k->live.then = on_live;
	live_gather(c, &k->live);
}
