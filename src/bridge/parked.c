/*
 * What a legacy server asks while it works for a modern client: gathered into an input_required
 * result, and answered when the client comes back (MCP 2026-07-28, Multi Round-Trip Requests).
 * requestState is the client's word against ours: it is sealed, and names a parked call of the
 * same grant, server, method and params once.
 */
#include "base/check.h"
#include "base/random.h"
#include "bridge/errand.h"

#define STATE_CONTEXT SLICE_LIT("gatehouse requestState 1")
#define NOT_HERE      "'params.requestState' belongs to no open request here: send the request again without it"

struct state {
	int64_t created_us; /* wall clock */
	uint64_t id, round; /* id 0: nothing is parked, the request is to run anew */
	unsigned char binding[DIGEST_SIZE];
};
#define STATE_SIZE      sizeof(struct state)
#define STATE_TEXT_SIZE (4 * (STATE_SIZE + SEAL_OVERHEAD) / 3 + 4)

void parked_init(struct bridge *b)
{
	list_init(&b->errands);
	idtable_init(&b->parked);
	b->parked_mask = random_u64();
}

void parked_release(struct bridge *b)
{
	idtable_release(&b->parked);
}

/* The digest of params */

struct member {
	struct slice key;
	const struct json *value;
};

static int compare_members(const void *a, const void *b)
{
	struct slice x = ((const struct member *)a)->key, y = ((const struct member *)b)->key;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
	return order ? order : (x.n > y.n) - (x.n < y.n);
}

static bool is_left_out(struct slice key)
{
	return slice_is(key, "_meta") || slice_is(key, "inputResponses") || slice_is(key, "requestState");
}

static void write_sorted(struct buf *b, const struct json *v, struct arena *a, bool is_top)
{
	if (json_is(v, JSON_ARRAY)) {
		buf_addc(b, '[');
		for (struct json_iter it = json_iter(v); json_next(&it); buf_addc(b, ','))
			write_sorted(b, it.value, a, false);
		buf_addc(b, ']');
		return;
	}
	if (!json_is(v, JSON_OBJECT)) {
		json_write(b, v);
		return;
	}
	size_t n = 0;
	struct member *m = arena_alloc(a, json_count(v) * sizeof *m + 1);
	for (struct json_iter it = json_iter(v); m && json_next(&it);)
		if (!is_top || !is_left_out(it.key))
			m[n++] = (struct member){ it.key, it.value };
	if (n)
		qsort(m, n, sizeof *m, compare_members);
	buf_addc(b, m ? '{' : '?');
	for (size_t i = 0; i < n; i++) {
		buf_add_json_string(b, m[i].key);
		buf_addc(b, ':');
		write_sorted(b, m[i].value, a, false);
		buf_addc(b, ',');
	}
	buf_addc(b, '}');
}

/* Clients may send members in another order. _meta tells of the exchange, not of the request. */
void parked_digest(const struct json *params, unsigned char out[DIGEST_SIZE])
{
	struct buf b = BUF_INIT(8u * LIMIT_MESSAGE_BYTES);
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	write_sorted(&b, params, &a, true);
	if (buf_ok(&b))
		digest_blake2b(buf_slice(&b), out);
	else
		random_bytes(out, DIGEST_SIZE); /* equals no other */
	arena_release(&a);
	buf_release(&b);
}

static void add_part(struct buf *b, struct slice part)
{
	buf_addf(b, "%zu:", part.n);
	buf_add_slice(b, part);
}

static void bind(const char *server, struct slice grant_id, struct slice method, const unsigned char digest[DIGEST_SIZE],
                 unsigned char out[DIGEST_SIZE])
{
	struct buf b = BUF_INIT(65536);
	add_part(&b, slice_str(server));
	add_part(&b, grant_id);
	add_part(&b, method);
	add_part(&b, slice_of((const char *)digest, DIGEST_SIZE));
	if (buf_ok(&b))
		digest_blake2b(buf_slice(&b), out);
	else
		random_bytes(out, DIGEST_SIZE);
	buf_release(&b);
}

/* requestState */

static void write_state(const struct errand *e, uint64_t id, struct buf *out)
{
	struct state s;
	struct buf sealed = BUF_INIT(STATE_SIZE + SEAL_OVERHEAD);
	memset(&s, 0, sizeof s);
	s.created_us = loop_wall_us(e->bridge->o.loop);
	s.id = id;
	s.round = e->round;
	bind(e->behind->name, slice_str(e->grant_id), slice_str(e->method), e->digest, s.binding);
	seal(e->bridge->o.key, STATE_CONTEXT, slice_of((const char *)&s, sizeof s), &sealed);
	base64url_add(out, buf_slice(&sealed));
	buf_release(&sealed);
}

static bool read_state(const struct crossing *x, const struct json *params, struct slice text, struct state *s)
{
	unsigned char sealed[STATE_TEXT_SIZE], binding[DIGEST_SIZE], digest[DIGEST_SIZE];
	size_t n = 0;
	const struct bridge *b = x->bridge;
	if (text.n > STATE_TEXT_SIZE || !base64url_read(text, sealed, &n) || n != STATE_SIZE + SEAL_OVERHEAD ||
	    !unseal(b->o.key, STATE_CONTEXT, slice_of((const char *)sealed, n), (unsigned char *)s, &n) || n != STATE_SIZE)
		return false;
	parked_digest(params, digest);
	bind(x->behind->name, x->t.to.grant_id, x->method, digest, binding);
	int64_t age_us = loop_wall_us(b->o.loop) - s->created_us;
	return digest_equal(binding, s->binding, DIGEST_SIZE) && age_us <= (int64_t)b->o.parked_ms * 1000;
}

/* What the server asks */

static void free_ask(struct errand *e, struct errand_ask *a)
{
	list_del(&a->node);
	e->ask_n--;
	e->ask_bytes -= a->params.n;
	free(a->id);
	free(a->method);
	buf_release(&a->params);
	free(a);
}

static void answer_server(struct errand *e, struct slice text)
{
	const struct held *h = e->wait.held;
	if (h && text.n)
		(void)upstream_notify(e->behind->u, &h->to, text, NULL, NULL);
}

static void refuse(struct errand *e, struct slice id, const char *text)
{
	struct buf b = BUF_INIT(LIMIT_RPC_ID * 8 + 512);
	mcp_write_error(&b, id, MCP_METHOD_NOT_FOUND, text, slice_of(NULL, 0));
	answer_server(e, buf_slice(&b));
	buf_release(&b);
}

void parked_refuse_asks(struct errand *e, const char *text)
{
	list_each_safe(it, next, &e->asks)
	{
		struct errand_ask *a = list_entry(it, struct errand_ask, node);
		refuse(e, slice_str(a->id), text);
		free_ask(e, a);
	}
}

void parked_drop_ask(struct errand *e, const struct json *id)
{
	struct buf text = BUF_INIT(LIMIT_RPC_ID * 8);
	json_write(&text, id);
	list_each_safe(it, next, &e->asks)
	{
		struct errand_ask *a = list_entry(it, struct errand_ask, node);
		if (slice_is(buf_slice(&text), a->id))
			free_ask(e, a);
	}
	buf_release(&text);
}

static bool may_park(const struct errand *e)
{
	const struct bridge *b = e->bridge;
	size_t of_grant = 0;
	list_each_safe(it, next, &e->bridge->errands)
	{
		const struct errand *other = list_entry(it, struct errand, of_bridge);
		of_grant += other->is_parked && strcmp(other->grant_id, e->grant_id) == 0;
	}
	return b->parked_n < LIMIT_PARKED_CALLS && of_grant < LIMIT_PARKED_CALLS_OF_GRANT;
}

static void on_late(void *ctx)
{
	struct errand *e = ctx;
	e->late.v = 0;
	errand_abort(e, "the client did not answer in time");
}

static void write_required(struct errand *e, uint64_t id, struct buf *b)
{
	struct mcp_ask asks[LIMIT_OPEN_ASKS];
	struct buf state = BUF_INIT(STATE_TEXT_SIZE), result = BUF_INIT(LIMIT_MESSAGE_BYTES);
	size_t n = 0;
	list_each_safe(it, next, &e->asks)
	{
		const struct errand_ask *a = list_entry(it, struct errand_ask, node);
		asks[n++] = (struct mcp_ask){ slice_str(a->key), slice_str(a->method), buf_slice(&a->params) };
	}
	write_state(e, id, &state);
	BUG_ON(!buf_ok(&state));
	mcp_input_required_write(&result, asks, n, buf_slice(&state));
	mcp_write_result(b, SLICE_LIT("0"), buf_slice(&result));
	buf_release(&state);
	buf_release(&result);
}

static void park(struct errand *e)
{
	struct bridge *b = e->bridge;
	struct buf message = BUF_INIT(LIMIT_MESSAGE_BYTES);
	if (e->rounds >= LIMIT_PARKED_ROUNDS) {
		struct crossing *x = errand_detach(e);
		mcp_write_error(&message, SLICE_LIT("0"), MCP_INVALID_PARAMS,
		                "the request was sent often enough without what the server needs", slice_of(NULL, 0));
		errand_abort(e, "the client does not answer");
		crossing_answer(x, buf_slice(&message), 0);
		buf_release(&message);
		return;
	}
	if (!may_park(e)) {
		parked_refuse_asks(e, "too many calls wait for their clients already");
		return;
	}
	if (!e->id)
		e->id = idtable_add(&b->parked, e);
	e->round = random_u64();
	e->rounds++;
	e->is_parked = true;
	b->parked_n++;
	e->late = loop_after(b->o.loop, b->o.parked_ms, on_late, e);
	write_required(e, e->id ^ b->parked_mask, &message);
	crossing_answer(errand_detach(e), buf_slice(&message), 0);
	buf_release(&message);
}

/* What a server asks in one turn is asked together. */
static void on_gather(void *ctx)
{
	struct errand *e = ctx;
	e->gather.v = 0;
	if (e->x && e->ask_n)
		park(e);
}

static void gather(struct errand *e)
{
	if (e->x && !e->gather.v)
		e->gather = loop_after(e->bridge->o.loop, 0, on_gather, e);
}

static bool is_askable(const struct errand *e, const struct mcp_message *m)
{
	unsigned needs = mcp_input_needs(m->method, m->params);
	return e->may_ask && needs && (e->can & needs) == needs && !e->has_ended;
}

void parked_ask(struct errand *e, const struct mcp_message *m)
{
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 8);
	struct errand_ask *a = mem_zalloc(sizeof *a);
	json_write(&id, m->id);
	/* Never more than a client may make us hold for it. */
	a->params = BUF_INIT(LIMIT_WAITING_BYTES - e->ask_bytes);
	list_init(&a->node);
	if (m->params)
		mcp_input_to_modern(&a->params, m->params);
	bool is_fit = buf_ok(&a->params) && e->ask_n < LIMIT_OPEN_ASKS && e->rounds < LIMIT_PARKED_ROUNDS;
	if (!is_askable(e, m) || !is_fit) {
		refuse(e, buf_slice(&id), is_fit ? "the client cannot be asked this" : "the client is asked too much");
		buf_release(&a->params);
		free(a);
	} else {
		snprintf(a->key, sizeof a->key, "ask-%u", ++e->ask_last);
		a->needs = mcp_input_needs(m->method, m->params);
		a->id = mem_strndup(id.p, id.n);
		a->method = mem_strndup(m->method.p, m->method.n);
		e->ask_n++;
		e->ask_bytes += a->params.n;
		list_add_tail(&e->asks, &a->node);
		gather(e);
	}
	buf_release(&id);
}

/* The client comes back */

static void refuse_client(struct crossing *x, int code, const char *text)
{
	struct buf b = BUF_INIT(1024);
	mcp_write_error(&b, SLICE_LIT("0"), code, text, slice_of(NULL, 0));
	crossing_answer_soon(x, buf_slice(&b));
	buf_release(&b);
}

/* After error -32042: the addresses were opened, or not. */
static void run_anew(struct crossing *x, const struct json *params, const struct mcp_retry *retry)
{
	for (struct json_iter it = json_iter(retry->responses); json_next(&it);) {
		if (slice_is(json_string(json_gets(it.value, "action")), "accept"))
			continue;
		refuse_client(x, MCP_INTERNAL_ERROR, "the server needs an address to be opened, and it was not");
		return;
	}
	errand_begin(x, params);
}

static bool check_responses(struct errand *e, const struct mcp_retry *retry, struct err *why)
{
	list_each_safe(it, next, &e->asks)
	{
		const struct errand_ask *a = list_entry(it, struct errand_ask, node);
		const struct json *response = json_gets(retry->responses, a->key);
		if (response && !mcp_response_check(slice_str(a->method), response, why))
			return false;
	}
	return true;
}

/* To the server goes what the client answered; what it cannot be asked any more is refused. */
static void send_responses(struct errand *e, const struct mcp_retry *retry)
{
	list_each_safe(it, next, &e->asks)
	{
		struct errand_ask *a = list_entry(it, struct errand_ask, node);
		const struct json *response = json_gets(retry->responses, a->key);
		if (response) {
			struct buf result = BUF_INIT(LIMIT_MESSAGE_BYTES), b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
			mcp_response_to_legacy(&result, response);
			mcp_write_result(&b, slice_str(a->id), buf_slice(&result));
			if (buf_ok(&result) && buf_ok(&b))
				answer_server(e, buf_slice(&b));
			else
				refuse(e, slice_str(a->id), "the client's answer is too large");
			buf_release(&result);
			buf_release(&b);
			free_ask(e, a);
		} else if ((e->can & a->needs) != a->needs) {
			refuse(e, slice_str(a->id), "the client cannot be asked this any more");
			free_ask(e, a);
		}
	}
}

static void give_kept(struct errand *e)
{
	struct crossing *x = errand_detach(e);
	if (e->failure != UPSTREAM_OK)
		crossing_fail_soon(x, e->failure, "%s", e->why);
	else
		crossing_answer_soon(x, buf_slice(&e->answer));
	errand_free(e);
}

void parked_resume(struct crossing *x, const struct json *params, const struct mcp_retry *retry)
{
	struct bridge *b = x->bridge;
	struct state s;
	struct err why;
	if (!read_state(x, params, retry->state, &s)) {
		refuse_client(x, MCP_INVALID_PARAMS, NOT_HERE);
		return;
	}
	if (!s.id) {
		run_anew(x, params, retry);
		return;
	}
	struct errand *e = idtable_get(&b->parked, s.id ^ b->parked_mask);
	if (!e || !e->is_parked || e->round != s.round || e->behind != x->behind) {
		refuse_client(x, MCP_INVALID_PARAMS, NOT_HERE);
		return;
	}
	if (!check_responses(e, retry, &why)) {
		refuse_client(x, MCP_INVALID_PARAMS, why.text);
		return;
	}
	loop_cancel(b->o.loop, &e->late);
	e->is_parked = false;
	b->parked_n--;
	errand_attach(e, x, params);
	if (e->has_ended) {
		give_kept(e);
		return;
	}
	send_responses(e, retry);
	if (e->ask_n)
		gather(e);
}

bool parked_by_url(struct errand *e, const struct json *error, struct buf *b)
{
	struct mcp_input in[LIMIT_OPEN_ASKS];
	struct mcp_ask asks[LIMIT_OPEN_ASKS];
	size_t end[LIMIT_OPEN_ASKS], n = 0;
	struct buf keys = BUF_INIT(4096), params = BUF_INIT(LIMIT_MESSAGE_BYTES), state = BUF_INIT(STATE_TEXT_SIZE);
	struct buf result = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct err why;
	bool is_url = e->may_ask && (e->can & MCP_CAN_ELICITATION_URL) &&
	              mcp_url_error_read(error, &keys, in, ARRAY_LEN(in), &n, &why);
	for (size_t i = 0; is_url && i < n; i++) {
		mcp_input_to_modern(&params, in[i].params);
		end[i] = params.n;
	}
	is_url = is_url && buf_ok(&params);
	for (size_t i = 0; is_url && i < n; i++) {
		size_t begin = i ? end[i - 1] : 0;
		asks[i] = (struct mcp_ask){ in[i].key, in[i].method, slice_of(params.p + begin, end[i] - begin) };
	}
	if (is_url) {
		write_state(e, 0, &state);
		mcp_input_required_write(&result, asks, n, buf_slice(&state));
		mcp_write_result(b, SLICE_LIT("0"), buf_slice(&result));
		is_url = buf_ok(&result);
	}
	buf_release(&keys);
	buf_release(&params);
	buf_release(&state);
	buf_release(&result);
	return is_url;
}

void parked_keep(struct errand *e)
{
	struct bridge *b = e->bridge;
	while (!list_empty(&e->asks))
		free_ask(e, list_entry(e->asks.next, struct errand_ask, node));
	if (b->parked_bytes + e->answer.n > LIMIT_PARKED_BYTES) {
		buf_release(&e->answer);
		e->failure = UPSTREAM_BROKEN;
		free(e->why);
		e->why = mem_strdup("the answer came while nobody waited for it, and too many are kept");
	}
	b->parked_bytes += e->answer.n;
}

void parked_forget(struct errand *e)
{
	struct bridge *b = e->bridge;
	loop_cancel(b->o.loop, &e->gather);
	loop_cancel(b->o.loop, &e->late);
	while (!list_empty(&e->asks))
		free_ask(e, list_entry(e->asks.next, struct errand_ask, node));
	if (e->is_parked)
		b->parked_n--;
	e->is_parked = false;
	b->parked_bytes -= e->has_ended ? e->answer.n : 0;
	e->answer.n = 0;
	if (e->id)
		idtable_del(&b->parked, e->id);
	e->id = 0;
}
