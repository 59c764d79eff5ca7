/* Reads paths and walks them. A walk allocates nothing and recurses as deep as the path. */
#include "policy/path.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"

#define DAY_US ((int64_t)86400 * 1000000)

static const struct {
	const char *name;
	enum path_root root;
} fact_names[] = {
	{"tool.name", ROOT_TOOL_NAME},         {"tool.class", ROOT_TOOL_CLASS},
	{"tool.severity", ROOT_TOOL_SEVERITY}, {"grant.label", ROOT_GRANT_LABEL},
	{"grant.subject", ROOT_GRANT_SUBJECT}, {"grant.tags", ROOT_GRANT_TAGS},
	{"client.name", ROOT_CLIENT_NAME},     {"client.ip", ROOT_CLIENT_IP},
	{"session.calls", ROOT_SESSION_CALLS}, {"session.labels", ROOT_SESSION_LABELS},
	{"time.hour", ROOT_TIME_HOUR},         {"time.weekday", ROOT_TIME_WEEKDAY},
	{"time.utc", ROOT_TIME_UTC},
};

static bool is_word(char c)
{
	return c != '.' && c != '[' && c != ']' && c != '"' && (unsigned char)c > ' ';
}

static size_t word_length(struct slice s)
{
	size_t n = 0;
	while (n < s.n && is_word(s.p[n]))
		n++;
	return n;
}

/* Behind `["`: up to `"]`, with \" and \\ for the two characters. */
static bool read_quoted(struct slice *s, struct arena *a, struct slice *key)
{
	char *out = arena_alloc(a, s->n + 1);
	size_t n = 0, i = 0;
	BUG_ON(!out);
	for (; i < s->n && s->p[i] != '"'; i++) {
		if (s->p[i] == '\\' && (++i >= s->n || (s->p[i] != '"' && s->p[i] != '\\')))
			return false;
		out[n++] = s->p[i];
	}
	if (i + 1 >= s->n || s->p[i + 1] != ']')
		return false;
	*key = slice_of(out, n);
	*s = slice_of(s->p + i + 2, s->n - i - 2);
	return true;
}

static bool read_bracket(struct slice *s, struct arena *a, struct step *step)
{
	unsigned long long index;
	size_t n = 0;
	if (s->n && s->p[0] == '"') {
		*s = slice_of(s->p + 1, s->n - 1);
		step->kind = STEP_KEY;
		return read_quoted(s, a, &step->key);
	}
	while (n < s->n && s->p[n] != ']')
		n++;
	if (n == s->n)
		return false;
	struct slice inside = slice_of(s->p, n);
	*s = slice_of(s->p + n + 1, s->n - n - 1);
	if (slice_is(inside, "*")) {
		step->kind = STEP_EACH;
		return true;
	}
	if (!slice_u64(inside, &index) || (inside.n > 1 && inside.p[0] == '0'))
		return false;
	step->kind = STEP_INDEX;
	step->index = (size_t)index;
	return true;
}

static bool read_step(struct slice *s, struct arena *a, struct step *step)
{
	char open = s->p[0];
	*s = slice_of(s->p + 1, s->n - 1);
	if (open == '[')
		return read_bracket(s, a, step);
	step->key = slice_of(s->p, word_length(*s));
	step->kind = STEP_KEY;
	*s = slice_of(s->p + step->key.n, s->n - step->key.n);
	return open == '.' && step->key.n > 0;
}

static bool read_steps(struct slice rest, struct arena *a, struct path *out, struct err *e)
{
	struct step steps[LIMIT_POLICY_PATH];
	while (rest.n) {
		struct step step = {0};
		if (out->n == ARRAY_LEN(steps))
			return err_set(e, ERR_LIMIT, "a path has more than %d steps",
				       LIMIT_POLICY_PATH);
		if (!read_step(&rest, a, &step))
			return err_set(e, ERR_INPUT,
				       "'%.*s' is no path: write args.a.b[0].c, args[\"odd.key\"] "
				       "or args.list[*]",
				       SLICE_ARG(slice_of(out->text.p,
							  out->text.n > 80 ? 80 : out->text.n)));
		out->has_each = out->has_each || step.kind == STEP_EACH;
		steps[out->n++] = step;
	}
	struct step *copy = arena_alloc(a, sizeof *copy * (out->n + 1));
	BUG_ON(!copy);
	memcpy(copy, steps, sizeof *copy * out->n);
	out->steps = copy;
	return true;
}

bool path_read(struct slice text, struct arena *a, struct path *out, struct err *e)
{
	size_t n = word_length(text);
	*out = (struct path){.text = text, .place = PATH_PLACES};
	if (n == 4 && memcmp(text.p, "args", 4) == 0) {
		out->root = ROOT_ARGS;
		return read_steps(slice_of(text.p + n, text.n - n), a, out, e);
	}
	for (size_t i = 0; i < ARRAY_LEN(fact_names); i++) {
		struct slice name = slice_str(fact_names[i].name);
		if (!slice_starts(text, name))
			continue;
		struct slice rest = slice_of(text.p + name.n, text.n - name.n);
		out->root = fact_names[i].root;
		bool is_list = out->root == ROOT_GRANT_TAGS || out->root == ROOT_SESSION_LABELS;
		if (is_list && slice_is(rest, "[]"))
			rest = SLICE_LIT("[*]");
		if (rest.n == 0 || (is_list && rest.p[0] == '['))
			return read_steps(rest, a, out, e);
	}
	return err_set(
		e, ERR_INPUT,
		"'%.*s' is no path: it must start with 'args' or name a fact such as 'tool.name'",
		SLICE_ARG(slice_of(text.p, text.n > 80 ? 80 : text.n)));
}

void facts_view_init(struct facts_view *v, const struct policy_facts *facts)
{
	v->facts = facts;
	v->found = 0;
	v->calls[0] = v->hour[0] = v->utc[0] = '\0';
}

static size_t read_digits(struct slice s, int64_t *v)
{
	size_t n = 0;
	for (; n < s.n && n < 10 && s.p[n] >= '0' && s.p[n] <= '9'; n++)
		*v = *v * 10 + (s.p[n] - '0');
	return n;
}

struct short_number short_number_read(struct slice s)
{
	bool is_negative = s.n && s.p[0] == '-';
	int64_t v = 0, scale = 1;
	size_t from = is_negative, n = read_digits(slice_of(s.p + from, s.n - from), &v), more = 0;
	if (n == 0 || n > 9)
		return (struct short_number){0};
	from += n;
	if (from < s.n && s.p[from] == '.') {
		from++;
		more = read_digits(slice_of(s.p + from, s.n - from), &v);
	}
	if (more > 9 || from + more != s.n)
		return (struct short_number){0};
	while (more++ < 9)
		scale *= 10;
	return (struct short_number){is_negative ? -v * scale : v * scale, true};
}

static struct value value_of_json(const struct json *j)
{
	struct value v = {.type = json_type(j), .json = j};
	if (v.type == JSON_STRING)
		v.text = json_string(j);
	else if (v.type == JSON_NUMBER) {
		v.text = json_number(j);
		v.number = short_number_read(v.text);
	}
	return v;
}

static struct value value_of_text(struct slice s)
{
	return (struct value){.type = s.n ? JSON_STRING : JSON_NONE, .text = s};
}

static struct slice print_into(const char *out, int n)
{
	return slice_of(out, n > 0 ? (size_t)n : 0);
}

static struct value weekday_of(int64_t now_us)
{
	static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
					    "friday", "saturday", "sunday"};
	int64_t day = now_us / DAY_US - (now_us % DAY_US < 0);
	return value_of_text(
		slice_str(names[((day + 3) % 7 + 7) % 7])); /* 1970-01-01 was a Thursday */
}

/* Where there is no session, of the last hour. */
static struct value find_labels(struct facts_view *view)
{
	const struct policy_facts *f = view->facts;
	int64_t since_us = f->session_id.n ? INT64_MIN : f->now_us - POLICY_SESSION_US;
	size_t n = 0;
	if (!f->past)
		return (struct value){0};
	BUG_ON(f->past->label_n > ARRAY_LEN(view->labels));
	for (size_t i = 0; i < f->past->label_n; i++)
		if (f->past->labels[i].last_us >= since_us)
			view->labels[n++] = f->past->labels[i].name;
	return (struct value){.type = JSON_ARRAY, .list = view->labels, .list_n = n};
}

static struct value find_fact(enum path_root root, struct facts_view *view)
{
	const struct policy_facts *f = view->facts;
	struct value number = {.type = JSON_NUMBER};
	switch (root) {
	case ROOT_TOOL_NAME:
		return value_of_text(f->tool);
	case ROOT_TOOL_CLASS:
		return value_of_text(f->tool_class);
	case ROOT_TOOL_SEVERITY:
		return value_of_text(f->tool_severity);
	case ROOT_GRANT_LABEL:
		return value_of_text(f->grant_label);
	case ROOT_GRANT_SUBJECT:
		return value_of_text(f->grant_subject);
	case ROOT_GRANT_TAGS:
		return (struct value){
			.type = JSON_ARRAY, .list = f->grant_tags, .list_n = f->grant_tag_n};
	case ROOT_CLIENT_NAME:
		return value_of_text(f->client_name);
	case ROOT_CLIENT_IP:
		return value_of_text(f->client_ip);
	case ROOT_SESSION_CALLS:
		if (!f->past)
			return (struct value){0};
		number.text =
			print_into(view->calls, snprintf(view->calls, sizeof view->calls, "%llu",
							 (unsigned long long)f->past->calls));
		return number;
	case ROOT_SESSION_LABELS:
		return find_labels(view);
	case ROOT_TIME_HOUR: {
		int hour = (int)(((f->now_us % DAY_US + DAY_US) % DAY_US) / (DAY_US / 24));
		number.text = print_into(view->hour,
					 snprintf(view->hour, sizeof view->hour, "%d", hour % 24));
		return number;
	}
	case ROOT_TIME_WEEKDAY:
		return weekday_of(f->now_us);
	case ROOT_TIME_UTC:
		clock_text(f->now_us, view->utc);
		return value_of_text(slice_str(view->utc));
	case ROOT_NONE:
	case ROOT_ARGS:
		break;
	}
	return (struct value){0};
}

static const struct json *take_step(const struct json *v, const struct step *s)
{
	switch (s->kind) {
	case STEP_KEY:
		return json_get(v, s->key);
	case STEP_INDEX:
		return json_is(v, JSON_ARRAY) && s->index < json_count(v) ? json_at(v, s->index)
									  : NULL;
	case STEP_NONE:
	case STEP_EACH:
		break;
	}
	BUG_ON(true);
	return NULL;
}

static struct value find_value(const struct path *p, struct facts_view *f)
{
	BUG_ON(p->has_each);
	if (p->root != ROOT_ARGS) {
		struct value v = find_fact(p->root, f);
		if (p->n == 0)
			return v;
		size_t i = p->steps[0].index;
		bool is_there = p->n == 1 && p->steps[0].kind == STEP_INDEX && i < v.list_n;
		return is_there ? value_of_text(v.list[i]) : (struct value){0};
	}
	const struct json *v = f->facts->arguments;
	if (!v && p->n == 0)
		return (struct value){.type = JSON_OBJECT}; /* no arguments count as {} */
	for (size_t i = 0; v && i < p->n; i++)
		v = take_step(v, &p->steps[i]);
	return value_of_json(v);
}

const struct value *path_find(const struct path *p, struct facts_view *f, struct value *room)
{
	if (p->place == PATH_PLACES) {
		*room = find_value(p, f);
		return room;
	}
	if (!(f->found >> p->place & 1)) {
		f->values[p->place] = find_value(p, f);
		f->found |= (uint32_t)1 << p->place;
	}
	return &f->values[p->place];
}

struct walk {
	bool (*test)(void *ctx, const struct value *v);
	void *ctx;
	size_t left;
	bool until;
};

static bool call_test(struct walk *w, struct value v)
{
	if (w->left == 0)
		return w->until;
	w->left--;
	return w->test(w->ctx, &v);
}

static bool walk_json(struct walk *w, const struct json *v, const struct step *s, size_t n)
{
	for (; n && s->kind != STEP_EACH; s++, n--) {
		v = take_step(v, s);
		if (!v)
			return call_test(w, (struct value){0});
	}
	if (n == 0)
		return call_test(w, value_of_json(v));
	if (!json_is(v, JSON_ARRAY) && !json_is(v, JSON_OBJECT))
		return call_test(w, (struct value){0});
	bool result = !w->until;
	for (struct json_iter it = json_iter(v); result != w->until && json_next(&it);)
		result = walk_json(w, it.value, s + 1, n - 1);
	return result;
}

bool path_each(const struct path *p, struct facts_view *f,
	       bool (*test)(void *ctx, const struct value *v), void *ctx, bool until)
{
	struct walk w = {test, ctx, LIMIT_POLICY_ELEMENTS, until};
	bool result = !until;
	if (p->root == ROOT_ARGS) {
		result = walk_json(&w, f->facts->arguments, p->steps, p->n);
	} else {
		struct value list = find_fact(p->root, f);
		if (p->n != 1)
			result = call_test(&w, (struct value){0});
		for (size_t i = 0; p->n == 1 && i < list.list_n && result != until; i++)
			result = call_test(&w, value_of_text(list.list[i]));
	}
	return result;
}
