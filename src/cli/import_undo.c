/* Takes an import back: every byte of every file, the grants and servers that it made. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/import.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_place(const void *x, const void *y)
{
	const struct edit *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

enum state { STATE_CHANGED = 0, STATE_WRITTEN, STATE_UNTOUCHED };

static enum state state_of(const struct manifest_file *f)
{
	struct buf b = BUF_INIT(2 * LIMIT_CLIENT_FILE_BYTES);
	struct err e = { 0 };
	unsigned char now[32];
	enum state s = STATE_CHANGED;
	if (file_read(f->path, &b, &e)) {
		digest_sha256(buf_slice(&b), now);
		s = memcmp(now, f->after, 32) == 0 ? STATE_WRITTEN : memcmp(now, f->before, 32) == 0 ? STATE_UNTOUCHED : STATE_CHANGED;
	}
	buf_release(&b);
	return s;
}

static bool read_backup(const struct manifest_file *f, struct buf *b, struct err *e)
{
	unsigned char kept[32];
	if (!file_read(f->backup, b, e))
		return false;
	digest_sha256(buf_slice(b), kept);
	return memcmp(kept, f->before, 32) == 0 ||
	       err_set(e, ERR_INPUT, "the backup '%.150s' is not what was kept: restore the file by hand", f->backup);
}

static bool restore(const struct manifest_file *f, struct err *e)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	bool is_good = read_backup(f, &b, e) && file_replace(f->path, f->mode, buf_slice(&b), e);
	buf_release(&b);
	return is_good && (chmod(f->path, f->mode) == 0 || err_set(e, ERR_INPUT, "cannot set the mode of '%.150s'", f->path));
}

static const char *variable_of(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static struct client_server *servers_of(const struct manifest_file *f, struct slice text, const char *gate, struct arena *a, size_t *n,
					struct err *e)
{
	struct client_file file = { f->client, f->path, NULL };
	struct client_facts facts = { .variable = variable_of, .gate = gate };
	const struct node *root = node_read(client_language(f->path), text, a, e);
	return root ? clients_servers(&file, text, root, &facts, a, n, e) : NULL;
}

static const struct client_server *find_server(const struct client_server *v, size_t n, const struct client_server *like)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, like->name) == 0 && strcmp(v[i].folder ? v[i].folder : "", like->folder ? like->folder : "") == 0)
			return &v[i];
	return NULL;
}

static bool is_in_brackets(const struct client_server *s)
{
	return s->entry->type == NODE_OBJECT && s->entry->form == NODE_FLOW;
}

/* The entries that still point at the gate get their old text; what the client wrote beside them stays. */
static bool merge(const struct manifest_file *f, const char *gate, struct arena *a, struct err *e)
{
	struct buf was = BUF_INIT(LIMIT_CLIENT_FILE_BYTES), now = BUF_INIT(LIMIT_CLIENT_FILE_BYTES), out = BUF_INIT(2 * LIMIT_CLIENT_FILE_BYTES);
	size_t n = 0, m = 0, edits = 0;
	bool is_good = client_language(f->path) == LANGUAGE_JSONC || err_set(e, ERR_INPUT, "only JSON can be merged: take the changes over by hand");
	is_good = is_good && read_backup(f, &was, e) && file_read(f->path, &now, e);
	const struct client_server *old = is_good ? servers_of(f, buf_slice(&was), gate, a, &n, e) : NULL;
	const struct client_server *new = old ? servers_of(f, buf_slice(&now), gate, a, &m, e) : NULL;
	struct edit *v = new ? arena_zalloc(a, (m + 1) * sizeof *v) : NULL;
	for (size_t i = 0; v && i < m; i++) {
		const struct client_server *before = new[i].stay == CLIENT_STAYS_BEHIND ? find_server(old, n, &new[i]) : NULL;
		if (!before || before->stay == CLIENT_STAYS_BEHIND || !is_in_brackets(before) || !is_in_brackets(&new[i]))
			continue;
		v[edits++] = (struct edit){ new[i].entry->at, new[i].entry->end, slice_of(was.p + before->entry->at, before->entry->end - before->entry->at) };
	}
	if (v) {
		qsort(v, edits, sizeof *v, by_place);
		edits_apply(&out, buf_slice(&now), v, edits);
	}
	if (v && !edits)
		is_good = err_set(e, ERR_INPUT, "none of its entries points at the gate any more");
	is_good = is_good && v && file_replace(f->path, f->mode, buf_slice(&out), e);
	buf_release(&was);
	buf_release(&now);
	buf_release(&out);
	return is_good;
}

/* All are looked at before any is touched. */
static int check_files(struct cli *c, const struct manifest *m)
{
	size_t changed = 0;
	for (size_t i = 0; i < m->file_n; i++) {
		if (state_of(&m->files[i]) != STATE_CHANGED)
			continue;
		changed++;
		cli_note("'%s' was changed since", m->files[i].path);
	}
	if (!changed || cli_has(c, "force") || cli_has(c, "merge"))
		return CLI_OK;
	return cli_fail(CLI_FAILED, "nothing was undone: with --merge the entries are put back and the changes kept, with --force the whole file is "
				    "restored and the changes are lost");
}

static int restore_files(struct cli *c, const struct place *p, const struct manifest *m, struct buf *out)
{
	const char *gate = admin_base_url(c, p->config->data_dir, p->config->listen);
	int code = CLI_OK;
	for (size_t i = 0; i < m->file_n; i++) {
		const struct manifest_file *f = &m->files[i];
		struct err e = { 0 };
		enum state state = state_of(f);
		bool is_merged = state == STATE_CHANGED && cli_has(c, "merge");
		if (state == STATE_UNTOUCHED) {
			(void)chmod(f->path, f->mode);
			unlink(f->backup);
			continue;
		}
		if (!(is_merged ? merge(f, gate, &c->arena, &e) : restore(f, &e))) {
			code = cli_fail(CLI_FAILED, "'%s' is not restored: %s", f->path, e.text);
			continue;
		}
		unlink(f->backup);
		buf_addf(out, "%s '%s'\n", is_merged ? "put the entries back into" : "restored", f->path);
	}
	return code;
}

static bool is_used(struct store *s, const char *server, struct arena *a)
{
	struct store_grant *v;
	struct err e = { 0 };
	size_t n;
	if (!store_grants(s, a, &v, &n, &e))
		return true;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < v[i].binding_n; j++)
			if (!v[i].revoked_us && strcmp(v[i].bindings[j].server, server) == 0)
				return true;
	return false;
}

/* What others use by now stays. */
static void clear_store(struct cli *c, struct place *p, const struct manifest *m, struct buf *out)
{
	struct store *s = p->store;
	struct arena *a = &c->arena;
	for (size_t i = 0; i < m->grant_n; i++) {
		struct store_grant g;
		struct err e = { 0 };
		struct changed ch = changed_begin(c, p, "grant", m->grants[i]);
		if (!store_grant_get(s, m->grants[i], a, &g, &e) || g.revoked_us || !store_grant_revoke(s, m->grants[i], &e))
			continue;
		changed_end(&ch, "grant.revoke", m->grants[i]);
		buf_addf(out, "revoked grant '%s'\n", g.label);
	}
	for (size_t i = 0; i < m->server_n; i++) {
		struct err e = { 0 };
		struct changed ch = changed_begin(c, p, "server", m->servers[i]);
		if (is_used(s, m->servers[i], a)) {
			buf_addf(out, "server '%s' stays: a grant uses it\n", m->servers[i]);
		} else if (store_server_del(s, m->servers[i], &e)) {
			changed_end(&ch, NULL, m->servers[i]);
			buf_addf(out, "removed server '%s'\n", m->servers[i]);
		}
	}
	for (size_t i = 0; i < m->policy_n; i++) {
		struct err e = { 0 };
		struct changed ch = changed_begin(c, p, "policy", m->policies[i]);
		if (!store_policy_del(s, m->policies[i], &e)) {
			buf_addf(out, "policy '%s' stays: %s\n", m->policies[i], e.text);
			continue;
		}
		changed_end(&ch, NULL, m->policies[i]);
		buf_addf(out, "removed policy '%s'\n", m->policies[i]);
	}
}

static int undo(struct cli *c, struct place *p, struct manifest *m, struct buf *out)
{
	struct err e = { 0 };
	bool is_running = false;
	int code = check_files(c, m);
	if (code != CLI_OK)
		return code;
	code = restore_files(c, p, m, out);
	if (code != CLI_OK)
		return code;
	clear_store(c, p, m, out);
	m->is_undone = true;
	if (!manifest_write(m, p->config->data_dir, &e))
		return cli_fail(CLI_FAILED, "all is undone, but its record is not: %s", e.text);
	return admin_reload(p->config->data_dir, &is_running);
}

static int discard(struct place *p, struct manifest *m, struct buf *out)
{
	struct err e = { 0 };
	for (size_t i = 0; i < m->file_n; i++)
		if (unlink(m->files[i].backup) == 0)
			buf_addf(out, "removed '%s'\n", m->files[i].backup);
	m->is_undone = true;
	return manifest_write(m, p->config->data_dir, &e) ? CLI_OK : cli_fail(CLI_FAILED, "%s", e.text);
}

int import_undo(struct cli *c)
{
	struct place p;
	struct manifest m;
	struct err e = { 0 };
	struct buf out = BUF_INIT(1u << 20);
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	if (!manifest_read(&m, p.config->data_dir, c->arg_n ? c->args[0] : NULL, &c->arena, &e))
		code = e.kind == ERR_NONE ? cli_fail(CLI_FAILED, "there is no import to undo") : cli_fail_err(&e);
	else if (m.is_undone)
		code = cli_fail(CLI_FAILED, "import '%s' is undone already, or its backups are gone", m.id);
	else
		code = cli_has(c, "discard-backups") ? discard(&p, &m, &out) : undo(c, &p, &m, &out);
	place_close(&p);
	if (c->is_json && code == CLI_OK) {
		buf_clear(&out);
		buf_addf(&out, "{\"id\":\"%s\",\"undone\":%s}\n", m.id, cli_has(c, "discard-backups") ? "false" : "true");
	}
	int printed = cli_print(&out);
	return code == CLI_OK ? printed : code;
}
