/* GET /status: how the gate is, what it has, and what a person should look at. */
#include "admin/grant_document.h"
#include "admin/routes.h"
#include "admin/server_live.h"
#include "base/clock.h"
#include <stdarg.h>
#include <stdio.h>

#define SOON_US (7 * 86400ll * 1000000)
#define WARNINGS_OF_A_KIND 20

/* What the store has, for begin(). */
struct kept {
	struct store_server *servers;
	struct store_grant *grants;
	size_t server_n, grant_n, policy_n;
};

void status_get(struct api_call *c)
{
	struct kept *k = arena_zalloc(&c->arena, sizeof *k);
	struct store_policy *policies;
	struct err e = { 0 };
	c->own = k;
	if (!k)
		api_fail(c, 413, "the request is too large");
	else if (!store_servers(c->store, &c->arena, &k->servers, &k->server_n, &e) || !store_grants(c->store, &c->arena, &k->grants, &k->grant_n, &e) ||
		 !store_policies(c->store, &c->arena, &policies, &k->policy_n, &e))
		api_fail_err(c, &e, 0);
}

struct telling {
	struct api_call *call;
	const struct kept *kept;
	bool is_all; /* who asks sees the organisation */
	bool has_warning;
};

static bool sees(const struct telling *t, const char *server)
{
	return t->is_all || principal_may(&t->call->who, MAY_SEE, slice_str(server));
}

static void add_server(struct buf *b, const struct upstream *u)
{
	static const char *const states[] = { [UPSTREAM_UNKNOWN] = "unknown", [UPSTREAM_UP] = "up", [UPSTREAM_DOWN] = "down" };
	struct upstream_status s;
	upstream_status(u, &s);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, slice_str(upstream_name(u)));
	buf_addf(b, ",\"transport\":\"%s\",\"state\":\"%s\",\"last_error\":", upstream_transport(u), states[s.state]);
	buf_add_json_string(b, slice_str(s.last_error));
	buf_addf(b, ",\"calls_in_flight\":%zu,\"children\":%zu,\"restarts\":%llu}", s.calls_in_flight, s.children,
	         (unsigned long long)s.restarts);
}

static void add_servers(struct telling *t, struct buf *b)
{
	size_t at = 0;
	bool is_first = true;
	buf_adds(b, ",\"servers\":[");
	for (struct upstream *u; (u = registry_next(t->call->admin->o.registry, &at));) {
		if (!sees(t, upstream_name(u)))
			continue;
		buf_adds(b, is_first ? "" : ",");
		is_first = false;
		add_server(b, u);
	}
	buf_addc(b, ']');
}

static void add_gate(struct telling *t, struct buf *b)
{
	struct admin *a = t->call->admin;
	struct gate_counts n = gate_counts(a->o.gate);
	struct grants *grants = a->o.grants(a->o.ctx);
	buf_addf(b,
	         ",\"grants\":%zu,\"connections\":%zu,\"streams\":%zu,\"calls\":{\"allowed\":%llu,\"refused\":%llu,"
	         "\"failed\":%llu,\"in_flight\":%zu},\"unauthenticated\":%llu",
	         grants_count(grants), http_server_connections(a->o.http), n.streams, (unsigned long long)n.allowed,
	         (unsigned long long)n.refused, (unsigned long long)n.failed, n.in_flight,
	         (unsigned long long)n.unauthenticated);
	grants_unref(&grants);
	if (a->o.pins) {
		struct gate_pins k = gate_pins(a->o.gate);
		buf_addf(b, ",\"tools\":{\"held\":%zu,\"suspicious\":%zu}", k.held, k.suspicious);
	}
	if (a->o.approvals) {
		struct approvals_counts k = approvals_counts(a->o.approvals);
		buf_addf(b, ",\"approvals\":{\"reachable\":%s,\"pending\":%llu,\"webhooks_failed\":%llu}",
		         k.is_reachable ? "true" : "false", (unsigned long long)k.pending,
		         (unsigned long long)k.notices_failed);
	}
	buf_addf(b, ",\"journal\":{\"healthy\":%s,\"backlog_bytes\":%llu}",
	         journal_healthy(a->o.journal) ? "true" : "false",
	         (unsigned long long)journal_backlog(a->o.journal));
}

static void add_counts(struct telling *t, struct buf *b)
{
	const struct kept *k = t->kept;
	struct admin *a = t->call->admin;
	size_t states[SERVER_STATES] = { 0 }, tools = 0, held = 0, servers = 0, grants[3] = { 0 }, severity[SEVERITIES] = { 0 };
	int64_t now = loop_wall_us(a->o.loop);
	for (size_t i = 0; i < k->server_n; i++) {
		struct server_live live;
		if (!sees(t, k->servers[i].name))
			continue;
		server_live(a, k->servers[i].name, k->servers[i].is_enabled, &live);
		servers++;
		states[live.state]++;
		tools += live.tools;
		held += live.held;
		for (size_t s = 0; s < SEVERITIES; s++)
			severity[s] += live.by_severity[s];
	}
	for (size_t i = 0; t->is_all && i < k->grant_n; i++)
		grants[k->grants[i].revoked_us ? 2 : k->grants[i].expires_us && k->grants[i].expires_us <= now ? 1 : 0]++;
	buf_addf(b, ",\"counts\":{\"servers\":{\"total\":%zu", servers);
	for (size_t i = 0; i < SERVER_STATES; i++)
		buf_addf(b, ",\"%s\":%zu", server_state_word((enum server_state)i), states[i]);
	buf_addf(b, "},\"tools\":{\"total\":%zu,\"held\":%zu,\"by_severity\":{", tools, held);
	for (size_t i = SEVERITY_LOW; i < SEVERITIES; i++)
		buf_addf(b, "%s\"%s\":%zu", i > SEVERITY_LOW ? "," : "", severity_word((enum severity)i),
			 severity[i] + (i == SEVERITY_CRITICAL ? severity[SEVERITY_UNKNOWN] : 0));
	buf_adds(b, "}}");
	if (t->is_all)
		buf_addf(b, ",\"grants\":{\"valid\":%zu,\"expired\":%zu,\"revoked\":%zu},\"policies\":%zu", grants[0], grants[1], grants[2], k->policy_n);
	buf_addc(b, '}');
}

/* A sentence for people, with what to do. type and id: of what it is about; NULL: of the gate. */
static void warn(struct telling *t, const char *code, const char *severity, const char *type, const char *id, const char *fmt, ...)
	PRINTF_LIKE(6, 7);
static void warn(struct telling *t, const char *code, const char *severity, const char *type, const char *id, const char *fmt, ...)
{
	struct buf *b = &t->call->out;
	char text[700];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_addf(b, "%s{\"code\":\"%s\",\"severity\":\"%s\",\"text\":", t->has_warning ? "," : "", code, severity);
	t->has_warning = true;
	buf_add_json_string(b, slice_str(text));
	if (type) {
		buf_addf(b, ",\"object\":{\"type\":\"%s\",\"id\":", type);
		buf_add_json_string(b, slice_str(id));
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

static void warn_of_servers(struct telling *t)
{
	size_t told = 0;
	for (size_t i = 0; i < t->kept->server_n && told < WARNINGS_OF_A_KIND; i++) {
		const struct store_server *s = &t->kept->servers[i];
		struct server_live live;
		struct upstream_status u;
		if (!sees(t, s->name))
			continue;
		server_live(t->call->admin, s->name, s->is_enabled, &live);
		if (live.state == SERVER_DOWN) {
			upstream_status(live.upstream, &u);
			warn(t, "server_down", "high", "server", s->name, "Server '%s' does not answer: %s", s->name, u.last_error);
			told++;
		}
		if (live.held)
			warn(t, "tools_held", "medium", "server", s->name,
			     "%zu tools of server '%s' are new or changed, and wait for somebody to look at them.", live.held, s->name);
	}
}

static void warn_of_grants(struct telling *t)
{
	int64_t now = loop_wall_us(t->call->admin->o.loop);
	size_t bare = 0, soon = 0;
	for (size_t i = 0; i < t->kept->grant_n; i++) {
		const struct store_grant *g = &t->kept->grants[i];
		if (strcmp(grant_state_word(g, now), "valid") != 0)
			continue;
		for (size_t j = 0; j < g->binding_n && bare < WARNINGS_OF_A_KIND; j++) {
			if (g->bindings[j].policy || !sees(t, g->bindings[j].server))
				continue;
			warn(t, "grant_without_policy", "medium", "grant", g->id,
			     "Grant '%s' has no policy for server '%s': every call is refused until it has one.", g->label, g->bindings[j].server);
			bare++;
		}
		if (t->is_all && g->expires_us && g->expires_us - now < SOON_US && soon++ < WARNINGS_OF_A_KIND)
			warn(t, "grant_expires", "low", "grant", g->id, "Grant '%s' ends within a week: give it more time, or make a new one.", g->label);
	}
}

static void warn_of_gate(struct telling *t)
{
	struct admin *a = t->call->admin;
	const struct config *c = t->call->config;
	struct grants *grants = a->o.grants(a->o.ctx);
	size_t broken = grants_broken(grants);
	grants_unref(&grants);
	if (!journal_healthy(a->o.journal))
		warn(t, "journal_failed", "critical", NULL, NULL, "Records cannot be written, so every call is refused: look at the disk of the data folder.");
	if (broken)
		warn(t, "policy_broken", "high", NULL, NULL, "%zu policies no longer load, and refuse every call: open them, and correct what is marked.", broken);
	if (c->is_public && !slice_starts(slice_str(c->approvals_url), SLICE_LIT("https://")))
		warn(t, "public_without_tls", "high", NULL, NULL,
		     "The gate can be reached from the network without TLS, so tokens can be read on the way: put a proxy with TLS before it, and set approvals.url to its https:// address.");
	if (c->is_public && !c->allowed_hosts[0])
		warn(t, "any_host", "medium", NULL, NULL, "The gate answers to any Host: name the hosts by which clients reach it in allowed_hosts.");
	if (c->pins == CONFIG_PINS_NONE)
		warn(t, "pins_off", "medium", NULL, NULL, "Tools are not compared with what was reviewed: a server may change what a tool does without anybody noticing. Set pins.mode to first.");
	if (a->o.approvals && !approvals_counts(a->o.approvals).is_reachable)
		warn(t, "approvals_unreachable", "high", NULL, NULL, "Approvals cannot be kept just now: calls that need one are refused.");
	if (a->o.approvals && approvals_counts(a->o.approvals).notices_failed)
		warn(t, "webhooks_failed", "medium", NULL, NULL, "The webhook of approvals could not be told %llu times: look at approvals.webhook_url.",
		     (unsigned long long)approvals_counts(a->o.approvals).notices_failed);
}

void status_get_begin(struct api_call *c)
{
	struct admin *a = c->admin;
	struct telling t = { .call = c, .kept = c->own, .is_all = principal_may(&c->who, MAY_SEE, slice_of(NULL, 0)) };
	struct buf *b = &c->out;
	uint64_t up_us = loop_now_us(a->o.loop) - a->started_us;
	char started[CLOCK_TEXT_SIZE];
	clock_text(loop_wall_us(a->o.loop) - (int64_t)up_us, started);
	buf_addf(b, "{\"version\":\"%s\",\"started_at\":\"%s\",\"uptime_s\":%llu,\"listen\":", GATEHOUSE_VERSION, started,
	         (unsigned long long)(up_us / 1000000));
	buf_add_json_string(b, slice_str(a->o.listen));
	add_servers(&t, b);
	add_gate(&t, b);
	add_counts(&t, b);
	buf_addf(b, ",\"cluster\":{\"counters\":\"%s\",\"approvals\":\"%s\"}", c->config->counters_url ? "shared" : "own",
	         c->config->approvals_database ? "shared" : "own");
	buf_adds(b, ",\"warnings\":[");
	if (t.is_all)
		warn_of_gate(&t);
	warn_of_servers(&t);
	warn_of_grants(&t);
	buf_adds(b, "]}");
	c->if_none_match = slice_of(NULL, 0); /* it is another one each second */
	c->status = 200;
	api_answer(c);
}
