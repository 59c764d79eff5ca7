/* A profile as JSON: docs/catalog.md has the shape. */
#include "base/digest.h"
#include "catalog/attacks.h"
#include "catalog/profile.h"
#include "catalog/show.h"

/* What of a quote is shown: the place tells where the rest is. */
#define QUOTE_WRITTEN 400

static void write_evidence(struct buf *b, const struct profile *p)
{
	buf_adds(b, ",\"evidence\":[");
	for (size_t i = 0; i < p->evidence_n; i++) {
		const struct evidence *e = &p->evidence[i];
		buf_adds(b, i ? ",{\"pointer\":" : "{\"pointer\":");
		show_json(b, slice_str(e->pointer), 0);
		buf_addf(b, ",\"at\":%zu,\"quote\":", e->at);
		show_json(b, e->quote, QUOTE_WRITTEN);
		buf_addf(b, ",\"speaks_for\":\"%s\",\"weight\":%d}", e->speaks_for, e->weight);
	}
	buf_addc(b, ']');
}

void labels_write(struct buf *b, unsigned labels)
{
	const char *comma = "";
	buf_addc(b, '[');
	for (int i = 0; i < LABELS; i++)
		if (labels & LABEL_BIT(i)) {
			buf_addf(b, "%s\"%s\"", comma, label_word((enum label)i));
			comma = ",";
		}
	buf_addc(b, ']');
}

void signals_write(struct buf *b, unsigned signals)
{
	const char *comma = "";
	buf_addc(b, '[');
	for (int i = 0; i < SIGNALS; i++)
		if (signals & SIGNAL_BIT(i)) {
			buf_addf(b, "%s\"%s\"", comma, signal_word((enum signal)i));
			comma = ",";
		}
	buf_addc(b, ']');
}

static void write_signals(struct buf *b, const struct profile *p)
{
	buf_adds(b, ",\"signals\":[");
	for (size_t i = 0; i < p->signal_n; i++) {
		const struct profile_signal *s = &p->signal[i];
		buf_addf(b, "%s{\"kind\":\"%s\",\"pointer\":", i ? "," : "", signal_word(s->kind));
		show_json(b, slice_str(s->pointer), 0);
		buf_adds(b, ",\"argument\":");
		show_json(b, s->argument, 0);
		buf_addc(b, '}');
	}
	buf_adds(b, "],\"labels\":");
	labels_write(b, p->labels);
}

static void write_branches(struct buf *b, const struct profile *p)
{
	buf_adds(b, ",\"branches\":[");
	for (size_t i = 0; i < p->branching_n; i++) {
		const struct branching *g = &p->branching[i];
		buf_adds(b, i ? ",{\"argument\":" : "{\"argument\":");
		show_json(b, g->argument, 0);
		buf_adds(b, ",\"pointer\":");
		show_json(b, slice_str(g->pointer), 0);
		buf_addf(b, ",\"is_statement\":%s,\"values\":[", g->is_statement ? "true" : "false");
		for (size_t k = 0; k < g->n; k++) {
			buf_adds(b, k ? ",{\"value\":" : "{\"value\":");
			show_json(b, g->v[k].value, 0);
			buf_addf(b, ",\"category\":\"%s\"}", category_word(g->v[k].category));
		}
		buf_adds(b, "]}");
	}
	buf_addc(b, ']');
}

static void write_attacks(struct buf *b, const struct profile *p)
{
	buf_adds(b, ",\"attacks\":[");
	for (size_t i = 0; i < p->attack_n; i++)
		buf_addf(b, "%s{\"id\":\"%s\",\"name\":\"%s\"}", i ? "," : "", p->attack[i]->id, p->attack[i]->name);
	buf_addc(b, ']');
}

static void write_claim(struct buf *b, const char *name, enum catalog_hint h, const char **comma)
{
	if (h == CATALOG_HINT_NONE)
		return;
	buf_addf(b, "%s\"%s\":%s", *comma, name, h == CATALOG_HINT_YES ? "true" : "false");
	*comma = ",";
}

static void write_claims(struct buf *b, const struct profile *p)
{
	const char *comma = "";
	buf_adds(b, ",\"claims\":{");
	write_claim(b, "readOnlyHint", p->claims.read_only, &comma);
	write_claim(b, "destructiveHint", p->claims.destructive, &comma);
	write_claim(b, "idempotentHint", p->claims.idempotent, &comma);
	write_claim(b, "openWorldHint", p->claims.open_world, &comma);
	buf_addf(b, "},\"is_disputed\":%s", p->is_disputed ? "true" : "false");
}

void profile_write(struct buf *b, const struct profile *p)
{
	struct buf why = BUF_INIT(b->max);
	char pin[2 * sizeof p->pin + 1];
	bool is_hidden;
	profile_explain(&why, p);
	digest_hex(p->pin, sizeof p->pin, pin);
	buf_adds(b, "{\"tool\":");
	show_json(b, p->name, 0);
	buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"confidence\":%.3f", category_word(p->category),
		 severity_word(p->severity), p->confidence);
	write_evidence(b, p);
	write_signals(b, p);
	write_branches(b, p);
	write_attacks(b, p);
	buf_adds(b, ",\"recommended\":");
	recommend_rule(b, p, &is_hidden);
	buf_adds(b, ",\"rationale\":");
	show_json(b, buf_slice(&why), 0);
	buf_addf(b, ",\"tokens\":%zu,\"pin\":\"%s\"", p->tokens, pin);
	write_claims(b, p);
	buf_addf(b, ",\"is_undescribed\":%s,\"is_schemaless\":%s", p->is_undescribed ? "true" : "false",
		 p->is_schemaless ? "true" : "false");
	if (p->refused.p) {
		buf_adds(b, ",\"refused\":");
		show_json(b, p->refused, 0);
	}
	buf_addc(b, '}');
	buf_release(&why);
}
