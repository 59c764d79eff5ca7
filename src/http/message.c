/* Headers by name, reason phrases, methods. */
#include "http/message.h"
#include <stdint.h>

struct slice http_header_get(struct http_headers h, const char *name)
{
	struct slice want = slice_str(name);
	for (size_t i = 0; i < h.n; i++)
		if (h.v[i].name.n == want.n && slice_ieq(h.v[i].name, want))
			return h.v[i].value;
	return (struct slice){ NULL, 0 };
}

size_t http_header_count(struct http_headers h, const char *name)
{
	struct slice want = slice_str(name);
	size_t n = 0;
	for (size_t i = 0; i < h.n; i++)
		n += h.v[i].name.n == want.n && slice_ieq(h.v[i].name, want);
	return n;
}

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

const char *http_reason(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status < 400 ? "OK" : status < 500 ? "Bad Request" : "Error";
}

/* In the order of enum http_method. */
static const char *const method_names[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS" };

const char *http_method_name(enum http_method m)
{
	return m > HTTP_NONE && m < HTTP_OTHER ? method_names[m] : "";
}

/* tchar of RFC 9110, 5.6.2: a bit for each character of ASCII. */
static const uint32_t token_chars[8] = { 0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, 0, 0, 0, 0 };

bool http_is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!(token_chars[c >> 5] >> (c & 31) & 1))
			return false;
	}
	return s.n > 0;
}

bool http_is_value(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		i += slice_printable(slice_of(s.p + i, s.n - i));
		if (i == s.n)
			break;
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x80 && c != '\t')
			return false;
	}
	return true;
}
