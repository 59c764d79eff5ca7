/* See read.h. */
#include "clients/read.h"
#include "base/file.h"
#include "base/limits.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool trouble(struct client_text *t, const char *what)
{
	t->trouble = what ? what : "out of memory";
	return false;
}

/* The text is the arena's, as the edits and the tree point into it. */
static bool read_text(const struct client_file *f, struct arena *a, struct client_text *t)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	struct err e = { 0 };
	struct stat st;
	char *real = realpath(f->path, NULL);
	t->target = real ? arena_strndup(a, real, strlen(real)) : NULL;
	free(real);
	if (!t->target)
		return trouble(t, arena_printf(a, "cannot be opened: %s", errno == ELOOP ? "its links lead in a circle" : strerror(errno)));
	if (stat(t->target, &st) != 0)
		return trouble(t, arena_printf(a, "cannot be looked at: %s", strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return trouble(t, "is no ordinary file");
	t->mode = st.st_mode & 07777;
	if (!file_read(t->target, &b, &e)) {
		const char *colon = strstr(e.text, "': ");
		buf_release(&b);
		return trouble(t, e.kind == ERR_LIMIT ? arena_printf(a, "is longer than %u bytes", LIMIT_CLIENT_FILE_BYTES)
						      : arena_printf(a, "cannot be read: %s", colon ? colon + 3 : e.text));
	}
	char *copy = arena_strndup(a, b.p ? b.p : "", b.n);
	t->text = slice_of(copy, b.n);
	if (b.p)
		explicit_bzero(b.p, b.cap);
	buf_release(&b);
	return copy || trouble(t, NULL);
}

bool clients_read(const struct client_file *f, const struct client_facts *facts, struct arena *a, struct client_text *out)
{
	struct err e = { 0 };
	*out = (struct client_text){ 0 };
	if (!read_text(f, a, out))
		return false;
	const struct node *root = node_read(client_language(f->path), out->text, a, &e);
	if (root)
		out->servers = clients_servers(f, out->text, root, facts, a, &out->n, &e);
	if (out->servers)
		return true;
	out->n = 0;
	return trouble(out, arena_printf(a, "%s", e.text));
}

/* The rest of an address may hold a secret. */
static void add_address(struct buf *b, const char *url)
{
	const char *host = strstr(url, "://");
	const char *from = host ? host + 3 : url;
	size_t n = strcspn(from, "/?#");
	const char *at = memchr(from, '@', n);
	if (host)
		buf_add(b, url, (size_t)(from - url));
	buf_add(b, at ? at + 1 : from, at ? (size_t)(from + n - at) - 1 : n);
	buf_adds(b, from[n] ? "/\xe2\x80\xa6" : "");
}

void client_server_place(struct buf *b, const struct client_server *s)
{
	if (s->url)
		add_address(b, s->url);
	for (size_t i = 0; i < s->arg_n; i++) {
		bool is_secret = false;
		for (size_t j = 0; j < s->secret_n; j++)
			is_secret |= s->secrets[j].where == CLIENT_IN_ARGUMENT && s->secrets[j].argument == i;
		buf_adds(b, i ? " " : "");
		buf_adds(b, is_secret ? "\xe2\x80\xa6" : s->argv[i]);
	}
}

const char *client_server_stays(const struct client_server *s)
{
	static const char *const texts[] = { [CLIENT_MOVES] = "", [CLIENT_STAYS_BEHIND] = "is behind the gate already",
					     [CLIENT_STAYS_DISABLED] = "is switched off in the client", [CLIENT_STAYS_UNKNOWN] = "" };
	return s->stay == CLIENT_STAYS_UNKNOWN ? s->why : texts[s->stay];
}
