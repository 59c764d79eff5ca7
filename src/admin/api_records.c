/* Records of calls: a page of a search, one of them, and all of a search as a file. */
#include "admin/routes.h"
#include "admin/sight.h"
#include "audit/csv.h"
#include "audit/fields.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/lane.h"

struct page {
	struct api_call *c;
	size_t n, limit;
	bool has_more;
	char last[RANDOM_UUID_SIZE];
};

/* One more than the page has says that there is a next one. */
static bool add_record(void *ctx, const struct audit_record *r)
{
	struct page *p = ctx;
	if (p->n == p->limit) {
		p->has_more = true;
		return false;
	}
	if (p->n++)
		buf_addc(&p->c->out, ',');
	audit_write_json(&p->c->out, r);
	memcpy(p->last, r->id, sizeof p->last);
	return true;
}

static bool read_cursor(struct api_call *c, struct audit_filter *f)
{
	unsigned char id[AUDIT_ID_SIZE];
	f->before_id = api_query(c, "cursor");
	if (f->before_id.n && !audit_id_read(f->before_id, id))
		return api_parameter(c, "cursor", "cursor is what 'next' of the page before was");
	return true;
}

void records_list(struct api_call *c)
{
	struct audit_filter f;
	struct page p = { .c = c };
	struct records_look look = { .max = LIMIT_RECORDS_LOOK, .sees = sight_of(&c->who), .ctx = &c->who };
	struct err e = { 0 };
	char time[CLOCK_TEXT_SIZE];
	if (!records_filter(c, &f) || !read_cursor(c, &f) || !api_limit(c, &p.limit))
		return;
	f.limit = p.limit + 1;
	buf_adds(&c->out, "{\"records\":[");
	if (!records_search(c->store, &f, &look, add_record, &p, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	buf_addc(&c->out, ']');
	if (p.has_more || look.is_tired)
		buf_addf(&c->out, ",\"next\":\"%s\"", p.has_more ? p.last : look.last);
	if (!p.has_more && look.is_tired) {
		clock_text(look.searched_us, time);
		buf_addf(&c->out, ",\"searched_to\":\"%s\"", time);
	}
	buf_addc(&c->out, '}');
}

void records_get(struct api_call *c)
{
	struct audit_filter f = { .id = c->v[0], .limit = 2 };
	struct page p = { .c = c, .limit = 1 };
	struct records_look look = { .sees = sight_of(&c->who), .ctx = &c->who };
	struct err e = { 0 };
	unsigned char id[AUDIT_ID_SIZE];
	bool is_id = audit_id_read(c->v[0], id);
	if (is_id && !records_search(c->store, &f, &look, add_record, &p, &e))
		api_fail_err(c, &e, 503);
	else if (!p.n)
		api_fail(c, 404, "there is no such record: it may have been deleted by age");
}

/* A search that is written to its client piece by piece: a worker reads one, the loop sends it. */
struct export {
	struct admin_stream stream;
	struct admin *admin;
	struct http_request_id request;
	struct arena arena;
	struct principal who;
	struct audit_filter filter;
	struct store *store;
	char *data_dir;
	char last[RANDOM_UUID_SIZE], before[RANDOM_UUID_SIZE]; /* of what was read last, and where it goes on */
	struct buf out;
	bool is_csv, is_over, is_waiting;
	struct err err;
};

static void export_free(struct export *x)
{
	struct admin *a = x->admin;
	list_del(&x->stream.node);
	store_close(&x->store);
	buf_release(&x->out);
	arena_release(&x->arena);
	free(x);
	a->exports--;
	admin_leave(a);
}

static bool add_line(void *ctx, const struct audit_record *r)
{
	struct export *x = ctx;
	if (x->is_csv) {
		audit_write_csv(&x->out, r);
	} else {
		audit_write_json(&x->out, r);
		buf_addc(&x->out, '\n');
	}
	memcpy(x->last, r->id, sizeof x->last);
	return buf_ok(&x->out);
}

/* A page may be empty and not the last. */
static void export_work(void *ctx)
{
	struct export *x = ctx;
	struct store_opts o = { .data_dir = x->data_dir };
	struct records_look look = { .max = LIMIT_RECORDS_LOOK, .sees = sight_of_audit(&x->who), .ctx = &x->who };
	if (!x->store && !(x->store = store_open(&o, &x->err)))
		return;
	x->last[0] = '\0';
	x->filter.limit = LIMIT_EXPORT_STEP;
	if (!records_search(x->store, &x->filter, &look, add_line, x, &x->err))
		return;
	x->is_over = !x->last[0] && !look.is_tired;
	if (look.is_tired)
		memcpy(x->last, look.last, sizeof x->last);
	memcpy(x->before, x->last, sizeof x->before);
	x->filter.before_id = slice_str(x->before);
}

static void export_step(struct export *x);

static void on_drain(void *ctx, struct http_request_id id)
{
	struct export *x = ctx;
	(void)id;
	x->is_waiting = false;
	export_step(x);
}

/* What is on a worker finds out when it comes back. */
static void on_gone(void *ctx)
{
	struct export *x = ctx;
	if (x->is_waiting)
		export_free(x);
}

static void on_exported(void *ctx)
{
	struct export *x = ctx;
	struct http_server *http = x->admin->o.http;
	if (x->admin->is_gone) {
		export_free(x);
		return;
	}
	bool ok = !x->err.text[0] && buf_ok(&x->out) && (!x->out.n || http_write(http, x->request, buf_slice(&x->out)));
	buf_clear(&x->out);
	if (!ok || x->is_over) {
		if (ok)
			http_end(http, x->request);
		else
			http_abort(http, x->request); /* or it is gone already */
		export_free(x);
		return;
	}
	x->is_waiting = http_is_slow(http, x->request);
	if (x->is_waiting)
		http_on_drain(http, x->request, on_drain, x);
	else
		export_step(x);
}

static void export_step(struct export *x)
{
	lane_work(x->admin->o.lane, export_work, on_exported, x);
}

static bool keep(struct export *x, struct slice *s)
{
	char *p = arena_strndup(&x->arena, s->n ? s->p : "", s->n);
	*s = slice_of(p, p ? s->n : 0);
	return p != NULL;
}

static bool keep_filter(struct export *x, const struct audit_filter *f)
{
	x->filter = *f;
	struct slice *texts[] = { &x->filter.q, &x->filter.server, &x->filter.tool, &x->filter.grant,
		                  &x->filter.method, &x->filter.rule, &x->filter.subject };
	bool ok = true;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ok = keep(x, texts[i]) && ok;
	return ok;
}

/* Who may not see the organisation's may export what they audit. */
void records_export(struct api_call *c)
{
	struct slice format = api_query(c, "format");
	struct audit_filter *f = arena_zalloc(&c->arena, sizeof *f);
	c->own = f;
	if (!f)
		api_fail(c, 413, "the request is too large");
	else if (format.n && !slice_is(format, "jsonl") && !slice_is(format, "csv"))
		api_parameter(c, "format", "format is jsonl or csv");
	else
		records_filter(c, f);
}

static bool export_begin(struct api_call *c, struct export *x)
{
	struct http_header h[] = {
		{ SLICE_LIT("Content-Type"), x->is_csv ? SLICE_LIT("text/csv") : SLICE_LIT("application/jsonl") },
		{ SLICE_LIT("Content-Disposition"), x->is_csv ? SLICE_LIT("attachment; filename=\"records.csv\"") : SLICE_LIT("attachment; filename=\"records.jsonl\"") },
		{ SLICE_LIT("Cache-Control"), SLICE_LIT("no-store") },
		{ SLICE_LIT("X-Content-Type-Options"), SLICE_LIT("nosniff") },
	};
	return http_begin(c->admin->o.http, c->request, 200, h, ARRAY_LEN(h));
}

void records_export_begin(struct api_call *c)
{
	struct admin *a = c->admin;
	if (a->exports >= LIMIT_EXPORTS) {
		c->retry_s = 10;
		api_fail(c, 429, "%d exports are under way: wait until one has ended", LIMIT_EXPORTS);
		api_answer(c);
		return;
	}
	struct export *x = mem_zalloc(sizeof *x);
	x->admin = a;
	x->request = c->request;
	x->is_csv = slice_is(api_query(c, "format"), "csv");
	arena_init(&x->arena, 1u << 20);
	buf_init(&x->out, LIMIT_EXPORT_BYTES);
	x->data_dir = arena_strndup(&x->arena, store_dir(a->o.store), strlen(store_dir(a->o.store)));
	x->stream = (struct admin_stream){ .request = c->request, .on_gone = on_gone, .ctx = x };
	list_add_tail(&a->streams, &x->stream.node);
	a->exports++;
	admin_stay(a);
	c->is_streaming = true;
	if (!x->data_dir || !keep_filter(x, c->own) || !api_who_copy(&c->who, &x->arena, &x->who) || !export_begin(c, x)) {
		export_free(x);
	} else {
		if (x->is_csv)
			audit_write_csv_head(&x->out);
		export_step(x);
	}
	api_answer(c);
}
