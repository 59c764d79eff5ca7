/* Answers that are kept for Idempotency-Key: whose, how many, how much of them, and for how long. */
#include "admin/api_inside.h"
#include "base/limits.h"
#include "tap.h"
#include <stdlib.h>

#define HOUR 3600000000ull

static struct once *o;
static struct buf text;

static struct api_call call(enum principal_kind kind, const char *who, const char *key)
{
	struct api_call c = { .method_name = SLICE_LIT("POST"), .path = SLICE_LIT("/api/v1/x"), .body = SLICE_LIT("{}") };
	arena_init(&c.arena, 1u << 20);
	buf_init(&c.out, LIMIT_API_ANSWER);
	c.who = (struct principal){ .kind = kind, .id = who };
	c.idempotency_key = slice_str(key);
	return c;
}

static void end(struct api_call *c)
{
	buf_release(&c->out);
	arena_release(&c->arena);
}

static enum once_end begin(const char *key, uint64_t now_us)
{
	struct api_call c = call(PRINCIPAL_USER, "ann", key);
	enum once_end e = once_begin(o, &c, now_us);
	end(&c);
	return e;
}

static void done(const char *key, int status, size_t n, uint64_t now_us)
{
	struct api_call c = call(PRINCIPAL_USER, "ann", key);
	c.status = status;
	buf_add(&c.out, text.p, n);
	once_done(o, &c, now_us);
	end(&c);
}

static void test_whose(void)
{
	struct api_call c = call(PRINCIPAL_USER, "ann", "k");
	ok(once_begin(o, &c, 1) == ONCE_GO && begin("k", 1) == ONCE_BUSY, "the first goes, the second waits");
	c.status = 201;
	c.location = "/x/1";
	snprintf(c.etag, sizeof c.etag, "\"tag\"");
	buf_adds(&c.out, "{\"a\":1}");
	once_done(o, &c, 2);
	end(&c);
	c = call(PRINCIPAL_USER, "ann", "k");
	ok(once_begin(o, &c, 3) == ONCE_AGAIN && c.status == 201 && c.is_replayed && slice_is(buf_slice(&c.out), "{\"a\":1}") &&
		   strcmp(c.location, "/x/1") == 0 && strcmp(c.etag, "\"tag\"") == 0, "afterwards it has the same answer");
	end(&c);
	c = call(PRINCIPAL_USER, "ann", "k");
	c.body = SLICE_LIT("{ }");
	ok(once_begin(o, &c, 3) == ONCE_OTHER, "another body is another wish");
	end(&c);
	c = call(PRINCIPAL_USER, "ann", "k");
	c.path = SLICE_LIT("/api/v1/y");
	ok(once_begin(o, &c, 3) == ONCE_GO, "another path has keys of its own");
	end(&c);
	c = call(PRINCIPAL_TOKEN, "ann", "k");
	ok(once_begin(o, &c, 3) == ONCE_GO, "so has a token");
	end(&c);
	c = call(PRINCIPAL_USER, "ben", "k");
	ok(once_begin(o, &c, 3) == ONCE_GO, "and everybody else");
	end(&c);
	c = call(PRINCIPAL_USER, "ann4:POST", "k");
	ok(once_begin(o, &c, 3) == ONCE_GO, "names are not taken for methods");
	end(&c);
}

static void test_what(void)
{
	ok(begin("f", 1) == ONCE_GO, "a failure");
	done("f", 422, 2, 1);
	ok(begin("f", 1) == ONCE_GO, "is not kept");
	done("f", 200, 2, 1);
	ok(begin("f", 1 + 24 * HOUR) == ONCE_AGAIN && begin("f", 2 + 24 * HOUR) == ONCE_GO, "an answer is kept for a day");
	done("f", 200, 2, 2 + 24 * HOUR);
	done("nobody began it", 200, 2, 1);
}

static void test_how_many(void)
{
	char key[32];
	size_t again = 0;
	ok(begin("long", 1) == ONCE_GO, "one that takes long");
	for (size_t i = 1; i < LIMIT_IDEMPOTENCY_KEYS; i++) {
		snprintf(key, sizeof key, "%zu", i);
		begin(key, 1);
		done(key, 200, 1, 1);
	}
	for (size_t i = 1; i < LIMIT_IDEMPOTENCY_KEYS; i++) {
		snprintf(key, sizeof key, "%zu", i);
		again += begin(key, 1) == ONCE_AGAIN;
	}
	ok(again == LIMIT_IDEMPOTENCY_KEYS - 1, "so many are kept: %zu", again);
	ok(begin("one more", 1) == ONCE_GO && begin("long", 1) == ONCE_BUSY, "for one more goes an answer, not what is under way");
	done("one more", 200, 1, 1);
	ok(begin("1", 1) == ONCE_GO && begin("3", 1) == ONCE_AGAIN, "the oldest");
	done("long", 200, 1, 1);
	ok(begin("long", 1) == ONCE_AGAIN, "which ends as any other");
}

static void test_how_much(void)
{
	begin("a", 1);
	begin("b", 1);
	begin("c", 1);
	done("a", 200, LIMIT_IDEMPOTENCY_BYTES / 2, 1);
	done("b", 200, LIMIT_IDEMPOTENCY_BYTES / 2, 1);
	ok(begin("a", 1) == ONCE_AGAIN && begin("b", 1) == ONCE_AGAIN, "as many bytes as may be");
	done("c", 200, 1, 1);
	ok(begin("b", 1) == ONCE_AGAIN && begin("c", 1) == ONCE_AGAIN && begin("a", 1) == ONCE_GO, "and one more: the oldest goes");
	done("a", 200, LIMIT_IDEMPOTENCY_BYTES + 1, 1);
	ok(begin("a", 1) == ONCE_GO && begin("b", 1) == ONCE_AGAIN, "what alone is too much is not kept, and drives nothing out");
	done("a", 200, LIMIT_IDEMPOTENCY_BYTES, 1);
	ok(begin("a", 1) == ONCE_AGAIN && begin("b", 1) == ONCE_GO, "one of exactly that size is");
}

int main(void)
{
	static void (*const tests[])(void) = { test_whose, test_what, test_how_many, test_how_much };
	buf_init(&text, LIMIT_IDEMPOTENCY_BYTES + 1);
	for (size_t i = 0; i <= LIMIT_IDEMPOTENCY_BYTES; i++)
		buf_addc(&text, 'x');
	for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
		o = once_new();
		tests[i]();
		once_free(&o);
	}
	buf_release(&text);
	return tap_done();
}
