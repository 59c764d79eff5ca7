/* Reviews of tools: what waits, in what it differs from what was reviewed, and a person's word on it. */
#include "admin/routes.h"
#include "admin/sight.h"
#include "author/difference.h"
#include "base/limits.h"
#include "store/pins.h"

/* Members behind those that store_pin_write_json writes. */
static void add_difference(struct api_call *c, struct buf *b, const struct store_pin *p)
{
	struct differences d;
	struct err e = { 0 };
	if (!p->definition.p || !p->waiting.p)
		return;
	const struct json *from = json_read(p->definition, &c->arena, &e), *to = json_read(p->waiting, &c->arena, &e);
	if (!from || !to)
		return;
	bool is_whole = differences_find(from, to, &c->arena, &d);
	buf_adds(b, ",\"difference\":");
	differences_write_json(b, &d);
	buf_addf(b, ",\"is_difference_whole\":%s", is_whole ? "true" : "false");
}

static void add_pin(struct api_call *c, const struct store_pin *p)
{
	struct buf *b = &c->out;
	store_pin_write_json(b, p);
	if (!buf_ok(b))
		return;
	b->n--; /* the brace */
	add_difference(c, b, p);
	buf_addc(b, '}');
}

struct listing {
	struct api_call *c;
	size_t n, limit;
	bool has_more;
	char *last;
};

static bool may_see(void *ctx, struct slice server)
{
	struct listing *l = ctx;
	return principal_may(&l->c->who, MAY_SEE, server);
}

static bool on_pin(void *ctx, const struct store_pin *p)
{
	struct listing *l = ctx;
	if (l->n == l->limit) {
		l->has_more = true;
		return false;
	}
	buf_adds(&l->c->out, l->n++ ? "," : "");
	add_pin(l->c, p);
	l->last = arena_printf(&l->c->arena, "%s/%s", p->server, p->tool);
	return l->last != NULL;
}

void pins_list(struct api_call *c)
{
	struct listing l = { .c = c };
	struct slice server = api_query(c, "server"), cursor = api_query(c, "cursor");
	struct err e = { 0 };
	uint64_t total = 0;
	if (!api_limit(c, &l.limit))
		return;
	struct store_pins_ask ask = { .server = server.n ? server.p : NULL, .cursor = cursor, .sees = may_see, .ctx = &l };
	if (cursor.n && !memchr(cursor.p, '/', cursor.n)) {
		api_parameter(c, "cursor", "cursor is what 'next' of the page before was");
		return;
	}
	buf_adds(&c->out, "{\"tools\":[");
	if (!store_pins_waiting(c->store, &ask, &c->arena, on_pin, &l, &total, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	buf_addf(&c->out, "],\"total\":%llu", (unsigned long long)total);
	if (l.has_more) {
		buf_adds(&c->out, ",\"next\":");
		buf_add_json_string(&c->out, slice_str(l.last));
	}
	buf_addc(&c->out, '}');
}

struct word {
	struct slice server, tool, pin, decision, note;
	bool is_yes;
};

static bool read_word(struct api_call *c, struct word *w)
{
	static const char *const names[] = { "server", "tool", "pin", "decision", "note", NULL };
	*w = (struct word){ .note = slice_of("", 0) };
	if (!api_text(c, "server", LIMIT_NAME, &w->server) || !api_text(c, "tool", LIMIT_RECORD_TEXT, &w->tool) ||
	    !api_text(c, "pin", 2 * STORE_PIN_SIZE, &w->pin) || !api_text(c, "decision", 10, &w->decision) ||
	    !api_text(c, "note", LIMIT_RECORD_TEXT, &w->note) || !api_only(c, names))
		return false;
	w->is_yes = slice_is(w->decision, "accept");
	if (!w->server.n)
		api_field(c, "/server", "name the server");
	if (!w->tool.n)
		api_field(c, "/tool", "name the tool");
	if (!w->pin.n)
		api_field(c, "/pin", "say which definition is meant: the pin of 'waiting', at least 8 digits of it");
	if (!w->is_yes && !slice_is(w->decision, "reject"))
		api_field(c, "/decision", "decision is accept or reject");
	return !c->error_n;
}

/* As the records of changes and the command line name people. */
static const char *person_of(struct api_call *c)
{
	const char *name = c->who.name ? c->who.name : "";
	return c->who.kind == PRINCIPAL_LOCAL ? arena_printf(&c->arena, "unix:%s", name) : name;
}

void pins_review(struct api_call *c)
{
	struct word w;
	struct err e = { 0 };
	if (!read_word(c, &w) || !api_permit(c, MAY_POLICY, w.server))
		return;
	struct store_pin_review v = { .server = w.server.p, .tool = w.tool.p, .pin = w.pin.p, .note = w.note.n ? w.note.p : "",
		                      .person = person_of(c), .is_yes = w.is_yes };
	if (!v.person) {
		api_fail(c, 413, "the request is too large");
	} else if (!store_pin_review(c->store, &v, &e)) {
		api_fail(c, e.kind == ERR_INPUT || e.kind == ERR_LIMIT ? 409 : 503, "%s", e.text);
	} else {
		char *after = arena_printf(&c->arena, "{\"decision\":\"%s\",\"pin\":\"%s\"}", w.is_yes ? "accept" : "reject", v.pin);
		char *id = arena_printf(&c->arena, "%s/%s", v.server, v.tool);
		api_changed(c, w.is_yes ? "tool.accept" : "tool.reject", "tool", slice_str(id ? id : v.tool), slice_of("", 0), slice_str(after ? after : ""));
		c->change.note = v.note;
		c->event_server = w.server;
		buf_adds(&c->out, w.is_yes ? "{\"accepted\":true}" : "{\"rejected\":true}");
	}
}

/* In force before it is answered. */
void pins_review_begin(struct api_call *c)
{
	struct err e = { 0 };
	if (!gate_load_pins(c->admin->o.gate, &e))
		api_fail(c, 503, "%s", e.text);
	api_answer(c);
}
