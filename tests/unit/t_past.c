/* What sessions did: what is kept of it, for how long, and its limits. */
#include "past_rig.h"

static void simple_use(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s1", NOON + 24 * HOUR), other = unit("g", "s2", NOON + 24 * HOUR);
	uint64_t bits;
	ok(!has_label(p, &s, NOON, "reads_private") && past_count(p) == 0, "a session that did nothing has done nothing");
	ok(teach(p, &s, NOON, 1, 7, PAST_IN_TEXT) == PAST_CHANGED, "a lesson is learned");
	ok(has_label(p, &s, NOON, "reads_private"), "its label is on the session");
	ok(!has_label(p, &other, NOON, "reads_private"), "and not on another one");
	ok(seen_in(p, &s, NOON, 7, &bits) == POLICY_SEEN_FIRST && bits == 1, "the identifier was met under it");
	ok(seen_in(p, &s, NOON, 8, &bits) == POLICY_SEEN_NEVER, "another identifier was not");
	ok(seen_in(p, &other, NOON, 7, &bits) == POLICY_SEEN_NEVER, "nor this one in another session");
	ok(hash_of(&s, 7) != hash_of(&other, 7), "which would have another hash");
	(void)!teach(p, &s, NOON + S, 2, 7, PAST_IN_FIELD);
	ok(seen_in(p, &s, NOON + S, 7, &bits) == POLICY_SEEN_FIRST && bits == 1, "only the first result counts");
	(void)!teach(p, &s, NOON + S, 2, 9, PAST_IN_FIELD);
	ok(seen_in(p, &s, NOON + S, 9, &bits) == POLICY_SEEN_FIRST && bits == (2 | POLICY_SEEN_IN_FIELD),
	   "a field is told from text");
	struct policy_lesson l = lesson_of(2);
	struct past_found both[] = { { hash_of(&s, 10), PAST_IN_TEXT }, { hash_of(&s, 10), PAST_IN_FIELD },
		                     { hash_of(&s, 11), PAST_IN_TEXT }, { hash_of(&s, 11), PAST_IN_ARGUMENT } };
	(void)!past_learn(p, &s, NOON + 2 * S, &l, both, 4, false);
	ok(seen_in(p, &s, NOON + S, 10, &bits) == POLICY_SEEN_FIRST && bits & POLICY_SEEN_IN_FIELD,
	   "in one result the field counts, wherever it stands");
	ok(seen_in(p, &s, NOON + S, 11, &bits) == POLICY_SEEN_FIRST && bits == POLICY_SEEN_IN_FIELD,
	   "what the call itself named is not of its result");
	ok(has_label(p, &s, NOON + 24 * HOUR - 1, "reads_private"), "it is kept as long as the session lasts");
	ok(!has_label(p, &s, NOON + 24 * HOUR, "reads_private"), "and no longer");
	past_free(&p);
	ok(!p, "freed");
}

static enum past_result mark(struct past *p, const struct past_unit *u, int64_t now, unsigned label, uint64_t path,
                             uint64_t value)
{
	struct policy_lesson l = lesson_of(1u << label);
	l.marks[0] = (struct policy_mark){ slice_str(names[label]), path, value, false };
	l.mark_n = 1;
	return past_learn(p, u, now, &l, NULL, 0, false);
}

static void marks(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s", NOON + HOUR), t = unit("g", "t", NOON + HOUR), g = unit("g", "", 0);
	uint64_t value = 9;
	(void)!mark(p, &s, NOON, 0, 1, 5);
	ok(has_mark(p, &s, NOON, names[0], 1, &value) && value == 5, "the value of an argument is kept");
	(void)!mark(p, &s, NOON, 0, 1, 5);
	ok(has_mark(p, &s, NOON, names[0], 1, &value) && value == 5, "the same again is the same");
	(void)!mark(p, &s, NOON, 1, 1, 6);
	ok(has_mark(p, &s, NOON, names[0], 1, &value) && value == 5, "each label has its own");
	(void)!mark(p, &s, NOON, 0, 1, 6);
	ok(has_mark(p, &s, NOON, names[0], 1, &value) && value == 0, "a second value makes it mixed");
	(void)!mark(p, &s, NOON, 0, 1, 5);
	ok(has_mark(p, &s, NOON, names[0], 1, &value) && value == 0, "for ever");
	(void)!teach(p, &t, NOON, 1, 1, PAST_IN_TEXT);
	(void)!mark(p, &t, NOON, 0, 1, 5);
	ok(has_mark(p, &t, NOON, names[0], 1, &value) && value == 0, "a call before that said nothing of it had another");
	(void)!mark(p, &t, NOON, 1, 2, 5);
	(void)!teach(p, &t, NOON, 2, 1, PAST_IN_TEXT);
	ok(has_mark(p, &t, NOON, names[1], 2, &value) && value == 0, "and so has one that comes after");
	(void)!mark(p, &g, NOON, 0, 1, 5);
	(void)!mark(p, &g, NOON, 0, 1, 6);
	ok(has_mark(p, &g, NOON + HOUR, names[0], 1, &value) && value == 0, "of a grant within the window");
	ok(!has_mark(p, &g, NOON + HOUR + 1, names[0], 1, &value), "it goes with its label");
	(void)!mark(p, &g, NOON + HOUR + 1, 0, 1, 7);
	ok(has_mark(p, &g, NOON + HOUR + 1, names[0], 1, &value) && value == 7, "and begins anew");
	past_free(&p);
}

static void calls(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s", NOON + 24 * HOUR), g = unit("g", "", 0);
	for (int i = 0; i < 100; i++) {
		(void)!past_count_call(p, &s, NOON + i * HOUR / 10);
		(void)!past_count_call(p, &g, NOON + i * HOUR / 10);
	}
	ok(calls_of(p, &s, NOON + 10 * HOUR) == 100, "a session counts all its calls");
	uint64_t n = calls_of(p, &g, NOON + 99 * HOUR / 10);
	ok(n >= 11 && n <= 12, "a grant those of its window, and at most an eighth more: %d", (int)n);
	past_free(&p);
}

static void windows(void)
{
	struct past *p = make(0, 0);
	struct past_unit g = unit("g", "", 0);
	uint64_t bits;
	(void)!teach(p, &g, NOON, 1, 1, PAST_IN_TEXT);
	ok(has_label(p, &g, NOON + HOUR, names[0]), "a label of a grant lasts its window");
	ok(!has_label(p, &g, NOON + HOUR + 1, names[0]), "and no longer");
	(void)!teach(p, &g, NOON + HOUR, 2, 1, PAST_IN_TEXT);
	ok(seen_in(p, &g, NOON + HOUR, 1, &bits) == POLICY_SEEN_FIRST && bits == 1, "an identifier that is met again lives on");
	ok(seen_in(p, &g, NOON + HOUR + 2 * S, 1, &bits) == POLICY_SEEN_FIRST && bits == 0,
	   "the label that it was met under is forgotten before");
	(void)!teach(p, &g, NOON + HOUR + 5 * S, 1, 2, PAST_IN_TEXT);
	ok(seen_in(p, &g, NOON + HOUR + 5 * S, 1, &bits) == POLICY_SEEN_FIRST && bits == 0,
	   "and does not come back to it with a later result");
	struct policy_lesson l = lesson_of(4);
	l.keep_us = 10 * HOUR;
	(void)!past_learn(p, &g, NOON + HOUR + 6 * S, &l, NULL, 0, false);
	ok(has_label(p, &g, NOON + 11 * HOUR, names[2]), "the longest window of the flows counts");
	ok(has_label(p, &g, NOON + 11 * HOUR, names[0]), "for all of the grant");
	past_free(&p);
}

static void ends(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s", NOON + 24 * HOUR);
	ok(past_end(p, &s, NOON) == PAST_SAME, "a session of which nothing is known ends without a word");
	(void)!teach(p, &s, NOON, 1, 1, PAST_IN_TEXT);
	ok(past_end(p, &s, NOON) == PAST_CHANGED && past_last(p)->until_us == NOON, "the end of a session is news");
	past_expire(p, NOON, 64);
	ok(past_count(p) == 0 && past_identifier_count(p) == 0, "and frees what was kept of it");
	past_free(&p);
}

static void limit_of_units(void)
{
	struct past *p = make(3, 0);
	struct past_unit u[4];
	for (int i = 0; i < 4; i++)
		u[i] = unit("g", (const char *[]){ "a", "b", "c", "d" }[i], NOON + (i + 1) * HOUR);
	for (int i = 0; i < 3; i++)
		(void)!teach(p, &u[i], NOON, 1, 1, PAST_IN_TEXT);
	ok(past_count(p) == 3, "as many sessions as there is room for");
	ok(teach(p, &u[3], NOON, 1, 1, PAST_IN_TEXT) == PAST_FULL && past_count(p) == 3, "another one is not learned");
	ok(past_count_call(p, &u[3], NOON) == PAST_FULL, "nor are its calls");
	ok(has_label(p, &u[0], NOON, names[0]), "and no other is forgotten for it");
	ok(teach(p, &u[3], NOON + HOUR, 1, 1, PAST_IN_TEXT) == PAST_CHANGED, "but what is too old makes room");
	past_free(&p);
}

static void limit_of_labels(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s", NOON + HOUR), g = unit("g", "", 0);
	char name[LIMIT_LABEL_NAME + 2];
	int learned = 0, again = 0;
	for (int i = 0; i < PAST_LABELS_MAX; i++) {
		snprintf(name, sizeof name, "label_%d", i);
		struct policy_lesson l = { .labels = { slice_str(name) }, .label_n = 1 };
		learned += past_learn(p, &s, NOON, &l, NULL, 0, false) == PAST_CHANGED;
		learned += past_learn(p, &g, NOON, &l, NULL, 0, false) == PAST_CHANGED;
	}
	ok(learned == 2 * PAST_LABELS_MAX && has_label(p, &s, NOON, "label_62"), "63 labels have a place");
	struct policy_lesson more = { .labels = { SLICE_LIT("label_5"), SLICE_LIT("one_more") }, .label_n = 2 };
	ok(past_learn(p, &s, NOON + S, &more, NULL, 0, false) == PAST_FULL, "one more has none");
	ok(past_learn(p, &g, NOON + S, &more, NULL, 0, false) == PAST_FULL, "in a grant, too");
	struct view v;
	look(&v, p, &s, NOON + S);
	again = label_in(&v, "label_5") && label_in(&v, "label_5")->last_us == NOON;
	arena_release(&v.arena);
	ok(again, "and nothing of that lesson is learned");
	ok(past_learn(p, &g, NOON + HOUR + 1, &more, NULL, 0, false) == PAST_CHANGED &&
	           has_label(p, &g, NOON + HOUR + 1, "one_more") && !has_label(p, &g, NOON + HOUR + 1, "label_6"),
	   "of a grant, old ones make room");
	memset(name, 'x', sizeof name);
	struct policy_lesson fits = { .labels = { slice_of(name, LIMIT_LABEL_NAME) }, .label_n = 1 };
	struct policy_lesson is_long = { .labels = { slice_of(name, LIMIT_LABEL_NAME + 1) }, .label_n = 1 };
	struct past_unit t = unit("g", "t", NOON + HOUR);
	ok(past_learn(p, &t, NOON, &fits, NULL, 0, false) == PAST_CHANGED, "a name of 128 bytes fits");
	ok(past_learn(p, &t, NOON, &is_long, NULL, 0, false) == PAST_FULL, "one of 129 does not");
	past_free(&p);
}

static void limit_of_marks(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s", NOON + HOUR);
	uint64_t value;
	for (uint64_t base = 0; base < LIMIT_PAST_MARKS; base += POLICY_MARKS_MAX) {
		struct policy_lesson l = lesson_of(1u << (base / POLICY_MARKS_MAX));
		for (; l.mark_n < POLICY_MARKS_MAX; l.mark_n++)
			l.marks[l.mark_n] = (struct policy_mark){ l.labels[0], base + l.mark_n, 5, false };
		(void)!past_learn(p, &s, NOON, &l, NULL, 0, false);
	}
	ok(has_mark(p, &s, NOON, names[3], LIMIT_PAST_MARKS - 1, &value) && value == 5, "256 marks are kept");
	ok(mark(p, &s, NOON, 4, 1000, 5) == PAST_CHANGED && has_label(p, &s, NOON, names[4]), "the next lesson is learned");
	ok(!has_mark(p, &s, NOON, names[4], 1000, &value), "without its mark, which counts as mixed");
	past_free(&p);
}

static void learn_many(struct past *p, const struct past_unit *u, int64_t now, unsigned from, unsigned n)
{
	struct policy_lesson l = lesson_of(1);
	struct past_found *f = mem_zalloc(n * sizeof *f);
	for (unsigned i = 0; i < n; i++)
		f[i].hash = hash_of(u, from + i);
	(void)!past_learn(p, u, now, &l, f, n, false);
	free(f);
}

static void limit_of_identifiers(void)
{
	struct past *p = make(0, LIMIT_PAST_IDENTIFIERS_OF_UNIT + 100);
	struct past_unit s = unit("g", "s", NOON + HOUR), t = unit("g", "t", NOON + HOUR), g = unit("h", "", 0);
	uint64_t bits;
	learn_many(p, &s, NOON, 0, LIMIT_PAST_IDENTIFIERS_OF_UNIT);
	ok(past_identifier_count(p) == LIMIT_PAST_IDENTIFIERS_OF_UNIT, "50000 identifiers of a session are kept");
	ok(seen_in(p, &s, NOON, 50000, &bits) == POLICY_SEEN_NEVER, "and one that is unknown was not seen");
	learn_many(p, &s, NOON, 50000, 1);
	ok(past_identifier_count(p) == LIMIT_PAST_IDENTIFIERS_OF_UNIT, "another one is not");
	ok(seen_in(p, &s, NOON, 77777, &bits) == POLICY_SEEN_UNSURE, "and nobody can be sure of what is unknown");
	ok(seen_in(p, &s, NOON, 5, &bits) == POLICY_SEEN_FIRST, "what is known is known");
	learn_many(p, &t, NOON, 0, 100);
	ok(seen_in(p, &t, NOON, 100, &bits) == POLICY_SEEN_NEVER, "all together fill the limit of all");
	learn_many(p, &t, NOON, 100, 1);
	ok(seen_in(p, &t, NOON, 101, &bits) == POLICY_SEEN_UNSURE, "past it nobody can be sure in the other, either");
	past_expire(p, NOON + HOUR, 1000);
	ok(past_identifier_count(p) == 0, "they go with their sessions");
	struct policy_lesson zero = lesson_of(1);
	struct past_found none = { 0, PAST_IN_TEXT };
	(void)!past_learn(p, &t, NOON, &zero, &none, 1, false);
	(void)!past_learn(p, &t, NOON, &zero, &none, 1, false);
	ok(past_identifier_count(p) == 1, "a hash may be zero");
	past_expire(p, NOON + HOUR, 1000);
	learn_many(p, &g, NOON, 0, LIMIT_PAST_IDENTIFIERS_OF_UNIT + 1);
	ok(seen_in(p, &g, NOON + HOUR, 77777, &bits) == POLICY_SEEN_UNSURE, "a grant is full for its window");
	learn_many(p, &g, NOON + HOUR / 2, 90000, 1);
	learn_many(p, &g, NOON + 7 * HOUR / 4, 90001, 1);
	ok(seen_in(p, &g, NOON + 7 * HOUR / 4, 90001, &bits) == POLICY_SEEN_FIRST, "old ones make room");
	ok(past_identifier_count(p) < 10, "all of them");
	ok(seen_in(p, &g, NOON + 2 * HOUR, 77777, &bits) == POLICY_SEEN_NEVER, "and it is sure again");
	struct policy_lesson l = lesson_of(1);
	(void)!past_learn(p, &t, NOON, &l, NULL, 0, true);
	ok(seen_in(p, &t, NOON, 5, &bits) == POLICY_SEEN_UNSURE, "a result that was cut leaves nobody sure");
	past_free(&p);
}

static void memory(void)
{
	struct past *p = make(0, 0);
	char name[16];
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "s%u", i);
		struct past_unit u = unit("g", name, NOON + HOUR);
		(void)!past_count_call(p, &u, NOON);
		(void)!teach(p, &u, NOON, 3, 1, PAST_IN_TEXT);
		(void)!mark(p, &u, NOON, 0, 1, 5);
	}
	size_t before = past_bytes(p);
	ok(past_count(p) == 10000 && before / 10000 < 2048, "a session with labels, a mark and one identifier takes %zu bytes",
	   before / 10000);
	struct past_unit u = unit("g", "many", NOON + HOUR);
	learn_many(p, &u, NOON, 0, 40000);
	size_t each = (past_bytes(p) - before) / 40000;
	ok(each < 64, "an identifier takes %zu bytes", each);
	for (int i = 0; i < 3; i++)
		past_expire(p, NOON + HOUR, 100000);
	ok(past_bytes(p) < 300000, "and all of it is given back");
	past_free(&p);
}

static void coding(void)
{
	struct past *p = make(0, 0);
	struct past_unit s = unit("g", "s", NOON + HOUR);
	struct past_entry *e = mem_zalloc(sizeof *e), *again = mem_zalloc(sizeof *e);
	struct written w = { 0 };
	(void)!mark(p, &s, NOON, 0, 1, 5);
	learn_many(p, &s, NOON, 0, 5000);
	write_down(&w, past_last(p));
	ok(w.n == 3 && !w.bad, "many identifiers take several entries");
	ok(past_decode(buf_slice(&w.v[2]), e) && e->change.identifier_n == 5000 - 2 * PAST_ENTRY_IDENTIFIERS,
	   "the last has the rest");
	ok(past_decode_state(e->state, again) && again->change.mark_n == 1 && again->change.marks[0].value == 5 &&
	           slice_is(again->change.labels[0].name, names[0]),
	   "the unit stands in each, and can be read by itself");
	int taken = 0;
	for (size_t n = 0; n < w.v[0].n; n++)
		taken += past_decode(slice_of(w.v[0].p, n), e) && n % 24 != w.v[0].n % 24;
	ok(!taken, "a part of an entry is none");
	struct policy_lesson cut = lesson_of(1);
	(void)!past_learn(p, &s, NOON, &cut, NULL, 0, true);
	write_down(&w, past_last(p));
	struct past *q = make(0, 0);
	uint64_t bits;
	past_restore(q, past_decode(buf_slice(&w.v[w.n - 1]), e) ? &e->change : NULL, NOON);
	ok(seen_in(q, &s, NOON, 70000, &bits) == POLICY_SEEN_UNSURE, "that some were left out is kept, too");
	past_free(&q);
	ok(!past_is_entry(slice_of("\1\2", 2)) && !past_decode(slice_of("", 0), e), "nor is another one");
	for (size_t i = 0; i < w.n; i++)
		buf_release(&w.v[i]);
	free(w.v);
	free(e);
	free(again);
	past_free(&p);
}

int main(void)
{
	simple_use();
	marks();
	calls();
	windows();
	ends();
	limit_of_units();
	limit_of_labels();
	limit_of_marks();
	limit_of_identifiers();
	memory();
	coding();
	return tap_done();
}
