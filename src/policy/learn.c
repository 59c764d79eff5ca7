/* What a delivered result leaves behind, and what of the past a call will ask for. */
#include "base/check.h"
#include "policy/program.h"

bool policy_wants_past(const struct policy *p)
{
	return p && p->wants_past;
}

/* Nobody who does not know the session can make two values that hash alike. */
bool mark_value(const struct path *path, struct facts_view *f, uint64_t *out)
{
	unsigned char hash[DIGEST_SIZE], salt[2 * DIGEST_SIZE];
	struct value room;
	const struct value *v = path_find(path, f, &room);
	if (!v->json)
		return false;
	digest_blake2b(f->facts->grant_id, salt);
	digest_blake2b(f->facts->session_id, salt + DIGEST_SIZE);
	bool is_told = json_digest(v->json, slice_of((const char *)salt, sizeof salt), hash);
	memcpy(out, hash, sizeof *out);
	return is_told;
}

static bool is_one_of(const struct slice *list, size_t n, struct slice label)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(list[i], label))
			return true;
	return false;
}

static void add_label(struct policy_lesson *out, struct slice label)
{
	if (!is_one_of(out->labels, out->label_n, label) && out->label_n < POLICY_LABELS_MAX)
		out->labels[out->label_n++] = label;
}

void policy_add_needs(const struct policy *p, struct policy_lesson *out)
{
	if (!policy_wants_past(p))
		return;
	out->wants_identifiers |= p->seen_n > 0;
	out->identifier_kinds |= p->seen_kinds;
	if (out->keep_us < POLICY_SESSION_US)
		out->keep_us = POLICY_SESSION_US;
	for (size_t i = 0; i < p->flow_n; i++)
		if (p->flows[i].window_us > out->keep_us)
			out->keep_us = p->flows[i].window_us;
}

void policy_learn(const struct policy *p, const struct policy_facts *f, struct policy_lesson *out)
{
	struct facts_view view;
	out->label_n = out->mark_n = 0;
	out->wants_identifiers = false;
	out->identifier_kinds = 0;
	out->keep_us = 0;
	if (!p)
		return;
	struct labels own = policy_labels(p, f);
	facts_view_init(&view, f);
	if (f->has_injection)
		add_label(out, SLICE_LIT("reads_untrusted"));
	for (size_t i = 0; i < own.names.n; i++)
		add_label(out, own.names.v[i]);
	for (size_t i = 0; i < p->mark_n; i++) {
		const struct mark_wanted *m = &p->marks[i];
		struct policy_mark *mark = &out->marks[out->mark_n];
		struct slice label = p->labels.v[m->label];
		if (!is_one_of(out->labels, out->label_n, label))
			continue;
		*mark = (struct policy_mark){.label = label, .path = m->path_hash};
		mark->is_mixed = !mark_value(m->path, &view, &mark->value);
		out->mark_n++;
	}
	policy_add_needs(p, out);
}
