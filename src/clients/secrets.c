/*
 * Secrets that stand in clear in an entry: by what they look like (scan/), and by what they are called. A
 * name alone is a guess, on the safe side: what is found so is sealed like all values of variables and headers.
 */
#include "base/limits.h"
#include "clients/dialect.h"
#include "scan/scan.h"

#define WORDS_MAX 12

struct finder {
	struct client_server *server;
	struct arena *arena;
	struct scanner *scanner;
	struct scan_findings found;
	struct client_secret *v;
	size_t n, cap;
	size_t argument; /* that is looked at */
	bool is_full;
};

static void add(struct finder *f, enum client_where where, const char *name, const char *kind)
{
	f->is_full |= !name;
	for (size_t i = 0; name && i < f->n; i++)
		if (f->v[i].where == where && strcmp(f->v[i].name, name) == 0)
			return;
	if (!name)
		return;
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 8;
		struct client_secret *v = arena_realloc(f->arena, f->v, f->cap * sizeof *v, cap * sizeof *v);
		f->is_full |= !v;
		if (!v)
			return;
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n++] = (struct client_secret){ where, name, kind, f->argument };
}

static bool is_word_of(struct slice word, const char *const *words)
{
	for (; *words; words++)
		if (slice_ieq(word, slice_str(*words)))
			return true;
	return false;
}

/* The words of GITHUB_TOKEN, x-api-key and apiKey. */
static size_t split(struct slice name, struct slice *words)
{
	size_t n = 0, from = 0;
	for (size_t i = 0; i <= name.n && n < WORDS_MAX; i++) {
		bool is_end = i == name.n || strchr("_-. ", name.p[i]);
		bool is_hump = !is_end && i && name.p[i] >= 'A' && name.p[i] <= 'Z' && name.p[i - 1] >= 'a' && name.p[i - 1] <= 'z';
		if (!is_end && !is_hump)
			continue;
		if (i > from)
			words[n++] = slice_of(name.p + from, i - from);
		from = is_hump ? i : i + 1;
	}
	return n;
}

static bool names_secret(struct slice name)
{
	static const char *const last[] = { "key", "token", "secret", "password", "passwd", "pass", "pwd", "credential", "credentials", "auth",
					    "authorization", "pat", "dsn", "cookie", "apikey", "jwt", "bearer", "passphrase", NULL };
	static const char *const any[] = { "secret", "password", "passwd", "apikey", "passphrase", "authorization", NULL };
	static const char *const harmless[] = { "max", "public", "count", "limit", "path", "file", "url", "endpoint", "type", "name", NULL };
	struct slice words[WORDS_MAX];
	size_t n = split(name, words);
	for (size_t i = 0; i < n; i++)
		if (is_word_of(words[i], harmless))
			return false;
	for (size_t i = 0; i < n; i++)
		if (is_word_of(words[i], any))
			return true;
	return n && is_word_of(words[n - 1], last);
}

/* What is named like a secret and holds none: a path, a switch, a variable that the client replaces. */
static bool is_harmless_value(struct slice v)
{
	static const char *const words[] = { "true", "false", "yes", "no", "none", "null", "0", "1", "auto", "bearer", "basic", NULL };
	if (v.n > 7 && slice_ieq(slice_of(v.p, 7), SLICE_LIT("bearer ")))
		v = slice_of(v.p + 7, v.n - 7);
	return v.n < 4 || v.p[0] == '$' || memmem(v.p, v.n, "${", 2) || v.p[0] == '/' || v.p[0] == '~' || v.p[0] == '.' || (v.n < 200 && is_word_of(v, words));
}

static const char *kind_of(struct finder *f, struct slice name, struct slice value)
{
	scan_text(f->scanner, value, &f->found);
	for (size_t i = 0; i < f->found.n; i++)
		if (f->found.v[i].kind == SCAN_SECRET && f->found.v[i].certainty != SCAN_UNSURE)
			return f->found.v[i].name;
	return name.n && names_secret(name) && !is_harmless_value(value) ? "named" : NULL;
}

static void find_in_pairs(struct finder *f, enum client_where where, const struct client_pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *kind = kind_of(f, slice_str(v[i].name), slice_str(v[i].value));
		if (kind)
			add(f, where, v[i].name, kind);
	}
}

/* --api-key VALUE, --api-key=VALUE, and what looks like one by itself. */
static void find_in_arguments(struct finder *f)
{
	const struct client_server *s = f->server;
	struct slice before = slice_of(NULL, 0);
	for (size_t i = 1; i < s->arg_n; i++) {
		struct slice arg = slice_str(s->argv[i]), name = before, value = arg;
		f->argument = i;
		const char *equals = memchr(arg.p, '=', arg.n);
		if (equals && equals != arg.p) {
			name = slice_of(arg.p, (size_t)(equals - arg.p));
			value = slice_of(equals + 1, arg.n - name.n - 1);
		}
		const char *kind = kind_of(f, name, value);
		bool is_named = name.n && arg.n && (name.p != before.p || arg.p[0] != '-');
		if (kind && (is_named || strcmp(kind, "named") != 0))
			add(f, CLIENT_IN_ARGUMENT,
			    is_named ? arena_printf(f->arena, "%.*s", (int)(name.n > 60 ? 60 : name.n), name.p)
				     : arena_printf(f->arena, "%zu", i),
			    kind);
		before = arg.n > 1 && arg.p[0] == '-' && !equals ? arg : slice_of(NULL, 0);
	}
}

/* A part of a path that nobody could guess is as good as a password (RFC 3986 calls it only a segment). */
static bool is_random(struct slice part)
{
	size_t digits = 0, letters = 0;
	for (size_t i = 0; i < part.n; i++) {
		digits += part.p[i] >= '0' && part.p[i] <= '9';
		letters += ((unsigned char)part.p[i] | 32) >= 'a' && ((unsigned char)part.p[i] | 32) <= 'z';
	}
	return part.n >= 24 && digits >= 4 && letters >= 4;
}

static void find_in_url(struct finder *f, const char *url)
{
	const char *scheme = strstr(url, "://"), *query = strchr(url, '?');
	const char *host = scheme ? scheme + 3 : url;
	size_t host_n = strcspn(host, "/?#");
	const char *at = memchr(host, '@', host_n);
	if (at && memchr(host, ':', (size_t)(at - host)))
		add(f, CLIENT_IN_URL, "password", "password-in-url");
	for (const char *p = host + host_n; *p == '/';) {
		size_t n = strcspn(++p, "/?#");
		if (is_random(slice_of(p, n)))
			add(f, CLIENT_IN_URL, "path", "unguessable-part");
		p += n;
	}
	while (query && *query) {
		const char *name = query + 1;
		size_t n = strcspn(name, "=&#"), value_n = name[n] == '=' ? strcspn(name + n + 1, "&#") : 0;
		struct slice value = slice_of(name + n + (name[n] == '='), value_n);
		const char *kind = kind_of(f, slice_of(name, n), value);
		if (kind || is_random(value))
			add(f, CLIENT_IN_URL, arena_printf(f->arena, "%.*s", (int)(n > 60 ? 60 : n), name), kind ? kind : "unguessable-part");
		query = strchr(name, '&');
	}
}

bool secrets_find_in(struct client_server *s, struct arena *a, struct err *e)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_SECRET) };
	struct finder f = { .server = s, .arena = a, .scanner = scanner_new(&o, e) };
	if (!f.scanner)
		return false;
	find_in_pairs(&f, CLIENT_IN_ENV, s->env, s->env_n);
	find_in_pairs(&f, CLIENT_IN_HEADER, s->headers, s->header_n);
	find_in_arguments(&f);
	if (s->url)
		find_in_url(&f, s->url);
	scan_findings_release(&f.found);
	scanner_free(&f.scanner);
	s->secrets = f.v;
	s->secret_n = f.n;
	return !f.is_full || err_set(e, ERR_LIMIT, "out of memory");
}
