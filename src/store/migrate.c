/* The version of a database is SQLite's user_version; application_id says that it is ours. */
#include "store/migrate.h"
#include "store/db.h"

#define APPLICATION_ID 0x47617465 /* "Gate" */

static bool check_owner(struct db *d, int64_t version, struct err *e)
{
	int64_t id;
	if (!db_int(d, "PRAGMA application_id", &id, e))
		return false;
	if (version > 0 && id != APPLICATION_ID)
		return err_set(e, ERR_INPUT, "'%s' is a database of another program", d->path);
	if (version > migration_count)
		return err_set(e, ERR_INPUT,
		               "'%s' was written by a newer gatehouse (its version is %lld, this program "
		               "knows up to %d); use that program",
		               d->path, (long long)version, migration_count);
	return true;
}

static bool apply(struct db *d, int number, struct err *e)
{
	char pragma[96];
	struct err why;
	if (!db_exec(d, migrations[number - 1].sql, &why))
		return err_set(e, why.kind, "cannot apply migration '%s': %s", migrations[number - 1].name,
		               why.text);
	snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d; PRAGMA application_id = %d", number,
	         APPLICATION_ID);
	return db_exec(d, pragma, e);
}

bool migrate(struct db *d, struct err *e)
{
	int64_t version = 0;
	if (!db_int(d, "PRAGMA user_version", &version, e) || !check_owner(d, version, e))
		return false;
	if (version == migration_count)
		return true;
	if (!db_begin(d, e))
		return false;
	/* Another process may have been faster: the version counts that is read under the lock. */
	bool ok = db_int(d, "PRAGMA user_version", &version, e) && check_owner(d, version, e);
	for (int i = (int)version + 1; ok && i <= migration_count; i++)
		ok = apply(d, i, e);
	return db_end(d, ok, e);
}
