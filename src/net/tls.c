/* OpenSSL over memory buffers. */
#include "net/tls.h"
#include "base/check.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <arpa/inet.h>

struct tls {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
};

#define HOST_SIZE 256

/* The first error of the queue is the cause, what follows it is where it was met. */
static const char *take_reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *reason = NULL;
	if (code && ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	else if (code)
		reason = ERR_reason_error_string(code);
	ERR_clear_error();
	return reason ? reason : "unknown reason";
}

static bool fail(struct err *e, const char *what)
{
	return err_set(e, ERR_REMOTE, "%s: %s", what, take_reason());
}

static SSL_CTX *context_of(struct tls_context *x)
{
	return (SSL_CTX *)(void *)x;
}

static SSL_CTX *new_context(const SSL_METHOD *method, struct err *e)
{
	ERR_clear_error();
	SSL_CTX *x = SSL_CTX_new(method);
	if (!x) {
		fail(e, "cannot start TLS");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION);
	SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* Idle connections give their 34 KiB back. */
	SSL_CTX_set_mode(x, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return x;
}

struct tls_context *tls_context_serve(const char *cert_file, const char *key_file, struct err *e)
{
	SSL_CTX *x = new_context(TLS_server_method(), e);
	if (!x)
		return NULL;
	if (SSL_CTX_use_certificate_chain_file(x, cert_file) != 1)
		err_set(e, ERR_INPUT, "cannot read the certificate '%s': %s", cert_file, take_reason());
	else if (SSL_CTX_use_PrivateKey_file(x, key_file, SSL_FILETYPE_PEM) != 1)
		err_set(e, ERR_INPUT, "cannot read the key '%s': %s", key_file, take_reason());
	else if (SSL_CTX_check_private_key(x) != 1)
		err_set(e, ERR_INPUT, "the key '%s' is not that of the certificate '%s'", key_file, cert_file);
	else
		return (struct tls_context *)(void *)x;
	SSL_CTX_free(x);
	return NULL;
}

struct tls_context *tls_context_new(const char *ca_file, struct err *e)
{
	SSL_CTX *x = new_context(TLS_client_method(), e);
	if (!x)
		return NULL;
	SSL_CTX_set_verify(x, SSL_VERIFY_PEER, NULL);
	int got = ca_file ? SSL_CTX_load_verify_locations(x, ca_file, NULL) : SSL_CTX_set_default_verify_paths(x);
	if (got != 1) {
		fail(e, "cannot read the certificate authorities");
		SSL_CTX_free(x);
		return NULL;
	}
	return (struct tls_context *)(void *)x;
}

void tls_context_free(struct tls_context **x)
{
	if (*x)
		SSL_CTX_free(context_of(*x));
	*x = NULL;
}

/* host is not const because a macro of OpenSSL casts that away, which clang refuses. */
static void expect_host(SSL *ssl, char *host)
{
	unsigned char ip[16];
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);
	if (inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1) {
		BUG_ON(X509_VERIFY_PARAM_set1_ip_asc(p, host) != 1);
		return;
	}
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	BUG_ON(SSL_set1_host(ssl, host) != 1);
	SSL_set_tlsext_host_name(ssl, host);
}

static struct tls *make(struct tls_context *x)
{
	struct tls *t = mem_zalloc(sizeof *t);
	t->ssl = SSL_new(context_of(x));
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	BUG_ON(!t->ssl || !t->in || !t->out);
	BIO_set_mem_eof_return(t->in, -1); /* an empty one is a wait, not an end */
	SSL_set_bio(t->ssl, t->in, t->out);
	return t;
}

struct tls *tls_new(struct tls_context *x, struct slice host)
{
	char name[HOST_SIZE];
	struct tls *t = make(x);
	BUG_ON(host.n >= sizeof name);
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	SSL_set_connect_state(t->ssl);
	expect_host(t->ssl, name);
	return t;
}

struct tls *tls_accept(struct tls_context *x)
{
	struct tls *t = make(x);
	SSL_set_accept_state(t->ssl);
	return t;
}

void tls_free(struct tls **t)
{
	if (!*t)
		return;
	SSL_free((*t)->ssl);
	free(*t);
	*t = NULL;
}

static void move_out(struct tls *t, struct buf *wire)
{
	char *p;
	long n = BIO_get_mem_data(t->out, &p);
	if (n > 0)
		buf_add(wire, p, (size_t)n);
	(void)BIO_reset(t->out);
}

static bool fail_handshake(struct tls *t, struct err *e)
{
	long verdict = SSL_get_verify_result(t->ssl);
	if (verdict == X509_V_OK)
		return fail(e, "the TLS handshake failed");
	ERR_clear_error();
	return err_set(e, ERR_REMOTE, "the server's certificate is refused: %s",
	               X509_verify_cert_error_string(verdict));
}

bool tls_handshake(struct tls *t, struct buf *wire, bool *is_done, struct err *e)
{
	ERR_clear_error();
	int got = SSL_do_handshake(t->ssl);
	int why = SSL_get_error(t->ssl, got);
	*is_done = got == 1;
	move_out(t, wire);
	if (got == 1 || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return true;
	return fail_handshake(t, e);
}

void tls_feed(struct tls *t, struct slice bytes)
{
	BUG_ON(BIO_write(t->in, bytes.p, (int)bytes.n) != (int)bytes.n);
}

bool tls_read(struct tls *t, char *p, size_t n, size_t *got, bool *is_end, struct buf *wire, struct err *e)
{
	ERR_clear_error();
	*got = 0;
	int result = SSL_read_ex(t->ssl, p, n, got);
	int why = SSL_get_error(t->ssl, result);
	move_out(t, wire);
	*is_end = why == SSL_ERROR_ZERO_RETURN;
	if (result == 1 || *is_end || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return true;
	return fail(e, "the TLS stream broke");
}

bool tls_write(struct tls *t, struct slice plain, struct buf *wire, struct err *e)
{
	while (plain.n) {
		size_t got = 0;
		ERR_clear_error();
		if (SSL_write_ex(t->ssl, plain.p, plain.n, &got) != 1)
			return fail(e, "the TLS stream broke");
		plain = slice_of(plain.p + got, plain.n - got);
	}
	move_out(t, wire);
	return true;
}

void tls_finish(struct tls *t, struct buf *wire)
{
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
	move_out(t, wire);
}
