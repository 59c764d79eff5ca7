/*
 * TLS as a filter, no I/O: what came from the wire goes in, what shall go to the wire
 * comes out. TLS 1.2 and newer; the peer's certificate must be of the host that was
 * asked for and signed by an authority of the system (or of the file given).
 */
#ifndef NET_TLS_H
#define NET_TLS_H
#include "base/buf.h"
#include "base/err.h"

struct tls_context;
struct tls;

/* For connections that we open. ca_file: authorities in PEM in place of the system's, or NULL. */
struct tls_context *tls_context_new(const char *ca_file, struct err *e) MUST_CHECK;
/* For connections that come in. The certificate with those that lead to its authority, and
 * its key, PEM. */
struct tls_context *tls_context_serve(const char *cert_file, const char *key_file, struct err *e) MUST_CHECK;
void tls_context_free(struct tls_context **x);

/* host: a name or a number; it is checked against the certificate. */
struct tls *tls_new(struct tls_context *x, struct slice host);
struct tls *tls_accept(struct tls_context *x);
void tls_free(struct tls **t);
/* Goes on with the handshake; *is_done when it is complete. Appends to wire. */
bool tls_handshake(struct tls *t, struct buf *wire, bool *is_done, struct err *e) MUST_CHECK;
/* Bytes of the wire: kept until tls_read takes them. */
void tls_feed(struct tls *t, struct slice bytes);
/* Up to n plain bytes; *got 0 when more of the wire is needed; *is_end: the peer has said
 * that nothing follows. May append to wire (key updates). */
bool tls_read(struct tls *t, char *p, size_t n, size_t *got, bool *is_end, struct buf *wire,
              struct err *e) MUST_CHECK;
bool tls_write(struct tls *t, struct slice plain, struct buf *wire, struct err *e) MUST_CHECK;
void tls_finish(struct tls *t, struct buf *wire); /* says that nothing follows */

#endif
