/*
 * What the files about servers over HTTP share: remote.c carries an exchange, heard.c
 * takes what the server says on it, stateless.c knows the rules of 2026-07-28.
 */
#ifndef UPSTREAM_REMOTE_H
#define UPSTREAM_REMOTE_H
#include "upstream/exchange.h"

/* The exchange's next HTTP request. When it is refused at once, the exchange fails soon. */
void remote_send(struct exchange *x, enum http_method method, struct slice body);
/* Headers of the settings and those of this request, which replace none of ours: at most
 * SETTINGS_HEADERS_MAX + UPSTREAM_HEADERS_MAX. */
size_t remote_given_headers(const struct exchange *x, struct http_header *h);
/* Without events: nobody waits for how it went. */
void remote_tell(struct upstream *u, const struct upstream_target *t, enum http_method method,
		 struct slice text);
/* The end of an exchange whose server answered with this status and no answer of ours. */
void remote_refuse(struct exchange *x, int status);
/* Is the media type without its parameters this one? */
bool remote_is_media(struct slice type, const char *name);
/* What the stream under x said counts for its share of the loop. */
void remote_spend(struct exchange *x, size_t bytes);

/* heard.c: an answer to the request of x. */
void heard_answer(struct exchange *x, const struct mcp_message *m);
/* One message, or a batch of 2025-03-26, that the server sent on x. */
void heard_text(struct exchange *x, struct slice text);
/* The body of an answer with a status of 400 or more. */
void heard_refusal(struct exchange *x, struct slice text);
/* One event of a stream that belongs to x alone. */
void heard_event(void *ctx, const struct sse_event *ev);
/* The server has taken notifications/initialized, or not. */
void heard_confirmation(struct exchange *x);

/* stateless.c */
#define STATELESS_HEADERS 3
/* The headers that repeat what is in the body; values are written to `text`. */
size_t stateless_headers(const struct exchange *x, struct http_header h[STATELESS_HEADERS],
		      struct buf *text);
/* A probe got an HTTP status of 400 or more and no JSON-RPC error. */
void stateless_probe_refused(struct exchange *x, int status);
/* An answer to a probe, or the body of a refusal that reads like one. */
void stateless_probe_answered(struct exchange *x, const struct mcp_message *m);
/* A notification on a stream of upstream_subscribe: false when it is not to be shown. */
bool stateless_subscription_says(struct exchange *x, const struct mcp_message *m);
/* A status of 400 or more with this body (NULL: no message) speaks against a verdict. */
void stateless_doubt(struct exchange *x, int status, const struct mcp_message *m);

#endif
