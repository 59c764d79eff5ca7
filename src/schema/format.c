/* Formats by their RFCs. Those that need tables of Unicode (idn-hostname) are not known. */
#include "schema/format.h"
#include "base/compiler.h"
#include "base/regex.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char take(struct slice *s)
{
	if (!s->n)
		return '\0';
	s->n--;
	return *s->p++;
}

static bool take_char(struct slice *s, const char *any)
{
	if (!s->n || !*s->p || !strchr(any, *s->p))
		return false;
	take(s);
	return true;
}

/* Exactly n digits as a number, or -1. */
static int take_number(struct slice *s, size_t n)
{
	int v = 0;
	if (s->n < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char c = take(s);
		if (!is_digit(c))
			return -1;
		v = v * 10 + (c - '0');
	}
	return v;
}

static bool take_date(struct slice *s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = take_number(s, 4);
	bool has_month = year >= 0 && take_char(s, "-");
	int month = has_month ? take_number(s, 2) : -1;
	int day = month > 0 && take_char(s, "-") ? take_number(s, 2) : -1;
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && is_leap);
}

/* RFC 3339, 5.6 with a leap second, which must be one in UTC. */
static bool take_time(struct slice *s)
{
	int hour = take_number(s, 2);
	int minute = take_char(s, ":") ? take_number(s, 2) : -1;
	int second = take_char(s, ":") ? take_number(s, 2) : -1;
	int away = 0;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return false;
	if (take_char(s, ".")) {
		if (take_number(s, 1) < 0)
			return false;
		while (s->n && is_digit(*s->p))
			take(s);
	}
	if (!take_char(s, "zZ")) {
		bool is_behind = s->n && *s->p == '-';
		if (!take_char(s, "+-"))
			return false;
		int h = take_number(s, 2), m = take_char(s, ":") ? take_number(s, 2) : -1;
		if (h < 0 || h > 23 || m < 0 || m > 59)
			return false;
		away = (h * 60 + m) * (is_behind ? 1 : -1);
	}
	return second < 60 || (hour * 60 + minute + away + 2880) % 1440 == 1439;
}

static bool is_date(struct slice s)
{
	return take_date(&s) && !s.n;
}

static bool is_time(struct slice s)
{
	return take_time(&s) && !s.n;
}

static bool is_date_time(struct slice s)
{
	return take_date(&s) && take_char(&s, "tT") && take_time(&s) && !s.n;
}

/* Number and unit pairs in the order of `units`, each once; those between must not be left out. */
static bool take_durations(struct slice *s, const char *units)
{
	size_t last = 0;
	bool has_any = false;
	while (s->n && is_digit(*s->p)) {
		while (s->n && is_digit(*s->p))
			take(s);
		char unit = take(s);
		const char *at = unit ? strchr(units, unit) : NULL;
		size_t i = at ? (size_t)(at - units) : 0;
		if (!at || (has_any && i != last + 1))
			return false;
		last = i;
		has_any = true;
	}
	return has_any;
}

/* RFC 3339, appendix A. */
static bool is_duration(struct slice s)
{
	if (!take_char(&s, "P"))
		return false;
	if (s.n && s.p[s.n - 1] == 'W')
		return take_durations(&s, "W") && !s.n;
	bool has_date = s.n && *s.p != 'T';
	if (has_date && !take_durations(&s, "YMD"))
		return false;
	if (!s.n)
		return has_date;
	return take_char(&s, "T") && take_durations(&s, "HMS") && !s.n;
}

/* RFC 1123, 2.1. */
static bool is_hostname(struct slice s)
{
	size_t label = 0;
	if (!s.n || s.n > 253)
		return false;
	for (size_t i = 0; i <= s.n; i++) {
		char c = i < s.n ? s.p[i] : '.';
		if (c == '.') {
			if (!label || label > 63 || s.p[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!is_letter(c) && !is_digit(c) && !(c == '-' && label))
			return false;
		/* "--" there is reserved for encoded names, which would have to be decoded. */
		label++;
		if (label == 4 && c == '-' && s.p[i - 1] == '-' && (s.p[i - 3] | 32) != 'x')
			return false;
	}
	return true;
}

static bool is_ipv4(struct slice s)
{
	size_t part = 1;
	for (;; part++) {
		size_t n = 0;
		while (n < s.n && is_digit(s.p[n]))
			n++;
		unsigned long long v;
		struct slice digits = slice_of(s.p, n);
		/* A leading zero is octal to some. */
		if (n > 3 || !slice_u64(digits, &v) || v > 255 || (n > 1 && s.p[0] == '0'))
			return false;
		s = slice_of(s.p + n, s.n - n);
		if (!take_char(&s, "."))
			return part == 4 && !s.n;
	}
}

/* RFC 4291, 2.2: eight groups, of which "::" stands for one or more; the last two may be an
 * IPv4 address. */
static bool is_ipv6(struct slice s)
{
	size_t groups = 0;
	bool has_gap = slice_starts(s, SLICE_LIT("::"));
	if (has_gap)
		s = slice_of(s.p + 2, s.n - 2);
	while (s.n) {
		size_t n = 0;
		while (n < s.n && is_hex(s.p[n]))
			n++;
		if (n < s.n && s.p[n] == '.') {
			groups += 2;
			return is_ipv4(s) && (has_gap ? groups < 8 : groups == 8);
		}
		if (n < 1 || n > 4)
			return false;
		groups++;
		s = slice_of(s.p + n, s.n - n);
		if (!s.n)
			break;
		if (!take_char(&s, ":") || !s.n)
			return false;
		if (*s.p == ':') {
			if (has_gap)
				return false;
			has_gap = true;
			take(&s);
		}
	}
	return has_gap ? groups < 8 : groups == 8;
}

static bool is_atext(char c, bool is_international)
{
	return is_letter(c) || is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c)) ||
	       (is_international && ((unsigned char)c & 0x80));
}

/* RFC 5321, 4.1.2: local part, which may be quoted, and a host or an address in brackets. */
static bool is_mailbox(struct slice s, bool is_international)
{
	size_t i = 0;
	if (s.n && s.p[0] == '"') {
		for (i = 1; i < s.n && s.p[i] != '"'; i++) {
			i += s.p[i] == '\\';
			if (i >= s.n || (unsigned char)s.p[i] < 32 || s.p[i] == 127)
				return false;
		}
		i++;
	} else {
		for (bool was_dot = true; i < s.n && s.p[i] != '@'; i++) {
			bool is_dot = s.p[i] == '.';
			if ((is_dot && was_dot) || (!is_dot && !is_atext(s.p[i], is_international)))
				return false;
			was_dot = is_dot;
		}
		if (!i || s.p[i - 1] == '.')
			return false;
	}
	if (i >= s.n || s.p[i] != '@' || (i > 64 && !is_international))
		return false;
	struct slice host = slice_of(s.p + i + 1, s.n - i - 1);
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
		host = slice_of(host.p + 1, host.n - 2);
		if (slice_starts(host, SLICE_LIT("IPv6:")))
			return is_ipv6(slice_of(host.p + 5, host.n - 5));
		return is_ipv4(host);
	}
	for (i = 0; is_international && i < host.n; i++)
		if ((unsigned char)host.p[i] & 0x80)
			return true; /* a name that would have to be encoded */
	return is_hostname(host);
}

static bool is_email(struct slice s)
{
	return is_mailbox(s, false);
}

static bool is_idn_email(struct slice s)
{
	return is_mailbox(s, true);
}

static bool is_uuid(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		if (is_hyphen ? s.p[i] != '-' : !is_hex(s.p[i]))
			return false;
	}
	return s.n == 36;
}

/* RFC 3986, appendix A; with RFC 3987, 2.2 when international. */
static bool are_uri_chars(struct slice s, const char *more, bool is_international)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '%') {
			if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
				return false;
			i += 2;
		} else if (!is_letter(c) && !is_digit(c) && !(c && (strchr("-._~!$&'()*+,;=", c) || strchr(more, c))) &&
		           !(is_international && ((unsigned char)c & 0x80))) {
			return false;
		}
	}
	return true;
}

static struct slice take_until(struct slice *s, const char *any)
{
	struct slice head = slice_of(s->p, 0);
	while (s->n && !(*s->p && strchr(any, *s->p))) {
		take(s);
		head.n++;
	}
	return head;
}

static bool is_authority(struct slice s, bool is_international)
{
	const char *at = s.n ? memchr(s.p, '@', s.n) : NULL;
	if (at) {
		struct slice user = slice_of(s.p, (size_t)(at - s.p));
		if (!are_uri_chars(user, ":", is_international))
			return false;
		s = slice_of(at + 1, s.n - user.n - 1);
	}
	if (s.n && s.p[0] == '[') {
		struct slice address = take_until(&s, "]");
		if (!take_char(&s, "]") || address.n < 2)
			return false;
		address = slice_of(address.p + 1, address.n - 1);
		if ((address.p[0] | 32) != 'v' && !is_ipv6(address))
			return false;
	} else if (!are_uri_chars(take_until(&s, ":"), "", is_international)) {
		return false;
	}
	if (!take_char(&s, ":"))
		return !s.n;
	while (s.n && is_digit(*s.p))
		take(&s);
	return !s.n;
}

static bool is_reference(struct slice s, bool needs_scheme, bool is_international)
{
	struct slice rest = s;
	struct slice scheme = take_until(&rest, ":/?#");
	bool has_scheme = rest.n && *rest.p == ':' && scheme.n;
	for (size_t i = 0; has_scheme && i < scheme.n; i++)
		has_scheme = is_letter(scheme.p[i]) ||
		             (i && (is_digit(scheme.p[i]) || memchr("+-.", scheme.p[i], 3)));
	/* Without a scheme the first segment may not have a colon. */
	if (needs_scheme ? !has_scheme : (!has_scheme && rest.n && *rest.p == ':'))
		return false;
	if (has_scheme) {
		s = rest;
		take(&s);
	}
	if (slice_starts(s, SLICE_LIT("//"))) {
		s = slice_of(s.p + 2, s.n - 2);
		if (!is_authority(take_until(&s, "/?#"), is_international))
			return false;
	}
	if (!are_uri_chars(take_until(&s, "?#"), ":@/", is_international))
		return false;
	if (take_char(&s, "?") && !are_uri_chars(take_until(&s, "#"), ":@/?", is_international))
		return false;
	return !take_char(&s, "#") ? !s.n : are_uri_chars(s, ":@/?", is_international);
}

static bool is_uri(struct slice s)
{
	return is_reference(s, true, false);
}

static bool is_uri_reference(struct slice s)
{
	return is_reference(s, false, false);
}

static bool is_iri(struct slice s)
{
	return is_reference(s, true, true);
}

static bool is_iri_reference(struct slice s)
{
	return is_reference(s, false, true);
}

static bool is_expression(struct slice s)
{
	take_char(&s, "+#./;?&=,!@|");
	do {
		struct slice name = take_until(&s, ",:*");
		if (!name.n || !are_uri_chars(name, "", false))
			return false;
		for (size_t i = 0; i < name.n; i++)
			if (!is_letter(name.p[i]) && !is_digit(name.p[i]) && !memchr("_.%", name.p[i], 3))
				return false;
		if (take_char(&s, ":")) {
			struct slice n = take_until(&s, ",");
			unsigned long long v;
			if (!slice_u64(n, &v) || v < 1 || v > 9999)
				return false;
		} else {
			take_char(&s, "*");
		}
	} while (take_char(&s, ","));
	return !s.n;
}

/* RFC 6570. */
static bool is_uri_template(struct slice s)
{
	while (s.n) {
		char c = take(&s);
		if (c == '{') {
			if (!is_expression(take_until(&s, "{}")) || !take_char(&s, "}"))
				return false;
		} else if (c == '}' || (unsigned char)c <= 32 || strchr("\"'<>\\^`|", c)) {
			return false;
		} else if (c == '%' && (s.n < 2 || !is_hex(s.p[0]) || !is_hex(s.p[1]))) {
			return false;
		}
	}
	return true;
}

/* RFC 6901. */
static bool is_json_pointer(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '~' && (i + 1 == s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
			return false;
	return !s.n || s.p[0] == '/';
}

static bool is_relative_pointer(struct slice s)
{
	size_t n = 0;
	while (n < s.n && is_digit(s.p[n]))
		n++;
	if (!n || (n > 1 && s.p[0] == '0'))
		return false;
	s = slice_of(s.p + n, s.n - n);
	return slice_is(s, "#") || is_json_pointer(s);
}

static bool is_regex(struct slice s)
{
	struct regex *r = regex_new(s, REGEX_ECMA, NULL);
	bool is_fine = r != NULL;
	regex_free(&r);
	return is_fine;
}

static const struct {
	const char *name;
	format_check *check;
} formats[] = {
	{ "date", is_date },
	{ "date-time", is_date_time },
	{ "duration", is_duration },
	{ "email", is_email },
	{ "hostname", is_hostname },
	{ "idn-email", is_idn_email },
	{ "ipv4", is_ipv4 },
	{ "ipv6", is_ipv6 },
	{ "iri", is_iri },
	{ "iri-reference", is_iri_reference },
	{ "json-pointer", is_json_pointer },
	{ "regex", is_regex },
	{ "relative-json-pointer", is_relative_pointer },
	{ "time", is_time },
	{ "uri", is_uri },
	{ "uri-reference", is_uri_reference },
	{ "uri-template", is_uri_template },
	{ "uuid", is_uuid },
};

format_check *format_find(struct slice name, const char **constant)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (slice_is(name, formats[i].name)) {
			*constant = formats[i].name;
			return formats[i].check;
		}
	return NULL;
}
