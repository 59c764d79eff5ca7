/*
 * The shared backend: counters, leases and the past in Valkey or Redis (6 or newer).
 *
 * Questions wait for an answer until their deadline; what is given back stands in an outbox until
 * the store has confirmed it. All keys have the prefix in braces, so that a cluster keeps them
 * in one slot.
 */
#ifndef LEDGER_VALKEY_H
#define LEDGER_VALKEY_H
#include "base/idtable.h"
#include "base/list.h"
#include "base/map.h"
#include "ledger/inside.h"
#include "ledger/link.h"

enum question_kind { QUESTION_TAKE = 0, QUESTION_PEEK, QUESTION_LOOK, QUESTION_RECALL, QUESTION_LEARN, QUESTION_SYNC };
enum reply_tag { TAG_QUESTION = 0, TAG_GIVE, TAG_RENEW, TAG_FIND, TAG_KEEP };

struct memory; /* remember.c */
void memory_free(struct memory **m);

struct question {
	struct list open; /* of those that somebody waits for, the oldest first */
	uint64_t id, call_id; /* call_id 0: nobody waits any more */
	enum question_kind kind;
	uint64_t deadline_us;
	int64_t now_us;
	bool is_sent, is_whole; /* is_whole: with the text of the script */
	struct memory *memory;  /* of RECALL, LEARN and SYNC; owned */
	struct list lessons;    /* of LEARN: all that the store has not got */
	ledger_used_fn look;    /* of LOOK: who hears the answer, in place of on_answer */
	void *look_ctx;
	size_t n;
	struct quota_claim claims[QUOTA_CLAIMS_MAX];
};

/* What one call gave back. */
struct give {
	struct quota_claim *claims;
	size_t n;
};

struct outbox {
	struct give *ring;
	size_t first, n, sent; /* the first `sent` of n are under way */
	uint64_t number;       /* of the first */
	bool must_repeat, is_whole, is_full;
	struct loop_timer timer;
};

struct valkey {
	struct ledger *ledger;
	struct loop *loop;
	struct link *link;
	struct tls_context *tls;
	char prefix[72];   /* with its braces */
	char instance[33]; /* of this process */
	uint64_t timeout_us, lease_ms;
	struct idtable questions;
	struct map by_call;
	struct list open, idle, lessons;
	size_t lesson_bytes;
	struct loop_timer deadline, renewal, lesson_timer;
	struct outbox outbox;
	struct map leases; /* number -> struct lease */
	uint64_t lease_number, look_number;
	bool renews_whole;
	struct args args; /* scratch */
};

struct valkey *valkey_new(struct ledger *l, const struct ledger_shared *o, const struct place *p);
void valkey_free(struct valkey **v);
enum ledger_result valkey_ask(struct valkey *v, enum question_kind kind, const struct quota_claim *claims, size_t n,
			      int64_t now_us, uint64_t call_id) MUST_CHECK;
enum ledger_result valkey_look(struct valkey *v, const struct quota_claim *claims, size_t n, int64_t now_us, ledger_used_fn done,
			       void *ctx) MUST_CHECK;
void valkey_give_back(struct valkey *v, const struct quota_claim *claims, size_t n);
void valkey_abandon(struct valkey *v, uint64_t call_id);

/* To those who wait and were not sent, and now can be. */
void valkey_send_waiting(struct valkey *v);
void valkey_try_lessons_later(struct valkey *v);

/* question.c */
struct question *question_new(struct valkey *v, enum question_kind kind, int64_t now_us, uint64_t call_id);
void question_free(struct valkey *v, struct question *q);
/* Nobody waits for q any more. False: nobody did. */
bool question_close(struct valkey *v, struct question *q);
void question_answer(struct valkey *v, struct question *q, const struct ledger_answer *a);
void question_watch(struct valkey *v); /* sets the timer for the oldest deadline */

/* wire.c: what claims are in the store */
void wire_add_keys(struct valkey *v, const struct quota_claim *c); /* one; two of a lease */
size_t wire_keys(const struct quota_claim *c);
void wire_add_claim(struct valkey *v, const struct quota_claim *c);
void wire_add_give(struct valkey *v, const struct quota_claim *c); /* its key is wire_give_key */
void wire_add_give_key(struct valkey *v, const struct quota_claim *c);
void wire_add_member(struct valkey *v, const struct quota_claim *c); /* of the lease */

/* outbox.c */
void outbox_add(struct valkey *v, const struct quota_claim *claims, size_t n);
void outbox_send(struct valkey *v); /* what is not under way, if the link is up */
void outbox_on_reply(struct valkey *v, const redisReply *r);
void outbox_on_down(struct valkey *v);
void outbox_release(struct valkey *v);

/* lease.c */
void lease_hold(struct valkey *v, const struct quota_claim *c);
void lease_drop(struct valkey *v, const struct quota_claim *c);
void lease_renew_all(struct valkey *v);
void lease_on_reply(struct valkey *v, const redisReply *r);
void lease_release(struct valkey *v);

/* How a reply that is an error is taken: the script is to be sent whole, the link was told to begin
 * again, or it is only this command's. */
enum valkey_error { VALKEY_FINE = 0, VALKEY_NO_SCRIPT, VALKEY_FAILED };
enum valkey_error valkey_error_of(struct valkey *v, const redisReply *r);

#endif
