/* The two readings of a URL: strict for host_in, generous for host_private. */
#include "policy/host.h"
#include "base/check.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme_character(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/* Length of the scheme in front of a colon; 0: none. */
static size_t scheme_length(struct slice s)
{
	size_t n = 0;
	while (n < s.n && is_scheme_character(s.p[n]))
		n++;
	return n && n < s.n && s.p[n] == ':' && is_letter(s.p[0]) ? n : 0;
}

static size_t authority_length(struct slice s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#')
		n++;
	return n;
}

static bool put_ip6(struct slice inside, char *out, size_t *n)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char a[16];
	if (!ip6_read(inside, a))
		return false;
	*n = 0;
	out[(*n)++] = '[';
	for (size_t i = 0; i < 16; i++) {
		out[(*n)++] = hex[a[i] >> 4];
		out[(*n)++] = hex[a[i] & 15];
	}
	return true;
}

/* Four decimal parts and nothing else: all other spellings of an address are in no list. */
static bool is_plain_ip4(struct slice s)
{
	uint32_t v[2];
	bool is_numeric;
	char text[20];
	if (ip4_read(s, v, &is_numeric) != 1)
		return false;
	int n = snprintf(text, sizeof text, "%u.%u.%u.%u", v[0] >> 24, v[0] >> 16 & 255,
			 v[0] >> 8 & 255, v[0] & 255);
	return slice_eq(s, slice_of(text, (size_t)n));
}

static enum host_fold read_host(struct slice s, char *out, size_t *n)
{
	uint32_t v[2];
	bool is_numeric;
	if (s.n && s.p[0] == '[') {
		bool is_closed = s.p[s.n - 1] == ']';
		return is_closed && put_ip6(slice_of(s.p + 1, s.n - 2), out, n) ? FOLD_OK
										: FOLD_BAD;
	}
	if (s.n && memchr(s.p, '\0', s.n))
		return FOLD_BAD; /* host_fold takes one at the end for the end */
	enum host_fold f = host_fold(s, out, n);
	if (f != FOLD_OK)
		return f;
	ip4_read(slice_of(out, *n), v, &is_numeric);
	return is_numeric && !is_plain_ip4(slice_of(out, *n)) ? FOLD_BAD : FOLD_OK;
}

bool host_read(struct slice text, char *out, size_t *n)
{
	size_t skip = slice_starts(text, SLICE_LIT("*.")) ? 2 : 0;
	memcpy(out, "*.", skip);
	if (read_host(slice_of(text.p + skip, text.n - skip), out + skip, n) != FOLD_OK)
		return false;
	*n += skip;
	return *n < HOST_MAX &&
	       (skip == 0 || (out[2] != '[' && !is_plain_ip4(slice_of(out + 2, *n - 2))));
}

static bool is_in_list(struct slice host, const struct operand *o)
{
	for (size_t i = 0; i < o->text_n; i++) {
		struct slice entry = o->texts[i];
		bool is_wild = entry.p[0] == '*';
		if (is_wild ? host.n >= entry.n &&
				      slice_ends(host, slice_of(entry.p + 1, entry.n - 1))
			    : slice_eq(host, entry))
			return true;
	}
	return false;
}

/* Cuts ":port" off; false when what stands there is no port. */
static bool cut_port(struct slice *authority)
{
	size_t at = authority->n;
	unsigned long long port;
	while (at && authority->p[at - 1] >= '0' && authority->p[at - 1] <= '9')
		at--;
	if (!at || authority->p[at - 1] != ':')
		return true;
	struct slice digits = slice_of(authority->p + at, authority->n - at);
	authority->n = at - 1;
	return digits.n == 0 || (digits.n <= 5 && slice_u64(digits, &port) && port <= 65535);
}

bool host_has_scheme(struct slice scheme, const struct operand *o)
{
	if (!o->scheme_n)
		return slice_ieq(scheme, SLICE_LIT("https")) ||
		       slice_ieq(scheme, SLICE_LIT("http"));
	for (size_t i = 0; i < o->scheme_n; i++)
		if (slice_ieq(scheme, o->schemes[i]))
			return true;
	return false;
}

enum holds host_judge(struct slice authority, const struct operand *o)
{
	char host[HOST_MAX + 2];
	size_t n;
	if (!cut_port(&authority))
		return HOLDS_NO;
	switch (read_host(authority, host, &n)) {
	case FOLD_UNSURE:
		return HOLDS_UNSURE;
	case FOLD_OK:
		return is_in_list(slice_of(host, n), o) ? HOLDS_YES : HOLDS_NO;
	case FOLD_BAD:
		break;
	}
	return HOLDS_NO;
}

/* User names, backslashes, spaces and escapes are all refused by read_host as characters
 * that no host has: each of them is read in two ways by some pair of programs. */
enum holds test_host_in(const struct operand *o, const struct value *v)
{
	size_t scheme = scheme_length(v->text);
	if (v->type != JSON_STRING || !scheme)
		return HOLDS_NO;
	struct slice rest = slice_of(v->text.p + scheme, v->text.n - scheme);
	if (!slice_starts(rest, SLICE_LIT("://")) || !host_has_scheme(slice_of(v->text.p, scheme), o))
		return HOLDS_NO;
	rest = slice_of(rest.p + 3, rest.n - 3);
	struct slice authority = slice_of(rest.p, authority_length(rest));
	struct slice behind = slice_of(rest.p + authority.n, rest.n - authority.n);
	if (behind.n && behind.p[0] != '/' && memchr(behind.p, '@', behind.n))
		return HOLDS_NO; /* https://good#@bad: programs disagree on where the host ends */
	return host_judge(authority, o);
}

enum reading { READING_NO_HOST = 0, READING_PUBLIC, READING_PRIVATE, READING_UNSURE };

#define TEXT_MAX 2048

/* As lenient programs clean a URL: no tabs or line ends, no space around, one kind of slash. */
static size_t clean(struct slice s, char out[TEXT_MAX])
{
	size_t n = 0;
	while (s.n && (unsigned char)s.p[0] <= ' ')
		s.p++, s.n--;
	while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	for (size_t i = 0; i < s.n && n < TEXT_MAX; i++)
		if (s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			out[n++] = s.p[i] == '\\' ? '/' : s.p[i];
	return n;
}

static size_t percent_decode(char *p, size_t n)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		int high = i + 2 < n && p[i] == '%' ? slice_hex_digit(p[i + 1]) : -1;
		int low = high >= 0 ? slice_hex_digit(p[i + 2]) : -1;
		if (low >= 0) {
			p[out++] = (char)(high * 16 + low);
			i += 2;
		} else {
			p[out++] = p[i];
		}
	}
	return out;
}

/* Names that lead inside wherever they are looked up, and the public zones whose every name
 * is the address that stands in it (or loopback): they exist to get around this check. */
static bool is_inside_name(struct slice host)
{
	static const char *const names[] = {
		"localhost",
		"local",
		"internal",
		"localdomain",
		"ip6-localhost",
		"ip6-loopback",
		"metadata",
		"metadata.goog",
		"metadata.azure.com",
		"metadata.packet.net",
		"metadata.platformequinix.com",
		"metadata.tencentyun.com",
		"instance-data",
		"nip.io",
		"sslip.io",
		"xip.io",
		"localtest.me",
		"lvh.me",
		"vcap.me",
		"lacolhost.com",
		"traefik.me",
		"localho.st",
		"local.gd",
		"localhost.direct",
		"local-ip.co",
		"backname.io",
		"ip6.name",
		"fuf.me",
		"smackaho.st",
		"42foo.com",
		"rbndr.us",
		"1u.ms",
		/* never delegated (RFC 6762, appendix G, and ICANN's resolution on .internal), or RFC 8375 */
		"lan",
		"intranet",
		"private",
		"corp",
		"home",
		"home.arpa",
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct slice name = slice_str(names[i]);
		if (slice_ends(host, name) &&
		    (host.n == name.n || host.p[host.n - name.n - 1] == '.'))
			return true;
	}
	return false;
}

static enum reading judge_ip6(struct slice inside)
{
	unsigned char a[16];
	const char *zone = inside.n ? memchr(inside.p, '%', inside.n) : NULL;
	if (zone)
		inside.n = (size_t)(zone - inside.p);
	if (!ip6_read(inside, a))
		return READING_UNSURE;
	return ip6_is_private(a) ? READING_PRIVATE : READING_PUBLIC;
}

static enum reading judge_host(struct slice authority, bool is_url)
{
	char text[TEXT_MAX], host[HOST_MAX + 2];
	uint32_t v[2];
	size_t n = authority.n;
	bool is_numeric;
	memcpy(text, authority.p, n);
	n = percent_decode(text, percent_decode(text, n));
	struct slice s = slice_of(text, n);
	const char *close = n && text[0] == '[' ? memchr(text, ']', n) : NULL;
	if (close)
		return judge_ip6(slice_of(text + 1, (size_t)(close - text) - 1));
	const char *colon = n ? memchr(text, ':', n) : NULL;
	if (colon && memchr(colon + 1, ':', n - (size_t)(colon - text) - 1)) {
		enum reading r = judge_ip6(s);
		return r == READING_UNSURE && !is_url ? READING_NO_HOST : r;
	}
	if (colon)
		s.n = (size_t)(colon - text);
	if (s.n == 0)
		return is_url ? READING_UNSURE : READING_NO_HOST;
	switch (host_fold(s, host, &n)) {
	case FOLD_BAD:
		return is_url ? READING_UNSURE : READING_NO_HOST;
	case FOLD_UNSURE:
		return READING_UNSURE;
	case FOLD_OK:
		break;
	}
	s = slice_of(host, n);
	if (is_inside_name(s))
		return READING_PRIVATE;
	size_t readings = ip4_read(s, v, &is_numeric);
	for (size_t i = 0; i < readings; i++)
		if (ip4_is_private(v[i]))
			return READING_PRIVATE;
	if (is_numeric && !readings)
		return is_url ? READING_UNSURE : READING_NO_HOST;
	return READING_PUBLIC;
}

/* Schemes for which programs fill in missing slashes. */
static bool is_web_scheme(struct slice s)
{
	return slice_ieq(s, SLICE_LIT("http")) || slice_ieq(s, SLICE_LIT("https")) ||
	       slice_ieq(s, SLICE_LIT("ws")) || slice_ieq(s, SLICE_LIT("wss")) ||
	       slice_ieq(s, SLICE_LIT("ftp"));
}

/* jar:http://… and view-source:http://… are about what stands within. */
static struct slice skip_wrapping(struct slice s)
{
	struct slice inner = s;
	for (size_t n; (n = scheme_length(inner));) {
		struct slice rest = slice_of(inner.p + n, inner.n - n);
		if (slice_starts(rest, SLICE_LIT("://")))
			return inner;
		inner = slice_of(rest.p + 1, rest.n - 1);
	}
	return s;
}

static enum reading read_generously(struct slice s)
{
	char room[TEXT_MAX];
	struct slice all = skip_wrapping(slice_of(room, clean(s, room)));
	const char *text = all.p;
	size_t n = all.n, scheme = scheme_length(all), at = 0;
	bool is_cut = all.p + all.n == room + TEXT_MAX;
	bool is_web = scheme && is_web_scheme(slice_of(text, scheme));
	bool is_url = is_web ||
		      (n >= scheme + 3 && scheme && memcmp(text + scheme, "://", 3) == 0) ||
		      (n >= 2 && text[0] == '/' && text[1] == '/');
	if (is_url) {
		at = scheme ? scheme + 1 : 0;
		for (size_t slashes = 0; at < n && text[at] == '/' && (is_web || slashes < 2);
		     slashes++)
			at++;
	}
	struct slice authority = slice_of(text + at, authority_length(slice_of(text + at, n - at)));
	if (authority.n == 0)
		return is_web ? READING_UNSURE : READING_NO_HOST;
	if (is_cut && at + authority.n == n)
		return READING_UNSURE;
	enum reading worst = READING_NO_HOST;
	/* Behind each @, for programs that end the user name at another one than the last. */
	for (size_t from = 0; from <= authority.n;) {
		const char *next = memchr(authority.p + from, '@', authority.n - from);
		size_t to = next ? (size_t)(next - authority.p) : authority.n;
		enum reading r = READING_NO_HOST;
		if (from || !next)
			r = judge_host(slice_of(authority.p + from, to - from), is_url);
		if (r == READING_PRIVATE)
			return r;
		if (!next)
			worst = r; /* only the last one must be a host */
		from = to + 1;
	}
	return worst;
}

enum holds test_host_private(const struct operand *o, const struct value *v)
{
	bool wants_private = !o->json || json_true(o->json);
	if (v->type != JSON_STRING)
		return HOLDS_NO;
	switch (read_generously(v->text)) {
	case READING_PRIVATE:
		return wants_private ? HOLDS_YES : HOLDS_NO;
	case READING_PUBLIC:
		return wants_private ? HOLDS_NO : HOLDS_YES;
	case READING_UNSURE:
		return HOLDS_UNSURE;
	case READING_NO_HOST:
		break;
	}
	return HOLDS_NO;
}
