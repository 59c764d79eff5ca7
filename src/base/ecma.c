/*
 * One pass over the pattern. Only structure that PCRE2 reads in another way is looked
 * at; brackets that do not close and the like are found by PCRE2 itself.
 */
#include "base/ecma.h"
#include <stdint.h>

/* White space of ECMA-262 (12.2, 12.3), and all the rest, as the inside of a class. */
#define SPACE "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}" \
	"\\x{205f}\\x{3000}\\x{feff}"
#define NO_SPACE "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}" \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}" \
	"\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

/* PCRE2 knows general categories by their short names only. */
static const struct {
	const char *name, *category;
} categories[] = {
	{ "Cased_Letter", "L&" }, { "Close_Punctuation", "Pe" }, { "Connector_Punctuation", "Pc" },
	{ "Control", "Cc" }, { "Currency_Symbol", "Sc" }, { "Dash_Punctuation", "Pd" },
	{ "Decimal_Number", "Nd" }, { "Enclosing_Mark", "Me" }, { "Final_Punctuation", "Pf" },
	{ "Format", "Cf" }, { "Initial_Punctuation", "Pi" }, { "LC", "L&" }, { "Letter", "L" },
	{ "Letter_Number", "Nl" }, { "Line_Separator", "Zl" }, { "Lowercase_Letter", "Ll" },
	{ "Mark", "M" }, { "Math_Symbol", "Sm" }, { "Modifier_Letter", "Lm" },
	{ "Modifier_Symbol", "Sk" }, { "Nonspacing_Mark", "Mn" }, { "Number", "N" },
	{ "Open_Punctuation", "Ps" }, { "Other", "C" }, { "Other_Letter", "Lo" },
	{ "Other_Number", "No" }, { "Other_Punctuation", "Po" }, { "Other_Symbol", "So" },
	{ "Paragraph_Separator", "Zp" }, { "Private_Use", "Co" }, { "Punctuation", "P" },
	{ "Separator", "Z" }, { "Space_Separator", "Zs" }, { "Spacing_Mark", "Mc" },
	{ "Surrogate", "Cs" }, { "Symbol", "S" }, { "Titlecase_Letter", "Lt" }, { "Unassigned", "Cn" },
	{ "Uppercase_Letter", "Lu" }, { "cntrl", "Cc" }, { "digit", "Nd" }, { "punct", "P" },
};

struct ecma {
	struct slice s; /* the pattern */
	size_t at;
	struct buf *out;
	struct err *e;
	bool dot_is_all;    /* an s flag was seen */
	bool is_quantified; /* what stands last is a quantifier */
	bool is_set;        /* the escape read last names a set of characters */
};

static char peek(const struct ecma *p, size_t ahead)
{
	return p->at + ahead < p->s.n ? p->s.p[p->at + ahead] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool read_hex(struct ecma *p, size_t digits, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < digits; i++, p->at++) {
		int d = slice_hex_digit(peek(p, 0));
		if (d < 0)
			return false;
		*out = *out * 16 + (uint32_t)d;
	}
	return true;
}

static bool translate_code_point(struct ecma *p)
{
	uint32_t c = 0, low;
	bool is_fine;
	if (peek(p, 0) == '{') {
		size_t start = ++p->at;
		while (slice_hex_digit(peek(p, 0)) >= 0 && c <= 0x10ffff)
			c = c * 16 + (uint32_t)slice_hex_digit(p->s.p[p->at++]);
		is_fine = p->at > start && peek(p, 0) == '}';
		p->at++;
	} else {
		is_fine = read_hex(p, 4, &c);
		if (is_fine && c >= 0xd800 && c < 0xdc00 && peek(p, 0) == '\\' && peek(p, 1) == 'u') {
			p->at += 2;
			is_fine = read_hex(p, 4, &low) && low >= 0xdc00 && low < 0xe000;
			c = 0x10000 + ((c - 0xd800) << 10) + (is_fine ? low - 0xdc00 : 0);
		}
	}
	if (!is_fine || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return err_set(p->e, ERR_INPUT, "\\u must be followed by a code point");
	buf_addf(p->out, "\\x{%x}", c);
	return true;
}

static bool translate_property(struct ecma *p, char kind)
{
	size_t end = p->at;
	while (end < p->s.n && p->s.p[end] != '}')
		end++;
	if (peek(p, 0) != '{' || end == p->s.n)
		return err_set(p->e, ERR_INPUT, "\\%c must be followed by a property in braces", kind);
	struct slice name = slice_of(p->s.p + p->at + 1, end - p->at - 1);
	p->at = end + 1;
	if (slice_starts(name, SLICE_LIT("gc=")))
		name = slice_of(name.p + 3, name.n - 3);
	else if (slice_starts(name, SLICE_LIT("General_Category=")))
		name = slice_of(name.p + 17, name.n - 17);
	for (size_t i = 0; i < ARRAY_LEN(categories); i++)
		if (slice_is(name, categories[i].name))
			name = slice_str(categories[i].category);
	buf_addf(p->out, "\\%c{", kind);
	buf_add_slice(p->out, name);
	buf_addc(p->out, '}');
	return true;
}

static bool translate_number(struct ecma *p, bool in_class)
{
	if (p->s.p[p->at - 1] == '0') {
		if (is_digit(peek(p, 0)))
			return err_set(p->e, ERR_INPUT, "octal escapes are not part of ECMA-262");
		buf_adds(p->out, "\\x{0}");
		return true;
	}
	if (in_class)
		return err_set(p->e, ERR_INPUT, "octal escapes are not part of ECMA-262");
	buf_adds(p->out, "\\g{");
	for (p->at--; is_digit(peek(p, 0)); p->at++)
		buf_addc(p->out, p->s.p[p->at]);
	buf_addc(p->out, '}');
	return true;
}

static void add_space(struct ecma *p, char c, bool in_class)
{
	const char *inside = c == 's' ? SPACE : NO_SPACE;
	if (in_class) {
		buf_adds(p->out, inside);
		return;
	}
	buf_addc(p->out, '[');
	buf_adds(p->out, inside);
	buf_addc(p->out, ']');
}

/* `at` stands behind the backslash. */
static bool translate_escape(struct ecma *p, bool in_class)
{
	uint32_t code;
	if (p->at == p->s.n)
		return err_set(p->e, ERR_INPUT, "a backslash ends the pattern");
	char c = p->s.p[p->at++];
	p->is_set = memchr("dDwWsSpP", c, 8) != NULL;
	if (is_digit(c))
		return translate_number(p, in_class);
	if ((unsigned char)c >= 0x80 || !is_letter(c)) {
		if ((unsigned char)c < 0x80)
			buf_addc(p->out, '\\');
		buf_addc(p->out, c);
		return true;
	}
	switch (c) {
	case 's':
	case 'S': add_space(p, c, in_class); return true;
	case 'v': buf_adds(p->out, "\\x{b}"); return true;
	case 'u': return translate_code_point(p);
	case 'p':
	case 'P': return translate_property(p, c);
	case 'x':
		if (!read_hex(p, 2, &code))
			return err_set(p->e, ERR_INPUT, "\\x must be followed by two hex digits");
		buf_addf(p->out, "\\x{%x}", code);
		return true;
	case 'c':
		if (!is_letter(peek(p, 0)))
			return err_set(p->e, ERR_INPUT, "\\c must be followed by a letter");
		buf_addf(p->out, "\\x{%x}", (unsigned)p->s.p[p->at++] % 32u);
		return true;
	default:
		if (!memchr("dDwWbBtnfrk", c, 11) || (in_class && memchr("Bk", c, 2)))
			return err_set(p->e, ERR_INPUT, "\\%c is not an escape of ECMA-262", c);
		buf_addf(p->out, "\\%c", c);
		return true;
	}
}

/* In a class PCRE2 refuses a hyphen beside \d and the like, where Annex B of ECMA-262
 * takes it as itself. */
static bool is_plain_hyphen(const struct ecma *p, bool was_set)
{
	char next = peek(p, 1);
	return was_set || (next == '\\' && peek(p, 2) && memchr("dDwWsSpP", peek(p, 2), 8));
}

static bool translate_class(struct ecma *p)
{
	bool was_set = false;
	buf_addc(p->out, '[');
	if (peek(p, 0) == '^') {
		buf_addc(p->out, '^');
		p->at++;
	}
	while (p->at < p->s.n && p->s.p[p->at] != ']') {
		char c = p->s.p[p->at];
		p->is_set = false;
		if (c == '\\') {
			p->at++;
			if (!translate_escape(p, true))
				return false;
		} else {
			if (c == '[' || (c == '-' && is_plain_hyphen(p, was_set)))
				buf_addc(p->out, '\\');
			buf_addc(p->out, c);
			p->at++;
		}
		was_set = p->is_set;
	}
	if (p->at == p->s.n)
		return err_set(p->e, ERR_INPUT, "a character class is not closed");
	p->at++;
	buf_addc(p->out, ']');
	return true;
}

/* `at` stands behind the bracket. */
static bool translate_group(struct ecma *p)
{
	buf_addc(p->out, '(');
	if (peek(p, 0) == '*')
		return err_set(p->e, ERR_INPUT, "nothing to repeat behind '('");
	if (peek(p, 0) != '?')
		return true;
	char c = peek(p, 1);
	if (c == ':' || c == '=' || c == '!' || c == '<' || (c == 'P' && peek(p, 2) == '<')) {
		buf_addc(p->out, '?');
		p->at++;
		/* The name must not be taken for anything else. */
		while (p->at < p->s.n && memchr(":=!<P", p->s.p[p->at], 5)) {
			c = p->s.p[p->at++];
			buf_addc(p->out, c);
			if (c != 'P' && !(c == '<' && (peek(p, 0) == '=' || peek(p, 0) == '!')))
				break;
		}
		return true;
	}
	size_t end = p->at + 1;
	while (end < p->s.n && memchr("ims-", p->s.p[end], 4))
		end++;
	if (end == p->at + 1 || end == p->s.n || (p->s.p[end] != ')' && p->s.p[end] != ':'))
		return err_set(p->e, ERR_INPUT, "'(?%c' is not a group of ECMA-262", c ? c : ' ');
	p->dot_is_all |= memchr(p->s.p + p->at, 's', end - p->at) != NULL;
	buf_add(p->out, p->s.p + p->at, end + 1 - p->at);
	p->at = end + 1;
	return true;
}

/* Bytes of {n}, {n,} or {n,m} that start here, or 0. */
static size_t counted(const struct ecma *p)
{
	size_t i = 1, start = 1;
	while (is_digit(peek(p, i)))
		i++;
	if (i == start)
		return 0;
	if (peek(p, i) == ',')
		for (i++; is_digit(peek(p, i));)
			i++;
	return peek(p, i) == '}' ? i + 1 : 0;
}

static bool translate_quantifier(struct ecma *p, size_t n)
{
	if (p->is_quantified)
		return err_set(p->e, ERR_INPUT, "nothing to repeat before '%c'", p->s.p[p->at]);
	buf_add(p->out, p->s.p + p->at, n);
	p->at += n;
	if (peek(p, 0) == '?') {
		buf_addc(p->out, '?');
		p->at++;
	}
	p->is_quantified = true;
	return true;
}

static bool translate_one(struct ecma *p)
{
	char c = p->s.p[p->at];
	size_t n = c == '{' ? counted(p) : (c == '*' || c == '+' || c == '?');
	if (n)
		return translate_quantifier(p, n);
	p->is_quantified = false;
	p->at++;
	switch (c) {
	case '\\': return translate_escape(p, false);
	case '[': return translate_class(p);
	case '(': return translate_group(p);
	case '.':
		buf_adds(p->out, p->dot_is_all ? "." : "[^\\n\\r\\x{2028}\\x{2029}]");
		return true;
	case '{':
	case '}':
	case ']': buf_addc(p->out, '\\'); break;
	default: break;
	}
	buf_addc(p->out, c);
	return true;
}

bool ecma_translate(struct slice pattern, struct buf *out, struct err *e)
{
	struct ecma p = { .s = pattern, .out = out, .e = e };
	while (p.at < p.s.n)
		if (!translate_one(&p))
			return false;
	if (!buf_ok(out))
		return err_set(e, ERR_LIMIT, "the pattern is too long");
	return true;
}
