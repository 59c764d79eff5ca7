/*
 * Runs tests/cases/scan/NAME.json: {"find": words of `redact` or "injection", "in"?: "definition",
 * "found": [[text, [[name, the part], …]], …], "not": [texts], "redacted"?: [[text, what is left]]}.
 */
#include "scan/scan.h"
#include "base/limits.h"
#include "cases.h"
#include "scan/definition.h"

static struct scanner *make(const struct json *c)
{
	struct scanner_opts o = { 0 };
	struct slice patterns[LIMIT_SCAN_PATTERNS + 1];
	struct err e = { 0 };
	o.source = json_gets(c, "in") ? SCAN_DEFINITION : SCAN_RESULT;
	o.patterns = patterns;
	for (struct json_iter it = json_iter(json_gets(c, "find")); json_next(&it);) {
		struct slice pattern = { 0 };
		if (slice_is(json_string(it.value), "injection"))
			o.kinds |= SCAN_BIT(SCAN_INJECTION);
		else
			ok(scan_word_read(json_string(it.value), &o.kinds, &pattern), "'%.*s' is a word",
			   SLICE_ARG(json_string(it.value)));
		if (pattern.n)
			patterns[o.pattern_n++] = pattern;
	}
	return scanner_new(&o, &e);
}

static const char *short_of(struct slice text)
{
	static char out[80];
	snprintf(out, sizeof out, "%.*s", (int)(text.n > 70 ? 70 : text.n), text.p ? text.p : "");
	return out;
}

static void show(const struct scan_findings *f, struct slice text)
{
	for (size_t i = 0; i < f->n; i++)
		printf("# %s/%s (%d) '%.*s'\n", scan_kind_word(f->v[i].kind), f->v[i].name, (int)f->v[i].certainty,
		       (int)f->v[i].length, text.p + f->v[i].start);
}

static bool is_there(const struct scan_findings *f, struct slice text, struct slice name, struct slice part)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct scan_finding *x = &f->v[i];
		if (x->certainty != SCAN_UNSURE && slice_is(name, x->name) &&
		    (!part.n || slice_eq(part, slice_of(text.p + x->start, x->length))))
			return true;
	}
	return false;
}

static void check_found(const struct scanner *s, const struct json *one, struct scan_findings *f)
{
	struct slice text = json_string(json_at(one, 0));
	size_t n = 0;
	scan_text(s, text, f);
	for (size_t i = 0; i < f->n; i++)
		n += f->v[i].certainty != SCAN_UNSURE;
	bool is_good = n >= json_count(json_at(one, 1));
	for (struct json_iter it = json_iter(json_at(one, 1)); json_next(&it);)
		is_good = is_good && is_there(f, text, json_string(json_at(it.value, 0)), json_string(json_at(it.value, 1)));
	ok(is_good, "found in '%s'", short_of(text));
	if (!is_good)
		show(f, text);
}

static void check_not(const struct scanner *s, struct slice text, struct scan_findings *f)
{
	scan_text(s, text, f);
	ok(!scan_injection(f) && !scan_redacts(f), "nothing in '%s'", short_of(text));
	if (scan_injection(f) || scan_redacts(f))
		show(f, text);
}

static void check_redacted(const struct scanner *s, const struct json *one, struct scan_findings *f)
{
	struct slice text = json_string(json_at(one, 0));
	struct buf b = BUF_INIT(1 << 20);
	scan_text(s, text, f);
	scan_redact(&b, text, f);
	ok(slice_eq(buf_slice(&b), json_string(json_at(one, 1))), "left of '%s': %s", short_of(text), buf_str(&b));
	buf_release(&b);
}

static void run_file(const char *name, struct arena *a)
{
	char path[64];
	snprintf(path, sizeof path, "scan/%s.json", name);
	const struct json *list = cases_read(path, a);
	struct scan_findings f = { 0 };
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct scanner *s = make(it.value);
		ok(s != NULL, "%s: a scanner", name);
		for (struct json_iter one = json_iter(json_gets(it.value, "found")); s && json_next(&one);)
			check_found(s, one.value, &f);
		for (struct json_iter one = json_iter(json_gets(it.value, "not")); s && json_next(&one);)
			check_not(s, json_string(one.value), &f);
		for (struct json_iter one = json_iter(json_gets(it.value, "redacted")); s && json_next(&one);)
			check_redacted(s, one.value, &f);
		scanner_free(&s);
	}
	scan_findings_release(&f);
}

struct told {
	struct buf names;
};

static void on_finding(void *ctx, const char *where, const struct scan_finding *f)
{
	struct told *t = ctx;
	if (f->certainty != SCAN_UNSURE)
		buf_addf(&t->names, "%s%s %s", t->names.n ? ", " : "", f->name, where);
}

/* {"name", "row", "told": "name where, …"} */
static void run_definitions(struct arena *a)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION), .source = SCAN_DEFINITION };
	struct err e;
	struct scanner *s = scanner_new(&o, &e);
	const struct json *list = cases_read("scan/definitions.json", a);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct told t = { .names = BUF_INIT(1 << 16) };
		struct definition_report r = { on_finding, &t };
		scan_definitions(s, json_gets(it.value, "row"), &r);
		ok(slice_is(json_string(json_gets(it.value, "told")), buf_str(&t.names)), "%s: %s", case_name(it.value),
		   buf_str(&t.names));
		buf_release(&t.names);
	}
	scanner_free(&s);
}

static void check_limits(void)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_EMAIL) };
	struct slice patterns[LIMIT_SCAN_PATTERNS + 1];
	struct err e = { 0 };
	struct scan_findings f = { 0 };
	struct buf b = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		patterns[i] = SLICE_LIT("x");
	o.patterns = patterns;
	o.pattern_n = LIMIT_SCAN_PATTERNS;
	struct scanner *s = scanner_new(&o, &e);
	ok(s != NULL, "as many patterns as are allowed");
	scanner_free(&s);
	o.pattern_n++;
	ok(!scanner_new(&o, &e) && e.kind == ERR_LIMIT, "one more is refused: %s", e.text);
	o.pattern_n = 0;
	s = scanner_new(&o, &e);
	for (size_t i = 0; i < LIMIT_SCAN_FINDINGS; i++)
		buf_adds(&b, "a@b.example ");
	scan_text(s, buf_slice(&b), &f);
	ok(f.n == LIMIT_SCAN_FINDINGS && !f.is_cut, "as many findings as are kept");
	buf_adds(&b, "a@b.example ");
	scan_text(s, buf_slice(&b), &f);
	scan_redact(&out, buf_slice(&b), &f);
	ok(f.is_cut && slice_is(buf_slice(&out), "[redacted: too much]"), "one more, and the text is replaced whole");
	scan_text(s, SLICE_LIT(""), &f);
	ok(!f.n && !f.is_cut, "the next text begins anew");
	scanner_free(&s);
	scan_findings_release(&f);
	buf_release(&b);
	buf_release(&out);
	unsigned kinds = 0;
	struct slice pattern;
	ok(!scan_word_read(SLICE_LIT("emails"), &kinds, &pattern) && !scan_word_read(SLICE_LIT("pattern:"), &kinds, &pattern) && !kinds,
	   "other words are none");
}

/* A key in base64, so often within itself. */
static void check_nesting(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[4096] = "AKIAIOSFODNN7EXAMPLE and more of it", next[4096];
	for (int deep = 1; deep <= LIMIT_SCAN_NESTING + 1; deep++) {
		size_t n = 0, size = strlen(text);
		for (size_t i = 0; i + 3 <= size + 2; i += 3) {
			unsigned v = (unsigned)(unsigned char)text[i] << 16 | (unsigned)(unsigned char)(i + 1 < size ? text[i + 1] : 0) << 8 |
			             (unsigned char)(i + 2 < size ? text[i + 2] : 0);
			for (int k = 0; k < 4; k++)
				next[n++] = i + (size_t)k > size ? '=' : digits[v >> (18 - 6 * k) & 63];
		}
		next[n] = '\0';
		memcpy(text, next, n + 1);
		bool has = scan_has_secret(slice_str(text));
		ok(has == (deep <= LIMIT_SCAN_NESTING), "base64 %d deep is %s", deep, has ? "undone" : "left alone");
	}
}

int main(int argc, char **argv)
{
	static const char *const files[] = { "secrets", "personal", "injection" };
	struct arena a;
	arena_init(&a, 64u << 20);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (argc < 2 || strcmp(argv[1], files[i]) == 0)
			run_file(files[i], &a);
	run_definitions(&a);
	check_limits();
	check_nesting();
	arena_release(&a);
	return tap_done();
}
