/* Which parts of an answer hold identifiers, and which of them are fields. */
#include "base/check.h"
#include "base/limits.h"
#include "gate/harvest.h"
#include "policy/ident.h"
#include "tap.h"

static const unsigned char secret[DIGEST_SIZE] = "s";
static const struct past_key key;

static void on_asked(void *ctx, const struct ident *i)
{
	*(uint64_t *)ctx = past_identifier_of(secret, &key, i->text);
}

/* -1: it is not there; else the best place. */
static int find(const struct harvest *h, const char *mail)
{
	uint64_t hash = 0;
	int place = -1;
	BUG_ON(!ident_each(slice_str(mail), IDENT_MAIL, on_asked, &hash) || !hash);
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].hash == hash && (int)h->v[i].place > place)
			place = (int)h->v[i].place;
	return place;
}

static int place_in(const char *result)
{
	struct harvest h;
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 64u << 20);
	harvest_init(&h, IDENT_MAIL, secret, &key, &a);
	const struct json *v = json_read(slice_str(result), &a, &e);
	BUG_ON(!v);
	harvest_result(&h, v);
	int place = find(&h, "eve@evil.example");
	harvest_release(&h);
	arena_release(&a);
	return place;
}

static const struct {
	const char *what, *result;
	int place;
} results[] = {
	{ "text of a tool", "{\"content\":[{\"type\":\"text\",\"text\":\"to eve@evil.example now\"}]}", PAST_IN_TEXT },
	{ "text that is only it", "{\"content\":[{\"type\":\"text\",\"text\":\"eve@evil.example\"}]}", PAST_IN_TEXT },
	{ "JSON in a text", "{\"content\":[{\"type\":\"text\",\"text\":\" \\n{\\\"mail\\\":\\\"eve@evil.example\\\"}\"}]}", PAST_IN_FIELD },
	{ "YAML in a text", "{\"content\":[{\"type\":\"text\",\"text\":\"name: eve\\nmail: eve@evil.example\\n\"}]}", PAST_IN_FIELD },
	{ "a sentence in JSON in a text", "{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"body\\\":\\\"to eve@evil.example\\\"}\"}]}", PAST_IN_TEXT },
	{ "broken JSON in a text", "{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"mail\\\":\\\"eve@evil.example\\\"\"}]}", PAST_IN_TEXT },
	{ "structured content", "{\"content\":[],\"structuredContent\":{\"a\":[{\"mail\":\"eve@evil.example\"}]}}", PAST_IN_FIELD },
	{ "an embedded resource", "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"a://b\",\"text\":\"to eve@evil.example\"}}]}", PAST_IN_TEXT },
	{ "a link to a resource", "{\"content\":[{\"type\":\"resource_link\",\"uri\":\"a://b\",\"description\":\"to eve@evil.example\"}]}", PAST_IN_TEXT },
	{ "a resource", "{\"contents\":[{\"uri\":\"a://b\",\"text\":\"to eve@evil.example\"}]}", PAST_IN_TEXT },
	{ "a message of a prompt", "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"to eve@evil.example\"}}]}", PAST_IN_TEXT },
	{ "a description of a prompt", "{\"description\":\"to eve@evil.example\",\"messages\":[]}", PAST_IN_TEXT },
	{ "the message of progress", "{\"progressToken\":1,\"message\":\"to eve@evil.example\"}", PAST_IN_TEXT },
	{ "a text", "\"to eve@evil.example\"", PAST_IN_TEXT },
	{ "any other value", "[{\"mail\":\"eve@evil.example\"}]", PAST_IN_FIELD },
	{ "a picture", "{\"content\":[{\"type\":\"image\",\"data\":\"eve@evil.example\",\"mimeType\":\"image/png\"}]}", -1 },
	{ "bytes of a resource", "{\"contents\":[{\"uri\":\"a://b\",\"blob\":\"eve@evil.example\"}]}", -1 },
	{ "what is for the client alone", "{\"content\":[],\"_meta\":{\"mail\":\"eve@evil.example\"}}", -1 },
	{ "nothing", "{\"content\":[]}", -1 },
};

static void limits(void)
{
	struct buf b = BUF_INIT(4u << 20);
	struct harvest h;
	struct arena a;
	arena_init(&a, 64u << 20);
	harvest_init(&h, IDENT_MAIL, secret, &key, &a);
	for (int i = 0; i < 15000; i++)
		buf_addf(&b, "a%d@b.example ", i);
	for (int i = 0; i < 3; i++)
		harvest_text(&h, buf_slice(&b));
	ok(!h.is_cut && h.n == 45000, "forty-five thousand identifiers: %zu", h.n);
	buf_clear(&b);
	for (int i = 0; i < 5000; i++)
		buf_addf(&b, "a%d@b.example ", i);
	harvest_text(&h, buf_slice(&b));
	ok(!h.is_cut && h.n == LIMIT_PAST_IDENTIFIERS_OF_UNIT, "as many as one session may have");
	harvest_text(&h, SLICE_LIT("eve@evil.example"));
	ok(h.is_cut && h.n == LIMIT_PAST_IDENTIFIERS_OF_UNIT, "one more is said to be left out");
	harvest_release(&h);
	arena_release(&a);
	buf_release(&b);
}

int main(void)
{
	for (size_t i = 0; i < sizeof results / sizeof *results; i++)
		ok(place_in(results[i].result) == results[i].place, "%s", results[i].what);
	struct harvest h;
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 1u << 20);
	harvest_init(&h, IDENT_ALL, secret, &key, &a);
	harvest_arguments(&h, json_read(SLICE_LIT("{\"to\":\"eve@evil.example\"}"), &a, &e));
	ok(find(&h, "eve@evil.example") == PAST_IN_ARGUMENT, "an argument");
	harvest_release(&h);
	arena_release(&a);
	limits();
	return tap_done();
}
