/*
 * urls_in_hosts: every URL in a text, as the many programs that may show it would find one.
 * The text is read as it stands and with its escapes decoded (ident_text.h). What is found is
 * judged strictly: a URL that two programs may read differently is in no list.
 */
#include "base/check.h"
#include "base/limits.h"
#include "policy/host.h"
#include "policy/ident_text.h"

#define PIECE_MAX  1024 /* of a link's target: the host ends within, or it is refused */
#define LOOK_MAX   2048 /* so far it is looked for an end; what has none there refuses */

struct finder {
	const struct operand *o;
	const char *p;
	size_t n;
	enum holds worst;
};

static void settle(struct finder *f, enum holds h)
{
	if (h == HOLDS_NO || (h == HOLDS_UNSURE && f->worst == HOLDS_YES))
		f->worst = h;
}

static char at(const struct finder *f, size_t i)
{
	return i < f->n ? f->p[i] : ' ';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_high(char c)
{
	return (unsigned char)c >= 0x80;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

/* Where every program ends a URL. */
static bool is_end(char c)
{
	return is_space(c) || strchr("\"<>", c);
}

/* No host has these: a program that goes on behind them refuses it, or finds a user name. */
static bool is_stop(char c)
{
	return is_end(c) || strchr("`|{}^[]\x7f", c);
}

/* from: behind the slashes. Punctuation at the end of a word belongs to the sentence. */
static void judge_authority(struct finder *f, size_t from)
{
	bool is_bracketed = at(f, from) == '[';
	size_t to = from + is_bracketed;
	while (to - from < HOST_MAX * 4 && !strchr("/\\?#", at(f, to)) &&
	       (!is_stop(at(f, to)) || (is_bracketed && at(f, to) == ']')))
		to++;
	bool is_over = is_stop(at(f, to));
	for (size_t i = to; at(f, to) != '/' && !is_end(at(f, i)); i++) {
		if (at(f, i) == '@' || i - to == LOOK_MAX) {
			settle(f, HOLDS_NO); /* https://good#@bad, https://good\@bad, https://good]@bad */
			return;
		}
		if (is_over && at(f, i) == '/')
			break;
	}
	bool is_empty = to == from && is_end(at(f, to));
	while (is_over && to > from && strchr(".,;:!?*')~_", f->p[to - 1]))
		to--;
	if (!is_empty)
		settle(f, host_judge(slice_of(f->p + from, to - from), f->o));
}

/* Schemes for which programs fill in missing slashes. */
static bool is_web(struct slice s)
{
	return slice_is(s, "http") || slice_is(s, "https") || slice_is(s, "ws") ||
	       slice_is(s, "wss") || slice_is(s, "ftp");
}

/* Those that do something without a host, behind the colon at i. */
static bool is_of_no_host(const struct finder *f, struct slice s, size_t i)
{
	static const char *const names[] = {"javascript", "vbscript", "file", "blob", "mailto",
					    "view-source", "filesystem", "jar", "mhtml"};
	if (slice_is(s, "data")) {
		while (is_alnum(at(f, i)) || strchr("+-.", at(f, i)))
			i++;
		return strchr("/;,", at(f, i)) != NULL;
	}
	for (size_t k = 0; k < ARRAY_LEN(names); k++)
		if (slice_is(s, names[k]))
			return !is_end(at(f, i));
	return false;
}

/* i: behind the colon. is_target: of a link, where anything in front of a colon is a scheme. */
static void judge_scheme(struct finder *f, struct slice scheme, size_t i, bool is_target)
{
	size_t slashes = 0;
	while (is_slash(at(f, i + slashes)))
		slashes++;
	char next = at(f, i + slashes);
	bool is_filled_in = is_web(scheme) &&
			    (slashes || is_alnum(next) || is_high(next) || strchr("[%@", next));
	if (slashes == 2 && is_end(next))
		return; /* "begins with https://" */
	if (slashes >= 2 || is_filled_in) {
		struct slice found = slice_of(f->p + i, slashes);
		bool is_plain = slice_is(found, "//") || slice_is(found, "\\/\\/"); /* of JSON */
		if (!is_plain || !host_has_scheme(scheme, f->o))
			settle(f, HOLDS_NO);
		else
			judge_authority(f, i + slashes);
	} else if ((is_target || is_of_no_host(f, scheme, i)) &&
		   !(host_has_scheme(scheme, f->o) && !is_web(scheme))) {
		settle(f, HOLDS_NO);
	}
}

static bool is_scheme_character(char c)
{
	return is_alnum(c) || c == '+' || c == '-' || c == '.';
}

/* In front of the colon at i. One letter is a drive. */
static struct slice scheme_before(const struct finder *f, size_t i)
{
	size_t from = i;
	while (from && is_scheme_character(f->p[from - 1]))
		from--;
	while (from < i && !(f->p[from] >= 'a' && f->p[from] <= 'z'))
		from++;
	return slice_of(f->p + from, i - from);
}

static size_t skip_spaces(const struct finder *f, size_t i)
{
	while (i < f->n && is_space(f->p[i]))
		i++;
	return i;
}

/* The target of a link, by itself. */
static void judge_target(struct finder *f, const char *text, size_t n)
{
	struct finder t = {f->o, text, n, HOLDS_YES};
	size_t from = skip_spaces(&t, 0), i = from, slashes = from;
	while (is_scheme_character(at(&t, i)))
		i++;
	if (i > from && at(&t, i) == ':') {
		judge_scheme(&t, slice_of(t.p + from, i - from), i + 1, true);
	} else {
		while (is_slash(at(&t, slashes)))
			slashes++;
		if (slashes >= from + 2)
			judge_authority(&t, slashes);
	}
	settle(f, t.worst);
}

/* Of a target that is longer than we look: may its host begin, or go on, behind what we see? */
static bool is_open(const char *text, size_t n)
{
	struct finder t = {NULL, text, n, HOLDS_YES};
	size_t i = skip_spaces(&t, 0);
	while (i < n && text[i] != ':' && is_scheme_character(text[i]))
		i++;
	i += i < n && text[i] == ':';
	while (i < n && is_slash(text[i]))
		i++;
	while (i < n && !is_stop(text[i]) && !strchr("/\\?#", text[i]))
		i++;
	return i == n;
}

/* from..to as it stands; as HTML reads it, where line ends and tabs vanish; and as Markdown
 * reads it, where a backslash vanishes in front of punctuation. */
static void judge_link(struct finder *f, size_t from, size_t to)
{
	char html[PIECE_MAX], markdown[PIECE_MAX];
	size_t html_n = 0, markdown_n = 0;
	BUG_ON(to - from > PIECE_MAX);
	for (size_t i = from; i < to; i++)
		if (f->p[i] != '\n' && f->p[i] != '\r' && f->p[i] != '\t')
			html[html_n++] = f->p[i];
	for (size_t i = from; i < to; i++) {
		bool is_escape = f->p[i] == '\\' && i + 1 < to && f->p[i + 1] > ' ' && !is_high(f->p[i + 1]) &&
				 !is_alnum(f->p[i + 1]);
		i += is_escape;
		markdown[markdown_n++] = f->p[i];
	}
	if (to - from == PIECE_MAX && (html_n < PIECE_MAX || html[0] == ' ') && is_open(html, html_n))
		settle(f, HOLDS_NO);
	judge_target(f, html, html_n);
	judge_target(f, markdown, markdown_n);
}

/* i: behind "](" , "url(" or "]:". */
static void find_target(struct finder *f, size_t i)
{
	i = skip_spaces(f, i);
	char quote = at(f, i), end = '\0';
	if (quote == '<' || quote == '"' || quote == '\'') {
		end = quote == '<' ? '>' : quote;
		i++;
	}
	size_t to = i;
	while (to < f->n && to - i < PIECE_MAX &&
	       (end ? f->p[to] != end : !is_space(f->p[to]) && f->p[to] != ')'))
		to++;
	judge_link(f, i, to);
}

/* i: at the "=" behind the name of an attribute. */
static void find_attribute(struct finder *f, size_t i)
{
	static const char *const names[] = {"href",   "src",	"srcset", "action", "poster", "cite",
					    "background", "ping", "manifest", "longdesc", "codebase"};
	size_t end = i;
	bool is_known = false;
	while (end && is_space(f->p[end - 1]))
		end--;
	for (size_t k = 0; k < ARRAY_LEN(names); k++)
		is_known = is_known || slice_ends(slice_of(f->p, end), slice_str(names[k]));
	if (!is_known)
		return;
	i = skip_spaces(f, i + 1);
	char quote = at(f, i);
	bool is_quoted = quote == '"' || quote == '\'';
	size_t to = i += is_quoted;
	while (to < f->n && to - i < PIECE_MAX &&
	       (is_quoted ? f->p[to] != quote : !is_space(f->p[to]) && f->p[to] != '>'))
		to++;
	judge_link(f, i, to);
}

/* "//host": only where a name with a dot, an address or a user follows; code has comments. */
static void find_without_scheme(struct finder *f, size_t i)
{
	size_t from = i;
	bool is_host = false;
	while (is_slash(at(f, from)))
		from++;
	for (size_t k = from;
	     k - from < HOST_MAX * 4 && !is_end(at(f, k)) && !strchr("/\\?#", at(f, k)); k++) {
		bool is_inner = k > from && (is_alnum(at(f, k + 1)) || is_high(at(f, k + 1)));
		is_host = is_host || (is_inner && (at(f, k) == '.' || at(f, k) == '@' || is_high(at(f, k)))) ||
			  (k == from && at(f, k) == '[') || at(f, k) == '%';
	}
	if (is_host)
		judge_authority(f, from);
}

/* A name under one of these, with a path, is a link wherever links are made of text. */
static bool is_known_top(struct slice s)
{
	static const char *const tops[] = {
		"com", "net",  "org",	"io",	"dev",	 "app",	  "info", "biz", "xyz",	   "top",
		"site", "online", "cloud", "link", "click", "live", "shop", "store", "tech", "page",
		"website", "space", "fun", "icu", "me", "co", "us", "uk", "de", "eu", "ru", "cn",
		"edu", "gov", "mil", "int", "arpa", "onion", "host", "club", "pro", "run", "network",
		"fr", "nl", "it", "es", "ch", "at", "be", "se", "no", "fi", "dk", "cz", "jp", "kr",
		"in", "br", "au", "ca", "tk", "ml", "ga", "cf", "gq", "cc", "tv", "ws", "to", "ly",
		"gl", "ai", "id", "su", "ua", "mx", "za", "nz", "sg", "hk", "tw",
	};
	for (size_t i = 0; i < ARRAY_LEN(tops); i++)
		if (slice_is(s, tops[i]))
			return true;
	return false;
}

/* i: at "/", "?", "#" or ":" with a digit behind a name. */
static void find_bare(struct finder *f, size_t i)
{
	size_t from = i, dot = i;
	while (from &&
	       (is_alnum(f->p[from - 1]) || is_high(f->p[from - 1]) || strchr("-.", f->p[from - 1]))) {
		from--;
		if (f->p[from] == '.' && dot == i)
			dot = from;
	}
	bool is_part = from && strchr("/\\@%_", f->p[from - 1]);
	if (dot < i && !is_part && is_known_top(slice_of(f->p + dot + 1, i - dot - 1)))
		judge_authority(f, from);
}

static bool starts_line(const struct finder *f, size_t i)
{
	size_t open = i;
	while (open && f->p[open] != '[' && f->p[open] != '\n' && i - open < PIECE_MAX)
		open--;
	if (f->p[open] != '[')
		return false;
	while (open && (f->p[open - 1] == ' ' || f->p[open - 1] == '>'))
		open--;
	return open == 0 || f->p[open - 1] == '\n';
}

static bool is_behind(const struct finder *f, size_t i, const char *text)
{
	size_t n = strlen(text);
	return i >= n && memcmp(f->p + i - n, text, n) == 0;
}

static void look_at(struct finder *f, size_t i)
{
	struct slice scheme;
	char next = at(f, i + 1), before = i ? f->p[i - 1] : ' ';
	switch (f->p[i]) {
	case ':':
		scheme = scheme_before(f, i);
		if (scheme.n > 1)
			judge_scheme(f, scheme, i + 1, false);
		else if (scheme.n == 0 && is_slash(next) && is_slash(at(f, i + 2)))
			find_without_scheme(f, i + 1);
		if (before == ']' && starts_line(f, i))
			find_target(f, i + 1);
		if (next >= '0' && next <= '9')
			find_bare(f, i);
		return;
	case '/':
	case '\\':
		if (is_slash(next) && !is_alnum(before) && !strchr(":/\\._-~%", before))
			find_without_scheme(f, i);
		if (f->p[i] == '/')
			find_bare(f, i);
		return;
	case '?':
	case '#':
		if (!is_end(next))
			find_bare(f, i);
		return;
	case '(':
		if (before == ']' || is_behind(f, i, "url"))
			find_target(f, i + 1);
		return;
	case '=':
		find_attribute(f, i);
		return;
	case 'w':
		if (f->n - i > 4 && memcmp(f->p + i, "www.", 4) == 0 && !is_alnum(before) &&
		    !strchr("./\\@_-", before) && (is_alnum(f->p[i + 4]) || is_high(f->p[i + 4])))
			judge_authority(f, i);
		return;
	default:
		return;
	}
}

static bool is_space_point(uint32_t c)
{
	static const uint32_t spaces[] = {0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (c == spaces[i])
			return true;
	return c - 0x2000 <= 10;
}

/* Small letters, spaces of one kind, without what is not seen. */
static void make_reading(struct ident_text *t, struct buf *out)
{
	uint32_t c;
	while ((c = ident_text_plain(t))) {
		unsigned char utf8[4];
		bool is_large = c - 'A' <= 'Z' - 'A';
		buf_add(out, utf8, ident_put_utf8(is_large ? c + 32 : is_space_point(c) ? ' ' : c, utf8));
	}
}

static void judge_text(struct finder *f, struct slice text, size_t *left)
{
	struct buf reading = BUF_INIT(2 * LIMIT_URL_TEXT);
	bool has_more = true;
	if (text.n > *left) {
		settle(f, HOLDS_UNSURE);
		return;
	}
	*left -= text.n;
	for (unsigned level = 0; has_more && level <= IDENT_LEVELS && f->worst != HOLDS_NO; level++) {
		struct ident_text t;
		ident_text_init(&t, text, level);
		buf_clear(&reading);
		make_reading(&t, &reading);
		BUG_ON(!buf_ok(&reading));
		has_more = level ? ident_text_has_decoded(&t)
				 : text.n && (memchr(text.p, '%', text.n) || memchr(text.p, '&', text.n) ||
					      memchr(text.p, '\\', text.n));
		f->p = reading.p;
		f->n = reading.n;
		for (size_t i = 0; i < f->n && f->worst != HOLDS_NO; i++)
			look_at(f, i);
	}
	buf_release(&reading);
}

static void judge_value(struct finder *f, const struct json *v, size_t *left)
{
	if (json_is(v, JSON_STRING))
		judge_text(f, json_string(v), left);
	for (struct json_iter it = json_iter(v); f->worst != HOLDS_NO && json_next(&it);) {
		judge_text(f, it.key, left);
		judge_value(f, it.value, left);
	}
}

enum holds test_urls_in_hosts(const struct operand *o, const struct value *v)
{
	struct finder f = {.o = o, .worst = HOLDS_YES};
	size_t left = LIMIT_URL_TEXT;
	if (v->json)
		judge_value(&f, v->json, &left);
	else if (v->type == JSON_STRING)
		judge_text(&f, v->text, &left);
	for (size_t i = 0; i < v->list_n && f.worst != HOLDS_NO; i++)
		judge_text(&f, v->list[i], &left);
	return f.worst;
}
