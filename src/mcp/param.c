/* Parameters of tools that are repeated in headers: Mcp-Param-*. Its header is mirror.h. */
#include "base/limits.h"
#include "mcp/mirror.h"

#define PARAM_PREFIX "Mcp-Param-"

/* A walk over one schema. Only recursion that JSON's depth bounds. */
struct walk {
	struct arena *arena;
	struct mcp_param *v;
	size_t n;
	struct slice path[LIMIT_JSON_DEPTH];
	struct err *e;
};

/* RFC 9110, 5.6.2. */
static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_alnum && (!c || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return s.n > 0;
}

static enum json_type type_of(struct slice name)
{
	if (slice_is(name, "string"))
		return JSON_STRING;
	if (slice_is(name, "integer"))
		return JSON_NUMBER;
	return slice_is(name, "boolean") ? JSON_BOOL : JSON_NONE;
}

static bool take(struct walk *w, const struct json *schema, const struct json *annotation, size_t depth)
{
	struct slice name = json_string(annotation);
	enum json_type type = type_of(json_string(json_gets(schema, "type")));
	if (!json_is(annotation, JSON_STRING) || !is_token(name))
		return err_set(w->e, ERR_INPUT, "an 'x-mcp-header' is not the name of a header");
	if (!type)
		return err_set(w->e, ERR_INPUT, "'x-mcp-header' \"%.*s\" is not on a string, integer or boolean",
			       SLICE_ARG(name));
	for (size_t i = 0; i < w->n; i++)
		if (slice_ieq(w->v[i].name, name))
			return err_set(w->e, ERR_INPUT, "'x-mcp-header' \"%.*s\" is there twice", SLICE_ARG(name));
	if (w->n == LIMIT_PARAM_HEADERS)
		return err_set(w->e, ERR_LIMIT, "more than %d 'x-mcp-header'", LIMIT_PARAM_HEADERS);
	struct slice *path = arena_alloc(w->arena, depth * sizeof *path);
	if (!path)
		return err_set(w->e, ERR_LIMIT, "no memory for the headers of a tool");
	memcpy(path, w->path, depth * sizeof *path);
	w->v[w->n++] = (struct mcp_param){ name, type, path, depth };
	return true;
}

static bool walk_unreached(struct walk *w, const struct json *v);

/* Below a keyword other than `properties`: no annotation may stand there. Values that are no
 * schemas (enum, const, default, examples) hold data, in which the word means nothing. */
static bool walk_keyword(struct walk *w, struct slice key, const struct json *v)
{
	static const char *const data[] = { "enum", "const", "default", "examples" };
	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		if (slice_is(key, data[i]))
			return true;
	return walk_unreached(w, v);
}

/* Members of these are named by the schema's author: "x-mcp-header" may be one of the names. */
static bool has_names(struct slice key)
{
	return slice_is(key, "properties") || slice_is(key, "patternProperties") || slice_is(key, "$defs") ||
	       slice_is(key, "definitions") || slice_is(key, "dependentSchemas") ||
	       slice_is(key, "dependentRequired");
}

static bool walk_unreached(struct walk *w, const struct json *v)
{
	if (json_is(v, JSON_OBJECT) && json_gets(v, "x-mcp-header"))
		return err_set(w->e, ERR_INPUT, "an 'x-mcp-header' is not reached by 'properties' alone");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (!it.is_object) {
			if (!walk_unreached(w, it.value))
				return false;
		} else if (has_names(it.key)) {
			for (struct json_iter named = json_iter(it.value); json_next(&named);)
				if (!walk_unreached(w, named.value))
					return false;
		} else if (!walk_keyword(w, it.key, it.value)) {
			return false;
		}
	}
	return true;
}

static bool walk_schema(struct walk *w, const struct json *schema, size_t depth)
{
	const struct json *annotation = json_gets(schema, "x-mcp-header");
	if (annotation && !depth)
		return err_set(w->e, ERR_INPUT, "an 'x-mcp-header' is not on a property");
	if (annotation && !take(w, schema, annotation, depth))
		return false;
	for (struct json_iter it = json_iter(schema); it.is_object && json_next(&it);) {
		if (!slice_is(it.key, "properties")) {
			bool is_fine = true;
			if (has_names(it.key))
				for (struct json_iter named = json_iter(it.value); is_fine && json_next(&named);)
					is_fine = walk_unreached(w, named.value);
			else
				is_fine = walk_keyword(w, it.key, it.value);
			if (!is_fine)
				return false;
			continue;
		}
		for (struct json_iter named = json_iter(it.value); named.is_object && json_next(&named);) {
			w->path[depth] = named.key;
			if (!walk_schema(w, named.value, depth + 1))
				return false;
		}
	}
	return true;
}

bool mcp_params_read(const struct json *input_schema, struct arena *a, struct mcp_params *out, struct err *e)
{
	struct walk w = { .arena = a, .e = e };
	*out = (struct mcp_params){ 0 };
	w.v = arena_alloc(a, LIMIT_PARAM_HEADERS * sizeof *w.v);
	if (!w.v)
		return err_set(e, ERR_LIMIT, "no memory for the headers of a tool");
	if (!walk_schema(&w, input_schema, 0))
		return false;
	*out = (struct mcp_params){ w.v, w.n };
	return true;
}

static const struct json *value_of(const struct mcp_param *p, const struct json *arguments)
{
	const struct json *v = arguments;
	for (size_t i = 0; i < p->path_n; i++)
		v = json_get(v, p->path[i]);
	return json_is(v, JSON_NULL) ? NULL : v;
}

/* Type conversion: false for what has no text in a header. */
static bool text_of(const struct json *v, struct slice *out)
{
	switch (json_type(v)) {
	case JSON_STRING: *out = json_string(v); return true;
	case JSON_NUMBER: *out = json_number(v); return true;
	case JSON_BOOL: *out = json_true(v) ? SLICE_LIT("true") : SLICE_LIT("false"); return true;
	case JSON_NONE:
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	}
	return false;
}

/* -?digits[.digits], as a header says a number: no exponent, and few enough digits to be exact. */
static bool is_decimal(struct slice s)
{
	size_t i = s.n && s.p[0] == '-', digits = i;
	if (s.n > 40)
		return false;
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == digits || (s.p[digits] == '0' && i > digits + 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		size_t fraction = ++i;
		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		if (i == fraction)
			return false;
	}
	return i == s.n;
}

static bool is_same(const struct mcp_param *p, const struct json *v, struct slice said)
{
	struct slice text;
	if (p->type == JSON_NUMBER && json_is(v, JSON_NUMBER) && is_decimal(said))
		return json_number_compare(said, json_number(v)) == 0;
	return text_of(v, &text) && slice_eq(said, text);
}

/* The one header of a parameter. false: it is there twice. */
static bool find_header(const struct mcp_param *p, const struct mcp_header *headers, size_t n,
			const struct mcp_header **out)
{
	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		struct slice name = headers[i].name, prefix = SLICE_LIT(PARAM_PREFIX);
		if (name.n != prefix.n + p->name.n || !slice_ieq(slice_of(name.p, prefix.n), prefix) ||
		    !slice_ieq(slice_of(name.p + prefix.n, p->name.n), p->name))
			continue;
		if (*out)
			return false;
		*out = &headers[i];
	}
	return true;
}

static bool check_param(const struct mcp_param *p, const struct json *v, const struct mcp_header *h,
			struct mcp_refusal *r)
{
	struct slice said;
	if (!h)
		return !v || mcp_refuse(r, MCP_HEADER_MISMATCH, "header '" PARAM_PREFIX "%.*s' is missing",
					SLICE_ARG(p->name));
	struct buf scratch = BUF_INIT(h->value.n + 4);
	bool is_read = mcp_header_decode(h->value, &scratch, &said);
	bool is_equal = is_read && v && is_same(p, v, said);
	buf_release(&scratch);
	if (!is_read)
		return mcp_refuse(r, MCP_HEADER_MISMATCH,
				  "header '" PARAM_PREFIX "%.*s' has invalid characters or invalid base64",
				  SLICE_ARG(p->name));
	return is_equal || mcp_refuse(r, MCP_HEADER_MISMATCH,
				      "header '" PARAM_PREFIX "%.*s' does not equal the argument of the body",
				      SLICE_ARG(p->name));
}

bool mcp_params_check(const struct mcp_params *p, const struct json *arguments,
		      const struct mcp_header *headers, size_t header_n, struct mcp_refusal *r)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct mcp_header *h;
		const struct json *v = value_of(&p->v[i], arguments);
		if (!find_header(&p->v[i], headers, header_n, &h))
			return mcp_refuse(r, MCP_HEADER_MISMATCH, "header '" PARAM_PREFIX "%.*s' is there twice",
					  SLICE_ARG(p->v[i].name));
		if (json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT))
			continue;
		if (!check_param(&p->v[i], v, h, r))
			return false;
	}
	return true;
}

static char *join(struct arena *a, struct slice head, struct slice tail)
{
	char *p = arena_alloc(a, head.n + tail.n + 1);
	if (!p)
		return NULL;
	memcpy(p, head.p, head.n);
	memcpy(p + head.n, tail.p, tail.n);
	p[head.n + tail.n] = '\0';
	return p;
}

bool mcp_params_write(const struct mcp_params *p, const struct json *arguments, struct arena *a,
		      const struct mcp_header **out, size_t *out_n, struct err *e)
{
	struct mcp_header *v = arena_alloc(a, (p->n + 1) * sizeof *v);
	struct buf value = BUF_INIT(LIMIT_PARAM_BYTES);
	size_t n = 0, bytes = 0;
	bool is_done = v != NULL;
	for (size_t i = 0; is_done && i < p->n; i++) {
		struct slice text, prefix = SLICE_LIT(PARAM_PREFIX);
		if (!text_of(value_of(&p->v[i], arguments), &text))
			continue;
		buf_clear(&value);
		mcp_header_encode(&value, text);
		char *name = join(a, prefix, p->v[i].name);
		char *copy = join(a, buf_slice(&value), (struct slice){ "", 0 });
		bytes += prefix.n + p->v[i].name.n + value.n;
		is_done = buf_ok(&value) && name && copy && bytes <= LIMIT_PARAM_BYTES;
		if (is_done)
			v[n++] = (struct mcp_header){ { name, prefix.n + p->v[i].name.n }, { copy, value.n } };
	}
	buf_release(&value);
	if (!is_done)
		return err_set(e, ERR_LIMIT, "the headers of a call are longer than %d bytes together", LIMIT_PARAM_BYTES);
	*out = v;
	*out_n = n;
	return true;
}
