/* Reviews of tools over the Unix socket: what waits, and a person's word on it. */
#include "admin/inside.h"
#include "base/limits.h"
#include "store/pins.h"

/* A server's name needs no escapes. "": of all. */
static bool read_server(const struct http_request *r, char out[LIMIT_NAME + 1])
{
	struct slice prefix = SLICE_LIT("server=");
	out[0] = '\0';
	if (!r->query.n)
		return true;
	if (!slice_starts(r->query, prefix) || r->query.n - prefix.n > LIMIT_NAME)
		return false;
	snprintf(out, LIMIT_NAME + 1, "%.*s", (int)(r->query.n - prefix.n), r->query.p + prefix.n);
	return true;
}

void pins_get(struct admin *a, const struct http_request *r)
{
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct store_pin *v;
	struct arena arena;
	struct err e = { 0 };
	char server[LIMIT_NAME + 1];
	size_t n;
	if (!read_server(r, server)) {
		admin_problem(a, r->id, 400, "the query is empty or server=NAME");
		return;
	}
	arena_init(&arena, LIMIT_PINS_ARENA);
	if (!store_pins(a->o.store, server[0] ? server : NULL, true, &arena, &v, &n, &e)) {
		admin_problem(a, r->id, 503, e.text);
		arena_release(&arena);
		return;
	}
	buf_adds(&b, "{\"tools\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? "," : "");
		store_pin_write_json(&b, &v[i]);
	}
	buf_adds(&b, "]}");
	if (buf_ok(&b))
		admin_answer(a, r->id, 200, buf_slice(&b));
	else
		admin_problem(a, r->id, 500, "the list is too long for one answer: ask for one server");
	buf_release(&b);
	arena_release(&arena);
}

static const char *text_of(struct arena *a, const struct json *body, const char *key)
{
	struct slice s = json_string(json_gets(body, key));
	return s.n && !memchr(s.p, 0, s.n) ? arena_strndup(a, s.p, s.n) : "";
}

/* {"server", "tool", "pin", "decision": "accept" or "reject", "note"} */
void pins_post(struct admin *a, const struct http_request *r)
{
	struct arena arena;
	struct err e = { 0 };
	char person[128] = "unix:", *name = person + strlen(person);
	arena_init(&arena, 1u << 20);
	admin_local_name(r->peer_uid, name, sizeof person - strlen(person));
	const struct json *body = json_read(r->body, &arena, &e);
	struct slice word = json_string(json_gets(body, "decision"));
	struct store_pin_review v = {
		.server = text_of(&arena, body, "server"),
		.tool = text_of(&arena, body, "tool"),
		.pin = text_of(&arena, body, "pin"),
		.note = text_of(&arena, body, "note"),
		.person = person,
		.is_yes = slice_is(word, "accept"),
	};
	if (!body || !v.server || !v.tool || !v.pin || !v.note || (!v.is_yes && !slice_is(word, "reject")))
		admin_problem(a, r->id, 400, "the body must have server, tool, pin and a decision: accept or reject");
	else if (!store_pin_review(a->o.store, &v, &e))
		admin_problem(a, r->id, e.kind == ERR_INPUT || e.kind == ERR_LIMIT ? 409 : 503, e.text);
	else if (!gate_load_pins(a->o.gate, &e))
		admin_problem(a, r->id, 503, e.text);
	else
		admin_answer(a, r->id, 200, v.is_yes ? SLICE_LIT("{\"accepted\":true}") : SLICE_LIT("{\"rejected\":true}"));
	arena_release(&arena);
}
