/*
 * Requests and answers from tests/cases/http: each is read whole, in two pieces and byte
 * by byte, and must come to the same. Then the limits, on them and one past them.
 */
#include "base/limits.h"
#include "http/parse.h"
#include "tap.h"

static size_t unescape(const char *s, char *out)
{
	size_t n = 0;
	for (; *s; s++) {
		unsigned value = 0;
		if (*s != '\\') {
			out[n++] = *s;
			continue;
		}
		switch (*++s) {
		case 'r': out[n++] = '\r'; break;
		case 'n': out[n++] = '\n'; break;
		case 't': out[n++] = '\t'; break;
		case 's': out[n++] = ' '; break;
		case '0': out[n++] = '\0'; break;
		case 'x':
			sscanf(s + 1, "%2x", &value);
			out[n++] = (char)value;
			s += 2;
			break;
		default: out[n++] = *s;
		}
	}
	return n;
}

static bool gather(void *ctx, struct slice bytes)
{
	buf_add_slice(ctx, bytes);
	return true;
}

static const struct http_parse_opts request_opts = { .head_bytes_max = 1000, .body_bytes_max = 1000 };
static const struct http_parse_opts response_opts = { .is_response = true, .head_bytes_max = 1000, .on_body = gather };

/* Feeds in pieces of the size given and writes down what came of it. */
static void read_message(const struct http_parse_opts *o, const char *method, struct slice bytes, size_t piece,
                         struct buf *out)
{
	struct http_parse p;
	struct buf body = BUF_INIT(1 << 20);
	enum http_parse_result r = HTTP_PARSE_MORE;
	bool is_end = false;
	http_parse_init(&p, o, &body);
	if (method && strcmp(method, "HEAD") == 0)
		p.method = HTTP_HEAD;
	for (size_t at = 0, used; at < bytes.n && r == HTTP_PARSE_MORE; at += used) {
		size_t n = bytes.n - at < piece ? bytes.n - at : piece;
		r = http_parse_feed(&p, slice_of(bytes.p + at, n), &used);
	}
	if (r == HTTP_PARSE_MORE && o->is_response) {
		is_end = true;
		r = http_parse_end(&p);
	}
	buf_clear(out);
	if (r == HTTP_PARSE_DONE && o->is_response)
		buf_addf(out, "%s %d %.*s", is_end ? "end" : "ok", p.status, SLICE_ARG(buf_slice(&body)));
	else if (r == HTTP_PARSE_DONE)
		buf_addf(out, "ok %s %.*s %.*s", p.method_name, SLICE_ARG(http_parse_target(&p)),
		         SLICE_ARG(http_parse_body(&p)));
	else if (r == HTTP_PARSE_BROKEN && o->is_response)
		buf_addf(out, "broken %s", p.why);
	else if (r == HTTP_PARSE_BROKEN)
		buf_addf(out, "%d %s", p.status, p.why);
	else
		buf_adds(out, "more");
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	buf_release(&body);
	http_parse_release(&p);
}

/* "400 part of the reason" is met by "400 ... part of the reason ...". */
static bool is_met(const char *got, const char *want)
{
	const char *space = strchr(want, ' ');
	if (strncmp(want, "ok", 2) == 0 || strncmp(want, "end", 3) == 0)
		return strcmp(got, want) == 0;
	size_t n = space ? (size_t)(space - want) : strlen(want);
	return strncmp(got, want, n) == 0 && (!space || strstr(got, space + 1));
}

static void run_case(const struct http_parse_opts *o, const char *name, const char *method, const char *text,
                     const char *want)
{
	char bytes[4096];
	size_t n = unescape(text, bytes), pieces[] = { 100000, 1, 2, 7, n > 1 ? n / 2 : 1 };
	struct buf got = BUF_INIT(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		read_message(o, method, slice_of(bytes, n), pieces[i], &got);
		if (!is_met(buf_str(&got), want) || i + 1 == ARRAY_LEN(pieces)) {
			ok(is_met(buf_str(&got), want), "%s (pieces of %zu): %s", name, pieces[i], buf_str(&got));
			break;
		}
	}
	buf_release(&got);
}

static int run_file(const char *file, const struct http_parse_opts *o)
{
	char path[512], line[4096];
	int n = 0;
	snprintf(path, sizeof path, "%s/http/%s", getenv("GH_CASES") ? getenv("GH_CASES") : "tests/cases", file);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		char *column[4] = { line }, *next = line;
		size_t c = 1;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		while (c < ARRAY_LEN(column) && (next = strstr(next, " | "))) {
			*next = '\0';
			column[c++] = next += 3;
		}
		n++;
		if (o->is_response)
			run_case(o, column[0], column[1], column[2], column[3]);
		else
			run_case(o, column[0], NULL, column[1], column[2]);
	}
	if (f)
		fclose(f);
	return n;
}

static const char *outcome(const struct http_parse_opts *o, struct buf *text)
{
	struct buf got = BUF_INIT(1 << 20);
	read_message(o, NULL, buf_slice(text), 1 << 20, &got);
	static char cut[64];
	snprintf(cut, sizeof cut, "%.60s", buf_str(&got));
	buf_release(&got);
	buf_clear(text);
	return cut;
}

static void add_many(struct buf *b, char c, size_t n)
{
	while (n--)
		buf_addc(b, c);
}

static void test_limits(void)
{
	struct buf t = BUF_INIT(1 << 20);
	const char *got;
	for (size_t past = 0; past < 2; past++) {
		buf_adds(&t, "GET / HTTP/1.1\r\nHost: x\r\nA: ");
		add_many(&t, 'a', 1000 - t.n - 4 + past);
		buf_adds(&t, "\r\n\r\n");
		got = outcome(&request_opts, &t);
		ok(is_met(got, past ? "431" : "ok GET /"), "a head of %zu bytes: %s", 1000 + past, got);

		buf_addf(&t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", 1000 + past);
		add_many(&t, 'b', 1000 + past);
		got = outcome(&request_opts, &t);
		ok(is_met(got, past ? "413" : "ok POST / bbbb") || strncmp(got, "ok POST / bbbb", 14) == 0,
		   "a body of %zu bytes: %.20s", 1000 + past, got);

		buf_addf(&t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", 1000 + past);
		add_many(&t, 'b', 1000 + past);
		buf_adds(&t, "\r\n0\r\n\r\n");
		got = outcome(&request_opts, &t);
		ok(past ? is_met(got, "413") : strncmp(got, "ok POST / bbbb", 14) == 0,
		   "a chunked body of %zu bytes: %.20s", 1000 + past, got);

		struct http_parse_opts wide = { .head_bytes_max = 16384, .body_bytes_max = 10 };
		buf_adds(&t, "GET / HTTP/1.1\r\nHost: x\r\n");
		for (size_t i = 1; i < LIMIT_HTTP_HEADERS + past; i++)
			buf_addf(&t, "A%zu: b\r\n", i);
		buf_adds(&t, "\r\n");
		got = outcome(&wide, &t);
		ok(is_met(got, past ? "431 too many headers" : "ok GET /"), "%zu headers: %s", LIMIT_HTTP_HEADERS + past, got);

		buf_adds(&t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;");
		add_many(&t, 'e', LIMIT_CHUNK_EXTENSION_BYTES + past);
		buf_adds(&t, "\r\na\r\n0\r\n\r\n");
		got = outcome(&wide, &t);
		ok(is_met(got, past ? "400 chunk extensions" : "ok POST / a"), "a chunk extension of %zu bytes: %s",
		   LIMIT_CHUNK_EXTENSION_BYTES + past, got);

		buf_adds(&t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA");
		buf_adds(&t, ":");
		add_many(&t, 't', 999 + past);
		buf_adds(&t, "\r\n\r\n");
		got = outcome(&request_opts, &t);
		ok(is_met(got, past ? "431 trailers" : "ok POST /"), "trailers of %zu bytes: %s", 1000 + past, got);

		for (size_t i = 0; i < LIMIT_HTTP_INTERIM + past; i++)
			buf_adds(&t, "HTTP/1.1 100 Continue\r\n\r\n");
		buf_adds(&t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
		got = outcome(&response_opts, &t);
		ok(is_met(got, past ? "broken too many interim" : "ok 200"), "%zu interim answers: %s",
		   LIMIT_HTTP_INTERIM + past, got);
	}
	buf_release(&t);
}

static void test_headers(void)
{
	struct http_parse p;
	size_t used;
	struct slice text = SLICE_LIT("GET / HTTP/1.1\r\nHost: x\r\nA:  b c \t\r\nEmpty:\r\na: d\r\n\r\nGET /2");
	http_parse_init(&p, &request_opts, NULL);
	ok(http_parse_feed(&p, text, &used) == HTTP_PARSE_DONE && used == text.n - 6, "a message ends where the next begins");
	struct http_headers h = http_parse_headers(&p);
	ok(h.n == 4 && slice_is(http_header_get(h, "a"), "b c"), "white space around a value is not of it");
	ok(http_header_count(h, "A") == 2 && http_header_get(h, "empty").n == 0 && !http_header_get(h, "none").p,
	   "headers are found without case");
	http_parse_start(&p);
	ok(http_parse_feed(&p, SLICE_LIT("GET /3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), &used) == HTTP_PARSE_DONE &&
	           slice_is(http_parse_target(&p), "/3") && p.is_keep_alive && p.version == 10,
	   "it reads the next message");
	http_parse_release(&p);
}

/* RFC 9110, 5.6.2. */
static void know_tokens(void)
{
	bool is_right = !http_is_token(SLICE_LIT(""));
	for (int c = 0; c < 256; c++) {
		char text[3] = { 'a', (char)c, 'z' };
		bool is_letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		bool is_tchar = is_letter || (c && strchr("!#$%&'*+-.^_`|~", c));
		is_right &= http_is_token(slice_of(text, sizeof text)) == is_tchar;
	}
	ok(is_right, "each character is one of a token or not");
}

int main(void)
{
	know_tokens();
	ok(run_file("requests.txt", &request_opts) > 50, "the cases of requests were read");
	ok(run_file("responses.txt", &response_opts) > 30, "the cases of answers were read");
	test_headers();
	test_limits();
	return tap_done();
}
