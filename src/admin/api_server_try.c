/* POST /servers/try: starts or asks a server that the gate does not have yet, and says what its tools can do. */
#include "admin/routes.h"
#include "admin/server_document.h"
#include "base/check.h"
#include "base/limits.h"
#include "catalog/profile.h"
#include "catalog/show.h"

struct trying {
	struct arena arena;
	struct store_server server;
	struct config *config;
	bool (*ask)(const struct server_trial *t, struct buf *tools, struct buf *who, struct err *e);
};

static void trying_free(void *ctx)
{
	struct trying *t = ctx;
	config_unref(&t->config);
	arena_release(&t->arena);
	free(t);
}

void servers_try(struct api_call *c)
{
	struct store_server kept, *s = arena_zalloc(&c->arena, sizeof *s);
	struct slice name = json_string(json_gets(c->json, "name"));
	struct server_view view = { .is_masked = true };
	struct buf b = BUF_INIT(1u << 20);
	struct err e = { 0 };
	bool is_kept = name.n && !memchr(name.p, 0, name.n) && store_server_get(c->store, name.p, &c->arena, &kept, &e);
	struct slice given = json_gets(c->json, "name") ? slice_of(NULL, 0) : SLICE_LIT("new-server");
	if (!s || !server_read(c, given, is_kept ? &kept : NULL, s))
		return;
	c->own = s;
	/* Nothing is kept of it, but a program was started: that is told. */
	buf_addc(&b, '{');
	server_write(&b, s, &view);
	buf_addc(&b, '}');
	api_changed(c, "server.try", "server", slice_str(s->name), slice_of(NULL, 0), buf_slice(&b));
	buf_release(&b);
}

struct tried {
	const struct json *definition;
	enum severity severity;
	size_t at;
};

static int by_severity(const void *a, const void *b)
{
	const struct tried *x = a, *y = b;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static void write_tool(struct buf *b, const struct json *definition, struct slice server)
{
	struct profile p;
	struct arena a;
	arena_init(&a, LIMIT_API_ARENA);
	profile_make(definition, server, &a, &p);
	buf_adds(b, "{\"name\":");
	show_json(b, p.name, 0);
	buf_adds(b, ",\"description\":");
	show_json(b, json_string(json_gets(definition, "description")), 0);
	if (json_is(json_gets(definition, "inputSchema"), JSON_OBJECT)) {
		buf_adds(b, ",\"inputSchema\":");
		json_write(b, json_gets(definition, "inputSchema"));
	}
	buf_adds(b, ",\"profile\":");
	profile_write(b, &p);
	buf_addc(b, '}');
	arena_release(&a);
}

/* The most dangerous first: that is what a person has to look at. */
static void write_tools(struct job *j, struct slice text, struct slice server)
{
	struct arena a;
	struct err e = { 0 };
	size_t n = 0;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *list = json_read(text, &a, &e);
	struct tried *v = arena_zalloc(&a, (json_count(list) + 1) * sizeof *v);
	if (!list || !v)
		job_fail(j, "its list of tools cannot be read");
	for (struct json_iter it = json_iter(v ? list : NULL); json_next(&it); n++) {
		struct arena of;
		struct profile p;
		arena_init(&of, LIMIT_API_ARENA);
		profile_make(it.value, server, &of, &p);
		v[n] = (struct tried){ it.value, p.severity, n };
		arena_release(&of);
	}
	if (n)
		qsort(v, n, sizeof *v, by_severity);
	for (size_t i = 0; i < n && !job_is_cancelled(j); i++) {
		buf_adds(job_result(j), i ? "," : "");
		write_tool(job_result(j), v[i].definition, server);
		job_progress(j, i + 1, n);
	}
	arena_release(&a);
}

static bool is_given_up(const void *job)
{
	return job_is_cancelled(job);
}

static void run(struct job *j, struct store *s, void *ctx)
{
	struct trying *t = ctx;
	struct buf tools = BUF_INIT(LIMIT_API_ANSWER), who = BUF_INIT(65536);
	struct err e = { 0 };
	const struct server_trial trial = { t->config, &t->server, is_given_up, j };
	(void)s;
	if (!t->ask(&trial, &tools, &who, &e)) {
		buf_adds(job_result(j), "{\"ok\":false,\"error\":");
		show_json(job_result(j), slice_str(e.text), 0);
		buf_adds(job_result(j), ",\"tools\":[]}");
	} else {
		buf_adds(job_result(j), "{\"ok\":true,\"server_info\":");
		buf_add_slice(job_result(j), buf_slice(&who));
		buf_adds(job_result(j), ",\"tools\":[");
		write_tools(j, buf_slice(&tools), slice_str(t->server.name));
		buf_adds(job_result(j), "]}");
	}
	buf_release(&tools);
	buf_release(&who);
}

void servers_try_begin(struct api_call *c)
{
	struct trying *t = mem_zalloc(sizeof *t);
	arena_init(&t->arena, 16u << 20);
	t->config = config_ref(c->config);
	t->ask = c->admin->o.try_server;
	struct job *j = NULL;
	if (!server_copy(&t->arena, c->own, &t->server))
		api_fail(c, 413, "the request is too large");
	else
		j = job_start(c, "server.try", run, trying_free, t);
	if (j)
		job_accept(c, j);
	else
		trying_free(t);
	api_answer(c);
}
