/* Pins in the store: what is taken, what waits, and whose word counts. */
#include "folder.h"
#include "store/pins.h"
#include "tap.h"

static struct store *s, *other;
static struct arena a;

static bool put(struct store *to, enum store_pin_what what, const char *tool, unsigned char pin, const char *text, bool *lost)
{
	struct err e = { 0 };
	struct store_pin_change c = { .what = what, .tool = slice_str(tool), .definition = slice_str(text), .told = 7, .findings = SLICE_LIT("[]") };
	memset(c.pin, pin, sizeof c.pin);
	return store_pins_write(to, "srv", &c, 1, lost, &e);
}

static struct store_pin get(const char *tool)
{
	struct store_pin out = { 0 };
	struct err e = { 0 };
	bool found = false;
	if (!store_pin_get(s, "srv", slice_str(tool), &a, &out, &found, &e) || !found)
		return (struct store_pin){ .server = "" };
	return out;
}

static bool review(const char *tool, const char *pin, bool is_yes, struct err *e)
{
	return store_pin_review(s, &(struct store_pin_review){ "srv", tool, pin, "ann", "fine", is_yes }, e);
}

static void test_take(void)
{
	bool lost;
	ok(put(s, STORE_PIN_TAKE, "add", 0xaa, "{\"a\":1}", &lost) && !lost, "what is there first is taken");
	ok(put(other, STORE_PIN_TAKE, "add", 0xbb, "{\"a\":2}", &lost) && lost, "by one process");
	struct store_pin p = get("add");
	ok(slice_is(p.definition, "{\"a\":1}") && p.pin[0] == 0xaa && p.told == 7 && !p.reviewed_by[0] && !p.waiting.p, "whose word stands");
}

static void test_review(void)
{
	struct err e = { 0 };
	bool lost;
	ok(!review("add", "aaaaaaaa", true, &e) && strstr(e.text, "nothing"), "nothing waits yet: %s", e.text);
	ok(put(s, STORE_PIN_WAIT, "add", 0xcc, "{\"a\":3}", &lost) && get("add").waiting.p, "a change waits");
	ok(!review("add", "ccccccc", true, &e), "seven digits are not enough");
	ok(!review("add", "ccccccca", true, &e) && strstr(e.text, "begins with cccccccccccc"), "another pin is not it: %s", e.text);
	ok(!review("add", "", true, &e) && !review("other", "cccccccc", true, &e), "nor none, nor another tool");
	ok(put(other, STORE_PIN_WAIT, "add", 0xdd, "{\"a\":4}", &lost) && !review("add", "cccccccc", true, &e), "nor what has changed since it was shown");
	ok(slice_is(get("add").definition, "{\"a\":1}"), "nothing of it was taken");
	int64_t before, after;
	ok(store_pins_version(other, &before, &e) && review("add", "dddddddd", true, &e) && store_pins_version(other, &after, &e) && after > before,
	   "a yes is seen by other processes");
	struct store_pin p = get("add");
	ok(slice_is(p.definition, "{\"a\":4}") && p.pin[0] == 0xdd && strcmp(p.reviewed_by, "ann") == 0 && !p.waiting.p, "and by whom");
	ok(put(s, STORE_PIN_WAIT, "add", 0xee, "{\"a\":5}", &lost) && review("add", "eeeeeeeeee", false, &e), "a no");
	p = get("add");
	ok(p.is_rejected && strcmp(p.rejected_by, "ann") == 0 && slice_is(p.definition, "{\"a\":4}") && p.waiting.p, "leaves what was reviewed");
	ok(put(s, STORE_PIN_WAIT, "add", 0x11, "{\"a\":6}", &lost) && !get("add").is_rejected, "another change waits anew");
	struct store_pin_entry *v;
	size_t n;
	ok(store_pin_history(s, "srv", "add", &a, &v, &n, &e) && n == 3 && strcmp(v[0].what, "rejected") == 0 && strcmp(v[1].what, "accepted") == 0 &&
		   strcmp(v[2].what, "first") == 0 && v[1].pin[0] == 0xdd && strcmp(v[1].note, "fine") == 0,
	   "all of it is remembered");
}

static void test_others(void)
{
	struct err e = { 0 };
	struct store_pin *v;
	const char *const *servers;
	size_t n;
	bool lost;
	ok(put(s, STORE_PIN_BACK, "add", 0, "", &lost) && !get("add").waiting.p && get("add").definition.p, "back: nothing waits");
	ok(put(s, STORE_PIN_WAIT, "new", 0x22, "{}", &lost) && store_pins(s, "srv", true, &a, &v, &n, &e) && n == 1 && strcmp(v[0].tool, "new") == 0,
	   "a list of what waits");
	ok(put(s, STORE_PIN_BACK, "new", 0, "", &lost) && !get("new").server[0], "what was never reviewed is forgotten");
	ok(put(s, STORE_PIN_MORE, "add", 0x33, "{\"a\":7}", &lost) && get("add").pin[0] == 0x33, "more takes the place of what was");
	ok(store_pins_close(s, "srv", &e) && store_pins_close(s, "srv", &e) && store_pin_servers(s, &a, &servers, &n, &e) && n == 1, "a list that has ended");
	struct store_server srv = { .name = "srv", .transport = STORE_HTTP, .url = "http://h/", .is_enabled = true };
	ok(store_server_put(s, &srv, &e) && store_server_del(s, "srv", &e) && !get("add").server[0] && store_pin_servers(s, &a, &servers, &n, &e) && n == 0,
	   "a server that is removed is forgotten");
	ok(!store_server_del(s, "srv", &e), "and is not there any more");
}

int main(void)
{
	struct folder f = folder_new();
	struct err e = { 0 };
	arena_init(&a, 1u << 22);
	s = store_open(&(struct store_opts){ .data_dir = f.path }, &e);
	other = s ? store_open(&(struct store_opts){ .data_dir = f.path }, &e) : NULL;
	ok(s && other, "a store for two: %s", e.text);
	test_take();
	test_review();
	test_others();
	store_close(&other);
	store_close(&s);
	arena_release(&a);
	folder_remove(&f);
	return tap_done();
}
