/* The version of a database is SQLite's user_version; application_id says that it is ours. */
#include "store/migrate.h"
#include "store/db.h"

/* One kind of file. */
struct form {
	const struct migration *v;
	const int *n;
	int64_t application_id;
};

static const struct form store_form = { migrations, &migration_count, 0x47617465 /* "Gate" */ };
static const struct form catalog_form = { catalog_migrations, &catalog_migration_count, 0x47436174 /* "GCat" */ };

static bool check_owner(struct db *d, const struct form *f, int64_t version, struct err *e)
{
	int64_t id;
	if (!db_int(d, "PRAGMA application_id", &id, e))
		return false;
	if (version > 0 && id != f->application_id)
		return err_set(e, ERR_INPUT, "'%s' is a database of another program", d->path);
	if (version > *f->n)
		return err_set(e, ERR_INPUT,
		               "'%s' was written by a newer gatehouse (its version is %lld, this program "
		               "knows up to %d); use that program",
		               d->path, (long long)version, *f->n);
	return true;
}

static bool apply(struct db *d, const struct form *f, int number, struct err *e)
{
	char pragma[96];
	struct err why;
	if (!db_exec(d, f->v[number - 1].sql, &why))
		return err_set(e, why.kind, "cannot apply migration '%s': %s", f->v[number - 1].name, why.text);
	snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d; PRAGMA application_id = %lld", number,
	         (long long)f->application_id);
	return db_exec(d, pragma, e);
}

static bool bring_to(struct db *d, const struct form *f, struct err *e)
{
	int64_t version = 0;
	if (!db_int(d, "PRAGMA user_version", &version, e) || !check_owner(d, f, version, e))
		return false;
	if (version == *f->n)
		return true;
	if (!db_begin(d, e))
		return false;
	/* Another process may have been faster: the version counts that is read under the lock. */
	bool ok = db_int(d, "PRAGMA user_version", &version, e) && check_owner(d, f, version, e);
	for (int i = (int)version + 1; ok && i <= *f->n; i++)
		ok = apply(d, f, i, e);
	return db_end(d, ok, e);
}

bool migrate(struct db *d, struct err *e)
{
	return bring_to(d, &store_form, e);
}

bool migrate_catalog(struct db *d, struct err *e)
{
	return bring_to(d, &catalog_form, e);
}

bool migrate_check_catalog(struct db *d, struct err *e)
{
	int64_t version = 0;
	if (!db_int(d, "PRAGMA user_version", &version, e) || !check_owner(d, &catalog_form, version, e))
		return false;
	if (version == 0)
		return err_set(e, ERR_INPUT, "'%s' holds no catalogue", d->path);
	if (version < catalog_migration_count)
		return err_set(e, ERR_INPUT, "'%s' was written by an older gatehouse; 'gatehouse catalog add' brings it up to date",
		               d->path);
	return true;
}
