/* What claims are in the store: names of keys, and words of commands. lua/ reads them. */
#include "base/check.h"
#include "base/digest.h"
#include "ledger/valkey.h"

static const char *kind_letter(const struct quota_claim *c)
{
	switch (c->kind) {
	case QUOTA_FIXED:
		return "f";
	case QUOTA_SLIDING:
		return "s";
	case QUOTA_CONCURRENT:
		break;
	}
	return "l";
}

static int64_t width_of(const struct quota_claim *c)
{
	return (c->window_end_us - c->window_start_us) / QUOTA_SLOTS;
}

static void add_key(struct valkey *v, const struct quota_claim *c, const char *letter)
{
	char hex[2 * QUOTA_KEY_SIZE + 1];
	digest_hex(c->key, QUOTA_KEY_SIZE, hex);
	/* A sliding window of another length is another counter. */
	if (c->kind == QUOTA_SLIDING)
		args_addf(&v->args, "%s:%s:%s:%lld", v->prefix, letter, hex, (long long)width_of(c));
	else
		args_addf(&v->args, "%s:%s:%s", v->prefix, letter, hex);
}

size_t wire_keys(const struct quota_claim *c)
{
	return c->kind == QUOTA_CONCURRENT ? 2 : 1;
}

void wire_add_keys(struct valkey *v, const struct quota_claim *c)
{
	add_key(v, c, kind_letter(c));
	if (c->kind == QUOTA_CONCURRENT)
		add_key(v, c, "w");
}

/* A lease that counts one is in a set whose size is the sum. */
static bool is_weighted(const struct quota_claim *c)
{
	return c->kind == QUOTA_CONCURRENT && c->amount != QUOTA_ONE;
}

void wire_add_give_key(struct valkey *v, const struct quota_claim *c)
{
	add_key(v, c, is_weighted(c) ? "w" : kind_letter(c));
}

void wire_add_member(struct valkey *v, const struct quota_claim *c)
{
	quota_amount a = c->amount;
	if (is_weighted(c))
		args_addf(&v->args, "%s:%lld %lld %lld %lld", v->instance, (long long)c->window_start_us,
			  (long long)(a / QUOTA_ONE / QUOTA_ONE), (long long)(a / QUOTA_ONE % QUOTA_ONE),
			  (long long)(a % QUOTA_ONE));
	else
		args_addf(&v->args, "%s:%lld", v->instance, (long long)c->window_start_us);
}

void wire_add_claim(struct valkey *v, const struct quota_claim *c)
{
	BUG_ON(c->kind == QUOTA_SLIDING && width_of(c) <= 0);
	args_add_str(&v->args, kind_letter(c));
	if (c->kind == QUOTA_CONCURRENT) {
		args_addf(&v->args, "%s:%lld", v->instance, (long long)c->window_start_us);
		args_add_str(&v->args, "");
	} else {
		args_addf(&v->args, "%lld", (long long)c->window_start_us);
		args_addf(&v->args, "%lld", (long long)c->window_end_us);
	}
	args_add_amount(&v->args, c->amount);
	args_add_amount(&v->args, c->max);
}

void wire_add_give(struct valkey *v, const struct quota_claim *c)
{
	args_add_str(&v->args, kind_letter(c));
	if (c->kind == QUOTA_CONCURRENT)
		wire_add_member(v, c);
	else if (c->kind == QUOTA_SLIDING)
		args_addf(&v->args, "%lld %lld", (long long)c->window_start_us, (long long)width_of(c));
	else
		args_addf(&v->args, "%lld", (long long)c->window_start_us);
	args_add_amount(&v->args, c->amount);
}
