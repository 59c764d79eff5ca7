/*
 * Does what was planned: backups, then the store, then the record of it, then the clients' files one by one.
 * Whatever happens, what is in the record can be undone, and no file is half written.
 */
#include "admin/server_check.h"
#include "admin/take_over.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/random.h"
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/import.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

struct applying {
	struct import *m;
	struct manifest record;
	struct err e;
};

/* Readable by its owner alone, whatever the file was: secrets stand in it. */
static bool back_up(struct import *m, struct import_file *f, struct err *e)
{
	for (int i = 1; i < 100; i++) {
		f->backup = i == 1 ? arena_printf(&m->c->arena, "%s.gatehouse-backup", f->target)
				   : arena_printf(&m->c->arena, "%s.gatehouse-backup.%d", f->target, i);
		if (!f->backup)
			return err_set(e, ERR_LIMIT, "out of memory");
		if (access(f->backup, F_OK) == 0)
			continue;
		return file_create(f->backup, 0600, f->text, e);
	}
	return err_set(e, ERR_INPUT, "beside '%.120s' stand too many backups: remove old ones", f->target);
}

static void drop_backups(struct import *m)
{
	for (size_t i = 0; i < m->file_n; i++)
		if (m->files[i].backup)
			unlink(m->files[i].backup);
}

static bool put_server(struct import *m, const struct import_server *s, struct err *e)
{
	struct store_server row;
	bool cwd_gone;
	if (!take_over_server(s->of, s->name, &m->c->arena, &row, &cwd_gone))
		return err_set(e, ERR_LIMIT, "out of memory");
	if (cwd_gone)
		cli_note("server '%s' starts in the gate's own folder: there is no '%.120s'", s->name, s->of->cwd);
	return server_is_good(&row, e) && store_server_add(m->place.store, &row, e);
}

static bool put_servers(struct applying *a)
{
	struct import *m = a->m;
	a->record.servers = arena_zalloc(&m->c->arena, (m->server_n + 1) * sizeof *a->record.servers);
	if (!a->record.servers)
		return err_set(&a->e, ERR_LIMIT, "out of memory");
	for (size_t i = 0; i < m->server_n; i++) {
		if (m->servers[i]->is_there)
			continue;
		struct err e = { 0 };
		if (!put_server(m, m->servers[i], &e))
			return err_set(&a->e, e.kind, "server '%.64s': %.180s", m->servers[i]->name, e.text);
		a->record.servers[a->record.server_n++] = m->servers[i]->name;
	}
	return true;
}

/* Does any file of this grant's clients use the server? */
static bool is_wanted(const struct import *m, const struct import_grant *g, const struct import_server *s)
{
	for (size_t i = 0; i < m->file_n; i++) {
		const struct import_file *f = &m->files[i];
		for (size_t j = 0; j < f->n; j++)
			if (f->to && f->to[j] == s && (g->client == CLIENT_NONE || g->client == f->file.client))
				return true;
	}
	return false;
}

static bool put_grant(struct import *m, struct import_grant *g, struct err *e)
{
	struct store_binding *v = arena_zalloc(&m->c->arena, (m->server_n + 1) * sizeof *v);
	size_t n = 0;
	if (!v)
		return err_set(e, ERR_LIMIT, "out of memory");
	for (size_t i = 0; i < m->server_n; i++)
		if (is_wanted(m, g, m->servers[i]))
			v[n++] = (struct store_binding){ m->servers[i]->name, m->servers[i]->policy };
	if (g->is_there) {
		for (size_t i = 0; i < n; i++)
			if (!store_grant_bind(m->place.store, g->label, v[i].server, v[i].policy, e))
				return false;
		return true;
	}
	struct store_grant row = { .label = g->label, .subject = "", .bindings = v, .binding_n = n };
	token_new(g->token, g->hash);
	memcpy(row.token_hash, g->hash, sizeof row.token_hash);
	if (!store_grant_add(m->place.store, &row, e))
		return false;
	memcpy(g->id, row.id, sizeof g->id);
	return true;
}

static bool put_grants(struct applying *a)
{
	struct import *m = a->m;
	a->record.grants = arena_zalloc(&m->c->arena, (m->grant_n + 1) * sizeof *a->record.grants);
	if (!a->record.grants)
		return err_set(&a->e, ERR_LIMIT, "out of memory");
	for (size_t i = 0; i < m->grant_n; i++) {
		struct err e = { 0 };
		if (!put_grant(m, &m->grants[i], &e))
			return err_set(&a->e, e.kind, "grant '%.64s': %.180s", m->grants[i].label, e.text);
		if (!m->grants[i].is_there)
			a->record.grants[a->record.grant_n++] = m->grants[i].id;
	}
	return true;
}

/* Nothing of a client was touched yet: the store is as it was. */
static void take_back(struct applying *a)
{
	struct err e = { 0 };
	for (size_t i = 0; i < a->record.grant_n; i++)
		(void)!store_grant_revoke(a->m->place.store, a->record.grants[i], &e);
	for (size_t i = 0; i < a->record.server_n; i++)
		(void)!store_server_del(a->m->place.store, a->record.servers[i], &e);
	for (size_t i = 0; i < a->record.policy_n; i++)
		(void)!store_policy_del(a->m->place.store, a->record.policies[i], &e);
	drop_backups(a->m);
}

static bool write_record(struct applying *a)
{
	struct import *m = a->m;
	char *id = arena_alloc(&m->c->arena, RANDOM_UUID_SIZE);
	a->record.files = arena_zalloc(&m->c->arena, (m->file_n + 1) * sizeof *a->record.files);
	if (!id || !a->record.files)
		return err_set(&a->e, ERR_LIMIT, "out of memory");
	random_uuid7(clock_wall_us(), id);
	a->record.id = id;
	for (size_t i = 0; i < m->file_n; i++) {
		struct import_file *f = &m->files[i];
		struct buf out = BUF_INIT(2 * LIMIT_CLIENT_FILE_BYTES);
		if (!f->moves)
			continue;
		struct manifest_file *r = &a->record.files[a->record.file_n++];
		*r = (struct manifest_file){ .client = f->file.client, .path = f->target, .backup = f->backup, .mode = f->mode };
		edits_apply(&out, f->text, f->edits, f->edit_n);
		digest_sha256(f->text, r->before);
		digest_sha256(buf_slice(&out), r->after);
		buf_release(&out);
	}
	return manifest_write(&a->record, m->place.config->data_dir, &a->e);
}

/* Another program may have written it since it was read. */
static bool is_unchanged(const struct import_file *f, struct err *e)
{
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	bool is_same = file_read(f->target, &b, e) && slice_eq(buf_slice(&b), f->text);
	buf_release(&b);
	return is_same || err_set(e, ERR_INPUT, "'%.150s' was changed meanwhile: close %s and run import again", f->target, client_title(f->file.client));
}

static int write_files(struct applying *a)
{
	struct import *m = a->m;
	size_t written = 0;
	for (size_t i = 0; i < m->file_n; i++) {
		struct import_file *f = &m->files[i];
		struct buf out = BUF_INIT(2 * LIMIT_CLIENT_FILE_BYTES);
		if (!f->moves)
			continue;
		edits_apply(&out, f->text, f->edits, f->edit_n);
		bool is_good = is_unchanged(f, &a->e) && file_replace(f->target, f->mode, buf_slice(&out), &a->e);
		buf_release(&out);
		if (!is_good) {
			cli_note("%s", a->e.text);
			return cli_fail(CLI_FAILED, "%zu files were written and the others were not; 'gatehouse import --undo' takes all of it back", written);
		}
		written++;
	}
	return CLI_OK;
}

/* What is in the store by now. */
static int record_all(struct applying *a, const char *type, const char *const *v, size_t n)
{
	int code = CLI_OK;
	for (size_t i = 0; i < n && code == CLI_OK; i++) {
		struct changed ch = changed_begin(a->m->c, &a->m->place, type, NULL);
		code = changed_end(&ch, NULL, v[i]);
	}
	return code;
}

static int record_made(struct applying *a)
{
	int servers = record_all(a, "server", a->record.servers, a->record.server_n);
	int policies = record_all(a, "policy", a->record.policies, a->record.policy_n);
	int grants = record_all(a, "grant", a->record.grants, a->record.grant_n);
	return servers != CLI_OK ? servers : policies != CLI_OK ? policies : grants;
}

int import_apply(struct import *m, const char **id)
{
	struct applying a = { .m = m };
	bool is_running = false, is_good = true;
	for (size_t i = 0; i < m->file_n && is_good; i++)
		if (m->files[i].moves)
			is_good = back_up(m, &m->files[i], &a.e);
	is_good = is_good && put_servers(&a);
	if (is_good) {
		int code = import_policies(m, &a.record);
		if (code != CLI_OK) {
			take_back(&a);
			return code;
		}
	}
	is_good = is_good && put_grants(&a) && import_edit(m) == CLI_OK && write_record(&a);
	if (!is_good) {
		take_back(&a);
		return cli_fail(CLI_FAILED, "%s; nothing was changed", a.e.text);
	}
	*id = a.record.id;
	int recorded = record_made(&a);
	int reloaded = admin_reload(m->place.config->data_dir, &is_running), code = write_files(&a);
	reloaded = reloaded == CLI_OK ? recorded : reloaded;
	if (!is_running)
		cli_note("no gate runs on '%s': start it with 'gatehouse up' before the clients", m->place.config->data_dir);
	return code == CLI_OK ? reloaded : code;
}
