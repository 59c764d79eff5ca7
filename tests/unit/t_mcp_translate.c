/*
 * Runs tests/cases/mcp/translate.json: {"do": a name of the table below, "in": its value, "method"?,
 * "version"?, …, "out": what must come out} or "fails": "part of why". "text" compares the very
 * bytes. Each row of the table says which members of a case it takes.
 */
#include "base/limits.h"
#include "mcp/input.h"
#include "mcp/listen.h"
#include "mcp/task.h"
#include "cases.h"

struct job {
	const struct json *c, *in;
	struct arena *arena;
	struct slice method, info;
	enum mcp_version version;
	struct buf *out;
	struct err e;
};

static struct slice text_of(struct job *j, const struct json *v)
{
	struct buf b = BUF_INIT(1 << 20);
	if (v)
		json_write(&b, v);
	char *p = arena_strndup(j->arena, b.p ? b.p : "", b.n);
	struct slice s = { p, b.n };
	buf_release(&b);
	return s;
}

static bool read_message(struct job *j, struct mcp_message *m)
{
	return mcp_message_read(j->in, m, &j->e);
}

static bool params_to_modern(struct job *j)
{
	struct mcp_speaker s = { .version = MCP_MODERN_LATEST,
				 .info = j->info,
				 .capabilities = text_of(j, json_gets(j->c, "capabilities")),
				 .log_level = mcp_log_level_of(json_string(json_gets(j->c, "level"))) };
	mcp_params_to_modern(j->out, j->in, &s);
	return true;
}

static bool params_to_legacy(struct job *j)
{
	mcp_params_to_legacy(j->out, j->in, json_true(json_gets(j->c, "as_task")));
	return true;
}

static bool result_to_modern(struct job *j)
{
	mcp_result_to_modern(j->out, j->method, j->in, j->info);
	return true;
}

static bool result_to_legacy(struct job *j)
{
	mcp_result_to_legacy(j->out, j->method, j->in, j->version);
	return true;
}

static bool discover_to_initialize(struct job *j)
{
	mcp_discover_to_initialize(j->out, j->in, j->version, j->info);
	return true;
}

static bool initialize_to_discover(struct job *j)
{
	mcp_initialize_to_discover(j->out, j->in);
	return true;
}

static bool server_caps_to_modern(struct job *j)
{
	mcp_server_caps_to_modern(j->out, j->in);
	return true;
}

static bool server_caps_to_legacy(struct job *j)
{
	mcp_server_caps_to_legacy(j->out, j->in, j->version);
	return true;
}

static bool client_caps_to_modern(struct job *j)
{
	mcp_client_caps_to_modern(j->out, j->in);
	return true;
}

static bool client_caps_to_legacy(struct job *j)
{
	mcp_client_caps_to_legacy(j->out, j->in, j->version);
	return true;
}

static bool error_to_modern(struct job *j)
{
	mcp_error_to_modern(j->out, j->in);
	return true;
}

static bool error_to_legacy(struct job *j)
{
	mcp_error_to_legacy(j->out, j->method, j->in);
	return true;
}

static bool notification(struct job *j)
{
	struct mcp_message m;
	if (!read_message(j, &m))
		return false;
	mcp_notification_write(j->out, &m, text_of(j, json_gets(j->c, "subscription")));
	return true;
}

/* The levels that let it pass. */
static bool log_passes(struct job *j)
{
	struct mcp_message m;
	const char *comma = "";
	if (!read_message(j, &m))
		return false;
	buf_addc(j->out, '[');
	for (enum mcp_log_level l = MCP_LOG_NONE; l <= MCP_LOG_EMERGENCY; l++)
		if (mcp_log_passes(&m, l)) {
			buf_addf(j->out, "%s\"%s\"", comma, mcp_log_level_name(l));
			comma = ",";
		}
	buf_addc(j->out, ']');
	return true;
}

/* Read, and printed as a result again. */
static bool inputs(struct job *j)
{
	struct mcp_input in[4];
	struct mcp_ask asks[4];
	struct slice state;
	size_t n;
	if (!mcp_inputs_read(j->in, in, 4, &n, &state, &j->e))
		return false;
	for (size_t i = 0; i < n; i++)
		asks[i] = (struct mcp_ask){ in[i].key, in[i].method, text_of(j, in[i].params) };
	mcp_input_required_write(j->out, asks, n, state);
	return true;
}

static struct mcp_input one_input(struct job *j)
{
	return (struct mcp_input){ SLICE_LIT("k"), j->method, j->in };
}

static bool input_to_legacy(struct job *j)
{
	struct mcp_input in = one_input(j);
	return mcp_input_to_legacy(j->out, &in, j->version, SLICE_LIT("id-1"), &j->e);
}

static bool input_to_modern(struct job *j)
{
	mcp_input_to_modern(j->out, j->in);
	return true;
}

static bool input_needs(struct job *j)
{
	buf_addf(j->out, "%u", mcp_input_needs(j->method, j->in));
	return true;
}

static bool retry(struct job *j)
{
	struct mcp_speaker s = { .version = MCP_MODERN_LATEST };
	struct buf params = BUF_INIT(1 << 20), responses = BUF_INIT(1 << 20);
	struct mcp_answer answers[4];
	size_t n = 0;
	const struct json *state = json_gets(j->c, "state");
	for (struct json_iter it = json_iter(json_gets(j->c, "answers")); json_next(&it);)
		answers[n++] = (struct mcp_answer){ it.key, text_of(j, it.value) };
	if (n)
		mcp_responses_write(&responses, answers, n);
	mcp_params_to_modern(&params, j->in, &s);
	mcp_params_retry(j->out, buf_slice(&params), buf_slice(&responses),
			 state ? json_string(state) : (struct slice){ NULL, 0 });
	buf_release(&params);
	buf_release(&responses);
	return true;
}

/* [inputResponses, requestState], null for what is not there. */
static bool retry_read(struct job *j)
{
	struct mcp_retry r;
	if (!mcp_retry_read(j->in, &r, &j->e))
		return false;
	buf_addc(j->out, '[');
	json_write(j->out, r.responses);
	buf_addc(j->out, ',');
	if (r.state.p)
		buf_add_json_string(j->out, r.state);
	else
		buf_adds(j->out, "null");
	buf_addc(j->out, ']');
	return true;
}

static bool response(struct job *j)
{
	if (!mcp_response_check(j->method, j->in, &j->e))
		return false;
	mcp_response_to_legacy(j->out, j->in);
	return true;
}

static bool response_of_error(struct job *j)
{
	return mcp_response_of_error(j->out, j->method) || err_set(&j->e, ERR_INPUT, "no word for it");
}

static bool url_error(struct job *j)
{
	struct mcp_input in[3];
	struct mcp_ask asks[3];
	struct buf keys = BUF_INIT(4096), params[3] = { BUF_INIT(4096), BUF_INIT(4096), BUF_INIT(4096) };
	size_t n;
	bool is_read = mcp_url_error_read(j->in, &keys, in, 3, &n, &j->e);
	for (size_t i = 0; is_read && i < n; i++) {
		mcp_input_to_modern(&params[i], in[i].params);
		asks[i] = (struct mcp_ask){ in[i].key, in[i].method, buf_slice(&params[i]) };
	}
	if (is_read)
		mcp_input_required_write(j->out, asks, n, SLICE_LIT("s"));
	for (size_t i = 0; i < 3; i++)
		buf_release(&params[i]);
	buf_release(&keys);
	return is_read;
}

static bool task_to_modern(struct job *j)
{
	struct mcp_outcome o = { text_of(j, json_gets(j->c, "result")), text_of(j, json_gets(j->c, "error")),
				 text_of(j, json_gets(j->c, "inputs")) };
	const struct json *type = json_gets(j->c, "type");
	mcp_task_to_modern(j->out, j->in, type ? json_string(type).p : NULL, &o);
	return true;
}

static bool task_to_legacy(struct job *j)
{
	mcp_task_to_legacy(j->out, j->in);
	return true;
}

/* The filter, and with "message" whether that may stand on the stream. */
static bool filter(struct job *j)
{
	struct mcp_filter f;
	struct mcp_message m;
	const struct json *message = json_gets(j->c, "message");
	if (!mcp_filter_read(j->in, &f, &j->e))
		return false;
	if (!message)
		mcp_filter_write(j->out, &f);
	else if (!mcp_message_read(message, &m, &j->e))
		return false;
	else
		buf_adds(j->out, mcp_filter_takes(&f, &m) ? "true" : "false");
	return mcp_filter_is_empty(&f) == (json_count(json_gets(j->in, "notifications")) == 0) ||
	       json_gets(j->c, "is_odd") || err_set(&j->e, ERR_INPUT, "emptiness");
}

static bool acknowledged(struct job *j)
{
	struct mcp_filter f;
	if (!mcp_filter_read(j->in, &f, &j->e))
		return false;
	buf_addc(j->out, '[');
	mcp_acknowledged_write(j->out, &f, SLICE_LIT("\"l-1\""));
	buf_addc(j->out, ',');
	mcp_listen_end_write(j->out, SLICE_LIT("\"l-1\""));
	buf_addc(j->out, ']');
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct job *j);
} jobs[] = {
	{ "params to modern", params_to_modern },
	{ "params to legacy", params_to_legacy },
	{ "result to modern", result_to_modern },
	{ "result to legacy", result_to_legacy },
	{ "discover to initialize", discover_to_initialize },
	{ "initialize to discover", initialize_to_discover },
	{ "server capabilities to modern", server_caps_to_modern },
	{ "server capabilities to legacy", server_caps_to_legacy },
	{ "client capabilities to modern", client_caps_to_modern },
	{ "client capabilities to legacy", client_caps_to_legacy },
	{ "error to modern", error_to_modern },
	{ "error to legacy", error_to_legacy },
	{ "notification", notification },
	{ "log passes", log_passes },
	{ "inputs", inputs },
	{ "input to legacy", input_to_legacy },
	{ "input to modern", input_to_modern },
	{ "input needs", input_needs },
	{ "retry", retry },
	{ "retry read", retry_read },
	{ "response", response },
	{ "response of error", response_of_error },
	{ "url error", url_error },
	{ "task to modern", task_to_modern },
	{ "task to legacy", task_to_legacy },
	{ "filter", filter },
	{ "acknowledged", acknowledged },
};

static void run(const struct json *c, struct arena *a)
{
	struct buf out = BUF_INIT(1 << 20);
	struct job j = { .c = c, .in = json_gets(c, "in"), .arena = a, .out = &out };
	const struct json *fails = json_gets(c, "fails"), *text = json_gets(c, "text");
	struct slice what = json_string(json_gets(c, "do"));
	size_t i = 0;
	j.method = json_string(json_gets(c, "method"));
	j.version = mcp_version_of(json_string(json_gets(c, "version")));
	j.info = text_of(&j, json_gets(c, "info"));
	while (i < ARRAY_LEN(jobs) && !slice_is(what, jobs[i].name))
		i++;
	bool is_done = i < ARRAY_LEN(jobs) && jobs[i].run(&j);
	ok(is_done == !fails && (!fails || strstr(j.e.text, json_string(fails).p)), "%.*s, %s: %s", SLICE_ARG(what),
	   case_name(c), j.e.text);
	if (is_done && text)
		ok(slice_eq(json_string(text), buf_slice(&out)), "%s: %.*s", case_name(c), SLICE_ARG(buf_slice(&out)));
	else if (is_done)
		ok(case_is(json_gets(c, "out"), buf_slice(&out), a), "%.*s, %s: as it should be", SLICE_ARG(what), case_name(c));
	buf_release(&out);
}

/* {"notifications":{"taskIds":[…]}} or inputResponses with n entries, one of `bytes` bytes. */
static const struct json *many(const char *head, const char *entry, size_t n, size_t bytes, const char *tail,
			       struct arena *a)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e;
	buf_adds(&b, head);
	for (size_t i = 0; i < n; i++) {
		buf_addf(&b, "%s\"%zu", i ? "," : "", i);
		for (size_t k = 1; !i && k < bytes; k++)
			buf_addc(&b, 'x');
		buf_adds(&b, entry);
	}
	buf_adds(&b, tail);
	const struct json *v = json_read(buf_slice(&b), a, &e);
	buf_release(&b);
	return v;
}

static bool filters(const char *name, size_t n, size_t bytes, struct arena *a)
{
	char head[128];
	struct mcp_filter f;
	struct err e;
	snprintf(head, sizeof head, "{\"notifications\":{\"%s\":[", name);
	return mcp_filter_read(many(head, "\"", n, bytes, "]}}", a), &f, &e);
}

static bool retries(size_t n, struct arena *a)
{
	struct mcp_retry r;
	struct err e;
	return mcp_retry_read(many("{\"inputResponses\":{", "\":{}", n, 1, "}}", a), &r, &e);
}

static bool asks(size_t n, size_t bytes, struct arena *a)
{
	struct mcp_input in[LIMIT_OPEN_ASKS];
	struct slice state;
	struct err e;
	return mcp_inputs_read(many("{\"inputRequests\":{", "\":{\"method\":\"roots/list\"}", n, bytes, "}}", a), in,
			       LIMIT_OPEN_ASKS, &n, &state, &e);
}

static void check_limits(struct arena *a)
{
	ok(filters("taskIds", LIMIT_SUBSCRIPTIONS, 1, a), "as many tasks as the limit");
	ok(!filters("taskIds", LIMIT_SUBSCRIPTIONS + 1, 1, a), "and not one more");
	ok(filters("resourceSubscriptions", LIMIT_SUBSCRIPTIONS, LIMIT_URI, a), "a URI as long as the limit");
	ok(!filters("resourceSubscriptions", 1, LIMIT_URI + 1, a), "and not a byte longer");
	ok(filters("taskIds", 1, LIMIT_RPC_ID, a), "a task id as long as the limit");
	ok(!filters("taskIds", 1, LIMIT_RPC_ID + 1, a), "and not a byte longer");
	ok(retries(LIMIT_OPEN_ASKS, a), "as many responses as the limit");
	ok(!retries(LIMIT_OPEN_ASKS + 1, a), "and not one more");
	ok(asks(LIMIT_OPEN_ASKS, LIMIT_RPC_ID, a), "as many requests as there is room, a key as long as the limit");
	ok(!asks(LIMIT_OPEN_ASKS + 1, 1, a), "and not one more");
	ok(!asks(1, LIMIT_RPC_ID + 1, a), "nor a byte longer");
}

static void check_secrets(struct arena *a)
{
	for (struct json_iter it = json_iter(cases_read("mcp/secrets.json", a)); json_next(&it);) {
		struct slice method = json_string(json_gets(it.value, "method"));
		bool out = mcp_input_wants_secret(method.n ? method : SLICE_LIT("elicitation/create"),
						  json_gets(it.value, "params"));
		ok(out == json_true(json_gets(it.value, "out")), "a form with %.*s",
		   SLICE_ARG(json_string(json_gets(it.value, "name"))));
	}
}

/* A buffer that is too small fails as a whole. */
static void check_full(struct arena *a)
{
	struct err e;
	struct mcp_message m;
	struct buf b = BUF_INIT(60);
	const struct json *v = json_read(SLICE_LIT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
						   "\"params\":{\"progressToken\":\"0123456789012345678901234567\"}}"),
					 a, &e);
	ok(mcp_message_read(v, &m, &e), "a notification");
	mcp_notification_write(&b, &m, SLICE_LIT("1"));
	ok(!buf_ok(&b), "does not fit");
	buf_release(&b);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 64u << 20);
	for (struct json_iter it = json_iter(cases_read("mcp/translate.json", &a)); json_next(&it);)
		run(it.value, &a);
	check_secrets(&a);
	check_limits(&a);
	check_full(&a);
	arena_release(&a);
	return tap_done();
}
