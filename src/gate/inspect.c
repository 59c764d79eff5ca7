/*
 * Two walks: the first only looks, and mostly that is all; the second prints what is left. Members by
 * which the protocol works (ids, cursors, types, encoded data) are left alone; of a URI only secrets are
 * taken, for who gets it must be able to come back with it.
 */
#include "gate/inspect.h"
#include "base/check.h"
#include "base/glob.h"
#include "base/log.h"

enum place {
	PLACE_MCP = 0, /* an object of the protocol */
	PLACE_BLOCK,   /* of content: text, image, resource … */
	PLACE_CONTENTS, /* of a resource */
	PLACE_META,
	PLACE_DATA, /* structured data: nothing in it is the protocol's */
};

struct walk {
	const struct policy_results *r;
	struct scan_findings found; /* scratch */
	struct inspect_sum *sum;
	struct buf *out; /* NULL: only looks */
	bool changes;
};

static void visit(struct walk *w, struct slice key, const struct json *v, enum place place);

static bool is_any(struct slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(s, words[i]))
			return true;
	return false;
}

/* Strings that programs need as they are. */
static bool is_of_protocol(struct slice key)
{
	static const char *const keys[] = { "type", "role", "mimeType", "taskId", "nextCursor", "resultType", "requestState",
		                            "progressToken", "requestId", "elicitationId", "method", "jsonrpc", "id", "level",
		                            "cursor", "lastModified", "createdAt", "priority" };
	return is_any(key, keys, ARRAY_LEN(keys));
}

static bool is_encoded(struct slice key, enum place place)
{
	return (place == PLACE_BLOCK && slice_is(key, "data")) ||
	       ((place == PLACE_BLOCK || place == PLACE_CONTENTS) && slice_is(key, "blob"));
}

static void note_injection(struct walk *w)
{
	const struct scan_finding *f = scan_injection(&w->found);
	if (!f || w->out || (w->sum->injection && f->certainty <= w->sum->sure))
		return;
	w->sum->injection = f->name;
	w->sum->sure = f->certainty;
}

static void note_redactions(struct walk *w)
{
	w->changes = true;
	if (w->out)
		return;
	w->sum->counts[SCAN_NONE] += w->found.is_cut;
	for (enum scan_kind k = SCAN_SECRET; k < SCAN_INJECTION; k++)
		w->sum->counts[k] += (uint32_t)scan_count(&w->found, k);
}

static void keep_secrets(struct scan_findings *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].kind == SCAN_SECRET || f->v[i].kind == SCAN_INJECTION)
			f->v[n++] = f->v[i];
	f->n = n;
}

static void visit_string(struct walk *w, struct slice key, const struct json *v, enum place place)
{
	struct slice text = json_string(v);
	bool is_fixed = place != PLACE_DATA && (is_of_protocol(key) || is_encoded(key, place));
	if (!w->r->scanner || is_fixed || !text.n) {
		if (w->out)
			json_write(w->out, v);
		return;
	}
	scan_named(w->r->scanner, place == PLACE_DATA ? key : slice_of(NULL, 0), text, &w->found);
	if (place != PLACE_DATA && slice_is(key, "uri"))
		keep_secrets(&w->found);
	note_injection(w);
	bool is_changed = scan_redacts(&w->found);
	if (is_changed)
		note_redactions(w);
	if (!w->out)
		return;
	if (!is_changed) {
		json_write(w->out, v);
		return;
	}
	struct buf b = BUF_INIT(text.n * 2 + 4096 + w->found.n * 32);
	scan_redact(&b, text, &w->found);
	buf_add_json_string(w->out, buf_ok(&b) ? buf_slice(&b) : SLICE_LIT("[redacted: too much]"));
	buf_release(&b);
}

static bool is_listed(const struct policy_results *r, struct slice type)
{
	for (size_t i = 0; i < r->content_type_n; i++)
		if (type.n && glob_match(r->content_types[i], type, 0))
			return true;
	return r->content_type_n == 0;
}

/* What a block or the contents of a resource is, as a policy names it. */
static struct slice type_of(const struct json *v, enum place place)
{
	struct slice type = json_string(json_gets(v, "type")), mime = json_string(json_gets(v, "mimeType"));
	const struct json *resource = json_gets(v, "resource");
	if (place == PLACE_BLOCK && slice_is(type, "resource") && resource)
		return type_of(resource, PLACE_CONTENTS);
	if (place == PLACE_CONTENTS)
		return json_gets(v, "blob") ? (mime.n ? mime : SLICE_LIT("application/octet-stream")) : SLICE_LIT("text");
	if (slice_is(type, "image") || slice_is(type, "audio"))
		return mime.n ? mime : type;
	return slice_is(type, "resource_link") ? type : SLICE_LIT("text");
}

static bool may_pass(const struct policy_results *r, const struct json *v, enum place place)
{
	const struct json *own = place == PLACE_BLOCK && json_gets(v, "resource") ? json_gets(v, "resource") : v;
	return is_listed(r, type_of(v, place)) ||
	       (json_gets(own, "text") && is_listed(r, json_string(json_gets(own, "mimeType"))));
}

/* In the place of what may not pass. */
static void write_left_out(struct walk *w, const struct json *v, enum place place)
{
	struct slice type = type_of(v, place);
	struct buf text = BUF_INIT(1024);
	buf_adds(&text, "[left out: the policy does not let ");
	buf_add(&text, type.p, type.n > 100 ? 100 : type.n);
	buf_adds(&text, " pass]");
	buf_adds(w->out, "{");
	if (place == PLACE_CONTENTS && json_gets(v, "uri")) {
		buf_adds(w->out, "\"uri\":");
		visit(w, SLICE_LIT("uri"), json_gets(v, "uri"), PLACE_CONTENTS);
		buf_adds(w->out, ",\"mimeType\":\"text/plain\",");
	} else {
		buf_adds(w->out, "\"type\":\"text\",");
	}
	buf_adds(w->out, "\"text\":");
	buf_add_json_string(w->out, buf_slice(&text));
	buf_adds(w->out, "}");
	buf_release(&text);
}

/* Where the members of an object stand. */
static enum place place_below(struct slice key, enum place place)
{
	static const char *const data[] = { "structuredContent", "arguments", "data", "input" };
	if (is_encoded(key, place))
		return place;
	if (place == PLACE_DATA || place == PLACE_META || is_any(key, data, ARRAY_LEN(data)))
		return PLACE_DATA;
	if (slice_is(key, "_meta"))
		return PLACE_META;
	if (slice_is(key, "content"))
		return PLACE_BLOCK;
	if (slice_is(key, "contents") || (place == PLACE_BLOCK && slice_is(key, "resource")))
		return PLACE_CONTENTS;
	return PLACE_MCP;
}

/* Names of extensions in _meta are the protocol's. */
static bool is_skipped(struct slice key, enum place place)
{
	return place == PLACE_META && slice_starts(key, SLICE_LIT("io.modelcontextprotocol/"));
}

static void visit_object(struct walk *w, const struct json *v, enum place place)
{
	bool is_first = true;
	if ((place == PLACE_BLOCK || place == PLACE_CONTENTS) && !may_pass(w->r, v, place)) {
		w->changes = true;
		if (w->out)
			write_left_out(w, v, place);
		else
			w->sum->left_out++;
		return;
	}
	if (w->out)
		buf_addc(w->out, '{');
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (place != PLACE_DATA && slice_is(it.key, "structuredContent") && !is_listed(w->r, SLICE_LIT("text"))) {
			w->changes = true;
			w->sum->left_out += !w->out;
			continue;
		}
		if (w->out) {
			if (!is_first)
				buf_addc(w->out, ',');
			buf_add_json_string(w->out, it.key);
			buf_addc(w->out, ':');
			is_first = false;
		}
		if (is_skipped(it.key, place) && w->out)
			json_write(w->out, it.value);
		else if (!is_skipped(it.key, place))
			visit(w, it.key, it.value, place_below(it.key, place));
	}
	if (w->out)
		buf_addc(w->out, '}');
}

static void visit(struct walk *w, struct slice key, const struct json *v, enum place place)
{
	bool is_first = true;
	if (w->out && !buf_ok(w->out))
		return;
	if (json_is(v, JSON_STRING)) {
		visit_string(w, key, v, place);
	} else if (json_is(v, JSON_OBJECT)) {
		visit_object(w, v, place);
	} else if (json_is(v, JSON_ARRAY)) {
		if (w->out)
			buf_addc(w->out, '[');
		for (struct json_iter it = json_iter(v); json_next(&it); is_first = false) {
			if (w->out && !is_first)
				buf_addc(w->out, ',');
			visit(w, key, it.value, place);
		}
		if (w->out)
			buf_addc(w->out, ']');
	} else if (w->out) {
		json_write(w->out, v);
	}
}

void inspect_redactions(const struct inspect_sum *s, char out[INSPECT_TEXT_SIZE])
{
	size_t n = 0;
	out[0] = '\0';
	for (enum scan_kind k = SCAN_NONE; k <= SCAN_INJECTION; k++) {
		uint32_t count = k == SCAN_INJECTION ? s->left_out : s->counts[k];
		const char *word = k == SCAN_NONE ? "cut" : k == SCAN_INJECTION ? "content" : scan_kind_word(k);
		if (count && n < INSPECT_TEXT_SIZE - 40)
			n += (size_t)snprintf(out + n, INSPECT_TEXT_SIZE - n, "%s%s=%u", n ? " " : "", word, count);
	}
}

void inspect_injection(const struct inspect_sum *s, char out[INSPECT_TEXT_SIZE])
{
	snprintf(out, INSPECT_TEXT_SIZE, "%s%s", s->injection ? s->injection : "",
	         s->injection && s->is_withheld ? ", withheld" : "");
}

/* _meta of a result that was changed, or that is to be read with care. */
static void write_meta(struct buf *b, const struct json *result, const struct inspect_sum *s)
{
	char text[INSPECT_TEXT_SIZE];
	struct buf said = BUF_INIT(4096);
	bool has_any = false;
	buf_addc(&said, '{');
	inspect_redactions(s, text);
	if (text[0]) {
		buf_adds(&said, "\"redactions\":");
		buf_add_json_string(&said, slice_str(text));
		has_any = true;
	}
	if (s->injection)
		buf_addf(&said, "%s\"injection\":\"%s\"", has_any ? "," : "", s->injection);
	buf_addc(&said, '}');
	struct member m = { SLICE_LIT("io.gatehouse/results"), buf_slice(&said) };
	members_write(b, json_gets(result, "_meta"), &m, 1);
	buf_release(&said);
}

static const struct json *with_meta(const struct json *v, const struct inspect_sum *sum, struct arena *a, size_t max)
{
	struct buf meta = BUF_INIT(max), b = BUF_INIT(max);
	struct err e;
	write_meta(&meta, v, sum);
	struct member m = { SLICE_LIT("_meta"), buf_slice(&meta) };
	members_write(&b, v, &m, 1);
	const struct json *told = buf_ok(&meta) && buf_ok(&b) ? json_read(buf_slice(&b), a, &e) : NULL;
	buf_release(&meta);
	buf_release(&b);
	return told;
}

static const struct json *without(struct walk *w, const struct json *v, struct arena *a, size_t max)
{
	struct buf b = BUF_INIT(max);
	struct err e;
	w->out = &b;
	visit(w, slice_of(NULL, 0), v, PLACE_MCP);
	const struct json *left = buf_ok(&b) ? json_read(buf_slice(&b), a, &e) : NULL;
	w->out = NULL;
	buf_release(&b);
	return left;
}

enum inspect_verdict inspect(const struct policy *p, const struct json *v, bool has_meta, struct inspect_sum *sum,
                             struct arena *a, size_t max, const struct json **changed)
{
	const struct policy_results *r = policy_results(p);
	struct inspect_sum own = { 0 };
	struct walk w = { .r = r, .sum = &own };
	enum inspect_verdict verdict = INSPECT_SAME;
	*changed = v;
	if (!r || !v || (!r->scanner && !r->content_type_n))
		return INSPECT_SAME;
	visit(&w, slice_of(NULL, 0), v, PLACE_MCP);
	bool is_flagged = own.injection && has_meta;
	if (policy_is_shadow(p)) {
		verdict = INSPECT_SAME;
	} else if (own.injection && r->on_injection == POLICY_INJECTION_REFUSE) {
		own.is_withheld = true;
		verdict = INSPECT_WITHHOLD;
	} else if (w.changes || is_flagged) {
		verdict = INSPECT_CHANGED;
		*changed = w.changes ? without(&w, v, a, max) : v;
		if (*changed && has_meta)
			*changed = with_meta(*changed, &own, a, max);
		if (!*changed) /* not as it is, and there is no room for it without */
			verdict = INSPECT_WITHHOLD;
	}
	scan_findings_release(&w.found);
	inspect_add(sum, &own);
	return verdict;
}

void inspect_add(struct inspect_sum *to, const struct inspect_sum *more)
{
	for (size_t k = 0; k < SCAN_KINDS; k++)
		to->counts[k] += more->counts[k];
	to->left_out += more->left_out;
	to->is_withheld |= more->is_withheld;
	if (more->injection && (!to->injection || more->sure > to->sure)) {
		to->injection = more->injection;
		to->sure = more->sure;
	}
}

enum inspect_verdict inspect_message(struct inbound *in, const struct policy *p, struct call *c, const struct mcp_message *m,
                                     struct arena *a, struct mcp_message *changed)
{
	size_t max = in->gate->o.message_bytes_max + 65536;
	struct inspect_sum own = { 0 };
	const struct json *params, *root = NULL;
	struct err e;
	*changed = *m;
	enum inspect_verdict verdict = inspect(p, m->params, false, c ? &c->found : &own, a, max, &params);
	if (c)
		c->found_injection = c->found.injection != NULL;
	if (verdict != INSPECT_CHANGED)
		return verdict;
	struct buf text = BUF_INIT(max), b = BUF_INIT(max);
	json_write(&text, params);
	struct member member = { SLICE_LIT("params"), buf_slice(&text) };
	members_write(&b, m->root, &member, 1);
	if (buf_ok(&text) && buf_ok(&b))
		root = json_read(buf_slice(&b), a, &e);
	if (!root || !mcp_message_read(root, changed, &e))
		verdict = INSPECT_WITHHOLD;
	buf_release(&text);
	buf_release(&b);
	return verdict;
}
