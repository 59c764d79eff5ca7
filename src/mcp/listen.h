/*
 * subscriptions/listen (2026-07-28, basic/patterns/subscriptions): what a client wants to be told,
 * and the two messages that frame the stream.
 */
#ifndef MCP_LISTEN_H
#define MCP_LISTEN_H
#include "mcp/jsonrpc.h"

/* SubscriptionFilter, and taskIds of the tasks extension. Arrays are borrowed, NULL when absent. */
struct mcp_filter {
	bool tools, prompts, resources;
	const struct json *uris;  /* resourceSubscriptions */
	const struct json *tasks; /* taskIds */
};

/* From params.notifications. false: it is no object, a member is of the wrong type, or a list has
 * over LIMIT_SUBSCRIPTIONS entries or one over LIMIT_URI bytes. Unknown members are ignored: they
 * are not honoured, and so not in the acknowledgement. */
bool mcp_filter_read(const struct json *params, struct mcp_filter *f, struct err *e) MUST_CHECK;
bool mcp_filter_is_empty(const struct mcp_filter *f);
/* Is a resource the one that was subscribed to, or one below it? */
bool mcp_uri_is_below(struct slice uri, struct slice of);
/* May this notification stand on the stream? A resource that lies below one that was subscribed to
 * counts (schema, ResourceUpdatedNotificationParams). Notifications of a single request (progress,
 * log messages) never do. */
bool mcp_filter_takes(const struct mcp_filter *f, const struct mcp_message *m);

void mcp_filter_write(struct buf *b, const struct mcp_filter *f); /* {"toolsListChanged":true,…} */
/* notifications/subscriptions/acknowledged, the first message: the filter that is honoured. id is
 * the JSON text of the listen request's id. */
void mcp_acknowledged_write(struct buf *b, const struct mcp_filter *f, struct slice id);
/* The answer to the listen request, which ends the stream. */
void mcp_listen_end_write(struct buf *b, struct slice id);

#endif
