/*
 * Tokens that their issuers made to be recognised: a prefix, then so many characters of a set. The
 * forms are those the issuers document for secret scanning.
 */
#include "base/compiler.h"
#include "scan/inside.h"

enum set {
	SET_NONE = 0,
	SET_DIGIT = 1,
	SET_HEX = 2,   /* digits and a-f in either case */
	SET_UPPER = 4, /* digits and capitals */
	SET_ALNUM = 8,
	SET_WORD = 16,   /* and _ - */
	SET_BASE64 = 32, /* letters, digits, + / = */
	SET_DOTTED = 64, /* word and . ~ */
};

struct token {
	const char *prefix, *name;
	unsigned short min, max; /* of what follows; 0: without end */
	unsigned char set;
	bool needs_bound; /* the prefix is also a part of words */
};

static const struct token tokens_A[] = {
	{"AKIA", "aws-access-key", 16, 16, SET_UPPER, false},
	{"ASIA", "aws-access-key", 16, 16, SET_UPPER, false},
	{"ABIA", "aws-access-key", 16, 16, SET_UPPER, true},
	{"ACCA", "aws-access-key", 16, 16, SET_UPPER, true},
	{"AIza", "gcp-api-key", 35, 35, SET_WORD, false},
	{"AccountKey=", "azure-storage-key", 40, 0, SET_BASE64, false},
	{"ATATT3", "atlassian-token", 60, 0, SET_BASE64 | SET_WORD, false},
	{"ATBB", "bitbucket-token", 28, 36, SET_ALNUM, true},
	{"AKCp", "jfrog-key", 60, 80, SET_ALNUM, true},
	{"AGE-SECRET-KEY-1", "age-key", 50, 60, SET_UPPER, false},
};
static const struct token tokens_C[] = { {"CFPAT-", "contentful-token", 40, 50, SET_WORD, false} };
static const struct token tokens_F[] = { {"FwoGZXIvYXdz", "aws-session-token", 40, 0, SET_BASE64, false} };
static const struct token tokens_G[] = { {"GOCSPX-", "gcp-oauth-secret", 24, 40, SET_WORD, false} };
static const struct token tokens_I[] = { {"IQoJb3JpZ2lu", "aws-session-token", 40, 0, SET_BASE64, false} };
static const struct token tokens_L[] = { {"LTAI", "alibaba-access-key", 16, 24, SET_ALNUM, true} };
static const struct token tokens_N[] = { {"NRAK-", "newrelic-key", 24, 40, SET_UPPER, false} };
static const struct token tokens_P[] = { {"PMAK-", "postman-key", 40, 70, SET_WORD, false} };
static const struct token tokens_S[] = {
	{"SG.", "sendgrid-key", 40, 80, SET_DOTTED, true},
	{"SK", "twilio-key", 32, 32, SET_HEX, true},
	{"SharedAccessKey=", "azure-access-key", 40, 0, SET_BASE64, false},
};
static const struct token tokens_d[] = {
	{"dop_v1_", "digitalocean-token", 64, 64, SET_HEX, false},
	{"doo_v1_", "digitalocean-token", 64, 64, SET_HEX, false},
	{"dor_v1_", "digitalocean-token", 64, 64, SET_HEX, false},
	{"dapi", "databricks-token", 32, 34, SET_HEX, true},
	{"dckr_pat_", "docker-token", 24, 40, SET_WORD, false},
	{"dp.pt.", "doppler-token", 40, 48, SET_ALNUM, true},
	{"dt0c01.", "dynatrace-token", 60, 0, SET_DOTTED, false},
};
static const struct token tokens_f[] = { {"figd_", "figma-token", 36, 60, SET_WORD, false},
					 {"fo1_", "fly-token", 40, 60, SET_WORD, true} };
static const struct token tokens_g[] = {
	{"ghp_", "github-token", 30, 0, SET_ALNUM, false},
	{"gho_", "github-token", 30, 0, SET_ALNUM, false},
	{"ghu_", "github-token", 30, 0, SET_ALNUM, false},
	{"ghs_", "github-token", 30, 0, SET_ALNUM, false},
	{"ghr_", "github-token", 30, 0, SET_ALNUM, false},
	{"github_pat_", "github-token", 36, 0, SET_WORD, false},
	{"glpat-", "gitlab-token", 20, 0, SET_DOTTED, false},
	{"gldt-", "gitlab-token", 20, 0, SET_DOTTED, false},
	{"glrt-", "gitlab-token", 20, 0, SET_DOTTED, false},
	{"glptt-", "gitlab-token", 40, 0, SET_WORD, false},
	{"glcbt-", "gitlab-token", 20, 0, SET_DOTTED, false},
	{"glft-", "gitlab-token", 20, 0, SET_WORD, false},
	{"gloas-", "gitlab-token", 40, 0, SET_WORD, false},
	{"glagent-", "gitlab-token", 40, 0, SET_WORD, false},
	{"glsa_", "grafana-token", 32, 50, SET_WORD, false},
	{"glc_", "grafana-token", 32, 0, SET_BASE64, false},
	{"gsk_", "groq-key", 40, 60, SET_ALNUM, false},
};
static const struct token tokens_h[] = {
	{"hf_", "huggingface-token", 30, 40, SET_ALNUM, true},
	{"hvs.", "vault-token", 24, 0, SET_WORD, true},
	{"hvb.", "vault-token", 24, 0, SET_WORD, true},
	{"hooks.slack.com/services/T", "slack-webhook", 20, 0, SET_BASE64, false},
};
static const struct token tokens_k[] = { {"key-", "mailgun-key", 32, 32, SET_HEX, true} };
static const struct token tokens_l[] = { {"lin_api_", "linear-key", 32, 48, SET_ALNUM, false} };
static const struct token tokens_n[] = { {"npm_", "npm-token", 36, 36, SET_ALNUM, false},
					 {"ntn_", "notion-token", 40, 56, SET_ALNUM, true} };
static const struct token tokens_o[] = { {"ops_eyJ", "1password-token", 100, 0, SET_WORD, false} };
static const struct token tokens_p[] = {
	{"pypi-AgE", "pypi-token", 32, 0, SET_WORD, false},
	{"pplx-", "perplexity-key", 40, 60, SET_ALNUM, true},
	{"pscale_tkn_", "planetscale-token", 32, 70, SET_DOTTED, false},
	{"pul-", "pulumi-token", 40, 40, SET_HEX, true},
};
static const struct token tokens_r[] = {
	{"rk_live_", "stripe-key", 16, 0, SET_ALNUM, false},
	{"rk_test_", "stripe-key", 16, 0, SET_ALNUM, false},
	{"rubygems_", "rubygems-key", 48, 48, SET_HEX, false},
	{"r8_", "replicate-token", 36, 40, SET_ALNUM, true},
};
static const struct token tokens_s[] = {
	{"sk-ant-", "anthropic-key", 20, 0, SET_WORD, false},
	{"sk-proj-", "openai-key", 20, 0, SET_WORD, false},
	{"sk-svcacct-", "openai-key", 20, 0, SET_WORD, false},
	{"sk-admin-", "openai-key", 20, 0, SET_WORD, false},
	{"sk-or-v1-", "openrouter-key", 32, 0, SET_HEX, false},
	{"sk-", "openai-key", 32, 64, SET_ALNUM, true},
	{"sk_live_", "stripe-key", 16, 0, SET_ALNUM, false},
	{"sk_test_", "stripe-key", 16, 0, SET_ALNUM, false},
	{"shpat_", "shopify-token", 32, 32, SET_HEX, false},
	{"shpss_", "shopify-token", 32, 32, SET_HEX, false},
	{"shpca_", "shopify-token", 32, 32, SET_HEX, false},
	{"shppa_", "shopify-token", 32, 32, SET_HEX, false},
	{"sq0atp-", "square-token", 22, 22, SET_WORD, false},
	{"sq0csp-", "square-token", 40, 44, SET_WORD, false},
	{"sntrys_", "sentry-token", 40, 0, SET_BASE64 | SET_WORD, false},
	{"sntryu_", "sentry-token", 64, 64, SET_HEX, false},
	{"sbp_", "supabase-token", 40, 40, SET_HEX, true},
	{"secret_", "notion-token", 43, 43, SET_ALNUM, true},
};
static const struct token tokens_t[] = { {"tskey-", "tailscale-key", 20, 0, SET_WORD, false} };
static const struct token tokens_w[] = { {"whsec_", "stripe-webhook-secret", 24, 0, SET_BASE64, false} };
static const struct token tokens_x[] = {
	{"xoxb-", "slack-token", 20, 0, SET_WORD, false}, {"xoxp-", "slack-token", 20, 0, SET_WORD, false},
	{"xoxa-", "slack-token", 20, 0, SET_WORD, false}, {"xoxr-", "slack-token", 20, 0, SET_WORD, false},
	{"xoxs-", "slack-token", 20, 0, SET_WORD, false}, {"xoxe.", "slack-token", 20, 0, SET_DOTTED, false},
	{"xapp-", "slack-token", 20, 0, SET_WORD, false}, {"xai-", "xai-key", 60, 90, SET_ALNUM, true},
};
static const struct token tokens_y[] = { {"ya29.", "gcp-oauth-token", 24, 0, SET_WORD, true} };

#define LIST(letter) { tokens_##letter, ARRAY_LEN(tokens_##letter) }
static const struct {
	const struct token *v;
	size_t n;
} by_first[128] = {
	['A'] = LIST(A), ['C'] = LIST(C), ['F'] = LIST(F), ['G'] = LIST(G), ['I'] = LIST(I), ['L'] = LIST(L),
	['N'] = LIST(N), ['P'] = LIST(P), ['S'] = LIST(S), ['d'] = LIST(d), ['f'] = LIST(f), ['g'] = LIST(g),
	['h'] = LIST(h), ['k'] = LIST(k), ['l'] = LIST(l), ['n'] = LIST(n), ['o'] = LIST(o), ['p'] = LIST(p),
	['r'] = LIST(r), ['s'] = LIST(s), ['t'] = LIST(t), ['w'] = LIST(w), ['x'] = LIST(x), ['y'] = LIST(y),
};

static bool is_in(unsigned set, char c)
{
	if (is_digit(c))
		return true;
	if (is_letter(c))
		return set & SET_UPPER ? is_upper(c) : set & SET_HEX ? ((unsigned char)c | 32) <= 'f' : set != SET_DIGIT;
	if (c == '_' || c == '-')
		return set & (SET_WORD | SET_DOTTED);
	if (c == '.' || c == '~')
		return set & SET_DOTTED;
	return (c == '+' || c == '/' || c == '=') && set & SET_BASE64;
}

/* "ghp_xxxxxxxxxxxx" stands for a token. */
static bool is_varied(struct slice s)
{
	uint32_t seen = 0;
	unsigned distinct = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint32_t bit = 1u << ((unsigned char)s.p[i] & 31);
		distinct += !(seen & bit);
		seen |= bit;
	}
	return distinct >= 5;
}

static size_t token_length(const struct token *t, struct slice text, size_t at)
{
	size_t prefix = strlen(t->prefix), n = 0, max = t->max ? t->max : SIZE_MAX;
	const char *p = text.p + at;
	if (text.n - at < prefix + t->min || memcmp(p, t->prefix, prefix) != 0)
		return 0;
	if (t->needs_bound && at && !follows_escape(text, at) && (is_alnum(p[-1]) || p[-1] == '_' || p[-1] == '-'))
		return 0;
	p += prefix;
	size_t left = text.n - at - prefix;
	if (!is_varied(slice_of(p, t->min)))
		return 0;
	while (n < left && n <= max && is_in(t->set, p[n]))
		n++;
	if (n < t->min || n > max || (n < left && t->max && is_alnum(p[n])))
		return 0;
	return prefix + n;
}

size_t token_find(struct slice text, size_t at, const char **name)
{
	unsigned char c = (unsigned char)text.p[at];
	if (c >= ARRAY_LEN(by_first) || !by_first[c].n || at + 1 == text.n)
		return 0;
	for (size_t i = 0; i < by_first[c].n; i++) {
		const struct token *t = &by_first[c].v[i];
		if (t->prefix[1] != text.p[at + 1])
			continue;
		size_t n = token_length(t, text, at);
		if (n) {
			*name = t->name;
			return n;
		}
	}
	return 0;
}
