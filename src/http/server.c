/* The server: listeners, the cap on connections, the orderly stop. */
#include "http/server.h"
#include "base/check.h"
#include "base/limits.h"
#include "http/link.h"

struct http_server_opts http_server_defaults(void)
{
	return (struct http_server_opts){
		.head_bytes_max = LIMIT_HTTP_HEAD_BYTES,
		.body_bytes_max = LIMIT_MESSAGE_BYTES,
		.connections_max = 20000,
		.head_timeout_ms = 10000,
		.body_timeout_ms = 30000,
		.idle_timeout_ms = 75000,
		.write_timeout_ms = 30000,
		.pending_bytes_max = 4u << 20,
	};
}

struct http_server *http_server_new(struct loop *l, const struct http_server_opts *o,
                                    const struct http_server_events *ev, void *ctx)
{
	BUG_ON(!ev->on_request || !ev->on_gone || !o->connections_max);
	struct http_server *s = mem_zalloc(sizeof *s);
	s->loop = l;
	s->opts = *o;
	s->parse_opts.head_bytes_max = o->head_bytes_max;
	s->parse_opts.body_bytes_max = o->body_bytes_max;
	s->ev = ev;
	s->ctx = ctx;
	s->date_second = -1;
	idtable_init(&s->exchanges);
	list_init(&s->links);
	list_init(&s->idle);
	list_init(&s->resuming);
	return s;
}

void server_update_listening(struct http_server *s)
{
	bool is_full = s->link_n >= s->opts.connections_max && list_empty(&s->idle);
	for (size_t i = 0; i < s->face_n; i++)
		if (s->faces[i].listener && listen_is_paused(s->faces[i].listener) != is_full)
			listen_pause(s->faces[i].listener, is_full);
}

static void on_accept(void *ctx, int fd, const struct address *peer)
{
	struct http_face *f = ctx;
	struct http_server *s = f->server;
	/* Who has nothing to say makes room for who comes. */
	if (s->link_n >= s->opts.connections_max && !list_empty(&s->idle))
		link_close(list_entry(s->idle.next, struct http_link, idle));
	link_open(f, fd, peer);
	server_update_listening(s);
}

static bool add_face(struct http_server *s, const char *address, bool reuse_port, struct tls_context *tls,
                     struct err *e)
{
	if (s->face_n == HTTP_FACES_MAX)
		return err_set(e, ERR_LIMIT, "cannot listen on '%s': at most %d addresses", address, HTTP_FACES_MAX);
	struct http_face *f = &s->faces[s->face_n];
	f->server = s;
	f->tls = tls;
	f->listener = listen_start(s->loop, address, reuse_port, on_accept, f, e);
	s->face_n += f->listener != NULL;
	return f->listener;
}

bool http_server_listen(struct http_server *s, const char *address, bool reuse_port, struct err *e)
{
	return add_face(s, address, reuse_port, NULL, e);
}

bool http_server_listen_tls(struct http_server *s, const char *address, bool reuse_port, const char *cert_file,
                            const char *key_file, struct err *e)
{
	struct tls_context *tls = tls_context_serve(cert_file, key_file, e);
	if (tls && add_face(s, address, reuse_port, tls, e))
		return true;
	tls_context_free(&tls);
	return false;
}

static void close_faces(struct http_server *s)
{
	for (size_t i = 0; i < s->face_n; i++)
		listen_stop(&s->faces[i].listener);
}

int http_server_port(const struct http_server *s)
{
	for (size_t i = 0; i < s->face_n; i++)
		if (s->faces[i].listener && listen_port(s->faces[i].listener))
			return listen_port(s->faces[i].listener);
	return 0;
}

size_t http_server_connections(const struct http_server *s)
{
	return s->link_n;
}

static void on_done(void *ctx)
{
	struct http_server *s = ctx;
	loop_cancel(s->loop, &s->grace);
	s->done(s->done_ctx);
}

void server_check_done(struct http_server *s)
{
	if (!s->is_stopping || s->link_n || s->is_done)
		return;
	s->is_done = true;
	loop_defer(s->loop, on_done, s);
}

static void on_grace(void *ctx)
{
	struct http_server *s = ctx;
	s->grace.v = 0;
	while (!list_empty(&s->links))
		link_abort(list_entry(s->links.next, struct http_link, node));
}

void http_server_stop(struct http_server *s, uint64_t grace_ms, loop_fn done, void *ctx)
{
	BUG_ON(s->is_stopping);
	s->is_stopping = true;
	s->done = done;
	s->done_ctx = ctx;
	close_faces(s);
	while (!list_empty(&s->idle))
		link_close(list_entry(s->idle.next, struct http_link, idle));
	s->grace = loop_after(s->loop, grace_ms, on_grace, s);
	server_check_done(s);
}

void http_server_free(struct http_server **sp)
{
	struct http_server *s = *sp;
	if (!s)
		return;
	BUG_ON(s->link_n);
	close_faces(s);
	for (size_t i = 0; i < s->face_n; i++)
		tls_context_free(&s->faces[i].tls);
	s->is_done = true;
	while (s->spare) {
		struct http_exchange *x = s->spare;
		s->spare = x->next;
		link_give_back(s, x);
	}
	idtable_release(&s->exchanges);
	free(s);
	*sp = NULL;
}
