/* The limits of administration: the API, people, jobs, events, the console. Included by base/limits.h. */
#ifndef BASE_LIMITS_ADMIN_H
#define BASE_LIMITS_ADMIN_H

/* The API of administration. Requests under way at once, and how many of the worker threads they run on (beside
 * one for passwords and one for jobs); more: 503. What a page shows fits many times. */
#define LIMIT_API_CALLS 256
#define LIMIT_API_WORKERS 2 /* more calls wait, so that there is no edge to test */
#define LIMIT_API_REMOTE 2 /* and those that wait for an identity provider; more wait, too */
/* What strangers ask waits for a password's hash or for a provider: so many, so that others still have places; and what
 * they send is a name and a password. */
#define LIMIT_API_STRANGERS 64
#define LIMIT_API_STRANGER_BODY 16384
#define LIMIT_API_PAGE 200 /* elements of a list in one answer */
#define LIMIT_API_CURSOR 512 /* where the next page begins: no list needs as much; longer: 400 */
/* The body of a request: the largest policy and a page of definitions. Its arena has room for reading that. */
#define LIMIT_API_BODY (4u << 20)
#define LIMIT_API_ARENA (64u << 20) /* past what LIMIT_API_BODY lets through: not tested */
#define LIMIT_API_ANSWER (64u << 20) /* longer: 500, and to ask for less; not tested: no page comes near */
/* Answers kept for Idempotency-Key; the oldest go first. */
#define LIMIT_IDEMPOTENCY_KEYS 1000
#define LIMIT_IDEMPOTENCY_BYTES (16u << 20)
/* Long work that people started: more at once: 429. A result stays for so long, or until its room is wanted. */
#define LIMIT_JOBS 32
#define LIMIT_JOB_KEPT_S 600 /* by the machine's clock: no test waits so long */

/* People who administer one gate, roles of one of them or of one token (one for each server of a large gate), and
 * API tokens of one person. More: refused. Sessions of one person: browsers of a few machines; the oldest ends. */
#define LIMIT_USERS 10000
#define LIMIT_ROLES_OF_ONE 1000
#define LIMIT_TOKENS_OF_USER 100
#define LIMIT_SESSIONS_OF_USER 20
/* A name for people, an e-mail address (RFC 5321, 4.5.3.1: 254), issuer and subject of an identity provider. */
#define LIMIT_DISPLAY_NAME 128
#define LIMIT_EMAIL 254
#define LIMIT_OIDC_SUBJECT 1024
/* A password in bytes. Shorter ones are guessed from a stolen database in spite of Argon2id; longer ones only cost. */
#define LIMIT_PASSWORD_MIN 12
#define LIMIT_PASSWORD_MAX 256
/* A session in seconds: a working day, and a meeting without a click. */
#define LIMIT_SESSION_S 43200
#define LIMIT_SESSION_IDLE_S 7200
/* A link with which a password is set: until the next day. In seconds. */
#define LIMIT_LINK_S 86400
/* Wrong passwords: so many by one name, or from one address (an office has one for all), cost no wait. Then a
 * second, and twice as long each time up to LIMIT_SIGN_IN_WAIT_S: some hundred guesses a day. Forgotten after
 * LIMIT_SIGN_IN_KEPT_S without any. Names and addresses that are remembered; the oldest go first. */
#define LIMIT_SIGN_IN_NAME 5
#define LIMIT_SIGN_IN_ADDRESS 25
#define LIMIT_SIGN_IN_WAIT_S 900
#define LIMIT_SIGN_IN_KEPT_S 86400
#define LIMIT_SIGN_IN_ROWS 100000
/* What a record of a change keeps of the object, before and after each: the largest policy as JSON. Of a larger
 * one size and digest are kept. */
#define LIMIT_CHANGE_BYTES (2u << 20)
#define LIMIT_CHANGE_TEXT 1024 /* of its short fields; the rest is cut */
#define LIMIT_CHANGE_PAGE 200

/* Versions of policies of which it is remembered what they are found to be, for each worker; more: all are forgotten. */
#define LIMIT_POLICY_MEMO 2000
/* What people say of a version of a policy. */
#define LIMIT_POLICY_NOTE 1024
/* What a call of the playground shows of a result: more is counted, and left out. */
#define LIMIT_PLAY_RESULT (4u << 20)

/* Sign-in by an identity provider: bytes of one of its answers (lists of keys have some ten thousand), of an ID token (one
 * with all of a person's groups), of the cookie that goes along (browsers keep 4096 with its name); milliseconds for one
 * answer; seconds that a person has to sign in there; between its clock and ours; that its keys are kept. */
#define LIMIT_OIDC_BYTES (1 << 20)
#define LIMIT_OIDC_TOKEN (64u << 10)
#define LIMIT_OIDC_COOKIE 3072 /* a longer one is none that was sealed here: refused in any case */
#define LIMIT_OIDC_TEXT 512
#define LIMIT_OIDC_MS 10000 /* by the machine's clock: no test waits so long */
#define LIMIT_OIDC_STATE_S 600
#define LIMIT_OIDC_SKEW_S 60
#define LIMIT_OIDC_CACHE_S 3600 /* the same */

/* An address, argument, header or variable of a server, and how many of each it has. Longer or more: refused. */
#define LIMIT_SERVER_TEXT 8192
#define LIMIT_SERVER_PARTS 256

/* What may be set for one server in place of the gate's own. Larger is refused: a call that takes a day is none. */
#define LIMIT_SERVER_CALL_MS	86400000
#define LIMIT_SERVER_START_MS	3600000
#define LIMIT_SERVER_IDLE_MS	604800000
#define LIMIT_SERVER_CHILDREN	10000
#define LIMIT_SERVER_CALLS	1000000
#define LIMIT_SERVER_MESSAGE_MIN 1024

/* Tags of a grant, the servers that it reaches, and for whom it speaks (bytes): policies look at each. More: refused. */
#define LIMIT_GRANT_TAGS     64
#define LIMIT_GRANT_BINDINGS 1000
#define LIMIT_GRANT_SUBJECT  256

#endif
