/* One tool's row, put together: each part judges by what the parts before it found. */
#include "catalog/profile.h"
#include "base/limits.h"
#include "catalog/attach.h"
#include "catalog/fault.h"
#include "catalog/pin.h"
#include "catalog/tokens.h"

static const struct {
	const char *verb;
	enum category category;
} verbs[] = {
	{ "delete", CATEGORY_DESTRUCTIVE }, { "drop", CATEGORY_DESTRUCTIVE }, { "remove", CATEGORY_DESTRUCTIVE },
	{ "purge", CATEGORY_DESTRUCTIVE },  { "pay", CATEGORY_FINANCIAL },    { "transfer", CATEGORY_FINANCIAL },
	{ "run", CATEGORY_EXECUTE },	    { "exec", CATEGORY_EXECUTE },     { "clone", CATEGORY_EXECUTE },
	{ "create", CATEGORY_WRITE },	    { "update", CATEGORY_WRITE },     { "set", CATEGORY_WRITE },
	{ "add", CATEGORY_WRITE },	    { "write", CATEGORY_WRITE },      { "send", CATEGORY_WRITE },
};

static enum category judge(struct slice name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		size_t n = strlen(verbs[i].verb);
		if (name.n >= n && slice_ieq_bytes(name.p, verbs[i].verb, n))
			return verbs[i].category;
	}
	return CATEGORY_READ;
}

static void claim(const struct json *definition, struct profile *out)
{
	const struct catalog_hints *h = &out->claims;
	out->claims = catalog_hints(definition);
	out->is_disputed = out->category != CATEGORY_UNKNOWN &&
			   ((h->read_only == CATALOG_HINT_YES && out->category != CATEGORY_READ) ||
			    (h->read_only == CATALOG_HINT_NO && out->category == CATEGORY_READ) ||
			    (h->destructive == CATALOG_HINT_NO && out->category == CATEGORY_DESTRUCTIVE));
}

static void weigh(const struct json *definition, struct profile *out)
{
	struct buf text = BUF_INIT(LIMIT_MESSAGE_BYTES * 2);
	json_write(&text, definition);
	out->tokens = tokens_of(buf_slice(&text));
	buf_release(&text);
}

void profile_make(const struct json *definition, struct slice server, struct arena *a, struct profile *out)
{
	static const enum severity start[CATEGORIES] = {
		SEVERITY_CRITICAL, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH, SEVERITY_CRITICAL,
	};
	const char *fault = fault_of(definition);
	(void)server;
	(void)a;
	*out = (struct profile){ .name = json_string(json_gets(definition, "name")) };
	out->is_schemaless = !json_is(json_gets(definition, "inputSchema"), JSON_OBJECT);
	out->is_undescribed = !json_string(json_gets(definition, "description")).n;
	if (fault && !out->is_schemaless)
		out->refused = slice_str(fault);
	else
		out->category = judge(out->name);
	out->severity = start[out->category];
	out->confidence = out->refused.p ? 0 : 0.5;
	if (out->category != CATEGORY_UNKNOWN)
		out->evidence[out->evidence_n++] = (struct evidence){
			.pointer = "/name", .quote = out->name, .speaks_for = category_word(out->category), .weight = 1
		};
	out->labels |= out->category == CATEGORY_DESTRUCTIVE ? LABEL_BIT(LABEL_DESTROYS) : 0;
	out->labels |= out->category == CATEGORY_FINANCIAL ? LABEL_BIT(LABEL_SPENDS) : 0;
	claim(definition, out);
	attacks_attach(out, out->traits);
	weigh(definition, out);
	pin_of(definition, out->pin);
}
