/*
 * One message of MCP said in the other era. JSON in, JSON text out; what the other era cannot say
 * is left out, everything else keeps its order, its unknown members and the spelling of its
 * numbers. Legacy is 2024-11-05 to 2025-11-25, modern is 2026-07-28.
 *
 * The functions append to *b and cannot fail but by its maximum: ask buf_ok. What they are given
 * must be of the right shape where the text says so; other shapes give odd text, never a crash.
 */
#ifndef MCP_TRANSLATE_H
#define MCP_TRANSLATE_H
#include "mcp/envelope.h"

/* What a modern request says of its client. info and capabilities are JSON texts. */
struct mcp_speaker {
	enum mcp_version version;
	struct slice info;            /* Implementation; empty: left out */
	struct slice capabilities;    /* ClientCapabilities of this revision; empty: {} */
	enum mcp_log_level log_level; /* MCP_LOG_NONE: left out, the server logs nothing */
};

/*
 * Params of a request. To modern: the envelope goes into _meta (2026-07-28, schema,
 * RequestMetaObject), one that is there is replaced; `task` and the related task of 2025-11-25 go,
 * which the tasks extension does not have, and what would make it a retry (input.h). To legacy: envelope, inputResponses and requestState go,
 * and an empty _meta; progressToken, trace context and all else stay. as_task asks for a task
 * (2025-11-25, basic/utilities/tasks): "task":{}. params NULL prints as {} and the additions.
 */
void mcp_params_to_modern(struct buf *b, const struct json *params, const struct mcp_speaker *s);
void mcp_params_to_legacy(struct buf *b, const struct json *params, bool as_task);

/*
 * A result, by the method that it answers.
 *
 * To modern: resultType "complete"; ttlMs 0 and cacheScope "private" for the five lists and
 * resources/read (CacheableResult); _meta serverInfo from `info` (JSON text, may be empty) where it
 * is not there. A CreateTaskResult of tools/call becomes the flat one with resultType "task"; the
 * task in the answer to tasks/cancel goes. tools/list loses `execution` of each tool. (tasks/get
 * needs more than its answer: task.h. initialize: below.)
 *
 * To legacy: resultType, and of cacheable results ttlMs and cacheScope, go; so does _meta's
 * serverInfo. A task becomes a CreateTaskResult. structuredContent that is no object goes, as does
 * an outputSchema that is not of type object: 2025-11-25 allows no other. For a client before
 * 2025-06-18 a resource link becomes text with its URI, for one before 2025-03-26 audio becomes an
 * embedded resource. An input_required result has no legacy form: see input.h.
 */
void mcp_result_to_modern(struct buf *b, struct slice method, const struct json *result, struct slice info);
void mcp_result_to_legacy(struct buf *b, struct slice method, const struct json *result, enum mcp_version v);

/* Does the result carry cache hints in the modern era: server/discover, tools/list, prompts/list,
 * resources/list, resources/templates/list, resources/read. */
bool mcp_is_cacheable(struct slice method);

/* server/discover of a modern server as the InitializeResult of a legacy version. serverInfo is
 * what _meta says, else `info` (JSON text of an Implementation, must not be empty). */
void mcp_discover_to_initialize(struct buf *b, const struct json *discover, enum mcp_version v,
				struct slice info);
/* And back: supportedVersions are those of the modern era that we speak. */
void mcp_initialize_to_discover(struct buf *b, const struct json *initialize);

/*
 * Capabilities (schema, ServerCapabilities and ClientCapabilities of both). NULL prints {}.
 * Server: `tasks` with requests.tools.call is the extension io.modelcontextprotocol/tasks, and back
 * for 2025-11-25 alone; logging, completions, prompts, resources, tools with their listChanged and
 * subscribe are in both; `completions` is unknown to 2024-11-05. Client: roots loses listChanged in
 * the modern era; elicitation exists from 2025-06-18, its modes and sampling's tools and context
 * from 2025-11-25; a client that takes URLs only has no elicitation before. `tasks` of a client (it
 * lets a server's request run as a task) has no modern form, and the extension has no legacy one:
 * a legacy client asks for a task by `task` in its params. Other extensions and unknown members
 * stay.
 */
void mcp_server_caps_to_modern(struct buf *b, const struct json *capabilities);
void mcp_server_caps_to_legacy(struct buf *b, const struct json *capabilities, enum mcp_version v);
void mcp_client_caps_to_modern(struct buf *b, const struct json *capabilities);
void mcp_client_caps_to_legacy(struct buf *b, const struct json *capabilities, enum mcp_version v);

/*
 * An error object. To modern: -32002 is -32602; what else lies in -32020 to -32099, which
 * belongs to the specification (2026-07-28, basic, Error Codes), and -32042 are -32603, with
 * their text and data (-32042 as input: mcp_url_error_read in input.h). To legacy: -32602 of
 * resources/read with a `uri` in its data is -32002; the modern codes tell of our side of the
 * connection and become -32603, -32021 with the names of what the client lacks.
 */
void mcp_error_to_modern(struct buf *b, const struct json *error);
void mcp_error_to_legacy(struct buf *b, struct slice method, const struct json *error);

/*
 * A notification as a whole message, its subscriptionId (2026-07-28, basic/patterns/subscriptions)
 * set to `subscription`, the JSON text of an id; empty drops it, as every legacy client needs. An
 * _meta that gets empty goes.
 */
void mcp_notification_write(struct buf *b, const struct mcp_message *m, struct slice subscription);
/* May this notifications/message reach who asked for `least`? Never when that is MCP_LOG_NONE, or
 * the message's own level is none of the eight (schema, LoggingMessageNotification). */
bool mcp_log_passes(const struct mcp_message *m, enum mcp_log_level least);

#endif
