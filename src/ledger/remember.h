/* The past of sessions in the shared store; see remember.c. */
#ifndef LEDGER_REMEMBER_H
#define LEDGER_REMEMBER_H
#include "ledger/valkey.h"
#include "past/past.h"

enum ledger_result remember_recall(struct valkey *v, const struct past_unit *u, const uint64_t *identifiers, size_t n,
				   int64_t now_us, uint64_t call_id) MUST_CHECK;
/* RESERVED: it is sent, or will be. Never waits. */
enum ledger_result remember_learn(struct valkey *v, const struct past_unit *u, const struct policy_lesson *lesson,
				  const struct past_found *found, size_t n, bool is_cut, int64_t now_us) MUST_CHECK;
/* RESERVED: the store has all that was learned of this unit. */
enum ledger_result remember_sync(struct valkey *v, const struct past_unit *u, int64_t now_us, uint64_t call_id) MUST_CHECK;

/* RECALL and LEARN; false when the link takes no more. */
bool remember_send(struct valkey *v, struct question *q) MUST_CHECK;
bool remember_is_ready(const struct valkey *v, const struct question *q);
void remember_send_lessons(struct valkey *v);
void remember_on_reply(struct valkey *v, struct question *q, bool is_find, const redisReply *r);

#endif
