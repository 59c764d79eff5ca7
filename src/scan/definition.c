/* See definition.h. What a person must compare in lists of tools is compared here. */
#include "scan/definition.h"
#include "base/compiler.h"
#include "scan/inside.h"
#include <stdio.h>

#define WORDS_MAX 256 /* of a description that are compared */
#define WHERE_MAX 512

struct walk {
	const struct scanner *s;
	const struct definition_report *r;
	struct scan_findings found; /* scratch */
	char where[WHERE_MAX];
	size_t where_n;
};

/* Distinct words, small letters, without those that say nothing. */
struct word_set {
	uint32_t v[WORDS_MAX];
	size_t n;
};

static void tell(struct walk *w, enum scan_certainty sure, const char *name, size_t length)
{
	struct scan_finding f = { SCAN_INJECTION, sure, name, 0, length };
	w->r->on_finding(w->r->ctx, w->where, &f);
}

static size_t enter(struct walk *w, struct slice key)
{
	size_t was = w->where_n;
	int n = snprintf(w->where + was, sizeof w->where - was, "/%.*s", (int)(key.n > 64 ? 64 : key.n), key.p);
	w->where_n = n > 0 && was + (size_t)n < sizeof w->where ? was + (size_t)n : was;
	w->where[w->where_n] = '\0';
	return was;
}

static size_t enter_at(struct walk *w, size_t i)
{
	char text[24];
	snprintf(text, sizeof text, "%zu", i);
	return enter(w, slice_str(text));
}

static void leave(struct walk *w, size_t was)
{
	w->where_n = was;
	w->where[was] = '\0';
}

static void check_text(struct walk *w, struct slice text)
{
	scan_text(w->s, text, &w->found);
	for (size_t i = 0; i < w->found.n; i++)
		w->r->on_finding(w->r->ctx, w->where, &w->found.v[i]);
}

/* A tool has no use for what the model knows of itself and of the conversation. */
static bool asks_for_context(struct slice name)
{
	static const char *const names[] = {
		"llm_model_name",    "model_name_of_llm",  "system_prompt",	  "systemprompt",     "conversation_history",
		"conversation",	     "chat_history",	   "chathistory",	  "full_conversation", "previous_messages",
		"chain_of_thought",  "tool_call_history",  "tools_list",	  "available_tools",   "model_reasoning",
		"all_context",	     "full_context",	   "conversation_context", "session_history",	"user_conversation",
		"previous_tool_calls", "tool_history",
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_ieq(name, slice_str(names[i])))
			return true;
	return false;
}

/* Every string of a schema, and the names of what it wants. */
static void check_schema(struct walk *w, const struct json *v, bool is_properties)
{
	if (json_is(v, JSON_STRING))
		check_text(w, json_string(v));
	size_t i = 0;
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		size_t was = it.is_object ? enter(w, it.key) : enter_at(w, i);
		if (it.is_object && is_properties) {
			check_text(w, it.key);
			if (asks_for_context(it.key))
				tell(w, SCAN_LIKELY, "context-parameter", it.key.n);
		}
		check_schema(w, it.value, it.is_object && !is_properties && slice_is(it.key, "properties"));
		leave(w, was);
	}
}

static void check_member(struct walk *w, const struct json *tool, const char *key)
{
	const struct json *v = json_gets(tool, key);
	size_t was = enter(w, slice_str(key));
	if (json_is(v, JSON_STRING))
		check_text(w, json_string(v));
	else
		check_schema(w, v, false);
	leave(w, was);
}

/* "compute_", "read__file": made to be taken for another. */
static bool is_odd_name(struct slice name)
{
	if (!name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] & 0x80)
			return true;
	return is_one_of("_-.", name.p[name.n - 1]);
}

static void check_tool(struct walk *w, const struct json *tool)
{
	static const char *const members[] = { "name", "title", "description", "annotations", "inputSchema", "outputSchema" };
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		check_member(w, tool, members[i]);
	if (is_odd_name(json_string(json_gets(tool, "name"))))
		tell(w, SCAN_LIKELY, "look-alike-name", 0);
}

static bool is_filler(struct slice word)
{
	static const char *const words[] = { "the", "a", "an", "of", "to", "and", "new", "v1", "v2", "v3", "tool", "plus", "pro" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_ieq(word, slice_str(words[i])))
			return true;
	return word.n == 1 && is_digit(word.p[0]);
}

static bool set_has(const struct word_set *s, uint32_t hash)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == hash)
			return true;
	return false;
}

/* Plural and singular are one; a change of case within a word begins another. */
static void read_words(struct slice text, struct word_set *s)
{
	s->n = 0;
	for (size_t i = 0, end; i < text.n && s->n < WORDS_MAX; i = end) {
		for (end = i; end < text.n && is_alnum(text.p[end]) &&
			      (end == i || !is_upper(text.p[end]) || is_upper(text.p[end - 1]));
		     end++)
			;
		struct slice word = slice_of(text.p + i, end - i);
		if (!word.n) {
			end++;
			continue;
		}
		if (is_filler(word))
			continue;
		uint32_t hash = LEXICON_SEED;
		size_t n = word.n > 3 && (word.p[word.n - 1] | 32) == 's' ? word.n - 1 : word.n;
		if (n > 4 && memcmp(word.p + n - 2, "ie", 2) == 0)
			n -= 2; /* memories, memory */
		else if (n > 4 && n == word.n && word.p[n - 1] == 'y')
			n--;
		for (size_t k = 0; k < n; k++)
			hash = lexicon_step(hash, word.p[k]);
		if (!set_has(s, hash))
			s->v[s->n++] = hash;
	}
}

/* How many of a hundred of the words of `of` are in `in`. */
static unsigned share(const struct word_set *of, const struct word_set *in)
{
	size_t n = 0;
	for (size_t i = 0; i < of->n; i++)
		n += set_has(in, of->v[i]);
	return of->n ? (unsigned)(n * 100 / of->n) : 0;
}

/* A tool's words, read once for all that it is compared with. */
struct compared {
	struct slice name, text;
	struct word_set name_words, text_words;
};

static bool names_are_alike(const struct word_set *x, struct slice other)
{
	struct word_set y;
	if (!x->n)
		return false;
	read_words(other, &y);
	return y.n && share(&y, x) * 2 >= 100 && share(x, &y) * 2 >= 100;
}

static bool is_copy(const struct word_set *own, const struct json *peer)
{
	struct word_set theirs;
	read_words(json_string(json_gets(peer, "description")), &theirs);
	return theirs.n >= 3 && share(&theirs, own) >= 80;
}

/* Does the text name it, as a word? Names of one plain word mean nothing. */
static bool text_names(struct slice text, struct slice name)
{
	bool is_plain = true;
	for (size_t i = 0; i < name.n; i++)
		is_plain &= is_letter(name.p[i]) && (i == 0 || !is_upper(name.p[i]));
	if (is_plain || name.n < 4 || text.n < name.n)
		return false;
	for (const char *p = text.p, *end = text.p + text.n; (p = memmem(p, (size_t)(end - p), name.p, name.n)); p++) {
		if ((p == text.p || !(is_alnum(p[-1]) || p[-1] == '_')) &&
		    (p + name.n == end || !(is_alnum(p[name.n]) || p[name.n] == '_')))
			return true;
	}
	return false;
}

/* Names first: they are short, and few are alike. */
static void compare(struct walk *w, const struct compared *c, const struct json *peer)
{
	struct slice other = json_string(json_gets(peer, "name"));
	bool is_same = slice_ieq(c->name, other);
	if (is_same && is_copy(&c->text_words, peer))
		tell(w, SCAN_LIKELY, "name-collision", 0);
	else if (!is_same && names_are_alike(&c->name_words, other) && is_copy(&c->text_words, peer))
		tell(w, SCAN_LIKELY, "look-alike-name", 0);
	else if (!slice_eq(c->name, other) && text_names(c->text, other))
		tell(w, SCAN_LIKELY, "names-tool-of-other-server", 0);
}

static void check_peers(struct walk *w, const struct json *row, const struct json *tool)
{
	struct slice server = json_string(json_gets(row, "server"));
	struct compared c = { .name = json_string(json_gets(tool, "name")), .text = json_string(json_gets(tool, "description")) };
	read_words(c.name, &c.name_words);
	read_words(c.text, &c.text_words);
	for (struct json_iter it = json_iter(json_gets(row, "peers")); json_next(&it);) {
		if (server.n && slice_eq(server, json_string(json_gets(it.value, "server"))))
			continue;
		const struct json *one = json_gets(it.value, "tool");
		if (one)
			compare(w, &c, one);
		for (struct json_iter t = json_iter(json_gets(it.value, "tools")); json_next(&t);)
			compare(w, &c, t.value);
	}
}

static const struct json *find_tool(const struct json *tools, struct slice name)
{
	for (struct json_iter it = json_iter(tools); json_next(&it);)
		if (slice_eq(json_string(json_gets(it.value, "name")), name))
			return it.value;
	return NULL;
}

static void check_list(struct walk *w, const struct json *row, const char *key)
{
	const struct json *tools = json_gets(row, key), *before = json_gets(row, "before");
	size_t i = 0, was = enter(w, slice_str(key));
	for (struct json_iter it = json_iter(tools); json_next(&it); i++) {
		size_t at = enter_at(w, i);
		check_tool(w, it.value);
		check_peers(w, row, it.value);
		const struct json *old = before ? find_tool(before, json_string(json_gets(it.value, "name"))) : NULL;
		if (before && (!old || !json_equal(old, it.value)))
			tell(w, SCAN_LIKELY, old ? "definition-changed" : "tool-added", 0);
		leave(w, at);
	}
	leave(w, was);
}

void scan_definitions(const struct scanner *s, const struct json *row, const struct definition_report *r)
{
	struct walk w = { .s = s, .r = r };
	if (json_gets(row, "tools"))
		check_list(&w, row, "tools");
	if (json_gets(row, "after"))
		check_list(&w, row, "after");
	if (!json_gets(row, "tools") && !json_gets(row, "after")) {
		const struct json *tool = json_gets(row, "tool");
		size_t was = tool ? enter(&w, SLICE_LIT("tool")) : 0;
		check_tool(&w, tool ? tool : row);
		check_peers(&w, row, tool ? tool : row);
		leave(&w, was);
	}
	scan_findings_release(&w.found);
}
