/* The forms of identifiers, each by itself. */
#include "policy/ident_form.h"
#include "base/check.h"

size_t ident_count_points(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

struct slice ident_trim(struct slice s, const char *front, const char *back)
{
	while (s.n && strchr(front, s.p[0]) && s.p[0])
		s.p++, s.n--;
	while (s.n && strchr(back, s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	return s;
}

struct slice ident_trim_part(struct slice s)
{
	return ident_trim(s, "._-~+:=&?#$%@/", "._-~+:=&?#$%@/");
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
	while (r.end < s.n && ident_is_digit(s.p[r.end]) && r.n < 4) {
		for (; r.end < s.n && ident_is_digit(s.p[r.end]) && r.lengths[r.n] < 5; r.end++) {
			r.v[r.n] = r.v[r.n] * 10 + (unsigned)(s.p[r.end] - '0');
			r.lengths[r.n]++;
		}
		r.separators[r.n++] = r.end < s.n ? s.p[r.end] : '\0';
		if (r.end + 1 < s.n && strchr("-/.:", s.p[r.end]) && ident_is_digit(s.p[r.end + 1]))
			r.end++;
		else
			break;
	}
	return r;
}

bool ident_is_time(struct slice s)
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
		if (!ident_is_digit(s.p[i]) && !strchr("t:.+-z", s.p[i]))
			return false;
	return true;
}

bool ident_is_ip4(struct slice s)
{
	struct numbers r = read_numbers(s);
	for (size_t i = 0; i < r.n; i++)
		if (r.v[i] > 255 || r.lengths[i] > 3 || (i < 3 && r.separators[i] != '.'))
			return false;
	return r.n == 4 && r.end == s.n;
}

bool ident_is_host(struct slice s)
{
	size_t from = 0, dots = 0;
	if (ident_is_ip4(s))
		return true;
	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && s.p[i] != '.') {
			if (!ident_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
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
		if (!ident_is_letter(s.p[i]) && !(s.n - from > 4 && memcmp(s.p + from, "xn--", 4) == 0))
			return false;
	return dots && s.n - from >= 2;
}

bool ident_is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ident_is_letter(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

enum ident_kind ident_kind_of_part(struct slice part)
{
	bool has_digit = false;
	for (size_t i = 0; i < part.n; i++) {
		if (!ident_is_alnum(part.p[i]))
			return ident_is_word(part) ? IDENT_WORD : IDENT_ID;
		has_digit = has_digit || ident_is_digit(part.p[i]);
	}
	return has_digit ? IDENT_ACCOUNT : IDENT_WORD;
}

bool ident_begins_account(struct slice run)
{
	return run.n == 4 && ident_is_letter(run.p[0]) && ident_is_letter(run.p[1]) && ident_is_digit(run.p[2]) &&
	       ident_is_digit(run.p[3]);
}

bool ident_is_group(struct slice run, bool has_letters)
{
	for (size_t i = 0; i < run.n; i++)
		if (!ident_is_digit(run.p[i]) && run.p[i] != '-' && !(has_letters && ident_is_letter(run.p[i])))
			return false;
	return run.n && run.n <= 15;
}

bool ident_names_writer(struct slice key)
{
	static const char *const names[] = {"sender", "from", "author", "reply_to", "reply-to", "replyto",
					    "organizer", "created_by", "createdby", "return_path"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_ieq(key, slice_str(names[i])))
			return true;
	return false;
}

unsigned ident_kind_of(struct slice word)
{
	static const struct {
		const char *word;
		enum ident_kind kind;
	} kinds[] = {{"mail", IDENT_MAIL}, {"url", IDENT_URL},   {"host", IDENT_HOST}, {"account", IDENT_ACCOUNT},
		     {"path", IDENT_PATH}, {"id", IDENT_ID}, {"word", IDENT_WORD}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (slice_is(word, kinds[i].word))
			return kinds[i].kind;
	return 0;
}
