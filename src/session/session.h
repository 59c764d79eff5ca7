/*
 * Sessions of clients that use them (revisions up to 2025-11-25), without a table: the
 * session id handed to the client is a sealed token that carries all the gate must know
 * (MCP 2025-11-25, Streamable HTTP, Session Management: visible ASCII, unguessable).
 * Any process that has the key can serve it, also after a restart. It proves nothing
 * about who presents it: the grant is checked on every request and must be the one
 * that the session was made for.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "mcp/version.h"
#include <stdint.h>

#define SESSION_TEXT_MAX 256
#define SESSION_ID_SIZE 17 /* 16 hexadecimal digits and a NUL */

struct session {
	char id[SESSION_ID_SIZE];              /* random; stands in records, is no secret */
	int64_t created_us;                    /* wall clock */
	char grant_id[64];
	char server[65];
	char server_session[SESSION_TEXT_MAX]; /* the server's own session id; "" when it gave none */
	enum mcp_version server_version;       /* agreed with the server */
	enum mcp_version client_version;       /* agreed with the client */
	unsigned client_caps;                  /* UPSTREAM_CAN_… of upstream/upstream.h */
	char client_name[65], client_version_text[33]; /* as the client says; cut, never trusted */
};

/* Appends the token to *out. Fails as ERR_LIMIT when the server's session id is longer than we carry. */
bool session_seal(const struct session *s, const unsigned char key[SEAL_KEY_SIZE], struct buf *out, struct err *e)
        MUST_CHECK;
/* False for anything that was not sealed with this key, or is older than age_max_us. */
bool session_open(struct slice token, const unsigned char key[SEAL_KEY_SIZE], int64_t now_us, int64_t age_max_us,
                  struct session *s) MUST_CHECK;

/* Copies and cuts at the end of a character; control characters become '?'. */
void session_set_text(char *out, size_t size, struct slice text);

#endif
