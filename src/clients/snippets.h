/*
 * What a person pastes into a client, or into a program of their own, so that it uses a grant. The dialects are those
 * of clients.h.
 */
#ifndef CLIENTS_SNIPPETS_H
#define CLIENTS_SNIPPETS_H
#include "base/buf.h"

struct snippet {
	const char *client;   /* "claude-code", "python" */
	const char *title;    /* "Claude Code" */
	const char *language; /* "shell", "json", "toml", "python", "typescript" */
	const char *file;     /* where it belongs; NULL: it is run, or belongs wherever the person wants it */
};
extern const struct snippet snippets[]; /* a NULL client ends them */

struct snippet_place {
	const char *name; /* as the client is to call it */
	const char *url;  /* "http://127.0.0.1:8811/mcp/files" */
};
/* Text with line ends. v: at least one; a snippet for one address takes `all`, or the only one of v. token: what stands
 * where the token belongs, "$TOKEN" too. */
void snippet_text(struct buf *b, const struct snippet *s, const struct snippet_place *v, size_t n, const char *all, const char *token);

#endif
