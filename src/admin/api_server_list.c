/* GET /servers: the rows of the store on a worker, how each of them is on the loop. */
#include "admin/routes.h"
#include "admin/server_document.h"
#include "admin/server_live.h"
#include "base/check.h"

struct row {
	const struct store_server *server;
	struct server_view view;
	struct server_live live;
};

typedef int row_order(const void *a, const void *b);

struct listing {
	struct row *v;
	size_t n, from, limit;
	bool has_state, is_backwards, only_held;
	enum server_state state;
	row_order *order;
};

static int by_name(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return strcmp(x->server->name, y->server->name);
}

static int compare(size_t x, size_t y, const void *a, const void *b)
{
	return x < y ? -1 : x > y ? 1 : by_name(a, b);
}

static int by_state(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return compare(x->live.state, y->live.state, a, b);
}

static int by_tools(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return compare(x->live.tools, y->live.tools, a, b);
}

static int by_held(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return compare(x->live.held, y->live.held, a, b);
}

static int by_severity(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return compare(x->live.worst, y->live.worst, a, b);
}

static int by_updated(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	return compare((size_t)x->server->updated_us, (size_t)y->server->updated_us, a, b);
}

static bool read_sort(struct api_call *c, struct listing *l)
{
	static const struct {
		const char *name;
		row_order *order;
	} orders[] = { { "name", by_name }, { "state", by_state }, { "tools", by_tools }, { "held", by_held }, { "severity", by_severity }, { "updated_at", by_updated } };
	struct slice sort = api_query(c, "sort");
	l->is_backwards = sort.n && sort.p[0] == '-';
	if (l->is_backwards)
		sort = slice_of(sort.p + 1, sort.n - 1);
	l->order = sort.n ? NULL : by_name;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (slice_is(sort, orders[i].name))
			l->order = orders[i].order;
	return l->order || api_parameter(c, "sort", "sort is name, state, tools, held, severity or updated_at, with '-' before it for the greatest first");
}

static bool read_query(struct api_call *c, struct listing *l)
{
	struct slice state = api_query(c, "state"), held = api_query(c, "held");
	l->has_state = state.n > 0;
	l->only_held = slice_is(held, "true");
	if (l->has_state && !server_state_of(state, &l->state))
		return api_parameter(c, "state", "state is unknown, up, down or disabled");
	if (held.n && !l->only_held && !slice_is(held, "false"))
		return api_parameter(c, "held", "held is true or false");
	return read_sort(c, l) && api_page(c, &l->from, &l->limit);
}

static bool has_text(struct slice s, struct slice q)
{
	for (size_t i = 0; i + q.n <= s.n; i++)
		if (slice_ieq(slice_of(s.p + i, q.n), q))
			return true;
	return false;
}

/* Not in what is masked for who asks: else one could guess it letter by letter. */
static bool is_wanted(const struct row *r, struct slice q)
{
	const struct store_server *s = r->server;
	if (!q.n || has_text(slice_str(s->name), q))
		return true;
	if (s->url && has_text(slice_of(s->url, r->view.is_masked ? strcspn(s->url, "?#") : strlen(s->url)), q))
		return true;
	for (size_t i = 0; s->argv && s->argv[i] && (!i || !r->view.is_masked); i++)
		if (has_text(slice_str(s->argv[i]), q))
			return true;
	return false;
}

void servers_get(struct api_call *c)
{
	struct listing *l = arena_zalloc(&c->arena, sizeof *l);
	struct store_server *v = NULL;
	struct slice q = api_query(c, "q");
	struct err e = { 0 };
	size_t n = 0;
	if (!l || !read_query(c, l))
		return;
	if (!store_servers(c->store, &c->arena, &v, &n, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	l->v = arena_zalloc(&c->arena, (n + 1) * sizeof *l->v);
	for (size_t i = 0; l->v && i < n; i++) {
		struct slice name = slice_str(v[i].name);
		struct row *r = &l->v[l->n];
		if (!principal_may(&c->who, MAY_SEE, name))
			continue;
		r->server = &v[i];
		r->view.is_from_file = config_server_get(c->config, v[i].name) != NULL;
		r->view.is_masked = !principal_may(&c->who, MAY_MANAGE, name);
		l->n += is_wanted(r, q);
	}
	c->own = l;
}

static void write_row(struct api_call *c, const struct row *r, struct slice base)
{
	struct buf url = BUF_INIT(4096);
	buf_add_slice(&url, base);
	buf_addf(&url, "/mcp/%s", r->server->name);
	buf_addc(&c->out, '{');
	server_write(&c->out, r->server, &r->view);
	server_live_write(&c->out, &r->live);
	buf_adds(&c->out, ",\"endpoint\":");
	buf_add_json_string(&c->out, buf_slice(&url));
	buf_addc(&c->out, '}');
	buf_release(&url);
}

static void keep_wanted(struct api_call *c, struct listing *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct row *r = &l->v[i];
		server_live(c->admin, r->server->name, r->server->is_enabled, &r->live);
		if ((!l->has_state || r->live.state == l->state) && (!l->only_held || r->live.held))
			l->v[kept++] = *r;
	}
	l->n = kept;
}

void servers_get_begin(struct api_call *c)
{
	struct listing *l = c->own;
	struct buf base = BUF_INIT(4096);
	keep_wanted(c, l);
	qsort(l->v, l->n, sizeof *l->v, l->order);
	base_url_write(&base, c->admin, c->config);
	buf_adds(&c->out, "{\"servers\":[");
	for (size_t i = l->from; i < l->n && i - l->from < l->limit; i++) {
		buf_adds(&c->out, i > l->from ? "," : "");
		write_row(c, &l->v[l->is_backwards ? l->n - 1 - i : i], buf_slice(&base));
	}
	buf_release(&base);
	api_page_end(c, l->n, l->from, l->limit);
	c->status = 200;
	api_answer(c);
}
