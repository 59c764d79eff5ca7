/*
 * Which patterns a tool invites. One attaches when its categories have that of the tool and a trait or a
 * label is shared, or the category is one of its core; those of a server or of the protocol attach to no
 * tool. The order: 4 for a primary trait, 1.5 for each other shared trait, 2 for each shared label, 2.5
 * for the core, and 1 divided by the number of its categories.
 */
#include "catalog/attach.h"
#include "catalog/attacks_inside.h"

static const char *const trait_words[TRAITS] = {
	"path_arg", "url_arg",		 "command_arg",	      "sql_arg",      "recipient_arg", "amount_arg", "bulk",
	"permission_change", "credential_access", "memory_write", "config_write", "repo_write",	"long_running",
};

const char *trait_word(enum trait t)
{
	return t < TRAITS ? trait_words[t] : "none";
}

const struct attack_pattern *attack_next(size_t *at)
{
	const struct {
		const struct attack_pattern *v;
		size_t n;
	} tables[] = {
		{ attacks_definitions, attacks_definitions_n },
		{ attacks_gateway, attacks_gateway_n },
		{ attacks_input, attacks_input_n },
		{ attacks_effect, attacks_effect_n },
	};
	size_t i = *at;
	for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
		if (i < tables[t].n) {
			(*at)++;
			return &tables[t].v[i];
		}
		i -= tables[t].n;
	}
	return NULL;
}

const struct attack_pattern *attack_find(struct slice id)
{
	const struct attack_pattern *p;
	for (size_t at = 0; (p = attack_next(&at));)
		if (slice_is(id, p->id))
			return p;
	return NULL;
}

/* In sixtieths, so that a fifth and a third are whole. 0: it does not attach. */
static int weigh(const struct attack_pattern *p, const struct profile *of, unsigned traits)
{
	unsigned category = 1u << of->category;
	unsigned shared = p->traits & traits, primary = p->primary_traits & traits;
	unsigned labels = p->labels & of->labels;
	if (p->is_of_server || p->is_of_protocol || !(p->categories & category))
		return 0;
	if (!shared && !primary && !labels && !(p->core & category))
		return 0;
	return 240 * __builtin_popcount(primary) + 90 * __builtin_popcount(shared & ~p->primary_traits) +
	       120 * __builtin_popcount(labels) + (p->core & category ? 150 : 0) + 60 / __builtin_popcount(p->categories);
}

void attacks_attach(struct profile *p, unsigned traits)
{
	int weight[PROFILE_ATTACKS_MAX];
	const struct attack_pattern *one;
	p->attack_n = 0;
	for (size_t at = 0; (one = attack_next(&at));) {
		int w = weigh(one, p, traits);
		size_t i = p->attack_n;
		if (!w)
			continue;
		/* Of two alike the first of the table stays first. */
		while (i > 0 && weight[i - 1] < w)
			i--;
		if (i == PROFILE_ATTACKS_MAX)
			continue;
		size_t moved = (p->attack_n < PROFILE_ATTACKS_MAX ? p->attack_n : PROFILE_ATTACKS_MAX - 1) - i;
		memmove(&p->attack[i + 1], &p->attack[i], moved * sizeof p->attack[0]);
		memmove(&weight[i + 1], &weight[i], moved * sizeof weight[0]);
		p->attack[i] = one;
		weight[i] = w;
		p->attack_n += p->attack_n < PROFILE_ATTACKS_MAX;
	}
	if (p->attack_n > ATTACHED_MAX)
		p->attack_n = ATTACHED_MAX;
}
