/* Message framing, Host and target. */
#include "http/strict.h"

struct framing {
	struct slice host, coding, length;
	size_t host_n, coding_n, length_n;
	bool has_bad_expect;
};

bool strict_fail(struct http_parse *p, int status, const char *why)
{
	if (!p->why) {
		p->status = status;
		p->why = why;
	}
	return false;
}

/* Line ends are CR LF and nothing else, and no other control character is in sight:
 * somebody else may take a lone LF, CR or NUL for the end of a line or a value. */
static bool check_bytes(struct http_parse *p)
{
	const unsigned char *s = (const unsigned char *)p->text.p;
	for (size_t i = 0; i < p->head_n; i++) {
		i += slice_printable(slice_of(p->text.p + i, p->head_n - i));
		if (i == p->head_n)
			break;
		if (s[i] >= 0x80)
			continue;
		if (s[i] == '\t')
			continue;
		if (s[i] == '\r' && i + 1 < p->head_n && s[i + 1] == '\n') {
			i++;
			continue;
		}
		return strict_fail(p, 400, s[i] == '\n' || s[i] == '\r' ? "a line does not end in CR LF" :
		                                                          "a control character in the head");
	}
	return true;
}

static bool find_end(struct http_parse *p)
{
	size_t from = 0;
	if (p->field_n) {
		const struct http_field *last = &p->fields[p->field_n - 1];
		from = last->value_n ? last->value_at + last->value_n : last->name_at + last->name_n;
	}
	const char *end = memmem(p->text.p + from, p->text.n - from, "\r\n\r\n", 4);
	if (!end)
		return strict_fail(p, 400, "a line does not end in CR LF");
	p->head_n = (size_t)(end - p->text.p) + 4;
	return true;
}

/* llhttp reads RTSP and ICE too, and any number of spaces. */
static bool check_start(struct http_parse *p)
{
	static const char version[] = " HTTP/";
	size_t version_n = sizeof version - 1, behind = p->target_at + p->target_n;
	size_t method_n = strlen(p->method_name);
	bool is_fine;
	if (p->opts->is_response)
		is_fine = memcmp(p->text.p, version + 1, version_n - 1) == 0;
	else
		is_fine = p->target_at > method_n && p->text.p[p->target_at - 1] == ' ' &&
		          memcmp(p->text.p + p->target_at - 1 - method_n, p->method_name, method_n) == 0 &&
		          p->text.n - behind > version_n && memcmp(p->text.p + behind, version, version_n) == 0;
	return is_fine || strict_fail(p, 400, "the first line is not one of HTTP");
}

static void take_one(struct slice *to, size_t *n, struct slice value)
{
	*to = slice_trim(value);
	++*n;
}

static void collect(struct http_parse *p, struct framing *f)
{
	for (size_t i = 0; i < p->field_n; i++) {
		const struct http_field *h = &p->fields[i];
		struct slice name = slice_of(p->text.p + h->name_at, h->name_n);
		struct slice value = slice_of(p->text.p + h->value_at, h->value_n);
		if (slice_ieq(name, SLICE_LIT("host")))
			take_one(&f->host, &f->host_n, value);
		else if (slice_ieq(name, SLICE_LIT("transfer-encoding")))
			take_one(&f->coding, &f->coding_n, value);
		else if (slice_ieq(name, SLICE_LIT("content-length")))
			take_one(&f->length, &f->length_n, value);
		else if (slice_ieq(name, SLICE_LIT("expect"))) {
			p->expects_continue = slice_ieq(slice_trim(value), SLICE_LIT("100-continue"));
			f->has_bad_expect |= !p->expects_continue;
		}
	}
}

static bool check_framing(struct http_parse *p, const struct framing *f)
{
	unsigned long long length = 0;
	if (f->coding_n && f->length_n)
		return strict_fail(p, 400, "both 'Transfer-Encoding' and 'Content-Length'");
	if (f->length_n > 1)
		return strict_fail(p, 400, "more than one 'Content-Length'");
	if (f->length_n && !slice_u64(f->length, &length))
		return strict_fail(p, 400, "'Content-Length' is not a number");
	if (f->coding_n > 1 || (f->coding_n && !slice_ieq(f->coding, SLICE_LIT("chunked"))))
		return strict_fail(p, 400, "a 'Transfer-Encoding' other than 'chunked'");
	if (f->coding_n && p->version < 11)
		return strict_fail(p, 400, "'Transfer-Encoding' in HTTP/1.0");
	p->has_length = f->length_n;
	p->length = length;
	p->is_chunked = f->coding_n;
	return true;
}

static bool is_authority(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= ':' && c != '/');
		if (!is_plain && !strchr("_~%!$&'()*+;=[]", c))
			return false;
	}
	return true;
}

/* RFC 9112, 3.2.2: a server must accept the absolute form. Its authority and Host must
 * then say the same, so that nobody can check the one and be served by the other. */
static bool take_absolute(struct http_parse *p, struct slice target, struct slice host)
{
	size_t skip = 0;
	if (target.n > 7 && slice_ieq(slice_of(target.p, 7), SLICE_LIT("http://")))
		skip = 7;
	else if (target.n > 8 && slice_ieq(slice_of(target.p, 8), SLICE_LIT("https://")))
		skip = 8;
	else
		return strict_fail(p, 400, "the target is neither a path nor an http address");
	struct slice rest = slice_of(target.p + skip, target.n - skip);
	const char *slash = memchr(rest.p, '/', rest.n);
	struct slice authority = slice_of(rest.p, slash ? (size_t)(slash - rest.p) : rest.n);
	if (!slice_ieq(authority, host))
		return strict_fail(p, 400, "the target and 'Host' name different hosts");
	p->target_at += (uint32_t)(skip + authority.n);
	p->target_n -= (uint32_t)(skip + authority.n);
	return true;
}

static bool check_request(struct http_parse *p, const struct framing *f)
{
	struct slice target = slice_of(p->text.p + p->target_at, p->target_n);
	if (f->host_n > 1)
		return strict_fail(p, 400, "more than one 'Host'");
	if (!f->host_n && p->version >= 11)
		return strict_fail(p, 400, "no 'Host'");
	if (!is_authority(f->host))
		return strict_fail(p, 400, "'Host' is not a host");
	if (f->has_bad_expect)
		return strict_fail(p, 417, "an 'Expect' other than '100-continue'");
	if (strcmp(p->method_name, "CONNECT") == 0)
		return strict_fail(p, 501, "the method 'CONNECT' is not served");
	if (target.n && memchr(target.p, '#', target.n))
		return strict_fail(p, 400, "a fragment in the target");
	if (!target.n || target.p[0] != '/')
		return take_absolute(p, target, f->host);
	return true;
}

bool strict_check(struct http_parse *p)
{
	struct framing f = { 0 };
	if (!find_end(p) || !check_bytes(p))
		return false;
	collect(p, &f);
	if (p->version != 10 && p->version != 11)
		return strict_fail(p, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	if (!check_framing(p, &f))
		return false;
	return check_start(p) && (p->opts->is_response || check_request(p, &f));
}
