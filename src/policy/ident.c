/*
 * Runs of a text to identifiers. What a run is (a URL, an address, digits in groups) is decided
 * by its form alone, so that both sides of a comparison come to the same answer; a form that is
 * taken for another than it is does no harm as long as that holds.
 */
#include "policy/ident.h"
#include "base/check.h"
#include "base/limits.h"
#include "policy/ident_form.h"
#include "policy/ident_text.h"

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
	ident_fn on;
	void *ctx;
	unsigned kinds;
	size_t left;
	bool is_over, is_asked, is_dense;
	/* Is the string a field of a record and one run at most (is_alone), or digits in groups; and is
	 * what is to be emitted the whole of it? */
	bool may_be_field, is_alone, is_grouped, is_field;
	size_t whole;  /* length of the run at hand */
	size_t alnums; /* of the string */
	char run[IDENT_MAX];
	bool is_plain; /* letters of ASCII only, as most of a text */
	size_t n, runs;
	uint32_t before; /* what separates the run from the one before: one space, or else */
	struct groups groups;
	char word[IDENT_MAX]; /* the last run that was a mere word */
	size_t word_n;
};

static void emit(struct scan *s, enum ident_kind kind, const char *p, size_t n)
{
	if (!n || !(s->kinds & kind))
		return;
	if (!s->left) {
		s->is_over = true;
		return;
	}
	s->left--;
	s->on(s->ctx, &(struct ident){slice_of(p, n), kind, s->is_field});
}

/* Digits with separators are the same number without; a fraction is none. False: no number. */
static bool take_number(struct scan *s, struct slice run)
{
	char digits[64];
	size_t n = 0, dots = 0, others = 0;
	if (ident_is_ip4(run))
		return false;
	for (size_t i = run.n && run.p[0] == '+'; i < run.n; i++) {
		if (ident_is_digit(run.p[i]) && n < sizeof digits)
			digits[n++] = run.p[i];
		else if (run.p[i] == '.')
			dots++;
		else if (run.p[i] == '-' || run.p[i] == '/')
			others++;
		else
			return false;
	}
	if (n >= IDENT_MIN && !(dots == 1 && !others))
		emit(s, IDENT_ACCOUNT, digits, n);
	return true;
}

static void take_host(struct scan *s, struct slice host, bool with_parents)
{
	if (slice_starts(host, SLICE_LIT("www.")) && host.n > 4)
		host = slice_of(host.p + 4, host.n - 4);
	emit(s, IDENT_HOST, host.p, host.n);
	if (!with_parents || ident_is_ip4(host))
		return;
	for (size_t i = 0; i < host.n; i++) {
		struct slice parent = slice_of(host.p + i + 1, host.n - i - 1);
		if (host.p[i] == '.' && ident_is_host(parent))
			emit(s, IDENT_HOST, parent.p, parent.n);
	}
}

static void take_part(struct scan *s, struct slice part)
{
	s->is_field = s->is_alone && part.n == s->whole;
	part = ident_trim_part(part);
	if (ident_is_host(part)) {
		take_host(s, part, s->is_asked);
		return;
	}
	if (ident_count_points(part) < IDENT_MIN || ident_is_time(part) || take_number(s, part))
		return;
	if (!s->is_asked || !ident_is_word(part))
		emit(s, ident_kind_of_part(part), part.p, part.n);
}

static bool is_of_mail(char c)
{
	return ident_is_alnum(c) || c == '.' || c == '_' || c == '-';
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
		struct slice local = ident_trim(slice_of(run + from, at - from), "._-+", "");
		struct slice domain = ident_trim(slice_of(run + at + 1, to - at - 1), "._-", "._-");
		if (!local.n || !ident_is_host(domain))
			continue;
		s->is_field = s->is_alone && to - from == s->whole;
		const char *plus = memchr(local.p, '+', local.n);
		size_t head = plus ? (size_t)(plus - local.p) : local.n;
		emit(s, IDENT_MAIL, local.p, (size_t)(domain.p + domain.n - local.p));
		memcpy(base, local.p, head);
		base[head] = '@';
		memcpy(base + head + 1, domain.p, domain.n);
		if (plus && head)
			emit(s, IDENT_MAIL, base, head + 1 + domain.n);
		if (s->is_asked)
			take_host(s, domain, false);
		else
			take_part(s, local);
		memset(run + from, '/', to - from);
		has_any = true;
	}
	return has_any;
}

/* rest: behind the slashes, where the URL begins the run s->is_field may be true. Takes the host
 * out of the run. */
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
	struct slice host = ident_trim(slice_of(rest + from, to - from), ".", ".");
	bool is_default = slice_is(slice_of(rest + to, end - to), ":80") ||
			  slice_is(slice_of(rest + to, end - to), ":443");
	if (!host.n)
		return;
	const char *hash = memchr(rest + end, '#', n - end);
	struct slice tail = slice_of(rest + end, hash ? (size_t)(hash - rest) - end : n - end);
	tail = ident_trim(tail, "", "._-~+:=&?#$%@/");
	if (slice_starts(host, SLICE_LIT("www.")))
		host = slice_of(host.p + 4, host.n - 4);
	size_t port = is_default ? 0 : end - to;
	memcpy(url, "//", 2);
	memcpy(url + 2, host.p, host.n);
	memcpy(url + 2 + host.n, rest + to, port);
	memcpy(url + 2 + host.n + port, tail.p, tail.n);
	if (tail.n)
		emit(s, IDENT_URL, url, 2 + host.n + port + tail.n);
	take_host(s, host, s->is_asked);
	memset(rest, '/', end);
}

/* A host in front of a path, without a scheme: how long, 0: there is none. */
static size_t bare_host(const char *run, size_t n)
{
	size_t end = 0;
	while (end < n && !strchr("/?#:@", run[end]))
		end++;
	bool has_more = end < n && (run[end] != ':' || (end + 1 < n && ident_is_digit(run[end + 1])));
	return has_more && run[end] != '@' && ident_is_host(slice_of(run, end)) ? end : 0;
}

static bool take_urls(struct scan *s, char *run, size_t n)
{
	bool has_any = false;
	for (size_t at = 1; at + 3 < n; at++) {
		if (memcmp(run + at, "://", 3) != 0 || !ident_is_alnum(run[at - 1]))
			continue;
		for (size_t i = at; i && ident_is_alnum(run[i - 1]); i--)
			run[i - 1] = '/'; /* the scheme */
		s->is_field = s->is_alone && !has_any && run[0] == '/';
		take_url(s, run + at + 3, n - at - 3);
		has_any = true;
	}
	if (has_any)
		return true;
	s->is_field = s->is_alone;
	if (n > 2 && run[0] == '/' && run[1] == '/' && ident_is_alnum(run[2]))
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
	if (n >= (is_absolute ? PATH_MIN : IDENT_MIN))
		emit(s, IDENT_PATH, path, n);
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
	s->is_field = s->is_alone;
	if (memchr(run, '/', n))
		take_path(s, whole);
	else if (n >= IDENT_MIN && !ident_is_time(whole))
		emit(s, IDENT_ID, run, n);
}

static void emit_groups(struct scan *s)
{
	struct groups *g = &s->groups;
	static const unsigned char cards[][4] = {{4, 4, 4, 4}, {4, 6, 5, 0}, {3, 3, 4, 0}};
	bool is_good = g->count > 1 && (g->is_marked || (g->is_account && g->n >= 12));
	for (size_t i = 0; i < ARRAY_LEN(cards); i++)
		is_good = is_good || (g->count == (cards[i][3] ? 4 : 3) &&
				      memcmp(g->lengths, cards[i], g->count) == 0);
	s->is_field = s->is_grouped && g->n == s->alnums;
	if (is_good && g->n >= IDENT_MIN)
		emit(s, IDENT_ACCOUNT, g->text, g->n);
}

static void end_groups(struct scan *s)
{
	emit_groups(s);
	s->groups = (struct groups){0};
}

static bool has_digit(struct slice run)
{
	for (size_t i = 0; i < run.n; i++)
		if (ident_is_digit(run.p[i]))
			return true;
	return false;
}

/* Gathers runs that stand close together as one number. */
static void gather(struct scan *s, struct slice run)
{
	struct groups *g = &s->groups;
	bool is_plus = run.n > 1 && run.p[0] == '+';
	bool fits = ident_is_group(run, g->is_account) && (!g->is_account || run.n <= 4) &&
		    g->n + run.n < sizeof g->text && g->count < ARRAY_LEN(g->lengths);
	if (g->count && (!fits || s->before == 0))
		end_groups(s);
	if (!g->count) {
		g->is_account = ident_begins_account(run);
		g->is_marked = is_plus || s->before == '(';
		if (is_plus)
			run = slice_of(run.p + 1, run.n - 1);
		if (!g->is_account && !ident_is_group(run, false))
			return;
	}
	if (g->is_account && g->count && !has_digit(run))
		emit_groups(s); /* it may be the next word of the sentence */
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
	s->whole = run.n;
	s->is_field = s->is_alone;
	if (ident_is_time(run) || take_number(s, run))
		return;
	bool is_url = take_urls(s, p, run.n), is_mail = take_mails(s, p, run.n);
	take_parts(s, p, run.n, is_url || is_mail);
}

/* The short way of end_run. */
static void end_plain_run(struct scan *s, bool is_new)
{
	struct slice run = slice_of(s->run, s->n);
	s->n = 0;
	if (s->groups.count)
		gather(s, run);
	if (!is_new)
		return;
	s->runs++;
	s->word_n = run.n >= IDENT_MIN ? run.n : 0;
	if (!s->word_n)
		return;
	memcpy(s->word, run.p, run.n);
	s->whole = run.n;
	s->is_field = s->is_alone;
	take_part(s, run);
}

static void end_run(struct scan *s, bool is_new)
{
	struct slice run = slice_of(s->run, s->n);
	if (s->is_plain) {
		end_plain_run(s, is_new);
		return;
	}
	bool keeps_front = run.n > 1 && ((run.p[0] == '+' && ident_is_digit(run.p[1])) ||
					 (run.p[0] == '~' && run.p[1] == '/'));
	s->n = 0;
	run = ident_trim(run, keeps_front ? "" : "._-~+:=&?#$%@", "._-~+:=&?#$%@/");
	gather(s, run);
	if (!run.n || !is_new)
		return;
	s->runs++;
	s->word_n = ident_is_word(run) && ident_count_points(run) >= IDENT_MIN ? run.n : 0;
	memcpy(s->word, run.p, s->word_n);
	take_run(s, run);
}

static void add_point(struct scan *s, uint32_t c)
{
	s->is_plain = (s->is_plain || s->n == 0) && c >= 'a' && c <= 'z';
	s->n += ident_put_utf8(c, (unsigned char *)s->run + s->n);
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

/* No sign that could part it, but for those within a URL or between groups of digits. */
static void judge_form(struct scan *s, struct slice text)
{
	size_t spaces = 0, others = 0;
	text = slice_trim(text);
	s->alnums = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		s->alnums += ident_is_alnum(c) || (c >= 'A' && c <= 'Z');
		spaces += (unsigned char)c <= ' ' || c == 0x7f;
		others += strchr("\\\"'`<>()[]{},;|", c) != NULL;
	}
	s->is_alone = s->may_be_field && text.n <= IDENT_MAX && !spaces && !others;
	s->is_grouped = s->may_be_field && text.n <= sizeof s->groups.text && !others;
}

static void scan_text(struct scan *s, struct slice text)
{
	struct ident_text t;
	judge_form(s, text);
	bool has_more = text.n && (memchr(text.p, '\\', text.n) || memchr(text.p, '&', text.n) ||
				   memchr(text.p, '%', text.n));
	for (unsigned level = 0; level <= IDENT_LEVELS && (!level || has_more); level++) {
		ident_text_init(&t, text, level);
		scan_level(s, &t);
		has_more = has_more && ident_text_has_decoded(&t);
		if (level == 0 && s->is_asked && s->runs == 1)
			emit(s, IDENT_WORD, s->word, s->word_n);
	}
	s->runs = 0;
}

struct place {
	bool is_member; /* of a record or a list */
	bool is_writer; /* below a key that names one */
};

/* A map from addresses to what is said of them. Keys that merely name are no identifiers. */
static void scan_key(struct scan *s, struct slice key, struct place at)
{
	unsigned kinds = s->kinds;
	s->kinds &= ~(unsigned)(IDENT_ID | IDENT_WORD);
	s->may_be_field = !at.is_writer;
	scan_text(s, key);
	s->kinds = kinds;
}

static void scan_value(struct scan *s, const struct json *v, struct place at)
{
	bool is_object = json_is(v, JSON_OBJECT);
	switch (json_type(v)) {
	case JSON_STRING:
	case JSON_NUMBER:
		s->may_be_field = at.is_member && !at.is_writer;
		scan_text(s, json_is(v, JSON_STRING) ? json_string(v) : json_number(v));
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		for (struct json_iter it = json_iter(v); json_next(&it) && !s->is_over;) {
			if (is_object)
				scan_key(s, it.key, at);
			scan_value(s, it.value,
				   (struct place){true, at.is_writer || (is_object && ident_names_writer(it.key))});
		}
		return;
	case JSON_NONE:
	case JSON_NULL:
	case JSON_BOOL:
		return;
	}
}

static struct scan make_scan(unsigned kinds, ident_fn on, void *ctx)
{
	return (struct scan){.on = on, .ctx = ctx, .kinds = kinds, .left = LIMIT_IDENTIFIERS};
}

bool ident_each(struct slice text, unsigned kinds, ident_fn on, void *ctx)
{
	struct scan s = make_scan(kinds, on, ctx);
	scan_text(&s, text);
	return !s.is_over;
}

bool ident_each_in(const struct json *v, unsigned kinds, ident_fn on, void *ctx)
{
	struct scan s = make_scan(kinds, on, ctx);
	scan_value(&s, v, (struct place){0});
	return !s.is_over;
}

bool ident_each_asked(const struct json *v, unsigned kinds, ident_fn on, void *ctx)
{
	struct scan s = make_scan(kinds, on, ctx);
	s.is_asked = true;
	scan_value(&s, v, (struct place){0});
	return !s.is_over;
}
