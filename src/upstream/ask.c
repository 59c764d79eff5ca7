/* Requests of servers that wait for a client's answer: only the client session that
 * was shown one may answer it, and once. */
#include "base/check.h"
#include "base/limits.h"
#include "upstream/exchange.h"

static char *print(const struct json *v)
{
	struct buf b = BUF_INIT(LIMIT_RPC_ID * 8);
	json_write(&b, v);
	char *s = buf_ok(&b) ? mem_strndup(b.p, b.n) : NULL;
	buf_release(&b);
	return s;
}

struct ask *ask_new(const struct exchange *x, uint64_t shown_id, const struct mcp_message *m)
{
	struct ask *a = mem_zalloc(sizeof *a);
	struct slice session = x->t.client_session;
	const struct json *token = json_gets(json_gets(m->params, "_meta"), "progressToken");
	list_init(&a->node);
	a->client_session = mem_strndup(session.n ? session.p : "", session.n);
	a->client_session_n = session.n;
	a->by = x->id.v;
	a->shown_id = shown_id;
	a->server_id = print(m->id);
	BUG_ON(!a->server_id);
	a->progress_token = token ? print(token) : NULL;
	return a;
}

void ask_free(struct ask *a)
{
	list_del(&a->node);
	free(a->client_session);
	free(a->server_id);
	free(a->progress_token);
	free(a);
}

void ask_free_all(struct list *asks)
{
	list_each_safe(it, tmp, asks) ask_free(list_entry(it, struct ask, node));
}

static bool is_text(const struct json *v, const char *text)
{
	char *s = text && v ? print(v) : NULL;
	bool is_same = s && slice_is(slice_str(s), text);
	free(s);
	return is_same;
}

static bool is_shown_as(const struct ask *a, const struct json *id)
{
	int64_t v;
	if (!a->shown_id)
		return is_text(id, a->server_id);
	return json_int64(id, &v) && v > 0 && (uint64_t)v == a->shown_id;
}

struct ask *ask_find(struct list *asks, struct slice client_session, const struct json *id)
{
	list_each_safe(it, tmp, asks)
	{
		struct ask *a = list_entry(it, struct ask, node);
		if (slice_eq(client_session, slice_of(a->client_session, a->client_session_n)) &&
		    is_shown_as(a, id))
			return a;
	}
	return NULL;
}

struct ask *ask_find_by_server_id(struct list *asks, const struct json *id)
{
	list_each_safe(it, tmp, asks)
	{
		struct ask *a = list_entry(it, struct ask, node);
		if (is_text(id, a->server_id))
			return a;
	}
	return NULL;
}

bool ask_has_token(const struct ask *a, const struct json *token)
{
	return is_text(token, a->progress_token);
}
