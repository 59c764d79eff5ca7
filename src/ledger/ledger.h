/*
 * Counters and the past of sessions, wherever they are kept: the one front that the gate calls.
 *
 * Two backends: memory (quota/ and past/, of this process alone; answers at once and never
 * allocates) and Valkey or Redis (shared by all gates of an installation; answers in a later
 * turn of the loop). What cannot be asked is a refusal: nothing is ever let through because
 * the store is away, but for limits whose author said so.
 *
 * A call has at most one question open, and is known by its id: whoever asked may be gone
 * when the answer comes.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H
#include "net/loop.h"
#include "policy/policy.h"

struct ledger;
struct past;
struct past_unit; /* past/past.h, as are the next two */
struct past_found;
struct past_change;

enum ledger_result {
	LEDGER_REFUSED = 0, /* a limit: *at is the first claim that does not fit */
	LEDGER_FULL,        /* no room for another counter */
	LEDGER_UNREACHABLE, /* the store did not answer: nothing was taken, nothing is known */
	LEDGER_RESERVED,    /* taken; of a peek: would pass; of the past: done */
	LEDGER_UNCOUNTED,   /* may pass, nothing was taken: the store is away, and every claim says
	                     * passes_unreachable */
	LEDGER_WAIT,        /* on_answer follows, in a later turn */
};

/* The first four are as the functions below give them when they answer at once. */
struct ledger_answer {
	enum ledger_result result; /* never LEDGER_WAIT */
	size_t at;
	int64_t retry_after_us;
	const struct quota_claim *claims; /* of a reserve that was done: as taken; copy them */
	size_t claim_n;
	const struct policy_past *past;   /* of a recall that was done; until on_answer returns */
};
typedef void (*ledger_answer_fn)(void *ctx, uint64_t call_id, const struct ledger_answer *a);

/* Both are borrowed and outlive the ledger. What ledger_past_change() says is
 * the caller's to write into the journal. */
struct ledger *ledger_new_memory(struct quota *q, struct past *p);

/*
 * Valkey or Redis. Claims of fixed windows go by the gate's calendar; sliding windows and calls in
 * flight by the server's clock, which all gates have in common. Dials at once, and again whenever
 * it must; until then every question is answered LEDGER_UNREACHABLE.
 */
struct ledger_shared {
	struct loop *loop;       /* this, past and tls are borrowed and outlive the ledger */
	struct past *past;       /* only its secret is used */
	struct tls_context *tls; /* NULL: url has no TLS */
	const char *url;         /* ledger/place.h; may have a password: never shown */
	const char *prefix;      /* of all keys: 1 to 64 of [A-Za-z0-9_.-] */
	uint64_t timeout_ms;     /* an answer that takes longer is none */
	uint64_t lease_ms;       /* calls in flight of a gate that died are forgotten after so long */
};
/* Says so when the url or prefix is none. */
struct ledger *ledger_new_shared(const struct ledger_shared *o, struct err *e) MUST_CHECK;
bool ledger_url_wants_tls(const char *url);
void ledger_free(struct ledger **l);
/* Who hears answers; one for all calls. */
void ledger_listen(struct ledger *l, ledger_answer_fn fn, void *ctx);
/* Are counters kept elsewhere? Then the journal keeps no claims: they survive without it. */
bool ledger_is_shared(const struct ledger *l);

/*
 * Takes all claims or none. *retry_after_us: how long until they would fit, as things stand
 * (-1: never, an amount alone is more than its max; 0: not known, as with calls in flight).
 * What was taken may stand elsewhere than was asked for (a clock that was set back): claims
 * then say where, and it is these that are given back.
 */
enum ledger_result ledger_reserve(struct ledger *l, struct quota_claim *claims, size_t n, int64_t now_us,
				  uint64_t call_id, size_t *at, int64_t *retry_after_us) MUST_CHECK;
/* Would they pass now? Takes nothing. */
enum ledger_result ledger_peek(struct ledger *l, const struct quota_claim *claims, size_t n, int64_t now_us,
			       uint64_t call_id, size_t *at, int64_t *retry_after_us) MUST_CHECK;
/* What a claim that was refused would find left, for words; negative: only the shared store knows. */
quota_amount ledger_left(const struct ledger *l, const struct quota_claim *c);
/*
 * How much of each counter is used: claims[].amount becomes that, and nothing is taken. LEDGER_RESERVED: at once.
 * LEDGER_WAIT: in the copy that done() is given on a later turn; claims NULL: the store did not answer. Any other:
 * nothing is known, and done() is not called. At most QUOTA_CLAIMS_MAX.
 */
typedef void (*ledger_used_fn)(void *ctx, const struct quota_claim *claims, size_t n);
enum ledger_result ledger_used(struct ledger *l, struct quota_claim *claims, size_t n, int64_t now_us, ledger_used_fn done,
			       void *ctx) MUST_CHECK;
/* Gives back what was taken, into the window or slot it came from. Never waits: what cannot be
 * sent now is sent when the store is back, before anything else. */
void ledger_give_back(struct ledger *l, const struct quota_claim *claims, size_t n);
/* The call is over, and its tool ran: what counts calls in flight is given back, the rest is kept. */
void ledger_settle(struct ledger *l, const struct quota_claim *claims, size_t n);
/* The call does not wait any longer: no on_answer comes for it. What its question took, or will
 * have taken, is given back. Harmless when it has none open. */
void ledger_abandon(struct ledger *l, uint64_t call_id);

/*
 * What a unit did: the call at hand is counted, then *out filled, in the arena; it holds until the
 * next call of any function here. identifiers: hashes (past_identifier_of) of those that the
 * decision will look up; others may be POLICY_SEEN_UNSURE. LEDGER_FULL: there is no room, refuse.
 * After LEDGER_WAIT the answer has the past, which holds until on_answer returns.
 */
enum ledger_result ledger_recall(struct ledger *l, const struct past_unit *u, const uint64_t *identifiers,
				 size_t n, int64_t now_us, uint64_t call_id, struct arena *a,
				 struct policy_past *out) MUST_CHECK;
/* What a delivered result leaves behind, as past_learn. LEDGER_RESERVED: it is kept, or will be
 * before this gate asks anything again. LEDGER_FULL, LEDGER_UNREACHABLE: it is not, and the result
 * must not be delivered. */
enum ledger_result ledger_learn(struct ledger *l, const struct past_unit *u, const struct policy_lesson *lesson,
				const struct past_found *found, size_t n, bool is_cut, int64_t now_us,
				uint64_t call_id) MUST_CHECK;
/* Is all that was learned of the unit where the other gates find it? Memory: at once. After LEDGER_WAIT
 * the answer says LEDGER_RESERVED, or LEDGER_UNREACHABLE when it took too long: it will be, but
 * only this gate knows until then. */
enum ledger_result ledger_sync(struct ledger *l, const struct past_unit *u, int64_t now_us,
			       uint64_t call_id) MUST_CHECK;
/* For the hashes of past_key_of and past_identifier_of. */
const unsigned char *ledger_past_secret(const struct ledger *l);
/* What must be written into the journal right after a recall that counted, a learn or an end that
 * answered at once (past_last); NULL: nothing. */
const struct past_change *ledger_past_change(const struct ledger *l);
/* The session has ended: nothing of it is needed any more. */
void ledger_end(struct ledger *l, const struct past_unit *u, int64_t now_us);

/* Forgets a few of what has passed: once a second. */
void ledger_tick(struct ledger *l, int64_t now_us);

/* For /readyz and `status`: NULL when all is well, else why not. */
const char *ledger_trouble(const struct ledger *l);

#endif
