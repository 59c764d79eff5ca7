/* What definitions say beside what their tools do: instructions to the model, hidden characters, names made to be taken for another's. */
#include "gate/pinning.h"
#include "base/check.h"
#include "base/limits.h"
#include "scan/definition.h"

struct reading {
	struct gate *gate;
	struct slice server;
	const struct json *const *tools;
	size_t n;
};

/* Who boasts wants to be chosen: that is no order and hides nothing, and servers of good name do it. It is shown, and holds
 * no tool. */
static bool is_sure(const struct scan_finding *f)
{
	return f->certainty == SCAN_CERTAIN && strcmp(f->name, "boasting") != 0;
}

/* where: /tools/<i>/… of the row. */
static void on_finding(void *ctx, const char *where, const struct scan_finding *f)
{
	struct reading *r = ctx;
	struct pin_finding found = { .name = f->name, .is_certain = is_sure(f) };
	size_t i = 0;
	const char *at = strncmp(where, "/tools/", 7) == 0 ? where + 7 : "";
	if (f->kind != SCAN_INJECTION || f->certainty == SCAN_UNSURE || *at < '0' || *at > '9')
		return;
	for (; *at >= '0' && *at <= '9' && i < r->n; at++)
		i = i * 10 + (size_t)(*at - '0');
	if (i >= r->n)
		return;
	snprintf(found.where, sizeof found.where, "%s", at);
	pins_found(r->gate->o.pins, r->server, json_string(json_gets(r->tools[i], "name")), &found);
}

/* What other servers offer, as far as comparing with it stays short. */
static void add_peers(struct buf *b, struct gate *g, const char *server, size_t n)
{
	size_t at = 0, left = LIMIT_PIN_COMPARISONS / n;
	const char *comma = "";
	for (struct upstream *u; left && (u = registry_next(g->o.registry, &at));) {
		size_t i = 0, first = left;
		if (strcmp(upstream_name(u), server) == 0)
			continue;
		for (struct catalog_tool *t; left && (t = catalog_next(g->o.catalog, slice_str(upstream_name(u)), &i));) {
			if (t->definition.n > LIMIT_PIN_PEER_BYTES)
				continue;
			if (left-- == first) {
				buf_addf(b, "%s{\"server\":", comma);
				buf_add_json_string(b, slice_str(upstream_name(u)));
				buf_adds(b, ",\"tools\":[");
				comma = ",";
			} else {
				buf_addc(b, ',');
			}
			buf_add_slice(b, t->definition);
		}
		if (left != first)
			buf_adds(b, "]}");
	}
}

static const struct json *make_row(struct gate *g, const char *server, const struct json *const *tools, size_t n,
				   bool has_peers, struct arena *a)
{
	struct buf b = BUF_INIT(4 * (size_t)LIMIT_MESSAGE_BYTES);
	struct err e = { 0 };
	buf_adds(&b, "{\"server\":");
	buf_add_json_string(&b, slice_str(server));
	buf_adds(&b, ",\"tools\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&b, i ? "," : "");
		json_write(&b, tools[i]);
	}
	buf_adds(&b, "],\"peers\":[");
	if (has_peers)
		add_peers(&b, g, server, n);
	buf_adds(&b, "]}");
	const struct json *row = buf_ok(&b) ? json_read(buf_slice(&b), a, &e) : NULL;
	buf_release(&b);
	return row;
}

void pinning_scan(struct gate *g, const char *server, const struct json *const *tools, size_t n)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION), .source = SCAN_DEFINITION };
	struct reading r = { g, slice_str(server), tools, n };
	struct definition_report report = { on_finding, &r };
	struct err e = { 0 };
	struct arena a;
	struct scanner *s = scanner_new(&o, &e);
	BUG_ON(!s);
	arena_init(&a, LIMIT_PINS_ARENA);
	const struct json *row = make_row(g, server, tools, n, true, &a);
	if (!row)
		row = make_row(g, server, tools, n, false, &a);
	if (row)
		scan_definitions(s, row, &report);
	for (size_t i = 0; !row && i < n; i++) {
		/* Too large to be read by the scan: a person looks at it. */
		struct pin_finding f = { .name = "too-large-to-scan", .is_certain = true };
		pins_found(g->o.pins, r.server, json_string(json_gets(tools[i], "name")), &f);
	}
	arena_release(&a);
	scanner_free(&s);
}
