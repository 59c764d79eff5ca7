/*
 * What a server of the modern era wants to know from a legacy client: each entry of inputRequests
 * becomes a request with an id of ours, on the stream of the call that it belongs to, and its
 * answer an entry of inputResponses (2026-07-28, basic/patterns/mrtr).
 */
#include "base/check.h"
#include "base/log.h"
#include "bridge/lm.h"

#define TEXT_MAX (LIMIT_MESSAGE_BYTES + 65536)

/* 2025-11-25, basic/utilities/tasks, Associating Task-Related Messages. */
void lm_add_related_task(struct buf *object, struct slice task)
{
	struct arena a;
	struct err e;
	struct buf related = BUF_INIT(4096), meta = BUF_INIT(TEXT_MAX), out = BUF_INIT(TEXT_MAX);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(buf_slice(object), &a, &e);
	const struct json *old = json_gets(root, "_meta");
	buf_adds(&related, "{\"taskId\":");
	buf_add_json_string(&related, task);
	buf_addc(&related, '}');
	if (!json_is(old, JSON_OBJECT))
		old = json_read(SLICE_LIT("{}"), &a, &e);
	if (root && old) {
		json_write_with(&meta, old, SLICE_LIT(MCP_META_RELATED_TASK), buf_slice(&related));
		json_write_with(&out, root, SLICE_LIT("_meta"), buf_slice(&meta));
	}
	buf_clear(object);
	buf_add_slice(object, buf_slice(&out));
	object->failed |= !out.n || !buf_ok(&meta) || !buf_ok(&out);
	buf_release(&related);
	buf_release(&meta);
	buf_release(&out);
	arena_release(&a);
}

/* The request as the client sees it: a whole message. */
static bool write_ask(struct buf *b, struct lm_call *c, const struct mcp_input *in, const char *id, struct slice task,
                      struct err *e)
{
	struct buf params = BUF_INIT(TEXT_MAX), quoted = BUF_INIT(LM_ID_SIZE * 2);
	unsigned needs = mcp_input_needs(in->method, in->params);
	bool is_fine;
	if ((c->x->t.to.client_caps & needs) != needs)
		is_fine = err_set(e, ERR_REMOTE, "it asks for '%.*s', which this client has not declared",
		                  SLICE_ARG(in->method));
	else
		is_fine = mcp_input_to_legacy(&params, in, c->x->t.client_version, slice_str(id), e);
	if (is_fine && task.n)
		lm_add_related_task(&params, task);
	buf_add_json_string(&quoted, slice_str(id));
	if (is_fine)
		mcp_write_request(b, buf_slice(&quoted), in->method, buf_slice(&params));
	if (is_fine && (!buf_ok(&params) || !buf_ok(b)))
		is_fine = err_set(e, ERR_LIMIT, "what it asks is larger than the gate carries");
	buf_release(&params);
	buf_release(&quoted);
	return is_fine;
}

static void check_all(struct lm_call *c)
{
	if (c->is_showing || c->answered < c->ask_n)
		return;
	c->when_answered(c);
}

static void prepare(struct lm_call *c, const struct mcp_input *in, size_t n)
{
	struct lm *lm = lm_of(c->x->bridge);
	BUG_ON(c->asks);
	c->asks = mem_zalloc(n * sizeof *c->asks);
	c->ask_n = n;
	c->answered = 0;
	for (size_t i = 0; i < n; i++) {
		struct lm_ask *a = &c->asks[i];
		lm_random_id(a->id);
		a->call = c;
		a->key = mem_strndup(in[i].key.p, in[i].key.n);
		a->key_n = in[i].key.n;
		a->method = mem_strndup(in[i].method.p, in[i].method.n);
		map_put(&lm->asks, slice_str(a->id), a);
	}
}

void lm_ask(struct lm_call *c, const struct mcp_input *in, size_t n, struct slice task,
            void (*when_answered)(struct lm_call *c))
{
	struct crossing *x = c->x;
	struct buf *texts = mem_zalloc(n * sizeof *texts);
	struct err e = { 0 };
	size_t fine = 0;
	prepare(c, in, n);
	c->when_answered = when_answered;
	/* None is shown when one of them must not be. */
	for (; fine < n; fine++) {
		buf_init(&texts[fine], TEXT_MAX);
		if (!write_ask(&texts[fine], c, &in[fine], c->asks[fine].id, task, &e))
			break;
	}
	if (fine < n) {
		log_warn(x->behind->name, "%s", e.text);
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the server '%s' asked for what this client cannot answer",
		               x->behind->name);
	}
	c->is_showing = true;
	/* The client, or the gate for it, may answer and may go while it is shown the next. */
	for (size_t i = 0; fine == n && i < n && !x->is_over && c->asks; i++)
		crossing_show_text(x, buf_slice(&texts[i]));
	for (size_t i = 0; i < n; i++)
		buf_release(&texts[i]);
	free(texts);
	if (x->is_over)
		return;
	c->is_showing = false;
	if (fine == n && c->asks)
		check_all(c);
}

void lm_ask_drop(struct lm_call *c)
{
	struct lm *lm = c->x->bridge->lm;
	for (size_t i = 0; i < c->ask_n; i++) {
		struct lm_ask *a = &c->asks[i];
		map_del(&lm->asks, slice_str(a->id));
		free(a->key);
		free(a->method);
		free(a->answer);
	}
	free(c->asks);
	c->asks = NULL;
	c->ask_n = c->answered = 0;
}

void lm_ask_responses(struct lm_call *c, struct buf *b)
{
	struct mcp_answer answers[LIMIT_OPEN_ASKS];
	BUG_ON(c->ask_n > LIMIT_OPEN_ASKS);
	for (size_t i = 0; i < c->ask_n; i++) {
		struct lm_ask *a = &c->asks[i];
		answers[i] = (struct mcp_answer){ slice_of(a->key, a->key_n), slice_of(a->answer, a->answer_n) };
	}
	mcp_responses_write(b, answers, c->ask_n);
}

static bool is_of(const struct lm_ask *a, const struct crossing *x)
{
	const struct crossing *of = a->call->x;
	return slice_eq(of->t.to.client_session, x->t.to.client_session) &&
	       slice_eq(of->t.to.grant_id, x->t.to.grant_id) && (!x->behind || x->behind == of->behind);
}

static void take(struct lm_ask *a, const struct buf *text)
{
	struct lm_call *c = a->call;
	a->answer = mem_strndup(text->p, text->n);
	a->answer_n = text->n;
	c->answered++;
	check_all(c);
}

/* 2026-07-28, client/elicitation, Response Actions: an answer that is none was cancelled. The other
 * requests have no such word: without their answer the call cannot go on. */
static void take_error(struct lm_ask *a, struct slice why)
{
	struct buf b = BUF_INIT(256);
	if (mcp_response_of_error(&b, slice_str(a->method)))
		take(a, &b);
	else
		lm_call_refuse(a->call, MCP_INTERNAL_ERROR, "the client did not answer '%s': %.*s", a->method,
		               (int)(why.n < 120 ? why.n : 120), why.p);
	buf_release(&b);
}

bool lm_take_answer(const struct crossing *x, const struct mcp_message *m)
{
	struct lm *lm = x->bridge->lm;
	struct lm_ask *a = lm && json_is(m->id, JSON_STRING) ? map_get(&lm->asks, json_string(m->id)) : NULL;
	struct buf b = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct err e = { 0 };
	if (!a || !is_of(a, x))
		return false;
	map_del(&lm->asks, slice_str(a->id));
	if (m->kind == MCP_ERROR) {
		take_error(a, json_string(json_gets(m->error, "message")));
	} else if (!mcp_response_check(slice_str(a->method), m->result, &e)) {
		take_error(a, slice_str(e.text));
	} else {
		json_write(&b, m->result);
		if (buf_ok(&b))
			take(a, &b);
		else
			take_error(a, SLICE_LIT("its answer is larger than the gate carries"));
	}
	buf_release(&b);
	return true;
}
