/* Records become lines of the judge, oldest first; what it says is set beside what was said. */
#include "author/simulate.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gate/judge.h"

/* Calls between two words on how far it is: some milliseconds. */
#define PROGRESS_EVERY 256

/* A record, as the replay needs it. */
struct kept {
	const char *line, *server, *tool, *rule;
	enum audit_decision decision;
	char id[RANDOM_UUID_SIZE];
};

struct replay {
	struct simulate_opts *o;
	struct simulation *out;
	struct kept *v; /* newest first */
	size_t n, room;
	size_t page; /* records of the last page */
	bool is_full;
	struct buf line;
};

static const char *copy(struct replay *r, struct slice s)
{
	const char *text = arena_strndup(r->o->arena, s.p ? s.p : "", s.n);
	r->is_full = r->is_full || !text;
	return text ? text : "";
}

static void add_text(struct buf *b, const char *key, struct slice value)
{
	if (!value.n)
		return;
	buf_addf(b, ",\"%s\":", key);
	buf_add_json_string(b, value);
}

/* Did the arguments satisfy the tool's schema then? What was refused before nobody looked at. */
static const char *fits_word(const struct audit_record *v)
{
	if (slice_is(v->rule, "(schema)"))
		return "false";
	if (v->decision == AUDIT_DENY && (!v->rule.n || v->rule.p[0] == '(' || slice_ends(v->rule, SLICE_LIT("/action"))))
		return "null";
	return "true";
}

static void build_line(struct buf *b, const struct audit_record *v)
{
	char time[CLOCK_TEXT_SIZE];
	bool is_delivered = v->outcome == AUDIT_OK || v->outcome == AUDIT_TOOL_ERROR;
	clock_text(v->time_us, time);
	buf_clear(b);
	buf_addf(b, "{\"at\":\"%s\"", time);
	add_text(b, "tool", v->target);
	add_text(b, "server", v->server);
	add_text(b, "grant", v->grant_label.n ? v->grant_label : v->grant_id);
	add_text(b, "subject", v->subject);
	add_text(b, "session", v->session);
	add_text(b, "client", v->client_name);
	add_text(b, "client_ip", v->client_ip);
	buf_adds(b, ",\"names\":[");
	for (size_t i = 0; i < v->argument_key_n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, v->argument_keys[i]);
	}
	buf_addf(b, "],\"fits\":%s", fits_word(v));
	if (v->decision == AUDIT_ALLOW || is_delivered)
		buf_addf(b, ",\"delivered\":%s", is_delivered ? "true" : "false");
	buf_addc(b, '}');
}

static bool keep(void *ctx, const struct audit_record *v)
{
	struct replay *r = ctx;
	r->page++;
	if (r->n == LIMIT_SIMULATED_CALLS) {
		r->is_full = true;
		return false;
	}
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 1024;
		struct kept *grown = arena_realloc(r->o->arena, r->v, r->n * sizeof *grown, r->room * sizeof *grown);
		r->is_full = !grown;
		if (!grown)
			return false;
		r->v = grown;
	}
	build_line(&r->line, v);
	struct kept *k = &r->v[r->n++];
	*k = (struct kept){.line = copy(r, buf_slice(&r->line)),
			   .server = copy(r, v->server),
			   .tool = copy(r, v->target),
			   .rule = copy(r, v->rule),
			   .decision = v->decision};
	memcpy(k->id, v->id, sizeof k->id);
	return !r->is_full;
}

/* False: nobody wants it any more. */
static bool tell(struct replay *r, size_t done, size_t total, struct err *e)
{
	if (!r->o->on_progress || done % PROGRESS_EVERY || r->o->on_progress(r->o->ctx, done, total))
		return true;
	return err_set(e, ERR_INPUT, "it was cancelled");
}

/* Page by page, newest first. */
static bool read_records(struct replay *r, struct err *e)
{
	struct audit_filter *f = &r->o->filter;
	char last[RANDOM_UUID_SIZE] = "";
	f->method = SLICE_LIT("tools/call");
	f->limit = LIMIT_RECORD_PAGE;
	do {
		r->page = 0;
		f->before_id = slice_str(last);
		if (!records_query(r->o->store, f, keep, r, e))
			return false;
		if (r->n)
			memcpy(last, r->v[r->n - 1].id, sizeof last);
		if (!tell(r, 0, 0, e))
			return false;
	} while (r->page == LIMIT_RECORD_PAGE && !r->is_full);
	return !r->is_full ||
	       err_set(e, ERR_LIMIT, "there are more than %d calls: name a shorter time, a server or a grant",
		       LIMIT_SIMULATED_CALLS);
}

static void count_change(struct replay *r, const struct kept *k, struct slice decision, struct slice rule)
{
	struct simulation *out = r->out;
	const char *from = audit_decision_name(k->decision);
	out->changed++;
	for (size_t i = 0; i < out->n; i++) {
		struct simulated_change *v = &out->v[i];
		if (strcmp(v->tool, k->tool) == 0 && strcmp(v->server, k->server) == 0 && slice_is(decision, v->to) &&
		    slice_is(rule, v->to_rule) && strcmp(v->from, from) == 0 && strcmp(v->from_rule, k->rule) == 0) {
			v->calls++;
			return;
		}
	}
	struct simulated_change *v = arena_realloc(r->o->arena, out->v, out->n * sizeof *v, (out->n + 1) * sizeof *v);
	r->is_full = r->is_full || !v;
	if (!v)
		return;
	out->v = v;
	v[out->n] = (struct simulated_change){.server = k->server,
					      .tool = k->tool,
					      .from = from,
					      .from_rule = k->rule,
					      .to = copy(r, decision),
					      .to_rule = copy(r, rule),
					      .calls = 1};
	memcpy(v[out->n++].example, k->id, sizeof k->id);
}

static void play(struct replay *r, struct judge *j, const struct kept *k)
{
	struct arena a;
	struct buf out = BUF_INIT(1u << 20);
	arena_init(&a, 4u << 20);
	judge_line(j, slice_str(k->line), 0, &out);
	const struct json *answer = json_read(buf_slice(&out), &a, NULL);
	struct slice decision = json_string(json_gets(answer, "decision"));
	r->out->calls++;
	if (slice_is(decision, "unknown"))
		r->out->unknown++;
	else if (!slice_is(decision, audit_decision_name(k->decision)))
		count_change(r, k, decision, json_string(json_gets(answer, "rule")));
	arena_release(&a);
	buf_release(&out);
}

bool simulate_policy(struct simulate_opts *o, struct simulation *out, struct err *e)
{
	struct replay r = {.o = o, .out = out, .line = BUF_INIT(1u << 20)};
	struct policy_problems problems = {0};
	*out = (struct simulation){0};
	struct judge *j = judge_new(o->policy, o->tools, &problems, e);
	bool is_good = j && read_records(&r, e);
	for (size_t i = r.n; is_good && i-- > 0;) {
		play(&r, j, &r.v[i]);
		is_good = tell(&r, out->calls, r.n, e);
	}
	if (is_good && r.is_full)
		is_good = err_set(e, ERR_LIMIT, "there are too many changes to tell");
	judge_free(&j);
	policy_problems_release(&problems);
	buf_release(&r.line);
	return is_good;
}

void simulation_write_json(struct buf *b, const struct simulation *s)
{
	buf_addf(b, "{\"calls\":%zu,\"changed\":%zu,\"unknown\":%zu,\"changes\":[", s->calls, s->changed, s->unknown);
	for (size_t i = 0; i < s->n; i++) {
		const struct simulated_change *v = &s->v[i];
		const char *const members[][2] = { { "server", v->server }, { "tool", v->tool },
						   { "from", v->from },	    { "from_rule", v->from_rule },
						   { "to", v->to },	    { "to_rule", v->to_rule },
						   { "example", v->example } };
		for (size_t k = 0; k < ARRAY_LEN(members); k++) {
			buf_addf(b, "%s\"%s\":", k ? "," : i ? ",{" : "{", members[k][0]);
			buf_add_json_string(b, slice_str(members[k][1]));
		}
		buf_addf(b, ",\"calls\":%zu}", v->calls);
	}
	buf_adds(b, "]}");
}
