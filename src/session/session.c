/* Sealing and opening session ids. The layout starts with a byte that names it. */
#include "session/session.h"
#include "base/check.h"

#define LAYOUT 2
#define PLAIN_MAX 1024
#define CONTEXT SLICE_LIT("gatehouse session id")

static void put_text(struct buf *b, const char *s)
{
	size_t n = strlen(s);
	unsigned char head[2] = { (unsigned char)(n >> 8), (unsigned char)n };
	buf_add(b, head, 2);
	buf_add(b, s, n);
}

bool session_seal(const struct session *s, const unsigned char key[SEAL_KEY_SIZE], struct buf *out, struct err *e)
{
	struct buf plain = BUF_INIT(PLAIN_MAX), sealed = BUF_INIT(PLAIN_MAX + SEAL_OVERHEAD);
	unsigned char head[12] = { LAYOUT, (unsigned char)s->server_version, (unsigned char)s->client_version,
		                   (unsigned char)s->client_caps };
	for (int i = 0; i < 8; i++)
		head[4 + i] = (unsigned char)((uint64_t)s->created_us >> (56 - 8 * i));
	buf_add(&plain, head, sizeof head);
	put_text(&plain, s->id);
	put_text(&plain, s->grant_id);
	put_text(&plain, s->server);
	put_text(&plain, s->server_session);
	put_text(&plain, s->client_name);
	put_text(&plain, s->client_version_text);
	bool is_whole = buf_ok(&plain);
	if (is_whole) {
		seal(key, CONTEXT, buf_slice(&plain), &sealed);
		base64url_add(out, buf_slice(&sealed));
	}
	buf_release(&plain);
	buf_release(&sealed);
	if (!is_whole || !buf_ok(out))
		return err_set(e, ERR_LIMIT, "the session id of the server is too long to carry");
	return true;
}

struct reader {
	const unsigned char *p;
	size_t left;
};

static bool take_text(struct reader *r, char *out, size_t size)
{
	if (r->left < 2)
		return false;
	size_t n = (size_t)r->p[0] << 8 | r->p[1];
	if (n + 2 > r->left || n >= size)
		return false;
	memcpy(out, r->p + 2, n);
	out[n] = '\0';
	r->p += n + 2;
	r->left -= n + 2;
	return true;
}

bool session_open(struct slice token, const unsigned char key[SEAL_KEY_SIZE], int64_t now_us, int64_t age_max_us,
                  struct session *s)
{
	unsigned char sealed[PLAIN_MAX + SEAL_OVERHEAD + 8], plain[PLAIN_MAX + 8];
	size_t sealed_n, n;
	if (token.n > (PLAIN_MAX + SEAL_OVERHEAD) / 3 * 4 || !base64url_read(token, sealed, &sealed_n) ||
	    sealed_n > PLAIN_MAX + SEAL_OVERHEAD ||
	    !unseal(key, CONTEXT, slice_of((const char *)sealed, sealed_n), plain, &n))
		return false;
	if (n < 12 || plain[0] != LAYOUT || plain[1] > MCP_VERSION_LATEST || plain[2] > MCP_VERSION_LATEST)
		return false;
	s->server_version = (enum mcp_version)plain[1];
	s->client_version = (enum mcp_version)plain[2];
	s->client_caps = plain[3];
	uint64_t created = 0;
	for (int i = 0; i < 8; i++)
		created = created << 8 | plain[4 + i];
	s->created_us = (int64_t)created;
	struct reader r = { plain + 12, n - 12 };
	return take_text(&r, s->id, sizeof s->id) && take_text(&r, s->grant_id, sizeof s->grant_id) &&
	       take_text(&r, s->server, sizeof s->server) &&
	       take_text(&r, s->server_session, sizeof s->server_session) &&
	       take_text(&r, s->client_name, sizeof s->client_name) &&
	       take_text(&r, s->client_version_text, sizeof s->client_version_text) && r.left == 0 &&
	       now_us - s->created_us <= age_max_us;
}

void session_set_text(char *out, size_t size, struct slice text)
{
	size_t n = text.n < size - 1 ? text.n : size - 1;
	while (n < text.n && n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i];
	out[n] = '\0';
}
