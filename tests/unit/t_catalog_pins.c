/* Pins: what counts as a change between revisions, and what each mode lets through. */
#include "base/arena.h"
#include "catalog/pins.h"
#include "tap.h"

#define LEGACY_OLD 0u
#define LEGACY	   (PIN_TELLS_ANNOTATIONS | PIN_TELLS_TITLE | PIN_TELLS_OUTPUT)
#define SCHEMA	   "\"inputSchema\":{\"type\":\"object\"}"
#define TOOL(text, more) "{\"name\":\"add\",\"description\":\"" text "\"," SCHEMA more "}"
#define TITLE	     ",\"title\":\"Add\""
#define OUTPUT	     ",\"outputSchema\":{\"type\":\"object\"}"
#define ANY_OUTPUT   ",\"outputSchema\":{\"type\":\"string\"}"

static const struct slice server = { "s", 1 }, add = { "add", 3 };
static struct arena arena;

static const struct json *json(const char *text)
{
	struct err e;
	const struct json *v = json_read(slice_str(text), &arena, &e);
	if (!v)
		abort();
	return v;
}

static enum pin_match match(const char *kept, unsigned kept_told, const char *seen, unsigned seen_told)
{
	struct pin_facts k, s;
	pin_facts_of(json(kept), kept_told, &k);
	pin_facts_of(json(seen), seen_told, &s);
	return pin_compare(&k, &s);
}

static void test_compare(void)
{
	ok(match(TOOL("a", ""), LEGACY, "{" SCHEMA ", \"description\" : \"a\",\"name\":\"add\"}", LEGACY) == PIN_SAME, "order and spacing are no change");
	ok(match(TOOL("a", ""), LEGACY, TOOL("a", ",\"execution\":{\"taskSupport\":\"optional\"},\"_meta\":{}"), LEGACY) == PIN_SAME,
	   "what says how it is called is none of it");
	ok(match(TOOL("a", ""), LEGACY, TOOL("b", ""), LEGACY) == PIN_OTHER, "another description");
	ok(match(TOOL("a", ""), LEGACY, "{\"name\":\"add\",\"description\":\"a\",\"inputSchema\":{\"type\":\"object\",\"properties\":{}}}", LEGACY) == PIN_OTHER,
	   "another schema");
	ok(match(TOOL("a", ""), LEGACY, "{\"name\":\"add\"," SCHEMA "}", LEGACY) == PIN_OTHER, "a description that is gone");
	ok(match(TOOL("a", ",\"title\":null"), LEGACY, TOOL("a", ""), LEGACY) == PIN_SAME, "null is none");
	ok(match(TOOL("a", TITLE), LEGACY, TOOL("a", ""), LEGACY) == PIN_OTHER, "a title that is gone");
	ok(match(TOOL("a", ""), LEGACY, TOOL("a", TITLE), LEGACY) == PIN_OTHER, "a title that came");
	ok(match(TOOL("a", ""), LEGACY, TOOL("a", OUTPUT), LEGACY) == PIN_OTHER, "an output schema that came");
	ok(match(TOOL("a", ",\"annotations\":{\"readOnlyHint\":true}"), LEGACY, TOOL("a", ",\"annotations\":{\"readOnlyHint\":false}"), LEGACY) == PIN_OTHER,
	   "another claim");
}

static void test_eras(void)
{
	ok(match(TOOL("a", TITLE OUTPUT), LEGACY, TOOL("a", ""), LEGACY_OLD) == PIN_SAME, "a revision without the words says nothing of them");
	ok(match(TOOL("a", TITLE), LEGACY, TOOL("a", ",\"title\":\"Other\""), LEGACY_OLD) == PIN_OTHER, "but what it says all the same counts");
	ok(match(TOOL("a", ""), LEGACY_OLD, TOOL("a", TITLE), LEGACY) == PIN_MORE, "what the first list had no word for is more");
	ok(match(TOOL("a", ""), LEGACY_OLD, TOOL("b", TITLE), LEGACY) == PIN_OTHER, "and nothing else may differ");
	ok(match(TOOL("a", ANY_OUTPUT), PIN_TELLS_ALL, TOOL("a", ""), LEGACY) == PIN_SAME, "the older era cannot say every output schema");
	ok(match(TOOL("a", ""), LEGACY, TOOL("a", ANY_OUTPUT), PIN_TELLS_ALL) == PIN_MORE, "which the newer one adds");
	ok(match(TOOL("a", OUTPUT), PIN_TELLS_ALL, TOOL("a", ""), LEGACY) == PIN_OTHER, "but it can say this one");
	ok(match(TOOL("a", ""), PIN_TELLS_ALL, TOOL("a", ANY_OUTPUT), PIN_TELLS_ALL) == PIN_OTHER, "and the newer one can say any");
}

static enum pin_state see(struct pins *p, const char *tool, unsigned told, enum pin_news *news)
{
	bool is_new;
	const struct json *v = json(tool);
	pins_look(p, server, v, told, &is_new);
	return pins_settle(p, server, json_string(json_gets(v, "name")), news);
}

static void test_first(void)
{
	struct pins *p = pins_new(PINS_FIRST, true);
	enum pin_news news;
	ok(pins_state(p, server, add) == PIN_UNSEEN && pins_holds(p, PIN_UNSEEN), "what was not looked at may not be used");
	ok(see(p, TOOL("a", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_TAKEN, "the first list counts as reviewed");
	ok(see(p, TOOL("a", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NO_NEWS, "and is no news again");
	ok(see(p, TOOL("b", ""), LEGACY, &news) == PIN_CHANGED && news == PIN_NEWS_WAITING && pins_holds(p, PIN_CHANGED), "a change waits, also before the list has ended");
	ok(see(p, TOOL("b", ""), LEGACY, &news) == PIN_CHANGED && news == PIN_NO_NEWS, "the same change is told once");
	ok(see(p, TOOL("c", ""), LEGACY, &news) == PIN_CHANGED && news == PIN_NEWS_WAITING, "another change waits in its place");
	ok(see(p, TOOL("a", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_BACK, "and nothing when it is back");
	ok(pins_close(p, server) && !pins_close(p, server), "a list ends for the first time once");
	ok(see(p, "{\"name\":\"new\"," SCHEMA "}", LEGACY, &news) == PIN_NEW && news == PIN_NEWS_WAITING, "what comes then is new");
	ok(pins_state_of(p, server, json(TOOL("a", "")), LEGACY) == PIN_AS_REVIEWED &&
		   pins_state_of(p, server, json(TOOL("z", "")), LEGACY) == PIN_UNSEEN,
	   "a state is of a definition, not of a name");
	pins_free(&p);
}

static void test_modes(void)
{
	struct pins *review = pins_new(PINS_REVIEW, true), *flag = pins_new(PINS_FLAG, true), *off = pins_new(PINS_OFF, true);
	enum pin_news news;
	ok(see(review, TOOL("a", ""), LEGACY, &news) == PIN_NEW && news == PIN_NEWS_WAITING && pins_holds(review, PIN_NEW), "review: the first list waits");
	(void)see(flag, TOOL("a", ""), LEGACY, &news);
	ok(see(flag, TOOL("b", ""), LEGACY, &news) == PIN_CHANGED && news == PIN_NEWS_WAITING && !pins_holds(flag, PIN_CHANGED) &&
		   !pins_holds(flag, PIN_NEW) && pins_holds(flag, PIN_REJECTED),
	   "flag: what waits can be used, what was rejected cannot");
	(void)see(off, TOOL("a", ""), LEGACY, &news);
	ok(see(off, TOOL("b", ""), LEGACY, &news) == PIN_FREE && !news && !pins_holds(off, PIN_FREE), "none: all can");
	pins_free(&review);
	pins_free(&flag);
	pins_free(&off);
}

static void test_more(void)
{
	struct pins *p = pins_new(PINS_FIRST, true), *review = pins_new(PINS_REVIEW, true);
	struct pin_facts kept;
	enum pin_news news;
	(void)see(p, TOOL("a", ""), LEGACY_OLD, &news);
	ok(see(p, TOOL("a", TITLE), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_MORE, "a newer revision adds what it has words for");
	ok(see(p, TOOL("a", ""), LEGACY_OLD, &news) == PIN_AS_REVIEWED && !news, "an older one says as little as before");
	ok(see(p, TOOL("a", ",\"title\":\"B\""), LEGACY, &news) == PIN_CHANGED, "from then on it is compared");
	(void)see(p, TOOL("a", TITLE), LEGACY, &news);
	ok(see(p, TOOL("a", ""), LEGACY, &news) == PIN_CHANGED, "and its absence, too");
	pins_free(&p);

	p = pins_new(PINS_FIRST, true);
	(void)see(p, TOOL("a", ""), LEGACY_OLD, &news);
	ok(see(p, TOOL("a", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_MORE, "that it has no title is learnt");
	ok(see(p, TOOL("a", TITLE), LEGACY, &news) == PIN_CHANGED, "so that one that comes later is a change");
	(void)see(p, TOOL("a", ""), LEGACY, &news);
	ok(see(p, TOOL("a", TITLE), LEGACY, &news) == PIN_CHANGED && see(p, TOOL("a", ""), LEGACY_OLD, &news) == PIN_CHANGED && !news,
	   "who has no word for what waits does not free it");
	ok(see(p, TOOL("a", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_BACK, "who has, does");
	pins_free(&p);

	pin_facts_of(json(TOOL("a", "")), LEGACY_OLD, &kept);
	pins_load_begin(review);
	pins_load(review, server, add, &kept, NULL, false);
	pins_load_end(review);
	ok(see(review, TOOL("a", ""), LEGACY_OLD, &news) == PIN_AS_REVIEWED && see(review, TOOL("a", TITLE), LEGACY, &news) == PIN_CHANGED,
	   "review: more is more to look at");
	pins_free(&review);
}

static void test_load(void)
{
	struct pins *p = pins_new(PINS_FIRST, true);
	struct pin_facts a, b;
	enum pin_news news;
	pin_facts_of(json(TOOL("a", "")), LEGACY, &a);
	pin_facts_of(json(TOOL("b", "")), LEGACY, &b);
	pins_load_begin(p);
	pins_load_server(p, server);
	pins_load(p, server, add, &a, &b, true);
	pins_load_end(p);
	ok(see(p, TOOL("b", ""), LEGACY, &news) == PIN_REJECTED && !news, "what was rejected stays so");
	ok(see(p, TOOL("c", ""), LEGACY, &news) == PIN_CHANGED && news == PIN_NEWS_WAITING, "another change waits anew");
	ok(see(p, "{\"name\":\"new\"," SCHEMA "}", LEGACY, &news) == PIN_NEW, "the first list was before the restart");
	pin_facts_of(json(TOOL("c", "")), LEGACY, &b);
	uint64_t changes = pins_changes(p);
	pins_load_begin(p);
	pins_load_server(p, server);
	pins_load(p, server, add, &b, NULL, false);
	pins_load_end(p);
	ok(pins_state(p, server, add) == PIN_AS_REVIEWED && pins_changes(p) > changes, "a review is in force at once");
	pins_load_begin(p);
	pins_load_end(p);
	ok(pins_state(p, server, add) == PIN_NEW, "what nothing is kept of waits until it is listed again");
	ok(see(p, TOOL("c", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_TAKEN, "and then is first again");
	pins_undo(p, server, add);
	ok(pins_state(p, server, add) == PIN_UNSEEN, "what could not be kept may not be used");
	ok(see(p, TOOL("c", ""), LEGACY, &news) == PIN_AS_REVIEWED && news == PIN_NEWS_TAKEN, "and is tried again");
	pins_free(&p);
}

static void test_findings(void)
{
	struct pins *p = pins_new(PINS_FIRST, true), *lax = pins_new(PINS_FIRST, false);
	struct pin_finding likely = { "look-alike-name", false, "/name" }, sure = { "hidden-characters", true, "/description" };
	const struct pin_finding *v;
	enum pin_news news;
	bool is_new;
	pins_look(p, server, json(TOOL("a", "")), LEGACY, &is_new);
	pins_found(p, server, add, &likely);
	ok(is_new && pins_settle(p, server, add, &news) == PIN_AS_REVIEWED, "a hint does not hold a tool");
	pins_look(p, server, json(TOOL("b", "")), LEGACY, &is_new);
	ok(pins_findings(p, server, add, &v) == 0, "findings are of one definition");
	pins_free(&p);

	p = pins_new(PINS_FIRST, true);
	pins_look(p, server, json(TOOL("a", "")), LEGACY, &is_new);
	for (int i = 0; i < PIN_FINDINGS_MAX + 1; i++) {
		snprintf(likely.where, sizeof likely.where, "/%d", i);
		pins_found(p, server, add, &likely);
	}
	pins_found(p, server, add, &sure);
	ok(pins_findings(p, server, add, &v) == PIN_FINDINGS_MAX && v[PIN_FINDINGS_MAX - 1].is_certain, "a certain one has room behind many");
	ok(pins_settle(p, server, add, &news) == PIN_POISONED && news == PIN_NEWS_WAITING && pins_holds(p, PIN_POISONED), "and holds the tool");
	pins_free(&p);
	pins_look(lax, server, json(TOOL("a", "")), LEGACY, &is_new);
	pins_found(lax, server, add, &sure);
	ok(pins_settle(lax, server, add, &news) == PIN_AS_REVIEWED, "unless that is switched off");
	pins_free(&lax);
}

int main(void)
{
	arena_init(&arena, 1u << 20);
	test_compare();
	test_eras();
	test_first();
	test_modes();
	test_more();
	test_load();
	test_findings();
	arena_release(&arena);
	return tap_done();
}
