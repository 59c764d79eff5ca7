/* The forms of identifiers, each on its edges. */
#include "base/check.h"
#include "policy/ident_form.h"
#include "tap.h"

static void check(const char *what, bool (*is)(struct slice), const char *const *texts, bool want)
{
	for (; *texts; texts++)
		ok(is(slice_str(*texts)) == want, "'%s' is %s%s", *texts, want ? "" : "no ", what);
}

static void test_times(void)
{
	static const char *const yes[] = {
		"2024-05-20", "2024-5-2", "2024/05/20", "2024.05.31", "20.05.2024", "31.12.24", "5/6/2024",
		"2024-05-20t10:00:00z", "2024-05-20t10:00:00.123+02:00", "10:30", "10:30:59", "24:59", "1:05",
		"10:30:59.250", "10:30-11:45", NULL};
	static const char *const no[] = {
		"", "2024", "2024-05", "2024-32-20", "2024-05-32", "2024-100-20", "32.05.2024", "123.05.2024",
		"20.05.202", "20.05.20245", "2024-05/20", "2024-05-20x", "10:60", "25:00", "100:30", "10:3",
		"10:300", "2024:05:20", "10.30", "1:2:3", "192.168.0.1", "2024-05-20-11-12", "20-21-22-23",
		"2024-05-20 x", "a2024-05-20", "2024-05-123", "12:30:40:50", NULL};
	check("time", ident_is_time, yes, true);
	check("time", ident_is_time, no, false);
}

static void test_hosts(void)
{
	static const char *const yes[] = {"a.example", "a-b.c_d.example", "1.example", "x.y.z.io", "a.xn--p1ai",
					  "b\xc3\xbc" "cher.example", "10.0.0.1", "255.255.255.255", NULL};
	static const char *const no[] = {"", "example", ".example", "a..example", "a.", "a.b1", "a.x", "a b.example",
					 "a/b.example", "a.example.", "256.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.4x",
					 "a.exam-ple", "a:b.example", "a!.example", "a.xn--", "1.2.3.1234", NULL};
	check("host", ident_is_host, yes, true);
	check("host", ident_is_host, no, false);
	static const char *const ip4[] = {"0.0.0.0", "10.1.2.255", NULL};
	static const char *const not_ip4[] = {"1.2.3.256", "1.2.3", "1.2.3.4.5", "1-2-3-4", "1.2.3:4", "1.2.3.0004", "", NULL};
	check("address", ident_is_ip4, ip4, true);
	check("address", ident_is_ip4, not_ip4, false);
}

static void test_words(void)
{
	static const char *const yes[] = {"", "word", "two-words", "\xc3\xa9t\xc3\xa9", NULL};
	static const char *const no[] = {"w0rd", "a.b", "a_b", "a b", "9", NULL};
	check("word", ident_is_word, yes, true);
	check("word", ident_is_word, no, false);
	static const struct {
		const char *text;
		enum ident_kind kind;
	} parts[] = {{"abcdefgh", IDENT_WORD}, {"abcd-efgh", IDENT_WORD}, {"abcd_efgh", IDENT_ID},
		     {"abcd-ef1h", IDENT_ID},  {"abcdefg1", IDENT_ACCOUNT}, {"12345678", IDENT_ACCOUNT}, {"a.b.c.d.e", IDENT_ID}};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		ok(ident_kind_of_part(slice_str(parts[i].text)) == parts[i].kind, "the kind of %s", parts[i].text);
	ok(ident_count_points(SLICE_LIT("")) == 0 && ident_count_points(SLICE_LIT("a\xc3\xa9\xe6\xbc\xa2")) == 3, "characters");
	ok(slice_is(ident_trim(SLICE_LIT("xxaxyx"), "x", "xy"), "a"), "trimmed on both sides");
	ok(slice_is(ident_trim(SLICE_LIT("xax"), "", "x"), "xa") && slice_is(ident_trim(SLICE_LIT("xax"), "x", ""), "ax"), "and on one");
	ok(ident_trim(SLICE_LIT("xx"), "x", "x").n == 0 && slice_is(ident_trim_part(SLICE_LIT("/a.b_")), "a.b"), "to nothing");
}

static void test_groups(void)
{
	static const char *const accounts[] = {"de89", "gb29", NULL};
	static const char *const others[] = {"", "de8", "de890", "d189", "1e89", "dex9", "de8x", NULL};
	check("begin of an account", ident_begins_account, accounts, true);
	check("begin of an account", ident_begins_account, others, false);
	ok(ident_is_group(SLICE_LIT("1234"), false) && ident_is_group(SLICE_LIT("12-34"), false), "digits");
	ok(ident_is_group(SLICE_LIT("123456789012345"), false) && !ident_is_group(SLICE_LIT("1234567890123456"), false), "at most 15");
	ok(!ident_is_group(SLICE_LIT(""), true) && !ident_is_group(SLICE_LIT("12a4"), false), "no letters");
	ok(ident_is_group(SLICE_LIT("nwbk"), true) && !ident_is_group(SLICE_LIT("nw.k"), true), "but in an account");
	static const char *const writers[] = {"sender", "From", "AUTHOR", "reply_to", "reply-to", "ReplyTo", "organizer", "created_by",
					      "createdBy", "return_path", NULL};
	static const char *const not_writers[] = {"", "to", "recipient", "from_", "fro", "participants", "cc", NULL};
	check("writer", ident_names_writer, writers, true);
	check("writer", ident_names_writer, not_writers, false);
}

int main(void)
{
	test_times();
	test_hosts();
	test_words();
	test_groups();
	return tap_done();
}
