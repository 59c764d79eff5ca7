/* States of tools, from the lists of servers and from what people said. */
#include "gate/pinning.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/pins.h"

/* Whatever its client speaks, the gate offers each server the latest revision of the client's era, and the bridge leaves
 * out only what the older era has no word for (mcp/translate.h). */
static unsigned told_by(enum mcp_version v)
{
	return mcp_version_era(v) == MCP_ERA_MODERN ? PIN_TELLS_ALL : PIN_TELLS_ALL & ~PIN_TELLS_ANY_OUTPUT;
}

/* The program's own server changes with the program. */
static bool is_own(const char *server)
{
	return strcmp(server, STORE_BUILTIN_NAME) == 0;
}

static struct slice name_of(const struct json *tool)
{
	return json_string(json_gets(tool, "name"));
}

/* One line for all of a list: a server must not fill the log. */
static void tell(const struct gate *g, const char *server, const struct pin_note *v, size_t n)
{
	size_t waiting = 0;
	struct slice first = { 0 };
	for (size_t i = 0; i < n; i++) {
		enum pin_state s = pins_state(g->o.pins, slice_str(server), name_of(v[i].tool));
		if (v[i].news != PIN_NEWS_WAITING)
			continue;
		if (!waiting++)
			first = name_of(v[i].tool);
		if (s == PIN_POISONED)
			log_warn(server, "the definition of its tool '%.*s' speaks to the model, and waits for a person",
				 (int)first.n, first.p);
	}
	if (waiting)
		log_warn(server, "%zu of its tools changed or are new and %s for a person, '%.*s' first: gatehouse tools review %s",
			 waiting, pins_mode(g->o.pins) == PINS_FLAG ? "are marked" : "wait", SLICE_ARG(first), server);
}

static void settle(struct gate *g, const char *server, const struct json *tools, unsigned told)
{
	struct pin_note *notes = mem_alloc((json_count(tools) + 1) * sizeof *notes);
	size_t n = 0;
	for (struct json_iter it = json_iter(tools); json_next(&it);) {
		enum pin_news news;
		(void)pins_settle(g->o.pins, slice_str(server), name_of(it.value), &news);
		if (news)
			notes[n++] = (struct pin_note){ it.value, news, told };
	}
	if (n) {
		tell(g, server, notes, n);
		pinning_write(g, server, notes, n);
	}
	free(notes);
}

void pinning_take(struct gate *g, const char *server, const struct json *tools, enum mcp_version v)
{
	if (!g->o.pins || is_own(server) || !json_is(tools, JSON_ARRAY))
		return;
	const struct json **fresh = mem_alloc((json_count(tools) + 1) * sizeof *fresh);
	unsigned told = told_by(v);
	size_t n = 0;
	for (struct json_iter it = json_iter(tools); json_next(&it);) {
		bool is_new;
		pins_look(g->o.pins, slice_str(server), it.value, told, &is_new);
		if (is_new)
			fresh[n++] = it.value;
	}
	if (n)
		pinning_scan(g, server, fresh, n);
	free(fresh);
	settle(g, server, tools, told);
}

static void mark(struct gate *g, const char *server)
{
	struct slice name = slice_str(server);
	size_t at = 0;
	bool is_changed = false;
	for (struct catalog_tool *t; (t = catalog_next(g->o.catalog, name, &at));) {
		enum pin_state s = is_own(server) ? PIN_FREE : pins_state(g->o.pins, name, t->name);
		is_changed |= pins_holds(g->o.pins, s) != pins_holds(g->o.pins, t->pin);
		t->pin = s;
	}
	if (is_changed)
		catalog_touch(g->o.catalog);
}

void pinning_learnt(struct gate *g, const char *server)
{
	struct err e = { 0 };
	if (!g->o.pins)
		return;
	bool is_first = !is_own(server) && pins_close(g->o.pins, slice_str(server));
	if (is_first && g->o.store && pins_mode(g->o.pins) != PINS_OFF && !store_pins_close(g->o.store, server, &e))
		log_error(server, "cannot keep that its tools are known: %s", e.text);
	mark(g, server);
}

bool pinning_shows(struct gate *g, const char *server, const struct json *tool, enum mcp_version v)
{
	return !g->o.pins || is_own(server) ||
	       !pins_holds(g->o.pins, pins_state_of(g->o.pins, slice_str(server), tool, told_by(v)));
}

bool pinning_holds(const struct gate *g, const struct catalog_tool *t)
{
	return g->o.pins && pins_holds(g->o.pins, t->pin);
}

static bool facts_of(struct slice text, unsigned told, struct pin_facts *out)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *definition = text.p ? json_read(text, &a, &e) : NULL;
	if (definition)
		pin_facts_of(definition, told, out);
	arena_release(&a);
	return definition;
}

static bool load(struct gate *g, struct arena *a, struct err *e)
{
	const char *const *servers;
	struct store_pin *v;
	size_t server_n, n;
	if (!store_pins_version(g->o.store, &g->pins_version, e) || !store_pin_servers(g->o.store, a, &servers, &server_n, e) ||
	    !store_pins(g->o.store, NULL, false, a, &v, &n, e))
		return false;
	pins_load_begin(g->o.pins);
	for (size_t i = 0; i < server_n; i++)
		pins_load_server(g->o.pins, slice_str(servers[i]));
	for (size_t i = 0; i < n; i++) {
		struct pin_facts kept, waiting;
		bool is_kept = facts_of(v[i].definition, v[i].told, &kept),
		     is_waiting = facts_of(v[i].waiting, v[i].waiting_told, &waiting);
		pins_load(g->o.pins, slice_str(v[i].server), slice_str(v[i].tool), is_kept ? &kept : NULL,
			  is_waiting ? &waiting : NULL, v[i].is_rejected);
	}
	pins_load_end(g->o.pins);
	return true;
}

bool gate_load_pins(struct gate *g, struct err *e)
{
	struct arena a;
	size_t at = 0;
	if (!g->o.pins || !g->o.store || pins_mode(g->o.pins) == PINS_OFF)
		return true;
	arena_init(&a, LIMIT_PINS_ARENA);
	bool is_good = load(g, &a, e);
	arena_release(&a);
	for (struct upstream *u; is_good && (u = registry_next(g->o.registry, &at));)
		mark(g, upstream_name(u));
	return is_good;
}

/* Another process with this store may have been told what people said. */
static bool look_again(struct gate *g)
{
	struct err e = { 0 };
	int64_t version = g->pins_version;
	uint64_t now = loop_now_us(g->o.loop);
	if (!g->o.store || (g->pins_looked_us && now - g->pins_looked_us < LIMIT_PINS_LOOK_MS * 1000ull))
		return false;
	g->pins_looked_us = now;
	if (store_pins_version(g->o.store, &version, &e) && version == g->pins_version)
		return false;
	if (!e.kind && gate_load_pins(g, &e))
		return true;
	log_error("pins", "cannot be read: %s", e.text);
	return false;
}

void pinning_check(struct call *c)
{
	static const char *const why[PIN_STATES] = {
		[PIN_UNSEEN] = "was not compared with what was reviewed",
		[PIN_FREE] = "",
		[PIN_AS_REVIEWED] = "",
		[PIN_CHANGED] = "is not what was reviewed: its definition changed",
		[PIN_NEW] = "is new and was not reviewed",
		[PIN_POISONED] = "was not reviewed, and its definition speaks to the model",
		[PIN_REJECTED] = "was reviewed and rejected",
	};
	struct gate *g = c->gate;
	char text[400];
	const struct catalog_tool *t = c->tool;
	if (c->consent && t) { /* a person took their time: as it is listed now */
		t = catalog_tool(g->o.catalog, slice_str(c->server), c->name);
		t = t ? t : c->tool;
	}
	if (likely(!t || !pinning_holds(g, t)) || (look_again(g) && !pinning_holds(g, t)))
		return;
	snprintf(text, sizeof text, "the tool '%.*s' %s; an operator can look at it with: gatehouse tools review %s", SLICE_ARG(c->name),
		 why[t->pin], c->server);
	call_refuse_policy(c, "(pin)", text);
	c->decision.pointer[0] = '\0';
	c->decision.is_shadow = false;
	c->needs_yes = false;
}

struct gate_pins gate_pins(const struct gate *g)
{
	struct gate_pins n = { 0 };
	size_t at = 0;
	for (struct upstream *u; g->o.pins && (u = registry_next(g->o.registry, &at));) {
		size_t i = 0;
		for (struct catalog_tool *t; (t = catalog_next(g->o.catalog, slice_str(upstream_name(u)), &i));) {
			const struct pin_finding *v;
			n.held += pinning_holds(g, t);
			n.suspicious += pins_findings(g->o.pins, slice_str(upstream_name(u)), t->name, &v) > 0;
		}
	}
	return n;
}
