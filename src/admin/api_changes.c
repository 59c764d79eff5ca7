/* The record of what people changed. */
#include "admin/api_people.h"
#include "admin/routes.h"
#include "base/clock.h"
#include "base/limits.h"

static void change_write(struct buf *b, const struct change *h)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(h->time_us, time);
	buf_addf(b, "{\"id\":\"%s\",\"time\":\"%s\",\"who\":{\"kind\":", h->id, time);
	buf_add_json_string(b, slice_str(h->who_kind));
	buf_adds(b, ",\"id\":");
	buf_add_json_string(b, slice_str(h->who_id));
	buf_adds(b, ",\"name\":");
	buf_add_json_string(b, slice_str(h->who_name));
	buf_adds(b, ",\"address\":");
	buf_add_json_string(b, slice_str(h->address));
	buf_adds(b, "},\"action\":");
	buf_add_json_string(b, slice_str(h->action));
	buf_adds(b, ",\"object\":{\"type\":");
	buf_add_json_string(b, slice_str(h->object_type));
	buf_adds(b, ",\"id\":");
	buf_add_json_string(b, slice_str(h->object_id));
	buf_adds(b, "},\"before\":");
	buf_add_slice(b, h->before.n ? h->before : SLICE_LIT("null"));
	buf_adds(b, ",\"after\":");
	buf_add_slice(b, h->after.n ? h->after : SLICE_LIT("null"));
	buf_adds(b, ",\"note\":");
	buf_add_json_string(b, slice_str(h->note));
	buf_addc(b, '}');
}

/* object: "policy", or "policy/files". */
static bool read_filter(struct api_call *c, struct change_filter *f)
{
	struct slice object = api_query(c, "object"), cursor = api_query(c, "cursor");
	const char *slash = object.n ? memchr(object.p, '/', object.n) : NULL;
	f->who = api_query(c, "who");
	f->action = api_query(c, "what");
	f->object_type = slice_of(object.p, slash ? (size_t)(slash - object.p) : object.n);
	f->object_id = slash ? slice_of(slash + 1, object.n - f->object_type.n - 1) : slice_of("", 0);
	f->before_id = cursor.n ? cursor.p : NULL;
	if (cursor.n && cursor.n != RANDOM_UUID_SIZE - 1)
		api_parameter(c, "cursor", "is none that a list gave");
	return api_limit(c, &f->limit) && api_time(c, "since", &f->since_us) && api_time(c, "until", &f->until_us) && c->error_n == 0;
}

void changes_get(struct api_call *c)
{
	struct change_filter f = { 0 };
	struct change *v;
	size_t n;
	uint64_t total;
	struct err e = { 0 };
	if (!read_filter(c, &f))
		return;
	if (!people_changes(c->people, &f, &c->arena, &v, &n, &e) || !people_changes_count(c->people, &f, &total, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	buf_adds(&c->out, "{\"changes\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&c->out, i ? "," : "");
		change_write(&c->out, &v[i]);
	}
	buf_addf(&c->out, "],\"total\":%llu", (unsigned long long)total);
	if (n && n == f.limit)
		buf_addf(&c->out, ",\"next\":\"%s\"", v[n - 1].id);
	buf_addc(&c->out, '}');
}
