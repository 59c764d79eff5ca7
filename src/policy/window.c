/*
 * Windows of limits, aligned to UTC, and what a call claims from its counters. A counter's
 * key hashes what identifies it and nothing of the policy around: an edited policy goes on
 * where the old one counted.
 */
#include "base/check.h"
#include "base/digest.h"
#include "policy/program.h"

#define SECOND_US ((int64_t)1000000)
#define DAY_S     ((int64_t)86400)

static int64_t floor_to(int64_t v, int64_t unit)
{
	return v - ((v % unit) + unit) % unit;
}

/* Days since 1970-01-01 of the first of the month that the day is in, and of the next.
 * Walks from an estimate; years run from March, 400 of them have 146097 days. */
static void month_span(int64_t day, int64_t *first, int64_t *next)
{
	static const int starts[] = {0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337, 366};
	int64_t era_day = day + 719468; /* days since 0000-03-01 */
	int64_t era = floor_to(era_day, 146097) / 146097;
	int64_t in_era = era_day - era * 146097;
	int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t year_start = year * 365 + year / 4 - year / 100;
	int64_t in_year = in_era - year_start, following = year + 1;
	int month = 0;
	while (starts[month + 1] <= in_year)
		month++;
	*first = day - in_year + starts[month];
	if (month < 11)
		*next = day - in_year + starts[month + 1];
	else
		*next = day - in_year + following * 365 + following / 4 - following / 100 +
			following / 400 - year_start;
}

void window_span(const struct window *w, int64_t now_us, int64_t *start_us, int64_t *end_us)
{
	int64_t length = w->seconds * SECOND_US, first, next;
	switch (w->kind) {
	case WINDOW_SECONDS:
		*start_us = floor_to(now_us, length);
		break;
	case WINDOW_WEEK: { /* 1970-01-05 was a Monday */
		int64_t monday = 4 * DAY_S * SECOND_US;
		*start_us = floor_to(now_us - monday, length) + monday;
		break;
	}
	case WINDOW_MONTH:
		month_span(floor_to(now_us, DAY_S * SECOND_US) / (DAY_S * SECOND_US), &first,
			   &next);
		*start_us = first * DAY_S * SECOND_US;
		*end_us = next * DAY_S * SECOND_US;
		return;
	case WINDOW_NONE:
		BUG_ON(true);
	}
	*end_us = *start_us + length;
}

void window_text(const struct window *w, char *out, size_t size)
{
	if (w->name.n)
		snprintf(out, size, "%.*s", SLICE_ARG(w->name));
	else
		snprintf(out, size, "%lld s", (long long)w->seconds);
}

/* Appends with its length in front, so that no two lists of parts look alike. */
static size_t add_part(unsigned char *out, size_t at, size_t max, struct slice s)
{
	unsigned char whole[DIGEST_SIZE];
	if (s.n > 64) { /* long ones by their hash: the input stays one block or two */
		digest_blake2b(s, whole);
		out[at++] = 0xff;
		s = slice_of((const char *)whole, sizeof whole);
	}
	BUG_ON(at + 1 + s.n > max);
	out[at++] = (unsigned char)s.n;
	memcpy(out + at, s.p ? s.p : "", s.n);
	return at + s.n;
}

static struct slice subject_of(const struct limit *l, const struct policy_facts *f)
{
	switch (l->scope) {
	case SCOPE_GRANT:
		return f->grant_id;
	case SCOPE_SESSION:
		return f->session_id.n ? f->session_id : f->grant_id;
	case SCOPE_SUBJECT:
		return f->grant_subject.n ? f->grant_subject : f->grant_id;
	case SCOPE_SERVER:
	case SCOPE_ORGANISATION:
		return SLICE_LIT("");
	case SCOPE_NONE:
		break;
	}
	BUG_ON(true);
	return SLICE_LIT("");
}

/* Nobody to count by: by the grant, in a counter of its own. */
static unsigned char scope_byte(const struct limit *l, const struct policy_facts *f)
{
	if (l->scope == SCOPE_SESSION && !f->session_id.n)
		return 0x80;
	if (l->scope == SCOPE_SUBJECT && !f->grant_subject.n)
		return 0x81;
	return (unsigned char)l->scope;
}

/* The form that a limit has beside its window. Nothing for the plain one, whose keys are older. */
static size_t add_form(unsigned char *text, size_t n, size_t max, const struct policy *p,
		       const struct limit *l, const struct policy_facts *f)
{
	unsigned char form = (unsigned char)(l->kind | l->is_repeat << 4 | p->is_shadow << 5);
	unsigned char hash[DIGEST_SIZE];
	if (!form)
		return n;
	text[n++] = form;
	if (!l->is_repeat)
		return n;
	/* What cannot be told apart counts as the same call. */
	(void)!json_digest(f->arguments ? f->arguments : p->nothing, f->tool, hash);
	return add_part(text, n, max, slice_of((const char *)hash, sizeof hash));
}

static void key_of(const struct policy *p, const struct limit *l, const struct policy_facts *f,
		   unsigned char out[QUOTA_KEY_SIZE])
{
	unsigned char text[480], hash[DIGEST_SIZE];
	char seconds[40];
	struct slice window = l->window.name;
	size_t n = 0;
	if (!window.n) {
		window_text(&l->window, seconds, sizeof seconds);
		window = slice_str(seconds);
	}
	text[n++] = scope_byte(l, f);
	text[n++] = (unsigned char)l->rules->kind;
	text[n++] = (unsigned char)l->window.kind;
	n = add_part(text, n, sizeof text,
		     l->scope == SCOPE_ORGANISATION ? SLICE_LIT("") : f->server);
	n = add_part(text, n, sizeof text, l->rules->name);
	n = add_part(text, n, sizeof text, l->counter);
	n = add_part(text, n, sizeof text, window);
	n = add_part(text, n, sizeof text, subject_of(l, f));
	n = add_form(text, n, sizeof text, p, l, f);
	digest_blake2b(slice_of((const char *)text, n), hash);
	memcpy(out, hash, QUOTA_KEY_SIZE);
}

static bool amount_of(const struct limit *l, struct facts_view *f, quota_amount *out, char *why,
		      size_t why_size)
{
	const char *wrong = NULL;
	*out = l->increment;
	if (!l->is_from_argument)
		return true;
	struct value room;
	const struct value *v = path_find(&l->increment_from, f, &room);
	if (v->type == JSON_NONE || v->type == JSON_NULL)
		wrong = "is missing";
	else if (v->type != JSON_NUMBER)
		wrong = "is not a number";
	else if (json_number_compare(v->text, SLICE_LIT("0")) < 0)
		wrong = "is negative";
	else if (!quota_amount_read(v->text.p[0] == '-' ? SLICE_LIT("0") : v->text, out))
		wrong = "has more than 18 digits before or 9 behind the decimal point";
	if (wrong)
		snprintf(why, why_size, "limit '%.*s' counts '%.*s', which %s",
			 SLICE_ARG(l->counter), SLICE_ARG(l->increment_from.text), wrong);
	return !wrong;
}

/* The counter, and nothing that is taken from it. */
static void claim_of(const struct policy *p, const struct limit *l, const struct policy_facts *f,
		     struct quota_claim *claim)
{
	*claim = (struct quota_claim){
		.kind = l->kind,
		.is_durable = l->is_durable,
		.passes_unreachable = l->passes_unreachable,
		.max = l->max,
		.limit = l->index,
	};
	key_of(p, l, f, claim->key);
	switch (l->kind) {
	case QUOTA_FIXED:
		window_span(&l->window, f->now_us, &claim->window_start_us,
			    &claim->window_end_us);
		claim->window_us = claim->window_end_us - claim->window_start_us;
		break;
	case QUOTA_SLIDING:
		claim->window_us = l->window.seconds * SECOND_US;
		quota_slot_span(claim->window_us, f->now_us, &claim->window_start_us,
				&claim->window_end_us);
		break;
	case QUOTA_CONCURRENT: /* where it stands is the counter's to say */
		break;
	}
}

bool limit_claim(const struct policy *p, const struct limit *l, struct facts_view *f,
		 struct quota_claim *claim, char *why, size_t why_size)
{
	quota_amount amount;
	if (!amount_of(l, f, &amount, why, why_size))
		return false;
	claim_of(p, l, f->facts, claim);
	claim->amount = amount;
	return true;
}

static const char *scope_name(enum scope s)
{
	static const char *const names[] = {
		[SCOPE_NONE] = "",	   [SCOPE_GRANT] = "grant",	[SCOPE_SESSION] = "session",
		[SCOPE_SERVER] = "server", [SCOPE_SUBJECT] = "subject", [SCOPE_ORGANISATION] = "organisation"};
	return names[s];
}

size_t policy_limits(const struct policy *p)
{
	return p ? p->limit_n : 0;
}

void policy_limit_at(const struct policy *p, size_t i, const struct policy_facts *f, struct policy_limit *out)
{
	BUG_ON(i >= p->limit_n);
	const struct limit *l = p->limits[i];
	*out = (struct policy_limit){.counter = l->counter,
				     .scope = scope_name(l->scope),
				     .is_repeat = l->is_repeat,
				     .is_of_session = l->scope == SCOPE_SESSION && !f->session_id.n};
	pointer_of_limit(l, out->pointer);
	rule_of_limit(l, out->rule);
	if (l->kind != QUOTA_CONCURRENT)
		window_text(&l->window, out->window, sizeof out->window);
	claim_of(p, l, f, &out->claim);
}
