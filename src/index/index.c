/* The file: how it is opened, its transactions, and the statements that are kept. */
#include "index/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/migrate.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const sql_text[INDEX_SQLS] = {
	[SQL_SERVER_FIND] = "SELECT number, has_list FROM servers WHERE id = ?",
	[SQL_SERVER_NEW] = "INSERT INTO servers VALUES (NULL, ?, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "
			   "x'', '', '', '', '', '', '', '', '', '', '')",
	[SQL_SERVER_IDENTITY] =
		"UPDATE servers SET source = iif(?14, source, ?1), seen_us = iif(?14, seen_us, ?2), place = iif(?14, place, ?3), title = iif(?5 = '', title, ?5), "
		"version = iif(?6 = '', version, ?6), package = iif(?7 = '', package, ?7), remote = iif(?8 = '', remote, ?8), "
		"website = iif(?9 = '', website, ?9), repository = iif(?10 = '', repository, ?10), "
		"status = iif(?11 = '', status, ?11), description = iif(?12 = '', description, ?12), "
		"document = iif(?13 = '', document, ?13) WHERE number = ?4",
	[SQL_SERVER_COUNTS] =
		"UPDATE servers SET has_list = 1, changed_us = iif(digest = ?2, changed_us, ?3), digest = ?2, "
		"tools = ?4, unknowns = ?5, reads = ?6, writes = ?7, executes = ?8, destroys = ?9, spends = ?10, low = ?11, "
		"medium = ?12, high = ?13, critical = ?14, refused = ?15, disputed = ?16, tokens = ?17 WHERE number = ?1",
	[SQL_TOOLS_OF] = "SELECT number, name, pin, removed_us, category, severity, confidence, labels, signals, disputed, tokens, "
			 "refused FROM tools WHERE server = ?",
	[SQL_TOOL_NEW] = "INSERT INTO tools VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
	[SQL_TOOL_SET] =
		"UPDATE tools SET category = ?, severity = ?, confidence = ?, labels = ?, signals = ?, disputed = ?, tokens = ?, "
		"changed_us = iif(?8 = 0, changed_us, ?8), removed_us = 0, pin = ?9, refused = ?10, definition = ?11 WHERE number = ?12",
	[SQL_TOOL_GONE] = "UPDATE tools SET removed_us = ?2, changed_us = ?2 WHERE number = ?1",
	[SQL_CHANGE_NEW] =
		"INSERT INTO changes SELECT NULL, ?1, ?2, ?3, ?4, iif(?3 = 1, x'', t.pin), ?5, iif(?3 = 1, 0, t.category), ?6, "
		"iif(?3 = 1, 0, t.severity), ?7, iif(?3 = 1, '', t.definition) FROM (SELECT 1) LEFT JOIN tools t ON t.number = ?8",
	[SQL_ADDRESS_NEW] = "INSERT OR IGNORE INTO addresses VALUES (?, ?)",
	[SQL_ADDRESS_CLEAR] = "DELETE FROM addresses WHERE server = ?",
	[SQL_SEGMENT_TOOL] = "SELECT t.severity, t.category, t.labels, t.signals, t.changed_us, t.removed_us, t.server, t.name, s.id, "
			     "t.definition FROM tools t JOIN servers s ON s.number = t.server WHERE t.number = ?",
	[SQL_SEGMENT_DOC] = "INSERT OR REPLACE INTO segment_docs VALUES (?, ?, ?)",
	[SQL_FIND_TERM] = "SELECT docs FROM segment_terms WHERE segment = ? AND term = ?",
	[SQL_FIND_PREFIX] = "SELECT docs FROM segment_terms WHERE segment = ? AND term >= ? AND term < ?",
	[SQL_FIND_RANK] = "SELECT t.number, t.severity, t.name, s.id FROM segment_docs d JOIN tools t ON t.number = d.tool "
			  "JOIN servers s ON s.number = t.server WHERE d.segment = ? AND d.doc = ?",
	[SQL_FIND_TOOL] = "SELECT " TOOL_COLUMNS " FROM tools t JOIN servers s ON s.number = t.server WHERE t.number = ?",
	[SQL_SEGMENT_TERM] = "INSERT INTO segment_terms VALUES (?, ?, ?)",
};

struct stmt *index_stmt(struct index *x, enum index_sql which)
{
	struct stmt *s = &x->sql[which];
	if (!s->h)
		*s = stmt_new(&x->db, sql_text[which]);
	else
		stmt_reset(s);
	return s;
}

/* What is lost with the machine's power can be read anew from the servers: no commit waits for the disk. */
#define SETTINGS_WRITE "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -131072; PRAGMA mmap_size = 4294967296"
#define SETTINGS_READ  "PRAGMA cache_size = -65536; PRAGMA mmap_size = 4294967296"

static bool prepare(struct index *x, enum index_mode mode, struct err *e)
{
	if (mode == INDEX_READ)
		return migrate_check_catalog(&x->db, e) && db_exec(&x->db, SETTINGS_READ, e);
	return migrate_catalog(&x->db, e) && db_exec(&x->db, SETTINGS_WRITE, e);
}

struct index *index_open(const char *path, enum index_mode mode, struct err *e)
{
	if (mode == INDEX_READ && access(path, F_OK) != 0) {
		err_set(e, ERR_INPUT, "there is no catalogue '%s' yet: gatehouse catalog add SERVER", path);
		return NULL;
	}
	/* A new file is its owner's only: it says what somebody uses. One that is there stays as it is. */
	int fd = mode == INDEX_WRITE ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	struct index *x = calloc(1, sizeof *x);
	BUG_ON(!x);
	x->path = strdup(path);
	BUG_ON(!x->path);
	if (db_open(&x->db, x->path, mode == INDEX_WRITE ? DB_WRITE : DB_READ, e) && prepare(x, mode, e))
		return x;
	index_close(&x);
	return NULL;
}

void index_close(struct index **x)
{
	struct index *i = *x;
	if (!i)
		return;
	BUG_ON(i->is_open);
	for (size_t n = 0; n < INDEX_SQLS; n++)
		stmt_release(&i->sql[n]);
	db_close(&i->db);
	free(i->pending);
	free(i->gone);
	free(i->path);
	free(i);
	*x = NULL;
}

bool index_begin(struct index *x, struct err *e)
{
	BUG_ON(x->is_open);
	x->is_open = db_begin(&x->db, e);
	return x->is_open;
}

bool index_end(struct index *x, bool ok, struct err *e)
{
	BUG_ON(!x->is_open);
	ok = ok && segment_flush(x, e);
	for (size_t n = 0; n < INDEX_SQLS; n++)
		if (x->sql[n].h)
			stmt_reset(&x->sql[n]);
	x->is_open = false;
	x->pending_n = x->gone_n = 0;
	return db_end(&x->db, ok, e);
}

bool index_put_list(struct index *x, const struct index_server *s, const struct index_list *list, struct err *e)
{
	if (x->is_open)
		return index_put_in(x, s, list, e);
	return index_begin(x, e) && index_end(x, index_put_in(x, s, list, e), e);
}

bool index_put_server(struct index *x, const struct index_server *s, const struct json *tools, struct err *e)
{
	struct arena a;
	if (!tools)
		return index_put_list(x, s, NULL, e);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct index_list *list = index_judge(s->id, tools, &a, e);
	bool ok = list && index_put_list(x, s, list, e);
	arena_release(&a);
	return ok;
}

bool index_remove_server(struct index *x, struct slice id, struct err *e)
{
	struct arena a;
	struct index_server s;
	arena_init(&a, 4u << 20);
	bool ok = index_server(x, id, &a, &s, e);
	arena_release(&a);
	if (!ok)
		return false;
	bool is_own = !x->is_open;
	if (is_own && !index_begin(x, e))
		return false;
	ok = segment_forget(x, id, e);
	struct stmt row = stmt_new(&x->db, "DELETE FROM servers WHERE id = ?");
	stmt_slice(&row, id);
	ok = ok & stmt_finish(&row, ok ? e : NULL);
	return is_own ? index_end(x, ok, e) : ok;
}
