/* Who listens to a server, what each of them wants, and telling it. */
#include "bridge/hub.h"
#include "base/check.h"

struct loop *hub_loop(const struct hub *hub)
{
	return hub->behind->bridge->o.loop;
}

static void want(struct hub *hub)
{
	if (hub->is_modern)
		hub_stream_want(hub);
	else
		hub_session_want(hub);
}

static void on_retry(void *ctx)
{
	struct hub *hub = ctx;
	hub->retry.v = 0;
	want(hub);
}

void hub_again(struct hub *hub)
{
	if (hub->retry.v || hub->is_dead)
		return;
	hub->retry_ms = hub->retry_ms ? hub->retry_ms * 2 : LIMIT_LISTEN_AGAIN_MS;
	if (hub->retry_ms > LIMIT_LISTEN_AGAIN_MAX_MS)
		hub->retry_ms = LIMIT_LISTEN_AGAIN_MAX_MS;
	hub->retry = loop_after(hub_loop(hub), hub->retry_ms, on_retry, hub);
}

unsigned hub_flags(const struct hub *hub)
{
	unsigned flags = 0;
	for (struct list *it = hub->ears.next; it != &hub->ears; it = it->next) {
		const struct hub_ear *ear = list_entry(it, struct crossing, of_state)->state;
		flags |= ear->flags;
	}
	return flags;
}

/* Its life */

static void free_now(void *ctx)
{
	struct hub *hub = ctx;
	free(hub->grant_id);
	map_release(&hub->topics);
	behind_drop(hub->behind);
	free(hub);
}

static void end_hub(struct hub *hub)
{
	if (hub->is_dead)
		return;
	hub->is_dead = true;
	list_del(&hub->link);
	loop_cancel(hub_loop(hub), &hub->retry);
	loop_cancel(hub_loop(hub), &hub->refresh);
	if (hub->is_modern)
		hub_stream_stop(hub);
	else
		hub_session_stop(hub);
	/* The caller may be in one of its events. */
	loop_defer(hub_loop(hub), free_now, hub);
}

static void drop_topic(struct hub *hub, struct hub_topic *t)
{
	BUG_ON(!t->users);
	if (--t->users)
		return;
	if (!hub->is_modern)
		hub_session_drop(hub, t);
	map_del(&hub->topics, slice_of(t->uri, t->uri_n));
	list_del(&t->link);
	free(t);
}

static void on_leave(struct crossing *x, const char *reason)
{
	struct hub_ear *ear = x->state;
	struct hub *hub = ear->hub;
	(void)reason;
	x->state = NULL;
	list_del(&x->of_state);
	for (unsigned i = 0; i < ear->topic_n; i++)
		drop_topic(hub, ear->topics[i]);
	free(ear);
	if (!--hub->ear_n)
		end_hub(hub);
}

/* Telling. Events may end any of those who listen, so all are found again by their ids. */

static struct exchange_id *ids_of(const struct hub *hub)
{
	struct exchange_id *ids = mem_alloc((hub->ear_n + 1) * sizeof *ids);
	size_t n = 0;
	for (struct list *it = hub->ears.next; it != &hub->ears; it = it->next)
		ids[n++] = list_entry(it, struct crossing, of_state)->id;
	ids[n].v = 0;
	return ids;
}

static struct crossing *find(const struct hub *hub, struct exchange_id id)
{
	struct crossing *x = crossing_find(hub->behind->bridge, id);
	return x && !x->is_over && x->state ? x : NULL;
}

static unsigned flag_of(const struct mcp_message *m)
{
	if (slice_is(m->method, "notifications/tools/list_changed"))
		return HUB_TOOLS;
	if (slice_is(m->method, "notifications/prompts/list_changed"))
		return HUB_PROMPTS;
	return slice_is(m->method, "notifications/resources/list_changed") ? HUB_RESOURCES : 0;
}

static bool is_hit(const struct hub_ear *ear)
{
	for (unsigned i = 0; i < ear->topic_n; i++)
		if (ear->topics[i]->is_hit)
			return true;
	return false;
}

static void mark_hits(struct hub *hub, struct slice uri)
{
	list_each_safe(it, next, &hub->order)
	{
		struct hub_topic *t = list_entry(it, struct hub_topic, link);
		t->is_hit = mcp_uri_is_below(uri, slice_of(t->uri, t->uri_n));
	}
}

/* Who does not read is told later that something has changed: nothing is kept for it. */
static bool is_told_later(struct crossing *x, struct hub_ear *ear, unsigned flag)
{
	if (!x->is_paused)
		return false;
	ear->missed |= (unsigned char)flag;
	ear->has_missed_topics |= !flag;
	return true;
}

void hub_tell(struct hub *hub, const struct mcp_message *m)
{
	unsigned flag = flag_of(m);
	struct slice uri = json_string(json_gets(m->params, "uri"));
	bool is_update = slice_is(m->method, "notifications/resources/updated") && uri.n;
	if (!flag && !is_update)
		return;
	if (is_update)
		mark_hits(hub, uri);
	struct exchange_id *ids = ids_of(hub);
	for (size_t i = 0; ids[i].v; i++) {
		struct crossing *x = find(hub, ids[i]);
		struct hub_ear *ear = x ? x->state : NULL;
		if (!ear || !ear->is_acknowledged || (flag ? !(ear->flags & flag) : !is_hit(ear)))
			continue;
		if (!is_told_later(x, ear, flag))
			crossing_show(x, m);
	}
	free(ids);
}

static void show_change(struct crossing *x, const char *method)
{
	struct buf b = BUF_INIT(256);
	mcp_write_request(&b, slice_of(NULL, 0), slice_str(method), slice_of(NULL, 0));
	crossing_show_text(x, buf_slice(&b));
	buf_release(&b);
}

static void show_update(struct crossing *x, const struct hub_topic *t)
{
	struct buf b = BUF_INIT(8 * LIMIT_URI), params = BUF_INIT(8 * LIMIT_URI);
	buf_adds(&params, "{\"uri\":");
	buf_add_json_string(&params, slice_of(t->uri, t->uri_n));
	buf_addc(&params, '}');
	mcp_write_request(&b, slice_of(NULL, 0), SLICE_LIT("notifications/resources/updated"), buf_slice(&params));
	if (buf_ok(&params) && buf_ok(&b))
		crossing_show_text(x, buf_slice(&b));
	buf_release(&b);
	buf_release(&params);
}

/* x may end in any of it. */
static void show_missed(struct crossing *x, unsigned flags, bool has_topics)
{
	static const struct {
		unsigned flag;
		const char *method;
	} lists[] = { { HUB_TOOLS, "notifications/tools/list_changed" },
		      { HUB_PROMPTS, "notifications/prompts/list_changed" },
		      { HUB_RESOURCES, "notifications/resources/list_changed" } };
	for (size_t i = 0; i < ARRAY_LEN(lists) && x->state; i++)
		if (flags & lists[i].flag)
			show_change(x, lists[i].method);
	for (unsigned i = 0; has_topics && x->state; i++) {
		const struct hub_ear *ear = x->state;
		if (i >= ear->topic_n)
			return;
		if (ear->topics[i]->is_honoured)
			show_update(x, ear->topics[i]);
	}
}

void hub_tell_gap(struct hub *hub)
{
	struct exchange_id *ids = ids_of(hub);
	for (size_t i = 0; ids[i].v; i++) {
		struct crossing *x = find(hub, ids[i]);
		struct hub_ear *ear = x ? x->state : NULL;
		if (!ear || !ear->is_acknowledged)
			continue;
		if (x->is_paused) {
			ear->missed |= (unsigned char)(ear->flags & hub->honoured);
			ear->has_missed_topics = true;
		} else {
			show_missed(x, ear->flags & hub->honoured, true);
		}
	}
	free(ids);
}

static void on_pause(struct crossing *x)
{
	const struct hub_ear *ear = x->state;
	if (ear && !x->is_paused && (ear->missed || ear->has_missed_topics))
		crossing_soon(x);
}

/* Acknowledging */

static bool is_ready(const struct hub *hub, const struct hub_ear *ear)
{
	for (unsigned i = 0; i < ear->topic_n; i++)
		if (!ear->topics[i]->is_known)
			return false;
	return (ear->flags & hub->known) == ear->flags;
}

static void write_acknowledged(const struct hub *hub, const struct hub_ear *ear, struct buf *b)
{
	struct buf uris = BUF_INIT(LIMIT_MESSAGE_BYTES);
	unsigned flags = ear->flags & hub->honoured;
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_addc(&uris, '[');
	for (unsigned i = 0; i < ear->topic_n; i++) {
		const struct hub_topic *t = ear->topics[i];
		if (!t->is_honoured)
			continue;
		if (uris.n > 1)
			buf_addc(&uris, ',');
		buf_add_json_string(&uris, slice_of(t->uri, t->uri_n));
	}
	buf_addc(&uris, ']');
	struct mcp_filter f = { .tools = flags & HUB_TOOLS,
		                .prompts = flags & HUB_PROMPTS,
		                .resources = flags & HUB_RESOURCES,
		                .uris = uris.n > 2 ? json_read(buf_slice(&uris), &a, &e) : NULL };
	mcp_acknowledged_write(b, &f, SLICE_LIT("0"));
	arena_release(&a);
	buf_release(&uris);
}

/* The first message of the stream (MCP 2026-07-28, Subscriptions). */
static void acknowledge(struct crossing *x)
{
	struct hub_ear *ear = x->state;
	struct buf b = BUF_INIT(LIMIT_MESSAGE_BYTES);
	ear->is_acknowledged = true;
	list_del(&x->of_state);
	list_add_head(&ear->hub->ears, &x->of_state);
	write_acknowledged(ear->hub, ear, &b);
	crossing_opened(x);
	if (buf_ok(&b))
		crossing_show_text(x, buf_slice(&b));
	buf_release(&b);
}

void hub_settle(struct hub *hub)
{
	struct exchange_id *ids = ids_of(hub);
	for (size_t i = 0; ids[i].v; i++) {
		struct crossing *x = find(hub, ids[i]);
		const struct hub_ear *ear = x ? x->state : NULL;
		if (ear && !ear->is_acknowledged && is_ready(hub, ear))
			acknowledge(x);
	}
	free(ids);
}

static void on_soon(struct crossing *x)
{
	struct hub_ear *ear = x->state;
	if (!ear->is_acknowledged) {
		if (is_ready(ear->hub, ear))
			acknowledge(x);
		return;
	}
	unsigned missed = ear->missed;
	bool has_topics = ear->has_missed_topics;
	if (x->is_paused)
		return;
	ear->missed = 0;
	ear->has_missed_topics = false;
	show_missed(x, missed, has_topics);
}

void hub_fail(struct hub *hub, bool is_all, enum upstream_failure f, const struct mcp_message *m, const char *why,
              int http_status)
{
	struct exchange_id *ids = ids_of(hub);
	for (size_t i = 0; ids[i].v; i++) {
		struct crossing *x = find(hub, ids[i]);
		const struct hub_ear *ear = x ? x->state : NULL;
		if (ear && (is_all || !ear->is_acknowledged))
			crossing_done(x, f, m, why, http_status);
	}
	free(ids);
}

/* Beginning */

static const struct crossing_ops ear_ops = { .on_soon = on_soon, .leave = on_leave, .pause = on_pause };

static struct hub *hub_of(struct crossing *x, bool is_modern)
{
	struct behind *s = x->behind;
	/* A child belongs to a grant; over HTTP all are one to the server. */
	bool is_shared = strcmp(upstream_transport(s->u), "http") == 0;
	struct slice grant_id = is_shared ? slice_of("", 0) : x->t.to.grant_id;
	list_each_safe(it, next, &s->hubs)
	{
		struct hub *hub = list_entry(it, struct hub, link);
		if (hub->is_modern == is_modern && slice_is(grant_id, hub->grant_id))
			return hub;
	}
	struct hub *hub = mem_zalloc(sizeof *hub);
	hub->behind = s;
	behind_use(s);
	hub->grant_id = mem_strndup(grant_id.n ? grant_id.p : "", grant_id.n);
	hub->is_modern = is_modern;
	hub->is_child = !is_shared;
	hub->client_caps = is_shared ? 0 : x->t.to.client_caps;
	list_init(&hub->ears);
	list_init(&hub->session.node);
	map_init(&hub->topics);
	list_init(&hub->order);
	list_add_tail(&s->hubs, &hub->link);
	return hub;
}

static struct hub_topic *topic_of(struct hub *hub, struct slice uri)
{
	struct hub_topic *t = map_get(&hub->topics, uri);
	if (!t) {
		t = mem_zalloc(sizeof *t + uri.n + 1);
		t->hub = hub;
		t->uri_n = uri.n;
		memcpy(t->uri, uri.p, uri.n);
		map_put(&hub->topics, uri, t);
		list_add_tail(&hub->order, &t->link);
	}
	t->users++;
	return t;
}

static void add_ear(struct crossing *x, struct hub *hub, const struct mcp_filter *f)
{
	size_t n = json_count(f->uris);
	struct hub_ear *ear = mem_zalloc(sizeof *ear + n * sizeof *ear->topics);
	ear->hub = hub;
	ear->flags = (unsigned char)((f->tools ? HUB_TOOLS : 0) | (f->prompts ? HUB_PROMPTS : 0) |
	                             (f->resources ? HUB_RESOURCES : 0));
	for (struct json_iter it = json_iter(f->uris); json_next(&it);)
		ear->topics[ear->topic_n++] = topic_of(hub, json_string(it.value));
	hub->ear_n++;
	x->state = ear;
	x->ops = &ear_ops;
	list_add_tail(&hub->ears, &x->of_state);
	if (is_ready(hub, ear))
		crossing_soon(x);
	else
		want(hub);
}

static void refuse(struct crossing *x, const char *text)
{
	struct buf b = BUF_INIT(1024);
	mcp_write_error(&b, SLICE_LIT("0"), MCP_INVALID_PARAMS, text, slice_of(NULL, 0));
	crossing_answer_soon(x, buf_slice(&b));
	buf_release(&b);
}

/* Tasks are one client's own: a stream that names some is not shared. */
static void go_alone(struct crossing *x)
{
	static const struct crossing_ops alone;
	struct upstream_target to = x->t.to;
	x->ops = &alone;
	to.version = MCP_MODERN_LATEST;
	crossing_set_inner(x, upstream_subscribe(x->behind->u, &to, x->text, &crossing_events, x));
}

void hub_begin(struct crossing *x, bool is_modern)
{
	struct arena a;
	struct err e = { 0 };
	struct mcp_filter f;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *params = json_read(x->text, &a, &e);
	struct hub *hub = NULL;
	if (!params || !mcp_filter_read(params, &f, &e)) {
		refuse(x, e.text);
	} else if (x->behind->is_forgotten) {
		crossing_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' has been removed", x->behind->name);
	} else if (f.tasks && is_modern) {
		go_alone(x);
	} else if (hub = hub_of(x, is_modern), hub->topics.n + json_count(f.uris) > LIMIT_HUB_TOPICS) {
		crossing_fail_soon(x, UPSTREAM_BUSY, "%zu resources of server '%s' are listened to, as many as may be",
		                   hub->topics.n, x->behind->name);
	} else {
		add_ear(x, hub, &f);
	}
	arena_release(&a);
}

void hub_forget(struct behind *s)
{
	while (!list_empty(&s->hubs)) {
		struct hub *hub = list_entry(s->hubs.next, struct hub, link);
		struct exchange_id *ids = ids_of(hub);
		hub->ear_n++; /* it must outlive its ears here */
		for (size_t i = 0; ids[i].v; i++) {
			static const struct crossing_ops gone;
			struct crossing *x = find(hub, ids[i]);
			if (!x)
				continue;
			on_leave(x, "");
			x->ops = &gone;
			if (!s->bridge->is_ending)
				crossing_fail_soon(x, UPSTREAM_BROKEN, "server '%s' has been removed", s->name);
		}
		free(ids);
		hub->ear_n--;
		end_hub(hub);
	}
}
