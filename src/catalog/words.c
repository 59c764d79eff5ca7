/* Splitting names and texts, and looking words up in the lexicon. */
#include "catalog/words.h"
#include "base/compiler.h"
#include "base/limits.h"
#include "catalog/lexicon.h"
#include "scan/fold.h"
#include <stdbool.h>

_Static_assert(LEXICON_CONCEPTS == WORD_CONCEPTS, "an entry fits a word");

#define HASH_SEED   2166136261u
#define PHRASE_MAX  5
#define DENIED_WORDS 4 /* so many behind "not" are denied */
#define WORD_MAY_BE_MORE 128u /* a phrase may begin here */

static const struct lexicon_entry *lexicon_find(uint32_t hash)
{
	for (uint32_t at = hash % LEXICON_SLOTS; lexicon_table[at].hash; at = (at + 1) % LEXICON_SLOTS)
		if (lexicon_table[at].hash == hash)
			return &lexicon_table[at];
	return NULL;
}

static uint32_t hash_step(uint32_t h, unsigned char b)
{
	return (h ^ b) * 16777619u;
}

static uint32_t phrase_step(uint32_t h, uint32_t next)
{
	h = (h ^ next) * 0x9e3779b1u;
	return h ^ h >> 15;
}

enum sort { SORT_OTHER = 0, SORT_SMALL, SORT_CAPITAL, SORT_DIGIT, SORT_UNSPACED, SORT_NOTHING };

struct letter {
	uint32_t c; /* as it is looked up */
	enum sort sort;
	size_t n; /* bytes */
};

static bool is_unspaced(uint32_t c)
{
	return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7af);
}

static struct letter letter_ascii(unsigned char b)
{
	if (b >= 'a' && b <= 'z')
		return (struct letter){ b, SORT_SMALL, 1 };
	if (b >= 'A' && b <= 'Z')
		return (struct letter){ b | 32u, SORT_CAPITAL, 1 };
	return (struct letter){ b, b >= '0' && b <= '9' ? SORT_DIGIT : SORT_OTHER, 1 };
}

static struct letter letter_read(struct slice text, size_t at)
{
	unsigned char b = (unsigned char)text.p[at];
	if (b < 0x80)
		return letter_ascii(b);
	struct letter l = { 0, SORT_OTHER, 1 };
	bool is_alike;
	l.c = utf8_read(text, at, &l.n);
	if (is_unspaced(l.c)) {
		l.sort = SORT_UNSPACED;
	} else if (l.c == 0x2019) {
		l.c = '\'';
	} else if ((l.c >= 0xc0 && l.c <= 0x17f) || (l.c >= 0xff21 && l.c <= 0xff5a)) {
		char f = fold(l.c, &is_alike);
		struct letter as = letter_ascii((unsigned char)f);
		l.c = as.c;
		l.sort = as.sort;
	} else if (l.c >= 0x400 && l.c <= 0x52f) {
		l.sort = l.c < 0x430 ? SORT_CAPITAL : SORT_SMALL;
		l.c = l.c < 0x410 ? l.c + 0x50 : l.c < 0x430 ? l.c + 0x20 : l.c;
		l.c = l.c == 0x451 ? 0x435 : l.c;
	} else if (is_invisible(l.c)) {
		l.sort = SORT_NOTHING;
	} else if (l.c >= 0x370 && l.c < 0x2000) {
		l.sort = SORT_SMALL;
	}
	return l;
}

static uint32_t hash_letter(uint32_t h, uint32_t c)
{
	if (c < 0x80)
		return hash_step(h, (unsigned char)c);
	if (c < 0x800)
		return hash_step(hash_step(h, (unsigned char)(0xc0 | c >> 6)), (unsigned char)(0x80 | (c & 0x3f)));
	h = hash_step(h, (unsigned char)(0xe0 | (c >> 12 & 0x0f)));
	h = hash_step(h, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
	return hash_step(h, (unsigned char)(0x80 | (c & 0x3f)));
}

/* What is being split, and the words so far. */
struct splitter {
	struct slice text;
	struct word *v;
	size_t n, max;
	uint8_t part, flags; /* of the next word */
	unsigned denied;     /* words that are still denied */
	bool is_name, in_code;
};

static struct word *word_add(struct splitter *s, size_t at, size_t end, uint32_t hash, const struct lexicon_entry *e)
{
	if (s->n == s->max)
		return NULL;
	struct word *w = &s->v[s->n++];
	*w = (struct word){ .at = (uint32_t)at, .n = (uint32_t)(end - at), .hash = hash, .part = s->part, .flags = s->flags };
	if (e) {
		memcpy(w->concept, e->concept, sizeof w->concept);
		w->form = e->form;
		w->word = e->word;
		w->flags |= e->starts_phrase ? WORD_MAY_BE_MORE : 0;
	}
	if (s->denied) {
		w->flags |= WORD_DENIED;
		s->denied--;
	}
	s->flags = 0;
	if (word_is(w, MARK_NOT))
		s->denied = DENIED_WORDS;
	if (word_is(w, MARK_TO))
		s->flags |= WORD_AFTER_TO;
	return w;
}

static uint32_t hash_range(struct slice text, size_t at, size_t end)
{
	uint32_t h = HASH_SEED;
	while (at < end) {
		struct letter l = letter_read(text, at);
		if (l.sort != SORT_NOTHING)
			h = hash_letter(h, l.c);
		at += l.n;
	}
	return h;
}

/* "listtables": a verb and something known, written as one. */
static bool split_glued(struct splitter *s, size_t at, size_t end)
{
	if (end - at < 6 || end - at > 40)
		return false;
	for (size_t cut = end - 3; cut >= at + 3; cut--) {
		uint32_t left = hash_range(s->text, at, cut);
		const struct lexicon_entry *a = lexicon_find(left);
		if (!a || a->form != FORM_BASE || !concept_is_verb(a->concept[0]))
			continue;
		uint32_t right = hash_range(s->text, cut, end);
		const struct lexicon_entry *b = lexicon_find(right);
		if (!b || !b->concept[0])
			continue;
		word_add(s, at, cut, left, a);
		word_add(s, cut, end, right, b);
		return true;
	}
	return false;
}

/* A run of letters and digits of one case: "get", "HTTP", "v2". */
static void split_piece(struct splitter *s, size_t at, size_t end)
{
	uint32_t hash = hash_range(s->text, at, end);
	const struct lexicon_entry *e = lexicon_find(hash);
	if (!e && s->is_name && split_glued(s, at, end))
		return;
	word_add(s, at, end, hash, e);
}

/* A run of letters and digits: as it stands when it is known, else at case and digits. */
static void split_run(struct splitter *s, size_t at, size_t end)
{
	uint32_t hash = hash_range(s->text, at, end);
	const struct lexicon_entry *e = lexicon_find(hash);
	if (e) {
		word_add(s, at, end, hash, e);
		return;
	}
	enum sort before = SORT_OTHER;
	for (size_t i = at, start = at; i < end;) {
		struct letter l = letter_read(s->text, i);
		size_t next = i + l.n;
		enum sort after = next < end ? letter_read(s->text, next).sort : SORT_OTHER;
		bool is_cut = i > start && ((l.sort == SORT_CAPITAL && before == SORT_SMALL) ||
					    (l.sort == SORT_CAPITAL && before == SORT_CAPITAL && after == SORT_SMALL) ||
					    ((l.sort == SORT_DIGIT) != (before == SORT_DIGIT)));
		if (is_cut) {
			split_piece(s, start, i);
			start = i;
		}
		before = l.sort;
		i = next;
		if (i >= end)
			split_piece(s, start, end);
	}
}

/* Behind the letters and digits that begin at `at`. */
static size_t run_end(struct slice text, size_t at)
{
	while (at < text.n) {
		struct letter l = letter_read(text, at);
		if (l.sort == SORT_OTHER || l.sort == SORT_UNSPACED)
			break;
		at += l.n;
	}
	return at;
}

static size_t run_end_unspaced(struct slice text, size_t at)
{
	while (at < text.n) {
		struct letter l = letter_read(text, at);
		if (l.sort != SORT_UNSPACED)
			break;
		at += l.n;
	}
	return at;
}

/* Text without blanks between words: the longest entry that begins here. Its end; 0: none. */
static size_t split_unspaced(struct splitter *s, size_t at)
{
	uint32_t h = HASH_SEED, best_hash = 0;
	const struct lexicon_entry *best = NULL;
	size_t end = at, best_end = 0;
	for (int i = 0; i < lexicon_longest && end < s->text.n; i++) {
		struct letter l = letter_read(s->text, end);
		if (l.sort == SORT_OTHER && l.c != ' ')
			break;
		h = hash_letter(h, l.c);
		end += l.n;
		const struct lexicon_entry *e = lexicon_find(h);
		if (e && e->concept[0]) {
			best = e;
			best_end = end;
			best_hash = h;
		}
	}
	if (best)
		word_add(s, at, best_end, best_hash, best);
	return best_end;
}

/* Several words that are one entry: behind all others, at the place of the first of them. */
static void add_phrases(struct splitter *s)
{
	size_t words = s->n;
	for (size_t i = 0; i < words; i++) {
		if (!(s->v[i].flags & WORD_MAY_BE_MORE))
			continue;
		uint32_t h = s->v[i].hash;
		for (size_t j = i + 1; j < words && j < i + PHRASE_MAX && s->v[j].part == s->v[i].part; j++) {
			h = phrase_step(h, s->v[j].hash);
			const struct lexicon_entry *e = lexicon_find(h);
			if (!e || !e->concept[0] || s->n == s->max)
				continue;
			struct word *w = &s->v[s->n++];
			*w = s->v[i];
			w->n = s->v[j].at + s->v[j].n - w->at;
			w->hash = h;
			w->flags |= WORD_PHRASE;
			memcpy(w->concept, e->concept, sizeof w->concept);
			w->form = e->form;
			w->word = e->word;
		}
	}
}

size_t words_of_name(struct slice name, struct word *v, size_t max)
{
	struct splitter s = { .text = name, .v = v, .max = max, .is_name = true };
	s.text.n = name.n < LIMIT_PROFILE_NAME ? name.n : LIMIT_PROFILE_NAME;
	for (size_t at = 0; at < s.text.n;) {
		struct letter l = letter_read(s.text, at);
		size_t end = at;
		if (l.sort == SORT_UNSPACED)
			end = split_unspaced(&s, at);
		if (end > at) {
			at = end;
			continue;
		}
		end = at + l.n;
		if (l.sort == SORT_SMALL || l.sort == SORT_CAPITAL || l.sort == SORT_DIGIT) {
			end = run_end(s.text, at);
			split_run(&s, at, end);
		}
		at = end;
	}
	add_phrases(&s);
	return s.n;
}

/* The heading of a section: "Args:", "**Returns**:", "参数：". */
static const struct {
	const char *word;
	enum word_part part;
} headings[] = {
	{ "args", PART_ARGUMENTS }, { "arguments", PART_ARGUMENTS }, { "argument", PART_ARGUMENTS },
	{ "parameters", PART_ARGUMENTS }, { "parameter", PART_ARGUMENTS }, { "params", PART_ARGUMENTS },
	{ "inputs", PART_ARGUMENTS }, { "input", PART_ARGUMENTS }, { "options", PART_ARGUMENTS },
	{ "parametros", PART_ARGUMENTS }, { "required", PART_ARGUMENTS }, { "optional", PART_ARGUMENTS },
	{ "\xe5\x8f\x82\xe6\x95\xb0", PART_ARGUMENTS }, { "\xe5\x85\xa5\xe5\x8f\x82", PART_ARGUMENTS },
	{ "returns", PART_RETURNS }, { "return", PART_RETURNS }, { "output", PART_RETURNS },
	{ "outputs", PART_RETURNS }, { "response", PART_RETURNS }, { "yields", PART_RETURNS },
	{ "\xe8\xbf\x94\xe5\x9b\x9e", PART_RETURNS }, { "\xe5\x87\xba\xe5\x8f\x82", PART_RETURNS },
	{ "example", PART_EXAMPLES }, { "examples", PART_EXAMPLES }, { "usage", PART_EXAMPLES },
	{ "raises", PART_EXAMPLES }, { "\xe7\xa4\xba\xe4\xbe\x8b", PART_EXAMPLES },
};

static bool is_colon(struct slice text, size_t at)
{
	while (at < text.n && (text.p[at] == '*' || text.p[at] == ' ' || text.p[at] == '_'))
		at++;
	return slice_starts(slice_of(text.p + at, text.n - at), SLICE_LIT(":")) ||
	       slice_starts(slice_of(text.p + at, text.n - at), SLICE_LIT("\xef\xbc\x9a"));
}

/* Does a section begin with the run [at, end)? */
static bool begins_section(struct splitter *s, size_t at, size_t end)
{
	struct slice run = slice_of(s->text.p + at, end - at);
	if (!(s->flags & WORD_STARTS) || run.n > 12)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(headings); i++) {
		struct slice h = slice_str(headings[i].word);
		bool is_it = (unsigned char)h.p[0] < 0x80 ? slice_ieq(run, h) : slice_starts(run, h);
		if (!is_it || !is_colon(s->text, (unsigned char)h.p[0] < 0x80 ? end : at + h.n))
			continue;
		s->part = (uint8_t)headings[i].part;
		return true;
	}
	return false;
}

/* A sentence ended: what follows is no longer the lead, when that had a word to say. */
static void end_sentence(struct splitter *s)
{
	bool is_said = s->n >= 3;
	for (size_t i = 0; i < s->n && !is_said; i++)
		is_said = s->v[i].concept[0] && !concept_is_mark(s->v[i].concept[0]);
	if (s->part == PART_LEAD && is_said)
		s->part = PART_REST;
	s->flags |= WORD_STARTS;
	s->denied = 0;
}

/* What stands between words. Returns the bytes. */
static size_t pass_sign(struct splitter *s, size_t at, struct letter l)
{
	struct slice t = s->text;
	char next = at + l.n < t.n ? t.p[at + l.n] : ' ';
	bool is_end = next == ' ' || next == '\n' || next == '\t' || next == '\r';
	if (l.c == '`')
		s->in_code = !s->in_code;
	if (l.c == '\n') {
		s->in_code = false;
		if (next == '\n' || s->part != PART_LEAD)
			end_sentence(s);
		else
			s->denied = 0;
		if (next == '-' || next == '*' || next == '#')
			end_sentence(s);
	} else if (((l.c == '.' || l.c == '!' || l.c == '?') && is_end) || l.c == 0x3002 || l.c == 0xff01 || l.c == 0xff1f) {
		end_sentence(s);
	} else if (l.c == ',' || l.c == ';' || l.c == 0xff0c || l.c == 0x3001 || l.c == 0xff1b) {
		s->denied = 0;
	}
	return l.n;
}

/* A run of letters, digits, underscores and apostrophes; "get_user", "camelCase" name something. */
static size_t split_text_run(struct splitter *s, size_t at)
{
	size_t end = at, pieces = 0;
	bool is_code = s->in_code;
	for (; end < s->text.n; pieces++) {
		end = run_end(s->text, end);
		bool goes_on = end + 1 < s->text.n && letter_read(s->text, end + 1).sort != SORT_OTHER;
		if (!goes_on || (s->text.p[end] != '_' && s->text.p[end] != '\''))
			break;
		is_code = is_code || s->text.p[end] == '_';
		end++;
	}
	if (begins_section(s, at, end))
		return end;
	uint8_t flags = s->flags;
	size_t before = s->n;
	if (!is_code) {
		uint32_t hash = hash_range(s->text, at, end);
		const struct lexicon_entry *e = lexicon_find(hash);
		word_add(s, at, end, hash, e);
		return end;
	}
	for (size_t i = at; i < end; i++) {
		size_t stop = run_end(s->text, i);
		if (stop > i)
			split_run(s, i, stop);
		i = stop;
	}
	for (size_t i = before; i < s->n; i++)
		s->v[i].flags |= WORD_CODE | flags;
	return end;
}

size_t words_of_text(struct slice text, struct word *v, size_t max)
{
	struct splitter s = { .text = text, .v = v, .max = max, .flags = WORD_STARTS };
	s.text.n = text.n < LIMIT_PROFILE_TEXT ? text.n : LIMIT_PROFILE_TEXT;
	for (size_t at = 0; at < s.text.n && s.n < max;) {
		struct letter l = letter_read(s.text, at);
		size_t end = at;
		if (l.sort == SORT_UNSPACED) {
			end = begins_section(&s, at, run_end_unspaced(s.text, at)) ? run_end_unspaced(s.text, at) :
										     split_unspaced(&s, at);
			at = end > at ? end : at + l.n;
		} else if (l.sort == SORT_SMALL || l.sort == SORT_CAPITAL || l.sort == SORT_DIGIT) {
			at = split_text_run(&s, at);
		} else {
			at += pass_sign(&s, at, l);
		}
	}
	add_phrases(&s);
	return s.n;
}

bool word_is(const struct word *w, enum concept c)
{
	return w->concept[0] == c || (w->concept[1] && (w->concept[1] == c || w->concept[2] == c));
}

bool words_have(const struct word *v, size_t n, enum concept c)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(&v[i], c))
			return true;
	return false;
}

const char *concept_word(enum concept c)
{
	static const char *const words[CONCEPTS] = {
#define VERB(id, words) [VERB_##id] = #id,
#define OBJECT(id, words) [OBJECT_##id] = #id,
#define MARK(id, words) [MARK_##id] = #id,
#include "catalog/lexicon.def"
#undef VERB
#undef OBJECT
#undef MARK
	};
	return c < CONCEPTS && words[c] ? words[c] : "";
}
