/*
 * What a grant sees of a server changes with its policy and with what the server offers: who
 * listens is told which list to ask for anew, and only of a list that looks different now.
 * Tools are compared as the catalogue has them; of prompts and resources the gate knows no list,
 * and compares what the policies say of them.
 */
#include "gate/changes.h"
#include "gate/pinning.h"
#include "base/limits.h"

/* By policy and server. A policy's address means something until other grants come. */
static uint64_t digest_tools(struct gate *g, const struct policy *p, struct slice server)
{
	unsigned char digest[DIGEST_SIZE];
	struct buf b = BUF_INIT(LIMIT_TOOLS_PER_SERVER * (LIMIT_TOOL_NAME + DIGEST_SIZE + 1));
	size_t at = 0;
	uint64_t value;
	for (struct catalog_tool *t; (t = catalog_next(g->o.catalog, server, &at));) {
		if (!p || pinning_holds(g, t) || !policy_shows_tool(p, t->name, risk_class(&t->risk)))
			continue;
		digest_blake2b(t->definition, digest);
		buf_add_slice(&b, t->name);
		buf_add(&b, digest, sizeof digest);
	}
	digest_blake2b(buf_slice(&b), digest);
	buf_release(&b);
	memcpy(&value, digest, sizeof value);
	return value | 1;
}

void changes_forget(struct gate *g)
{
	map_release(&g->digests);
	map_init(&g->digests);
	g->digests_at = catalog_changes(g->o.catalog);
}

uint64_t changes_seen(struct gate *g, const struct policy *p, const char *server)
{
	char key[sizeof p + LIMIT_NAME + 1];
	int n = snprintf(key + sizeof p, sizeof key - sizeof p, "%s", server);
	memcpy(key, &p, sizeof p);
	if (g->digests_at != catalog_changes(g->o.catalog))
		changes_forget(g);
	if (n < 0 || (size_t)n > LIMIT_NAME || !catalog_status(g->o.catalog, slice_str(server), 0).is_known)
		return 0;
	struct slice k = slice_of(key, sizeof p + (size_t)n);
	uint64_t *known = map_get(&g->digests, k);
	if (known)
		return (uint64_t)(uintptr_t)known;
	uintptr_t value = (uintptr_t)digest_tools(g, p, slice_str(server));
	map_put(&g->digests, k, (void *)value); /* the number itself, never 0: nothing to be freed */
	return (uint64_t)value;
}

static const struct policy *policy_of(const struct grant *grant, struct slice server)
{
	const struct grant_binding *b = grant ? grant_binding(grant, server) : NULL;
	return b ? b->policy : NULL;
}

static void look(struct inbound *in)
{
	bool is_changed = false;
	list_each_safe(it, next, &in->ears) {
		struct ear *ear = list_entry(it, struct ear, link);
		uint64_t seen = changes_seen(in->gate, policy_of(in->grant, slice_str(ear->server)), ear->server);
		if (seen == ear->seen || !seen)
			continue;
		/* What the server said itself was passed on; what was never seen has not changed. */
		is_changed |= ear->seen && !ear->is_told;
		ear->seen = seen;
		ear->is_told = false;
	}
	if (is_changed)
		subscription_changed(in, true, false, false);
}

void changes_look(struct gate *g)
{
	if (g->changes_at == catalog_changes(g->o.catalog))
		return;
	g->changes_at = catalog_changes(g->o.catalog);
	list_each_safe(it, next, &g->streams)
		look(list_entry(it, struct inbound, link));
	if (g->line)
		look(g->line);
}

void changes_came_back(struct gate *g, struct slice server)
{
	list_each_safe(it, next, &g->streams) {
		struct inbound *in = list_entry(it, struct inbound, link);
		bool has_it = false;
		list_each_safe(at, after, &in->ears) {
			struct ear *ear = list_entry(at, struct ear, link);
			if (!slice_is(server, ear->server))
				continue;
			has_it = true;
			ear->seen = changes_seen(g, policy_of(in->grant, server), ear->server);
		}
		if (has_it && merge_is_door(in))
			subscription_changed(in, true, true, true);
	}
}

static bool lacks_one_of(const struct grant *grant, const struct grant *of)
{
	for (size_t i = 0; of && i < of->binding_n; i++)
		if (of->bindings[i].policy && !policy_of(grant, of->bindings[i].server))
			return true;
	return false;
}

struct changes changes_between(struct inbound *in, const struct grant *now)
{
	struct changes c = { false, false, false };
	/* By the door to all servers one that came or went changes everything. */
	if (merge_is_door(in) && (lacks_one_of(now, in->grant) || lacks_one_of(in->grant, now)))
		return (struct changes){ true, true, true };
	list_each_safe(it, next, &in->ears) {
		struct ear *ear = list_entry(it, struct ear, link);
		const struct policy *old = policy_of(in->grant, slice_str(ear->server));
		const struct policy *new = policy_of(now, slice_str(ear->server));
		uint64_t seen = changes_seen(in->gate, new, ear->server);
		c.tools |= ear->seen && seen && ear->seen != seen;
		c.prompts |= !policy_same_names(old, new, POLICY_PROMPT);
		c.resources |= !policy_same_names(old, new, POLICY_RESOURCE);
		ear->seen = seen;
	}
	return c;
}

/* What the gate itself tells is more than some servers do. */
void changes_write_capabilities(struct buf *b, const struct json *capabilities)
{
	static const char *const lists[] = { "tools", "prompts", "resources" };
	struct member changes[ARRAY_LEN(lists)];
	struct buf texts[ARRAY_LEN(lists)];
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const struct json *v = json_gets(capabilities, lists[i]);
		buf_init(&texts[i], b->max);
		if (!json_is(v, JSON_OBJECT) || json_true(json_gets(v, "listChanged")))
			continue;
		json_write_with(&texts[i], v, SLICE_LIT("listChanged"), SLICE_LIT("true"));
		changes[n++] = (struct member){ slice_str(lists[i]), buf_slice(&texts[i]) };
	}
	members_write(b, capabilities, changes, n);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		buf_release(&texts[i]);
}
