/* What is learned of results, and of what servers say before them. */
#include "gate/past.h"
#include "base/check.h"
#include "base/limits.h"
#include "gate/harvest.h"
#include "past/codec.h"

/* Longer than can be configured. At the line door a session lasts as long as the program: it is
 * remembered so long after it was last used. */
#define LONGEST_MS ((uint64_t)400 * 86400 * 1000)

static struct past_unit unit_of(const struct gate *g, struct slice grant_id, const struct session *s)
{
	struct past_unit u = { .until_us = 0 };
	past_key_of(ledger_past_secret(g->o.ledger), grant_id, s ? slice_str(s->id) : slice_of("", 0), &u.key);
	if (s && g->o.session_age_ms <= LONGEST_MS)
		u.until_us = s->created_us + (int64_t)g->o.session_age_ms * 1000;
	else if (s)
		u.until_us = loop_wall_us(g->o.loop) + (int64_t)LONGEST_MS * 1000;
	return u;
}

struct past_unit past_unit_of(const struct inbound *in)
{
	return unit_of(in->gate, in->grant->id, in->has_session ? &in->session : NULL);
}

bool past_is_wanted(const struct inbound *in)
{
	for (size_t i = 0; in->grant && i < in->grant->binding_n; i++)
		if (policy_wants_past(in->grant->bindings[i].policy))
			return true;
	return false;
}

struct slice past_labels(const struct policy_past *past, struct arena *a)
{
	char *text = arena_alloc(a, LIMIT_RECORD_TEXT);
	size_t n = 0;
	for (size_t i = 0; text && i < past->label_n; i++) {
		struct slice name = past->labels[i].name;
		if (!name.n || n + 1 + name.n > LIMIT_RECORD_TEXT)
			continue;
		if (n)
			text[n++] = ' ';
		memcpy(text + n, name.p, name.n);
		n += name.n;
	}
	return slice_of(text, n);
}

bool past_keep(struct gate *g)
{
	const struct past_change *c = ledger_past_change(g->o.ledger);
	size_t at = 0;
	if (!c || !g->o.journal)
		return true;
	do {
		buf_clear(&g->entry);
		past_encode(&g->entry, c, &at);
		if (!buf_ok(&g->entry) || !journal_add(g->o.journal, buf_slice(&g->entry)))
			return false;
	} while (at < c->identifier_n);
	return true;
}

void past_end_session(struct gate *g, const struct session *s)
{
	struct past_unit u = unit_of(g, slice_str(s->grant_id), s);
	ledger_end(g->o.ledger, &u, loop_wall_us(g->o.loop));
	/* Where it is not written it is forgotten later. */
	(void)!past_keep(g);
}

/* What every other policy of the grant needs of it as well. */
static void add_needs(const struct inbound *in, struct policy_lesson *l)
{
	for (size_t i = 0; i < in->grant->binding_n; i++)
		policy_add_needs(in->grant->bindings[i].policy, l);
}

/* said: what came back, or params of a message. */
static bool learn(struct inbound *in, const struct policy *p, const struct policy_facts *f, uint64_t call_id,
                  const struct json *said)
{
	struct gate *g = in->gate;
	struct past_unit u = past_unit_of(in);
	struct policy_lesson lesson;
	struct harvest h;
	policy_learn(p, f, &lesson);
	add_needs(in, &lesson);
	harvest_init(&h, lesson.identifier_kinds, ledger_past_secret(g->o.ledger), &u.key, &in->arena);
	if (lesson.wants_identifiers) {
		harvest_arguments(&h, f->arguments);
		harvest_result(&h, said);
	}
	enum ledger_result r = ledger_learn(g->o.ledger, &u, &lesson, h.v, h.n, h.is_cut, loop_wall_us(g->o.loop), call_id);
	harvest_release(&h);
	return r == LEDGER_RESERVED && past_keep(g);
}

/* What is no tool counts as one with the name of its method: it reads what others wrote. */
static struct policy_facts facts_of_method(const struct inbound *in, const char *server, struct slice method)
{
	static const struct slice labels[] = { { "reads_untrusted", 15 } };
	return (struct policy_facts){
		.server = slice_str(server),
		.tool = method,
		.grant_id = in->grant->id,
		.session_id = in->has_session ? slice_str(in->session.id) : slice_of(NULL, 0),
		.tool_labels = labels,
		.tool_label_n = ARRAY_LEN(labels),
		.now_us = loop_wall_us(in->gate->o.loop),
	};
}

/* Does this answer of tasks/get say more than how far it is? */
static bool is_told(const struct json *task)
{
	return json_gets(task, "result") || json_gets(task, "error") || json_string(json_gets(task, "statusMessage")).n;
}

static bool brings_text(const struct call *c)
{
	switch (c->method->kind) {
	case METHOD_TOOL:
	case METHOD_PROMPT: return true;
	case METHOD_RESOURCE: return slice_is(c->m.method, "resources/read");
	case METHOD_PASS:
		return slice_is(c->m.method, "tasks/result") ||
		       (slice_is(c->m.method, "tasks/get") && is_told(c->answer->result));
	case METHOD_OPEN:
	case METHOD_DISCOVER:
	case METHOD_PING:
	case METHOD_LIST:
	case METHOD_COMPLETE:
	case METHOD_LISTEN:
	case METHOD_UNKNOWN: break;
	}
	return false;
}

bool past_learn_answer(struct call *c)
{
	if (!c->binding || c->failure || c->is_cancelled || c->is_withheld || c->is_withheld || !c->answer || c->answer->kind != MCP_RESULT ||
	    !brings_text(c) || !past_is_wanted(c->in))
		return true;
	struct policy_facts f = c->method->kind == METHOD_TOOL ? call_facts(c) :
	                        facts_of_method(c->in, c->server,
	                                        c->method->kind == METHOD_PASS ? SLICE_LIT("tasks/result") : c->m.method);
	f.has_injection = c->found_injection;
	return learn(c->in, c->binding->policy, &f, c->id, c->answer->result);
}

/* Progress without words is none of it. */
static bool has_words(const struct mcp_message *m)
{
	return !slice_is(m->method, "notifications/progress") || json_string(json_gets(m->params, "message")).n;
}

bool past_learn_message(struct inbound *in, const char *server, struct call *c, const struct mcp_message *m)
{
	bool is_of_call = c && c->method->kind == METHOD_TOOL;
	bool is_of_task = slice_starts(m->method, SLICE_LIT("notifications/tasks"));
	const struct grant_binding *binding = in->grant ? grant_binding(in->grant, slice_str(server)) : NULL;
	if (!binding || (!is_of_call && !is_of_task) || !has_words(m) || !past_is_wanted(in))
		return true;
	struct policy_facts f = is_of_call ? call_facts(c) : facts_of_method(in, server, SLICE_LIT("tasks/result"));
	f.has_injection = c && c->found_injection;
	return learn(in, binding->policy, &f, c ? c->id : 0, m->params);
}
