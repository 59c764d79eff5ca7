/* Pins: one row a tool. A review is one transaction that names what it is of. */
#include "store/pins.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/inside.h"

#define COLUMNS                                                                                                  \
	"server, tool, definition, pin, told, reviewed_us, reviewed_by, waiting, waiting_pin, waiting_told, "   \
	"waiting_us, is_rejected, rejected_by, findings"

static bool copy_text(struct stmt *q, int column, struct arena *a, struct slice *out)
{
	struct slice text = stmt_col(q, column);
	*out = slice_of(NULL, 0);
	if (stmt_col_is_null(q, column))
		return true;
	out->p = arena_strndup(a, text.n ? text.p : "", text.n);
	out->n = text.n;
	return out->p;
}

static void copy_pin(struct stmt *q, int column, unsigned char out[STORE_PIN_SIZE])
{
	struct slice pin = stmt_col(q, column);
	memset(out, 0, STORE_PIN_SIZE);
	if (pin.n == STORE_PIN_SIZE)
		memcpy(out, pin.p, pin.n);
}

static bool read_row(struct stmt *q, struct arena *a, struct store_pin *out)
{
	bool full = false;
	*out = (struct store_pin){
		.server = stmt_col_text(q, 0, a, &full),
		.tool = stmt_col_text(q, 1, a, &full),
		.told = (unsigned)stmt_col_int(q, 4),
		.reviewed_us = stmt_col_int(q, 5),
		.reviewed_by = stmt_col_text(q, 6, a, &full),
		.waiting_told = (unsigned)stmt_col_int(q, 9),
		.waiting_us = stmt_col_int(q, 10),
		.is_rejected = stmt_col_int(q, 11) != 0,
		.rejected_by = stmt_col_text(q, 12, a, &full),
		.findings = stmt_col_text(q, 13, a, &full),
	};
	copy_pin(q, 3, out->pin);
	copy_pin(q, 8, out->waiting_pin);
	return copy_text(q, 2, a, &out->definition) && copy_text(q, 7, a, &out->waiting) && !full;
}

static bool read_all(struct stmt *q, struct arena *a, struct store_pin **v, size_t *n, struct err *e)
{
	enum stmt_result r;
	bool full = false;
	*v = NULL;
	*n = 0;
	while (!full && (r = stmt_step(q, e)) == STMT_ROW) {
		struct store_pin *grown = store_grow(a, *v, *n, sizeof **v);
		full = !grown || !read_row(q, a, &grown[*n]);
		*v = grown ? grown : *v;
		*n += !full;
	}
	stmt_release(q);
	return full ? store_full(e) : r != STMT_FAILED;
}

bool store_pins(struct store *s, const char *server, bool waiting_only, struct arena *a, struct store_pin **v, size_t *n,
		struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT " COLUMNS " FROM pins WHERE (?1 IS NULL OR server = ?1) AND "
					 "(NOT ?2 OR waiting IS NOT NULL) ORDER BY server, tool");
	stmt_text(&q, server);
	stmt_int(&q, waiting_only);
	return read_all(&q, a, v, n, e);
}

static bool is_behind(const struct store_pins_ask *ask, struct slice server, struct slice tool)
{
	const char *slash = ask->cursor.n ? memchr(ask->cursor.p, '/', ask->cursor.n) : NULL;
	size_t n = slash ? (size_t)(slash - ask->cursor.p) : 0;
	struct slice at_server = slice_of(ask->cursor.p, n), at_tool = slash ? slice_of(slash + 1, ask->cursor.n - n - 1) : at_server;
	struct slice pairs[2][2] = { { server, at_server }, { tool, at_tool } };
	for (size_t i = 0; slash && i < ARRAY_LEN(pairs); i++) {
		struct slice x = pairs[i][0], y = pairs[i][1];
		int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
		if (order || x.n != y.n)
			return order ? order > 0 : x.n > y.n;
	}
	return !slash;
}

bool store_pins_waiting(struct store *s, const struct store_pins_ask *ask, struct arena *a, store_pins_fn *fn, void *ctx,
			uint64_t *total, struct err *e)
{
	enum stmt_result r;
	bool ok = true, goes_on = true;
	struct stmt names = stmt_new(&s->db, "SELECT server, tool FROM pins WHERE waiting IS NOT NULL AND (?1 IS NULL OR server = ?1) "
					     "ORDER BY server, tool");
	*total = 0;
	stmt_text(&names, ask->server);
	while (ok && (r = stmt_step(&names, e)) == STMT_ROW) {
		struct slice server = stmt_col(&names, 0), tool = stmt_col(&names, 1);
		struct store_pin p;
		bool found = false;
		char name[LIMIT_NAME + 1];
		if (ask->sees && !ask->sees(ask->ctx, server))
			continue;
		++*total;
		if (!goes_on || !is_behind(ask, server, tool))
			continue;
		snprintf(name, sizeof name, "%.*s", SLICE_ARG(server));
		ok = store_pin_get(s, name, tool, a, &p, &found, e);
		goes_on = ok && (!found || fn(ctx, &p));
	}
	stmt_release(&names);
	return ok && r != STMT_FAILED;
}

bool store_pin_get(struct store *s, const char *server, struct slice tool, struct arena *a, struct store_pin *out,
		   bool *found, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT " COLUMNS " FROM pins WHERE server = ? AND tool = ?");
	stmt_text(&q, server);
	stmt_slice(&q, tool);
	enum stmt_result r = stmt_step(&q, e);
	*found = r == STMT_ROW;
	bool is_whole = !*found || read_row(&q, a, out);
	stmt_release(&q);
	return is_whole ? r != STMT_FAILED : store_full(e);
}

bool store_pin_servers(struct store *s, struct arena *a, const char *const **v, size_t *n, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT server FROM pin_servers ORDER BY server");
	const char **list = NULL;
	enum stmt_result r = STMT_FAILED;
	bool full = false;
	*n = 0;
	while (!full && (r = stmt_step(&q, e)) == STMT_ROW) {
		const char **grown = store_grow(a, list, *n, sizeof *list);
		full = !grown;
		if (full)
			break;
		list = grown;
		list[(*n)++] = stmt_col_text(&q, 0, a, &full);
	}
	stmt_release(&q);
	*v = list;
	return full ? store_full(e) : r != STMT_FAILED;
}

bool store_pins_version(struct store *s, int64_t *version, struct err *e)
{
	return db_int(&s->db, "SELECT coalesce(max(id), 0) FROM pin_log", version, e);
}

static bool write_log(struct store *s, const char *server, struct slice tool, const char *what, const unsigned char *pin,
		      const char *person, const char *note, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO pin_log (time_us, server, tool, what, pin, person, note) "
					 "VALUES (?, ?, ?, ?, ?, ?, ?)");
	stmt_int(&q, clock_wall_us());
	stmt_text(&q, server);
	stmt_slice(&q, tool);
	stmt_text(&q, what);
	stmt_blob(&q, pin, STORE_PIN_SIZE);
	stmt_text(&q, person);
	stmt_text(&q, note);
	return stmt_finish(&q, e);
}

/* What another process has taken meanwhile stands. */
static bool take(struct store *s, const char *server, const struct store_pin_change *c, bool *lost, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO pins (server, tool, definition, pin, told, reviewed_us) VALUES (?, ?, ?, ?, ?, ?) "
					 "ON CONFLICT (server, tool) DO UPDATE SET (definition, pin, told, reviewed_us) = "
					 "(excluded.definition, excluded.pin, excluded.told, excluded.reviewed_us) WHERE pin IS NULL "
					 "AND waiting IS NULL");
	stmt_text(&q, server);
	stmt_slice(&q, c->tool);
	stmt_slice(&q, c->definition);
	stmt_blob(&q, c->pin, sizeof c->pin);
	stmt_int(&q, c->told);
	stmt_int(&q, clock_wall_us());
	if (!stmt_finish(&q, e))
		return false;
	if (sqlite3_changes(s->db.h) == 1)
		return write_log(s, server, c->tool, "first", c->pin, "", "", e);
	*lost = true;
	return true;
}

static bool extend(struct store *s, const char *server, const struct store_pin_change *c, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "UPDATE pins SET (definition, pin, told, waiting, waiting_pin, is_rejected, findings) = "
					 "(?, ?, ?, NULL, NULL, 0, '[]') WHERE server = ? AND tool = ? AND pin IS NOT NULL");
	stmt_slice(&q, c->definition);
	stmt_blob(&q, c->pin, sizeof c->pin);
	stmt_int(&q, c->told);
	stmt_text(&q, server);
	stmt_slice(&q, c->tool);
	return stmt_finish(&q, e) && write_log(s, server, c->tool, "more", c->pin, "", "", e);
}

static bool put_waiting(struct store *s, const char *server, const struct store_pin_change *c, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO pins (server, tool, waiting, waiting_pin, waiting_told, waiting_us, findings) "
					 "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (server, tool) DO UPDATE SET "
					 "(waiting, waiting_pin, waiting_told, waiting_us, findings, is_rejected, rejected_by) = "
					 "(excluded.waiting, excluded.waiting_pin, excluded.waiting_told, excluded.waiting_us, "
					 "excluded.findings, 0, '')");
	stmt_text(&q, server);
	stmt_slice(&q, c->tool);
	stmt_slice(&q, c->definition);
	stmt_blob(&q, c->pin, sizeof c->pin);
	stmt_int(&q, c->told);
	stmt_int(&q, clock_wall_us());
	stmt_slice(&q, c->findings);
	return stmt_finish(&q, e);
}

static bool drop_waiting(struct store *s, const char *server, struct slice tool, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "UPDATE pins SET (waiting, waiting_pin, is_rejected, rejected_by, findings) = "
					 "(NULL, NULL, 0, '', '[]') WHERE server = ? AND tool = ?");
	struct stmt gone = stmt_new(&s->db, "DELETE FROM pins WHERE server = ? AND tool = ? AND pin IS NULL");
	stmt_text(&q, server);
	stmt_slice(&q, tool);
	stmt_text(&gone, server);
	stmt_slice(&gone, tool);
	bool ok = stmt_finish(&q, e);
	return stmt_finish(&gone, ok ? e : NULL) && ok;
}

static bool write_one(struct store *s, const char *server, const struct store_pin_change *c, bool *lost, struct err *e)
{
	switch (c->what) {
	case STORE_PIN_TAKE: return take(s, server, c, lost, e);
	case STORE_PIN_MORE: return extend(s, server, c, e);
	case STORE_PIN_WAIT: return put_waiting(s, server, c, e);
	case STORE_PIN_BACK: return drop_waiting(s, server, c->tool, e);
	}
	return err_set(e, ERR_INPUT, "no such change of a pin");
}

bool store_pins_write(struct store *s, const char *server, const struct store_pin_change *v, size_t n, bool *lost,
		      struct err *e)
{
	bool ok = true;
	*lost = false;
	if (!db_begin(&s->db, e))
		return false;
	for (size_t i = 0; ok && i < n; i++)
		ok = write_one(s, server, &v[i], lost, e);
	return db_end(&s->db, ok, e);
}

bool store_pins_close(struct store *s, const char *server, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO pin_servers VALUES (?, ?) ON CONFLICT DO NOTHING");
	stmt_text(&q, server);
	stmt_int(&q, clock_wall_us());
	return stmt_finish(&q, e);
}

static bool is_prefix(const char *prefix, const unsigned char pin[STORE_PIN_SIZE])
{
	char hex[2 * STORE_PIN_SIZE + 1];
	size_t n = strlen(prefix);
	digest_hex(pin, STORE_PIN_SIZE, hex);
	return n >= 8 && n < sizeof hex && memcmp(prefix, hex, n) == 0;
}

static bool check_review(const struct store_pin_review *r, const struct store_pin *now, bool found, struct err *e)
{
	char hex[2 * STORE_PIN_SIZE + 1];
	if (!found || !now->waiting.p)
		return err_set(e, ERR_INPUT, "nothing of '%.64s/%.128s' waits for a review", r->server, r->tool);
	digest_hex(now->waiting_pin, 6, hex);
	if (!is_prefix(r->pin, now->waiting_pin))
		return err_set(e, ERR_INPUT,
			       "'%.64s/%.128s' is not what was shown any more: its pin begins with %s; look at it again", r->server,
			       r->tool, hex);
	return true;
}

static bool write_review(struct store *s, const struct store_pin_review *r, struct err *e)
{
	struct stmt q = stmt_new(&s->db, r->is_yes ? "UPDATE pins SET (definition, pin, told, reviewed_us, reviewed_by, waiting, waiting_pin, "
						     "is_rejected, rejected_by, findings) = (waiting, waiting_pin, waiting_told, ?1, ?2, NULL, "
						     "NULL, 0, '', '[]') WHERE server = ?3 AND tool = ?4"
						   : "UPDATE pins SET (is_rejected, waiting_us, rejected_by) = (1, ?1, ?2) "
						     "WHERE server = ?3 AND tool = ?4");
	stmt_int(&q, clock_wall_us());
	stmt_text(&q, r->person);
	stmt_text(&q, r->server);
	stmt_text(&q, r->tool);
	return stmt_finish(&q, e);
}

bool store_pin_review(struct store *s, const struct store_pin_review *r, struct err *e)
{
	struct arena a;
	struct store_pin now;
	bool found = false;
	struct slice tool = slice_str(r->tool);
	if (!store_check_text("name of the person", r->person, LIMIT_NAME * 4, e) ||
	    !store_check_text("note", r->note, LIMIT_APPROVAL_NOTE, e) || !db_begin(&s->db, e))
		return false;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	bool ok = store_pin_get(s, r->server, tool, &a, &now, &found, e) && check_review(r, &now, found, e) &&
		  write_review(s, r, e) &&
		  write_log(s, r->server, tool, r->is_yes ? "accepted" : "rejected", now.waiting_pin, r->person, r->note, e);
	arena_release(&a);
	return db_end(&s->db, ok, e);
}

bool store_pin_history(struct store *s, const char *server, const char *tool, struct arena *a, struct store_pin_entry **v,
		       size_t *n, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT time_us, what, person, note, pin FROM pin_log WHERE server = ? AND tool = ? "
					 "ORDER BY id DESC LIMIT ?");
	enum stmt_result r = STMT_FAILED;
	bool full = false;
	*v = NULL;
	*n = 0;
	stmt_text(&q, server);
	stmt_text(&q, tool);
	stmt_int(&q, LIMIT_PIN_HISTORY);
	while (!full && (r = stmt_step(&q, e)) == STMT_ROW) {
		struct store_pin_entry *grown = store_grow(a, *v, *n, sizeof **v);
		full = !grown;
		if (full)
			break;
		*v = grown;
		grown[*n] = (struct store_pin_entry){
			.time_us = stmt_col_int(&q, 0),
			.what = stmt_col_text(&q, 1, a, &full),
			.person = stmt_col_text(&q, 2, a, &full),
			.note = stmt_col_text(&q, 3, a, &full),
		};
		copy_pin(&q, 4, grown[*n].pin);
		(*n)++;
	}
	stmt_release(&q);
	return full ? store_full(e) : r != STMT_FAILED;
}
