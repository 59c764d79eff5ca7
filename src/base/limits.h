/*
 * Every limit of the program: name, number, the reason, and what happens past it.
 * Each has a test that stands exactly on it and one past it.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* Nesting of any JSON we read. Our walkers recurse, and the parser's own copy
 * function overflows the stack on deep input. Deeper messages are refused. */
#define LIMIT_JSON_DEPTH 64

/* Keys of one object. The check for duplicate keys sorts them. */
#define LIMIT_JSON_KEYS 10000

/* Values in one message. A value costs 16 bytes of memory for 2 bytes on the wire. */
#define LIMIT_JSON_VALUES 1000000

/* One JSON-RPC message, in either direction: room for an image as base64, while
 * a thousand of them at once still fit a small machine. Larger: 413, or the
 * server's answer is refused. */
#define LIMIT_MESSAGE_BYTES (16u << 20)

/* Request line and header block of HTTP, each side. nginx and HAProxy stand at 8
 * and 16 KiB. Longer: 431 and the connection closes. */
#define LIMIT_HTTP_HEAD_BYTES 16384
#define LIMIT_HTTP_HEADERS 100

/* A line of a server's event stream or of a child's standard output: a message
 * and its framing. Longer: the stream or the child is ended. */
#define LIMIT_LINE_BYTES (LIMIT_MESSAGE_BYTES + 1024)

/* What may wait for a child that does not read its standard input: one message of the
 * largest size and some small ones behind it. More: the child_write is refused. */
#define LIMIT_PENDING_BYTES (LIMIT_LINE_BYTES + (1u << 20))

/* Chunk extensions of one chunked body, which nobody uses and which cost no body bytes.
 * Longer: 400, or the answer is refused. */
#define LIMIT_CHUNK_EXTENSION_BYTES 4096

/* Interim (1xx) answers before the real one. More: the answer is refused. */
#define LIMIT_HTTP_INTERIM 16

/* Memory one request may hold beside its body: the parsed tree is at most eight
 * times the text. */
#define LIMIT_REQUEST_ARENA (256u << 20)

/* Elements of a JSON-RPC batch (2025-03-26 only). Each is decided by itself. */
#define LIMIT_BATCH 100

/* Commands to the shared store of counters that wait for their replies. More: the call is
 * refused as if the store were away. */
#define LIMIT_LEDGER_SENT 16384

/* Calls that wait for the shared store. More: the same. */
#define LIMIT_LEDGER_WAITING 65536

/* What calls gave back, and sessions learnt, that the shared store has not confirmed yet. More: what
 * is given back stays counted, and a result that would have to be learnt is not delivered. */
#define LIMIT_LEDGER_OUTBOX 65536

/* What sessions learnt and the shared store has not got yet, in bytes. More: the result is not
 * delivered. */
#define LIMIT_LEDGER_LESSONS (64u << 20)

/* One command to the shared store, and one reply of it: a session's past with its identifiers. */
#define LIMIT_LEDGER_COMMAND (4u << 20)
#define LIMIT_LEDGER_REPLY   (4u << 20)

/* The shared store says nothing for so long, though it was asked: the connection is given up. */
#define LIMIT_LEDGER_SILENT_MS 5000

/* One log line; the rest is cut. */
#define LIMIT_LOG_LINE 2048

/* Name of a tool: the MCP specification says 1 to 128 characters. Longer names
 * are refused at call time and left out of lists. */
#define LIMIT_TOOL_NAME 128

/* Names that people give to servers, policies, grants: they stand in URLs and rules. */
#define LIMIT_NAME 64

/* Tools of one server: the largest server in the wild lists below 1,000. More: the
 * list is cut off and the server is marked. */
#define LIMIT_TOOLS_PER_SERVER 10000

/* Tools of one server that are remembered as they were reviewed, also those that it lists no more:
 * room for each to be replaced once. More: the rest may not be used. */
#define LIMIT_PINS_PER_SERVER (2 * LIMIT_TOOLS_PER_SERVER)

/* What waits for a review is written so many times at once, and then once in this time; what changes faster
 * waits all the same, unwritten until it is listed again. */
#define LIMIT_PINS_WRITES   20
#define LIMIT_PINS_WRITE_MS 1000

/* How often a refused call looks whether another process was told of a review. */
#define LIMIT_PINS_LOOK_MS 1000

/* Definitions of all servers at once: half a million tools of 2 KiB. */
#define LIMIT_PINS_ARENA ((size_t)1 << 30)

/* Pairs of tools that are compared when a list is learnt, about 10 µs each: the longest that it may keep
 * other calls waiting. Larger definitions than this are not compared with. */
#define LIMIT_PIN_COMPARISONS 20000
#define LIMIT_PIN_PEER_BYTES  65536

/* Reviews of one tool that are shown, the newest. */
#define LIMIT_PIN_HISTORY 100

/* Parameters of one tool that are repeated in headers (x-mcp-header), and what they may take of the
 * header block of a call: half of what servers accept. More parameters: the tool is left out; more
 * bytes: the call is refused. */
#define LIMIT_PARAM_HEADERS 32
#define LIMIT_PARAM_BYTES (LIMIT_HTTP_HEAD_BYTES / 2)

/* The id of a JSON-RPC message: SDKs use small integers and UUIDs. It is kept for as
 * long as the call runs and stands in the record. */
#define LIMIT_RPC_ID 256

/* Name of a JSON-RPC method: the longest of MCP has 38 characters. */
#define LIMIT_RPC_METHOD 128

/* Mcp-Session-Id of a server: a UUID or a token. It is sealed into the client's own
 * session id, which must fit a header block. Longer: the handshake fails. */
#define LIMIT_SERVER_SESSION 2048

/* What one client that does not read may keep waiting of a child that other clients
 * use too. Past either, its call is ended and the server is told. */
#define LIMIT_WAITING_MESSAGES 256
#define LIMIT_WAITING_BYTES (1u << 20)

/* Requests that a server makes before any client is there to be asked: clients follow a greeting
 * within moments, and nobody makes many at once. Then they are answered as for want of a client. */
#define LIMIT_EARLY_REQUESTS 16
#define LIMIT_EARLY_MS       5000

/* Requests of one child (sampling, elicitation, roots) that wait for clients' answers,
 * and of one exchange over HTTP. Past it the server is told that it asks too much. */
#define LIMIT_OPEN_ASKS 64

/* What one child or one stream may say in LIMIT_FAIR_WINDOW_MS before it is paused for
 * the rest of it: ten times what the busiest servers say, and little enough that a
 * flood leaves most of the loop to the others. */
#define LIMIT_FAIR_WINDOW_MS 50
#define LIMIT_FAIR_MESSAGES 2000
#define LIMIT_FAIR_BYTES (4u << 20)

/* Longest wait before a child that keeps ending is started again. */
#define LIMIT_RESTART_DELAY_MS 30000

/* How long a server that was removed may take to finish its calls. */
#define LIMIT_RETIRE_MS 60000

/* Text of one field of a record (rule, message, uri): longer ones are cut. With keys, claims and
 * fields at their maximum an entry stays below LIMIT_JOURNAL_ENTRY. */
#define LIMIT_RECORD_TEXT 1024

/* Names of arguments in one record, and the length of each: more are left out. */
#define LIMIT_RECORD_KEYS 64
#define LIMIT_RECORD_KEY_BYTES 128

/* Records of one page of `audit`. */
#define LIMIT_RECORD_PAGE 10000

/* One entry of the journal. A length beyond it means that the file is damaged. */
#define LIMIT_JOURNAL_ENTRY 65536

/* Entries that wait because the disk takes none: every call is refused by then, and these
 * are the records of refusals. Past it they are counted, not kept. */
#define LIMIT_JOURNAL_PENDING (16u << 20)

/* One file of the journal; the next entry begins another. */
#define LIMIT_JOURNAL_SEGMENT (16u << 20)

/* Of the journal in one transaction: some thousand records, a few ten milliseconds. */
#define LIMIT_MOVER_BATCH (1u << 20)

/* More than this waits for the mover: it works at normal priority then. Half a minute at full rate
 * on one core. */
#define LIMIT_MOVER_BACKLOG (256u << 20)

/* A policy document: the largest known is below 100 KiB. */
#define LIMIT_POLICY_BYTES (1u << 20)

/* The configuration file: a thousand servers with their commands. */
#define LIMIT_CONFIG_BYTES (1u << 20)

/* A resource's URI or a prompt's name, as asked for: what browsers and servers take. */
#define LIMIT_URI 2048

/* A regular expression: patterns of a kilobyte exist (e-mail addresses by the book). Longer or
 * deeper: does not compile. */
#define LIMIT_REGEX_BYTES 4096
#define LIMIT_REGEX_DEPTH 100

/* A text that one is matched against, the steps a match may take (16 more for each byte of the
 * text: about 10 ms, or 150 ms for the longest) and its memory for going back. Past any, the
 * match ends as undecided, which refuses. */
#define LIMIT_REGEX_TEXT (1u << 20)
#define LIMIT_REGEX_STEPS 1000000
#define LIMIT_REGEX_HEAP_KIB 8192

/* A JSON Schema: printed, in subschemas, and compiled. The largest input schemas in the wild have
 * a few thousand subschemas and 200 KiB. More: it is not usable, and so is its tool. */
#define LIMIT_SCHEMA_BYTES (1u << 20)
#define LIMIT_SCHEMA_NODES 20000
#define LIMIT_SCHEMA_ARENA (64u << 20)

/* The compiled patterns of one schema: a repeat of twenty bytes can become 64 KiB. A name ($id) in
 * one, which each reference looks up. More: the schema is not usable. */
#define LIMIT_SCHEMA_PATTERN_BYTES (4u << 20)
#define LIMIT_SCHEMA_NAME 2048

/* Work of one check: about 20 ms, a hundred thousand members with three keywords each; what its
 * patterns may take, about 100 ms; and subschemas within each other, which our walk recurses on.
 * Past any, the value does not fit. */
#define LIMIT_SCHEMA_STEPS 1000000
#define LIMIT_SCHEMA_REGEX_STEPS 20000000
#define LIMIT_SCHEMA_DEPTH 500

/* A list of tools older than this is asked for again at the next call; a server that
 * announces changes is asked at once. */
#define LIMIT_CATALOG_TTL_MS 300000

/* Pages of one list: at a hundred tools a page, LIMIT_TOOLS_PER_SERVER of them. */
#define LIMIT_LIST_PAGES 100

/* A tool that a server does not list makes the gate ask for the list again, at most so
 * often: an agent that calls invented names must not flood the server. */
#define LIMIT_SURVEY_EVERY_MS 10000

/* And so often while none is known, because the server did not answer: every call is refused
 * until then. */
#define LIMIT_SURVEY_AGAIN_MS 1000

/* How long it is believed which eras of MCP a server speaks: servers are replaced while the
 * gate runs, and asking costs one request. */
#define LIMIT_ERA_TTL_MS 600000

/* Sessions with legacy servers that the bridge holds for clients that have none; of one grant at
 * one server, where clients that declare other capabilities or another log level get another; and
 * how long one stays that nobody uses. Past a number the one longest unused is closed; when all
 * are in use the call is refused as busy. */
#define LIMIT_HELD_SESSIONS 4096
#define LIMIT_HELD_SESSIONS_OF_GRANT 64
#define LIMIT_HELD_IDLE_MS 600000

/* Tasks of legacy servers that modern clients were given, whose sessions are kept for them: of all,
 * of one grant, and how long one that nobody asks for. Past a number the one that was longest
 * unused is asked for with any session of its grant. */
#define LIMIT_HELD_TASKS 1024
#define LIMIT_HELD_TASKS_OF_GRANT 64
#define LIMIT_HELD_TASK_IDLE_MS 3600000

/* What a server says of itself when such a session is opened, kept to answer server/discover.
 * More: the session is not opened. */
#define LIMIT_HELD_GREETING 65536

/* A call of a modern client at a legacy server that waits for what its client answers (sampling,
 * elicitation, roots): how long it does when no time is configured, how many may, and how many of
 * one grant. People answer them, so minutes; each holds a call of its server. Past either number
 * the server is told that nobody can be asked. */
#define LIMIT_PARKED_MS 300000
#define LIMIT_PARKED_CALLS 256
#define LIMIT_PARKED_CALLS_OF_GRANT 16

/* How often one call may wait so: with a pause of LIMIT_PARKED_MS each time it ends within the
 * deadline of a call and LIMIT_PARKED_ROUNDS of those. Answers that came while nobody waited. Past
 * the one the server is told that nobody can be asked, past the other an answer is lost. */
#define LIMIT_PARKED_ROUNDS 16
#define LIMIT_PARKED_BYTES (64u << 20)

/* What is asked of all servers of a grant waits so long for the last of them, when nothing else is
 * configured: as long as a person
 * waits for a list. Who has not answered by then is left out, and comes in by list_changed. */
#define LIMIT_MERGE_WAIT_MS 5000

/* What all of them say to the model together: more of it costs each conversation. Past it the next
 * server's words are left out. */
#define LIMIT_MERGE_INSTRUCTIONS 32768

/* Names at the door to all servers that the server's own cannot be read from. Past it they are
 * shown, but can only be found again while the server's tools are known. */
#define LIMIT_MERGED_NAMES 20000

/* A server that ended the stream of what it says by itself is listened to again so much later, and
 * twice as late each time that it fails. */
#define LIMIT_LISTEN_AGAIN_MS 1000
#define LIMIT_LISTEN_AGAIN_MAX_MS 30000

/* An open stream on which nothing is said gets a comment so often: those between give up a silent
 * connection after 30 to 60 seconds. In seconds. */
#define LIMIT_KEEP_ALIVE_S 15

/* Resources, and tasks, that one stream of subscriptions/listen names: each notification is compared
 * with all of them. More: the request is refused. */
#define LIMIT_SUBSCRIPTIONS 1000

/* What is kept of streams for clients whose connection broke: events and bytes of one stream (one
 * event may be larger: an answer must be able to wait), and bytes of all. Past any, the oldest go. */
#define LIMIT_REPLAY_EVENTS 256
#define LIMIT_REPLAY_STREAM_BYTES (1u << 20)
#define LIMIT_REPLAY_BYTES (64u << 20)

/* GET streams that wait for their clients to come back: each may hold a connection to its server.
 * Past it the one that waits longest ends. */
#define LIMIT_REPLAY_WAITING 1000

/* A client is told to come back so soon after its stream broke; what the SDKs do by themselves. */
#define LIMIT_REPLAY_RETRY_MS 1000

/* A call that has not answered for so long gets its stream, so that its client has an event id to
 * come back with: an answer that takes so long is worth waiting for. */
#define LIMIT_PRIME_MS 2000

/* How often a server of the modern era may ask for input, or for patience, before it answers one
 * request of an older client: more than any dialogue with a person has steps. Past it the request
 * ends with an error. A server that only wants patience is asked again so much later, and twice
 * as late each time. */
#define LIMIT_INPUT_ROUNDS 16
#define LIMIT_PATIENCE_MS 100
#define LIMIT_PATIENCE_MAX_MS 10000

/* How often the state of a task is asked for while an older client waits for its result, whatever
 * the server suggests; and when it suggests nothing. */
#define LIMIT_POLL_MIN_MS 100
#define LIMIT_POLL_MAX_MS 30000
#define LIMIT_POLL_MS 1000

/* Sessions of older clients with servers of the modern era of which something is kept in memory:
 * a level of logs, subscriptions, tasks. Past it the one that was longest unused is forgotten. */
#define LIMIT_KEPT_CLIENTS 20000

/* Results that are kept for such a client which asked for a task and was answered at once: how
 * many, how many bytes of all clients, and how long. Past the numbers the oldest are forgotten. */
#define LIMIT_KEPT_TASKS 16
#define LIMIT_KEPT_TASK_BYTES (64u << 20)
#define LIMIT_KEPT_TASK_MS 300000
#define LIMIT_KEPT_TASK_MAX_MS 3600000

/* Resources of one server that all its listening clients name together: each update is compared
 * with all, and one request to the server names them. More: the client is refused as busy. */
#define LIMIT_HUB_TOPICS 10000

/* Sessions that were ended by their client and are remembered as ended. Past it the older
 * half is forgotten; what they could reach is still decided by their grant. */
#define LIMIT_ENDED_SESSIONS 20000

/* One answer of administration: ten thousand tools with their descriptions. */
#define LIMIT_ADMIN_BYTES (64u << 20)

/* How often the mover looks for records to take to SQLite when there were none: the lag
 * of a query over the database, not of the record itself. */
#define LIMIT_MOVER_EVERY_MS 200

/* gatehouse wrap serves one client: calls in flight, subscriptions, and counters of its one policy. */
#define LIMIT_WRAP_CALLS 1000
#define LIMIT_WRAP_STREAMS 100
#define LIMIT_WRAP_COUNTERS 100000

/* How often one step of a policy's test is repeated: the largest limits that people count out. */
#define LIMIT_SUITE_TIMES 100000

/* Calls that are made up for one tool, to find what two policies decide differently. */
#define LIMIT_BOUNDARY_CALLS 2000

/* Calls that two policies decide differently and that are told one by one. The rest is counted. */
#define LIMIT_COMPARED_CALLS 1000

/* Recorded calls that are replayed at once: some hundred bytes each. */
#define LIMIT_SIMULATED_CALLS 200000

/* Differences of two documents that are told: more than anybody reads. */
#define LIMIT_DIFFERENCES 10000

/* What an import says of one file: more than the rules of any that is known. The rest is left out. */
#define LIMIT_IMPORT_NOTES 1000

/* Text of one policy. A rule for each of a thousand tools is below 300 KB; reading,
 * checking and locating mistakes stay within milliseconds. */
#define LIMIT_POLICY_BYTES (1u << 20)

/* Rule groups in one list, and conditions in one group: what one call may cost to decide. */
#define LIMIT_POLICY_GROUPS 100
#define LIMIT_POLICY_CONDITIONS 100

/* Limits of one tool, and again of all_tools: both together fill the claims of a call. */
#define LIMIT_POLICY_LIMITS 16

/* Flows of a policy: each is looked at for every call. */
#define LIMIT_POLICY_FLOWS 100

/* Labels that all flows name together, of one tool, and a label's name. The first are bits of a word. */
#define LIMIT_POLICY_FLOW_LABELS 64
#define LIMIT_POLICY_LABELS 32
#define LIMIT_POLICY_LABEL_NAME 64

/* Content types that results may have. */
#define LIMIT_POLICY_TYPES 64

/* Keys of one object in an argument that flows compare or that a limit with `repeat` counts by: they
 * are sorted without memory, which takes their square. More: it is never the same as another for a
 * flow, and always for a limit. */
#define LIMIT_POLICY_KEYS 100

/* How long an approval may be asked for and used, and how long a call may wait for it, in
 * seconds. */
#define LIMIT_APPROVAL_EXPIRES_S (30 * 86400)
#define LIMIT_APPROVAL_HOLD_S 600

/* Steps of a path into the arguments, as deep as the arguments may be. */
#define LIMIT_POLICY_PATH LIMIT_JSON_DEPTH

/* Name of a counter: it stands in rules and records. */
#define LIMIT_COUNTER_NAME 128

/* A text for the agent ("on_deny", "reason"): the rest is cut, with a warning. */
#define LIMIT_POLICY_TEXT 480

/* A text that is read as printed YAML, to tell fields from free text: the lists of servers stay
 * below 100 KB, and the parser takes 10 to 20 ns a byte. Longer: all of it is free text. */
#define LIMIT_PRINTED_YAML (256u << 10)

/* Identifiers of one text or value that are remembered or looked up. A page of 300 KB of links has
 * as many. More: what was not met in it may have been. */
#define LIMIT_IDENTIFIERS 20000

/* Different paths that conditions with seen_in name: each is looked up before a call is decided. */
#define LIMIT_POLICY_SEEN 32

/* All texts of a value in which URLs are looked for: five readings of each, some 50 ns a byte. More:
 * it cannot be told, which refuses. */
#define LIMIT_URL_TEXT (1u << 20)

/* SQL of one value. The parser's printer recurses once for each operator of a chain such as 1+1+1,
 * on about 130 bytes of stack: 8,000 levels here, and it dies at 60,000 of an 8 MiB stack. Longer
 * SQL does not hold. */
#define LIMIT_SQL_BYTES 16384

/* Levels of its parse tree as JSON, two to each operator of a chain; our walk recurses. Deeper: it
 * does not hold. */
#define LIMIT_SQL_DEPTH 768

/* Values that `[*]` in one condition may look at. More: the call is refused. */
#define LIMIT_POLICY_ELEMENTS 100000

/* Findings in one text: a table of customers has some thousand addresses. More: it is replaced whole. */
#define LIMIT_SCAN_FINDINGS 10000

/* Patterns of an operator's own that results are searched for: each is another pass over the text. */
#define LIMIT_SCAN_PATTERNS 32

/* Encodings within each other that are undone: what attackers nest is two or three deep. */
#define LIMIT_SCAN_NESTING 4

/* Sessions, and grants of clients without sessions, whose past is known: what a busy gate sees in
 * the lifetime of a session, below 100 MB. Past it the calls of others whose policy looks at the past are
 * refused until an older one ends. */
#define LIMIT_PAST_UNITS 100000

/* Identifiers that are remembered of one of them, and of all: hundreds of pages of text, and below
 * 100 MB. Past either, unknown ones count as possibly seen, which refuses. */
#define LIMIT_PAST_IDENTIFIERS_OF_UNIT 50000
#define LIMIT_PAST_IDENTIFIERS 2000000

/* Arguments of one of them that flows compare (unless_same), for each label. Past it the label counts as
 * one whose calls had different values. */
#define LIMIT_PAST_MARKS 256

/* Of a grant without sessions, when no flow says how long, and the least. In microseconds. */
#define LIMIT_PAST_KEEP_US (3600 * (int64_t)1000000)

/* Name of a label. A longer one cannot be remembered, and its result is not delivered. */
#define LIMIT_LABEL_NAME 128

/* Arguments that a person is asked about: more nobody reads, and all of it is kept. Past it the call
 * is refused without asking. */
#define LIMIT_APPROVAL_ARGUMENTS (256u << 10)

/* Requests that wait for a person, of all and of one grant: more than people can look at, and each
 * keeps its arguments. Past either the call is refused and nobody is asked. */
#define LIMIT_APPROVALS_PENDING 1000
#define LIMIT_APPROVALS_PENDING_GRANT 50

/* Calls of one grant that a person keeps waiting, each a place among all calls under way. Past it the
 * client is told at once to come again. */
#define LIMIT_HELD_CALLS_OF_GRANT 64

/* What one approval shows: words of the tool's author, what a vote says, records of the agent's
 * earlier calls. Longer texts are cut. */
#define LIMIT_APPROVAL_DESCRIPTION 4096
#define LIMIT_APPROVAL_NOTE 1000
#define LIMIT_APPROVAL_RECENT 10

/* Approvers that are known. A page of requests. People who must say yes to one call. */
#define LIMIT_APPROVERS 1000
#define LIMIT_APPROVAL_PAGE 200
#define LIMIT_APPROVAL_QUORUM 20

/* Requests whose end is longer ago are deleted, with their votes: the records of calls and votes
 * stay. In microseconds. */
#define LIMIT_APPROVAL_KEEP_US (90 * 24 * 3600 * (int64_t)1000000)

/* Questions to the database of approvals that wait for its worker: each holds a call. Past it the
 * call is refused. */
#define LIMIT_APPROVAL_JOBS 4096

/* What may be decoded of one text, in times its length: each encoding is read from several places.
 * More: it counts as a secret. */
#define LIMIT_SCAN_DECODED 64

/* A webhook that does not answer, or not with 2xx, is told again so often, at first after so long and
 * twice as long each time, half of it by chance: for about half an hour. Then it is given up, and
 * shown so. */
#define LIMIT_WEBHOOK_ATTEMPTS 11
#define LIMIT_WEBHOOK_AGAIN_MS 1000
/* And so long for one answer. */
#define LIMIT_WEBHOOK_MS 10000

/* The catalogue that is kept. The id of a server: names of the official registry have at most 200
 * characters. Longer: refused. Its other words (title, version, …) and its description are cut. */
#define LIMIT_INDEX_ID 256
#define LIMIT_INDEX_WORD 512
#define LIMIT_INDEX_DESCRIPTION 8192
/* A registry's entry: the largest of the official one have some ten kilobytes. Larger: it is a bad
 * entry. */
#define LIMIT_INDEX_DOCUMENT (256u << 10)
/* One definition of a tool, as JSON text: the largest in the wild have less than 64 KiB. Larger: name
 * and the begin of its description are kept, and it is refused. */
#define LIMIT_INDEX_DEFINITION (256u << 10)
#define LIMIT_INDEX_CUT_DESCRIPTION 4096
/* The name under which a tool is kept. Longer than LIMIT_TOOL_NAME is refused anyway. */
#define LIMIT_INDEX_NAME 256
/* Changes of one server that are kept, and its tools that are gone: the oldest make room. */
#define LIMIT_INDEX_HISTORY 2000
#define LIMIT_INDEX_REMOVED 10000
/* A page of a search, and the words of a question. More: refused. */
#define LIMIT_INDEX_PAGE 200
#define LIMIT_INDEX_WORDS 16
/* What is looked through of one definition: bytes of its description, and different words. */
#define LIMIT_INDEX_TEXT (16u << 10)
#define LIMIT_INDEX_TERMS 512
#define LIMIT_INDEX_TERM 32 /* bytes of one word; the rest is cut, in questions too */

/* Questions to the catalogue by the API that are under way at once, and calls of the gate's own server.
 * More: 503, or the call is refused. Together they run on so many of the four worker threads: the
 * others are for records and approvals. */
#define LIMIT_ADVICE_ASKS 64
#define LIMIT_ADVICE_WORKERS 2
/* Definitions in one question, and its bytes. More: refused. */
#define LIMIT_ADVICE_TOOLS 1000
#define LIMIT_ADVICE_BYTES (4u << 20)
/* A server's list that the gate hands on to be kept, and all those that wait for it at once; the
 * newest list of a server takes the place of an older one. More: it is not kept, and the log says so. */
#define LIMIT_KEPT_LIST (32u << 20)
#define LIMIT_KEPT_WAITING (64u << 20)
/* One answer of the API: the whole policy of the largest server that is kept. Longer: 500. */
#define LIMIT_ADVICE_ANSWER (64u << 20)

/* A server that is asked for its tools outside of the gate: what npx and uvx need to fetch and start one.
 * Past it the server counts as silent. What it says of itself is cut. */
#define LIMIT_ASK_TOOLS_MS   60000
#define LIMIT_ASK_TOOLS_NAME 128

/* What the catalogue looks at of one tool: its name, the words of its description (the longest in the
 * wild has 9,000 bytes, and what a tool does stands at its beginning), the properties of its schema and
 * how deep they stand in each other. The rest says nothing about its category. */
#define LIMIT_PROFILE_NAME 256
#define LIMIT_PROFILE_TEXT 8192
#define LIMIT_PROFILE_WORDS 1024
#define LIMIT_PROFILE_PROPERTIES 128
#define LIMIT_PROFILE_DEPTH 8

/* Files of clients that are looked at in one import: nine clients with a few each, and a folder of
 * Continue's. More: the import is refused, naming --file. */
#define LIMIT_CLIENT_FILES 1000

/* One of them. Claude Code keeps what was said in its own: tens of thousands of lines. Longer: the file is
 * left as it is. */
#define LIMIT_CLIENT_FILE_BYTES (16u << 20)

/* Servers in one of them. More: the file is left as it is. */
#define LIMIT_CLIENT_SERVERS 1000
/* What one registry is asked for: pages, bytes of one, entries of all, time for one page. The official
 * one has some ten thousand servers, a hundred a page. More: what was read until then is kept, and the
 * command fails. */
#define LIMIT_REGISTRY_PAGES 10000
#define LIMIT_REGISTRY_PAGE_BYTES LIMIT_MESSAGE_BYTES
#define LIMIT_REGISTRY_ENTRIES 1000000
#define LIMIT_REGISTRY_MS 60000

#include "base/limits_records.h"
#include "base/limits_scan.h"

#include "base/limits_admin.h"

#endif
