/* What is stored must be what the gate takes over: one server that it refuses would keep every later change out of force. */
#include "admin/server_check.h"
#include "base/limits.h"
#include "upstream/upstream.h"

bool server_check(const struct store_server *s, store_fault_fn *tell, void *ctx)
{
	struct upstream_opts o = upstream_defaults();
	struct http_header headers[LIMIT_SERVER_PARTS];
	if (!store_server_check(s, tell, ctx))
		return false; /* the same would be told twice */
	if (s->transport == STORE_BUILTIN)
		return true;
	for (size_t i = 0; i < s->header_n; i++)
		headers[i] = (struct http_header){ slice_str(s->headers[i].name), slice_str(s->headers[i].value) };
	o.name = s->name;
	o.url = s->url;
	o.headers = headers;
	o.header_n = s->header_n;
	o.argv = s->argv;
	if (s->message_bytes_max)
		o.message_bytes_max = s->message_bytes_max;
	return upstream_check(&o, tell, ctx);
}

static void on_fault(void *ctx, const char *pointer, const char *text)
{
	struct err *e = ctx;
	(void)pointer;
	if (!e->kind)
		err_set(e, ERR_INPUT, "%s", text);
}

bool server_is_good(const struct store_server *s, struct err *e)
{
	struct err first = { 0 };
	bool is_good = server_check(s, on_fault, &first);
	if (!is_good && e)
		*e = first;
	return is_good;
}
