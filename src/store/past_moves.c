/* Units as the bytes of their state, identifiers as rows. */
#include "store/past_moves.h"
#include "base/check.h"
#include "store/inside.h"

/* A clock that was set forward by mistake and back again must not forget what sessions did. */
#define FORGET_AFTER_US (3600 * (int64_t)1000000)

void past_moves_init(struct past_moves *m)
{
	memset(m, 0, sizeof *m);
	map_init(&m->index);
	m->entry = mem_zalloc(sizeof *m->entry);
}

void past_moves_release(struct past_moves *m)
{
	map_release(&m->index);
	free(m->v);
	free(m->entry);
	memset(m, 0, sizeof *m);
}

void past_moves_clear(struct past_moves *m)
{
	map_release(&m->index);
	map_init(&m->index);
	m->n = 0;
}

static struct past_moved *find_or_add(struct past_moves *m, const struct past_key *key)
{
	struct slice name = slice_of((const char *)key->v, PAST_KEY_SIZE);
	size_t place = (size_t)(uintptr_t)map_get(&m->index, name);
	if (place)
		return &m->v[place - 1];
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->v = mem_realloc(m->v, m->cap * sizeof *m->v);
	}
	m->v[m->n].key = *key;
	map_put(&m->index, name, (void *)(uintptr_t)++m->n);
	return &m->v[m->n - 1];
}

static bool write_identifiers(const struct past_change *c, struct db *d, struct err *e)
{
	bool ok = true;
	struct stmt put = stmt_new(d, "INSERT INTO past_identifiers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
	                              "labels = excluded.labels, first_s = excluded.first_s, last_s = excluded.last_s, "
	                              "until_us = excluded.until_us");
	for (size_t i = 0; ok && i < c->identifier_n; i++) {
		const struct past_identifier *it = &c->identifiers[i];
		stmt_blob(&put, c->key.v, PAST_KEY_SIZE);
		stmt_int(&put, (int64_t)it->hash);
		stmt_int(&put, (int64_t)it->labels);
		stmt_int(&put, it->first_s);
		stmt_int(&put, it->last_s);
		stmt_int(&put, past_identifier_until(c, it));
		ok = stmt_run(&put, e);
	}
	stmt_release(&put);
	return ok;
}

bool past_moves_add(struct past_moves *m, struct db *d, struct slice entry, bool *is_known, struct err *e)
{
	const struct past_change *c = &m->entry->change;
	*is_known = past_decode(entry, m->entry);
	if (!*is_known)
		return true;
	struct past_moved *it = find_or_add(m, &c->key);
	it->until_us = c->until_us;
	it->state = m->entry->state;
	return !c->identifier_n || write_identifiers(c, d, e);
}

static bool forget(struct db *d, const char *sql, int64_t before_us, struct err *e)
{
	struct stmt q = stmt_new(d, sql);
	stmt_int(&q, before_us);
	return stmt_finish(&q, e);
}

bool past_moves_apply(const struct past_moves *m, struct db *d, int64_t now_us, struct err *e)
{
	bool ok = true;
	int64_t before_us = now_us - FORGET_AFTER_US;
	struct stmt put = stmt_new(d, "INSERT INTO past_units VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
	                              "until_us = excluded.until_us, state = excluded.state");
	for (size_t i = 0; ok && i < m->n; i++) {
		const struct past_moved *it = &m->v[i];
		stmt_blob(&put, it->key.v, PAST_KEY_SIZE);
		stmt_int(&put, it->until_us);
		stmt_blob(&put, it->state.p, it->state.n);
		ok = stmt_run(&put, e);
	}
	stmt_release(&put);
	return ok && forget(d, "DELETE FROM past_units WHERE until_us < ?", before_us, e) &&
	       forget(d, "DELETE FROM past_identifiers WHERE until_us < ?", before_us, e);
}

static void read_identifier(struct stmt *q, struct past_identifier *out)
{
	out->hash = (uint64_t)stmt_col_int(q, 0);
	out->labels = (uint64_t)stmt_col_int(q, 1);
	out->first_s = (uint32_t)stmt_col_int(q, 2);
	out->last_s = (uint32_t)stmt_col_int(q, 3);
}

/* The unit that stands in *entry, with its identifiers, in pieces. */
static bool restore_unit(struct past *p, struct past_entry *entry, struct stmt *get, int64_t now_us, struct err *e)
{
	struct past_change *c = &entry->change;
	enum stmt_result r;
	c->identifiers = entry->identifiers;
	c->identifier_n = 0;
	stmt_blob(get, c->key.v, PAST_KEY_SIZE);
	while ((r = stmt_step(get, e)) == STMT_ROW) {
		read_identifier(get, &entry->identifiers[c->identifier_n++]);
		if (c->identifier_n < PAST_ENTRY_IDENTIFIERS)
			continue;
		past_restore(p, c, now_us);
		c->identifier_n = 0;
	}
	stmt_reset(get);
	past_restore(p, c, now_us);
	return r != STMT_FAILED;
}

bool store_restore_past(struct store *s, struct past *p, int64_t now_us, struct err *e)
{
	enum stmt_result r;
	bool ok = true;
	struct past_entry *entry = mem_zalloc(sizeof *entry);
	struct stmt units = stmt_new(&s->db, "SELECT state FROM past_units WHERE until_us > ?");
	struct stmt get = stmt_new(&s->db, "SELECT hash, labels, first_s, last_s FROM past_identifiers WHERE unit = ?");
	stmt_int(&units, now_us);
	while (ok && (r = stmt_step(&units, e)) == STMT_ROW) {
		ok = past_decode_state(stmt_col(&units, 0), entry) ||
		     err_set(e, ERR_REMOTE, "'%s' is damaged: what a session did cannot be read", s->db_path);
		ok = ok && restore_unit(p, entry, &get, now_us, e);
	}
	stmt_release(&units);
	stmt_release(&get);
	free(entry);
	return ok && r != STMT_FAILED;
}
