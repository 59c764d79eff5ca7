/* The key `results`: what is taken out of what comes back, and what may not come back at all. */
#include "policy/results.h"
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"

static const char *const results_keys[] = {
	"redact", "on_injection", "max_bytes", "content_types",
};

/* While `redact` is read. */
struct redaction {
	unsigned kinds; /* SCAN_BIT */
	struct slice patterns[LIMIT_SCAN_PATTERNS];
	size_t n;
};

static bool parse_redaction(struct parser *ps, struct slice word, struct redaction *out)
{
	static const char *const words[] = {"secrets", "personal", "email", "card",
					    "iban", "ssn", "phone", "national_id"};
	struct slice pattern = {0};
	const char *near = nearest_name(word, words, ARRAY_LEN(words));
	if (slice_is(word, "pattern:"))
		return parser_refuse(ps, "'pattern:' must be followed by a regular expression");
	if (!scan_word_read(word, &out->kinds, &pattern))
		return parser_refuse(ps,
				     "must be secrets, personal, email, card, iban, ssn, phone, "
				     "national_id or 'pattern:' with a regular expression%s%s%s",
				     near ? " (did you mean '" : "", near ? near : "",
				     near ? "'?)" : "");
	if (!pattern.p)
		return true;
	if (out->n == LIMIT_SCAN_PATTERNS)
		return parser_refuse(ps, "more than %d patterns", LIMIT_SCAN_PATTERNS);
	out->patterns[out->n++] = pattern;
	return parser_regex(ps, pattern) != NULL; /* here for where the mistake is */
}

static void parse_redact(struct parser *ps, const struct json *v, struct redaction *out)
{
	const struct json *list = json_gets(v, "redact");
	size_t i = 0;
	if (!list)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("redact"));
	if (!json_is(list, JSON_ARRAY))
		parser_refuse(ps, "'redact' must be a list");
	for (struct json_iter it = json_iter(list); json_is(list, JSON_ARRAY) && json_next(&it);
	     i++) {
		size_t inner = parser_enter_at(ps, i);
		parse_redaction(ps, json_string(it.value), out);
		parser_leave(ps, inner);
	}
	parser_leave(ps, mark);
}

static void parse_injection(struct parser *ps, const struct json *v, struct policy_results *out)
{
	struct slice word = {0};
	if (!json_gets(v, "on_injection") || !parser_text(ps, v, "on_injection", &word))
		return;
	if (slice_is(word, "flag"))
		out->on_injection = POLICY_INJECTION_FLAG;
	else if (slice_is(word, "refuse"))
		out->on_injection = POLICY_INJECTION_REFUSE;
	else
		parser_refuse_key(ps, SLICE_LIT("on_injection"),
				  "'on_injection' must be flag or refuse");
}

static void parse_types(struct parser *ps, const struct json *v, struct policy_results *out)
{
	const struct json *list = json_gets(v, "content_types");
	struct names types = {0};
	if (json_count(list) > LIMIT_POLICY_TYPES)
		parser_refuse_key(ps, SLICE_LIT("content_types"), "more than %d content types",
				  LIMIT_POLICY_TYPES);
	else
		parser_names(ps, v, "content_types", &types);
	if (json_is(list, JSON_ARRAY) && json_count(list) == 0)
		parser_refuse_key(ps, SLICE_LIT("content_types"),
				  "'content_types' must name one, such as text");
	out->content_types = types.v;
	out->content_type_n = types.n;
}

static void make_scanner(struct parser *ps, const struct redaction *r, struct policy_results *out)
{
	struct scanner_opts o = {r->kinds, SCAN_RESULT, r->patterns, r->n};
	struct err e = {0};
	if (out->on_injection != POLICY_INJECTION_PASS)
		o.kinds |= SCAN_BIT(SCAN_INJECTION);
	if (!o.kinds && !o.pattern_n)
		return;
	out->scanner = scanner_new(&o, &e);
	if (!out->scanner)
		parser_refuse(ps, "%s", e.text);
}

void parse_results(struct parser *ps, const struct json *doc)
{
	const struct json *v = json_gets(doc, "results");
	struct redaction r = {0};
	if (!v)
		return;
	struct policy_results *out = parser_take(ps, 1, sizeof *out);
	size_t mark = parser_enter(ps, SLICE_LIT("results"));
	if (parser_check_keys(ps, v, results_keys, ARRAY_LEN(results_keys)) ||
	    json_is(v, JSON_OBJECT)) {
		parse_redact(ps, v, &r);
		parse_injection(ps, v, out);
		parse_types(ps, v, out);
		parser_count(ps, v, "max_bytes", (uint64_t)1 << 40, &out->max_bytes);
	}
	if (!ps->errors)
		make_scanner(ps, &r, out);
	parser_leave(ps, mark);
	ps->policy->results = out;
}

const struct policy_results *policy_results(const struct policy *p)
{
	return p ? p->results : NULL;
}
