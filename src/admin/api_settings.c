/* /settings: the table of the configuration, and the part of it that may be changed while the gate runs. */
#include "admin/routes.h"
#include "base/limits.h"
#include <stdio.h>

static const char *source_word(enum config_source s)
{
	static const char *const words[] = { [CONFIG_OF_DEFAULT] = "default", [CONFIG_OF_STORE] = "store", [CONFIG_OF_FILE] = "file" };
	return words[s];
}

static void add_value(struct buf *b, const struct config_setting *s)
{
	if (!s->list) {
		buf_add_json_string(b, slice_str(s->value));
		return;
	}
	buf_addc(b, '[');
	for (size_t i = 0; s->list[i]; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(s->list[i]));
	}
	buf_addc(b, ']');
}

static void add_setting(struct buf *b, const struct config_setting *s)
{
	buf_adds(b, "{\"key\":");
	buf_add_json_string(b, slice_str(s->key));
	buf_adds(b, ",\"value\":");
	add_value(b, s);
	buf_adds(b, ",\"default\":");
	buf_add_json_string(b, slice_str(s->initial));
	buf_addf(b, ",\"source\":\"%s\",\"is_live\":%s,\"is_secret\":%s,\"kind\":", source_word(s->source), s->is_live ? "true" : "false",
		 s->is_secret ? "true" : "false");
	buf_add_json_string(b, slice_str(s->kind));
	buf_adds(b, ",\"help\":");
	buf_add_json_string(b, slice_str(s->help));
	buf_addc(b, '}');
}

/* changes: what a PATCH would make of it; NULL: as it is. */
static void write_settings(struct buf *b, const struct config *c, const struct json *changes, struct arena *a)
{
	struct config_setting s;
	buf_adds(b, "{\"settings\":[");
	for (size_t i = 0; config_setting(c, i, a, &s); i++) {
		const struct json *v = json_gets(changes, s.key);
		if (v && json_is(v, JSON_NULL)) {
			s.value = s.initial;
			s.source = CONFIG_OF_DEFAULT;
		} else if (v) {
			s.value = arena_strndup(a, json_string(v).p, json_string(v).n);
			s.source = CONFIG_OF_STORE;
		}
		buf_adds(b, i ? "," : "");
		add_setting(b, &s);
	}
	buf_adds(b, "],\"file\":");
	if (c->file)
		buf_add_json_string(b, slice_str(c->file));
	else
		buf_adds(b, "null");
	buf_addc(b, '}');
}

void settings_get(struct api_call *c)
{
	write_settings(&c->out, c->config, NULL, &c->arena);
	c->status = 200;
}

static bool find(const struct config *c, struct slice key, struct arena *a, struct config_setting *out)
{
	for (size_t i = 0; config_setting(c, i, a, out); i++)
		if (slice_is(key, out->key))
			return true;
	return false;
}

static void check_one(struct api_call *c, struct slice name, const struct json *value)
{
	struct config_setting s;
	struct buf pointer = BUF_INIT(1u << 20);
	struct err e = { 0 };
	char *key = arena_strndup(&c->arena, name.n ? name.p : "", name.n);
	json_pointer_add(&pointer, name);
	const char *at = buf_ok(&pointer) ? buf_str(&pointer) : "";
	bool is_there = key && !memchr(key, 0, name.n) && find(c->config, name, &c->arena, &s);
	if (is_there && s.is_live && s.source == CONFIG_OF_FILE) {
		api_field(c, at, "'%s' stands in the configuration file, which wins: change it there, then POST /api/v1/reload", s.key);
		c->status = 409;
	} else if (json_is(value, JSON_NULL)) {
		if (!is_there || !s.is_live)
			api_field(c, at, "there is no such setting that could be changed here");
	} else if (!json_is(value, JSON_STRING)) {
		api_field(c, at, "a value is a text, as a file would have it (\"30s\"), or null for the default");
	} else if (!config_setting_check(key ? key : "", json_string(value), &e)) {
		api_field(c, at, "%s", e.text);
	}
	buf_release(&pointer);
}

static bool put_all(struct api_call *c)
{
	struct err e = { 0 };
	for (struct json_iter it = json_iter(c->json); json_next(&it);) {
		const char *key = arena_strndup(&c->arena, it.key.p, it.key.n);
		struct slice s = json_string(it.value);
		const char *value = json_is(it.value, JSON_NULL) ? NULL : arena_strndup(&c->arena, s.n ? s.p : "", s.n);
		if (!key || !store_setting_put(c->store, key, value, &e))
			return api_fail_err(c, &e, 422);
	}
	return true;
}

/* Only what changes, by key. */
static struct slice changes_text(struct api_call *c, bool is_before)
{
	struct buf b = BUF_INIT(1u << 20);
	struct config_setting s;
	for (struct json_iter it = json_iter(c->json); json_next(&it);) {
		if (!find(c->config, it.key, &c->arena, &s))
			continue;
		buf_adds(&b, b.n ? "," : "{");
		buf_add_json_string(&b, it.key);
		buf_addc(&b, ':');
		if (is_before)
			add_value(&b, &s);
		else
			json_write(&b, it.value);
	}
	buf_adds(&b, b.n ? "}" : "{}");
	char *copy = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	struct slice text = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return text;
}

void settings_patch(struct api_call *c)
{
	struct buf now = BUF_INIT(LIMIT_API_ANSWER), wanted = BUF_INIT(LIMIT_API_ANSWER);
	for (struct json_iter it = json_iter(c->json); json_next(&it);)
		check_one(c, it.key, it.value);
	if (!json_count(c->json))
		api_field(c, "", "name a setting, as {\"log_level\": \"debug\"}");
	if (!c->error_n) {
		write_settings(&now, c->config, NULL, &c->arena);
		write_settings(&wanted, c->config, c->json, &c->arena);
		if (api_match(c, buf_slice(&now), buf_slice(&wanted)) && put_all(c))
			api_changed(c, "settings.update", "settings", SLICE_LIT("gate"), changes_text(c, true), changes_text(c, false));
	}
	buf_release(&now);
	buf_release(&wanted);
}

/* The answer is what counts from now on. */
void settings_patch_begin(struct api_call *c)
{
	struct admin *a = c->admin;
	struct err e = { 0 };
	c->is_saved = true;
	if (!a->o.reload(a->o.ctx, &e)) {
		api_fail(c, 409, "it is saved, and not in force, because the whole cannot be taken over: %.180s", e.text);
	} else {
		struct config *now = a->o.config(a->o.ctx);
		write_settings(&c->out, now, NULL, &c->arena);
		api_etag(buf_slice(&c->out), c->etag);
		config_unref(&now);
		c->status = 200;
	}
	api_answer(c);
}
