/* What was seen of tools, into the store: with what their list had no word for and an earlier one had. */
#include "gate/pinning.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "json/canonical.h"
#include "store/pins.h"

static bool could_tell(const char *member, const struct json *kept, unsigned told)
{
	if (strcmp(member, "annotations") == 0)
		return told & PIN_TELLS_ANNOTATIONS;
	if (strcmp(member, "title") == 0)
		return told & PIN_TELLS_TITLE;
	if (strcmp(member, "outputSchema") != 0)
		return true;
	return told & (slice_is(json_string(json_gets(kept, "type")), "object") ? PIN_TELLS_OUTPUT : PIN_TELLS_ANY_OUTPUT);
}

/* Canonical, as pin_of() hashes it: its members in order. */
static void write_definition(struct buf *b, const struct json *tool, const struct json *kept, unsigned told)
{
	static const char *const members[] = { "annotations", "description", "inputSchema", "name", "outputSchema", "title" };
	const char *comma = "{";
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const struct json *v = json_gets(tool, members[i]), *old = json_gets(kept, members[i]);
		if (!v && old && !could_tell(members[i], old, told))
			v = old;
		if (!v)
			continue;
		buf_addf(b, "%s\"%s\":", comma, members[i]);
		json_canonical(b, v);
		comma = ",";
	}
	buf_adds(b, *comma == '{' ? "{}" : "}");
}

static void write_findings(struct buf *b, const struct pin_finding *v, size_t n)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s{\"name\":", i ? "," : "");
		buf_add_json_string(b, slice_str(v[i].name));
		buf_addf(b, ",\"certain\":%s,\"where\":", v[i].is_certain ? "true" : "false");
		buf_add_json_string(b, slice_str(v[i].where));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static bool fill(struct gate *g, const char *server, const struct pin_note *note, struct store_pin_change *c,
		 struct arena *a, struct err *e)
{
	static const enum store_pin_what whats[] = {
		[PIN_NEWS_TAKEN] = STORE_PIN_TAKE, [PIN_NEWS_MORE] = STORE_PIN_MORE, [PIN_NEWS_WAITING] = STORE_PIN_WAIT,
		[PIN_NEWS_BACK] = STORE_PIN_BACK,
	};
	struct store_pin old = { 0 };
	const struct pin_finding *found;
	bool has_old = false;
	*c = (struct store_pin_change){ .what = whats[note->news], .tool = json_string(json_gets(note->tool, "name")), .told = note->told };
	if (note->news != PIN_NEWS_TAKEN && !store_pin_get(g->o.store, server, c->tool, a, &old, &has_old, e))
		return false;
	const struct json *kept = old.definition.p ? json_read(old.definition, a, e) : NULL;
	if (old.definition.p && !kept)
		return false;
	struct buf text = BUF_INIT((size_t)1 << 30), findings = BUF_INIT(65536);
	write_definition(&text, note->tool, kept, note->told);
	c->told |= note->news == PIN_NEWS_MORE ? old.told : 0;
	digest_sha256(buf_slice(&text), c->pin);
	size_t n = pins_findings(g->o.pins, slice_str(server), c->tool, &found);
	write_findings(&findings, found, n);
	c->definition = slice_of(arena_strndup(a, text.p, text.n), text.n);
	c->findings = slice_of(arena_strndup(a, findings.p, findings.n), findings.n);
	buf_release(&text);
	buf_release(&findings);
	return (c->definition.p && c->findings.p) || err_set(e, ERR_LIMIT, "the definitions are too large");
}

static bool write_all(struct gate *g, const char *server, const struct pin_note *v, size_t n, struct arena *a, bool *lost,
		      struct err *e)
{
	struct store_pin_change *changes = arena_alloc(a, n * sizeof *changes);
	if (!changes)
		return err_set(e, ERR_LIMIT, "the list is too long");
	for (size_t i = 0; i < n; i++)
		if (!fill(g, server, &v[i], &changes[i], a, e))
			return false;
	return store_pins_write(g->o.store, server, changes, n, lost, e);
}

/* A server that changes with each list does not make the gate write with each list. */
static bool may_write(struct gate *g, const struct pin_note *v, size_t n)
{
	uint64_t now = loop_now_us(g->o.loop), every = LIMIT_PINS_WRITE_MS * 1000ull;
	bool is_first = true;
	for (size_t i = 0; i < n; i++)
		is_first &= v[i].news == PIN_NEWS_TAKEN || v[i].news == PIN_NEWS_MORE;
	if (is_first)
		return true;
	/* pins_written_us: when all writes so far would be over, one after the other */
	if (g->pins_written_us < now)
		g->pins_written_us = now;
	if (g->pins_written_us - now >= LIMIT_PINS_WRITES * every)
		return false;
	g->pins_written_us += every;
	return true;
}

void pinning_write(struct gate *g, const char *server, const struct pin_note *v, size_t n)
{
	struct arena a;
	struct err e = { 0 };
	bool lost = false, is_late = false;
	if (!g->o.store || pins_mode(g->o.pins) == PINS_OFF)
		return;
	arena_init(&a, LIMIT_PINS_ARENA);
	is_late = !may_write(g, v, n);
	bool is_good = !is_late && write_all(g, server, v, n, &a, &lost, &e);
	arena_release(&a);
	if (is_good && !lost)
		return;
	if (!is_late && !is_good)
		log_error(server, "its tools cannot be kept as they were seen, and wait: %s", e.text);
	for (size_t i = 0; i < n; i++)
		if (!lost && v[i].news != PIN_NEWS_BACK)
			pins_undo(g->o.pins, slice_str(server), json_string(json_gets(v[i].tool, "name")));
	if (lost && !gate_load_pins(g, &e))
		log_error("pins", "cannot be read: %s", e.text);
}
