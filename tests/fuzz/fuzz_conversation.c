/*
 * Whole conversations: clients of both eras and over HTTP+SSE, servers of both eras over HTTP and on
 * stdio, and time between them, all as the input says. Whatever they say:
 *   a server hears of no call that was not recorded as allowed before, and of each once;
 *   a request is answered once, or was cancelled, or its client has gone;
 *   at the end nothing is in flight, and everything is handed back.
 */
#include "conversation.h"
#include "past/past.h"
#include "audit/audit.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/journal_inside.h"
#include "store/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_journal(void)
{
	static struct audit_entry en;
	struct slice entry, rest = buf_slice(&world.journal->pending);
	rest = slice_of(rest.p + t.journal_at, rest.n - t.journal_at);
	while (rest.n && frame_read(rest, &entry) == FRAME_OK) {
		BUG_ON(!audit_decode(entry, &en));
		struct ask *a = en.record.argument_key_n ? ask_of(en.record.argument_keys[0], 'k') : NULL;
		if (a && en.part == AUDIT_PART_DECISION && en.record.decision == AUDIT_ALLOW)
			a->is_allowed = true;
		rest = slice_of(rest.p + FRAME_HEAD + entry.n, rest.n - FRAME_HEAD - entry.n);
		t.journal_at += FRAME_HEAD + entry.n;
	}
}

/* The first invariant: whatever reaches a server was decided, and recorded before. */
static void check_forwarded(struct slice text)
{
	struct arena a;
	struct err e;
	struct mcp_message m;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = text.n ? json_read(text, &a, &e) : NULL;
	BUG_ON(text.n && (!root || !mcp_message_read(root, &m, &e)));
	if (root && slice_is(m.method, "tools/call")) {
		struct json_iter it = json_iter(json_gets(m.params, "arguments"));
		struct ask *k = json_next(&it) ? ask_of(it.key, 'k') : NULL;
		struct slice name = json_string(json_gets(m.params, "name"));
		BUG_ON(!slice_is(name, "free") && !slice_is(name, "few"));
		read_journal();
		bool is_again = json_gets(m.params, "inputResponses") || json_gets(m.params, "requestState");
		BUG_ON(k && !k->is_allowed);
		BUG_ON(k && k->heard++ && !is_again && !k->may_repeat);
		if (k)
			k->may_repeat = false;
	} else if (root && (slice_is(m.method, "resources/read") || slice_is(m.method, "resources/subscribe"))) {
		BUG_ON(!slice_starts(json_string(json_gets(m.params, "uri")), SLICE_LIT("file:///pub/")));
	}
	arena_release(&a);
}

/* The second: one answer for each id. */
static void take_answer(size_t request, const struct json *m, struct slice event)
{
	struct ask *a = ask_of(json_string(json_gets(m, "id")), 'c');
	const struct json *state = json_gets(json_gets(m, "result"), "requestState");
	struct buf text = BUF_INIT(sizeof t.state - 1);
	json_write(&text, state);
	if (state && buf_ok(&text))
		snprintf(t.state, sizeof t.state, "%s", buf_str(&text));
	buf_release(&text);
	if (!a || json_gets(m, "method"))
		return;
	if (a->answered && event.n && slice_is(event, a->event))
		return; /* told again to who came back */
	(void)request;
	BUG_ON(a->answered++);
	snprintf(a->event, sizeof a->event, "%.*s", (int)(event.n < 60 ? event.n : 60), event.n ? event.p : "");
}

static size_t answering;

static void take_text(struct slice text, struct slice event)
{
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(text, &a, &e);
	BUG_ON(!root); /* what the gate says is JSON */
	if (json_is(root, JSON_ARRAY))
		for (struct json_iter it = json_iter(root); json_next(&it);)
			take_answer(answering, it.value, event);
	else
		take_answer(answering, root, event);
	arena_release(&a);
}

static void on_event(void *ctx, const struct sse_event *ev)
{
	(void)ctx;
	if (ev->has_id)
		snprintf(t.event, sizeof t.event, "%.*s", (int)(ev->id.n < 60 ? ev->id.n : 60), ev->id.p);
	if (slice_is(ev->event, "endpoint") && t.old_n == SESSIONS)
		return;
	if (slice_is(ev->event, "endpoint"))
		snprintf(t.old[t.old_n++], sizeof t.old[0], "%.*s", SLICE_ARG(ev->data));
	else if (ev->data.n)
		take_text(ev->data, ev->id);
}

static void on_answer(size_t i, const struct http_header *h, size_t n)
{
	struct fake_request *r = &t.front.v[i];
	for (size_t k = 0; k < n; k++)
		if (slice_ieq(h[k].name, SLICE_LIT("mcp-session-id")) && t.session_n < SESSIONS && h[k].value.n < 1000)
			snprintf(t.session[t.session_n++].token, 1000, "%.*s", SLICE_ARG(h[k].value));
	if (h || !r->got.n)
		return;
	answering = i;
	if (r->got.p[0] == '{' || r->got.p[0] == '[') {
		take_text(buf_slice(&r->got), slice_of(NULL, 0));
	} else {
		struct sse_reader reader;
		sse_init(&reader, 1u << 24);
		BUG_ON(!sse_feed(&reader, buf_slice(&r->got), on_event, NULL));
		sse_release(&reader);
	}
	buf_clear(&r->got);
}

/* The whole */

#define POLICY                                                                                                    \
	"{\"version\":\"1\",\"default\":\"deny\",\"results\":{\"redact\":[\"secrets\",\"personal\"],\"on_injection\":\"flag\",\"content_types\":[\"text\"]},"  \
	"\"tools\":{\"free\":{},"                                           \
	"\"few\":{\"limits\":[{\"counter\":\"c\",\"window\":\"month\",\"max\":3}]}},\"prompts\":{\"default\":\"allow\"}," \
	"\"server_requests\":{\"sampling\":\"allow\",\"elicitation\":\"allow\"},"                                     \
	"\"resources\":{\"default\":\"deny\",\"allow\":[\"file:///pub/**\"]}}"

static void remove_world(void)
{
	grants_unref(&world.grants);
	journal_close(&world.journal);
	store_close(&world.store);
	folder_remove(&world.folder);
}

static void make_world(void)
{
	static const struct store_binding bindings[] = { { "h", "p" }, { "p", "p" } };
	struct store_server h = { .name = "h", .transport = STORE_HTTP, .url = "http://h/", .is_enabled = true }, p = h;
	struct store_grant grant = { .label = "g", .subject = "", .bindings = bindings, .binding_n = 2 };
	struct err e = { 0 };
	int64_t version;
	p.name = "p";
	log_set_level(LOG_ERROR);
	world.folder = folder_new();
	world.store = store_open(&(struct store_opts){ .data_dir = world.folder.path }, &e);
	memcpy(world.bearer, "Bearer ", 7);
	token_new(world.bearer + 7, grant.token_hash);
	BUG_ON(!world.store || !store_server_put(world.store, &h, &e) || !store_server_put(world.store, &p, &e) ||
	       !store_policy_apply(world.store, "p", SLICE_LIT(POLICY), "", "", &version, &e) || !store_grant_add(world.store, &grant, &e));
	world.journal = journal_open(world.store, &e);
	world.grants = grants_load(world.store, &e);
	BUG_ON(!world.journal || !world.grants);
	atexit(remove_world);
}

static void begin(void)
{
	static const char *const argv[] = { "server", NULL }, *const env[] = { NULL };
	struct upstream_opts o = upstream_defaults();
	struct err e;
	t.loop = loop_new();
	t.front.on_answer = on_answer;
	t.back.on_sent = check_forwarded;
	fake_on_line = check_forwarded;
	t.registry = registry_new(t.loop, &t.back);
	t.catalog = catalog_new();
	t.quota = quota_new(1000);
	t.past = past_new(&(struct past_opts){ 0 });
	t.ledger = ledger_new_memory(t.quota, t.past);
	struct gate_opts go = { .loop = t.loop, .http = &t.front, .registry = t.registry, .catalog = t.catalog, .ledger = t.ledger, .journal = world.journal,
		                .session_age_ms = 86400000, .replay_ms = 60000, .calls_max = 100, .streams_max = 20, .message_bytes_max = 1u << 20 };
	t.gate = gate_new(&go);
	o.call_timeout_ms = 30000;
	o.start_timeout_ms = 5000;
	o.name = "h";
	o.url = "http://127.0.0.1/";
	BUG_ON(!registry_put(t.registry, &o, &e));
	o.name = "p";
	o.url = NULL;
	o.argv = argv;
	o.env = env;
	BUG_ON(!registry_put(t.registry, &o, &e));
	gate_set_grants(t.gate, world.grants);
}

static void step(void)
{
	static const uint64_t ms[] = { 1, 100, 1000, 2500, 61000, 400000 };
	char text[TEXT];
	switch (take(16)) {
	case 0: write_initialize(text); send_request(HTTP_POST, doors[take(3)], NULL, 0, text); break;
	case 1:
	case 2: post_legacy(); break;
	case 3:
	case 4: post_modern(); break;
	case 5: get_stream(); break;
	case 6: send_request(HTTP_GET, doors[take(3)], NULL, 0, ""); break;
	case 7: post_old(); break;
	case 8: go(take(FAKE_REQUESTS)); break;
	case 9: change_pace(take(FAKE_REQUESTS)); break;
	case 10:
	case 11: serve_one(); break;
	case 12: serve_child(); break;
	case 13: serve_all(); break;
	case 14: fake_pass(t.loop, ms[take(ARRAY_LEN(ms))]); break;
	default: gate_set_grants(t.gate, world.grants); break;
	}
	fake_turns(t.loop);
}

static void check_answers(void)
{
	for (size_t i = 0; i < t.ask_n; i++) {
		const struct ask *a = &t.asks[i];
		const struct fake_request *r = &t.front.v[a->request];
		if (a->request >= t.front.n || a->may_stay || a->answered == 1 || r->status >= 400 || r->is_aborted)
			continue;
		/* Over HTTP+SSE the answer goes with its stream. */
		if (r->status == 202)
			continue;
		fprintf(stderr, "request c%zu (%zu) was never answered: status %d heard %u allowed %d\n", i, a->request, r->status, a->heard, a->is_allowed);
		BUG_ON(true);
	}
}

static void on_stopped(void *ctx)
{
	*(bool *)ctx = true;
}

/* Nobody says anything new; every wait has its end. */
static void end(void)
{
	bool is_stopped = false;
	for (int i = 0; i < 4; i++) {
		serve_all();
		fake_pass(t.loop, 40000);
	}
	gate_end_streams(t.gate);
	for (size_t i = 0; i < t.back.n; i++)
		give_end(i, true);
	fake_pass(t.loop, 400000);
	check_answers();
	for (size_t i = 0; i < t.front.n; i++)
		go(i);
	registry_stop(t.registry, on_stopped, &is_stopped);
	for (int i = 0; i < 10 && !is_stopped; i++) {
		for (size_t k = 0; k < t.back.n; k++)
			give_end(k, true);
		fake_pass(t.loop, 100000);
	}
	BUG_ON(!is_stopped);
	BUG_ON(gate_counts(t.gate).in_flight || gate_counts(t.gate).streams || t.gate->calls.n || t.gate->inbounds.n);
}

static void release(void)
{
	gate_free(&t.gate);
	registry_free(&t.registry);
	catalog_free(&t.catalog);
	ledger_free(&t.ledger);
	quota_free(&t.quota);
	past_free(&t.past);
	loop_free(&t.loop);
	for (size_t i = 0; i < t.front.n; i++) {
		buf_release(&t.front.v[i].got);
		arena_release(&t.front.v[i].arena);
	}
	for (size_t i = 0; i < t.back.n; i++)
		buf_release(&t.back.v[i].body);
	buf_clear(&world.journal->pending);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fake_random = 1;
	if (!world.store)
		make_world();
	memset(&t, 0, sizeof t);
	t.p = data;
	t.end = data + (size < 2000 ? size : 2000);
	fake_random = 2;
	begin();
	t.is_modern = take(2);
	while (t.p < t.end)
		step();
	end();
	release();
	return 0;
}
