/*
 * Names behind the door that shows several servers as one. A name from a server must come back to
 * that server and nothing else: what stands here is made from the server's name in the gate's
 * configuration, never from what a server says of itself (2026-07-28, server/tools, Tool Names).
 */
#ifndef MCP_MERGED_H
#define MCP_MERGED_H
#include "base/compiler.h"
#include "json/json.h"

#define MCP_MERGED_NAME_SIZE 65 /* 64 characters and a NUL */

/*
 * "<server>__<name>" of a tool or prompt, of [A-Za-z0-9_-] and at most 64 characters, which is what
 * providers of models take. Another character of the name becomes '_'; a name that was changed or
 * cut so (or looks as if it were) ends in '_' and 8 hex digits of the digest of the whole, so that
 * two names of a server stay two. A server's name stands whole where it has at most 48 characters of that alphabet and no
 * "__" in it, else it is changed in the same way.
 */
void mcp_merged_name(char out[MCP_MERGED_NAME_SIZE], struct slice server, struct slice name);

/*
 * Which of the servers (names in an order of the caller's) a merged name begins with: its index,
 * or -1. The longest that fits wins, so that "a__b" and "a" cannot be mistaken. `rest` is what
 * follows "__": the server's own name for it unless that was changed (mcp_merged_is_changed), when
 * only a comparison over the server's list tells.
 */
int mcp_merged_server(struct slice merged, const struct slice *servers, size_t n, struct slice *rest);
/* Ends it in '_' and 8 hex digits? Then it is not the server's own name. */
bool mcp_merged_is_changed(struct slice rest);

/*
 * The label of a server in URIs: letters in lower case, digits, '-', '.'; '_' and other characters
 * become '-'; a first character that is no letter gets "s" before it (RFC 3986, 3.1). At most
 * LIMIT_NAME + 1 bytes. Two servers whose labels are equal cannot both stand behind one door: see
 * mcp_merged_clash.
 */
void mcp_merged_label(struct buf *out, struct slice server);
/* Index of a server whose label, or whose part of merged names, another before it has; -1: none. */
int mcp_merged_clash(const struct slice *servers, size_t n);

/*
 * "<label>+<uri>" of a resource, or of a URI template (RFC 6570: nothing in the label is an
 * expression). "ui://" stays as it is: MCP Apps look for that scheme; so does what has no scheme.
 */
void mcp_merged_uri(struct buf *out, struct slice server, struct slice uri);
/* The server of such a URI and what the server calls it; -1 when no label fits: a ui:// URI, or one
 * that is not of here. */
int mcp_merged_uri_server(struct slice uri, const struct slice *servers, size_t n, struct slice *rest);

#endif
