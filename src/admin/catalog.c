/*
 * The kept catalogue over HTTP: /api/v1/catalog. For those who may see all of the gate, and for approvers with
 * their token. The file is read on workers; what a worker needs is copied, and its answer finds the request by
 * id. docs/openapi.yaml describes it.
 */
#include "admin/catalog.h"
#include "admin/routes.h"
#include "base/check.h"
#include "base/limits.h"
#include "catalog/show.h"

#define PREFIX "/api/v1/catalog"
#define ETAG_SIZE 35 /* 16 bytes as hex, quotes, NUL */

static void finish(struct ask *k)
{
	arena_release(&k->arena);
	buf_release(&k->out);
	free(k);
}

static void etag_of(struct slice body, char out[ETAG_SIZE])
{
	unsigned char hash[DIGEST_SIZE];
	digest_blake2b(body, hash);
	out[0] = '"';
	digest_hex(hash, 16, out + 1);
	out[33] = '"';
	out[34] = '\0';
}

/* RFC 9110, 13.1.2: a list of tags, or "*"; weak ones are compared without their mark. */
static bool is_known(struct slice header, const char *etag)
{
	size_t n = strlen(etag);
	if (slice_is(slice_trim(header), "*"))
		return true;
	for (size_t i = 0; i + n <= header.n; i++)
		if (memcmp(header.p + i, etag, n) == 0)
			return true;
	return false;
}

static void send(const struct ask *k)
{
	char etag[ETAG_SIZE];
	struct http_header h[] = {
		{ SLICE_LIT("Content-Type"), SLICE_LIT("application/json") },
		{ SLICE_LIT("Cache-Control"), SLICE_LIT("private, no-cache") },
		{ SLICE_LIT("ETag"), slice_of(etag, ETAG_SIZE - 1) },
	};
	bool is_tagged = k->kind != ASK_CLASSIFY;
	etag_of(buf_slice(&k->out), etag);
	if (is_tagged && k->if_none_match.n && is_known(k->if_none_match, etag))
		http_respond(k->admin->o.http, k->request, 304, h + 1, 2, slice_of(NULL, 0));
	else
		http_respond(k->admin->o.http, k->request, 200, h, is_tagged ? 3 : 2, buf_slice(&k->out));
}

static void answer(const struct ask *k)
{
	char text[320];
	switch (k->end) {
	case ADVICE_FOUND:
		if (buf_ok(&k->out))
			send(k);
		else
			admin_problem(k->admin, k->request, 500, "the answer is too long: ask for less with limit=");
		return;
	case ADVICE_UNKNOWN: admin_problem(k->admin, k->request, 404, k->err.text); return;
	case ADVICE_WRONG: admin_problem(k->admin, k->request, 400, k->err.text); return;
	case ADVICE_FAILED: break;
	}
	snprintf(text, sizeof text, "the catalogue cannot be read: %.240s", k->err.text);
	admin_problem(k->admin, k->request, 503, text);
}

static void work(void *ctx)
{
	struct ask *k = ctx;
	const struct advice *a = k->admin->o.advice;
	switch (k->kind) {
	case ASK_NOTHING: BUG_ON(true);
	case ASK_TOTALS: k->end = advice_totals(a, &k->out, &k->err); return;
	case ASK_SERVERS: k->end = advice_servers(a, &k->query, &k->out, &k->err); return;
	case ASK_SERVER: k->end = advice_server(a, k->server, &k->out, &k->err); return;
	case ASK_POLICY: k->end = advice_policy(a, k->server, &k->out, &k->err); return;
	case ASK_TOOLS: k->end = advice_tools(a, &k->query, &k->out, &k->err); return;
	case ASK_TOOL: k->end = advice_tool(a, k->server, k->name, &k->out, &k->err); return;
	case ASK_CHANGES: k->end = advice_changes(a, &k->query, &k->out, &k->err); return;
	case ASK_ATTACKS: k->end = advice_attacks(&k->out); return;
	case ASK_ATTACK: k->end = advice_attack(k->name, &k->out, &k->err); return;
	case ASK_CLASSIFY: k->end = advice_classify(k->body, &k->out, &k->err); return;
	case ASK_REFRESH: BUG_ON(true);
	}
}

/* The administration may be gone by now: the last one to leave frees it. */
static void on_worked(void *ctx)
{
	struct ask *k = ctx;
	struct admin *a = k->admin;
	a->questions--;
	if (!a->is_gone)
		answer(k);
	finish(k);
	admin_leave(a);
}

static void start(struct ask *k)
{
	struct admin *a = k->admin;
	if (a->questions >= LIMIT_ADVICE_ASKS) {
		admin_problem(a, k->request, 503, "too many questions to the catalogue are under way; try again later");
		finish(k);
		return;
	}
	a->questions++;
	admin_stay(a);
	lane_work(a->o.lane, work, on_worked, k);
}

static void on_refreshed(void *ctx)
{
	struct ask *k = ctx;
	struct admin *a = k->admin;
	struct catalog_status s = catalog_status(a->o.catalog, k->server, loop_now_us(a->o.loop));
	if (!s.is_known || s.is_stale) {
		admin_problem(a, k->request, 502, "the server could not be asked for its tools: see gatehouse status");
	} else {
		buf_adds(&k->out, "{\"server\":");
		show_json(&k->out, k->server, 0);
		buf_addf(&k->out, ",\"tools\":%zu,\"refused\":%zu}", s.tools, s.refused);
		admin_answer(a, k->request, 200, buf_slice(&k->out));
	}
	finish(k);
}

/* Only of the gate's own servers: the gate asks it for its tools. */
static void refresh(struct ask *k)
{
	struct admin *a = k->admin;
	struct upstream *u = registry_get(a->o.registry, k->server);
	if (!k->may_manage) {
		admin_problem(a, k->request, 403, "this needs the role admin");
	} else if (!u) {
		admin_problem(a, k->request, 404, "this is no server of the gate: others come in by gatehouse catalog add");
	} else {
		catalog_mark_stale(a->o.catalog, k->server);
		gate_survey(a->o.gate, upstream_name(u), on_refreshed, k);
		return;
	}
	finish(k);
}

static void go(struct ask *k)
{
	if (k->kind == ASK_REFRESH)
		refresh(k);
	else
		start(k);
}

static void on_greeted(void *ctx, uint64_t number, const struct approvals_answer *answer_of)
{
	struct ask *k = ctx;
	(void)number;
	if (!answer_of->is_stranger && !answer_of->failed) {
		go(k);
		return;
	}
	if (answer_of->failed)
		admin_problem(k->admin, k->request, 503, "the approvers cannot be looked up; try again later");
	else
		admin_problem(k->admin, k->request, 401, "a valid token of an approver is needed: gatehouse approver add NAME");
	finish(k);
}

static struct ask *ask_new(struct api_call *c)
{
	struct ask *k = mem_zalloc(sizeof *k);
	k->admin = c->admin;
	k->request = c->request;
	arena_init(&k->arena, LIMIT_ADVICE_BYTES + (1u << 20));
	buf_init(&k->out, LIMIT_ADVICE_ANSWER);
	char *text = arena_strndup(&k->arena, c->if_none_match.n ? c->if_none_match.p : "", c->if_none_match.n);
	k->if_none_match = slice_of(text, text ? c->if_none_match.n : 0);
	return k;
}

/* The question leaves the call behind: its answer is made of what the worker found. */
static void begin(struct ask *k, struct api_call *c)
{
	struct approvals_caller who = { .token = c->bearer };
	k->may_manage = principal_may(&c->who, MAY_MANAGE, k->server);
	if (c->who.kind == PRINCIPAL_APPROVER)
		approvals_greet(c->admin->o.approvals, &who, on_greeted, k, 0);
	else
		go(k);
}

void catalog_call_begin(struct api_call *c)
{
	struct slice prefix = SLICE_LIT(PREFIX);
	struct http_header type = { SLICE_LIT("Content-Type"), c->body_type };
	struct http_request r = { .method = c->route->method, .query = c->query, .body = c->body,
				  .headers = { &type, c->body_type.p ? 1 : 0 } };
	char why[160] = "";
	if (c->who.kind == PRINCIPAL_APPROVER && !c->admin->o.approvals) {
		api_fail(c, 401, "this gate keeps no approvals, and so has no approvers");
		api_answer(c);
		return;
	}
	struct ask *k = ask_new(c);
	int status = route_read(&r, slice_of(c->path.p + prefix.n, c->path.n - prefix.n), k, why, sizeof why);
	if (status != 200) {
		finish(k);
		api_fail(c, status, "%s", why);
	} else {
		begin(k, c);
		c->is_streaming = true;
	}
	api_answer(c);
}
