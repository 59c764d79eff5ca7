/*
 * Counters there and limits here. There a rule reads its counter before the call and bounds it by
 * its first lt or lte; every other condition that reads a counter only says at which values calls
 * still pass. Calls count in steps, so such a condition holds up to some value and then
 * no more: that is a smaller limit. What is not so cannot be had here, and refuses.
 */
#include "author/intercept_inside.h"
#include "base/check.h"

#define COUNT_MAX 1000000000000000LL

static struct slice scope_of(const struct importer *im, const struct json *tool, struct slice name)
{
	return tool == json_gets(im->tools, "*") ? SLICE_LIT("_global") : name;
}

static bool is_bound(const struct json *c, struct slice scope, struct slice counter)
{
	struct slice path = json_string(json_gets(c, "path")), op = import_text(c, "op");
	char own[600];
	if (!slice_is(op, "lt") && !slice_is(op, "lte"))
		return false;
	snprintf(own, sizeof own, "state.%.*s.%.*s", SLICE_ARG(slice_of(scope.p, scope.n > 256 ? 256 : scope.n)),
		 SLICE_ARG(slice_of(counter.p, counter.n > 256 ? 256 : counter.n)));
	return slice_is(path, own) && json_is(json_gets(c, "value"), JSON_NUMBER);
}

/* Fractions are cut there, towards zero. */
static int64_t whole(const struct json *number)
{
	char text[64];
	struct slice s = json_number(number);
	snprintf(text, sizeof text, "%.*s", SLICE_ARG(slice_of(s.p, s.n > 60 ? 60 : s.n)));
	double v = strtod(text, NULL);
	return v > (double)COUNT_MAX ? COUNT_MAX : v < -(double)COUNT_MAX ? -COUNT_MAX : (int64_t)v;
}

static void find_bound(const struct json *rule, struct slice scope, struct counter *out)
{
	size_t i = 0;
	for (struct json_iter it = json_iter(json_gets(rule, "conditions")); json_next(&it); i++) {
		if (!is_bound(it.value, scope, out->name))
			continue;
		out->is_bound = true;
		out->bound_at = i;
		out->max = whole(json_gets(it.value, "value")) - slice_is(import_text(it.value, "op"), "lt");
		return;
	}
}

/* "5/hour" */
static bool read_short(struct importer *im, struct slice text, struct counter *out, char name[20])
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	unsigned long long n;
	if (!slash)
		return import_refuse(im, "rate_limit must be written as 5/hour");
	struct slice count = slice_of(text.p, (size_t)(slash - text.p));
	out->window = slice_of(slash + 1, text.n - count.n - 1);
	if (!slice_u64(count, &n) || !n || n > COUNT_MAX)
		return import_refuse(im, "the count of rate_limit must be a whole number above 0");
	if (!import_is_window(out->window))
		return import_refuse(im, "the window of rate_limit must be minute, hour or day");
	snprintf(name, 20, "_rate_%.*s", SLICE_ARG(out->window));
	out->max = (int64_t)n;
	out->is_bound = true;
	out->bound_at = SIZE_MAX;
	out->increment = 1;
	return true;
}

static bool read_increment(struct importer *im, const struct json *state, struct counter *out)
{
	const struct json *v = json_gets(state, "increment");
	out->increment = 1;
	out->from = import_text(state, "increment_from");
	if (out->from.n && !slice_starts(out->from, SLICE_LIT("args.")))
		return import_refuse(im, "increment_from must start with 'args.'");
	if (v && !json_is(v, JSON_NULL) && (!json_int64(v, &out->increment) || out->increment > COUNT_MAX))
		return import_refuse(im, "increment must be a whole number");
	if (out->increment < 0)
		return import_refuse(im, "a negative increment would give quota back, which cannot be had here");
	out->increment = out->increment ? out->increment : 1;
	return true;
}

static bool read_state(struct importer *im, const struct json *rule, struct counter *out)
{
	static const char *const known[] = {"counter", "window", "increment", "increment_from", NULL};
	const struct json *state = json_gets(rule, "state");
	size_t mark = import_enter(im, SLICE_LIT("state"));
	bool is_good = json_is(state, JSON_OBJECT) || import_refuse(im, "'state' must be a mapping");
	if (is_good) {
		import_check_keys(im, state, known);
		out->name = import_text(state, "counter");
		out->window = import_text(state, "window");
		is_good = (out->name.n || import_refuse(im, "a counter must have a name")) &&
			  (import_is_window(out->window) ||
			   import_refuse(im, "the window must be minute, hour or day")) &&
			  read_increment(im, state, out);
	}
	import_leave(im, mark);
	return is_good;
}

static void keep_counter(struct importer *im, const struct counter *v)
{
	for (size_t i = 0; i < im->counter_n; i++)
		if (im->counters[i].tool == v->tool && slice_eq(im->counters[i].name, v->name)) {
			(void)import_refuse(im, "counter '%.*s' is also that of rule %zu",
					    SLICE_ARG(slice_of(v->name.p, v->name.n > 100 ? 100 : v->name.n)),
					    im->counters[i].rule + 1);
			return;
		}
	im->counters = mem_realloc(im->counters, (im->counter_n + 1) * sizeof *im->counters);
	im->counters[im->counter_n++] = *v;
}

static void find_in_rule(struct importer *im, const struct json *tool, struct slice name,
			 const struct json *rule, size_t at)
{
	struct counter v = {.tool = tool, .rule = at, .on_deny = import_text(rule, "on_deny")};
	struct slice text = import_text(rule, "rate_limit");
	char short_name[20];
	if (slice_is(import_text(rule, "action"), "require_approval"))
		return;
	if (text.n) {
		if (!read_short(im, text, &v, short_name))
			return;
		char *copy = arena_strndup(&im->arena, short_name, strlen(short_name));
		v.name = slice_str(copy ? copy : "");
	} else {
		if (!json_gets(rule, "state") || !read_state(im, rule, &v))
			return;
		find_bound(rule, scope_of(im, tool, name), &v);
	}
	keep_counter(im, &v);
}

void import_find_counters(struct importer *im)
{
	size_t mark = import_enter(im, SLICE_LIT("tools"));
	for (struct json_iter it = json_iter(im->tools); json_next(&it);) {
		size_t tool = import_enter(im, it.key), rules = import_enter(im, SLICE_LIT("rules")), i = 0;
		const struct json *list = json_gets(it.value, "rules");
		for (struct json_iter r = json_iter(json_is(list, JSON_ARRAY) ? list : NULL); json_next(&r); i++) {
			size_t inner = import_enter_at(im, i);
			find_in_rule(im, it.value, it.key, r.value, i);
			import_leave(im, inner);
		}
		import_leave(im, rules);
		import_leave(im, tool);
	}
	import_leave(im, mark);
}

/* "state.<tool>.<counter>": the counter, of whatever tool. */
static struct counter *find_counter(struct importer *im, struct slice path)
{
	struct slice rest = slice_of(path.p + 6, path.n - 6);
	const char *dot = rest.n ? memchr(rest.p, '.', rest.n) : NULL;
	if (!dot)
		return NULL;
	struct slice scope = slice_of(rest.p, (size_t)(dot - rest.p));
	struct slice name = slice_of(dot + 1, rest.n - scope.n - 1);
	const struct json *tool = json_get(im->tools, scope);
	if (!tool && slice_is(scope, "_global"))
		tool = json_gets(im->tools, "*");
	for (size_t i = 0; tool && i < im->counter_n; i++)
		if (im->counters[i].tool == tool && slice_eq(im->counters[i].name, name))
			return &im->counters[i];
	return NULL;
}

static int compare(int64_t n, const struct json *number)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)n);
	return json_number_compare(slice_str(text), json_number(number));
}

static bool is_equal(int64_t n, const struct json *v)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)n);
	return json_is(v, JSON_NUMBER) ? compare(n, v) == 0 : json_is(v, JSON_STRING) && slice_is(json_string(v), text);
}

static bool is_in(int64_t n, const struct json *list)
{
	for (struct json_iter it = json_iter(list); json_next(&it);)
		if (is_equal(n, it.value))
			return true;
	return false;
}

/* Does the condition hold when the counter stands at n? */
static bool holds_at(struct slice op, const struct json *v, int64_t n)
{
	if (slice_is(op, "eq"))
		return is_equal(n, v);
	if (slice_is(op, "neq"))
		return !is_equal(n, v);
	if (slice_is(op, "in"))
		return is_in(n, v);
	if (slice_is(op, "not_in"))
		return !is_in(n, v);
	if (slice_is(op, "lt"))
		return compare(n, v) < 0;
	if (slice_is(op, "lte"))
		return compare(n, v) <= 0;
	if (slice_is(op, "gt"))
		return compare(n, v) > 0;
	if (slice_is(op, "gte"))
		return compare(n, v) >= 0;
	return slice_is(op, "exists") && json_true(v);
}

static int64_t least_of(struct slice op, const struct json *v, int64_t n, int64_t so_far)
{
	return n >= 0 && n < so_far && !holds_at(op, v, n) ? n : so_far;
}

/* A counter that counts in steps: the least value at which it no longer holds, or INT64_MAX. The
 * condition can only change at the step below or above one of its numbers. */
static int64_t first_failure(struct slice op, const struct json *v, int64_t step)
{
	int64_t least = least_of(op, v, 0, INT64_MAX);
	bool is_list = json_is(v, JSON_ARRAY);
	least = least_of(op, v, step, least);
	for (size_t i = 0; i < (is_list ? json_count(v) : 1); i++) {
		const struct json *one = is_list ? json_at(v, i) : v;
		unsigned long long n = 0;
		if (!json_is(one, JSON_NUMBER) && !slice_u64(json_string(one), &n))
			continue;
		int64_t at = json_is(one, JSON_NUMBER) ? whole(one) : n > COUNT_MAX ? COUNT_MAX : (int64_t)n;
		at -= at % step;
		least = least_of(op, v, at, least);
		least = least_of(op, v, at + step, least);
	}
	return least;
}

/* Nothing passes there, either; or nobody can say here what does. */
static void close_tool(struct made *m, struct slice on_deny)
{
	if (!m->is_denied)
		m->reason = on_deny;
	m->is_denied = true;
}

static void narrow_amounts(struct importer *im, struct made *m, struct counter *k, struct slice op,
			   const struct json *v, struct slice on_deny)
{
	bool is_upper = slice_is(op, "lt") || slice_is(op, "lte");
	if (first_failure(op, v, 1) == INT64_MAX)
		return;
	if (!is_upper) {
		import_note(im, "what a counter of amounts must be before a call cannot be said here: the tool is refused");
		close_tool(m, on_deny);
		return;
	}
	int64_t max = whole(v);
	k->max = max < k->max ? max : k->max;
	import_note(im, "the limit includes the amount of the call itself here, and is so stricter");
}

void import_narrow(struct importer *im, struct made *m, size_t rule, size_t at, const struct json *c,
		   struct slice on_deny)
{
	struct slice op = import_text(c, "op"), path = json_string(json_gets(c, "path"));
	const struct json *v = json_gets(c, "value");
	struct counter *k = find_counter(im, path);
	if (!k) {
		(void)import_refuse(im, "'%.*s' is read, but no state block of that tool has this counter",
				    SLICE_ARG(slice_of(path.p, path.n > 120 ? 120 : path.n)));
		return;
	}
	if (k->tool == m->tool && k->rule == rule && k->is_bound && k->bound_at == at)
		return;
	if (!holds_at(op, v, 0)) {
		import_note(im, "this never holds, there or here: the tool is refused");
		close_tool(m, on_deny);
	} else if (!k->is_bound) {
		return;
	} else if (k->tool != m->tool) {
		import_note(im, "the counter of another tool cannot be read here: the tool is refused");
		close_tool(m, on_deny);
	} else if (k->from.n) {
		narrow_amounts(im, m, k, op, v, on_deny);
	} else {
		int64_t least = first_failure(op, v, k->increment);
		k->max = least < k->max ? least : k->max;
	}
}

void import_close_empty(struct importer *im, struct made *m)
{
	for (size_t i = 0; i < im->counter_n; i++)
		if (im->counters[i].tool == m->tool && im->counters[i].is_bound && im->counters[i].max <= 0) {
			import_note(im, "a limit that leaves room for nothing: the tool is refused");
			close_tool(m, im->counters[i].on_deny);
		}
}

static void write_limit(struct importer *im, const struct counter *k, struct buf *out)
{
	struct buf path = BUF_INIT(1u << 16);
	buf_adds(out, out->n ? ",{\"counter\":" : "{\"counter\":");
	buf_add_json_string(out, k->name);
	buf_addf(out, ",\"window\":\"%.*s\",\"max\":%lld,\"scope\":\"%s\"", SLICE_ARG(k->window), (long long)k->max,
		 im->scope);
	if (k->from.n && import_path(im, k->from, &path)) {
		buf_adds(out, ",\"increment_from\":");
		buf_add_json_string(out, buf_slice(&path));
		import_note(im, "amounts are exact here, and a negative one is refused; there fractions are cut and a negative amount gives "
				"quota back");
	} else if (k->increment != 1) {
		buf_addf(out, ",\"increment\":%lld", (long long)k->increment);
	}
	if (k->on_deny.n) {
		buf_adds(out, ",\"on_deny\":");
		buf_add_json_string(out, k->on_deny);
	}
	buf_addc(out, '}');
	buf_release(&path);
}

void import_write_limits(struct importer *im, const struct json *tool, struct buf *out)
{
	size_t mark = import_enter(im, SLICE_LIT("rules"));
	for (size_t i = 0; i < im->counter_n; i++) {
		const struct counter *k = &im->counters[i];
		if (k->tool != tool)
			continue;
		size_t inner = import_enter_at(im, k->rule);
		if (k->is_bound)
			write_limit(im, k, out);
		else
			import_note(im, "counter '%.*s' is never counted there, because no lt or lte of its own rule bounds it: left out",
				    SLICE_ARG(slice_of(k->name.p, k->name.n > 100 ? 100 : k->name.n)));
		import_leave(im, inner);
	}
	import_leave(im, mark);
}
