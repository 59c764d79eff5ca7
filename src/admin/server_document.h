/*
 * Servers as JSON: what people read and write of them (docs/openapi.yaml, Server). Values of headers and variables go
 * in, and never come out.
 */
#ifndef ADMIN_SERVER_DOCUMENT_H
#define ADMIN_SERVER_DOCUMENT_H
#include "admin/api.h"

/* How one is written. */
struct server_view {
	bool is_from_file;
	bool is_masked; /* for who may not manage it: without what an address or an argument hides */
};

/* What stands in store or file, as members without the braces: the part that its tag is of. */
void server_write(struct buf *b, const struct store_server *s, const struct server_view *v);
/* "http://127.0.0.1:8811": the address by which agents reach the gate. */
void base_url_write(struct buf *b, const struct admin *a, const struct config *c);

/* The document of the body. name: of the path; p NULL: it stands in the document. kept: whose values stay where the
 * document has none, as long as it is the same host or program; may be NULL. False: what is wrong stands in c. All in c->arena. */
bool server_read(struct api_call *c, struct slice name, const struct store_server *kept, struct store_server *out);
/* Whole, secrets too. False: the arena is full. */
bool server_copy(struct arena *a, const struct store_server *s, struct store_server *out) MUST_CHECK;

#endif
