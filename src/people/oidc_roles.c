/* Whom an identity provider vouches for: who may come in uninvited, and which roles the claims give. */
#include "base/check.h"
#include "base/limits.h"
#include "people/oidc_inside.h"

static bool read_rule(const char *text, struct arena *a, struct oidc_rule *out, struct err *e)
{
	/* A group may have '=' in its name (a distinguished name), a role has none. */
	const char *equals = strrchr(text, '=');
	struct slice role = equals ? slice_str(equals + 1) : slice_of("", 0);
	const char *at = role.n ? memchr(role.p, '@', role.n) : NULL;
	struct slice name = slice_of(role.p, at ? (size_t)(at - role.p) : role.n);
	if (!equals || equals == text || !role_of(name, &out->gives.role) || (at && !at[1]))
		return err_set(e, ERR_INPUT,
			       "'%.80s' in console.oidc.roles is not \"VALUE=ROLE\" or \"VALUE=ROLE@SERVER\" with one of viewer, auditor, "
			       "approver, policy_manager, admin",
			       text);
	out->value = arena_strndup(a, text, (size_t)(equals - text));
	out->gives.server = at ? arena_strndup(a, at + 1, strlen(at + 1)) : NULL;
	return (out->value && (!at || out->gives.server)) || err_set(e, ERR_LIMIT, "console.oidc.roles needs too much memory");
}

static const char *const *copy_list(const char *const *v, struct arena *a)
{
	size_t n = 0;
	while (v && v[n])
		n++;
	const char **out = arena_zalloc(a, (n + 1) * sizeof *out);
	for (size_t i = 0; out && i < n; i++)
		if (!(out[i] = arena_strndup(a, v[i], strlen(v[i]))))
			return NULL;
	return out;
}

bool oidc_rules_read(const struct oidc_opts *o, struct arena *a, struct oidc_rules *out, struct err *e)
{
	size_t n = 0;
	while (o->roles && o->roles[n])
		n++;
	*out = (struct oidc_rules){ .trusts_email = o->trusts_email, .rule_n = n };
	if (o->default_role && strcmp(o->default_role, "none") != 0 && !role_of(slice_str(o->default_role), &out->default_role))
		return err_set(e, ERR_INPUT,
			       "'%.40s' in console.oidc.default_role is none of viewer, auditor, approver, policy_manager, admin, none",
			       o->default_role);
	out->role_claim = o->role_claim ? arena_strndup(a, o->role_claim, strlen(o->role_claim)) : NULL;
	out->allowed_emails = copy_list(o->allowed_emails, a);
	out->allowed_domains = copy_list(o->allowed_domains, a);
	out->rules = arena_zalloc(a, (n + 1) * sizeof *out->rules);
	if (!out->allowed_emails || !out->allowed_domains || !out->rules || (o->role_claim && !out->role_claim))
		return err_set(e, ERR_LIMIT, "console.oidc needs too much memory");
	if (n && !o->role_claim)
		return err_set(e, ERR_INPUT, "console.oidc.roles needs console.oidc.role_claim");
	for (size_t i = 0; i < n; i++)
		if (!read_rule(o->roles[i], a, &out->rules[i], e))
			return false;
	return true;
}

/* A claim by its name; else by the parts of it that dots divide, one within the other. */
static const struct json *claim_of(const struct json *claims, const char *name)
{
	const struct json *v = json_gets(claims, name);
	if (v || !strchr(name, '.'))
		return v;
	for (v = claims; v && *name;) {
		size_t n = strcspn(name, ".");
		v = json_get(v, slice_of(name, n));
		name += n + (name[n] == '.');
	}
	return v;
}

static bool has_value(const struct json *claim, const char *value)
{
	if (slice_is(json_string(claim), value))
		return json_is(claim, JSON_STRING);
	for (struct json_iter it = json_iter(json_is(claim, JSON_ARRAY) ? claim : NULL); json_next(&it);)
		if (json_is(it.value, JSON_STRING) && slice_is(json_string(it.value), value))
			return true;
	return false;
}

static bool is_allowed(const struct oidc_rules *r, struct slice email)
{
	const char *at = email.n ? memrchr(email.p, '@', email.n) : NULL;
	if (!at)
		return false;
	struct slice domain = slice_of(at + 1, email.n - (size_t)(at + 1 - email.p));
	for (size_t i = 0; r->allowed_emails[i]; i++)
		if (slice_ieq(email, slice_str(r->allowed_emails[i])))
			return true;
	for (size_t i = 0; r->allowed_domains[i]; i++)
		if (slice_ieq(domain, slice_str(r->allowed_domains[i])))
			return true;
	return false;
}

/* What the ID token has comes first: it is signed. */
static const struct json *either(const struct json *claims, const struct json *info, const char *name)
{
	const struct json *v = claim_of(claims, name);
	return v ? v : claim_of(info, name);
}

static bool take_email(const struct oidc_rules *r, const struct json *claims, const struct json *info, struct vouched *out)
{
	/* The address and whether it is verified come from the same place. */
	const struct json *from = json_gets(claims, "email") ? claims : info;
	const struct json *verified = json_gets(from, "email_verified");
	struct slice email = json_string(json_gets(from, "email"));
	bool is_fit = email.n <= LIMIT_EMAIL && slice_printable(email) == email.n && !(email.n && memchr(email.p, ' ', email.n));
	out->email = is_fit ? email : slice_of("", 0);
	/* Some say it as a text. One that says no is believed. */
	out->is_email_verified = out->email.n && (json_true(verified) || slice_is(json_string(verified), "true") ||
						  (!verified && r->trusts_email));
	return out->is_email_verified;
}

static void take_name(const struct json *claims, const struct json *info, struct vouched *out)
{
	static const char *const names[] = { "name", "preferred_username", "nickname" };
	out->name = out->email;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct slice s = json_string(either(claims, info, names[i]));
		if (s.n && s.n <= LIMIT_OIDC_TEXT && !memchr(s.p, 0, s.n)) {
			out->name = s;
			return;
		}
	}
}

bool oidc_rules_apply(const struct oidc_rules *r, const struct json *claims, const struct json *info, struct arena *a,
		      struct oidc_who *out)
{
	struct role_given *v = arena_alloc(a, (r->rule_n + 1) * sizeof *v);
	const struct json *claim = r->role_claim ? either(claims, info, r->role_claim) : NULL;
	size_t n = 0;
	if (!v)
		return false;
	for (size_t i = 0; i < r->rule_n; i++)
		if (has_value(claim, r->rules[i].value))
			v[n++] = r->rules[i].gives;
	bool is_named = n > 0;
	if (!n && r->default_role)
		v[n++] = (struct role_given){ r->default_role, NULL };
	bool is_verified = take_email(r, claims, info, &out->vouched);
	take_name(claims, info, &out->vouched);
	out->vouched.roles = v;
	out->vouched.role_n = n;
	out->vouched.may_create = is_named || (is_verified && is_allowed(r, out->vouched.email));
	out->rules_roles = r->rule_n > 0;
	return true;
}

bool oidc_rules_want_more(const struct oidc_rules *r, const struct json *claims)
{
	return !json_gets(claims, "email") || (r->rule_n && !claim_of(claims, r->role_claim));
}
