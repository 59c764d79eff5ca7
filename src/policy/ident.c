/*
 * Runs of a text to identifiers. What a run is (a URL, an address, digits in groups) is decided
 * by its form alone, so that both sides of a comparison come to the same answer; a form that is
 * taken for another than it is does no harm as long as that holds.
 */
#include "policy/ident.h"
#include "base/check.h"
#include "base/limits.h"
#include "policy/ident_text.h"

#define LENGTH_MIN 8 /* of what has no form of its own */
#define PATH_MIN   4 /* "/tmp" */

/* Digits and codes that people write in groups: phone numbers, cards, IBANs. */
struct groups {
	char text[48];
	unsigned char lengths[12];
	size_t n, count;
	bool is_account; /* begins as an IBAN does */
	bool is_marked;  /* begins with + or a parenthesis, as phone numbers do */
};

struct scan {
	void (*on)(void *ctx, struct slice identifier);
	void *ctx;
	size_t left;
	bool is_over, is_asked, is_dense;
	char run[IDENT_MAX];
	size_t n, runs;
	uint32_t before; /* what separates the run from the one before: one space, or else */
	struct groups groups;
	char word[IDENT_MAX]; /* the last run that was a mere word */
	size_t word_n;
};

static void emit(struct scan *s, const char *p, size_t n)
{
	if (!n)
		return;
	if (!s->left) {
		s->is_over = true;
		return;
	}
	s->left--;
	s->on(s->ctx, slice_of(p, n));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_letter(c);
}

static size_t count_points(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static struct slice trim(struct slice s, const char *front, const char *back)
{
	while (s.n && strchr(front, s.p[0]) && s.p[0])
		s.p++, s.n--;
	while (s.n && strchr(back, s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

static struct slice trim_part(struct slice s)
{
	return trim(s, "._-~+:=&?#$%@/", "._-~+:=&?#$%@/");
}

/* Numbers of up to four digits between separators; a longer one, or more than four, ends it. */
struct numbers {
	unsigned v[4], lengths[4];
	char separators[4];
	size_t n, end;
};

static struct numbers read_numbers(struct slice s)
{
	struct numbers r = {0};
	while (r.end < s.n && is_digit(s.p[r.end]) && r.n < 4) {
		for (; r.end < s.n && is_digit(s.p[r.end]) && r.lengths[r.n] < 5; r.end++) {
			r.v[r.n] = r.v[r.n] * 10 + (unsigned)(s.p[r.end] - '0');
			r.lengths[r.n]++;
		}
		r.separators[r.n++] = r.end < s.n ? s.p[r.end] : '\0';
		if (r.end + 1 < s.n && strchr("-/.:", s.p[r.end]) && is_digit(s.p[r.end + 1]))
			r.end++;
		else
			break;
	}
	return r;
}

/* Dates and times: everybody names the same ones, and none of them leads anywhere. */
static bool is_time(struct slice s)
{
	struct numbers r = read_numbers(s);
	bool is_clock = r.n >= 2 && r.separators[0] == ':' && r.lengths[0] <= 2 &&
			r.lengths[1] == 2 && r.v[0] < 25 && r.v[1] < 60 &&
			(r.n < 4 || r.separators[2] == '.' || r.separators[1] == '-');
	bool is_date = r.n >= 3 && r.separators[0] != ':' && r.separators[0] == r.separators[1] &&
		       r.v[1] <= 31 && r.lengths[1] <= 2 && (r.n == 3 || r.separators[2] == ':');
	bool starts_with_year = r.lengths[0] == 4 && r.lengths[2] <= 2 && r.v[2] <= 31;
	bool ends_with_year = r.lengths[0] <= 2 && r.v[0] <= 31 &&
			      (r.lengths[2] == 4 || r.lengths[2] == 2);
	if (!is_clock && !(is_date && (starts_with_year || ends_with_year)))
		return false;
	for (size_t i = r.end; i < s.n; i++)
		if (!is_digit(s.p[i]) && !strchr("t:.+-z", s.p[i]))
			return false;
	return true;
}

static bool is_ip4(struct slice s)
{
	struct numbers r = read_numbers(s);
	for (size_t i = 0; i < r.n; i++)
		if (r.v[i] > 255 || r.lengths[i] > 3 || (i < 3 && r.separators[i] != '.'))
			return false;
	return r.n == 4 && r.end == s.n;
}

/* Two labels or more, the last of letters; or an address. */
static bool is_host(struct slice s)
{
	size_t from = 0, dots = 0;
	if (is_ip4(s))
		return true;
	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '.') {
			if (!is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
				return false;
			continue;
		}
		if (i == from)
			return false;
		if (i < s.n) {
			dots++;
			from = i + 1;
		}
	}
	for (size_t i = from; i < s.n; i++)
		if (!is_letter(s.p[i]) && !(s.n - from > 4 && memcmp(s.p + from, "xn--", 4) == 0))
			return false;
	return dots && s.n - from >= 2;
}

static bool is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

/* Digits with separators are the same number without; a fraction is none. False: no number. */
static bool take_number(struct scan *s, struct slice run)
{
	char digits[64];
	size_t n = 0, dots = 0, others = 0;
	if (is_ip4(run))
		return false;
	for (size_t i = run.n && run.p[0] == '+'; i < run.n; i++) {
		if (is_digit(run.p[i]) && n < sizeof digits)
			digits[n++] = run.p[i];
		else if (run.p[i] == '.')
			dots++;
		else if (run.p[i] == '-' || run.p[i] == '/')
			others++;
		else
			return false;
	}
	if (n >= LENGTH_MIN && !(dots == 1 && !others))
		emit(s, digits, n);
	return true;
}

static void take_host(struct scan *s, struct slice host, bool with_parents)
{
	if (slice_starts(host, SLICE_LIT("www.")) && host.n > 4)
		host = slice_of(host.p + 4, host.n - 4);
	emit(s, host.p, host.n);
	if (!with_parents || is_ip4(host))
		return;
	for (size_t i = 0; i < host.n; i++) {
		struct slice parent = slice_of(host.p + i + 1, host.n - i - 1);
		if (host.p[i] == '.' && is_host(parent))
			emit(s, parent.p, parent.n);
	}
}

static void take_part(struct scan *s, struct slice part)
{
	part = trim_part(part);
	if (is_host(part)) {
		take_host(s, part, s->is_asked);
		return;
	}
	if (count_points(part) < LENGTH_MIN || is_time(part) || take_number(s, part))
		return;
	if (!s->is_asked || !is_word(part))
		emit(s, part.p, part.n);
}

static bool is_of_mail(char c)
{
	return is_alnum(c) || c == '.' || c == '_' || c == '-';
}

/* Takes addresses out of the run. The domain is a host to look up ("name at evil.com" in words
 * is carried out, too) but not one to remember: everybody writes to colleagues. */
static bool take_mails(struct scan *s, char *run, size_t n)
{
	char base[IDENT_MAX];
	bool has_any = false;
	for (size_t at = 1; at + 1 < n; at++) {
		size_t from = at, to = at + 1;
		if (run[at] != '@')
			continue;
		while (from && (is_of_mail(run[from - 1]) || run[from - 1] == '+'))
			from--;
		while (to < n && is_of_mail(run[to]))
			to++;
		struct slice local = trim(slice_of(run + from, at - from), "._-+", "");
		struct slice domain = trim(slice_of(run + at + 1, to - at - 1), "._-", "._-");
		if (!local.n || !is_host(domain))
			continue;
		const char *plus = memchr(local.p, '+', local.n);
		size_t head = plus ? (size_t)(plus - local.p) : local.n;
		emit(s, local.p, (size_t)(domain.p + domain.n - local.p));
		memcpy(base, local.p, head);
		base[head] = '@';
		memcpy(base + head + 1, domain.p, domain.n);
		if (plus && head)
			emit(s, base, head + 1 + domain.n);
		if (s->is_asked)
			take_host(s, domain, false);
		else
			take_part(s, local);
		memset(run + from, '/', to - from);
		has_any = true;
	}
	return has_any;
}

/* rest: behind the slashes. Takes the host out of the run; *n: what it and the path span. */
static void take_url(struct scan *s, char *rest, size_t n)
{
	char url[IDENT_MAX + 2];
	size_t end = 0, to, from;
	while (end < n && rest[end] != '/' && rest[end] != '?' && rest[end] != '#')
		end++;
	for (from = end; from && rest[from - 1] != '@';)
		from--;
	for (to = from; to < end && rest[to] != ':';)
		to++;
	struct slice host = trim(slice_of(rest + from, to - from), ".", ".");
	bool is_default = slice_is(slice_of(rest + to, end - to), ":80") ||
			  slice_is(slice_of(rest + to, end - to), ":443");
	if (!host.n)
		return;
	const char *hash = memchr(rest + end, '#', n - end);
	struct slice tail = slice_of(rest + end, hash ? (size_t)(hash - rest) - end : n - end);
	tail = trim(tail, "", "._-~+:=&?#$%@/");
	if (slice_starts(host, SLICE_LIT("www.")))
		host = slice_of(host.p + 4, host.n - 4);
	size_t port = is_default ? 0 : end - to;
	memcpy(url, "//", 2);
	memcpy(url + 2, host.p, host.n);
	memcpy(url + 2 + host.n, rest + to, port);
	memcpy(url + 2 + host.n + port, tail.p, tail.n);
	if (tail.n)
		emit(s, url, 2 + host.n + port + tail.n);
	take_host(s, host, s->is_asked);
	memset(rest, '/', end);
}

/* A host in front of a path, without a scheme: how long, 0: there is none. */
static size_t bare_host(const char *run, size_t n)
{
	size_t end = 0;
	while (end < n && !strchr("/?#:@", run[end]))
		end++;
	bool has_more = end < n && (run[end] != ':' || (end + 1 < n && is_digit(run[end + 1])));
	return has_more && run[end] != '@' && is_host(slice_of(run, end)) ? end : 0;
}

static bool take_urls(struct scan *s, char *run, size_t n)
{
	bool has_any = false;
	for (size_t at = 1; at + 3 < n; at++) {
		if (memcmp(run + at, "://", 3) != 0 || !is_alnum(run[at - 1]))
			continue;
		for (size_t i = at; i && is_alnum(run[i - 1]); i--)
			run[i - 1] = '/'; /* the scheme */
		take_url(s, run + at + 3, n - at - 3);
		has_any = true;
	}
	if (has_any)
		return true;
	if (n > 2 && run[0] == '/' && run[1] == '/' && is_alnum(run[2]))
		take_url(s, run + 2, n - 2);
	else if (bare_host(run, n))
		take_url(s, run, n);
	else
		return false;
	return true;
}

static void take_path(struct scan *s, struct slice run)
{
	char path[IDENT_MAX];
	size_t n = 0;
	for (size_t i = 0; i < run.n; i++) {
		bool is_dot = run.p[i] == '.' && (i == 0 || run.p[i - 1] == '/') &&
			      i + 1 < run.n && run.p[i + 1] == '/';
		if (is_dot)
			i++; /* "./" */
		else if (run.p[i] != '/' || n == 0 || path[n - 1] != '/')
			path[n++] = run.p[i];
	}
	bool is_absolute = n && (path[0] == '/' || path[0] == '~' || (n > 2 && path[1] == ':'));
	if (n >= (is_absolute ? PATH_MIN : LENGTH_MIN))
		emit(s, path, n);
}

static void take_parts(struct scan *s, char *run, size_t n, bool is_taken)
{
	size_t from = 0, parts = 0;
	struct slice whole = slice_of(run, n);
	for (size_t i = 0; i <= n; i++) {
		if (i < n && !strchr("/:=&?#@%$+~", run[i]))
			continue;
		if (i > from) {
			take_part(s, slice_of(run + from, i - from));
			parts++;
		}
		from = i + 1;
	}
	if (is_taken || parts < (run[0] == '/' || run[0] == '~' ? 1 : 2))
		return;
	if (memchr(run, '/', n))
		take_path(s, whole);
	else if (n >= LENGTH_MIN && !is_time(whole))
		emit(s, run, n);
}

static void end_groups(struct scan *s)
{
	struct groups *g = &s->groups;
	static const unsigned char cards[][4] = {{4, 4, 4, 4}, {4, 6, 5, 0}, {3, 3, 4, 0}};
	bool is_good = g->count > 1 && (g->is_marked || (g->is_account && g->n >= 12));
	for (size_t i = 0; i < ARRAY_LEN(cards); i++)
		is_good = is_good || (g->count == (cards[i][3] ? 4 : 3) &&
				      memcmp(g->lengths, cards[i], g->count) == 0);
	if (is_good && g->n >= LENGTH_MIN)
		emit(s, g->text, g->n);
	*g = (struct groups){0};
}

static bool begins_account(struct slice run)
{
	return run.n == 4 && is_letter(run.p[0]) && is_letter(run.p[1]) && is_digit(run.p[2]) &&
	       is_digit(run.p[3]);
}

static bool is_group(struct slice run, bool has_letters)
{
	for (size_t i = 0; i < run.n; i++)
		if (!is_digit(run.p[i]) && run.p[i] != '-' && !(has_letters && is_letter(run.p[i])))
			return false;
	return run.n && run.n <= 15;
}

/* Gathers runs that stand close together as one number. */
static void gather(struct scan *s, struct slice run)
{
	struct groups *g = &s->groups;
	bool is_plus = run.n > 1 && run.p[0] == '+';
	bool fits = is_group(run, g->is_account) && (!g->is_account || run.n <= 4) &&
		    g->n + run.n < sizeof g->text && g->count < ARRAY_LEN(g->lengths);
	if (g->count && (!fits || s->before == 0))
		end_groups(s);
	if (!g->count) {
		g->is_account = begins_account(run);
		g->is_marked = is_plus || s->before == '(';
		if (is_plus)
			run = slice_of(run.p + 1, run.n - 1);
		if (!g->is_account && !is_group(run, false))
			return;
	}
	bool is_last = g->is_account && run.n < 4;
	g->lengths[g->count++] = (unsigned char)run.n;
	for (size_t i = 0; i < run.n; i++)
		if (run.p[i] != '-')
			g->text[g->n++] = run.p[i];
	if (is_last)
		end_groups(s);
}

static void take_run(struct scan *s, struct slice run)
{
	char *p = s->run + (run.p - s->run);
	if (is_time(run) || take_number(s, run))
		return;
	bool is_url = take_urls(s, p, run.n), is_mail = take_mails(s, p, run.n);
	take_parts(s, p, run.n, is_url || is_mail);
}

static void end_run(struct scan *s, bool is_new)
{
	struct slice run = slice_of(s->run, s->n);
	bool keeps_front = run.n > 1 && ((run.p[0] == '+' && is_digit(run.p[1])) ||
					 (run.p[0] == '~' && run.p[1] == '/'));
	s->n = 0;
	run = trim(run, keeps_front ? "" : "._-~+:=&?#$%@", "._-~+:=&?#$%@/");
	gather(s, run);
	if (!run.n || !is_new)
		return;
	s->runs++;
	s->word_n = is_word(run) && count_points(run) >= LENGTH_MIN ? run.n : 0;
	memcpy(s->word, run.p, s->word_n);
	take_run(s, run);
}

static void add_point(struct scan *s, uint32_t c)
{
	if (c < 0x80) {
		s->run[s->n++] = (char)c;
		return;
	}
	unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	s->run[s->n++] = (char)((0xf00u >> (more + 1) & 0xff) | c >> (6 * more));
	while (more--)
		s->run[s->n++] = (char)(0x80 | (c >> (6 * more) & 0x3f));
}

/* What stands between two groups of a number: at most two spaces and parentheses. 0: anything
 * else. */
static uint32_t join(uint32_t before, uint32_t c, size_t gap)
{
	if (c == 0xa0 || c == '\t' || c == ')')
		c = ' ';
	if ((c != ' ' && c != '(') || gap > 2)
		return 0;
	return gap == 2 && before == '(' ? before : gap == 2 && !before ? 0 : c;
}

/* Above level 0 only what an escape stands in or beside: the rest was met below. */
static void scan_level(struct scan *s, struct ident_text *t)
{
	uint32_t c;
	size_t gap = 0;
	bool is_new = false;
	s->before = 0;
	while ((c = ident_text_next(t)) && !s->is_over) {
		bool is_dense = c >= 0x80 && ident_point_is_dense(c);
		is_new = is_new || t->level == 0 || t->is_decoded;
		if (s->n && (c == ' ' || is_dense != s->is_dense || s->n > IDENT_MAX - 4)) {
			end_run(s, is_new);
			s->before = 0;
			gap = 0;
			is_new = t->is_decoded;
		}
		s->is_dense = is_dense;
		if (c == ' ') {
			s->before = join(s->before, t->last, ++gap);
			continue;
		}
		gap = 0;
		add_point(s, c);
	}
	if (s->n)
		end_run(s, is_new || t->level == 0);
	end_groups(s);
}

static void scan_text(struct scan *s, struct slice text)
{
	struct ident_text t;
	bool has_more = text.n && (memchr(text.p, '\\', text.n) || memchr(text.p, '&', text.n) ||
				   memchr(text.p, '%', text.n));
	for (unsigned level = 0; level <= IDENT_LEVELS && (!level || has_more); level++) {
		ident_text_init(&t, text, level);
		scan_level(s, &t);
		has_more = has_more && ident_text_has_decoded(&t);
		if (level == 0 && s->is_asked && s->runs == 1)
			emit(s, s->word, s->word_n);
	}
	s->runs = 0;
}

static void scan_value(struct scan *s, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_STRING:
		scan_text(s, json_string(v));
		return;
	case JSON_NUMBER:
		scan_text(s, json_number(v));
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		for (struct json_iter it = json_iter(v); json_next(&it) && !s->is_over;)
			scan_value(s, it.value);
		return;
	case JSON_NONE:
	case JSON_NULL:
	case JSON_BOOL:
		return;
	}
}

static struct scan make_scan(void (*on)(void *ctx, struct slice identifier), void *ctx)
{
	return (struct scan){.on = on, .ctx = ctx, .left = LIMIT_IDENTIFIERS};
}

bool ident_each(struct slice text, void (*on)(void *ctx, struct slice identifier), void *ctx)
{
	struct scan s = make_scan(on, ctx);
	scan_text(&s, text);
	return !s.is_over;
}

bool ident_each_in(const struct json *v, void (*on)(void *ctx, struct slice identifier), void *ctx)
{
	struct scan s = make_scan(on, ctx);
	scan_value(&s, v);
	return !s.is_over;
}

bool ident_each_asked(const struct json *v, void (*on)(void *ctx, struct slice identifier),
		      void *ctx)
{
	struct scan s = make_scan(on, ctx);
	s.is_asked = true;
	scan_value(&s, v);
	return !s.is_over;
}
