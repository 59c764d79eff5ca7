/* How much of each counter is used, asked of a real Valkey or Redis. */
#include "base/clock.h"
#include "valkey_rig.h"

#define WINDOW ((int64_t)36500 * 1440 * 60000000)

static struct quota_claim claim(enum quota_kind kind, unsigned key, quota_amount amount, quota_amount max)
{
	int64_t now = clock_wall_us();
	struct quota_claim c = { .kind = kind, .amount = amount, .max = max };
	memcpy(c.key, &key, sizeof key);
	if (kind == QUOTA_CONCURRENT)
		return c;
	c.window_us = WINDOW;
	c.window_start_us = now - now % WINDOW;
	c.window_end_us = c.window_start_us + WINDOW;
	if (kind == QUOTA_SLIDING)
		quota_slot_span(WINDOW, now, &c.window_start_us, &c.window_end_us);
	return c;
}

static bool take(struct asker *a, struct quota_claim *c)
{
	size_t at;
	int64_t retry;
	return asker_reserve(a, c, 1, clock_wall_us(), &at, &retry) == LEDGER_RESERVED;
}

struct looking {
	struct asker *asker;
	struct quota_claim v[4];
	bool is_told, is_known;
};

static void on_used(void *ctx, const struct quota_claim *claims, size_t n)
{
	struct looking *k = ctx;
	BUG_ON(k->is_told || n != ARRAY_LEN(k->v));
	k->is_told = true;
	k->is_known = claims != NULL;
	if (claims)
		memcpy(k->v, claims, sizeof k->v);
	loop_stop(k->asker->loop);
}

static enum ledger_result look(struct asker *a, struct looking *k)
{
	struct loop_timer late = loop_after(a->loop, 20000, asker_late, a);
	enum ledger_result r = ledger_used(a->ledger, k->v, ARRAY_LEN(k->v), clock_wall_us(), on_used, k);
	while (r == LEDGER_WAIT && !k->is_told)
		loop_run(a->loop);
	loop_cancel(a->loop, &late);
	return r;
}

/* What is used is told to the last digit, and looking takes nothing. */
static void looks(struct loop *loop, struct valkey_server *server, const char *url)
{
	const quota_amount most = (quota_amount)999999999999999999 * QUOTA_ONE + 999999999;
	struct asker a;
	asker_open(&a, loop, url, 10000, 60000);
	asker_until(&a, asker_is_up);
	struct quota_claim c = claim(QUOTA_FIXED, 1, most, most), s = claim(QUOTA_SLIDING, 1, QUOTA_ONE / 2, 5 * QUOTA_ONE), f = claim(QUOTA_CONCURRENT, 1, QUOTA_ONE, 5 * QUOTA_ONE);
	ok(take(&a, &c) && take(&a, &s) && take(&a, &f), "taken");
	for (int i = 0; i < 2; i++) {
		struct looking k = { .asker = &a, .v = { claim(QUOTA_FIXED, 1, 0, most), claim(QUOTA_SLIDING, 1, 0, 5 * QUOTA_ONE),
			                                 claim(QUOTA_CONCURRENT, 1, 0, 5 * QUOTA_ONE), claim(QUOTA_FIXED, 2, 0, most) } };
		ok(look(&a, &k) == LEDGER_WAIT && k.is_known && k.v[0].amount == most && k.v[1].amount == QUOTA_ONE / 2 &&
		   k.v[2].amount == QUOTA_ONE && k.v[3].amount == 0, "all that is used is told");
	}
	ledger_give_back(a.ledger, &f, 1);
	ledger_free(&a.ledger);
	asker_open(&a, loop, url, 500, 60000);
	asker_until(&a, asker_is_up);
	struct looking late = { .asker = &a, .v = { c, c, c, c } }, again = late;
	kill(server->pid, SIGSTOP);
	ok(look(&a, &late) == LEDGER_WAIT && late.is_told && !late.is_known, "a store that does not answer in time is not known");
	kill(server->pid, SIGCONT);
	asker_until(&a, asker_is_up);
	ok(look(&a, &again) == LEDGER_WAIT && again.is_known && again.v[0].amount == most, "until it does");
	ledger_free(&a.ledger);
}

int main(void)
{
	struct valkey_server server;
	char url[400];
	if (!server_program()) {
		printf("ok %d - all # SKIP neither valkey-server nor redis-server is installed\n", ++tap_count);
		return tap_done();
	}
	log_set_level(LOG_ERROR);
	struct loop *loop = loop_new();
	server_init(&server);
	server_start(&server, NULL, NULL);
	snprintf(url, sizeof url, "unix:%s", server.socket);
	looks(loop, &server, url);
	loop_free(&loop);
	server_release(&server);
	return tap_done();
}
