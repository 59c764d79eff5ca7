/*
 * Numbers of persons that carry a check digit, in the form in which they are written: a shape of
 * digits (d), capitals (L) and signs, then the country's own arithmetic. The source of each is beside
 * it.
 */
#include "base/compiler.h"
#include "scan/inside.h"

#define LENGTH_MAX 24

static unsigned digit(char c)
{
	return (unsigned)(c - '0');
}

static unsigned weighted(const char *s, const unsigned char *weights, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += digit(s[i]) * weights[i];
	return sum;
}

static bool is_date(const char *month, const char *day)
{
	unsigned m = digit(month[0]) * 10 + digit(month[1]), d = digit(day[0]) * 10 + digit(day[1]);
	return m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

static uint64_t number(const char *s, size_t n)
{
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + digit(s[i]);
	return v;
}

bool luhn_holds(const char *s, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned v = digit(s[n - 1 - i]);
		sum += i % 2 == 0 ? v : v > 4 ? v * 2 - 9 : v * 2;
	}
	return sum % 10 == 0;
}

/* Spain, Real Decreto 1553/2005: DNI, and NIE with X, Y, Z for 0, 1, 2. */
static bool is_spanish(const char *s)
{
	uint64_t v = is_digit(s[0]) ? number(s, 8) : (uint64_t)(s[0] - 'X') * 10000000 + number(s + 1, 7);
	return (is_digit(s[0]) || s[0] >= 'X') && s[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[v % 23];
}

/* Italy, D.M. 23/12/1976: codice fiscale. */
static bool is_italian(const char *s)
{
	static const unsigned char odd[] = { 1,	 0, 5,	7,  9,	13, 15, 17, 19, 21, 2,	4,  18,
					     20, 11, 3, 6,  8,	12, 14, 16, 10, 22, 25, 24, 23 };
	unsigned sum = 0;
	for (size_t i = 0; i < 15; i++) {
		unsigned v = is_digit(s[i]) ? digit(s[i]) : (unsigned)(s[i] - 'A');
		sum += i % 2 == 0 ? odd[v] : v;
	}
	return (unsigned)(s[15] - 'A') == sum % 26;
}

/* France, numéro d'inscription au répertoire: the key is 97 - n mod 97. */
static bool is_french(const char *s)
{
	return (s[0] == '1' || s[0] == '2') && 97 - number(s, 13) % 97 == number(s + 13, 2);
}

/* Brazil, CPF: two digits modulo 11. */
static bool is_brazilian(const char *s)
{
	unsigned a = 0, b = 0;
	for (unsigned i = 0; i < 9; i++) {
		a += digit(s[i]) * (10 - i);
		b += digit(s[i]) * (11 - i);
	}
	a = a * 10 % 11 % 10;
	b = (b + a * 2) * 10 % 11 % 10;
	return digit(s[9]) == a && digit(s[10]) == b;
}

/* Poland, PESEL: the month says the century, too. */
static bool is_polish(const char *s)
{
	static const unsigned char w[] = { 1, 3, 7, 9, 1, 3, 7, 9, 1, 3 };
	unsigned month = (unsigned)number(s + 2, 2) % 20, day = (unsigned)number(s + 4, 2);
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
	       (10 - weighted(s, w, 10) % 10) % 10 == digit(s[10]);
}

/* Sweden, personnummer: the Luhn digit over ten. */
static bool is_swedish(const char *s)
{
	return is_date(s + 2, s + 4) && luhn_holds(s, 10);
}

/* Norway, fødselsnummer. */
static bool is_norwegian(const char *s)
{
	static const unsigned char a[] = { 3, 7, 6, 1, 8, 9, 4, 5, 2, 1 }, b[] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1 };
	return is_date(s + 2, s) && weighted(s, a, 10) % 11 == 0 && weighted(s, b, 11) % 11 == 0;
}

/* Finland, henkilötunnus. */
static bool is_finnish(const char *s)
{
	char nine[9];
	memcpy(nine, s, 6);
	size_t sign = is_digit(s[6]) ? 0 : 1; /* A, B … stand for the century */
	memcpy(nine + 6, s + 6 + sign, 3);
	return is_date(s + 2, s) && s[9 + sign] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[number(nine, 9) % 31];
}

/* India, Aadhaar: the check digit of Verhoeff. */
static bool is_indian(const char *s)
{
	static const char mul[10][11] = { "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
					  "5987604321", "6598710432", "7659821043", "8765932104", "9876543210" };
	static const char turn[8][11] = { "0123456789", "1576283094", "5803796142", "8916043527",
					  "9453126870", "4286573901", "2793806415", "7046913258" };
	unsigned c = 0;
	for (size_t i = 0; i < 12; i++)
		c = digit(mul[c][digit(turn[i % 8][digit(s[11 - i])])]);
	return s[0] >= '2' && c == 0;
}

/* China, GB 11643. */
static bool is_chinese(const char *s)
{
	static const unsigned char w[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned year = (unsigned)number(s + 6, 4);
	return year >= 1900 && year < 2100 && is_date(s + 10, s + 12) && s[17] == "10X98765432"[weighted(s, w, 17) % 11];
}

/* Republic of Korea, resident registration number. */
static bool is_korean(const char *s)
{
	static const unsigned char w[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
	return is_date(s + 2, s + 4) && (11 - weighted(s, w, 12) % 11) % 10 == digit(s[12]);
}

/* Singapore, NRIC and FIN. */
static bool is_singaporean(const char *s)
{
	static const unsigned char w[] = { 2, 7, 6, 5, 4, 3, 2 };
	unsigned sum = weighted(s + 1, w, 7) + (s[0] == 'T' || s[0] == 'G' ? 4 : 0);
	if (s[0] == 'S' || s[0] == 'T')
		return s[8] == "JZIHGFEDCBA"[sum % 11];
	return (s[0] == 'F' || s[0] == 'G') && s[8] == "XWUTRQPNMLK"[sum % 11];
}

/* Canada, social insurance number. */
static bool is_canadian(const char *s)
{
	return s[0] != '0' && s[0] != '8' && luhn_holds(s, 9);
}

/* Switzerland, AHV: an EAN-13 of 756. */
static bool is_swiss(const char *s)
{
	static const unsigned char w[] = { 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1 };
	return memcmp(s, "756", 3) == 0 && weighted(s, w, 13) % 10 == 0;
}

/* Belgium, rijksregisternummer: who is born in 2000 or later counts with a 2 in front. */
static bool is_belgian(const char *s)
{
	uint64_t n = number(s, 9), key = number(s + 9, 2);
	return 97 - n % 97 == key || 97 - (2000000000 + n) % 97 == key;
}

/* Chile, RUN: modulo 11, ten is K. */
static bool is_chilean(const char *s)
{
	unsigned sum = 0;
	for (unsigned i = 0; i < 8; i++)
		sum += digit(s[7 - i]) * (2 + i % 6);
	return s[8] == "0K987654321"[sum % 11];
}

/* United Kingdom, NHS number: modulo 11. */
static bool is_british(const char *s)
{
	static const unsigned char w[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };
	return weighted(s, w, 10) % 11 == 0 && number(s, 10) != 0;
}

/* Türkiye, T.C. kimlik numarası. */
static bool is_turkish(const char *s)
{
	unsigned odd = 0, even = 0;
	for (size_t i = 0; i < 9; i++)
		*(i % 2 == 0 ? &odd : &even) += digit(s[i]);
	unsigned ten = (odd * 7 + 90 - even) % 10;
	return s[0] != '0' && digit(s[9]) == ten && digit(s[10]) == (odd + even + ten) % 10;
}

static const struct shape {
	const char *form, *name;
	bool (*holds)(const char *s); /* of its letters and digits, without the signs */
} shapes[] = {
	{"ddddddddL", "spanish-id", is_spanish},
	{"LdddddddL", "spanish-id", is_spanish},
	{"LdddddddL", "singaporean-id", is_singaporean},
	{"LLLLLLddLddLdddL", "italian-tax-code", is_italian},
	{"ddddddddddddddd", "french-nir", is_french},
	{"d dd dd dd ddd ddd dd", "french-nir", is_french},
	{"ddd.ddd.ddd-dd", "brazilian-cpf", is_brazilian},
	{"ddddddddddd", "polish-pesel", is_polish},
	{"ddddddddddd", "norwegian-id", is_norwegian},
	{"ddddddddddd", "turkish-id", is_turkish},
	{"dddddd-dddd", "swedish-id", is_swedish},
	{"dddddd-dddL", "finnish-id", is_finnish},
	{"dddddd-dddd", "finnish-id", is_finnish},
	{"ddddddLdddL", "finnish-id", is_finnish},
	{"ddddddLdddd", "finnish-id", is_finnish},
	{"dddd dddd dddd", "aadhaar", is_indian},
	{"dddddddddddddddddd", "chinese-id", is_chinese},
	{"dddddddddddddddddL", "chinese-id", is_chinese},
	{"dddddd-ddddddd", "korean-id", is_korean},
	{"ddd-ddd-ddd", "canadian-sin", is_canadian},
	{"ddd ddd ddd", "canadian-sin", is_canadian},
	{"ddd.dddd.dddd.dd", "swiss-ahv", is_swiss},
	{"dd.dd.dd-ddd.dd", "belgian-id", is_belgian},
	{"dd.ddd.ddd-d", "chilean-run", is_chilean},
	{"dd.ddd.ddd-L", "chilean-run", is_chilean},
	{"ddd ddd dddd", "nhs-number", is_british},
};

/* Its length when the text has this form here, and its letters and digits. */
static size_t form_length(const char *form, const char *p, size_t left, char plain[LENGTH_MAX])
{
	size_t n = 0, k = 0;
	for (; form[n]; n++) {
		if (n == left || (form[n] == 'd' ? !is_digit(p[n]) : form[n] == 'L' ? !is_upper(p[n]) : p[n] != form[n]))
			return 0;
		if (form[n] == 'd' || form[n] == 'L')
			plain[k++] = p[n];
	}
	return n;
}

size_t national_find(struct slice text, size_t at, const char **name)
{
	const char *p = text.p + at;
	size_t left = text.n - at;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		char plain[LENGTH_MAX];
		if ((shapes[i].form[0] == 'd') != is_digit(p[0]))
			continue;
		size_t n = form_length(shapes[i].form, p, left, plain);
		if (!n || (n < left && (is_alnum(p[n]) || p[n] == '_')) ||
		    (left - n > 1 && is_one_of("-.", p[n]) && is_digit(p[n + 1])))
			continue;
		if (shapes[i].holds(plain)) {
			*name = shapes[i].name;
			return n;
		}
	}
	return 0;
}
