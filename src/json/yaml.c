/*
 * YAML by the events of libyaml: printed as JSON text, which json_read then turns into
 * values, so that there is one judge of what a value may be. Beside it, one mark for each
 * node remembers where it stood.
 */
#include "json/yaml.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include <yaml.h>

/* One node; the root is mark 0 and its own parent. */
struct mark {
	size_t parent;
	struct slice key; /* {NULL, 0} in a sequence */
	size_t index;     /* in a sequence */
	struct yaml_place at, key_at;
	struct yaml_span span;
};

struct yaml {
	const struct json *root;
	struct slice json_text; /* p NULL: it was YAML, and marks say where things stand */
	struct mark *marks;
	size_t n, cap;
};

/* One open mapping or sequence. */
struct level {
	size_t mark;
	bool is_mapping, wants_key;
	struct slice key;
	struct yaml_place key_at;
	size_t key_from;
	size_t end; /* of its last value */
	size_t count;
	struct map keys;
};

struct reader {
	struct yaml *y;
	struct arena *a;
	struct buf json;
	struct level levels[LIMIT_JSON_DEPTH];
	size_t depth;
	bool has_root, is_done;
	struct yaml_place at; /* of the event at hand */
	size_t from, end;     /* the same, in characters */
	struct err *e;
};

static struct yaml_place place_of(yaml_mark_t m)
{
	return (struct yaml_place){ (int)m.line + 1, (int)m.column + 1 };
}

static bool add_mark(struct reader *r, size_t *at)
{
	struct yaml *y = r->y;
	struct level *l = r->depth ? &r->levels[r->depth - 1] : NULL;
	if (y->n == y->cap) {
		size_t cap = y->cap ? y->cap * 2 : 64;
		struct mark *grown =
			arena_realloc(r->a, y->marks, y->cap * sizeof *grown, cap * sizeof *grown);
		if (!grown)
			return err_set(r->e, ERR_LIMIT, "the text needs too much memory");
		y->marks = grown;
		y->cap = cap;
	}
	struct mark m = { .at = r->at, .key_at = r->at, .span = { r->from, r->from, r->end, false } };
	if (l) {
		m.parent = l->mark;
		m.index = l->count - 1;
		if (l->is_mapping) {
			m.key = l->key;
			m.key_at = l->key_at;
			m.span.key_at = l->key_from;
		}
		l->end = r->end;
	}
	*at = y->n;
	y->marks[y->n++] = m;
	return true;
}

/* What stands between two values of the printed JSON; counts elements. */
static bool begin_value(struct reader *r)
{
	if (!r->depth) {
		r->has_root = true;
		return true;
	}
	struct level *l = &r->levels[r->depth - 1];
	if (l->is_mapping) {
		if (l->wants_key)
			return err_set(r->e, ERR_INPUT,
				       "a key must be a plain string, not a list or a mapping");
		l->wants_key = true;
		return true;
	}
	if (l->count++)
		buf_addc(&r->json, ',');
	return true;
}

static bool is_number_like(struct slice s)
{
	size_t digits = 0, dots = 0, i = 0;
	if (s.n && (s.p[0] == '+' || s.p[0] == '-'))
		s = slice_of(s.p + 1, s.n - 1);
	if (s.n > 2 && s.p[0] == '0' && strchr("xXoObB", s.p[1]))
		return strspn(s.p + 2, strchr("xX", s.p[1]) ? "0123456789abcdefABCDEF_"
							    : "01234567_") >= s.n - 2;
	if (slice_ieq(s, SLICE_LIT(".inf")) || slice_ieq(s, SLICE_LIT(".nan")))
		return true;
	for (; i < s.n && (strchr("0123456789_", s.p[i]) || s.p[i] == '.'); i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		dots += s.p[i] == '.';
	}
	if (!digits || dots > 1)
		return false;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		size_t from = i;
		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		return i == s.n && i > from;
	}
	return i == s.n;
}

/* 1:30 is ninety in YAML 1.1. */
static bool is_base_60(struct slice s)
{
	size_t at = 0, parts = 0;
	while (at < s.n) {
		size_t n = 0, value = 0;
		for (; at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9'; n++)
			value = n < 6 ? value * 10 + (size_t)(s.p[at + n] - '0') : 60;
		if (!n || (parts && (n > 2 || value > 59)))
			return false;
		parts++;
		at += n;
		if (at < s.n && s.p[at++] != ':')
			return false;
	}
	return parts > 1 && s.p[s.n - 1] != ':';
}

static bool is_json_number(struct slice s)
{
	size_t i = 0, from;
	if (i < s.n && s.p[i] == '-')
		i++;
	from = i;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == from || (s.p[from] == '0' && i > from + 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		from = ++i;
		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		from = i;
		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		if (i == from)
			return false;
	}
	return i == s.n;
}

static bool is_one_of(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_is(s, *words))
			return true;
	return false;
}

/* *word: how JSON writes it; NULL: a string. False: people and programs disagree on what it is. */
static bool resolve_plain(struct reader *r, struct slice s, const char **word)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	static const char *const doubtful[] = { "yes", "no", "on", "off" };
	*word = is_one_of(s, nulls) ? "null" : is_one_of(s, trues) ? "true" : is_one_of(s, falses) ? "false" : NULL;
	if (*word)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(doubtful); i++)
		if (slice_ieq(s, slice_str(doubtful[i])))
			return err_set(
				r->e, ERR_INPUT,
				"'%.*s' is a boolean to some programs and text to others: write %s, or \"%.*s\" for text",
				SLICE_ARG(s), i % 2 ? "false" : "true", SLICE_ARG(s));
	if (is_json_number(s)) {
		*word = "number";
		return true;
	}
	if (is_number_like(s) || is_base_60(s))
		return err_set(
			r->e, ERR_INPUT,
			"'%.*s' is not the same number to every program: write it in plain decimal, or in quotes for text",
			(int)(s.n > 60 ? 60 : s.n), s.p);
	return true;
}

static bool read_key(struct reader *r, struct level *l, struct slice s, bool is_plain)
{
	const char *word = NULL;
	if (is_plain && slice_is(s, "<<"))
		return err_set(r->e, ERR_INPUT,
			       "merge keys ('<<') are not read: write the keys out");
	if (is_plain && !resolve_plain(r, s, &word))
		return false;
	if (word)
		return err_set(r->e, ERR_INPUT, "a key must be a string: write it in quotes");
	if (l->count == LIMIT_JSON_KEYS)
		return err_set(r->e, ERR_LIMIT, "a mapping has more than %d keys", LIMIT_JSON_KEYS);
	if (map_put(&l->keys, s, r))
		return err_set(r->e, ERR_INPUT, "duplicate key '%.*s'", (int)(s.n > 60 ? 60 : s.n),
			       s.p);
	char *copy = arena_strndup(r->a, s.p, s.n);
	if (!copy)
		return err_set(r->e, ERR_LIMIT, "the text needs too much memory");
	if (l->count++)
		buf_addc(&r->json, ',');
	l->key = slice_of(copy, s.n);
	l->key_at = r->at;
	l->key_from = r->from;
	l->wants_key = false;
	buf_add_json_string(&r->json, s);
	buf_addc(&r->json, ':');
	return true;
}

static bool read_scalar(struct reader *r, const yaml_event_t *ev)
{
	struct slice s = slice_of((const char *)ev->data.scalar.value, ev->data.scalar.length);
	bool is_plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct level *l = r->depth ? &r->levels[r->depth - 1] : NULL;
	const char *word = NULL;
	size_t mark;
	if (l && l->is_mapping && l->wants_key)
		return read_key(r, l, s, is_plain);
	if (!begin_value(r) || (is_plain && !resolve_plain(r, s, &word)) || !add_mark(r, &mark))
		return false;
	if (!word)
		buf_add_json_string(&r->json, s);
	else if (strcmp(word, "number") == 0)
		buf_add_slice(&r->json, s);
	else
		buf_adds(&r->json, word);
	return true;
}

static bool open_level(struct reader *r, bool is_mapping, bool is_block)
{
	size_t mark;
	if (r->depth == LIMIT_JSON_DEPTH)
		return err_set(r->e, ERR_LIMIT, "more than %d levels of nesting", LIMIT_JSON_DEPTH);
	if (!begin_value(r) || !add_mark(r, &mark))
		return false;
	struct level *l = &r->levels[r->depth++];
	*l = (struct level){ .mark = mark, .is_mapping = is_mapping, .wants_key = is_mapping, .end = r->end };
	r->y->marks[mark].span.is_block = is_block;
	map_init(&l->keys);
	buf_addc(&r->json, is_mapping ? '{' : '[');
	return true;
}

/* What is written by indentation ends with its last value: libyaml sees its end at the next token. */
static void close_level(struct reader *r)
{
	struct level *l = &r->levels[--r->depth];
	struct yaml_span *span = &r->y->marks[l->mark].span;
	span->end = span->is_block ? l->end : r->end;
	if (r->depth)
		r->levels[r->depth - 1].end = span->end;
	buf_addc(&r->json, l->is_mapping ? '}' : ']');
	map_release(&l->keys);
}

static bool is_tagged(const yaml_event_t *ev, bool *is_anchored)
{
	*is_anchored = false;
	if (ev->type == YAML_SCALAR_EVENT) {
		*is_anchored = ev->data.scalar.anchor != NULL;
		return ev->data.scalar.tag != NULL;
	}
	if (ev->type == YAML_SEQUENCE_START_EVENT) {
		*is_anchored = ev->data.sequence_start.anchor != NULL;
		return ev->data.sequence_start.tag != NULL;
	}
	if (ev->type == YAML_MAPPING_START_EVENT) {
		*is_anchored = ev->data.mapping_start.anchor != NULL;
		return ev->data.mapping_start.tag != NULL;
	}
	return false;
}

static bool take_event(struct reader *r, const yaml_event_t *ev)
{
	bool is_anchored;
	r->at = place_of(ev->start_mark);
	r->from = ev->start_mark.index;
	r->end = ev->end_mark.index;
	if (is_tagged(ev, &is_anchored))
		return err_set(r->e, ERR_INPUT, "tags ('!…') are not read: leave them out");
	if (is_anchored || ev->type == YAML_ALIAS_EVENT)
		return err_set(
			r->e, ERR_INPUT,
			"anchors ('&…') and aliases ('*…') are not read: write the value out");
	if (ev->type == YAML_DOCUMENT_START_EVENT) {
		if (r->has_root)
			return err_set(r->e, ERR_INPUT,
				       "there is a second document: one file holds one");
		if (ev->data.document_start.version_directive ||
		    ev->data.document_start.tag_directives.start !=
			    ev->data.document_start.tag_directives.end)
			return err_set(r->e, ERR_INPUT,
				       "directives ('%%…') are not read: leave them out");
		return true;
	}
	if (ev->type == YAML_SCALAR_EVENT)
		return read_scalar(r, ev);
	if (ev->type == YAML_MAPPING_START_EVENT)
		return open_level(r, true, ev->data.mapping_start.style != YAML_FLOW_MAPPING_STYLE);
	if (ev->type == YAML_SEQUENCE_START_EVENT)
		return open_level(r, false, ev->data.sequence_start.style != YAML_FLOW_SEQUENCE_STYLE);
	if (ev->type == YAML_MAPPING_END_EVENT || ev->type == YAML_SEQUENCE_END_EVENT)
		close_level(r);
	r->is_done = ev->type == YAML_STREAM_END_EVENT;
	return true;
}

static bool read_events(struct reader *r, struct slice text)
{
	yaml_parser_t parser;
	yaml_event_t ev;
	bool is_good = true;
	if (!yaml_parser_initialize(&parser))
		return err_set(r->e, ERR_LIMIT, "out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	while (is_good && !r->is_done) {
		if (!yaml_parser_parse(&parser, &ev)) {
			r->at = place_of(parser.problem_mark);
			is_good = err_set(r->e, ERR_INPUT, "%s",
					  parser.problem ? parser.problem : "this is no YAML");
			break;
		}
		is_good = take_event(r, &ev);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	return is_good;
}

static const struct yaml *read_yaml(struct slice text, struct arena *a, struct yaml *y,
				    struct yaml_place *at, struct err *e)
{
	/* An escape of 6 bytes stands for one byte at worst. */
	struct reader r = { .y = y,
			    .a = a,
			    .json = BUF_INIT((size_t)8 * LIMIT_CONFIG_BYTES),
			    .at = { 1, 1 },
			    .e = e };
	bool is_good = read_events(&r, text);
	while (r.depth)
		close_level(&r);
	*at = r.at;
	if (is_good) {
		bool is_empty = !r.has_root || slice_is(buf_slice(&r.json), "null");
		y->root = json_read(is_empty ? SLICE_LIT("{}") : buf_slice(&r.json), a, e);
		is_good = y->root != NULL;
	}
	buf_release(&r.json);
	return is_good ? y : NULL;
}

const struct yaml *yaml_read(struct slice text, struct arena *a, struct yaml_place *at,
			     struct err *e)
{
	struct yaml *y = arena_zalloc(a, sizeof *y);
	struct slice start = text;
	*at = (struct yaml_place){ 1, 1 };
	if (text.n > LIMIT_CONFIG_BYTES || !y) {
		err_set(e, ERR_LIMIT, "longer than %u bytes", LIMIT_CONFIG_BYTES);
		return NULL;
	}
	while (start.n && strchr(" \t\r\n", start.p[0]) && start.p[0])
		start = slice_of(start.p + 1, start.n - 1);
	if (start.n && (start.p[0] == '{' || start.p[0] == '[')) {
		struct err ignored = { 0 }; /* what is no JSON may be YAML in flow style */
		y->root = json_read(text, a, &ignored);
		char *copy = y->root ? arena_strndup(a, text.p, text.n) : NULL;
		y->json_text = slice_of(copy, copy ? text.n : 0);
		if (copy)
			return y;
	}
	return read_yaml(text, a, y, at, e);
}

const struct json *yaml_root(const struct yaml *y)
{
	return y->root;
}

const struct yaml_span *yaml_span(const struct yaml *y, size_t i)
{
	return i < y->n ? &y->marks[i].span : NULL;
}

/* Takes the first token of a pointer off and unescapes it into out. */
static bool next_token(struct slice *pointer, struct buf *out)
{
	buf_clear(out);
	if (!pointer->n || pointer->p[0] != '/')
		return false;
	size_t i = 1;
	for (; i < pointer->n && pointer->p[i] != '/'; i++) {
		if (pointer->p[i] == '~' && i + 1 < pointer->n)
			buf_addc(out, pointer->p[++i] == '1' ? '/' : '~');
		else
			buf_addc(out, pointer->p[i]);
	}
	*pointer = slice_of(pointer->p + i, pointer->n - i);
	return true;
}

static size_t find_child(const struct yaml *y, size_t parent, struct slice token)
{
	unsigned long long index;
	bool is_index = slice_u64(token, &index);
	for (size_t i = parent + 1; i < y->n; i++) {
		const struct mark *m = &y->marks[i];
		if (m->parent == parent &&
		    (m->key.p ? slice_eq(m->key, token) : is_index && m->index == index))
			return i;
	}
	return 0;
}

void yaml_locate(const struct yaml *y, struct slice pointer, bool key, struct yaml_place *at)
{
	*at = (struct yaml_place){ 1, 1 };
	if (y->json_text.p) {
		json_locate(y->json_text, pointer, key, &at->line, &at->column);
		return;
	}
	if (!y->n)
		return;
	struct buf token = BUF_INIT(LIMIT_CONFIG_BYTES);
	size_t found = 0;
	bool is_whole = true;
	while (is_whole && next_token(&pointer, &token)) {
		size_t child = find_child(y, found, buf_slice(&token));
		is_whole = child != 0;
		found = child ? child : found;
	}
	buf_release(&token);
	*at = key && is_whole ? y->marks[found].key_at : y->marks[found].at;
}
