/*
 * The past of sessions in the store: it keeps the state of each unit with a version, and knows
 * nothing of what is in it. A question finds the state, lets past/ change a copy of it, and keeps
 * that if nobody was faster; else it looks again. So all gates follow the one set of rules.
 *
 * What was learned lasts until the store has it: it is no call's question, has no deadline, and
 * what asks for the past of that unit waits behind it.
 */
#include "ledger/remember.h"
#include "base/check.h"
#include "base/limits.h"
#include "past/codec.h"

#define ARENA_BYTES (8u << 20)
#define VALUE_SIZE  64

struct memory {
	struct past_unit unit;
	struct arena arena; /* of all below */
	uint64_t *asked;    /* RECALL: sorted. LEARN: in the order of found */
	size_t asked_n;
	struct policy_lesson lesson;
	struct past_found *found;
	size_t found_n;
	bool is_cut;
	size_t cost;
	int64_t version;
	struct past *past; /* what was found, with the change; NULL: nothing is at hand */
	struct policy_past out;
	const unsigned char *secret;
};

void memory_free(struct memory **m)
{
	if (!*m)
		return;
	past_free(&(*m)->past);
	arena_release(&(*m)->arena);
	free(*m);
	*m = NULL;
}

static struct memory *memory_new(struct valkey *v, const struct past_unit *u)
{
	struct memory *m = mem_zalloc(sizeof *m);
	m->unit = *u;
	m->secret = past_secret(v->ledger->past);
	arena_init(&m->arena, ARENA_BYTES);
	return m;
}

static bool is_learning(const struct valkey *v, const struct past_key *key)
{
	for (struct list *at = v->lessons.next; at != &v->lessons; at = at->next) {
		const struct question *q = list_entry(at, struct question, lessons);
		if (memcmp(&q->memory->unit.key, key, sizeof *key) == 0)
			return true;
	}
	return false;
}

static void add_keys(struct valkey *v, const struct memory *m)
{
	char hex[2 * PAST_KEY_SIZE + 1];
	digest_hex(m->unit.key.v, PAST_KEY_SIZE, hex);
	args_clear(&v->args);
	args_addf(&v->args, "%s:u:%s", v->prefix, hex);
	args_addf(&v->args, "%s:i:%s", v->prefix, hex);
}

static bool send_find(struct valkey *v, struct question *q)
{
	struct memory *m = q->memory;
	add_keys(v, m);
	for (size_t i = 0; i < m->asked_n; i++)
		args_addf(&v->args, "%016llx", (unsigned long long)m->asked[i]);
	return buf_ok(&v->args.text) &&
	       link_run(v->link, SCRIPT_FIND, q->is_whole, 2, &v->args, TAG_FIND, q->id);
}

static bool send_keep(struct valkey *v, struct question *q)
{
	const struct past_change *c = past_last(q->memory->past);
	struct buf state = BUF_INIT(LIMIT_JOURNAL_ENTRY);
	struct past_change bare = *c;
	size_t at = 0;
	bare.identifiers = NULL;
	bare.identifier_n = 0;
	past_encode(&state, &bare, &at);
	add_keys(v, q->memory);
	args_addf(&v->args, "%lld", (long long)q->memory->version);
	args_add(&v->args, buf_slice(&state));
	args_addf(&v->args, "%lld", (long long)(c->until_us / 1000 + 1000));
	for (size_t i = 0; i < c->identifier_n; i++) {
		const struct past_identifier *it = &c->identifiers[i];
		args_addf(&v->args, "%016llx", (unsigned long long)it->hash);
		args_addf(&v->args, "%llx %lx %lx", (unsigned long long)it->labels, (unsigned long)it->first_s,
			  (unsigned long)it->last_s);
	}
	bool ok = buf_ok(&state) && buf_ok(&v->args.text) &&
		  link_run(v->link, SCRIPT_KEEP, q->is_whole, 2, &v->args, TAG_KEEP, q->id);
	buf_release(&state);
	return ok;
}

/* Only what was asked for is known: of all else nobody has looked. */
static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static enum policy_seen look(void *ctx, struct slice identifier, uint64_t *labels)
{
	struct memory *m = ctx;
	uint64_t hash = past_identifier_of(m->secret, &m->unit.key, identifier);
	if (!m->asked_n || !bsearch(&hash, m->asked, m->asked_n, sizeof hash, compare))
		return POLICY_SEEN_UNSURE;
	return m->out.seen(m->out.ctx, identifier, labels);
}

static bool read_value(const redisReply *r, uint64_t hash, struct past_identifier *out)
{
	char text[VALUE_SIZE];
	unsigned long long labels;
	unsigned long first, last;
	if (r->type != REDIS_REPLY_STRING || (size_t)r->len >= sizeof text)
		return false;
	memcpy(text, r->str, (size_t)r->len);
	text[r->len] = '\0';
	if (sscanf(text, "%llx %lx %lx", &labels, &first, &last) != 3 || first > UINT32_MAX || last > UINT32_MAX)
		return false;
	*out = (struct past_identifier){.hash = hash, .labels = labels, .first_s = (uint32_t)first, .last_s = (uint32_t)last};
	return true;
}

/* {version, state, how many identifiers, value of each asked for}. */
static bool read_found(struct memory *m, const redisReply *r, int64_t now_us)
{
	if (r->type != REDIS_REPLY_ARRAY || r->elements < 3 || r->elements > 3 + m->asked_n ||
	    r->element[0]->type != REDIS_REPLY_INTEGER || r->element[1]->type != REDIS_REPLY_STRING ||
	    r->element[2]->type != REDIS_REPLY_INTEGER)
		return false;
	struct slice state = slice_of(r->element[1]->str, (size_t)r->element[1]->len);
	size_t total = (size_t)r->element[2]->integer, n = 0;
	struct past_identifier *known = mem_alloc((m->asked_n + 1) * sizeof *known);
	bool ok = true;
	for (size_t i = 3; i < r->elements && ok; i++)
		if (r->element[i]->type != REDIS_REPLY_NIL)
			ok = read_value(r->element[i], m->asked[i - 3], &known[n++]);
	/* Those that were not asked for count, too, against the limit of a unit. */
	size_t others = total > n ? total - n : 0, most = LIMIT_PAST_IDENTIFIERS_OF_UNIT;
	struct past_opts o = {.units_max = 1, .identifiers_max = others + 1 < most ? most - others : 1};
	memcpy(o.secret, m->secret, sizeof o.secret);
	past_free(&m->past);
	m->past = past_new(&o);
	m->version = r->element[0]->integer;
	if (ok && state.n) {
		struct past_entry *e = mem_alloc(sizeof *e);
		ok = past_is_entry(state) && past_decode(state, e);
		if (ok) {
			e->change.identifiers = known;
			e->change.identifier_n = n;
			past_restore(m->past, &e->change, now_us);
		}
		free(e);
	}
	free(known);
	return ok;
}

static void finish(struct valkey *v, struct question *q, enum ledger_result r)
{
	struct ledger_answer a = {.result = r};
	struct memory *m = q->memory;
	struct policy_past out;
	if (r == LEDGER_RESERVED && q->kind == QUESTION_RECALL) {
		out = m->out;
		out.seen = look;
		out.ctx = m;
		a.past = &out;
	}
	bool was_lesson = q->kind == QUESTION_LEARN;
	if (was_lesson) {
		list_del(&q->lessons);
		v->lesson_bytes -= m->cost;
	}
	question_answer(v, q, &a);
	question_free(v, q);
	if (was_lesson)
		valkey_send_waiting(v); /* what waited behind it */
}

/* The connection broke or the server failed: what was learned is tried again, what is asked is refused. */
static void give_up(struct valkey *v, struct question *q)
{
	past_free(&q->memory->past);
	q->is_sent = false;
	if (q->kind == QUESTION_RECALL)
		finish(v, q, LEDGER_UNREACHABLE);
	else
		valkey_try_lessons_later(v);
}

/* The state is at hand: *changed says whether it must be kept. */
static enum ledger_result change(struct question *q, bool *changed)
{
	struct memory *m = q->memory;
	*changed = true;
	if (q->kind == QUESTION_RECALL) {
		*changed = !m->unit.is_again;
		if ((*changed && past_count_call(m->past, &m->unit, q->now_us) == PAST_FULL) ||
		    !past_find(m->past, &m->unit, q->now_us, &m->arena, &m->out))
			return LEDGER_FULL;
		m->out.calls -= m->out.calls > 0; /* the one at hand is none before it */
		return LEDGER_RESERVED;
	}
	switch (past_learn(m->past, &m->unit, q->now_us, &m->lesson, m->found, m->found_n, m->is_cut)) {
	case PAST_FULL:
		return LEDGER_FULL;
	case PAST_SAME:
		*changed = false;
		break;
	case PAST_CHANGED:
		break;
	}
	return LEDGER_RESERVED;
}

static bool is_abandoned(const struct question *q)
{
	return q->kind == QUESTION_RECALL && !q->call_id;
}

static void on_found(struct valkey *v, struct question *q, const redisReply *r)
{
	bool changed;
	if (!read_found(q->memory, r, q->now_us)) {
		give_up(v, q);
		return;
	}
	enum ledger_result result = change(q, &changed);
	if (result != LEDGER_RESERVED || !changed)
		finish(v, q, result);
	else if (!send_keep(v, q))
		give_up(v, q);
}

static void on_kept(struct valkey *v, struct question *q, const redisReply *r)
{
	if (r->type == REDIS_REPLY_INTEGER && r->integer == 1) {
		finish(v, q, LEDGER_RESERVED);
		return;
	}
	/* Somebody was faster: look again. */
	past_free(&q->memory->past);
	if (r->type != REDIS_REPLY_INTEGER || !send_find(v, q))
		give_up(v, q);
}

void remember_on_reply(struct valkey *v, struct question *q, bool is_find, const redisReply *r)
{
	enum valkey_error error = valkey_error_of(v, r);
	if (is_abandoned(q)) {
		question_free(v, q);
		return;
	}
	if (error == VALKEY_NO_SCRIPT && !q->is_whole) {
		q->is_whole = true;
		if (is_find ? send_find(v, q) : send_keep(v, q))
			return;
	}
	q->is_whole = false;
	if (error != VALKEY_FINE)
		give_up(v, q);
	else if (is_find)
		on_found(v, q, r);
	else
		on_kept(v, q, r);
}

bool remember_send(struct valkey *v, struct question *q)
{
	if (q->kind == QUESTION_RECALL && is_learning(v, &q->memory->unit.key))
		return true; /* when that is done */
	q->is_sent = send_find(v, q);
	return q->is_sent;
}

/* Of RECALL and SYNC: true when they have nothing to wait for any more. */
bool remember_is_ready(const struct valkey *v, const struct question *q)
{
	return !is_learning(v, &q->memory->unit.key);
}

enum ledger_result remember_recall(struct valkey *v, const struct past_unit *u, const uint64_t *identifiers, size_t n,
				   int64_t now_us, uint64_t call_id)
{
	if (link_state(v->link) == LINK_DOWN || v->questions.n >= LIMIT_LEDGER_WAITING)
		return LEDGER_UNREACHABLE;
	struct question *q = question_new(v, QUESTION_RECALL, now_us, call_id);
	struct memory *m = q->memory = memory_new(v, u);
	m->asked = arena_alloc(&m->arena, (n + 1) * sizeof *m->asked);
	if (m->asked && n) {
		memcpy(m->asked, identifiers, n * sizeof *m->asked);
		qsort(m->asked, n, sizeof *m->asked, compare);
	}
	m->asked_n = n;
	if (m->asked && (link_state(v->link) != LINK_UP || remember_send(v, q)))
		return LEDGER_WAIT;
	question_free(v, q);
	return LEDGER_UNREACHABLE;
}

static bool copy_lesson(struct memory *m, const struct policy_lesson *from)
{
	m->lesson = *from;
	bool ok = true;
	for (size_t i = 0; i < from->label_n; i++) {
		m->lesson.labels[i].p = arena_strndup(&m->arena, from->labels[i].p, from->labels[i].n);
		ok = ok && m->lesson.labels[i].p;
	}
	for (size_t i = 0; i < from->mark_n; i++) {
		m->lesson.marks[i].label.p = arena_strndup(&m->arena, from->marks[i].label.p, from->marks[i].label.n);
		ok = ok && m->lesson.marks[i].label.p;
	}
	return ok;
}

static bool copy_found(struct memory *m, const struct past_found *found, size_t n)
{
	m->found = arena_alloc(&m->arena, (n + 1) * sizeof *found);
	m->asked = arena_alloc(&m->arena, (n + 1) * sizeof *m->asked);
	if (!m->found || !m->asked)
		return false;
	if (n)
		memcpy(m->found, found, n * sizeof *found);
	for (size_t i = 0; i < n; i++)
		m->asked[i] = found[i].hash ? found[i].hash : 1;
	m->found_n = m->asked_n = n;
	return true;
}

enum ledger_result remember_learn(struct valkey *v, const struct past_unit *u, const struct policy_lesson *lesson,
				  const struct past_found *found, size_t n, bool is_cut, int64_t now_us)
{
	size_t cost = sizeof(struct memory) + n * (sizeof *found + sizeof(uint64_t));
	if (v->questions.n >= LIMIT_LEDGER_WAITING || v->lesson_bytes + cost > LIMIT_LEDGER_LESSONS)
		return LEDGER_UNREACHABLE;
	struct memory *m = memory_new(v, u);
	m->is_cut = is_cut;
	if (!copy_lesson(m, lesson) || !copy_found(m, found, n)) {
		memory_free(&m);
		return LEDGER_FULL;
	}
	struct question *q = question_new(v, QUESTION_LEARN, now_us, 0);
	q->memory = m;
	m->cost = cost;
	v->lesson_bytes += cost;
	list_add_tail(&v->lessons, &q->lessons);
	if (link_state(v->link) == LINK_UP && !remember_send(v, q))
		valkey_try_lessons_later(v);
	return LEDGER_RESERVED;
}

enum ledger_result remember_sync(struct valkey *v, const struct past_unit *u, int64_t now_us, uint64_t call_id)
{
	if (!is_learning(v, &u->key))
		return LEDGER_RESERVED;
	if (v->questions.n >= LIMIT_LEDGER_WAITING)
		return LEDGER_UNREACHABLE;
	struct question *q = question_new(v, QUESTION_SYNC, now_us, call_id);
	q->memory = memory_new(v, u);
	return LEDGER_WAIT;
}

void remember_send_lessons(struct valkey *v)
{
	list_each_safe(at, next, &v->lessons) {
		struct question *q = list_entry(at, struct question, lessons);
		if (!q->is_sent && !remember_send(v, q)) {
			valkey_try_lessons_later(v);
			return;
		}
	}
}
