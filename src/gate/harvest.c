/* Which parts of a result hold what. Pictures and other bytes hold no text. */
#include "gate/harvest.h"
#include "base/check.h"
#include "base/limits.h"
#include "json/printed.h"
#include "policy/ident.h"

void harvest_init(struct harvest *h, unsigned kinds, const unsigned char *secret, const struct past_key *key,
                  struct arena *a)
{
	*h = (struct harvest){ .kinds = kinds, .secret = secret, .key = key, .arena = a };
}

void harvest_release(struct harvest *h)
{
	free(h->v);
	h->v = NULL;
	h->n = h->cap = 0;
}

static void on_identifier(void *ctx, const struct ident *i)
{
	struct harvest *h = ctx;
	if (h->n >= LIMIT_PAST_IDENTIFIERS_OF_UNIT) {
		h->is_cut = true;
		return;
	}
	if (h->n == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->v = mem_realloc(h->v, h->cap * sizeof *h->v);
	}
	enum past_place place = h->place == PAST_IN_TEXT && i->is_field ? PAST_IN_FIELD : h->place;
	h->v[h->n++] = (struct past_found){ past_identifier_of(h->secret, h->key, i->text), place };
}

static void add_value(struct harvest *h, const struct json *v)
{
	if (v && !h->is_cut)
		h->is_cut |= !ident_each_in(v, h->kinds, on_identifier, h);
}

void harvest_arguments(struct harvest *h, const struct json *arguments)
{
	h->place = PAST_IN_ARGUMENT;
	add_value(h, arguments);
	h->place = PAST_IN_TEXT;
}

/* Text that is structured data as a whole; NULL: it is not. */
static const struct json *read_structure(struct harvest *h, struct slice text)
{
	struct err e = { 0 };
	const struct json *v = NULL;
	size_t at = 0;
	while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\n' || text.p[at] == '\r'))
		at++;
	if (at < text.n && (text.p[at] == '{' || text.p[at] == '['))
		v = json_read(text, h->arena, &e);
	return v ? v : yaml_printed(text, h->arena);
}

void harvest_text(struct harvest *h, struct slice text)
{
	const struct json *v = read_structure(h, text);
	if (v)
		add_value(h, v);
	else if (!h->is_cut)
		h->is_cut |= !ident_each(text, h->kinds, on_identifier, h);
}

static bool is_bytes(struct slice key)
{
	return slice_is(key, "data") || slice_is(key, "blob");
}

/* A content block, or a list of them, or a message of a prompt around one. */
static void add_block(struct harvest *h, const struct json *v)
{
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		bool is_inner = json_is(it.value, JSON_OBJECT) || json_is(it.value, JSON_ARRAY);
		bool is_content = slice_is(it.key, "content");
		if (json_is(it.value, JSON_STRING) && (is_content || slice_is(it.key, "text")))
			harvest_text(h, json_string(it.value));
		else if (is_inner && (!it.key.p || is_content || slice_is(it.key, "resource")))
			add_block(h, it.value);
		else if (!slice_is(it.key, "_meta") && !is_bytes(it.key))
			add_value(h, it.value);
	}
}

static bool is_mcp(const struct json *v)
{
	return json_gets(v, "content") || json_gets(v, "contents") || json_gets(v, "messages") ||
	       json_gets(v, "structuredContent");
}

void harvest_result(struct harvest *h, const struct json *result)
{
	if (!json_is(result, JSON_OBJECT) || !is_mcp(result)) {
		if (json_is(result, JSON_STRING))
			harvest_text(h, json_string(result));
		else
			add_value(h, result);
		return;
	}
	for (struct json_iter it = json_iter(result); json_next(&it);) {
		if (slice_is(it.key, "content") || slice_is(it.key, "contents") || slice_is(it.key, "messages"))
			add_block(h, it.value);
		else if (!slice_is(it.key, "_meta"))
			add_value(h, it.value);
	}
}
