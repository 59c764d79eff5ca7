/* Ids of tasks, bound to the grant that they were given to. */
#include "gate/task.h"
#include "base/limits.h"
#include "gate/member.h"
#include "gate/merge.h"
#include "mcp/envelope.h"

#define CODE_BYTES 16
#define CODE_SIZE  22 /* in base64url */
#define MARK       '~'

static void add_part(struct buf *b, struct slice part)
{
	buf_addf(b, "%zu:", part.n);
	buf_add_slice(b, part);
}

static bool write_code(const struct inbound *in, const char *server, struct slice own, char out[CODE_SIZE])
{
	unsigned char key[DIGEST_SIZE], code[DIGEST_SIZE];
	struct buf b = BUF_INIT(LIMIT_URI * 2), text = BUF_INIT(CODE_SIZE + 2);
	/* A key of its own: the other one seals sessions. */
	digest_keyed(in->gate->o.session_key, SLICE_LIT("gatehouse task id"), key);
	add_part(&b, in->grant ? in->grant->id : SLICE_LIT(""));
	add_part(&b, slice_str(server));
	add_part(&b, own);
	bool is_fine = buf_ok(&b);
	if (is_fine) {
		digest_keyed(key, buf_slice(&b), code);
		base64url_add(&text, slice_of((const char *)code, CODE_BYTES));
		memcpy(out, text.p, CODE_SIZE);
	}
	digest_wipe(key, sizeof key);
	buf_release(&b);
	buf_release(&text);
	return is_fine;
}

bool task_id_read(const struct inbound *in, const char *server, struct slice id, struct slice *own)
{
	char code[CODE_SIZE];
	if (id.n < CODE_SIZE + 2 || id.p[id.n - CODE_SIZE - 1] != MARK)
		return false;
	*own = slice_of(id.p, id.n - CODE_SIZE - 1);
	return write_code(in, server, *own, code) && digest_equal(code, id.p + own->n + 1, CODE_SIZE);
}

/* One that is too long to be bound is shown as none: the client could not come back with it. */
void task_id_write(struct buf *b, const struct inbound *in, const char *server, struct slice own)
{
	struct buf id = BUF_INIT(LIMIT_URI * 2);
	char code[CODE_SIZE];
	if (own.n && write_code(in, server, own, code)) {
		buf_add_slice(&id, own);
		buf_addc(&id, MARK);
		buf_add(&id, code, CODE_SIZE);
	}
	buf_add_json_string(b, buf_ok(&id) ? buf_slice(&id) : SLICE_LIT(""));
	buf_release(&id);
}

static bool is_id(const struct json *v)
{
	return json_is(v, JSON_STRING);
}

/* An object with its taskId in the client's words. */
static void write_task(struct buf *b, const struct inbound *in, const char *server, const struct json *task)
{
	struct buf id = BUF_INIT(LIMIT_URI * 4);
	task_id_write(&id, in, server, json_string(json_gets(task, "taskId")));
	struct member m = { SLICE_LIT("taskId"), buf_slice(&id) };
	if (is_id(json_gets(task, "taskId")))
		members_write(b, task, &m, 1);
	else
		json_write(b, task);
	buf_release(&id);
}

static void write_list(struct buf *b, const struct inbound *in, const char *server, const struct json *tasks)
{
	bool is_first = true;
	buf_addc(b, '[');
	for (struct json_iter it = json_iter(tasks); json_next(&it); is_first = false) {
		if (!is_first)
			buf_addc(b, ',');
		write_task(b, in, server, it.value);
	}
	buf_addc(b, ']');
}

static const struct json *related(const struct json *object)
{
	return json_gets(json_gets(object, "_meta"), MCP_META_RELATED_TASK);
}

static void write_meta(struct buf *b, const struct json *meta, struct slice task)
{
	struct member m = { SLICE_LIT(MCP_META_RELATED_TASK), task };
	members_write(b, meta, &m, 1);
}

bool task_write_shown(struct buf *b, const struct inbound *in, const char *server, const struct json *object,
                      bool has_id)
{
	size_t max = in->gate->o.message_bytes_max + 65536, n = 0;
	struct buf id = BUF_INIT(max), task = BUF_INIT(max), tasks = BUF_INIT(max), meta = BUF_INIT(max), rel = BUF_INIT(max);
	struct member m[4];
	if (has_id && is_id(json_gets(object, "taskId"))) {
		task_id_write(&id, in, server, json_string(json_gets(object, "taskId")));
		m[n++] = (struct member){ SLICE_LIT("taskId"), buf_slice(&id) };
	}
	if (json_is(json_gets(object, "task"), JSON_OBJECT) && !json_gets(object, "content")) {
		write_task(&task, in, server, json_gets(object, "task"));
		m[n++] = (struct member){ SLICE_LIT("task"), buf_slice(&task) };
	}
	if (has_id && json_is(json_gets(object, "tasks"), JSON_ARRAY)) {
		write_list(&tasks, in, server, json_gets(object, "tasks"));
		m[n++] = (struct member){ SLICE_LIT("tasks"), buf_slice(&tasks) };
	}
	if (json_is(related(object), JSON_OBJECT)) {
		write_task(&rel, in, server, related(object));
		write_meta(&meta, json_gets(object, "_meta"), buf_slice(&rel));
		m[n++] = (struct member){ SLICE_LIT("_meta"), buf_slice(&meta) };
	}
	if (n)
		members_write(b, object, m, n);
	b->failed |= id.failed || task.failed || tasks.failed || meta.failed || rel.failed;
	buf_release(&id);
	buf_release(&task);
	buf_release(&tasks);
	buf_release(&meta);
	buf_release(&rel);
	return n > 0;
}

bool task_write_message(struct buf *b, const struct inbound *in, const char *server, const struct mcp_message *m)
{
	bool has_id = slice_starts(m->method, SLICE_LIT("notifications/tasks"));
	struct buf params = BUF_INIT(b->max);
	bool is_task = !merge_is_door(in) && (has_id || related(m->params)) &&
	               task_write_shown(&params, in, server, m->params, has_id);
	struct member member = { SLICE_LIT("params"), buf_slice(&params) };
	if (is_task)
		members_write(b, m->root, &member, 1);
	b->failed |= params.failed;
	buf_release(&params);
	return is_task;
}

bool task_write_answer(struct buf *b, const struct inbound *in, const char *server, const struct mcp_message *m)
{
	const struct json *task = related(m->result);
	struct slice own = { NULL, 0 };
	struct buf rel = BUF_INIT(LIMIT_URI * 4), meta = BUF_INIT(b->max), result = BUF_INIT(b->max);
	if (!task || merge_is_door(in))
		return false;
	bool is_own = task_id_read(in, server, json_string(json_gets(task, "taskId")), &own);
	buf_adds(&rel, "{\"taskId\":");
	buf_add_json_string(&rel, own);
	buf_addc(&rel, '}');
	write_meta(&meta, json_gets(m->result, "_meta"), is_own ? buf_slice(&rel) : slice_of(NULL, 0));
	struct member in_result = { SLICE_LIT("_meta"), buf_slice(&meta) };
	members_write(&result, m->result, &in_result, 1);
	struct member in_root = { SLICE_LIT("result"), buf_slice(&result) };
	members_write(b, m->root, &in_root, 1);
	b->failed |= rel.failed || meta.failed || result.failed;
	buf_release(&rel);
	buf_release(&meta);
	buf_release(&result);
	return true;
}

bool task_write_result(struct buf *b, const struct call *c, struct slice id)
{
	const struct json *result = c->answer->result;
	bool has_id = slice_starts(c->m.method, SLICE_LIT("tasks/")) && !slice_is(c->m.method, "tasks/result");
	bool is_call = slice_is(c->m.method, "tools/call");
	struct buf shown = BUF_INIT(b->max);
	if (c->answer->kind != MCP_RESULT || merge_is_door(c->in) ||
	    (!is_call && !slice_starts(c->m.method, SLICE_LIT("tasks/"))))
		return false;
	has_id |= is_call && slice_is(json_string(json_gets(result, "resultType")), "task");
	bool is_task = task_write_shown(&shown, c->in, c->server, result, has_id);
	if (is_task && buf_ok(&shown))
		mcp_write_result(b, id, buf_slice(&shown));
	b->failed |= shown.failed;
	buf_release(&shown);
	return is_task;
}
