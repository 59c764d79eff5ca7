/* The routes of administration, in one table. */
#include "admin/admin.h"
#include "base/check.h"
#include "base/limits.h"
#include "admin/api_inside.h"
#include "admin/inside.h"
#include "admin/tools_seen.h"

void admin_answer(struct admin *a, struct http_request_id id, int status, struct slice body)
{
	struct http_header h = { SLICE_LIT("Content-Type"), SLICE_LIT("application/json") };
	http_respond(a->o.http, id, status, &h, 1, body);
}

/* RFC 9457. */
void admin_problem(struct admin *a, struct http_request_id id, int status, const char *detail)
{
	struct buf b = BUF_INIT(4096);
	struct http_header h[2] = { { SLICE_LIT("Content-Type"), SLICE_LIT("application/problem+json") },
		                    { SLICE_LIT("WWW-Authenticate"), SLICE_LIT("Bearer realm=\"gatehouse approvals\"") } };
	buf_addf(&b, "{\"type\":\"about:blank\",\"status\":%d,\"title\":", status);
	buf_add_json_string(&b, slice_str(http_reason(status)));
	buf_adds(&b, ",\"detail\":");
	buf_add_json_string(&b, slice_str(detail));
	buf_addc(&b, '}');
	http_respond(a->o.http, id, status, h, status == 401 ? 2 : 1, buf_slice(&b));
	buf_release(&b);
}

/* RFC 9110, 15.5.6: the methods that there are. */
void admin_refuse_method(struct admin *a, struct http_request_id id, const char *detail, struct slice allow)
{
	struct buf b = BUF_INIT(4096);
	struct http_header h[2] = { { SLICE_LIT("Content-Type"), SLICE_LIT("application/problem+json") },
		                    { SLICE_LIT("Allow"), allow } };
	buf_adds(&b, "{\"type\":\"about:blank\",\"status\":405,\"title\":\"Method Not Allowed\",\"detail\":");
	buf_add_json_string(&b, slice_str(detail));
	buf_addc(&b, '}');
	http_respond(a->o.http, id, 405, h, 2, buf_slice(&b));
	buf_release(&b);
}

static void problem(struct admin *a, const struct http_request *r, int status, const char *detail)
{
	admin_problem(a, r->id, status, detail);
}

/* Tools are asked for where they are not known yet, and the answer waits for all of it. */
struct listing {
	struct admin *admin;
	struct http_request_id request;
	size_t waiting;
};

static void on_surveyed(void *ctx)
{
	struct listing *l = ctx;
	BUG_ON(!l->waiting);
	if (--l->waiting)
		return;
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct http_header h = { SLICE_LIT("Content-Type"), SLICE_LIT("application/json") };
	tools_write(&b, l->admin);
	if (buf_ok(&b))
		http_respond(l->admin->o.http, l->request, 200, &h, 1, buf_slice(&b));
	else
		http_respond(l->admin->o.http, l->request, 500, &h, 1,
		             SLICE_LIT("{\"status\":500,\"detail\":\"the list of tools is too long for one answer\"}"));
	buf_release(&b);
	free(l);
}

static void get_tools(struct admin *a, const struct http_request *r)
{
	struct listing *l = mem_alloc(sizeof *l);
	*l = (struct listing){ a, r->id, 1 };
	size_t at = 0;
	for (struct upstream *u; (u = registry_next(a->o.registry, &at));) {
		struct slice name = slice_str(upstream_name(u));
		struct catalog_status s = catalog_status(a->o.catalog, name, loop_now_us(a->o.loop));
		if (s.is_known && !s.is_stale)
			continue;
		l->waiting++;
		gate_survey(a->o.gate, upstream_name(u), on_surveyed, l);
	}
	loop_defer(a->o.loop, on_surveyed, l);
}

static const struct route {
	enum http_method method;
	const char *path;
	void (*handle)(struct admin *a, const struct http_request *r);
} routes[] = {
	{ HTTP_GET, "/api/v1/tool-report", get_tools },
};

struct admin *admin_new(const struct admin_opts *o)
{
	struct admin *a = mem_zalloc(sizeof *a);
	a->o = *o;
	a->started_us = loop_now_us(o->loop);
	list_init(&a->streams);
	a->events = events_new(a);
	a->api = api_new(a);
	a->jobs = jobs_new(a);
	return a;
}

void admin_free(struct admin **a)
{
	struct admin *freed = *a;
	*a = NULL;
	if (freed) {
		api_free(&freed->api);
		jobs_free(&freed->jobs);
		events_free(&freed->events);
		tools_seen_unref(&freed->tools);
	}
	if (freed && freed->asks)
		freed->is_gone = true; /* the last answer of a worker frees it */
	else
		free(freed);
}

void admin_on_gone(struct admin *a, struct http_request_id id)
{
	for (struct list *at = a->streams.next; at != &a->streams; at = at->next) {
		struct admin_stream *s = list_entry(at, struct admin_stream, node);
		if (s->request.v != id.v)
			continue;
		s->on_gone(s->ctx);
		return;
	}
}

void admin_end_streams(struct admin *a)
{
	events_end(a->events);
}

void admin_stay(struct admin *a)
{
	a->asks++;
}

void admin_leave(struct admin *a)
{
	a->asks--;
	if (a->is_gone && !a->asks)
		free(a);
}

void admin_on_request(struct admin *a, const struct http_request *r)
{
	bool is_path = false;
	if (approvals_page(a, r))
		return;
	for (size_t i = 0; r->is_unix && i < ARRAY_LEN(routes); i++) {
		if (!slice_is(r->path, routes[i].path))
			continue;
		is_path = true;
		if (r->method == routes[i].method) {
			routes[i].handle(a, r);
			return;
		}
	}
	if (!is_path && api_on_request(a->api, r))
		return;
	if (is_path)
		problem(a, r, 405, "this path has another method; see docs/cli.md");
	else if (!console_request(a, r))
		problem(a, r, 404, "there is nothing here; MCP clients use /mcp/<server>, or /mcp for all");
}
