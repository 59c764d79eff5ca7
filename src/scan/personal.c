/*
 * Data of persons: addresses of mail (RFC 5322 as people write them), payment cards (ISO/IEC 7812),
 * account numbers (ISO 13616), telephone numbers (E.164 and North America), social security numbers,
 * and the numbers of national.c.
 */
#include "base/compiler.h"
#include "scan/inside.h"

#define DIGITS_MAX 40

static bool is_of_mail(char c)
{
	return is_alnum(c) || ((unsigned char)c & 0x80) || is_one_of("._%+-'", c);
}

static bool is_of_host(char c)
{
	return is_alnum(c) || ((unsigned char)c & 0x80) || c == '-';
}

static size_t email_length(struct slice text, size_t at, size_t *start)
{
	size_t from = at, end = at + 1, labels = 0, label, letters = 0;
	while (from && at - from < 64 && is_of_mail(text.p[from - 1]))
		from--;
	while (from < at && (is_one_of(".'-", text.p[from]) || ((unsigned char)text.p[from] & 0xc0) == 0x80))
		from++;
	if (follows_escape(text, from + 1))
		from++;
	if (from >= at)
		return 0;
	for (;;) {
		for (label = letters = 0; end + label < text.n && label < 64 && is_of_host(text.p[end + label]); label++)
			letters += !is_digit(text.p[end + label]) && text.p[end + label] != '-';
		if (!label || label == 64)
			break;
		labels++;
		end += label;
		if (end + 1 >= text.n || text.p[end] != '.' || !is_of_host(text.p[end + 1]))
			break;
		end++;
	}
	/* git@host:path is the address of a repository. */
	bool is_repository = at - from == 3 && memcmp(text.p + from, "git", 3) == 0;
	*start = from;
	return labels >= 2 && label >= 2 && label < 64 && letters == label && !is_repository ? end - from : 0;
}

/* Digits with at most one space or dash between them. *signs: how many of those. */
static size_t digits_length(struct slice text, size_t at, char digits[DIGITS_MAX], size_t *n, size_t *signs)
{
	size_t i = at, end = at;
	*n = *signs = 0;
	for (; i < text.n && *n < DIGITS_MAX; i++) {
		if (is_digit(text.p[i])) {
			digits[(*n)++] = text.p[i];
			end = i + 1;
		} else if ((text.p[i] == ' ' || text.p[i] == '-') && end == i && i + 1 < text.n && is_digit(text.p[i + 1])) {
			++*signs;
		} else {
			break;
		}
	}
	return end - at;
}

/* The issuers' first digits and lengths. */
static bool is_of_issuer(const char *d, size_t n)
{
	unsigned two = (unsigned)(d[0] - '0') * 10 + (unsigned)(d[1] - '0');
	unsigned four = two * 100 + (unsigned)(d[2] - '0') * 10 + (unsigned)(d[3] - '0');
	if (d[0] == '4')
		return n == 13 || n == 16 || n == 19;
	if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720))
		return n == 16;
	if (two == 34 || two == 37)
		return n == 15;
	if (two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059))
		return n == 14;
	if (four == 6011 || (four >= 6440 && four <= 6599) || two == 62 || (four >= 3528 && four <= 3589))
		return n >= 16 && n <= 19;
	return false;
}

/* The longest run of groups that is a card: other numbers may follow it. */
static size_t card_length(struct slice text, size_t at)
{
	char d[DIGITS_MAX];
	size_t n, signs, length = digits_length(text, at, d, &n, &signs), end = at + length;
	bool is_bounded = end == text.n || (!is_alnum(text.p[end]) && text.p[end] != '_');
	if (n >= 13 && n <= 19 && is_bounded && is_of_issuer(d, n) && luhn_holds(d, n))
		return length;
	if (n > 16 && signs >= 4 && is_of_issuer(d, 16) && luhn_holds(d, 16) && at + 19 < text.n &&
	    is_one_of(" -", text.p[at + 19]))
		return 19;
	return 0;
}

static size_t iban_length(struct slice text, size_t at)
{
	/* ISO 13616 registry: country and length. */
	static const char lengths[] =
		"AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27"
		"GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27"
		"MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TL23"
		"TN24TR26UA29VA22VG24XK20";
	char plain[36];
	size_t want = 0, n = 0, i = at;
	if (text.n - at < 15 || !is_upper(text.p[at + 1]) || !is_digit(text.p[at + 2]))
		return 0;
	for (size_t k = 0; k + 4 < sizeof lengths && !want; k += 4)
		if (memcmp(lengths + k, text.p + at, 2) == 0)
			want = (size_t)(lengths[k + 2] - '0') * 10 + (size_t)(lengths[k + 3] - '0');
	for (; n < want && i < text.n; i++) {
		if (is_digit(text.p[i]) || is_upper(text.p[i]))
			plain[n++] = text.p[i];
		else if (text.p[i] != ' ' || n % 4 != 0)
			break;
	}
	if (!want || n != want || (i < text.n && is_alnum(text.p[i])))
		return 0;
	unsigned rest = 0;
	for (size_t k = 0; k < n; k++) {
		char c = plain[(k + 4) % n];
		rest = (is_digit(c) ? rest * 10 + (unsigned)(c - '0') : rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
	}
	return rest == 1 ? i - at : 0;
}

static bool has_form(struct slice text, size_t at, const char *form)
{
	size_t n = strlen(form);
	if (text.n - at < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text.p[at + i];
		if (form[i] == 'd' ? !is_digit(c) : form[i] == '-' ? !is_one_of("-. ", c) : c != form[i])
			return false;
	}
	char next = at + n < text.n ? text.p[at + n] : ' ';
	return !is_alnum(next) && !(is_one_of("-.", next) && at + n + 1 < text.n && is_digit(text.p[at + n + 1]));
}

/* Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never given. */
static size_t ssn_length(struct slice text, size_t at)
{
	const char *p = text.p + at;
	if (!has_form(text, at, "ddd-dd-dddd") || p[3] == '.' || p[3] != p[6] || memcmp(p, "000", 3) == 0 ||
	    memcmp(p, "666", 3) == 0 || p[0] == '9' || memcmp(p + 4, "00", 2) == 0 || memcmp(p + 7, "0000", 4) == 0)
		return 0;
	return 11;
}

/* +49 30 1234567: what begins with a plus has 8 to 15 digits. */
static size_t phone_length(struct slice text, size_t at, enum scan_certainty *sure)
{
	size_t i = at + 1, digits = 0, signs = 0, end = at;
	for (; i < text.n && digits <= 15; i++) {
		if (is_digit(text.p[i])) {
			digits++;
			end = i + 1;
		} else if (is_one_of(" -.()/", text.p[i]) && i - end < 2) {
			signs++;
		} else {
			break;
		}
	}
	bool is_bounded = end == text.n || !is_alnum(text.p[end]);
	*sure = signs || digits >= 10 ? SCAN_LIKELY : SCAN_UNSURE;
	/* At the start of a line it may as well be a number that was added. */
	if (!signs && (at == 0 || text.p[at - 1] == '\n'))
		*sure = SCAN_UNSURE;
	return digits >= 8 && digits <= 15 && is_bounded && text.p[at + 1] != '0' ? end - at : 0;
}

/* North America: area and exchange begin with 2 to 9. */
static size_t american_length(struct slice text, size_t at)
{
	const char *p = text.p + at;
	if (p[0] == '(')
		return (has_form(text, at, "(ddd) ddd-dddd") && p[1] >= '2' && p[6] >= '2') ? 14
		       : has_form(text, at, "(ddd)ddd-dddd") && p[1] >= '2' && p[5] >= '2'  ? 13
											    : 0;
	return has_form(text, at, "ddd-ddd-dddd") && p[0] >= '2' && p[4] >= '2' && p[3] == p[7] && p[3] != ' ' ? 12 : 0;
}

static bool add(struct scan_findings *out, enum scan_kind kind, enum scan_certainty sure, const char *name, size_t start,
		size_t n)
{
	return findings_add(out, (struct scan_finding){ kind, sure, name, start, n });
}

/* At a digit that begins a number. Returns its length. */
static size_t find_number(unsigned kinds, struct slice text, size_t at, struct scan_findings *out)
{
	const char *name;
	size_t n;
	if ((kinds & SCAN_BIT(SCAN_CARD)) && (n = card_length(text, at)))
		return add(out, SCAN_CARD, SCAN_LIKELY, "card", at, n) ? n : 0;
	if ((kinds & SCAN_BIT(SCAN_SSN)) && (n = ssn_length(text, at)))
		return add(out, SCAN_SSN, SCAN_LIKELY, "us-ssn", at, n) ? n : 0;
	if ((kinds & SCAN_BIT(SCAN_NATIONAL_ID)) && (n = national_find(text, at, &name)))
		return add(out, SCAN_NATIONAL_ID, SCAN_LIKELY, name, at, n) ? n : 0;
	if ((kinds & SCAN_BIT(SCAN_PHONE)) && (n = american_length(text, at)))
		return add(out, SCAN_PHONE, SCAN_LIKELY, "phone", at, n) ? n : 0;
	return 0;
}

static size_t find_at(unsigned kinds, struct slice text, size_t at, struct scan_findings *out)
{
	char c = text.p[at], before = at ? text.p[at - 1] : ' ';
	size_t n, start;
	enum scan_certainty sure;
	const char *name;
	if (c == '@') {
		n = kinds & SCAN_BIT(SCAN_EMAIL) ? email_length(text, at, &start) : 0;
		return n && add(out, SCAN_EMAIL, SCAN_LIKELY, "email", start, n) ? start + n - at : 0;
	}
	if ((is_alnum(before) && !follows_escape(text, at)) || before == '_' || (at > 1 && is_one_of("-.", before) && is_alnum(text.p[at - 2])))
		return 0;
	if (is_digit(c))
		return find_number(kinds, text, at, out);
	if ((c == '+' || c == '(') && (kinds & SCAN_BIT(SCAN_PHONE)) && text.n - at > 8) {
		sure = SCAN_LIKELY;
		n = c == '+' ? phone_length(text, at, &sure) : american_length(text, at);
		return n && add(out, SCAN_PHONE, sure, "phone", at, n) ? n : 0;
	}
	if (!is_upper(c))
		return 0;
	if ((kinds & SCAN_BIT(SCAN_IBAN)) && (n = iban_length(text, at)))
		return add(out, SCAN_IBAN, SCAN_CERTAIN, "iban", at, n) ? n : 0;
	if ((kinds & SCAN_BIT(SCAN_NATIONAL_ID)) && text.n - at > 8 && (n = national_find(text, at, &name)))
		return add(out, SCAN_NATIONAL_ID, SCAN_LIKELY, name, at, n) ? n : 0;
	return 0;
}

void personal_find(unsigned kinds, struct slice text, struct scan_findings *out)
{
	for (size_t i = 0; i < text.n && !out->is_cut;) {
		size_t n = 0;
		char c = text.p[i];
		if (is_digit(c) || is_upper(c) || c == '@' || c == '+' || c == '(')
			n = find_at(kinds, text, i, out);
		i += n ? n : 1;
	}
}
