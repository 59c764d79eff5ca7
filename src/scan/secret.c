/*
 * Keys, tokens and passwords: those with a form of their own (token.c), private keys, JSON Web
 * Tokens (RFC 7519), passwords in URLs (RFC 3986, 3.2.1), and what is assigned to a name that says it
 * is one.
 */
#include "base/compiler.h"
#include "scan/inside.h"

/* Of a name before "=" or ":", looked at from its end. */
#define NAME_MAX 48
#define VALUE_MAX 256
#define SIGNS_MAX 8 /* quotes and spaces around "=" */
#define INNER_MAX 2 /* more "=" and ":" in a value belong to others: each is looked at in its turn */
#define KEY_BLOCK_MAX 16384
#define KEY_END "-----END "

static bool is_word(char c)
{
	return is_alnum(c) || c == '_' || c == '-';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static size_t run_of_words(struct slice text, size_t at)
{
	size_t n = 0;
	while (at + n < text.n && is_word(text.p[at + n]))
		n++;
	return n;
}

/* Header and payload are objects in base64url: both begin with {". An encrypted token has five parts. */
static size_t jwt_length(struct slice text, size_t at)
{
	size_t n = 0, part, parts = 0;
	if (text.n - at < 40 || memcmp(text.p + at, "eyJ", 3) != 0 || (at && is_word(text.p[at - 1]) && !follows_escape(text, at)))
		return 0;
	while (parts < 5 && (part = run_of_words(text, at + n)) >= (parts ? 8 : 12)) {
		n += part;
		parts++;
		if (at + n >= text.n || text.p[at + n] != '.')
			break;
		n++;
	}
	return parts >= 3 ? n : 0;
}

static size_t key_block_length(struct slice text, size_t at)
{
	struct slice rest = slice_of(text.p + at, text.n - at > KEY_BLOCK_MAX ? KEY_BLOCK_MAX : text.n - at), head = rest;
	if (rest.n < 26 || memcmp(rest.p, "-----BEGIN ", 11) != 0)
		return 0;
	head.n = head.n > 80 ? 80 : head.n;
	const char *word = memmem(head.p, head.n, "PRIVATE KEY", 11);
	if (!word)
		return 0;
	size_t n = (size_t)(word - rest.p) + 11;
	while (n < rest.n && (rest.p[n] == '-' || is_upper(rest.p[n]) || rest.p[n] == ' '))
		n++;
	const char *tail = memmem(rest.p + n, rest.n - n, KEY_END, strlen(KEY_END));
	if (tail) {
		n = (size_t)(tail - rest.p) + strlen(KEY_END);
		while (n < rest.n && (rest.p[n] == '-' || is_upper(rest.p[n]) || rest.p[n] == ' '))
			n++;
		return n;
	}
	/* Cut off: with all that may be of it. A line break may be written as \n. */
	while (n < rest.n && (is_alnum(rest.p[n]) || is_one_of("+/=\\\r\n", rest.p[n])))
		n++;
	return n;
}

static bool is_shown_as_example(struct slice v)
{
	static const char *const words[] = { "example", "changeme", "placeholder", "your", "redacted", "password",
					     "dummy",   "sample",   "environ",     "getenv", "secret",  "undefined" };
	char lower[VALUE_MAX];
	if (!v.n || v.n > sizeof lower || is_one_of("$%{<[*(#&", v.p[0]))
		return true;
	bool is_same = true;
	for (size_t i = 0; i < v.n; i++) {
		lower[i] = (char)(is_upper(v.p[i]) ? v.p[i] | 32 : v.p[i]);
		is_same &= lower[i] == lower[0];
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (memmem(lower, v.n, words[i], strlen(words[i])) && v.n < strlen(words[i]) + 12)
			return true;
	return is_same || memmem(v.p, v.n, "process.env", 11) || memmem(v.p, v.n, "${", 2);
}

/* Does it look drawn by lot? Such texts change between digits, small letters and capitals at every
 * other character; names and words hardly ever do. */
static bool looks_random(struct slice v)
{
	size_t changes = 0, digits = 0, letters = 0, other = 0;
	int last = 0;
	for (size_t i = 0; i < v.n; i++) {
		int now = is_digit(v.p[i]) ? 1 : is_upper(v.p[i]) ? 2 : is_letter(v.p[i]) ? 3 : 4;
		digits += now == 1;
		letters += now == 2 || now == 3;
		other += now == 4 && !is_one_of("+/=_-.", v.p[i]);
		changes += last && now != last;
		last = now;
	}
	return digits >= 2 && letters >= 4 && other == 0 && changes * 5 >= v.n;
}

/* A password that people make: of at least two kinds of characters, one of them no letter. */
static bool looks_chosen(struct slice v)
{
	bool digit = false, sign = false;
	size_t letters = 0;
	for (size_t i = 0; i < v.n; i++) {
		if (is_one_of("(){}[]<>|", v.p[i]))
			return false;
		digit |= is_digit(v.p[i]);
		letters += is_letter(v.p[i]);
		sign |= !is_alnum(v.p[i]) && !is_one_of("._-/:+= ", v.p[i]) && !((unsigned char)v.p[i] & 0x80);
	}
	return v.n >= 6 && letters >= 2 && (digit || sign);
}

enum naming { NAMES_NOTHING = 0, NAMES_PASSWORD, NAMES_KEY };

static enum naming what_is_named(struct slice name)
{
	static const char *const passwords[] = { "password", "passwd", "passphrase", "passcode", "pwd" };
	static const char *const keys[] = { "secret",     "token",      "apikey",  "api_key",    "api-key", "access_key",
					    "accesskey",  "access-key", "authkey", "credential", "auth_key", "privatekey",
					    "private_key", "private-key", "signing_key", "encryption_key", "account_key",
					    "x-api-key", "bearer", "api key", "access key" };
	static const char *const harmless[] = { "page", "next", "cursor", "continu", "public", "count", "usage",
						"tokens", "max", "limit", "sync", "name", "csrf_field", "policy", "type", "url" };
	char lower[NAME_MAX];
	size_t n = name.n > NAME_MAX ? NAME_MAX : name.n;
	for (size_t i = 0; i < n; i++) {
		char c = name.p[name.n - n + i];
		lower[i] = (char)(is_upper(c) ? c | 32 : c);
	}
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		if (memmem(lower, n, harmless[i], strlen(harmless[i])))
			return NAMES_NOTHING;
	for (size_t i = 0; i < ARRAY_LEN(passwords); i++)
		if (memmem(lower, n, passwords[i], strlen(passwords[i])))
			return NAMES_PASSWORD;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (memmem(lower, n, keys[i], strlen(keys[i])))
			return NAMES_KEY;
	return NAMES_NOTHING;
}

/* The value is looked at first: most values are none, and that is told soon. */
static bool is_secret_of(struct slice name, struct slice v)
{
	bool is_random = v.n >= 16 && looks_random(v), is_chosen = !is_random && looks_chosen(v);
	if (v.n > VALUE_MAX * 16 || (!is_random && !is_chosen))
		return false;
	enum naming what = what_is_named(name);
	return (what == NAMES_PASSWORD || (what == NAMES_KEY && is_random)) &&
	       !is_shown_as_example(slice_of(v.p, v.n > VALUE_MAX ? VALUE_MAX : v.n));
}

bool secret_is_named(struct slice name, struct slice value)
{
	return value.n && !memchr(value.p, ' ', value.n) && is_secret_of(name, value);
}

static bool ends_value(char c)
{
	return (unsigned char)c <= ' ' || is_one_of("\"'`,;&<>)", c);
}

/* name = value, name: value, "name": "value", name => value. *start: of the value. */
static size_t assigned_length(struct slice text, size_t at, size_t *start)
{
	size_t name_end = at, name, v = at + 1, inner = 0;
	while (name_end && at - name_end < SIGNS_MAX && (is_space(text.p[name_end - 1]) || is_one_of("\"'`]\\:", text.p[name_end - 1])))
		name_end--;
	for (name = name_end; name && name_end - name < NAME_MAX && is_word(text.p[name - 1]); name--)
		;
	if (name_end - name < 3)
		return 0;
	while (v < text.n && v - at <= SIGNS_MAX && (is_space(text.p[v]) || is_one_of("\"'`=>\\", text.p[v])))
		v++;
	if (text.n - v > 7 && (memcmp(text.p + v, "Bearer ", 7) == 0 || memcmp(text.p + v, "bearer ", 7) == 0))
		v += 7;
	size_t end = v;
	for (; end < text.n && end - v < VALUE_MAX * 16 && !ends_value(text.p[end]); end++) {
		inner += is_one_of("=:", text.p[end]);
		bool is_escape = text.p[end] == '\\' && end + 1 < text.n && is_one_of("nrt\"'", text.p[end + 1]);
		if (inner > INNER_MAX || is_escape)
			break;
	}
	while (end > v && (is_one_of(".\\", text.p[end - 1]) || (end < text.n && ((unsigned char)text.p[end] & 0xc0) == 0x80)))
		end--;
	*start = v;
	return is_secret_of(slice_of(text.p + name, name_end - name), slice_of(text.p + v, end - v)) ? end - v : 0;
}

/* scheme://user:password@host */
static size_t password_in_url(struct slice text, size_t at, size_t *start)
{
	size_t i = at + 3, colon = 0;
	if (text.n - at < 8 || memcmp(text.p + at, "://", 3) != 0)
		return 0;
	for (; i < text.n && i - at < VALUE_MAX; i++) {
		char c = text.p[i];
		if (c == ':' && !colon)
			colon = i;
		if (c == '@' && colon && i > colon + 1)
			break;
		if (c == '/' || c == '?' || c == '#' || ends_value(c))
			return 0;
	}
	if (i == text.n || text.p[i] != '@')
		return 0;
	*start = colon + 1;
	struct slice v = slice_of(text.p + colon + 1, i - colon - 1);
	return v.n >= 3 && !is_shown_as_example(v) ? v.n : 0;
}

/* 1234567890:AA… of Telegram; 8Q~… of Azure, whose first three characters are before. */
static size_t odd_token(struct slice text, size_t at, size_t *start, const char **name)
{
	size_t n, back = 0;
	if (text.p[at] == ':' && text.n - at > 35 && memcmp(text.p + at, ":AA", 3) == 0) {
		while (back < at && back < 10 && is_digit(text.p[at - 1 - back]))
			back++;
		n = run_of_words(text, at + 1);
		*name = "telegram-token";
		*start = at - back;
		return back >= 8 && n == 35 ? back + 1 + n : 0;
	}
	if (text.p[at] != 'Q' || at < 4 || text.n - at < 33 || text.p[at + 1] != '~' || !is_digit(text.p[at - 1]))
		return 0;
	for (n = 0; at + n < text.n && n < 40 && (is_word(text.p[at + n]) || is_one_of(".~", text.p[at + n])); n++)
		;
	*name = "azure-client-secret";
	*start = at - 4;
	return n >= 33 && n <= 36 ? 4 + n : 0;
}

/* "Bearer <token>" of RFC 6750, "Basic <base64>" of RFC 7617. */
static size_t authorization_length(struct slice text, size_t at, size_t *start)
{
	size_t n = 0;
	if (text.n - at < 24)
		return 0;
	if (memcmp(text.p + at, "Bearer ", 7) == 0)
		*start = at + 7;
	else if (memcmp(text.p + at, "Basic ", 6) == 0)
		*start = at + 6;
	else
		return 0;
	while (*start + n < text.n && (is_word(text.p[*start + n]) || is_one_of("./+=~", text.p[*start + n])))
		n++;
	struct slice v = slice_of(text.p + *start, n);
	return n >= 16 && looks_random(v) && !is_shown_as_example(v) ? n : 0;
}

/* What may begin (or turn, at a separator) at this character. */
static size_t find_at(struct slice text, size_t at, size_t *start, const char **name)
{
	size_t n = 0;
	*start = at;
	switch (text.p[at]) {
	case '-':
		*name = "private-key";
		return key_block_length(text, at);
	case ':':
		*name = "url-password";
		if ((n = password_in_url(text, at, start)) || (n = odd_token(text, at, start, name)))
			return n;
		*name = "named-secret";
		return assigned_length(text, at, start);
	case '=':
		*name = "named-secret";
		return assigned_length(text, at, start);
	case 'Q':
		return odd_token(text, at, start, name);
	case 'B':
		*name = "authorization";
		return authorization_length(text, at, start);
	case 'e':
		*name = "jwt";
		return jwt_length(text, at);
	default:
		return token_find(text, at, name);
	}
}

/* The second characters of what begins with the first, as bits of their last five: most places are
 * passed over by it. */
#define C(c) (UINT32_C(1) << ((unsigned char)(c) & 31))
#define ANY  0xffffffffu
static const uint32_t seconds[128] = {
	['-'] = C('-'), [':'] = ANY, ['='] = ANY, ['A'] = C('K') | C('S') | C('B') | C('C') | C('I') | C('c') | C('T') | C('G'),
	['B'] = C('e') | C('a'), ['C'] = C('F'), ['F'] = C('w'), ['G'] = C('O'), ['I'] = C('Q'), ['L'] = C('T'),
	['N'] = C('R'), ['P'] = C('M'), ['Q'] = C('~'), ['S'] = C('G') | C('K') | C('h'), ['d'] = C('o') | C('a') | C('c') | C('p') | C('t'),
	['e'] = C('y'), ['f'] = C('i') | C('o'), ['g'] = C('h') | C('i') | C('l') | C('s'), ['h'] = C('f') | C('v') | C('o'),
	['k'] = C('e'), ['l'] = C('i'), ['n'] = C('p') | C('t'), ['o'] = C('p'), ['p'] = C('y') | C('p') | C('s') | C('u'),
	['r'] = C('k') | C('u') | C('8'), ['s'] = C('k') | C('h') | C('q') | C('n') | C('b') | C('e'), ['t'] = C('s'), ['w'] = C('h'),
	['x'] = C('o') | C('a'), ['y'] = C('a'),
};

static bool may_begin(const char *p)
{
	unsigned char first = (unsigned char)p[0];
	return first < ARRAY_LEN(seconds) && (seconds[first] & C(p[1]));
}

bool secrets_find(struct slice text, struct scan_findings *out)
{
	bool any = false;
	for (size_t i = 0; i + 1 < text.n;) {
		if (!may_begin(text.p + i)) {
			i++;
			continue;
		}
		size_t start;
		const char *name = "";
		size_t n = find_at(text, i, &start, &name);
		if (!n) {
			i++;
			continue;
		}
		any = true;
		if (!out || !findings_add(out, (struct scan_finding){ SCAN_SECRET, SCAN_LIKELY, name, start, n }))
			return true;
		i = start + n > i ? start + n : i + 1;
	}
	return any;
}

bool secret_begins(struct slice text)
{
	size_t start;
	const char *name;
	return text.n > 1 && may_begin(text.p) && find_at(text, 0, &start, &name) != 0;
}
