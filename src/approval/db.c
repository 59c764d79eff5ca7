/* Requests in the database: asked for, used, looked at, and swept away. */
#include "approval/inside.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/records.h"

#define COLUMNS                                                                                    \
	"SELECT a.id, a.state, a.is_open, a.grant_id, a.grant_label, a.subject, a.session, "           \
	"a.client_name, a.server, a.tool, a.digest, a.policy, a.pointer, a.rule, a.message, "          \
	"a.description, a.tool_class, a.tool_severity, a.hints, a.recent, a.argument_bytes, a.quorum, " \
	"a.created_us, a.expires_us, a.decided_us, a.used_us, a.record_id, "                           \
	"(SELECT count(*) FROM approval_votes v WHERE v.approval = a.id AND v.yes = 1) "               \
	"FROM approvals a "
/* An agent's earlier calls are looked for so far back: a person judges what led here. */
#define RECENT_US (3600 * (int64_t)1000000)

bool approval_full(struct err *e)
{
	return err_set(e, ERR_LIMIT, "the approvals need more memory than an answer may have");
}

struct approval_db *approval_db_open(const struct approval_db_opts *o, struct err *e)
{
	struct approval_db *db = mem_zalloc(sizeof *db);
	struct store_opts so = { .data_dir = o->data_dir };
	bool is_shared = o->url && o->url[0];
	db->has_webhook = o->has_webhook;
	db->pending_max = o->pending_max ? o->pending_max : LIMIT_APPROVALS_PENDING;
	db->pending_grant_max = o->pending_grant_max ? o->pending_grant_max : LIMIT_APPROVALS_PENDING_GRANT;
	db->store = store_open(&so, e);
	if (db->store) {
		store_subkey(db->store, "approval arguments", db->key);
		db->sql = is_shared ? postgres_open(o->url, e) : store_sql(db->store);
	}
	if (db->sql)
		return db;
	approval_db_close(&db);
	return NULL;
}

void approval_db_close(struct approval_db **db)
{
	if (!*db)
		return;
	sql_close(&(*db)->sql);
	store_close(&(*db)->store);
	digest_wipe((*db)->key, sizeof (*db)->key);
	free(*db);
	*db = NULL;
}

static enum approval_state state_at(struct slice name, bool is_open, int64_t expires_us, int64_t now_us)
{
	enum approval_state s = APPROVAL_NONE;
	if (!approval_state_of(name, &s))
		return APPROVAL_NONE;
	bool is_over = is_open && expires_us <= now_us;
	return is_over && (s == APPROVAL_PENDING || s == APPROVAL_APPROVED) ? APPROVAL_EXPIRED : s;
}

static void read_one(const struct sql_rows *r, size_t i, int64_t now_us, struct approval *a)
{
	size_t c = 3;
	snprintf(a->id, sizeof a->id, "%s", sql_str(r, i, 0));
	const char **const texts[] = { &a->grant_id, &a->grant_label, &a->subject, &a->session, &a->client_name,
		                       &a->server,   &a->tool };
	const char **const more[] = { &a->policy, &a->pointer,    &a->rule,          &a->message, &a->description,
		                      &a->tool_class, &a->tool_severity, &a->hints, &a->recent };
	for (size_t k = 0; k < ARRAY_LEN(texts); k++)
		*texts[k] = sql_str(r, i, c++);
	struct slice digest = sql_text(r, i, c++);
	if (digest.n == sizeof a->digest)
		memcpy(a->digest, digest.p, digest.n);
	for (size_t k = 0; k < ARRAY_LEN(more); k++)
		*more[k] = sql_str(r, i, c++);
	a->argument_bytes = (uint64_t)sql_int(r, i, c++);
	a->quorum = (uint32_t)sql_int(r, i, c++);
	a->created_us = sql_int(r, i, c++);
	a->expires_us = sql_int(r, i, c++);
	a->decided_us = sql_int(r, i, c++);
	a->used_us = sql_int(r, i, c++);
	a->record_id = sql_str(r, i, c++);
	a->yes = (uint32_t)sql_int(r, i, c++);
	a->state = state_at(sql_text(r, i, 1), sql_int(r, i, 2) == 1, a->expires_us, now_us);
}

bool approval_db_select(struct approval_db *db, const char *where, const struct sql_value *params, size_t n,
                        int64_t now_us, struct arena *arena, struct approval **v, size_t *count, struct err *e)
{
	struct sql_rows rows;
	struct buf text = BUF_INIT(8192);
	buf_adds(&text, COLUMNS);
	buf_adds(&text, where);
	bool ok = sql_run(db->sql, buf_str(&text), params, n, arena, &rows, e);
	buf_release(&text);
	if (!ok)
		return false;
	*count = rows.n;
	*v = arena_zalloc(arena, (rows.n + 1) * sizeof **v);
	if (!*v)
		return approval_full(e);
	for (size_t i = 0; i < rows.n; i++)
		read_one(&rows, i, now_us, &(*v)[i]);
	return true;
}

/* The one that this binding finds, or state APPROVAL_NONE. */
static bool find_open(struct approval_db *db, const unsigned char binding[DIGEST_SIZE], int64_t now_us,
                      struct arena *arena, struct approval *out, struct err *e)
{
	struct approval *v;
	size_t n;
	const struct sql_value p[] = { SQL_B(binding, DIGEST_SIZE), SQL_I(now_us) };
	if (!approval_db_select(db, "WHERE a.binding = $1 AND a.is_open = 1 AND a.expires_us > $2", p, 2, now_us, arena, &v,
	                        &n, e))
		return false;
	*out = n ? v[0] : (struct approval){ .state = APPROVAL_NONE };
	return true;
}

static bool count_pending(struct approval_db *db, struct slice grant_id, int64_t now_us, struct arena *arena,
                          bool *is_full, struct err *e)
{
	struct sql_rows rows;
	const struct sql_value p[] = { SQL_T(grant_id), SQL_I(now_us) };
	if (!sql_run(db->sql,
	             "SELECT count(*), coalesce(sum(CASE WHEN grant_id = $1 THEN 1 ELSE 0 END), 0) FROM approvals "
	             "WHERE state = 'pending' AND expires_us > $2",
	             p, 2, arena, &rows, e))
		return false;
	*is_full = rows.n != 1 || (size_t)sql_int(&rows, 0, 0) >= db->pending_max ||
	           (size_t)sql_int(&rows, 0, 1) >= db->pending_grant_max;
	return true;
}

static bool add_recent(void *ctx, const struct audit_record *r)
{
	struct buf *b = ctx;
	char time[CLOCK_TEXT_SIZE];
	clock_text(r->time_us, time);
	buf_addf(b, "%s{\"time\":\"%s\",\"server\":", b->n > 1 ? "," : "", time);
	buf_add_json_string(b, r->server);
	buf_adds(b, ",\"method\":");
	buf_add_json_string(b, r->method);
	buf_adds(b, ",\"target\":");
	buf_add_json_string(b, r->target);
	buf_addf(b, ",\"decision\":\"%s\",\"outcome\":\"%s\"}", audit_decision_name(r->decision),
	         audit_outcome_name(r->outcome));
	return true;
}

/* What this agent did before. Where it cannot be read, a person is asked all the same, without it. */
static void write_recent(struct approval_db *db, struct slice grant_id, int64_t now_us, struct buf *b)
{
	struct err e = { 0 };
	struct audit_filter f = { .grant = grant_id, .since_us = now_us - RECENT_US, .limit = LIMIT_APPROVAL_RECENT };
	buf_addc(b, '[');
	if (!records_query(db->store, &f, add_recent, b, &e)) {
		buf_clear(b);
		buf_addc(b, '[');
	}
	buf_addc(b, ']');
	if (buf_ok(b))
		return;
	buf_clear(b);
	buf_adds(b, "[]");
}

/* At the end of a character. */
static struct slice cut(struct slice s, size_t max)
{
	if (s.n <= max)
		return s.p ? s : SLICE_LIT("");
	while (max && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return slice_of(s.p, max);
}

static void seal_context(const char *id, char out[64])
{
	snprintf(out, 64, "approval %s", id);
}

static bool insert(struct approval_db *db, const struct approval_request *r, const unsigned char *binding,
                   struct slice recent, int64_t now_us, struct arena *arena, bool *is_new, struct err *e)
{
	char id[APPROVAL_ID_SIZE], context[64];
	struct sql_rows rows;
	struct buf sealed = BUF_INIT(LIMIT_APPROVAL_ARGUMENTS + SEAL_OVERHEAD);
	random_uuid7(now_us, id);
	seal_context(id, context);
	seal(db->key, slice_str(context), r->arguments, &sealed);
	const struct approval_binding *b = &r->binding;
	const struct sql_value p[] = {
		SQL_S(id), SQL_B(binding, DIGEST_SIZE), SQL_T(b->grant_id), SQL_T(cut(r->grant_label, 256)),
		SQL_T(cut(r->subject, 1024)), SQL_T(cut(r->session, 256)), SQL_T(cut(r->client_name, 256)),
		SQL_T(b->server), SQL_T(b->tool), SQL_B(b->arguments, DIGEST_SIZE), SQL_T(b->policy), SQL_T(b->pointer),
		SQL_T(cut(r->rule, 1024)), SQL_T(cut(r->message, 1024)),
		SQL_T(cut(r->description, LIMIT_APPROVAL_DESCRIPTION)), SQL_T(cut(r->tool_class, 64)),
		SQL_T(cut(r->tool_severity, 64)), SQL_T(r->hints.n ? r->hints : SLICE_LIT("[]")), SQL_T(recent),
		SQL_B(sealed.p, sealed.n), SQL_I((int64_t)r->arguments.n), SQL_I(r->quorum ? r->quorum : 1),
		SQL_I(now_us), SQL_I(now_us + (int64_t)r->expires_s * 1000000),
	};
	bool ok = sql_run(db->sql,
	                  "INSERT INTO approvals (id, binding, state, grant_id, grant_label, subject, session, client_name, "
	                  "server, tool, digest, policy, pointer, rule, message, description, tool_class, tool_severity, "
	                  "hints, recent, arguments, argument_bytes, quorum, created_us, expires_us, decided_us, used_us, "
	                  "record_id, touched, is_open) VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
	                  "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 0, 0, '', 0, 1) "
	                  "ON CONFLICT DO NOTHING RETURNING id",
	                  p, ARRAY_LEN(p), arena, &rows, e);
	buf_release(&sealed);
	*is_new = ok && rows.n == 1;
	return ok && (!*is_new || approval_db_notice_add(db, id, "created", now_us, e));
}

/* In a transaction: what has expired makes room, then as many as may wait. */
static enum approval_asked make(struct approval_db *db, const struct approval_request *r,
                                const unsigned char binding[DIGEST_SIZE], struct slice recent, int64_t now_us,
                                struct arena *a, struct approval *out, struct err *e)
{
	bool is_full = false, is_new = false;
	const struct sql_value p[] = { SQL_B(binding, DIGEST_SIZE), SQL_I(now_us) };
	if (!sql_run(db->sql,
	             "UPDATE approvals SET is_open = 0, state = CASE state WHEN 'denied' THEN state ELSE 'expired' END "
	             "WHERE binding = $1 AND is_open = 1 AND expires_us <= $2",
	             p, 2, a, NULL, e) ||
	    !find_open(db, binding, now_us, a, out, e))
		return APPROVAL_ASK_FAILED;
	if (out->state != APPROVAL_NONE)
		return APPROVAL_ASK_FOUND;
	if (!count_pending(db, r->binding.grant_id, now_us, a, &is_full, e))
		return APPROVAL_ASK_FAILED;
	if (is_full)
		return APPROVAL_ASK_FULL;
	if (!insert(db, r, binding, recent, now_us, a, &is_new, e) || !find_open(db, binding, now_us, a, out, e))
		return APPROVAL_ASK_FAILED;
	if (out->state == APPROVAL_NONE) {
		err_set(e, ERR_REMOTE, "the approval could not be kept; try again");
		return APPROVAL_ASK_FAILED;
	}
	return is_new ? APPROVAL_ASK_NEW : APPROVAL_ASK_FOUND;
}

enum approval_asked approval_db_ask(struct approval_db *db, const struct approval_request *r, int64_t now_us,
                                    struct arena *a, struct approval *out, struct err *e)
{
	unsigned char binding[DIGEST_SIZE];
	struct buf recent = BUF_INIT(1u << 16);
	approval_binding_digest(&r->binding, binding);
	if (!find_open(db, binding, now_us, a, out, e))
		return APPROVAL_ASK_FAILED;
	if (out->state != APPROVAL_NONE)
		return APPROVAL_ASK_FOUND;
	if (r->arguments.n > LIMIT_APPROVAL_ARGUMENTS) {
		err_set(e, ERR_LIMIT, "the arguments have more than the %u bytes that a person can be shown",
		        LIMIT_APPROVAL_ARGUMENTS);
		return APPROVAL_ASK_FAILED;
	}
	write_recent(db, r->binding.grant_id, now_us, &recent);
	enum approval_asked how = APPROVAL_ASK_FAILED;
	if (sql_begin(db->sql, e)) {
		how = make(db, r, binding, buf_slice(&recent), now_us, a, out, e);
		if (!sql_end(db->sql, how != APPROVAL_ASK_FAILED, e))
			how = APPROVAL_ASK_FAILED;
	}
	buf_release(&recent);
	return how;
}

bool approval_db_use(struct approval_db *db, const char *id, const struct approval_binding *b, struct slice record_id,
                     int64_t now_us, bool *is_ours, struct err *e)
{
	unsigned char binding[DIGEST_SIZE];
	struct arena a;
	struct sql_rows rows;
	arena_init(&a, 1u << 16);
	approval_binding_digest(b, binding);
	const struct sql_value p[] = { SQL_S(id), SQL_B(binding, sizeof binding), SQL_T(record_id), SQL_I(now_us) };
	bool ok = sql_run(db->sql,
	                  "UPDATE approvals SET state = 'used', used_us = $4, record_id = $3, is_open = 0 WHERE id = $1 "
	                  "AND binding = $2 AND state = 'approved' AND used_us = 0 AND is_open = 1 AND expires_us > $4 "
	                  "RETURNING id",
	                  p, 4, &a, &rows, e);
	*is_ours = ok && rows.n == 1;
	arena_release(&a);
	return ok;
}

static bool open_arguments(struct approval_db *db, struct approval *out, struct arena *arena, struct err *e)
{
	char context[64];
	struct sql_rows rows;
	size_t n = 0;
	const struct sql_value p[] = { SQL_S(out->id) };
	if (!sql_run(db->sql, "SELECT arguments FROM approvals WHERE id = $1", p, 1, arena, &rows, e))
		return false;
	struct slice sealed = rows.n ? sql_text(&rows, 0, 0) : SLICE_LIT("");
	char *plain = sealed.n >= SEAL_OVERHEAD ? arena_alloc(arena, sealed.n + 1) : NULL;
	seal_context(out->id, context);
	/* Sealed by a gate with another key: all else is shown, and that they cannot be. */
	if (!plain || !unseal(db->key, slice_str(context), sealed, (unsigned char *)plain, &n))
		return true;
	plain[n] = '\0';
	out->arguments = plain;
	return true;
}

bool approval_db_get(struct approval_db *db, const char *id, int64_t now_us, struct arena *a, struct approval *out,
                     struct err *e)
{
	struct approval *v;
	size_t n;
	const struct sql_value p[] = { SQL_S(id) };
	if (!approval_db_select(db, "WHERE a.id = $1", p, 1, now_us, a, &v, &n, e))
		return false;
	*out = n ? v[0] : (struct approval){ .state = APPROVAL_NONE };
	return !n || (open_arguments(db, out, a, e) && approval_db_votes_of(db, out, a, e) &&
	              approval_db_notices(db, out, a, e));
}

bool approval_db_list(struct approval_db *db, enum approval_state state, const char *before, size_t limit,
                      int64_t now_us, struct arena *a, struct approval **v, size_t *n, struct err *e)
{
	const struct sql_value p[] = { SQL_S(approval_state_name(state)), SQL_S(before), SQL_I(now_us),
		                       SQL_I((int64_t)(limit && limit < LIMIT_APPROVAL_PAGE ? limit : LIMIT_APPROVAL_PAGE)) };
	return approval_db_select(db,
	                          "WHERE ($1 = 'none' OR CASE WHEN a.is_open = 1 AND a.expires_us <= $3 AND "
	                          "a.state <> 'denied' THEN 'expired' ELSE a.state END = $1) AND ($2 = '' OR a.id < $2) "
	                          "ORDER BY a.id DESC LIMIT $4",
	                          p, 4, now_us, a, v, n, e);
}

bool approval_db_look(struct approval_db *db, struct approval_seen *v, size_t n, int64_t now_us, struct err *e)
{
	struct sql_value p[LIMIT_APPROVAL_POLL];
	struct sql_rows rows;
	struct arena a;
	struct buf text = BUF_INIT(4096);
	BUG_ON(n > LIMIT_APPROVAL_POLL);
	buf_adds(&text, "SELECT a.id, a.state, a.is_open, a.expires_us, coalesce(v.note, ''), coalesce(v.person, '') "
	                "FROM approvals a LEFT JOIN approval_votes v ON v.approval = a.id AND v.yes = 0 WHERE a.id IN (");
	for (size_t i = 0; i < n; i++) {
		buf_addf(&text, "%s$%zu", i ? ", " : "", i + 1);
		p[i] = SQL_S(v[i].id);
		v[i].state = APPROVAL_NONE;
	}
	buf_addc(&text, ')');
	arena_init(&a, 1u << 20);
	bool ok = sql_run(db->sql, buf_str(&text), p, n, &a, &rows, e);
	for (size_t r = 0; ok && r < rows.n; r++)
		for (size_t i = 0; i < n; i++)
			if (slice_is(sql_text(&rows, r, 0), v[i].id)) {
				v[i].state = state_at(sql_text(&rows, r, 1), sql_int(&rows, r, 2) == 1, sql_int(&rows, r, 3), now_us);
				snprintf(v[i].note, sizeof v[i].note, "%s", sql_str(&rows, r, 4));
				snprintf(v[i].person, sizeof v[i].person, "%s", sql_str(&rows, r, 5));
			}
	arena_release(&a);
	buf_release(&text);
	return ok;
}

bool approval_db_sweep(struct approval_db *db, int64_t now_us, struct err *e)
{
	const struct sql_value now[] = { SQL_I(now_us) }, old[] = { SQL_I(now_us - LIMIT_APPROVAL_KEEP_US) };
	return sql_run(db->sql,
	               "UPDATE approvals SET is_open = 0, state = CASE state WHEN 'denied' THEN state ELSE 'expired' END "
	               "WHERE is_open = 1 AND expires_us <= $1",
	               now, 1, NULL, NULL, e) &&
	       sql_run(db->sql, "DELETE FROM approvals WHERE is_open = 0 AND expires_us < $1", old, 1, NULL, NULL, e);
}

bool approval_db_count(struct approval_db *db, int64_t now_us, uint64_t *pending, uint64_t *failed, struct err *e)
{
	struct sql_rows rows;
	struct arena a;
	const struct sql_value p[] = { SQL_I(now_us), SQL_I(now_us - 24 * 3600 * (int64_t)1000000) };
	arena_init(&a, 1u << 16);
	bool ok = sql_run(db->sql,
	                  "SELECT (SELECT count(*) FROM approvals WHERE state = 'pending' AND expires_us > $1), "
	                  "(SELECT count(*) FROM approval_notices WHERE state = 'failed' AND done_us > $2)",
	                  p, 2, &a, &rows, e);
	if (ok && rows.n == 1) {
		*pending = (uint64_t)sql_int(&rows, 0, 0);
		*failed = (uint64_t)sql_int(&rows, 0, 1);
	}
	arena_release(&a);
	return ok;
}
