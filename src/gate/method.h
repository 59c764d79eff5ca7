/*
 * Every method that a client may send, and how it is decided. A method that is not in
 * this table, or not of the client's era, never reaches a server.
 */
#ifndef GATE_METHOD_H
#define GATE_METHOD_H
#include "mcp/version.h"

enum method_kind {
	METHOD_UNKNOWN = 0,
	METHOD_OPEN,     /* initialize */
	METHOD_DISCOVER, /* server/discover */
	METHOD_PING,     /* answered here */
	METHOD_TOOL,     /* tools/call: the whole policy */
	METHOD_LIST,     /* a list: filtered by what the grant may use */
	METHOD_RESOURCE, /* by the policy's resources */
	METHOD_PROMPT,   /* by the policy's prompts */
	METHOD_COMPLETE, /* by what it completes */
	METHOD_LISTEN,   /* subscriptions/listen: its filter by the policy's resources */
	METHOD_PASS,     /* needs a policy on the grant, nothing more */
};

#define METHOD_LEGACY 1u /* eras of a row */
#define METHOD_MODERN 2u

struct method {
	const char *name;
	unsigned eras;
	enum method_kind kind;
	const char *list;  /* METHOD_LIST: the member with the items */
	const char *item;  /* and the member by which an item is known */
	const char *param; /* the member of params that names what is asked for */
};

const struct method *method_find(struct slice name, enum mcp_era era); /* NULL when unknown in that era */

enum notification_fate {
	NOTIFY_UNKNOWN = 0, /* dropped */
	NOTIFY_OURS,        /* the gate's own business */
	NOTIFY_PASS,        /* goes to the other side */
};
enum notification_fate method_client_notification(struct slice name, enum mcp_era era);
enum notification_fate method_server_notification(struct slice name, enum mcp_era era);
/* The word of the policy for a request of a server, be it a message or one of the inputRequests of
 * a result: "sampling", "elicitation", "roots"; NULL for any other. *cap is the capability that a
 * client must have declared. */
const char *method_server_request(struct slice name, unsigned *cap);

#endif
