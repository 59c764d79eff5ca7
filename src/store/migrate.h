/* Brings a database to the form this program knows: sql/NNNN_name.sql in order, each once. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H
#include "base/err.h"

struct migration {
	const char *name, *sql;
};
/* Built from sql/ (tools/embed.py). Migration n brings the database from version n - 1 to n. */
extern const struct migration migrations[];
extern const int migration_count;
/* The same of sql/postgres/, for approvals that gates share. */
extern const struct migration approval_migrations[];
extern const int approval_migration_count;
/* The same of sql/catalog/, for the catalogue that is kept (src/index/), a file of its own. */
extern const struct migration catalog_migrations[];
extern const int catalog_migration_count;

struct db;
/* Refused: a database of a newer program, and one that is not ours. */
bool migrate(struct db *d, struct err *e) MUST_CHECK;
bool migrate_catalog(struct db *d, struct err *e) MUST_CHECK;
/* Without writing: refused too what an older program wrote. */
bool migrate_check_catalog(struct db *d, struct err *e) MUST_CHECK;

#endif
