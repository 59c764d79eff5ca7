/* Conditions on arguments: what they may be there, and what they are here. */
#include "author/intercept_inside.h"
#include "base/regex.h"

/* A float of 64 bits holds every decimal of so many digits. */
#define EXACT_DIGITS 15

static const char *const operators[] = {"eq",  "neq", "in",  "not_in", "lt",	  "lte",
					"gt",  "gte", "regex", "contains", "exists", NULL};

static bool is_operator(struct slice op)
{
	for (size_t i = 0; operators[i]; i++)
		if (slice_is(op, operators[i]))
			return true;
	return false;
}

static bool is_order(struct slice op)
{
	return slice_is(op, "lt") || slice_is(op, "lte") || slice_is(op, "gt") || slice_is(op, "gte");
}

bool import_is_window(struct slice word)
{
	return slice_is(word, "minute") || slice_is(word, "hour") || slice_is(word, "day");
}

bool import_path(struct importer *im, struct slice path, struct buf *out)
{
	struct slice rest = slice_of(path.p + 5, path.n - 5), shown = slice_of(path.p, path.n > 80 ? 80 : path.n);
	buf_adds(out, "args");
	for (size_t at = 0; at <= rest.n; at++) {
		size_t n = 0;
		bool is_word = true;
		for (; at + n < rest.n && rest.p[at + n] != '.'; n++)
			is_word = is_word && !memchr("[]\"\\", rest.p[at + n], 4) &&
				  (unsigned char)rest.p[at + n] > ' ';
		if (!n)
			return import_refuse(im, "'%.*s' has an empty part", SLICE_ARG(shown));
		buf_adds(out, is_word ? "." : "[\"");
		for (size_t i = 0; i < n; i++) {
			char c = rest.p[at + i];
			if (!is_word && (c == '"' || c == '\\'))
				buf_addc(out, '\\');
			buf_addc(out, c);
		}
		buf_adds(out, is_word ? "" : "\"]");
		at += n;
	}
	return true;
}

/* RE2 has none of these, so a file that loads there has them only as plain characters. */
static const char *foreign_part(struct slice s)
{
	static const char *const parts[] = {"(?=", "(?!", "(?<=", "(?<!", "(?>"};
	bool is_class = false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') {
			if (i + 1 < s.n && s.p[i + 1] >= '1' && s.p[i + 1] <= '9')
				return "a back-reference";
			i++;
		} else if (s.p[i] == '[' || s.p[i] == ']') {
			is_class = s.p[i] == '[';
		}
		for (size_t j = 0; !is_class && j < sizeof parts / sizeof *parts; j++)
			if (slice_starts(slice_of(s.p + i, s.n - i), slice_str(parts[j])))
				return parts[j];
	}
	return NULL;
}

/* There `$` is the very end; in PCRE2 a line end may follow, which would let more through. */
static void write_pattern(struct slice s, struct buf *out)
{
	bool is_class = false, is_literal = false;
	for (size_t i = 0; i < s.n; i++) {
		char next = i + 1 < s.n ? s.p[i + 1] : '\0';
		if (s.p[i] == '\\' && next) {
			is_literal = next == 'Q' || (is_literal && next != 'E');
			buf_add(out, s.p + i++, 2);
			continue;
		}
		if (s.p[i] == '$' && !is_class && !is_literal) {
			buf_adds(out, "\\z");
			continue;
		}
		if (!is_literal && s.p[i] == '[' && !is_class) {
			is_class = true;
			buf_addc(out, s.p[i]);
			/* "]" at the front of a class is one of its characters. */
			if (next == '^') {
				buf_addc(out, s.p[++i]);
				next = i + 1 < s.n ? s.p[i + 1] : '\0';
			}
			if (next == ']')
				buf_addc(out, s.p[++i]);
			continue;
		}
		is_class = is_class && s.p[i] != ']';
		buf_addc(out, s.p[i]);
	}
}

/* Flags that make `$` the end of each line. */
static bool has_lines(struct slice s)
{
	for (size_t i = 0; i + 2 < s.n; i++)
		for (size_t j = i + 2; s.p[i] == '(' && s.p[i + 1] == '?' && j < s.n && j < i + 8; j++) {
			if (s.p[j] == 'm')
				return true;
			if (!memchr("imsU", s.p[j], 4))
				break;
		}
	return false;
}

static bool check_pattern(struct importer *im, const struct json *v)
{
	struct err e = {0};
	struct buf own = BUF_INIT(1u << 20);
	if (!json_is(v, JSON_STRING))
		return import_refuse(im, "the value of 'regex' must be a string");
	const char *foreign = foreign_part(json_string(v));
	if (foreign)
		return import_refuse(im, "the pattern does not compile there: it has %s", foreign);
	write_pattern(json_string(v), &own);
	struct regex *r = regex_new(buf_slice(&own), REGEX_PCRE, &e);
	buf_release(&own);
	if (!r)
		return import_refuse(im, "the pattern does not compile: %.200s", e.text);
	regex_free(&r);
	return true;
}

static bool check_value(struct importer *im, struct slice op, const struct json *v)
{
	if ((slice_is(op, "in") || slice_is(op, "not_in")) && !json_is(v, JSON_ARRAY))
		return import_refuse(im, "'%.*s' must have a list as its value", SLICE_ARG(op));
	if (is_order(op) && !json_is(v, JSON_NUMBER))
		return import_refuse(im, "'%.*s' must have a number as its value", SLICE_ARG(op));
	if (slice_is(op, "exists") && !json_is(v, JSON_BOOL))
		return import_refuse(im, "'exists' must have true or false as its value");
	return !slice_is(op, "regex") || check_pattern(im, v);
}

bool import_check_condition(struct importer *im, const struct json *c)
{
	static const char *const known[] = {"path", "op", "value", NULL};
	struct slice path = json_string(json_gets(c, "path")), op = import_text(c, "op");
	bool is_args = slice_starts(path, SLICE_LIT("args."));
	if (!json_is(c, JSON_OBJECT))
		return import_refuse(im, "a condition must be a mapping");
	import_check_keys(im, c, known);
	if (!is_args && !slice_starts(path, SLICE_LIT("state.")))
		return import_refuse(im, "a path must start with 'args.' or 'state.'");
	if (!is_operator(op))
		return import_refuse(im, "unknown operator '%.*s'", SLICE_ARG(slice_of(op.p, op.n > 40 ? 40 : op.n)));
	struct buf own = BUF_INIT(1u << 16);
	bool is_good = check_value(im, op, json_gets(c, "value")) && (!is_args || import_path(im, path, &own));
	buf_release(&own);
	return is_good;
}

static bool looks_typed(struct slice s)
{
	bool is_number = s.n > 0;
	for (size_t i = 0; i < s.n; i++)
		is_number = is_number && memchr("0123456789+-.eE", s.p[i], 15);
	return is_number || slice_is(s, "true") || slice_is(s, "false") || slice_is(s, "<nil>");
}

/* Is it equal there to values of another type? */
static bool is_loose(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		return looks_typed(json_string(v));
	case JSON_NUMBER:
	case JSON_BOOL:
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_NONE:
		return true;
	case JSON_ARRAY:
		break;
	}
	return true;
}

static void note_types(struct importer *im, struct slice op, const struct json *v)
{
	bool is_list = slice_is(op, "in") || slice_is(op, "not_in"), is_any = false;
	for (struct json_iter it = json_iter(is_list ? v : NULL); json_next(&it);)
		is_any = is_any || is_loose(it.value);
	if (is_list ? is_any : is_loose(v))
		import_note(im, "values are compared as printed text there, so that \"5\" is 5; here types never mix");
}

static void note_digits(struct importer *im, const struct json *v)
{
	struct slice s = json_number(v);
	size_t digits = 0;
	for (size_t i = 0; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++)
		digits += s.p[i] >= '0' && s.p[i] <= '9';
	if (digits > EXACT_DIGITS)
		import_note(im, "a number of more than %d digits is rounded there; here it is exact", EXACT_DIGITS);
}

static void note_pattern(struct importer *im, struct slice s)
{
	if (memmem(s.p, s.n, "\\s", 2) || memmem(s.p, s.n, "\\S", 2))
		import_note(im, "'\\s' is also the vertical tab here");
	if (has_lines(s) && memchr(s.p, '$', s.n))
		import_note(im, "'$' is only the end of the text here, in spite of the flag m");
}

void import_write_condition(struct importer *im, const struct json *c, struct buf *out)
{
	struct slice op = import_text(c, "op");
	const struct json *v = json_gets(c, "value");
	struct buf path = BUF_INIT(1u << 16), pattern = BUF_INIT(1u << 20);
	(void)import_path(im, json_string(json_gets(c, "path")), &path);
	buf_adds(out, "{\"path\":");
	buf_add_json_string(out, buf_slice(&path));
	buf_addf(out, ",\"op\":\"%.*s\",\"value\":", SLICE_ARG(op));
	if (slice_is(op, "regex")) {
		write_pattern(json_string(v), &pattern);
		buf_add_json_string(out, buf_slice(&pattern));
		note_pattern(im, json_string(v));
	} else if (v) {
		json_write(out, v);
	} else {
		buf_adds(out, "null");
	}
	buf_addc(out, '}');
	if (is_order(op))
		note_digits(im, v);
	else if (!slice_is(op, "regex") && !slice_is(op, "exists") &&
		 !(slice_is(op, "contains") && json_is(v, JSON_STRING)))
		note_types(im, op, v);
	buf_release(&path);
	buf_release(&pattern);
}
