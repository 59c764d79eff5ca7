/* Settings of a server: what is refused, and that equal fingerprints mean equal settings. */
#include "base/limits.h"
#include "tap.h"
#include "upstream/settings.h"

static struct upstream_opts http_opts(void)
{
	struct upstream_opts o = upstream_defaults();
	o.name = "files";
	o.url = "http://127.0.0.1:1/mcp";
	return o;
}

static bool is_refused(struct upstream_opts o, const char *why)
{
	struct err e = { 0 };
	bool is_fit = settings_check(&o, &e);
	if (!is_fit && !strstr(e.text, why))
		printf("# %s\n", e.text);
	return !is_fit && strstr(e.text, why);
}

static void test_check(void)
{
	static const char *const argv[] = { "x", NULL };
	struct upstream_opts o = http_opts();
	struct err e;
	char name[LIMIT_NAME + 2];
	memset(name, 'n', sizeof name);
	name[LIMIT_NAME] = '\0';
	o.name = name;
	ok(settings_check(&o, &e), "a name of the longest length is taken");
	name[LIMIT_NAME] = 'n';
	name[LIMIT_NAME + 1] = '\0';
	ok(is_refused(o, "name"), "one character more is refused");
	o = http_opts();
	o.name = "a/b";
	ok(is_refused(o, "name"), "so is a character that an address would read otherwise");
	o = http_opts();
	o.argv = argv;
	ok(is_refused(o, "either"), "a server is not both an address and a command");
	struct http_header h = { SLICE_LIT("mcp-SESSION-id"), SLICE_LIT("x") };
	o = http_opts();
	o.headers = &h;
	o.header_n = 1;
	ok(is_refused(o, "set by the gate"), "headers of the protocol are the gate's");
	h = (struct http_header){ SLICE_LIT("X-Key"), SLICE_LIT("secret\r\nHost: x") };
	ok(is_refused(o, "control character"), "no line is smuggled into a head");
	ok(!settings_check(&o, &e) && !strstr(e.text, "secret"), "and the error does not show the value");
	h = (struct http_header){ SLICE_LIT("X Key"), SLICE_LIT("x") };
	ok(is_refused(o, "forbids"), "a header's name is a token");
	o = http_opts();
	o.message_bytes_max = LIMIT_MESSAGE_BYTES + 1;
	ok(is_refused(o, "out of range"), "no server may send more than a message's limit");
}

static bool differs(const struct upstream_opts *a, const struct upstream_opts *b)
{
	unsigned char x[DIGEST_SIZE], y[DIGEST_SIZE];
	settings_fingerprint(a, x);
	settings_fingerprint(b, y);
	return !digest_equal(x, y, DIGEST_SIZE);
}

static void test_fingerprint(void)
{
	static const char *const one[] = { "ab", "c", NULL }, *const two[] = { "a", "bc", NULL };
	struct upstream_opts a = upstream_defaults(), b;
	struct http_header h = { SLICE_LIT("X-Key"), SLICE_LIT("1") }, k = { SLICE_LIT("X-Key"), SLICE_LIT("2") };
	a.name = "s";
	a.argv = one;
	a.env = two;
	b = settings_copy(&a);
	ok(!differs(&a, &b), "a copy is equal");
	settings_release(&b);
	b = a;
	b.argv = two;
	ok(differs(&a, &b), "another command differs");
	b = a;
	b.env = one;
	ok(differs(&a, &b), "another environment differs");
	a.headers = &h;
	a.header_n = 1;
	b = a;
	b.headers = &k;
	ok(differs(&a, &b), "another credential differs");
	b = a;
	b.per = UPSTREAM_PER_SESSION;
	ok(differs(&a, &b), "whose child it is differs");
}

int main(void)
{
	test_check();
	test_fingerprint();
	return tap_done();
}
