/*
 * Bytes to HTTP/1.1 messages, no I/O: the strictness of both sides is here and in
 * strict.c and nowhere else (RFC 9112). One object reads one message;
 * http_parse_start makes it ready for the next one and keeps its memory.
 *
 * The text of the head is kept in one piece as it came, and headers are places in it.
 * A body is kept behind the head, chunked coding removed, unless on_body takes it.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H
#include "base/buf.h"
#include "http/message.h"
#include <stdint.h>

enum http_parse_result {
	HTTP_PARSE_BROKEN = 0, /* status and why tell; the connection cannot go on */
	HTTP_PARSE_MORE,
	HTTP_PARSE_DONE,
	HTTP_PARSE_STOPPED, /* on_head or on_body returned false */
};

struct http_parse_opts {
	bool is_response;
	size_t head_bytes_max; /* start line and headers; trailers may have as much again */
	size_t body_bytes_max; /* of a body that is kept */
	/* Both may be NULL; false stops. on_head of a response: not for 1xx, which are skipped. */
	bool (*on_head)(void *ctx);
	bool (*on_body)(void *ctx, struct slice bytes);
};

struct http_field {
	uint32_t name_at, name_n, value_at, value_n; /* in the text */
};

struct http_engine; /* llhttp's state */

struct http_parse {
	struct http_engine *engine;
	const struct http_parse_opts *opts;
	void *ctx;
	struct buf text;
	struct http_field *fields;
	struct http_header *headers; /* filled when the message is done, or before on_head */
	size_t field_n, field_cap;
	size_t head_n, body_n; /* of text */
	size_t trailer_n, extension_n, interim_n;
	uint32_t target_at, target_n;
	const char *method_name;
	const char *why;         /* what is wrong, in words */
	uint64_t length;         /* Content-Length, when has_length */
	enum http_method method; /* of a response: what it answers; set by the caller after start */
	int status;              /* of a response; of a broken request: what to answer */
	int version;             /* 10 or 11 */
	bool is_in_value, is_head_done, is_done, is_stopped;
	bool has_length, is_chunked, is_keep_alive, expects_continue;
};

void http_parse_init(struct http_parse *p, const struct http_parse_opts *o, void *ctx); /* and start */
void http_parse_release(struct http_parse *p);
void http_parse_start(struct http_parse *p);
/* *used: how many bytes belong to this message; when it is done, the rest is the next one. */
enum http_parse_result http_parse_feed(struct http_parse *p, struct slice bytes, size_t *used);
/* The stream has ended: DONE for a response that reads to the end, else BROKEN. */
enum http_parse_result http_parse_end(struct http_parse *p);
struct http_headers http_parse_headers(const struct http_parse *p);
struct slice http_parse_target(const struct http_parse *p); /* origin form */
struct slice http_parse_body(const struct http_parse *p);

#endif
