/* Names of several servers in one list, and the way back. */
#include "mcp/merged.h"
#include "base/digest.h"
#include "base/limits.h"

enum {
	NAME_MAX_CHARS = MCP_MERGED_NAME_SIZE - 1,
	SERVER_MAX_CHARS = 48,
	DIGEST_CHARS = 8,
	TAIL_CHARS = DIGEST_CHARS + 1, /* '_' before it */
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static void add_digest(char out[DIGEST_CHARS + 1], struct slice whole)
{
	unsigned char digest[DIGEST_SIZE];
	digest_blake2b(whole, digest);
	digest_hex(digest, DIGEST_CHARS / 2, out);
}

/* At most `room` characters of s, with the tail when anything of it is lost. Returns the length. */
static size_t squeeze(char *out, size_t room, struct slice s, bool is_lost)
{
	for (size_t i = 0; i < s.n; i++)
		is_lost |= !is_name_char(s.p[i]);
	/* What looks changed is changed, so that what does not is the server's own name. */
	is_lost |= s.n > room || !s.n || mcp_merged_is_changed(s);
	size_t n = is_lost ? room - TAIL_CHARS : room;
	n = s.n < n ? s.n : n;
	for (size_t i = 0; i < n; i++)
		out[i] = is_name_char(s.p[i]) ? s.p[i] : '_';
	if (is_lost) {
		out[n] = '_';
		add_digest(out + n + 1, s);
		n += TAIL_CHARS;
	}
	out[n] = '\0';
	return n;
}

static bool has_separator(struct slice s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '_' && s.p[i + 1] == '_')
			return true;
	return s.n && s.p[s.n - 1] == '_';
}

/* The server's part of a name, without the separator. Room for SERVER_MAX_CHARS and a NUL. */
static struct slice server_part(char *out, struct slice server)
{
	char short_name[SERVER_MAX_CHARS + 1];
	size_t n = squeeze(short_name, SERVER_MAX_CHARS, server, has_separator(server));
	size_t at = 0;
	/* No "__" may come from here: the first one in a merged name is the separator. */
	for (size_t i = 0; i < n; i++)
		if (!(short_name[i] == '_' && at && out[at - 1] == '_'))
			out[at++] = short_name[i];
	out[at] = '\0';
	return slice_of(out, at);
}

void mcp_merged_name(char out[MCP_MERGED_NAME_SIZE], struct slice server, struct slice name)
{
	char part[SERVER_MAX_CHARS + 1];
	struct slice s = server_part(part, server);
	memcpy(out, s.p, s.n);
	memcpy(out + s.n, "__", 2);
	squeeze(out + s.n + 2, NAME_MAX_CHARS - s.n - 2, name, false);
}

int mcp_merged_server(struct slice merged, const struct slice *servers, size_t n, struct slice *rest)
{
	int found = -1;
	size_t found_n = 0;
	for (size_t i = 0; i < n; i++) {
		char part[SERVER_MAX_CHARS + 1];
		struct slice s = server_part(part, servers[i]);
		if (merged.n <= s.n + 2 || !slice_starts(merged, s) || memcmp(merged.p + s.n, "__", 2) != 0)
			continue;
		if (found >= 0 && found_n >= s.n)
			continue;
		found = (int)i;
		found_n = s.n;
		*rest = slice_of(merged.p + s.n + 2, merged.n - s.n - 2);
	}
	return found;
}

bool mcp_merged_is_changed(struct slice rest)
{
	if (rest.n < TAIL_CHARS || rest.p[rest.n - TAIL_CHARS] != '_')
		return false;
	for (size_t i = rest.n - DIGEST_CHARS; i < rest.n; i++)
		if (!(rest.p[i] >= '0' && rest.p[i] <= '9') && !(rest.p[i] >= 'a' && rest.p[i] <= 'f'))
			return false;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void mcp_merged_label(struct buf *out, struct slice server)
{
	if (!server.n || !is_letter(server.p[0]))
		buf_addc(out, 's');
	for (size_t i = 0; i < server.n && i < LIMIT_NAME; i++) {
		char c = server.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		buf_addc(out, is_letter(c) || (c >= '0' && c <= '9') || c == '.' ? c : '-');
	}
}

static bool is_same_label(struct slice a, struct slice b)
{
	struct buf x = BUF_INIT(LIMIT_NAME + 1), y = BUF_INIT(LIMIT_NAME + 1);
	mcp_merged_label(&x, a);
	mcp_merged_label(&y, b);
	bool is_same = slice_eq(buf_slice(&x), buf_slice(&y));
	buf_release(&x);
	buf_release(&y);
	return is_same;
}

int mcp_merged_clash(const struct slice *servers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char part[SERVER_MAX_CHARS + 1], other[SERVER_MAX_CHARS + 1];
		struct slice s = server_part(part, servers[i]);
		for (size_t k = 0; k < i; k++)
			if (slice_eq(s, server_part(other, servers[k])) || is_same_label(servers[i], servers[k]))
				return (int)i;
	}
	return -1;
}

/* RFC 3986, 3.1: a scheme and its colon. */
static bool has_scheme(struct slice uri)
{
	if (!uri.n || !is_letter(uri.p[0]))
		return false;
	for (size_t i = 1; i < uri.n; i++) {
		char c = uri.p[i];
		if (c == ':')
			return true;
		if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')
			return false;
	}
	return false;
}

void mcp_merged_uri(struct buf *out, struct slice server, struct slice uri)
{
	bool is_ui = uri.n >= 5 && slice_ieq(slice_of(uri.p, 5), SLICE_LIT("ui://"));
	if (has_scheme(uri) && !is_ui) {
		mcp_merged_label(out, server);
		buf_addc(out, '+');
	}
	buf_add_slice(out, uri);
}

int mcp_merged_uri_server(struct slice uri, const struct slice *servers, size_t n, struct slice *rest)
{
	for (size_t i = 0; i < n; i++) {
		struct buf label = BUF_INIT(LIMIT_NAME + 2);
		mcp_merged_label(&label, servers[i]);
		buf_addc(&label, '+');
		bool is_it = uri.n > label.n && slice_ieq(slice_of(uri.p, label.n), buf_slice(&label));
		size_t at = label.n;
		buf_release(&label);
		if (!is_it)
			continue;
		*rest = slice_of(uri.p + at, uri.n - at);
		/* Only what mcp_merged_uri makes comes back: another spelling is no URI of that server. */
		if (has_scheme(*rest) && !(rest->n >= 5 && slice_ieq(slice_of(rest->p, 5), SLICE_LIT("ui://"))))
			return (int)i;
	}
	return -1;
}
