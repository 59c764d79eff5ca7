/* What was found, and what an import would do or did. */
#include "cli/import.h"
#include "cli/table.h"
#include "clients/read.h"
#include "json/json.h"

static const char *transport_word(const struct client_server *s)
{
	static const char *const words[] = { "-", "stdio", "http", "sse" };
	return words[s->transport];
}

static const char *where_word(enum client_where w)
{
	static const char *const words[] = { "variable", "header", "argument", "address" };
	return words[w];
}

static bool is_sealed(const struct client_secret *s)
{
	return s->where == CLIENT_IN_ENV || s->where == CLIENT_IN_HEADER;
}

static void show_server(struct import *m, const struct import_file *f, size_t i, struct buf *b)
{
	const struct client_server *s = &f->servers[i];
	struct buf where = BUF_INIT(1u << 20);
	client_server_place(&where, s);
	buf_adds(b, "  ");
	table_add_safe(b, slice_str(s->name), 60);
	buf_addf(b, "  %s  ", transport_word(s));
	table_add_safe(b, buf_slice(&where), 100);
	buf_release(&where);
	if (s->folder) {
		buf_adds(b, "  (in ");
		table_add_safe(b, slice_str(s->folder), 100);
		buf_addc(b, ')');
	}
	if (f->to[i] && strcmp(f->to[i]->name, s->name) != 0)
		buf_addf(b, "  as '%s'", f->to[i]->name);
	buf_addc(b, '\n');
	if (s->stay != CLIENT_MOVES) {
		buf_adds(b, "    stays as it is: ");
		table_add_safe(b, slice_str(client_server_stays(s)), 0);
		buf_addc(b, '\n');
	}
	for (size_t j = 0; s->stay != CLIENT_STAYS_BEHIND && j < s->secret_n; j++) {
		buf_addf(b, "    secret in clear: %s ", where_word(s->secrets[j].where));
		table_add_safe(b, slice_str(s->secrets[j].name), 60);
		buf_addf(b, " (%s)%s\n", s->secrets[j].kind,
			 s->stay != CLIENT_MOVES	     ? ""
			 : is_sealed(&s->secrets[j]) ? "; will be sealed"
						     : "; cannot be sealed: it stays in clear in the gate's data folder");
	}
	(void)m;
}

static void show_file(struct import *m, const struct import_file *f, struct buf *b)
{
	if (!f->trouble && !f->n)
		return;
	buf_addf(b, "%s: ", client_title(f->file.client));
	table_add_safe(b, slice_str(f->file.path), 0);
	buf_adds(b, "\n");
	for (size_t i = 0; i < f->n; i++)
		show_server(m, f, i, b);
	if (!f->moves)
		return;
	import_diff(m, f, b);
	if (f->file.project)
		buf_adds(b, "  note: this file belongs to a project; the token in it is this person's: do not commit it\n");
}

void import_show(struct import *m, struct buf *b)
{
	size_t servers = 0;
	for (size_t i = 0; i < m->file_n; i++) {
		show_file(m, &m->files[i], b);
		servers += m->files[i].n;
	}
	if (!servers)
		buf_adds(b, "no servers were found; look elsewhere with --project DIR, --home DIR or --file FILE --client NAME\n");
	for (size_t i = 0; i < m->file_n; i++)
		if (m->files[i].trouble)
			cli_note("'%s' (%s) is left as it is: %s", table_safe(&m->c->arena, slice_str(m->files[i].file.path)),
				 client_title(m->files[i].file.client), table_safe(&m->c->arena, slice_str(m->files[i].trouble)));
}

static void add_field(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, ",\"%s\":", key);
	if (value)
		buf_add_json_string(b, slice_str(value));
	else
		buf_adds(b, "null");
}

static void json_server(const struct import_file *f, size_t i, struct buf *b)
{
	static const char *const stays[] = { "moves", "behind", "disabled", "unknown" };
	static const char *const wheres[] = { "env", "header", "argument", "url" };
	const struct client_server *s = &f->servers[i];
	struct buf where = BUF_INIT(1u << 20);
	client_server_place(&where, s);
	buf_adds(b, i ? ",{\"name\":" : "{\"name\":");
	buf_add_json_string(b, slice_str(s->name));
	add_field(b, "folder", s->folder);
	add_field(b, "transport", transport_word(s));
	add_field(b, "where", buf_str(&where));
	add_field(b, "stay", stays[s->stay]);
	add_field(b, "why", s->why);
	add_field(b, "behind", f->to && f->to[i] ? f->to[i]->name : NULL);
	add_field(b, "policy", f->to && f->to[i] ? f->to[i]->policy : NULL);
	buf_adds(b, ",\"secrets\":[");
	for (size_t j = 0; j < s->secret_n; j++) {
		buf_addf(b, "%s{\"in\":\"%s\",\"name\":", j ? "," : "", wheres[s->secrets[j].where]);
		buf_add_json_string(b, slice_str(s->secrets[j].name));
		buf_addf(b, ",\"kind\":\"%s\",\"is_sealed\":%s}", s->secrets[j].kind, is_sealed(&s->secrets[j]) ? "true" : "false");
	}
	buf_adds(b, "]}");
	buf_release(&where);
}

void import_show_json(struct import *m, struct buf *b, const char *id)
{
	buf_addf(b, "{\"written\":%s,\"id\":", id ? "true" : "false");
	if (id)
		buf_add_json_string(b, slice_str(id));
	else
		buf_adds(b, "null");
	buf_adds(b, ",\"files\":[");
	for (size_t i = 0; i < m->file_n; i++) {
		const struct import_file *f = &m->files[i];
		buf_addf(b, "%s{\"client\":\"%s\"", i ? "," : "", client_word(f->file.client));
		add_field(b, "path", f->file.path);
		add_field(b, "trouble", f->trouble);
		add_field(b, "backup", f->backup);
		buf_adds(b, ",\"servers\":[");
		for (size_t j = 0; j < f->n; j++)
			json_server(f, j, b);
		buf_adds(b, "]}");
	}
	buf_adds(b, "],\"grants\":[");
	for (size_t i = 0; i < m->grant_n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(m->grants[i].label));
	}
	buf_adds(b, "]}\n");
}
