/*
 * Labels of tools, and flows: what may not follow what. The labels that flows name become bits, so
 * that a decision compares words and not names.
 */
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"

static const char *const flow_keys[] = {
	"name", "after", "refuse", "unless_same", "unless", "conditions", "window", "reason",
};

static bool is_label(struct slice s)
{
	if (!s.n || s.n > LIMIT_POLICY_LABEL_NAME || s.p[0] < 'a' || s.p[0] > 'z')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		if (c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9'))
			return false;
	}
	return true;
}

static bool refuse_label(struct parser *ps)
{
	return parser_refuse(ps,
			     "a label has lower-case letters, digits and _, begins with a letter "
			     "and has at most %d",
			     LIMIT_POLICY_LABEL_NAME);
}

static bool parse_label_list(struct parser *ps, const struct json *v, struct names *out)
{
	size_t before = ps->errors, n = 0;
	if (!json_is(v, JSON_ARRAY))
		return parser_refuse(ps, "must be a list of labels");
	if (json_count(v) > LIMIT_POLICY_LABELS)
		return parser_refuse(ps, "more than %d labels", LIMIT_POLICY_LABELS);
	struct slice *names = parser_take(ps, json_count(v), sizeof *names);
	for (struct json_iter it = json_iter(v); json_next(&it); n++) {
		size_t mark = parser_enter_at(ps, n);
		names[n] = json_string(it.value);
		if (!is_label(names[n]))
			refuse_label(ps);
		parser_leave(ps, mark);
	}
	*out = (struct names){names, n};
	return ps->errors == before;
}

bool parser_label_or_list(struct parser *ps, const struct json *v, struct names *out)
{
	if (!json_is(v, JSON_STRING))
		return parse_label_list(ps, v, out);
	struct slice *name = parser_take(ps, 1, sizeof *name);
	*name = json_string(v);
	*out = (struct names){name, 1};
	return is_label(*name) || refuse_label(ps);
}

bool parser_labels(struct parser *ps, const struct json *object, const char *key, struct names *out)
{
	size_t mark = parser_enter(ps, slice_str(key));
	bool is_good = parse_label_list(ps, json_gets(object, key), out);
	parser_leave(ps, mark);
	return is_good;
}

void parse_labels(struct parser *ps, const struct json *doc)
{
	const struct json *list = json_gets(doc, "labels");
	struct policy *p = ps->policy;
	if (!list)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("labels")), n = 0;
	if (!json_is(list, JSON_OBJECT))
		parser_refuse(ps, "'labels' must be an object of tools and their labels");
	struct labels *all = parser_take(ps, json_count(list), sizeof *all);
	for (struct json_iter it = json_iter(list); json_is(list, JSON_OBJECT) && json_next(&it);
	     n++) {
		size_t inner = parser_enter(ps, it.key);
		if (!it.key.n || it.key.n > LIMIT_TOOL_NAME)
			parser_refuse(ps, "the name of a tool has 1 to %d bytes", LIMIT_TOOL_NAME);
		parse_label_list(ps, it.value, &all[n].names);
		book_add(ps, &p->labelled, json_count(list), it.key, &all[n]);
		parser_leave(ps, inner);
	}
	book_sort(&p->labelled);
	ps->labelled = all;
	ps->labelled_n = n;
	parser_leave(ps, mark);
}

/* Its bit; 0 when there are too many. */
static uint64_t bit_of(struct parser *ps, struct slice label)
{
	struct policy *p = ps->policy;
	struct slice *names = ps->flow_labels;
	size_t i = 0;
	while (i < p->labels.n && !slice_eq(names[i], label))
		i++;
	if (i == LIMIT_POLICY_FLOW_LABELS) {
		parser_refuse(ps, "the flows name more than %d labels", LIMIT_POLICY_FLOW_LABELS);
		return 0;
	}
	if (i == p->labels.n)
		names[p->labels.n++] = label;
	return (uint64_t)1 << i;
}

static uint64_t parse_bits(struct parser *ps, const struct json *flow, const char *key,
			   struct names *names)
{
	uint64_t bits = 0;
	if (!json_gets(flow, key)) {
		parser_refuse(ps, "a flow must have '%s', a list of labels", key);
		return 0;
	}
	if (!parser_labels(ps, flow, key, names))
		return 0;
	if (!names->n)
		parser_refuse_key(ps, slice_str(key), "'%s' must name a label", key);
	for (size_t i = 0; i < names->n; i++)
		bits |= bit_of(ps, names->v[i]);
	return bits;
}

static void want_mark(struct parser *ps, const struct flow *w, size_t label)
{
	struct policy *p = ps->policy;
	for (size_t i = 0; i < p->mark_n; i++)
		if (p->marks[i].label == label && p->marks[i].path_hash == w->unless_same_hash)
			return;
	if (p->mark_n < POLICY_MARKS_MAX)
		p->marks[p->mark_n++] =
			(struct mark_wanted){label, &w->unless_same, w->unless_same_hash};
	else
		parser_refuse(ps, "the flows compare more than %d pairs of label and argument",
			      POLICY_MARKS_MAX);
}

static void parse_unless_same(struct parser *ps, const struct json *v, struct flow *out)
{
	struct slice text = {0};
	struct err e = {0};
	unsigned char hash[DIGEST_SIZE];
	if (!json_gets(v, "unless_same") || !parser_text(ps, v, "unless_same", &text))
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("unless_same"));
	if (!path_read(text, &ps->policy->arena, &out->unless_same, &e)) {
		parser_refuse(ps, "%s", e.text);
	} else if (out->unless_same.root != ROOT_ARGS || out->unless_same.has_each) {
		parser_refuse(ps, "'unless_same' must be a path to one argument");
	} else {
		out->has_unless_same = true;
		digest_blake2b(text, hash);
		memcpy(&out->unless_same_hash, hash, sizeof out->unless_same_hash);
		for (size_t i = 0; i < ps->policy->labels.n; i++)
			if (out->after >> i & 1)
				want_mark(ps, out, i);
	}
	parser_leave(ps, mark);
}

static void parse_flow_window(struct parser *ps, const struct json *v, struct flow *out)
{
	struct window w = {0};
	if (!json_gets(v, "window") || !parse_window(ps, v, &w))
		return;
	if (w.kind == WINDOW_MONTH)
		parser_refuse_key(
			ps, SLICE_LIT("window"),
			"a flow's window has one length: write 2592000 (30 days) in place of month");
	out->window_us = w.seconds * 1000000;
}

static bool is_named_twice(const struct flow *flows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(flows[i].name, flows[n].name))
			return true;
	return false;
}

static void parse_flow(struct parser *ps, const struct json *v, struct flow *flows, size_t at)
{
	struct flow *out = &flows[at];
	struct slice unless = {0};
	struct names refused = {0};
	const struct json *conditions = json_gets(v, "conditions");
	if (!parser_check_keys(ps, v, flow_keys, ARRAY_LEN(flow_keys)) && !json_is(v, JSON_OBJECT))
		return;
	out->place = (uint32_t)at;
	parser_text(ps, v, "name", &out->name);
	if (!json_gets(v, "name"))
		parser_refuse(ps, "a flow must have a 'name', the last part of its rule");
	else if (json_is(json_gets(v, "name"), JSON_STRING) &&
		 (!out->name.n || out->name.n > LIMIT_COUNTER_NAME))
		parser_refuse_key(ps, SLICE_LIT("name"), "'name' has 1 to %d bytes",
				  LIMIT_COUNTER_NAME);
	else if (out->name.n && is_named_twice(flows, at))
		parser_refuse_key(ps, SLICE_LIT("name"), "flow '%.*s' stands twice",
				  SLICE_ARG(out->name));
	parser_message(ps, v, "reason", &out->reason);
	out->after = parse_bits(ps, v, "after", &out->after_names);
	out->refuse = parse_bits(ps, v, "refuse", &refused);
	parse_unless_same(ps, v, out);
	if (parser_text(ps, v, "unless", &unless) && json_gets(v, "unless")) {
		out->asks = slice_is(unless, "approval");
		if (!out->asks)
			parser_refuse_key(ps, SLICE_LIT("unless"), "'unless' must be approval");
	}
	if (json_is(conditions, JSON_ARRAY))
		parse_conditions(ps, conditions, &out->narrow);
	else if (conditions)
		parser_refuse_key(ps, SLICE_LIT("conditions"), "'conditions' must be a list");
	parse_flow_window(ps, v, out);
}

void parse_flows(struct parser *ps, const struct json *doc)
{
	const struct json *list = json_gets(doc, "flows");
	struct policy *p = ps->policy;
	size_t n = 0;
	if (!list)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("flows"));
	struct flow *flows = parser_take(ps, json_count(list), sizeof *flows);
	p->labels.v = ps->flow_labels = parser_take(ps, LIMIT_POLICY_FLOW_LABELS, sizeof(struct slice));
	if (!json_is(list, JSON_ARRAY))
		parser_refuse(ps, "'flows' must be a list");
	else if (json_count(list) > LIMIT_POLICY_FLOWS)
		parser_refuse(ps, "more than %d flows", LIMIT_POLICY_FLOWS);
	else
		for (struct json_iter it = json_iter(list); json_next(&it); n++) {
			size_t inner = parser_enter_at(ps, n);
			parse_flow(ps, it.value, flows, n);
			parser_leave(ps, inner);
		}
	parser_leave(ps, mark);
	p->flows = flows;
	p->flow_n = n;
	for (size_t i = 0; i < ps->labelled_n; i++)
		ps->labelled[i].bits = policy_label_bits(p, ps->labelled[i].names.v,
							 ps->labelled[i].names.n);
	p->wants_past = p->wants_past || n > 0;
}
