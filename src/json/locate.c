/*
 * Line and column of a JSON Pointer. Runs only when a mistake is to be reported, on
 * text that json_read accepted, so it may assume well-formed JSON of bounded depth.
 */
#include "json/json.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"

struct scan {
	struct slice text;
	size_t at;
};

static void skip_space(struct scan *s)
{
	while (s->at < s->text.n && strchr(" \t\r\n", s->text.p[s->at]))
		s->at++;
}

static void skip_string(struct scan *s)
{
	for (s->at++; s->at < s->text.n && s->text.p[s->at] != '"'; s->at++)
		if (s->text.p[s->at] == '\\')
			s->at++;
	s->at++;
}

static void skip_value(struct scan *s)
{
	int depth = 0;
	skip_space(s);
	do {
		skip_space(s);
		if (s->at >= s->text.n)
			return;
		char c = s->text.p[s->at];
		if (c == '"') {
			skip_string(s);
		} else if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if (c == '}' || c == ']') {
			depth--;
			s->at++;
		} else if (c == ',' || c == ':') {
			s->at++;
		} else {
			while (s->at < s->text.n && !strchr(",:]} \t\r\n", s->text.p[s->at]))
				s->at++;
		}
	} while (depth > 0);
}

/* The key that starts at s, unescaped by the reader itself. */
static bool key_is(struct scan *s, struct slice token)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	size_t from = s->at;
	skip_string(s);
	const struct json *key = json_read(slice_of(s->text.p + from, s->at - from), &a, NULL);
	bool is_same = key && slice_eq(json_string(key), token);
	arena_release(&a);
	return is_same;
}

/* Goes from the container at s to the member `token`; false when it has none. */
static bool descend(struct scan *s, struct slice token, size_t *key_at)
{
	char open = s->at < s->text.n ? s->text.p[s->at] : 0;
	unsigned long long index = 0, i = 0;
	if (open != '{' && open != '[')
		return false;
	if (open == '[' && !slice_u64(token, &index))
		return false;
	for (s->at++;; s->at++, i++) {
		skip_space(s);
		if (s->at >= s->text.n || s->text.p[s->at] == '}' || s->text.p[s->at] == ']')
			return false;
		*key_at = s->at;
		bool is_it = open == '[' ? i == index : key_is(s, token);
		if (open == '{') {
			skip_space(s);
			s->at++; /* the colon */
			skip_space(s);
		}
		if (is_it)
			return true;
		skip_value(s);
		skip_space(s);
		if (s->at >= s->text.n || s->text.p[s->at] != ',')
			return false;
	}
}

static struct slice unescape(struct slice token, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~' && i + 1 < token.n)
			out[n++] = token.p[++i] == '1' ? '/' : '~';
		else
			out[n++] = token.p[i];
	}
	return slice_of(out, n);
}

static void count_lines(struct slice text, size_t at, int *line, int *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

void json_locate(struct slice text, struct slice pointer, bool key, int *line, int *column)
{
	struct scan s = { text, 0 };
	skip_space(&s);
	size_t value_at = s.at, key_at = s.at;
	char *token = mem_alloc(pointer.n + 1);
	while (pointer.n && pointer.p[0] == '/') {
		size_t n = 1;
		while (n < pointer.n && pointer.p[n] != '/')
			n++;
		size_t found_key = 0;
		if (!descend(&s, unescape(slice_of(pointer.p + 1, n - 1), token), &found_key))
			break;
		value_at = s.at;
		key_at = found_key;
		pointer = slice_of(pointer.p + n, pointer.n - n);
	}
	free(token);
	count_lines(text, key ? key_at : value_at, line, column);
}

/* Walks the value at s; *at is the second of two equal keys. Below the depth that json_read
 * takes nothing is looked at. */
static bool find_duplicate(struct scan *s, int depth, struct arena *a, size_t *at)
{
	skip_space(s);
	char open = s->at < s->text.n ? s->text.p[s->at] : 0;
	if ((open != '{' && open != '[') || depth >= LIMIT_JSON_DEPTH) {
		skip_value(s);
		return false;
	}
	struct map seen;
	bool is_found = false;
	map_init(&seen);
	for (s->at++; !is_found; s->at++) {
		skip_space(s);
		if (s->at >= s->text.n || s->text.p[s->at] == '}' || s->text.p[s->at] == ']')
			break;
		if (open == '{') {
			*at = s->at;
			skip_string(s);
			const struct json *key = json_read(slice_of(s->text.p + *at, s->at - *at), a, NULL);
			if (!key || map_put(&seen, json_string(key), s)) {
				is_found = key != NULL;
				break;
			}
			skip_space(s);
			s->at++; /* the colon */
		}
		is_found = find_duplicate(s, depth + 1, a, at);
		skip_space(s);
		if (s->at >= s->text.n || s->text.p[s->at] != ',')
			break;
	}
	map_release(&seen);
	s->at++;
	return is_found;
}

bool json_locate_duplicate(struct slice text, int *line, int *column)
{
	struct scan s = { text, 0 };
	struct arena a;
	size_t at = 0;
	arena_init(&a, 8 * text.n + (1 << 20));
	bool is_found = find_duplicate(&s, 0, &a, &at);
	arena_release(&a);
	if (is_found)
		count_lines(text, at, line, column);
	return is_found;
}

void json_pointer_add(struct buf *pointer, struct slice token)
{
	buf_addc(pointer, '/');
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~')
			buf_adds(pointer, "~0");
		else if (token.p[i] == '/')
			buf_adds(pointer, "~1");
		else
			buf_addc(pointer, token.p[i]);
	}
}
