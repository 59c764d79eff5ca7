/* Session ids: what was sealed opens again; anything else, too old or changed, does not. */
#include "base/random.h"
#include "session/cache.h"
#include "tap.h"

static struct session sample(void)
{
	struct session s = { .created_us = 1000000, .server_version = MCP_2025_06_18, .client_version = MCP_2025_03_26,
		             .client_caps = 5 };
	session_set_text(s.id, sizeof s.id, SLICE_LIT("0123456789abcdef"));
	session_set_text(s.grant_id, sizeof s.grant_id, SLICE_LIT("grant-1"));
	session_set_text(s.server, sizeof s.server, SLICE_LIT("files"));
	session_set_text(s.server_session, sizeof s.server_session, SLICE_LIT("abc-def"));
	session_set_text(s.client_name, sizeof s.client_name, SLICE_LIT("tester"));
	return s;
}

int main(void)
{
	unsigned char key[SEAL_KEY_SIZE], other[SEAL_KEY_SIZE];
	random_bytes(key, sizeof key);
	random_bytes(other, sizeof other);
	struct session s = sample(), back = { .id = "" };
	struct buf token = BUF_INIT(4096);
	struct err e = { 0 };
	ok(session_seal(&s, key, &token, &e), "a session is sealed");
	ok(session_open(buf_slice(&token), key, 2000000, 1000000, &back), "it opens on the last microsecond of its age");
	ok(!memcmp(back.id, s.id, sizeof s.id) && !strcmp(back.server_session, "abc-def") && back.client_caps == 5 &&
	           back.server_version == MCP_2025_06_18 && back.client_version == MCP_2025_03_26,
	   "and carries what was put in");
	ok(!session_open(buf_slice(&token), key, 2000001, 1000000, &back), "one microsecond later it does not");
	ok(!session_open(buf_slice(&token), other, 1000000, 1000000, &back), "another key does not open it");
	int opened = 0;
	for (size_t i = 0; i < token.n; i++) {
		token.p[i] ^= 1;
		opened += session_open(buf_slice(&token), key, 1000000, 1000000, &back);
		token.p[i] ^= 1;
	}
	ok(opened == 0, "no changed token opens");
	for (size_t n = 0; n < token.n; n++)
		opened += session_open(slice_of(token.p, n), key, 1000000, 1000000, &back);
	ok(opened == 0, "no shortened token opens");
	struct session_cache cache = { .v = { NULL } };
	ok(session_cache_open(&cache, buf_slice(&token), key, 1000000, 1000000, &back), "the cache opens what is sealed");
	ok(session_cache_open(&cache, buf_slice(&token), other, 2000000, 1000000, &back) && back.client_caps == 5,
	   "and does not open it again");
	ok(!session_cache_open(&cache, buf_slice(&token), key, 2000001, 1000000, &back), "but asks for its age again");
	token.p[token.n / 2] ^= 1;
	ok(!session_cache_open(&cache, buf_slice(&token), key, 1000000, 1000000, &back), "a changed token is not in it");
	session_cache_release(&cache);
	char shown[5];
	session_set_text(shown, sizeof shown, SLICE_LIT("ab\n\xc3\xa9"));
	ok(!strcmp(shown, "ab?"), "text is cut at a character and has no control characters");
	buf_release(&token);
	return tap_done();
}
