/*
 * Input that a server needs from its client: requests of the server in the legacy era (sampling,
 * elicitation, roots), an input_required result that the client answers by sending its request
 * again in the modern one (2026-07-28, basic/patterns/mrtr; SEP-2322).
 */
#ifndef MCP_INPUT_H
#define MCP_INPUT_H
#include "mcp/translate.h"

/* One entry of inputRequests, or one request of a legacy server. */
struct mcp_input {
	struct slice key;           /* of the map; at most LIMIT_RPC_ID bytes */
	struct slice method;        /* sampling/createMessage, elicitation/create or roots/list */
	const struct json *params;  /* an object, or NULL (roots/list) */
};

/* MCP_CAN_… bits that a client must have for it; 0: no such request exists. */
unsigned mcp_input_needs(struct slice method, const struct json *params);

/* A form that asks the user for a password, a key, a token or a card: by the name or title of a field, or
 * by its message where a field takes any text. Servers must not (2025-11-25, client/elicitation,
 * Security Considerations), so no client is asked, whatever its policy says. */
bool mcp_input_wants_secret(struct slice method, const struct json *params);

bool mcp_is_input_required(const struct json *result); /* by its resultType */

/*
 * inputRequests and requestState of an input_required result or of a task. *n entries go to out,
 * which has room for max; state->p is NULL when there is none. false: the map is no object or has
 * over max entries, an entry is not one of the three requests, a state is no string, or there is
 * neither (InputRequiredResult: at least one must be present).
 */
bool mcp_inputs_read(const struct json *result, struct mcp_input *out, size_t max, size_t *n,
		     struct slice *state, struct err *e) MUST_CHECK;

/*
 * Params of the request to a legacy client, as JSON text. A URL elicitation gets elicitation_id,
 * which must be unique for the server (2025-11-25, client/elicitation); `mode` goes before that
 * revision. false: the client's revision cannot be asked so (elicitation before 2025-06-18, by URL
 * or sampling with tools before 2025-11-25).
 */
bool mcp_input_to_legacy(struct buf *b, const struct mcp_input *in, enum mcp_version v,
			 struct slice elicitation_id, struct err *e) MUST_CHECK;
/* Params of a legacy server's request as they stand in inputRequests: `task`, elicitationId, the
 * progress token and the related task go. */
void mcp_input_to_modern(struct buf *b, const struct json *params);

/* What is written; params is JSON text, empty for none. */
struct mcp_ask {
	struct slice key, method, params;
};
/* {"key":{"method","params"},…}: the value of inputRequests, for a task. */
void mcp_input_requests_write(struct buf *b, const struct mcp_ask *asks, size_t n);
/* An input_required result: inputRequests when n is not 0, requestState when its p is not NULL.
 * One of both must be. */
void mcp_input_required_write(struct buf *b, const struct mcp_ask *asks, size_t n, struct slice state);

struct mcp_answer {
	struct slice key, result; /* result is JSON text */
};
/* {"key":result,…}: the value of inputResponses. */
void mcp_responses_write(struct buf *b, const struct mcp_answer *answers, size_t n);
/* A request's params for its retry: `params` is the text that mcp_params_to_modern printed, with
 * the members added that are not empty: responses (JSON text), state (p NULL: none). */
void mcp_params_retry(struct buf *b, struct slice params, struct slice responses, struct slice state);

/* The same, read from a modern client's params. Both absent: no retry, responses NULL and
 * state.p NULL. false: inputResponses is no object of objects or has over LIMIT_OPEN_ASKS entries,
 * or requestState is no string. */
struct mcp_retry {
	const struct json *responses;
	struct slice state;
};
bool mcp_retry_read(const struct json *params, struct mcp_retry *out, struct err *e) MUST_CHECK;

/* Is it an answer to that request: action of elicitation/create, role, content and model of
 * sampling/createMessage, roots of roots/list (schema, InputResponse). */
bool mcp_response_check(struct slice method, const struct json *response, struct err *e) MUST_CHECK;
/* As the result of a legacy JSON-RPC answer. */
void mcp_response_to_legacy(struct buf *b, const struct json *response);
/* What stands in inputResponses for a client's error: {"action":"cancel"} for elicitation. false:
 * the modern era has no word for it, the call ends with that error. */
bool mcp_response_of_error(struct buf *b, struct slice method) MUST_CHECK;

/*
 * Error -32042 of a 2025-11-25 server (URLElicitationRequiredError) as requests: key "url-0" and so
 * on in `keys`, one buffer for all, which must live as long as out. false when it is no such error
 * or names over max elicitations.
 */
bool mcp_url_error_read(const struct json *error, struct buf *keys, struct mcp_input *out, size_t max,
			size_t *n, struct err *e) MUST_CHECK;

#endif
