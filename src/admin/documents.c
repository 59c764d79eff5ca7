/* What state the gate is in. */
#include "admin/inside.h"

static const char *state_name(enum upstream_state s)
{
	static const char *const names[] = {
		[UPSTREAM_UNKNOWN] = "unknown", [UPSTREAM_UP] = "up", [UPSTREAM_DOWN] = "down"
	};
	return names[s];
}

static void add_server(struct buf *b, const struct upstream *u)
{
	struct upstream_status s;
	upstream_status(u, &s);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, slice_str(upstream_name(u)));
	buf_addf(b, ",\"transport\":\"%s\",\"state\":\"%s\",\"last_error\":", upstream_transport(u), state_name(s.state));
	buf_add_json_string(b, slice_str(s.last_error));
	buf_addf(b, ",\"calls_in_flight\":%zu,\"children\":%zu,\"restarts\":%llu}", s.calls_in_flight, s.children,
	         (unsigned long long)s.restarts);
}

void status_write(struct buf *b, const struct admin *a)
{
	struct gate_counts n = gate_counts(a->o.gate);
	struct grants *grants = a->o.grants(a->o.ctx);
	buf_addf(b, "{\"version\":\"%s\",\"uptime_s\":%llu,\"listen\":", GATEHOUSE_VERSION,
	         (unsigned long long)((loop_now_us(a->o.loop) - a->started_us) / 1000000));
	buf_add_json_string(b, slice_str(a->o.listen));
	buf_adds(b, ",\"servers\":[");
	size_t at = 0;
	bool is_first = true;
	for (struct upstream *u; (u = registry_next(a->o.registry, &at)); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		add_server(b, u);
	}
	buf_addf(b,
	         "],\"grants\":%zu,\"connections\":%zu,\"streams\":%zu,\"calls\":{\"allowed\":%llu,\"refused\":%llu,"
	         "\"failed\":%llu,\"in_flight\":%zu},\"unauthenticated\":%llu",
	         grants_count(grants), http_server_connections(a->o.http), n.streams, (unsigned long long)n.allowed,
	         (unsigned long long)n.refused, (unsigned long long)n.failed, n.in_flight,
	         (unsigned long long)n.unauthenticated);
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
	buf_addf(b, ",\"journal\":{\"healthy\":%s,\"backlog_bytes\":%llu}}",
	         journal_healthy(a->o.journal) ? "true" : "false",
	         (unsigned long long)journal_backlog(a->o.journal));
	grants_unref(&grants);
}
