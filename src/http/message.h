/* What a request and an answer look like, on both sides. Names are compared without case. */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H
#include "base/slice.h"

struct http_header {
	struct slice name, value; /* value without white space around it */
};

struct http_headers {
	const struct http_header *v;
	size_t n;
};

enum http_method {
	HTTP_NONE = 0,
	HTTP_GET,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_HEAD,
	HTTP_OPTIONS,
	HTTP_OTHER,
};

/* The first header of that name; an empty slice with p NULL when there is none. */
struct slice http_header_get(struct http_headers h, const char *name);
size_t http_header_count(struct http_headers h, const char *name);
const char *http_reason(int status); /* "Not Found" */
const char *http_method_name(enum http_method m); /* "GET"; "" for none and other */
/* RFC 9110, 5.6.2 and 5.5: what may stand in a header that we write. */
bool http_is_token(struct slice s);
bool http_is_value(struct slice s);

#endif
