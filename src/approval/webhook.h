/*
 * What a webhook is told: a body that Slack's incoming webhooks take, with our own fields
 * beside; signed. docs/approvals.md has the form and how to check the signature.
 */
#ifndef APPROVAL_WEBHOOK_H
#define APPROVAL_WEBHOOK_H
#include "approval/approval.h"
#include "base/err.h"

struct webhook {
	const char *url, *secret; /* the url is a secret, too: those of chat systems are all that is needed */
	const char *base_url;     /* of links to this gate; "" for none */
	bool has_arguments;
};

void webhook_write_body(struct buf *b, const struct webhook *w, const char *event, const struct approval *a);
/* "t=<seconds>,v1=<hex of HMAC-SHA256 over seconds.body>" */
#define WEBHOOK_SIGNATURE_SIZE 96
void webhook_sign(const char *secret, int64_t now_s, struct slice body, char out[WEBHOOK_SIGNATURE_SIZE]);
/* Blocking, at most LIMIT_WEBHOOK_MS; true when it answered with 2xx. */
bool webhook_send(const struct webhook *w, const char *event, int64_t delivery, const struct approval *a,
                  int64_t now_us, struct err *e) MUST_CHECK;
/* How long to wait after the n-th attempt that failed, in microseconds; 0: give up. chance: any number. */
int64_t webhook_pause_us(int64_t attempts, uint64_t chance);

#endif
