/* From the newest time to the oldest: what one probe says of a day spares the 1,440 of its minutes. */
#include "store/hunt.h"
#include "base/check.h"

#define SECOND ((int64_t)1000000)
/* Links are in the order of decisions, ids in that of arrival: a call that waited for a person is that much older. */
#define UNCOUNTED_SLACK_S 86400
/* Behind every name of a server. */
#define LAST "~"

void hunt_id(int64_t us, unsigned char fill, unsigned char out[AUDIT_ID_SIZE])
{
	uint64_t ms = us < 0 ? 0 : (uint64_t)(us / 1000);
	if (ms >> 48)
		ms = ((uint64_t)1 << 48) - 1;
	memset(out, fill, AUDIT_ID_SIZE);
	for (int i = 0; i < 6; i++)
		out[i] = (unsigned char)(ms >> (40 - 8 * i));
}

int64_t hunt_id_us(const unsigned char id[AUDIT_ID_SIZE])
{
	int64_t ms = 0;
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id[i];
	return ms * 1000;
}

static char *keep(struct hunt *h, struct slice s)
{
	return arena_strndup(&h->arena, s.n ? s.p : "", s.n);
}

static struct hunt_mark *add_mark(struct hunt *h)
{
	BUG_ON(h->mark_n == HUNT_MARKS);
	return &h->mark[h->mark_n++];
}

/* under: all of them when it is empty. */
static void add_way(struct hunt *h, struct hunt_mark *m, enum stats_of of, struct slice key, struct slice under)
{
	BUG_ON(m->way_n == HUNT_WAYS);
	struct hunt_way *w = &m->way[m->way_n++];
	w->of = of;
	w->key_least = w->key_most = keep(h, key);
	w->under_least = keep(h, under);
	w->under_most = under.n ? w->under_least : keep(h, SLICE_LIT(LAST));
}

/* Ends stand in the key of ENDS, and under each server. */
static void add_end(struct hunt *h, struct hunt_mark *m, struct slice server, const char *least, const char *most)
{
	if (server.n) {
		add_way(h, m, STATS_SERVER, server, slice_str(least));
		m->way[m->way_n - 1].under_most = keep(h, slice_str(most));
		return;
	}
	add_way(h, m, STATS_ENDS, slice_str(least), slice_of("", 0));
	m->way[m->way_n - 1].key_most = keep(h, slice_str(most));
}

static void mark_ends(struct hunt *h, const struct audit_filter *f)
{
	struct hunt_mark *m = add_mark(h);
	char least[40], most[40];
	if (!f->has_outcome) {
		snprintf(least, sizeof least, "%s ", audit_decision_name(f->decision));
		snprintf(most, sizeof most, "%s" LAST, audit_decision_name(f->decision));
		add_end(h, m, f->server, least, most);
		return;
	}
	for (int d = AUDIT_DENY; d <= AUDIT_ALLOW; d++) {
		if (f->has_decision && d != (int)f->decision)
			continue;
		snprintf(least, sizeof least, "%s %s", audit_decision_name((enum audit_decision)d), audit_outcome_name(f->outcome));
		add_end(h, m, f->server, least, least);
		if (f->outcome == AUDIT_PENDING)
			continue;
		/* Its outcome may stand in the journal still. */
		snprintf(least, sizeof least, "%s %s", audit_decision_name((enum audit_decision)d), audit_outcome_name(AUDIT_PENDING));
		add_end(h, m, f->server, least, least);
	}
}

static void make_marks(struct hunt *h, const struct audit_filter *f)
{
	struct slice any = slice_of("", 0);
	unsigned char id[AUDIT_ID_SIZE];
	if (f->has_decision || f->has_outcome)
		mark_ends(h, f);
	else if (f->server.n && !f->tool.n && !f->rule.n)
		add_way(h, add_mark(h), STATS_SERVER, f->server, any);
	if (f->tool.n)
		add_way(h, add_mark(h), STATS_TOOL, f->tool, f->server);
	if (f->rule.n)
		add_way(h, add_mark(h), STATS_RULE, f->rule, f->server);
	if (f->grant.n) {
		struct hunt_mark *m = add_mark(h);
		if (audit_id_read(f->grant, id))
			add_way(h, m, STATS_GRANT, f->grant, any);
		add_way(h, m, STATS_LABEL, f->grant, f->server);
	}
}

static bool read_id(struct db *d, const char *sql, int64_t seq, bool *found, unsigned char id[AUDIT_ID_SIZE], struct err *e)
{
	struct stmt q = stmt_new(d, sql);
	if (seq)
		stmt_int(&q, seq);
	enum stmt_result r = stmt_step(&q, e);
	struct slice v = r == STMT_ROW ? stmt_col(&q, 0) : slice_of(NULL, 0);
	*found = v.n == AUDIT_ID_SIZE;
	if (*found)
		memcpy(id, v.p, AUDIT_ID_SIZE);
	stmt_release(&q);
	return r != STMT_FAILED;
}

/* Nothing is older or newer than the records that there are. */
static bool bound(struct hunt *h, const unsigned char *least, const unsigned char *most, struct err *e)
{
	unsigned char id[AUDIT_ID_SIZE];
	bool found;
	int64_t seq = 0;
	h->least_s = hunt_id_us(least) / SECOND;
	h->at_s = hunt_id_us(most) / SECOND;
	if (!read_id(h->db, "SELECT min(id) FROM records", 0, &found, id, e))
		return false;
	if (!found)
		h->is_over = true;
	else if (hunt_id_us(id) / SECOND > h->least_s)
		h->least_s = hunt_id_us(id) / SECOND;
	if (!read_id(h->db, "SELECT max(id) FROM records", 0, &found, id, e))
		return false;
	if (found && hunt_id_us(id) / SECOND < h->at_s)
		h->at_s = hunt_id_us(id) / SECOND;
	if (!db_int(h->db, "SELECT seq FROM stats_past", &seq, e))
		return false;
	if (seq && !read_id(h->db, "SELECT id FROM records WHERE seq <= ? ORDER BY seq DESC LIMIT 1", seq, &found, id, e))
		return false;
	if (seq && found)
		h->counted_s = hunt_id_us(id) / SECOND + UNCOUNTED_SLACK_S;
	return true;
}

bool hunt_begin(struct hunt *h, struct db *d, const struct audit_filter *f, const unsigned char least[AUDIT_ID_SIZE],
                const unsigned char most[AUDIT_ID_SIZE], struct err *e)
{
	memset(h, 0, sizeof *h);
	h->db = d;
	h->day_s = h->hour_s = INT64_MAX;
	arena_init(&h->arena, 1u << 20);
	make_marks(h, f);
	h->probe = stmt_new(d, "SELECT 1 FROM stats WHERE step = ? AND of = ? AND start = ? AND key BETWEEN ? AND ? AND "
	                       "under BETWEEN ? AND ? LIMIT 1");
	if (!h->mark_n) {
		h->least_s = hunt_id_us(least) / SECOND;
		h->at_s = hunt_id_us(most) / SECOND;
		return true;
	}
	return bound(h, least, most, e);
}

void hunt_end(struct hunt *h)
{
	stmt_release(&h->probe);
	arena_release(&h->arena);
}

static bool has_way(struct hunt *h, const struct hunt_way *w, enum stats_step step, int64_t start, bool *has, struct err *e)
{
	struct stmt *q = &h->probe;
	if (step == STATS_MINUTE && w->of == STATS_GRANT) {
		*has = true; /* not kept by minute: its hour had it */
		return true;
	}
	stmt_int(q, step);
	stmt_int(q, w->of);
	stmt_int(q, start);
	stmt_text(q, w->key_least);
	stmt_text(q, w->key_most);
	stmt_text(q, w->under_least);
	stmt_text(q, w->under_most);
	enum stmt_result r = stmt_step(q, e);
	*has = r == STMT_ROW;
	stmt_reset(q);
	h->probes++;
	return r != STMT_FAILED;
}

static bool has_all(struct hunt *h, enum stats_step step, int64_t start, bool *has, struct err *e)
{
	*has = true;
	for (size_t i = 0; *has && i < h->mark_n; i++) {
		bool one = false;
		for (size_t k = 0; !one && k < h->mark[i].way_n; k++)
			if (!has_way(h, &h->mark[i].way[k], step, start, &one, e))
				return false;
		*has = one;
	}
	return true;
}

/* Is this step worth looking into? When not, the time goes to its end. *known: the last one that was. */
static bool enter(struct hunt *h, enum stats_step step, int64_t *known, bool *has, struct err *e)
{
	int64_t start = h->at_s - h->at_s % step;
	*has = true;
	if (known && *known == start)
		return true;
	if (!has_all(h, step, start, has, e))
		return false;
	if (!*has)
		h->at_s = start - 1;
	else if (known)
		*known = start;
	return true;
}

static enum hunt_found give(struct hunt *h, int64_t from_s, int64_t to_s, unsigned char *least, unsigned char *most)
{
	hunt_id(from_s * SECOND, 0, least);
	hunt_id(to_s * SECOND + SECOND - 1, 0xff, most);
	h->at_s = from_s - 1;
	return HUNT_SPAN;
}

enum hunt_found hunt_next(struct hunt *h, size_t probes_max, unsigned char least[AUDIT_ID_SIZE],
                          unsigned char most[AUDIT_ID_SIZE], struct err *e)
{
	while (!h->is_over && h->at_s >= h->least_s) {
		bool has;
		if (!h->mark_n || h->at_s < h->counted_s) {
			h->is_over = true;
			return give(h, h->least_s, h->at_s, least, most);
		}
		if (h->probes > probes_max)
			return HUNT_TIRED;
		if (!enter(h, STATS_DAY, &h->day_s, &has, e))
			return HUNT_FAILED;
		if (!has)
			continue;
		if (!enter(h, STATS_HOUR, &h->hour_s, &has, e))
			return HUNT_FAILED;
		if (!has)
			continue;
		if (!enter(h, STATS_MINUTE, NULL, &has, e))
			return HUNT_FAILED;
		if (has)
			return give(h, h->at_s - h->at_s % STATS_MINUTE, h->at_s, least, most);
	}
	return HUNT_OVER;
}
