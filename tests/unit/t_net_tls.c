/* TLS on both sides: whose certificate is believed, and bytes through it. */
#include "base/buf.h"
#include "base/check.h"
#include "http/client.h"
#include "http/server.h"
#include "net/conn.h"
#include "tap.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

struct world {
	struct loop *loop;
	struct http_server *server;
	struct buf body;
	struct err why;
	char dir[40], cert[64], key[64];
	bool is_failed, was_tls;
	int status;
};

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	BUG_ON(!e || X509_add_ext(x, e, -1) != 1);
	X509_EXTENSION_free(e);
}

/* A certificate that signs itself, so that it is its own authority. */
static void make_certificate(struct world *w, const char *names, long valid_seconds)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BUG_ON(!key || !x);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), valid_seconds);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"gatehouse test",
	                           -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(x, NID_subject_alt_name, names);
	BUG_ON(!X509_sign(x, key, EVP_sha256()));
	FILE *f = fopen(w->cert, "w");
	BUG_ON(!f || PEM_write_X509(f, x) != 1);
	fclose(f);
	f = fopen(w->key, "w");
	BUG_ON(!f || PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) != 1);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void on_request(void *ctx, const struct http_request *r)
{
	struct world *w = ctx;
	w->was_tls = r->is_tls;
	http_respond(w->server, r->id, 200, NULL, 0, r->body);
}

static void on_gone(void *ctx, struct http_request_id id)
{
	(void)ctx;
	(void)id;
}

static const struct http_server_events server_events = { on_request, on_gone };

static void on_head(void *ctx, struct http_call_id id, int status, struct http_headers headers)
{
	(void)id;
	(void)headers;
	((struct world *)ctx)->status = status;
}

static void on_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	(void)id;
	buf_add_slice(&((struct world *)ctx)->body, bytes);
}

static void on_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	struct world *w = ctx;
	(void)id;
	(void)was_sent;
	w->is_failed = why != NULL;
	if (why)
		w->why = *why;
	loop_stop(w->loop);
}

static const struct http_client_events client_events = { on_head, on_body, on_end };

static void world_open(struct world *w, const char *names, long valid_seconds)
{
	struct err e;
	struct http_server_opts o = http_server_defaults();
	*w = (struct world){ .loop = loop_new(), .body = BUF_INIT(8 << 20) };
	snprintf(w->dir, sizeof w->dir, "/tmp/gatehouse-test-XXXXXX");
	BUG_ON(!mkdtemp(w->dir));
	snprintf(w->cert, sizeof w->cert, "%s/cert.pem", w->dir);
	snprintf(w->key, sizeof w->key, "%s/key.pem", w->dir);
	make_certificate(w, names, valid_seconds);
	w->server = http_server_new(w->loop, &o, &server_events, w);
	if (!http_server_listen_tls(w->server, "127.0.0.1:0", false, w->cert, w->key, &e))
		ok(false, "listens: %s", e.text);
}

static void on_stopped(void *ctx)
{
	loop_stop(ctx);
}

static void world_close(struct world *w)
{
	http_server_stop(w->server, 1, on_stopped, w->loop);
	loop_run(w->loop);
	http_server_free(&w->server);
	buf_release(&w->body);
	unlink(w->cert);
	unlink(w->key);
	rmdir(w->dir);
	loop_free(&w->loop);
}

static void call(struct world *w, const char *host, const char *ca_file, struct slice body)
{
	struct err e;
	char url[128];
	struct http_client_opts o = http_client_defaults();
	o.ca_file = ca_file;
	struct http_client *c = http_client_new(w->loop, &o);
	snprintf(url, sizeof url, "https://%s:%d/", host, http_server_port(w->server));
	struct http_origin *origin = http_origin_new(url, &e);
	struct http_outgoing out = { .method = HTTP_POST, .body = body, .head_deadline_ms = 20000 };
	BUG_ON(!origin);
	for (int i = 0; i < 2 && !w->is_failed; i++) {
		buf_clear(&w->body);
		w->status = 0;
		BUG_ON(!http_send(c, origin, &out, &client_events, w, &e).v);
		loop_run(w->loop);
	}
	http_client_free(&c);
	http_origin_free(&origin);
}

static void test_certificates(void)
{
	static const struct {
		const char *name, *names, *host;
		long valid_seconds;
		bool is_known;
		const char *want; /* part of the error; NULL: it is fine */
	} cases[] = {
		{ "the right name", "DNS:localhost", "localhost", 86400, true, NULL },
		{ "the right number", "IP:127.0.0.1", "127.0.0.1", 86400, true, NULL },
		{ "another name", "DNS:other.example", "localhost", 86400, true, "certificate is refused" },
		{ "a name for a number", "DNS:127.0.0.1", "127.0.0.1", 86400, true, "certificate is refused" },
		{ "a partial wildcard", "DNS:local*", "localhost", 86400, true, "certificate is refused" },
		{ "an unknown authority", "DNS:localhost", "localhost", 86400, false, "certificate is refused" },
		{ "an old certificate", "DNS:localhost", "localhost", -3600, true, "expired" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;
		world_open(&w, cases[i].names, cases[i].valid_seconds);
		call(&w, cases[i].host, cases[i].is_known ? w.cert : NULL, SLICE_LIT("hello"));
		if (cases[i].want)
			ok(w.is_failed && strstr(w.why.text, cases[i].want) && !w.status, "%s: %s", cases[i].name, w.why.text);
		else
			ok(!w.is_failed && w.was_tls && slice_is(buf_slice(&w.body), "hello"), "%s: %s", cases[i].name,
			   w.is_failed ? w.why.text : "fine");
		world_close(&w);
	}
}

static void test_large(void)
{
	struct world w;
	struct buf big = BUF_INIT(8 << 20);
	for (unsigned i = 0; i < 3 << 20; i++)
		buf_addc(&big, (char)(i * 31 + i / 253));
	world_open(&w, "DNS:localhost", 86400);
	call(&w, "localhost", w.cert, buf_slice(&big));
	ok(!w.is_failed && slice_eq(buf_slice(&w.body), buf_slice(&big)), "three megabytes go there and back, twice");
	world_close(&w);
	buf_release(&big);
}

/* Somebody who does not speak TLS, on either side. */
static void on_raw_data(void *ctx, struct slice bytes)
{
	buf_add_slice(&((struct world *)ctx)->body, bytes);
}

static void on_raw_end(void *ctx, const struct err *why)
{
	(void)why;
	loop_stop(((struct world *)ctx)->loop);
}

static void on_raw_open(void *ctx)
{
	(void)ctx;
}

static const struct conn_events raw_events = { .on_open = on_raw_open, .on_data = on_raw_data, .on_end = on_raw_end };

static void test_plain_peer(void)
{
	struct world w;
	struct err e;
	struct slice plain = SLICE_LIT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
	world_open(&w, "DNS:localhost", 86400);
	struct conn *c = conn_dial(w.loop, SLICE_LIT("127.0.0.1"), http_server_port(w.server), NULL, &raw_events, &w);
	conn_write(c, plain);
	loop_run(w.loop);
	ok(!w.was_tls && !strstr(buf_str(&w.body), "HTTP/1.1"), "a plain client is not answered");
	conn_close(&c);
	world_close(&w);
	struct http_server_opts o = http_server_defaults();
	world_open(&w, "DNS:localhost", 86400);
	struct http_server *tls = w.server;
	w.server = http_server_new(w.loop, &o, &server_events, &w);
	BUG_ON(!http_server_listen(w.server, "127.0.0.1:0", false, &e));
	call(&w, "localhost", w.cert, SLICE_LIT("x"));
	ok(w.is_failed && strstr(w.why.text, "TLS"), "a plain server is not believed: %s", w.why.text);
	http_server_stop(w.server, 1, on_stopped, w.loop);
	loop_run(w.loop);
	http_server_free(&w.server);
	w.server = tls;
	ok(!http_server_listen_tls(w.server, "127.0.0.1:0", false, w.key, w.key, &e), "a key is no certificate: %s", e.text);
	ok(!http_server_listen_tls(w.server, "127.0.0.1:0", false, "/none", w.key, &e), "nor is nothing: %s", e.text);
	world_close(&w);
}

int main(void)
{
	test_certificates();
	test_large();
	test_plain_peer();
	return tap_done();
}
