/* Counters in a real Valkey or Redis: what they count, and every way in which the store can fail. */
#include "base/clock.h"
#include "base/digest.h"
#include "valkey_rig.h"

#define MINUTE ((int64_t)60000000)

struct bed {
	struct loop *loop;
	struct valkey_server server;
	char url[400];
	unsigned key; /* each test counts on its own */
};

static struct quota_claim fixed(unsigned key, quota_amount amount, quota_amount max)
{
	struct quota_claim c = { .kind = QUOTA_FIXED, .window_us = 36500 * 1440 * MINUTE, .amount = amount, .max = max };
	int64_t now = clock_wall_us();
	memcpy(c.key, &key, sizeof key);
	c.window_start_us = now - now % c.window_us;
	c.window_end_us = c.window_start_us + c.window_us;
	return c;
}

static struct quota_claim sliding(unsigned key, int64_t window_us, quota_amount amount, quota_amount max)
{
	struct quota_claim c = fixed(key, amount, max);
	c.kind = QUOTA_SLIDING;
	c.window_us = window_us;
	quota_slot_span(window_us, clock_wall_us(), &c.window_start_us, &c.window_end_us);
	return c;
}

static struct quota_claim flight(unsigned key, quota_amount amount, quota_amount max)
{
	struct quota_claim c = fixed(key, amount, max);
	c.kind = QUOTA_CONCURRENT;
	c.window_us = c.window_start_us = c.window_end_us = 0;
	return c;
}

static void begin(struct bed *b, struct asker *a, uint64_t timeout_ms, uint64_t lease_ms)
{
	asker_open(a, b->loop, b->url, timeout_ms, lease_ms);
	asker_until(a, asker_is_up);
	b->key++;
}

static void finish(struct asker *a)
{
	ledger_free(&a->ledger);
}

static enum ledger_result take(struct asker *a, struct quota_claim *c)
{
	size_t at;
	int64_t retry;
	return asker_reserve(a, c, 1, clock_wall_us(), &at, &retry);
}

static enum ledger_result peek(struct asker *a, struct quota_claim c)
{
	size_t at;
	int64_t retry;
	return asker_peek(a, &c, 1, clock_wall_us(), &at, &retry);
}

/* How many of one each still fit. */
static int left_of(struct asker *a, struct quota_claim c, int most)
{
	for (int n = most; n > 0; n--) {
		c.amount = n * QUOTA_ONE;
		if (peek(a, c) == LEDGER_RESERVED)
			return n;
	}
	return 0;
}

/* Waits until so many fit: what was given back is on its way. */
static bool comes_back(struct asker *a, struct quota_claim c, int n)
{
	for (int64_t until = clock_wall_us() + 20000000; clock_wall_us() < until;) {
		asker_until(a, asker_is_up);
		if (left_of(a, c, n) == n)
			return true;
	}
	return false;
}

static void say(struct bed *b, const char *command, const char *expect)
{
	char reply[200];
	server_say(&b->server, command, reply);
	if (strncmp(reply, expect, strlen(expect)) != 0)
		printf("# '%s' is answered '%s'\n", command, reply);
	BUG_ON(strncmp(reply, expect, strlen(expect)) != 0);
}

/* The largest numbers that there are, and those around which a double or a limb would be wrong. */
static void decimals(struct bed *b)
{
	const quota_amount most = (quota_amount)999999999999999999 * QUOTA_ONE + 999999999, billion = QUOTA_ONE;
	const quota_amount edges[] = { 1, 999999999, billion, billion + 1, billion * billion - 1, billion * billion,
		                       billion * billion + 1, ((quota_amount)1 << 53) * billion + 1, most - 1, most };
	struct asker a;
	int wrong = 0;
	begin(b, &a, 10000, 60000);
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		b->key++;
		struct quota_claim some = fixed(b->key, edges[i] - 1, edges[i]), one = fixed(b->key, 1, edges[i]);
		wrong += take(&a, &some) != LEDGER_RESERVED; /* all but the last digit */
		wrong += take(&a, &one) != LEDGER_RESERVED;
		wrong += peek(&a, one) != LEDGER_REFUSED; /* not one more */
		ledger_give_back(a.ledger, &one, 1);
		struct quota_claim two = fixed(b->key, 2, edges[i]);
		wrong += edges[i] > 1 && peek(&a, two) != LEDGER_REFUSED;
		wrong += peek(&a, one) != LEDGER_RESERVED;
		ledger_give_back(a.ledger, &some, 1);
		struct quota_claim all = fixed(b->key, edges[i], edges[i]);
		wrong += take(&a, &all) != LEDGER_RESERVED; /* nothing was left behind */
		struct quota_claim lease = flight(b->key + 1000000, edges[i], edges[i]);
		wrong += take(&a, &lease) != LEDGER_RESERVED;
		wrong += peek(&a, flight(b->key + 1000000, 1, edges[i])) != LEDGER_REFUSED;
		ledger_give_back(a.ledger, &lease, 1);
		wrong += peek(&a, lease) != LEDGER_RESERVED;
	}
	ok(wrong == 0, "amounts are exact up to 18 digits and 9 behind the point");
	finish(&a);
}

static void slides(struct bed *b)
{
	struct asker a;
	int passed = 0;
	size_t at;
	int64_t retry = 0;
	begin(b, &a, 10000, 60000);
	struct quota_claim c = sliding(b->key, MINUTE, QUOTA_ONE, 10 * QUOTA_ONE), first = c, again = c;
	passed += take(&a, &first) == LEDGER_RESERVED;
	for (int i = 0; i < 12; i++, again = c)
		passed += take(&a, &again) == LEDGER_RESERVED;
	ok(passed == 10, "ten of a sliding window pass");
	again = c;
	ok(asker_reserve(&a, &again, 1, clock_wall_us(), &at, &retry) == LEDGER_REFUSED && retry > 0 && retry <= 66 * 1000000,
	   "and the next is told to wait no longer than the window and a slot");
	ledger_give_back(a.ledger, &first, 1);
	ok(left_of(&a, c, 3) == 1, "what is given back comes back to its slot");
	/* Slots of 20 ms: all of it passes within a quarter of a second. */
	c = sliding(++b->key, 220000, QUOTA_ONE, QUOTA_ONE);
	again = c;
	struct quota_claim other = fixed(b->key, QUOTA_ONE, QUOTA_ONE);
	(void)!take(&a, &other);
	ok(take(&a, &again) == LEDGER_RESERVED && asker_peek(&a, &c, 1, clock_wall_us(), &at, &retry) == LEDGER_REFUSED,
	   "a short window fills");
	int64_t until = clock_wall_us() + retry;
	while (clock_wall_us() < until)
		poll(NULL, 0, 1);
	ok(peek(&a, c) == LEDGER_RESERVED, "and passes when it was said to");
	ok(take(&a, &c) == LEDGER_RESERVED, "so the next is taken");
	ledger_give_back(a.ledger, &again, 1);
	ok(peek(&a, sliding(b->key, 220000, QUOTA_ONE, QUOTA_ONE)) == LEDGER_REFUSED,
	   "and what the first gives back after its time does not touch it");
	ledger_give_back(a.ledger, &other, 1);
	ok(comes_back(&a, other, 1), "nor what is given back behind it");
	finish(&a);
}

/* As many as can, for a while: the store's clock was between the two that are noted. */
static void never_too_many(struct bed *b)
{
	enum { WINDOW = 110000, MOST = 5, CALLS = 200 };
	static int64_t before[CALLS], after[CALLS];
	struct asker a;
	int n = 0, wrong = 0;
	begin(b, &a, 10000, 60000);
	for (int64_t until = clock_wall_us() + 700000; n < CALLS && clock_wall_us() < until;) {
		struct quota_claim c = sliding(b->key, WINDOW, QUOTA_ONE, MOST * QUOTA_ONE);
		before[n] = clock_wall_us();
		bool is_taken = take(&a, &c) == LEDGER_RESERVED;
		after[n] = clock_wall_us();
		n += is_taken;
	}
	for (int i = MOST; i < n; i++)
		wrong += after[i] - before[i - MOST] < WINDOW;
	ok(n >= 2 * MOST && wrong == 0, "of %d calls no window has more than %d", n, MOST);
	finish(&a);
}

static long ttl(struct bed *b, const char *kind, const struct quota_claim *c)
{
	char hex[2 * QUOTA_KEY_SIZE + 1], command[200], reply[200];
	digest_hex(c->key, QUOTA_KEY_SIZE, hex);
	snprintf(command, sizeof command, "PTTL {test}:%s:%s", kind, hex);
	server_say(&b->server, command, reply);
	return strtol(reply + 1, NULL, 10);
}

static void edges(struct bed *b)
{
	struct asker a;
	size_t at;
	int64_t retry;
	begin(b, &a, 10000, 60000);
	struct quota_claim c = fixed(b->key, 6 * QUOTA_ONE, 5 * QUOTA_ONE), d = fixed(b->key, 2 * QUOTA_ONE, 5 * QUOTA_ONE);
	struct quota_claim s = sliding(b->key, MINUTE, 6 * QUOTA_ONE, 5 * QUOTA_ONE), f = flight(b->key, 6 * QUOTA_ONE, 5 * QUOTA_ONE);
	ok(asker_peek(&a, &c, 1, clock_wall_us(), &at, &retry) == LEDGER_REFUSED && retry == -1, "more than max never passes");
	ok(asker_peek(&a, &s, 1, clock_wall_us(), &at, &retry) == LEDGER_REFUSED && retry == -1, "nor in a sliding window");
	ok(asker_peek(&a, &f, 1, clock_wall_us(), &at, &retry) == LEDGER_REFUSED && retry == -1, "nor at once");
	ok(take(&a, &d) == LEDGER_RESERVED && ttl(b, "f", &d) > (d.window_end_us - clock_wall_us()) / 1000 + 3500000,
	   "a window is kept an hour longer, for clocks that are set back");
	f = flight(b->key, QUOTA_ONE, 5 * QUOTA_ONE);
	ok(take(&a, &f) == LEDGER_RESERVED && ttl(b, "l", &f) > 0 && ttl(b, "l", &f) <= 60000, "a lease ends by itself");
	say(b, "FLUSHALL", "+OK");
	c = fixed(b->key, QUOTA_ONE, 5 * QUOTA_ONE);
	ok(take(&a, &c) == LEDGER_RESERVED, "a store that lost all begins anew");
	ledger_give_back(a.ledger, &d, 1);
	ok(comes_back(&a, c, 5) && left_of(&a, c, 6) == 5, "and what is given back to it leaves no less than nothing");
	finish(&a);
}

static void flights(struct bed *b)
{
	struct asker a, other;
	size_t at;
	int64_t retry = -5;
	int passed = 0;
	begin(b, &a, 10000, 60000);
	begin(b, &other, 10000, 60000);
	struct quota_claim c = flight(b->key, QUOTA_ONE, 3 * QUOTA_ONE), held[4];
	for (int i = 0; i < 4; i++) {
		held[i] = c;
		passed += take(i % 2 ? &a : &other, &held[i]) == LEDGER_RESERVED;
	}
	ok(passed == 3, "three calls are in flight, over two gates");
	ok(asker_peek(&a, &c, 1, clock_wall_us(), &at, &retry) == LEDGER_REFUSED && retry == 0, "nobody knows when a fourth can");
	ledger_settle(a.ledger, &held[1], 1);
	ok(left_of(&a, c, 3) == 1, "one that ends makes room");
	ledger_give_back(a.ledger, &held[1], 1);
	ok(left_of(&a, c, 3) == 1, "and does so once");
	finish(&other);
	finish(&a);

	/* A gate that dies holds nothing for long, and one that lives, for as long as it likes. */
	begin(b, &a, 10000, 600);
	begin(b, &other, 10000, 60000);
	c = flight(b->key, QUOTA_ONE, 2 * QUOTA_ONE);
	held[0] = held[1] = c;
	ok(take(&a, &held[0]) == LEDGER_RESERVED && take(&other, &held[1]) == LEDGER_RESERVED, "a short lease is taken, and a long one");
	for (int64_t until = clock_wall_us() + 1500000; clock_wall_us() < until;)
		passed += peek(&a, c) == LEDGER_RESERVED; /* runs its loop, and renews */
	ok(passed == 3, "and is renewed as long as its gate lives");
	finish(&a);
	int64_t died = clock_wall_us();
	while (peek(&other, c) != LEDGER_RESERVED)
		BUG_ON(clock_wall_us() > died + 20000000);
	ok(true, "then it ends by itself");
	finish(&other);
}

static void leaves(struct bed *b)
{
	struct asker a;
	begin(b, &a, 10000, 60000);
	struct quota_claim c[2] = { fixed(b->key, QUOTA_ONE, 3 * QUOTA_ONE), flight(b->key, QUOTA_ONE, 3 * QUOTA_ONE) };
	size_t at;
	int64_t retry;
	ok(ledger_reserve(a.ledger, c, 2, clock_wall_us(), 77, &at, &retry) == LEDGER_WAIT, "a call waits");
	ledger_abandon(a.ledger, 77);
	ledger_abandon(a.ledger, 77);
	(void)!peek(&a, c[0]); /* its answer is back behind that of the call, and what it took is given back */
	ok(left_of(&a, c[0], 3) == 3 && left_of(&a, c[1], 3) == 3, "and has taken nothing when it is gone before the answer");
	finish(&a);
}

static void two_gates(struct bed *b)
{
	struct asker one, two;
	int passed = 0;
	begin(b, &one, 10000, 60000);
	begin(b, &two, 10000, 60000);
	for (int i = 0; i < 50; i++) {
		struct quota_claim c = fixed(b->key, QUOTA_ONE, 10 * QUOTA_ONE), d = c;
		passed += take(&one, &c) == LEDGER_RESERVED;
		passed += take(&two, &d) == LEDGER_RESERVED;
	}
	ok(passed == 10, "of a hundred calls through two gates ten pass");
	finish(&one);
	finish(&two);
}

static void forgets_scripts(struct bed *b)
{
	struct asker a;
	begin(b, &a, 10000, 60000);
	struct quota_claim c = fixed(b->key, QUOTA_ONE, 2 * QUOTA_ONE), d = c;
	say(b, "SCRIPT FLUSH", "+OK");
	ok(take(&a, &c) == LEDGER_RESERVED, "a call passes though the store has forgotten the scripts");
	say(b, "SCRIPT FLUSH", "+OK");
	ledger_give_back(a.ledger, &c, 1);
	ok(comes_back(&a, d, 2), "and what it gives back arrives");
	finish(&a);
}

static void takes_no_writes(struct bed *b)
{
	struct asker a;
	begin(b, &a, 10000, 60000);
	struct quota_claim c = fixed(b->key, QUOTA_ONE, 5 * QUOTA_ONE), d = c;
	ok(take(&a, &c) == LEDGER_RESERVED, "the store takes writes");
	say(b, "CONFIG SET maxmemory 1", "+OK");
	ok(take(&a, &d) == LEDGER_UNREACHABLE, "a store without memory refuses");
	d.passes_unreachable = true;
	ok(take(&a, &d) == LEDGER_UNCOUNTED, "but for limits that pass without it");
	struct quota_claim both[2] = { d, fixed(b->key, QUOTA_ONE, 5 * QUOTA_ONE) };
	size_t at;
	int64_t retry;
	ok(asker_reserve(&a, both, 2, clock_wall_us(), &at, &retry) == LEDGER_UNREACHABLE, "and all of a call have to");
	ledger_give_back(a.ledger, &c, 1);
	(void)!peek(&a, d);
	say(b, "CONFIG SET maxmemory 0", "+OK");
	ok(comes_back(&a, d, 5), "what was given back meanwhile arrives when it can");

	say(b, "REPLICAOF 127.0.0.1 1", "+OK");
	c = d;
	c.passes_unreachable = false;
	ok(take(&a, &c) == LEDGER_UNREACHABLE, "a replica refuses");
	say(b, "REPLICAOF NO ONE", "+OK");
	asker_until(&a, asker_is_up);
	ok(take(&a, &c) == LEDGER_RESERVED, "and is used when it takes writes");
	finish(&a);
}

static void is_slow(struct bed *b)
{
	struct asker a;
	begin(b, &a, 500, 60000);
	struct quota_claim c = fixed(b->key, QUOTA_ONE, 5 * QUOTA_ONE), d = c;
	kill(b->server.pid, SIGSTOP);
	ok(take(&a, &c) == LEDGER_UNREACHABLE, "a store that does not answer in time refuses");
	kill(b->server.pid, SIGCONT);
	ok(comes_back(&a, d, 5), "and what it counted late is given back");
	finish(&a);
}

static void dies(struct bed *b)
{
	struct asker a;
	size_t at;
	int64_t retry;
	begin(b, &a, 1500, 60000);
	struct quota_claim c = fixed(b->key, QUOTA_ONE, 5 * QUOTA_ONE), d = c;
	ok(take(&a, &c) == LEDGER_RESERVED, "the store is there");
	ledger_give_back(a.ledger, &c, 1); /* the store that is back will know nothing of this number */
	c = d;
	(void)!take(&a, &c);
	kill(b->server.pid, SIGSTOP); /* so that the question is under way */
	a.has_answer = false;
	a.call_id++;
	enum ledger_result r = ledger_reserve(a.ledger, &d, 1, clock_wall_us(), a.call_id, &at, &retry);
	server_kill(&b->server);
	ok(asker_wait(&a, r, &at, &retry) == LEDGER_UNREACHABLE, "a question that is under way when it dies is refused");
	asker_until(&a, asker_is_down);
	ok(strstr(ledger_trouble(a.ledger), "cannot") != NULL || ledger_trouble(a.ledger)[0], "it says: %s", ledger_trouble(a.ledger));
	for (int i = 0; i < 20; i++)
		if (take(&a, &d) != LEDGER_UNREACHABLE)
			ok(false, "all are refused while it is away");
	ledger_give_back(a.ledger, &c, 1);
	server_start(&b->server, NULL, NULL);
	asker_until(&a, asker_is_up);
	ok(comes_back(&a, d, 5) && take(&a, &d) == LEDGER_RESERVED, "when it is back, all goes on");
	ledger_give_back(a.ledger, &d, 1);
	ok(comes_back(&a, d, 5), "also what is given back");
	finish(&a);
}

static void breaks(struct bed *b)
{
	struct asker a;
	begin(b, &a, 5000, 60000);
	struct quota_claim c[51], d = fixed(b->key, QUOTA_ONE, 51 * QUOTA_ONE);
	for (int i = 0; i < 51; i++) {
		c[i] = d;
		(void)!take(&a, &c[i]);
	}
	/* Each is under way or not when the connection is cut: all arrive, and none twice. */
	for (int i = 0; i < 50; i++) {
		ledger_give_back(a.ledger, &c[i], 1);
		if (i % 10 == 5)
			say(b, "CLIENT KILL TYPE normal SKIPME yes", ":");
		(void)!peek(&a, d);
		if (i == 20)
			ok(left_of(&a, d, 50) <= 21, "what was given back so far has come back, at most");
	}
	ok(comes_back(&a, d, 50), "over broken connections all is given back");
	d.amount = 51 * QUOTA_ONE;
	ok(peek(&a, d) == LEDGER_REFUSED, "and nothing twice");
	finish(&a);
}

/* A refusal that ends the connection stands before the reply to what was given back, which is not heard. */
static void does_not_hear(struct bed *b)
{
	struct asker a;
	char plain[400];
	size_t at;
	int64_t retry;
	memcpy(plain, b->url, sizeof plain);
	say(b, "ACL SETUSER deaf on >word ~{test}:f:* ~{test}:g:* +@all", "+OK");
	snprintf(b->url, sizeof b->url, "unix://deaf:word@%s", b->server.socket);
	begin(b, &a, 5000, 60000);
	struct quota_claim c[4], d = fixed(b->key, QUOTA_ONE, 4 * QUOTA_ONE);
	for (int i = 0; i < 4; i++) {
		c[i] = d;
		(void)!take(&a, &c[i]);
	}
	struct quota_claim forbidden = sliding(b->key, MINUTE, QUOTA_ONE, QUOTA_ONE);
	a.has_answer = false;
	a.call_id++;
	enum ledger_result r = ledger_reserve(a.ledger, &forbidden, 1, clock_wall_us(), a.call_id, &at, &retry);
	ledger_give_back(a.ledger, &c[0], 1);
	ledger_give_back(a.ledger, &c[1], 1);
	ok(asker_wait(&a, r, &at, &retry) == LEDGER_UNREACHABLE, "what the user may not do is refused");
	asker_until(&a, asker_is_up);
	ledger_give_back(a.ledger, &c[2], 1);
	(void)!peek(&a, d);
	ok(left_of(&a, d, 4) == 3, "what was given back before the connection ended is given back once");
	finish(&a);
	memcpy(b->url, plain, sizeof plain);
}

static void asks_for_passwords(struct bed *b)
{
	struct asker a;
	char plain[400];
	memcpy(plain, b->url, sizeof plain);
	say(b, "ACL SETUSER gate on >p%40ss:word ~{test}* +@all", "+OK");
	say(b, "CONFIG SET requirepass other", "+OK");
	asker_open(&a, b->loop, plain, 300, 60000);
	asker_until(&a, asker_is_down);
	for (int i = 0; i < 5000 && !strstr(ledger_trouble(a.ledger), "NOAUTH"); i++) {
		struct quota_claim c = fixed(1, 1, 1);
		(void)!peek(&a, c);
		poll(NULL, 0, 1);
	}
	ok(strstr(ledger_trouble(a.ledger), "NOAUTH") != NULL, "without a password it says: %s", ledger_trouble(a.ledger));
	finish(&a);
	snprintf(b->url, sizeof b->url, "unix://gate:wrong@%s", b->server.socket);
	asker_open(&a, b->loop, b->url, 300, 60000);
	for (int i = 0; i < 5000 && !strstr(ledger_trouble(a.ledger), "WRONGPASS"); i++) {
		struct quota_claim c = fixed(1, 1, 1);
		(void)!peek(&a, c);
		poll(NULL, 0, 1);
	}
	ok(strstr(ledger_trouble(a.ledger), "WRONGPASS") && !strstr(ledger_trouble(a.ledger), "wrong@"),
	   "with a wrong one it says: %s", ledger_trouble(a.ledger));
	finish(&a);
	snprintf(b->url, sizeof b->url, "unix://gate:p%%2540ss%%3aword@%s?db=3", b->server.socket);
	begin(b, &a, 5000, 60000);
	struct quota_claim c = fixed(b->key, QUOTA_ONE, QUOTA_ONE);
	ok(take(&a, &c) == LEDGER_RESERVED, "a user with its password and a database of its own is let in");
	finish(&a);
	memcpy(b->url, plain, sizeof plain);
	server_kill(&b->server);
	server_start(&b->server, NULL, NULL);
}

static void talk(int listener, const char *const *replies, size_t n)
{
	for (size_t i = 0;; i++) {
		char bytes[4096];
		int fd = accept(listener, NULL, NULL);
		const char *text = replies[i % n];
		if (fd < 0 || read(fd, bytes, sizeof bytes) < 0 || write(fd, text, text[0] ? strlen(text) : 4) < 0)
			_exit(1);
		close(fd);
	}
}

/* What is no store at all, or one that has lost its mind. */
static void talks_nonsense(struct bed *b)
{
	static const char *const replies[] = { "HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n+OK\r\n+OK\r\n", "$-5\r\n", "*99999999\r\n",
		                               ":1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", "\0\0\0\0", "$40\r\n" };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	BUG_ON(snprintf(at.sun_path, sizeof at.sun_path, "%s/n", b->server.folder.path) >= (int)sizeof at.sun_path);
	BUG_ON(bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 10) != 0);
	pid_t child = fork();
	if (child == 0)
		talk(listener, replies, ARRAY_LEN(replies));
	struct asker a;
	char url[200];
	snprintf(url, sizeof url, "unix:%s", at.sun_path);
	asker_open(&a, b->loop, url, 100, 60000);
	int refused = 0;
	for (int i = 0; i < 12; i++) {
		struct quota_claim c = fixed(1, 1, 1);
		refused += take(&a, &c) == LEDGER_UNREACHABLE;
		poll(NULL, 0, 50);
		asker_until(&a, asker_is_down);
	}
	ok(refused == 12, "what is no store refuses, whatever it says");
	finish(&a);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(listener);
}

static void addresses(void)
{
	static const struct {
		const char *url;
		bool is_fine;
	} cases[] = {
		{ "redis://localhost", true }, { "redis://localhost:1/15", true }, { "rediss://u:p@h:6380/0", true },
		{ "valkey://:p%2F@[::1]:7/2", true }, { "unix:/a/b", true }, { "unix://u:p@/a/b?db=1", true },
		{ "redis://", false }, { "redis://h:0", false }, { "redis://h:65536", false }, { "redis://h/x", false },
		{ "redis://u@h", false }, { "redis://u:p%@h", false }, { "redis://u:p%00@h", false }, { "http://h", false },
		{ "unix:a", false }, { "unix:/a?db=", false }, { "redis://[::1", false }, { "redis://h:", false }, { "", false },
		{ "redis://h/65536", false }, { "redis://u:@h", false },
	};
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct loop *l = loop_new();
		struct ledger_shared o = { .loop = l, .url = cases[i].url, .prefix = "p", .timeout_ms = 1, .lease_ms = 1 };
		struct ledger *x = NULL;
		bool is_tls = ledger_url_wants_tls(cases[i].url);
		e = (struct err){ 0 };
		if (!is_tls)
			x = ledger_new_shared(&o, &e);
		ok((x || is_tls) == cases[i].is_fine, "'%s' is %s", cases[i].url, cases[i].is_fine ? "one" : e.text);
		ledger_free(&x);
		loop_free(&l);
	}
	struct ledger_shared o = { .url = "redis://h", .prefix = "a}b" };
	ok(!ledger_new_shared(&o, &e), "a prefix: %s", e.text);
}

int main(void)
{
	struct bed b = { 0 };
	addresses();
	if (!server_program()) {
		printf("ok %d - the rest # SKIP neither valkey-server nor redis-server is installed\n", ++tap_count);
		return tap_done();
	}
	log_set_level(LOG_ERROR);
	b.loop = loop_new();
	server_init(&b.server);
	server_start(&b.server, NULL, NULL);
	snprintf(b.url, sizeof b.url, "unix:%s", b.server.socket);
	decimals(&b);
	slides(&b);
	never_too_many(&b);
	edges(&b);
	flights(&b);
	leaves(&b);
	two_gates(&b);
	forgets_scripts(&b);
	takes_no_writes(&b);
	is_slow(&b);
	dies(&b);
	breaks(&b);
	does_not_hear(&b);
	asks_for_passwords(&b);
	talks_nonsense(&b);
	loop_free(&b.loop);
	server_release(&b.server);
	return tap_done();
}
