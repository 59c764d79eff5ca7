/* The past of sessions in a real Valkey or Redis, seen from two gates: what one learns the other knows. */
#include "base/clock.h"
#include "past/past.h"
#include "valkey_rig.h"

static const struct slice mail = { "mallory@example.net", 19 }, other = { "account-12345678", 16 };

struct seen {
	bool has_past;
	uint64_t calls;
	char labels[200];
	enum policy_seen mail, other;
	uint64_t mail_labels;
	bool is_mixed;
	size_t mark_n;
};
static struct seen last;

static void on_past(struct asker *a, const struct policy_past *past)
{
	(void)a;
	last = (struct seen){ .has_past = true, .calls = past->calls, .mark_n = past->mark_n };
	for (size_t i = 0; i < past->label_n; i++)
		snprintf(last.labels + strlen(last.labels), sizeof last.labels - strlen(last.labels), "%.*s ",
		         SLICE_ARG(past->labels[i].name));
	for (size_t i = 0; i < past->mark_n; i++)
		last.is_mixed |= past->marks[i].is_mixed;
	last.mail = past->seen(past->ctx, mail, &last.mail_labels);
	uint64_t ignored;
	last.other = past->seen(past->ctx, other, &ignored);
}

static struct past_unit unit_of(struct past *p, const char *session)
{
	struct past_unit u = { .until_us = clock_wall_us() + 3600 * (int64_t)1000000 };
	past_key_of(past_secret(p), SLICE_LIT("grant"), slice_str(session), &u.key);
	return u;
}

/* Asks only for the mail. */
static enum ledger_result recall(struct asker *a, const char *session)
{
	struct past_unit u = unit_of(a->past, session);
	uint64_t asked = past_identifier_of(past_secret(a->past), &u.key, mail);
	struct arena arena;
	struct policy_past out;
	size_t at;
	int64_t retry;
	arena_init(&arena, 1u << 20);
	last = (struct seen){ 0 };
	a->has_answer = false;
	a->call_id++;
	enum ledger_result r = asker_wait(
		a, ledger_recall(a->ledger, &u, &asked, 1, clock_wall_us(), a->call_id, &arena, &out), &at, &retry);
	arena_release(&arena);
	return r;
}

static enum ledger_result learn(struct asker *a, const char *session, const char *label, bool with_mail, uint64_t value)
{
	struct past_unit u = unit_of(a->past, session);
	struct policy_lesson l = { .label_n = 1, .mark_n = 1, .wants_identifiers = true };
	struct past_found f = { .hash = past_identifier_of(past_secret(a->past), &u.key, mail) };
	l.labels[0] = slice_str(label);
	l.marks[0] = (struct policy_mark){ .label = slice_str(label), .path = 7, .value = value };
	return ledger_learn(a->ledger, &u, &l, &f, with_mail, false, clock_wall_us(), a->call_id);
}

static enum ledger_result synced(struct asker *a, const char *session)
{
	struct past_unit u = unit_of(a->past, session);
	size_t at;
	int64_t retry;
	a->has_answer = false;
	a->call_id++;
	return asker_wait(a, ledger_sync(a->ledger, &u, clock_wall_us(), a->call_id), &at, &retry);
}

static void shares(struct asker *one, struct asker *two)
{
	ok(recall(one, "s") == LEDGER_RESERVED && last.has_past && last.calls == 0 && !last.labels[0],
	   "a session begins with nothing");
	ok(last.mail == POLICY_SEEN_NEVER, "what was asked for and is not there was never seen");
	ok(last.other == POLICY_SEEN_UNSURE, "and of what was not asked for nobody knows");
	ok(learn(one, "s", "reads_untrusted", true, 1) == LEDGER_RESERVED && synced(one, "s") == LEDGER_RESERVED, "one gate learns");
	ok(recall(two, "s") == LEDGER_RESERVED && last.calls == 1 && strstr(last.labels, "reads_untrusted"),
	   "the other knows the call and the label");
	ok(last.mail == POLICY_SEEN_FIRST && last.mail_labels, "and where the address stood first");
	ok(last.mark_n == 1 && !last.is_mixed, "and the one value of the argument");
	ok(learn(two, "s", "reads_untrusted", false, 2) == LEDGER_RESERVED && recall(two, "s") == LEDGER_RESERVED && last.is_mixed,
	   "a gate asks for nothing before what it learned is kept");
	ok(recall(two, "t") == LEDGER_RESERVED && last.calls == 0 && !last.labels[0] && last.mail == POLICY_SEEN_NEVER,
	   "another session knows nothing of it");
	for (int i = 0; i < 20; i++) {
		char label[20];
		snprintf(label, sizeof label, "l%d", i);
		(void)!learn(i % 2 ? one : two, "u", label, false, 1);
	}
	ok(synced(one, "u") == LEDGER_RESERVED && synced(two, "u") == LEDGER_RESERVED && recall(one, "u") == LEDGER_RESERVED &&
	           strstr(last.labels, "l0 ") && strstr(last.labels, "l19 "),
	   "what both learn at once is all kept: %s", last.labels);
}

static void is_away(struct asker *one, struct asker *two, struct valkey_server *s)
{
	char reply[200];
	(void)!recall(one, "v");
	kill(s->pid, SIGSTOP);
	ok(recall(one, "v") == LEDGER_UNREACHABLE, "while the store does not answer nobody is told a past");
	ok(learn(one, "v", "reads_private", true, 1) == LEDGER_RESERVED && synced(one, "v") == LEDGER_UNREACHABLE,
	   "what is learned waits");
	kill(s->pid, SIGCONT);
	while (synced(one, "v") != LEDGER_RESERVED)
		asker_until(one, asker_is_up);
	ok(recall(two, "v") == LEDGER_RESERVED && strstr(last.labels, "reads_private"), "and is kept when it is back");
	server_say(s, "CLIENT KILL TYPE normal SKIPME yes", reply);
	ok(learn(one, "v", "sends_out", false, 1) == LEDGER_RESERVED, "it is learned on a connection that is cut");
	while (synced(one, "v") != LEDGER_RESERVED)
		asker_until(one, asker_is_up);
	asker_until(two, asker_is_up);
	while (recall(two, "v") != LEDGER_RESERVED)
		asker_until(two, asker_is_up);
	ok(strstr(last.labels, "sends_out") != NULL, "and on the next it is kept");
	server_say(s, "SCRIPT FLUSH", reply);
	ok(recall(two, "v") == LEDGER_RESERVED && strstr(last.labels, "sends_out"), "also when the scripts were forgotten");
	server_say(s, "KEYS {test}:u:*", reply);
	ok(reply[0] == '*', "units have keys");
	struct past_unit u = unit_of(one->past, "v");
	char hex[2 * PAST_KEY_SIZE + 1], command[200];
	digest_hex(u.key.v, PAST_KEY_SIZE, hex);
	snprintf(command, sizeof command, "PTTL {test}:i:%s", hex);
	server_say(s, command, reply);
	ok(strtoll(reply + 1, NULL, 10) > 3000000 && strtoll(reply + 1, NULL, 10) < 4200000, "and end with their session: %s ms", reply);
	snprintf(command, sizeof command, "HSET {test}:u:%s state nonsense", hex);
	server_say(s, command, reply);
	ok(recall(two, "v") == LEDGER_UNREACHABLE, "a state that nobody wrote is none");
}

int main(void)
{
	if (!server_program()) {
		printf("ok %d - the past # SKIP neither valkey-server nor redis-server is installed\n", ++tap_count);
		return tap_done();
	}
	log_set_level(LOG_ERROR);
	struct valkey_server server;
	struct loop *l = loop_new();
	struct past_opts o = { .secret = "the same in all gates" };
	struct past *a = past_new(&o), *b = past_new(&o);
	struct asker one, two;
	char url[400];
	server_init(&server);
	server_start(&server, NULL, NULL);
	snprintf(url, sizeof url, "unix:%s", server.socket);
	asker_open_past(&one, l, url, 1500, 60000, a);
	asker_open_past(&two, l, url, 1500, 60000, b);
	one.on_past = two.on_past = on_past;
	asker_until(&one, asker_is_up);
	asker_until(&two, asker_is_up);
	shares(&one, &two);
	is_away(&one, &two, &server);
	ledger_free(&one.ledger);
	ledger_free(&two.ledger);
	past_free(&a);
	past_free(&b);
	loop_free(&l);
	server_release(&server);
	return tap_done();
}
