/*
 * Runs tests/cases/catalog/words.json: {"of": "name" or "text", "text", "words": ["word:CONCEPT", …]} with `!`
 * behind what is denied, a back quote behind code, @ and the part where it is not the first sentence; and the limits.
 */
#include "base/limits.h"
#include "cases.h"
#include "catalog/words.h"

static void print_word(struct buf *b, struct slice text, const struct word *w)
{
	buf_add(b, text.p + w->at, w->n);
	buf_addf(b, ":%s", concept_word((enum concept)w->concept[0]));
	if (w->flags & WORD_DENIED)
		buf_addc(b, '!');
	if (w->flags & WORD_CODE)
		buf_addc(b, '`');
	if (w->part != PART_LEAD)
		buf_addf(b, "@%u", w->part);
}

static void check_case(const struct json *c)
{
	static struct word v[LIMIT_PROFILE_WORDS];
	struct slice text = json_string(json_gets(c, "text"));
	struct buf got = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);
	bool is_name = slice_is(json_string(json_gets(c, "of")), "name");
	size_t n = is_name ? words_of_name(text, v, LIMIT_PROFILE_WORDS) : words_of_text(text, v, LIMIT_PROFILE_WORDS);
	for (size_t i = 0; i < n; i++) {
		print_word(&got, text, &v[i]);
		buf_addc(&got, '|');
	}
	for (struct json_iter it = json_iter(json_gets(c, "words")); json_next(&it);) {
		buf_add_slice(&want, json_string(it.value));
		buf_addc(&want, '|');
	}
	bool is_same = slice_eq(buf_slice(&got), buf_slice(&want));
	ok(is_same, "%s", case_name(c));
	if (!is_same)
		printf("# got:  %s\n# want: %s\n", buf_str(&got), buf_str(&want));
	buf_release(&got);
	buf_release(&want);
}

/* `n` bytes, the last of them a verb's. */
static void fill(char *text, size_t n)
{
	memset(text, ' ', n);
	memcpy(text + n - 6, "delete", 6);
}

static void check_limits(void)
{
	static struct word v[LIMIT_PROFILE_WORDS + 8];
	static char text[LIMIT_PROFILE_TEXT + 1], many[4 * LIMIT_PROFILE_WORDS];
	fill(text, LIMIT_PROFILE_TEXT);
	size_t n = words_of_text(slice_of(text, LIMIT_PROFILE_TEXT), v, LIMIT_PROFILE_WORDS);
	ok(n == 1 && word_is(&v[0], VERB_DELETE), "the last bytes of %d are read", LIMIT_PROFILE_TEXT);
	fill(text, LIMIT_PROFILE_TEXT + 1);
	n = words_of_text(slice_of(text, LIMIT_PROFILE_TEXT + 1), v, LIMIT_PROFILE_WORDS);
	ok(n == 1 && !word_is(&v[0], VERB_DELETE), "what stands beyond is not");
	fill(text, LIMIT_PROFILE_NAME);
	n = words_of_name(slice_of(text, LIMIT_PROFILE_NAME), v, LIMIT_PROFILE_WORDS);
	ok(n == 1 && word_is(&v[0], VERB_DELETE), "the last bytes of a name of %d are read", LIMIT_PROFILE_NAME);
	fill(text, LIMIT_PROFILE_NAME + 1);
	n = words_of_name(slice_of(text, LIMIT_PROFILE_NAME + 1), v, LIMIT_PROFILE_WORDS);
	ok(n == 1 && !word_is(&v[0], VERB_DELETE), "what stands beyond is not");
	memset(many, 'x', sizeof many);
	for (size_t i = 1; i < sizeof many; i += 2)
		many[i] = ' ';
	ok(words_of_text(slice_of(many, 2 * LIMIT_PROFILE_WORDS), v, LIMIT_PROFILE_WORDS) == LIMIT_PROFILE_WORDS,
	   "%d words are read", LIMIT_PROFILE_WORDS);
	ok(words_of_text(slice_of(many, 2 * LIMIT_PROFILE_WORDS + 2), v, LIMIT_PROFILE_WORDS) == LIMIT_PROFILE_WORDS,
	   "and no more");
}

int main(void)
{
	struct arena a;
	arena_init(&a, 1 << 22);
	for (struct json_iter it = json_iter(cases_read("catalog/words.json", &a)); json_next(&it);)
		check_case(it.value);
	ok(concept_is_verb(VERB_DELETE) && concept_is_object(OBJECT_FILE) && concept_is_mark(MARK_NOT), "kinds of concepts");
	ok(!concept_is_verb(CONCEPT_NONE) && !concept_is_object(CONCEPT_VERBS), "and what is none");
	check_limits();
	arena_release(&a);
	return tap_done();
}
