/* Names of files, and words of the search. */
#include "site/name.h"
#include "site/words.h"
#include "tap.h"

static bool becomes(const char *name, const char *file)
{
	char out[SITE_NAME_SIZE];
	site_name(slice_str(name), out);
	return strcmp(out, file) == 0;
}

/* Letters, digits, "_", "-" and one "~": safe on every file system, and in an address. */
static bool is_safe(struct slice name)
{
	char out[SITE_NAME_SIZE];
	site_name(name, out);
	size_t n = strlen(out);
	return n && n < SITE_NAME_SIZE - 8 && strspn(out, "abcdefghijklmnopqrstuvwxyz0123456789_-~") == n;
}

static bool differ(const char *a, const char *b)
{
	char x[SITE_NAME_SIZE], y[SITE_NAME_SIZE];
	site_name(slice_str(a), x);
	site_name(slice_str(b), y);
	return strcmp(x, y) != 0;
}

static bool has_stem(const char *name, const char *stem)
{
	char out[SITE_NAME_SIZE];
	site_name(slice_str(name), out);
	return strncmp(out, stem, strlen(stem)) == 0 && out[strlen(stem)] == '~';
}

static bool gives(const char *text, const char *words)
{
	struct words w = words_of(slice_str(text));
	char all[400] = "", word[WORD_SIZE];
	size_t n, at = 0;
	while ((n = words_next(&w, word)) && at + n + 2 < sizeof all) {
		if (at)
			all[at++] = ' ';
		memcpy(all + at, word, n);
		at += n;
	}
	all[at] = '\0';
	if (strcmp(all, words) != 0)
		printf("# '%s'\n", all);
	return strcmp(all, words) == 0;
}

static void test_names(void)
{
	char plain[66], over[67], long_name[5000];
	memset(plain, 'a', 64), plain[64] = '\0';
	memset(over, 'a', 65), over[65] = '\0';
	memset(long_name, 'a', sizeof long_name - 1), long_name[sizeof long_name - 1] = '\0';
	ok(becomes("read_file", "read_file") && becomes("list-all-2", "list-all-2"), "a plain name stands as it is");
	ok(becomes(plain, plain) && !becomes(over, over), "up to 64 bytes of it");
	ok(has_stem("CloneContainerToECR", "clonecontainertoecr"), "capitals become small, with a hash");
	ok(becomes("CloneContainerToECR", "clonecontainertoecr~hdu33igdl5myxeuseezn"), "which is the same for ever");
	ok(differ("Read", "read") && differ("READ", "Read"), "names that differ in case have different files");
	ok(differ("a.b", "a-b") && differ("a.b", "a/b") && differ("a", "a "), "so have names that differ in what is replaced");
	ok(has_stem("CON", "con") && has_stem("con", "con") && has_stem("lpt1", "lpt1") && has_stem("index", "index"),
	   "names that file systems or the site reserve are not used");
	ok(becomes("com", "com") && becomes("console", "console"), "those that only begin so are");
	ok(has_stem("../../etc/passwd", "etc-passwd"), "nothing climbs");
	ok(has_stem("", "") && has_stem("\xe5\x88\xa0", ""), "what has no letter of ours is its hash");
	ok(has_stem("-rf", "rf") && has_stem("~2", "2"), "nothing looks like an option or a page of ours");
	ok(is_safe(slice_str(long_name)) && is_safe(SLICE_LIT("a\0b")) && is_safe(SLICE_LIT("\xff\n<>:\"|?*")), "any bytes are safe");
	ok(differ(long_name, long_name + 1), "long names that begin alike differ");
}

static void test_words(void)
{
	ok(gives("read_file", "read file") && gives("list-all.items", "list all items"), "words are split at marks");
	ok(gives("CloneContainerToECR", "clone container to ecr"), "and at capitals");
	ok(gives("parseHTTPResponse", "parse http response"), "the last of a run of capitals begins a word");
	ok(gives("s3Upload base64", "s3 upload base64"), "digits stay where they stand");
	ok(gives("\xd0\xa3\xd0\xb4\xd0\xb0\xd0\xbb\xd0\xb8\xd1\x82\xd1\x8c", "\xd1\x83\xd0\xb4\xd0\xb0\xd0\xbb\xd0\xb8\xd1\x82\xd1\x8c"),
	   "capitals of other alphabets become small");
	ok(gives("\xe5\x88\xa0\xe9\x99\xa4\xe6\x96\x87", "\xe5\x88\xa0\xe9\x99\xa4 \xe9\x99\xa4\xe6\x96\x87"), "Chinese gives its pairs");
	ok(gives("\xe5\x88\xa0 x\xe9\x99\xa4", "\xe5\x88\xa0 x \xe9\x99\xa4"), "or a sign that stands alone");
	ok(gives("", "") && gives("  --  ", "") && gives("\xff\xfe", ""), "no word in what has none");
	ok(gives("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	   "a word is cut");
	ok(word_is_common(SLICE_LIT("the")) && !word_is_common(SLICE_LIT("delete")), "common words are known");
}

int main(void)
{
	test_names();
	test_words();
	return tap_done();
}
