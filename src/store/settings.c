/* Settings: short texts by key. */
#include "base/limits.h"
#include "store/inside.h"

#define SETTING_BYTES_MAX 4096

bool store_setting_get(struct store *s, const char *key, struct arena *a, const char **value, struct err *e)
{
	bool full = false;
	struct stmt q = stmt_new(&s->db, "SELECT value FROM settings WHERE key = ?");
	stmt_text(&q, key);
	enum stmt_result r = stmt_step(&q, e);
	*value = r == STMT_ROW ? stmt_col_text(&q, 0, a, &full) : NULL;
	stmt_release(&q);
	return full ? store_full(e) : r != STMT_FAILED;
}

bool store_setting_put(struct store *s, const char *key, const char *value, struct err *e)
{
	if (!store_check_text("name of the setting", key, LIMIT_NAME, e) ||
	    (value && !store_check_text("value of the setting", value, SETTING_BYTES_MAX, e)))
		return false;
	struct stmt q = stmt_new(&s->db, value ? "INSERT INTO settings VALUES (?, ?) ON CONFLICT (key) DO UPDATE "
	                                         "SET value = excluded.value"
	                                       : "DELETE FROM settings WHERE key = ?");
	stmt_text(&q, key);
	if (value)
		stmt_text(&q, value);
	return stmt_finish(&q, e);
}

bool store_settings(struct store *s, struct arena *a, struct store_pair **v, size_t *n, struct err *e)
{
	bool full = false;
	enum stmt_result r;
	struct stmt q = stmt_new(&s->db, "SELECT key, value FROM settings ORDER BY key");
	*v = NULL;
	*n = 0;
	while ((r = stmt_step(&q, e)) == STMT_ROW && !full) {
		struct store_pair *grown = store_grow(a, *v, *n, sizeof **v);
		if (!grown) {
			full = true;
			break;
		}
		*v = grown;
		(*v)[*n].name = stmt_col_text(&q, 0, a, &full);
		(*v)[*n].value = stmt_col_text(&q, 1, a, &full);
		(*n)++;
	}
	stmt_release(&q);
	return full ? store_full(e) : r != STMT_FAILED;
}
