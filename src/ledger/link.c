/* The connection: dialling, saying who we are, the pipeline. */
#include "ledger/link.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "net/conn.h"

#define TICK_MS      1000
#define PAUSE_LEAST  100
#define PAUSE_MOST   5000
#define SETTLED_US   1000000 /* up for so long, it starts again with the shortest pause */
#define SHA_SIZE     41

enum sent_kind { SENT_RUN = 0, SENT_AUTH, SENT_SELECT, SENT_LOAD };

struct sent {
	enum sent_kind kind;
	unsigned tag; /* of SENT_LOAD: the script */
	uint64_t id, at_us;
};

struct link {
	struct loop *loop;
	struct place place;
	struct tls_context *tls;
	const struct link_events *ev;
	void *ctx;
	struct conn *conn;
	redisReader *reader;
	size_t unfinished; /* bytes read of the reply at hand, at most */
	struct sent *sent; /* a ring */
	size_t first, n;
	char sha[SCRIPT_COUNT][SHA_SIZE];
	enum link_state state;
	uint64_t since_us; /* in this state */
	uint64_t pause_ms;
	struct loop_timer timer, watch;
	bool has_watch, must_restart, is_told;
	char why[256];
};

static void dial(void *ctx);

static void push(struct link *k, enum sent_kind kind, unsigned tag, uint64_t id)
{
	struct sent *s = &k->sent[(k->first + k->n++) % LIMIT_LEDGER_SENT];
	*s = (struct sent){kind, tag, id, loop_now_us(k->loop)};
}

static void set_state(struct link *k, enum link_state state)
{
	k->state = state;
	k->since_us = loop_now_us(k->loop);
}

/* Everything that waits hears that nobody knows. */
static void fall(struct link *k)
{
	bool was_up = k->state == LINK_UP;
	bool was_settled = was_up && loop_now_us(k->loop) - k->since_us > SETTLED_US;
	set_state(k, LINK_DOWN);
	if (k->conn)
		conn_close(&k->conn);
	if (k->reader)
		redisReaderFree(k->reader);
	k->reader = NULL;
	loop_cancel(k->loop, &k->watch);
	k->has_watch = k->must_restart = false;
	if (!k->is_told)
		log_error("counters", "the store cannot be used: %s; calls with limits are refused until it can",
			  k->why);
	k->is_told = true;
	while (k->n) {
		struct sent s = k->sent[k->first];
		k->first = (k->first + 1) % LIMIT_LEDGER_SENT;
		k->n--;
		if (s.kind == SENT_RUN)
			k->ev->on_reply(k->ctx, s.tag, s.id, NULL);
	}
	k->pause_ms = was_settled || !k->pause_ms ? PAUSE_LEAST : k->pause_ms * 2;
	if (k->pause_ms > PAUSE_MOST)
		k->pause_ms = PAUSE_MOST;
	/* Many gates that lost the same store do not all come back at once. */
	k->timer = loop_after(k->loop, was_settled ? 1 : k->pause_ms + random_u64() % k->pause_ms, dial, k);
	k->ev->on_down(k->ctx);
}

static void fall_because(struct link *k, const char *why, struct slice detail)
{
	snprintf(k->why, sizeof k->why, "%s%s%.*s%s", why, detail.n ? " '" : "",
		 (int)(detail.n < 120 ? detail.n : 120), detail.n ? detail.p : "", detail.n ? "'" : "");
	fall(k);
}

static void on_watch(void *ctx)
{
	struct link *k = ctx;
	uint64_t now = loop_now_us(k->loop);
	k->has_watch = false;
	if (k->state == LINK_COMING && now - k->since_us > LIMIT_LEDGER_SILENT_MS * 1000ull) {
		fall_because(k, "it does not answer", slice_of(NULL, 0));
		return;
	}
	if (k->n && now - k->sent[k->first].at_us > LIMIT_LEDGER_SILENT_MS * 1000ull) {
		fall_because(k, "it has stopped answering", slice_of(NULL, 0));
		return;
	}
	if (k->n || k->state == LINK_COMING) {
		k->watch = loop_after(k->loop, TICK_MS, on_watch, k);
		k->has_watch = true;
	}
}

static void watch(struct link *k)
{
	if (k->has_watch)
		return;
	k->watch = loop_after(k->loop, TICK_MS, on_watch, k);
	k->has_watch = true;
}

/* More than a command may have fails as a bug: words are bounded where they are made. */
static void write_command(struct link *k, const char *const *words, const size_t *lengths, size_t n)
{
	char *text = NULL;
	const char **copy = mem_alloc(n * sizeof *copy);
	memcpy(copy, words, n * sizeof *copy);
	long long size = redisFormatCommandArgv(&text, (int)n, copy, lengths);
	free(copy);
	BUG_ON(size <= 0 || !text);
	conn_write(k->conn, slice_of(text, (size_t)size));
	redisFreeCommand(text);
	watch(k);
}

static void write_words(struct link *k, const char *a, const char *b, const char *c)
{
	const char *words[3] = {a, b, c};
	size_t lengths[3], n = c ? 3 : 2;
	for (size_t i = 0; i < n; i++)
		lengths[i] = strlen(words[i]);
	write_command(k, words, lengths, n);
}

static void on_open(void *ctx)
{
	struct link *k = ctx;
	char number[16];
	if (k->place.password[0]) {
		if (k->place.user[0])
			write_words(k, "AUTH", k->place.user, k->place.password);
		else
			write_words(k, "AUTH", k->place.password, NULL);
		push(k, SENT_AUTH, 0, 0);
	}
	if (k->place.database) {
		snprintf(number, sizeof number, "%u", k->place.database);
		write_words(k, "SELECT", number, NULL);
		push(k, SENT_SELECT, 0, 0);
	}
	for (unsigned i = 0; i < SCRIPT_COUNT; i++) {
		const char *words[3] = {"SCRIPT", "LOAD", scripts[i].text};
		const size_t lengths[3] = {6, 4, scripts[i].n};
		write_command(k, words, lengths, 3);
		push(k, SENT_LOAD, i, 0);
	}
}

/* False: the link is of no use. */
static bool take_greeting(struct link *k, const struct sent *s, const redisReply *r)
{
	static const char *const steps[] = {[SENT_AUTH] = "it does not let this user in:",
					    [SENT_SELECT] = "it has no such database:",
					    [SENT_LOAD] = "it does not take scripts:"};
	struct slice text = r->str ? slice_of(r->str, (size_t)r->len) : slice_of(NULL, 0);
	if (r->type == REDIS_REPLY_ERROR) {
		fall_because(k, steps[s->kind], text);
		return false;
	}
	if (s->kind != SENT_LOAD)
		return true;
	if (r->type != REDIS_REPLY_STRING || text.n != SHA_SIZE - 1) {
		fall_because(k, "it answers as no store of this kind", slice_of(NULL, 0));
		return false;
	}
	memcpy(k->sha[s->tag], text.p, text.n);
	k->sha[s->tag][text.n] = '\0';
	if (s->tag + 1 < SCRIPT_COUNT)
		return true;
	set_state(k, LINK_UP);
	if (k->is_told)
		log_warn("counters", "the store can be used again");
	k->is_told = false;
	k->ev->on_up(k->ctx);
	return true;
}

/* False: the connection is gone. */
static bool take_reply(struct link *k, const redisReply *r)
{
	if (!k->n) {
		fall_because(k, "it says more than it was asked", slice_of(NULL, 0));
		return false;
	}
	struct sent s = k->sent[k->first];
	k->first = (k->first + 1) % LIMIT_LEDGER_SENT;
	k->n--;
	if (s.kind != SENT_RUN)
		return take_greeting(k, &s, r);
	k->ev->on_reply(k->ctx, s.tag, s.id, r);
	if (k->must_restart)
		fall(k);
	return k->state != LINK_DOWN;
}

static void on_data(void *ctx, struct slice bytes)
{
	struct link *k = ctx;
	void *reply = NULL;
	k->unfinished += bytes.n;
	redisReaderFeed(k->reader, bytes.p, bytes.n);
	while (redisReaderGetReply(k->reader, &reply) == REDIS_OK && reply) {
		k->unfinished = 0;
		bool goes_on = take_reply(k, reply);
		freeReplyObject(reply);
		if (!goes_on)
			return;
	}
	if (k->reader->err)
		fall_because(k, "it breaks the protocol:", slice_str(k->reader->errstr));
	else if (k->unfinished > LIMIT_LEDGER_REPLY)
		fall_because(k, "its reply is too long", slice_of(NULL, 0));
}

static void on_end(void *ctx, const struct err *why)
{
	struct link *k = ctx;
	fall_because(k, why ? why->text : "it closed the connection", slice_of(NULL, 0));
}

static void dial(void *ctx)
{
	static const struct conn_events events = {.on_open = on_open, .on_data = on_data, .on_end = on_end};
	struct link *k = ctx;
	BUG_ON(k->conn || k->n);
	set_state(k, LINK_COMING);
	k->timer.v = 0;
	k->unfinished = 0;
	k->reader = redisReaderCreate();
	BUG_ON(!k->reader);
	if (k->place.is_unix)
		k->conn = conn_dial_unix(k->loop, slice_str(k->place.host), &events, k);
	else
		k->conn = conn_dial(k->loop, slice_str(k->place.host), k->place.port,
				    k->place.is_tls ? k->tls : NULL, &events, k);
	watch(k);
}

struct link *link_new(struct loop *l, const struct place *p, struct tls_context *tls,
		      const struct link_events *ev, void *ctx)
{
	struct link *k = mem_zalloc(sizeof *k);
	BUG_ON(p->is_tls && !tls);
	k->loop = l;
	k->place = *p;
	k->tls = tls;
	k->ev = ev;
	k->ctx = ctx;
	k->sent = mem_alloc(LIMIT_LEDGER_SENT * sizeof *k->sent);
	snprintf(k->why, sizeof k->why, "it has not answered yet");
	dial(k);
	return k;
}

void link_free(struct link **k)
{
	struct link *it = *k;
	*k = NULL;
	loop_cancel(it->loop, &it->timer);
	loop_cancel(it->loop, &it->watch);
	if (it->conn)
		conn_close(&it->conn);
	if (it->reader)
		redisReaderFree(it->reader);
	free(it->sent);
	free(it);
}

enum link_state link_state(const struct link *k)
{
	return k->state;
}

const char *link_trouble(const struct link *k)
{
	return k->state == LINK_UP ? NULL : k->why;
}

void link_restart(struct link *k, const char *why)
{
	snprintf(k->why, sizeof k->why, "%s", why);
	k->must_restart = true;
}

bool link_run(struct link *k, enum script_name script, bool is_whole, size_t keys, const struct args *a,
	      unsigned tag, uint64_t id)
{
	char count[24];
	BUG_ON(!buf_ok(&a->text));
	if (k->state != LINK_UP || k->must_restart || k->n == LIMIT_LEDGER_SENT)
		return false;
	const char **words = mem_alloc((a->n + 3) * sizeof *words);
	size_t *lengths = mem_alloc((a->n + 3) * sizeof *lengths);
	struct slice head[3] = {slice_str(is_whole ? "EVAL" : "EVALSHA"),
				is_whole ? slice_of(scripts[script].text, scripts[script].n)
					 : slice_str(k->sha[script]),
				slice_of(count, 0)};
	snprintf(count, sizeof count, "%zu", keys);
	head[2].n = strlen(count);
	for (size_t i = 0; i < a->n + 3; i++) {
		struct slice word = i < 3 ? head[i] : args_at(a, i - 3);
		words[i] = word.p ? word.p : "";
		lengths[i] = word.n;
	}
	write_command(k, words, lengths, a->n + 3);
	free(words);
	free(lengths);
	push(k, SENT_RUN, tag, id);
	return true;
}
