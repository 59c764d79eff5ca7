/* What the files of this folder share of a store. */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H
#include "base/digest.h"
#include "store/db.h"
#include "store/store.h"

#define STORE_DB_FILE "gatehouse.db"

struct store {
	struct db db;
	char *dir;
	char *db_path;
	unsigned char key[32];      /* the master key; only subkeys of it are used */
	unsigned char seal_key[32];
};

/* Opens or makes the master key; the database must know it, or none yet (store/key.c). */
bool store_open_key(struct store *s, const char *key_file, struct err *e) MUST_CHECK;

/* Sealed bytes for one place: `place` and its parts are the context. Memory of `out` is the arena's. */
bool store_unseal(const struct store *s, struct slice context, struct slice sealed, struct arena *a,
                  const char **out, struct err *e) MUST_CHECK;

/*
 * Sets *e to "there is no <what> 'name'", with the nearest known name. sql: one column, all
 * names. False.
 */
bool store_unknown(struct store *s, const char *what, const char *name, const char *sql, struct err *e);
/* Text for people: UTF-8 without control characters, at most `max` bytes. */
bool store_check_text(const char *what, const char *text, size_t max, struct err *e) MUST_CHECK;
/* Memory of the caller's arena is full. False. */
bool store_full(struct err *e);

/* A growing list in an arena; v doubles. False when the arena is full. */
void *store_grow(struct arena *a, void *v, size_t n, size_t size) MUST_CHECK;

#endif
